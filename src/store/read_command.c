/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member)   vs_store_column_text(statement, column, member, sizeof(member))
#define NUMBER(column, member) ((member) = vs_store_column_number(statement, column))

/* The file holds the stable code, because the order of errors.def may change. */
static enum vs_err
error_of_code(int64_t code)
{
	for (unsigned error = 0; error < VS_E_COUNT; error++) {
		if (vs_err_code((enum vs_err)error) == code)
			return (enum vs_err)error;
	}
	return VS_E_INTERNAL;
}

/* What is opened goes into the two rooms, which the row borrows from. */
struct opener {
	const struct vs_store_seal *seal;
	struct vs_buf request, result;
	vs_result outcome;
};

static void
opener_init(struct opener *opener, const struct vs_store_readers *readers)
{
	opener->seal = vs_store_readers_seal(readers);
	vs_buf_init(&opener->request, VS_STORE_PLAIN_SIZE_MAX);
	vs_buf_init(&opener->result, VS_STORE_PLAIN_SIZE_MAX);
	opener->outcome = VS_OK;
}

static void
opener_done(struct opener *opener)
{
	vs_store_plain_done(&opener->request); /* passwords of SetVariables */
	vs_store_plain_done(&opener->result);
}

static bool
open_payload(struct opener *opener, enum vs_store_cell cell, struct vs_core_command_row *row,
             struct vs_bytes sealed, struct vs_buf *plain, struct vs_bytes *payload_out)
{
	struct vs_store_row place;

	vs_store_row_begin(&place);
	vs_store_row_text(&place, row->id);
	vs_buf_reset(plain);
	opener->outcome = vs_store_open_value(opener->seal, cell, row->tenant, &place, sealed,
	                                      plain, &row->reading);
	*payload_out = vs_buf_view(plain);
	return opener->outcome.code == VS_E_OK;
}

static bool
decode_command(struct opener *opener, struct vs_store_statement *statement,
               struct vs_core_command_row *row)
{
	memset(row, 0, sizeof(*row));
	TEXT(0, row->id);
	TEXT(1, row->tenant);
	TEXT(2, row->station);
	TEXT(3, row->action);
	row->state = (enum vs_core_command_state)vs_store_column_number(statement, 4);
	row->error = error_of_code(vs_store_column_number(statement, 5));
	NUMBER(6, row->created_ms);
	NUMBER(7, row->changed_ms);
	return open_payload(opener, VS_STORE_CELL_command_request, row,
	                    vs_store_column_bytes(statement, 8), &opener->request, &row->request) &&
	       open_payload(opener, VS_STORE_CELL_command_result, row,
	                    vs_store_column_bytes(statement, 9), &opener->result, &row->result);
}

struct one_command {
	struct opener opener;
	void (*row)(const struct vs_core_command_row *, void *);
	void *arg;
	bool is_found;
};

static bool
one_command_row(struct vs_store_statement *statement, void *arg)
{
	struct one_command *one = arg;
	struct vs_core_command_row row;

	if (!decode_command(&one->opener, statement, &row))
		return false;
	one->is_found = true;
	one->row(&row, one->arg);
	return false;
}

vs_result
vs_store_read_command(void *self, const char *tenant, const char *id,
                      void (*row)(const struct vs_core_command_row *, void *), void *arg)
{
	struct one_command one = {.row = row, .arg = arg};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(id)};
	vs_result r;

	opener_init(&one.opener, self);
	r = vs_store_read(self, VS_QUERY_read_command, values, 2, one_command_row, &one);
	opener_done(&one.opener);
	VS_TRY(r);
	VS_TRY(one.opener.outcome);
	return one.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

struct command_rows {
	struct opener opener;
	bool (*row)(const struct vs_core_command_row *, void *);
	void *arg;
};

static bool
command_row(struct vs_store_statement *statement, void *arg)
{
	struct command_rows *rows = arg;
	struct vs_core_command_row row;

	return decode_command(&rows->opener, statement, &row) && rows->row(&row, rows->arg);
}

vs_result
vs_store_read_commands(void *self, const char *tenant, const char *station, int64_t before_ms,
                       size_t limit, bool (*row)(const struct vs_core_command_row *, void *),
                       void *arg)
{
	struct command_rows rows = {.row = row, .arg = arg};
	const struct vs_store_value all[] = {vs_store_text(tenant), vs_store_number(before_ms),
	                                     vs_store_number((int64_t)limit)};
	const struct vs_store_value of_station[] = {vs_store_text(tenant), vs_store_text(station),
	                                            vs_store_number(before_ms),
	                                            vs_store_number((int64_t)limit)};

	vs_result r;

	opener_init(&rows.opener, self);
	if (station[0] == '\0')
		r = vs_store_read(self, VS_QUERY_read_commands, all, 3, command_row, &rows);
	else
		r = vs_store_read(self, VS_QUERY_read_commands_station, of_station, 4, command_row,
		                  &rows);
	opener_done(&rows.opener);
	return r.code != VS_E_OK ? r : rows.opener.outcome;
}
