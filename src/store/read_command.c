/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
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

static void
decode_command(sqlite3_stmt *statement, struct vs_core_command_row *row)
{
	memset(row, 0, sizeof(*row));
	TEXT(0, row->id);
	TEXT(1, row->tenant);
	TEXT(2, row->station);
	TEXT(3, row->action);
	row->state = (enum vs_core_command_state)sqlite3_column_int(statement, 4);
	row->error = error_of_code(vs_store_column_number(statement, 5));
	NUMBER(6, row->created_ms);
	NUMBER(7, row->changed_ms);
	row->request = vs_store_column_bytes(statement, 8);
	row->result = vs_store_column_bytes(statement, 9);
}

struct one_command {
	void (*row)(const struct vs_core_command_row *, void *);
	void *arg;
	bool is_found;
};

static bool
one_command_row(sqlite3_stmt *statement, void *arg)
{
	struct one_command *one = arg;
	struct vs_core_command_row row;

	decode_command(statement, &row);
	one->is_found = true;
	one->row(&row, one->arg);
	return false;
}

vs_result
vs_store_read_command(void *self, const char *tenant, const char *id,
                      void (*row)(const struct vs_core_command_row *, void *), void *arg)
{
	struct one_command one = {row, arg, false};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(id)};

	VS_TRY(vs_store_read(self, VS_QUERY_read_command, values, 2, one_command_row, &one));
	return one.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

struct command_rows {
	bool (*row)(const struct vs_core_command_row *, void *);
	void *arg;
};

static bool
command_row(sqlite3_stmt *statement, void *arg)
{
	const struct command_rows *rows = arg;
	struct vs_core_command_row row;

	decode_command(statement, &row);
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_commands(void *self, const char *tenant, const char *station, int64_t before_ms,
                       size_t limit, bool (*row)(const struct vs_core_command_row *, void *),
                       void *arg)
{
	struct command_rows rows = {row, arg};
	const struct vs_store_value all[] = {vs_store_text(tenant), vs_store_number(before_ms),
	                                     vs_store_number((int64_t)limit)};
	const struct vs_store_value of_station[] = {vs_store_text(tenant), vs_store_text(station),
	                                            vs_store_number(before_ms),
	                                            vs_store_number((int64_t)limit)};

	if (station[0] == '\0')
		return vs_store_read(self, VS_QUERY_read_commands, all, 3, command_row, &rows);
	return vs_store_read(self, VS_QUERY_read_commands_station, of_station, 4, command_row,
	                     &rows);
}
