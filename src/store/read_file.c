/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "store/reader.h"

#define TEXT(column, member)   vs_store_column_text(statement, column, member, sizeof(member))
#define NUMBER(column, member) ((member) = vs_store_column_number(statement, column))

struct file_rows {
	bool (*row)(const struct vs_core_file_row *, void *);
	void *arg;
	bool is_found;
};

static bool
file_row(struct vs_store_statement *statement, void *arg)
{
	struct file_rows *rows = arg;
	struct vs_core_file_row row;
	struct vs_core_file *file = &row.file;
	int64_t kind = vs_store_column_number(statement, 1);

	if (kind < 0 || kind >= VS_CORE_FILE_KINDS) /* of a later version of this program */
		return true;
	memset(&row, 0, sizeof(row));
	file->kind = (enum vs_core_file_kind)kind;
	TEXT(0, file->id);
	TEXT(2, file->station);
	TEXT(3, file->type);
	TEXT(4, file->name);
	TEXT(5, file->sha256);
	TEXT(6, file->token_sha256);
	NUMBER(7, file->request_id);
	NUMBER(8, file->asked_ms);
	NUMBER(9, file->until_ms);
	NUMBER(10, file->received_ms);
	NUMBER(11, file->size);
	row.about = vs_store_column_bytes(statement, 12);
	TEXT(13, row.tenant);
	rows->is_found = true;
	return rows->row(&row, rows->arg);
}

vs_result
vs_store_read_files(void *self, const char *tenant, enum vs_core_file_kind kind,
                    const char *station, const char *after_id, size_t limit,
                    bool (*row)(const struct vs_core_file_row *, void *), void *arg)
{
	struct file_rows rows = {row, arg, false};
	const struct vs_store_value values[] = {
	    vs_store_text(tenant), vs_store_text(station), vs_store_text(after_id),
	    vs_store_number((int64_t)kind), vs_store_number((int64_t)limit)};

	return vs_store_read(self, VS_QUERY_read_files, values, 5, file_row, &rows);
}

vs_result
vs_store_read_file(void *self, const char *tenant, const char *id,
                   bool (*row)(const struct vs_core_file_row *, void *), void *arg)
{
	struct file_rows rows = {row, arg, false};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(id)};

	VS_TRY(vs_store_read(self, VS_QUERY_read_file, values, 2, file_row, &rows));
	return rows.is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

vs_result
vs_store_read_files_awaited(void *self, int64_t now_ms,
                            bool (*row)(const struct vs_core_file_row *, void *), void *arg)
{
	struct file_rows rows = {row, arg, false};
	const struct vs_store_value value = vs_store_number(now_ms);

	return vs_store_read(self, VS_QUERY_read_files_awaited, &value, 1, file_row, &rows);
}

/* --- its bytes --------------------------------------------------------------------------------
 */

struct parts {
	const struct vs_store_seal *seal;
	const char *tenant, *id;
	struct vs_buf *data;
	int64_t next;
	vs_result result;
};

static bool
part_row(struct vs_store_statement *statement, void *arg)
{
	enum vs_core_reading reading = VS_CORE_READ_WHOLE;
	struct parts *parts = arg;
	struct vs_store_row place;

	if (vs_store_column_number(statement, 0) != parts->next) {
		parts->result = VS_FAIL(NOT_AUTHENTIC);
		return false;
	}
	vs_store_row_begin(&place);
	vs_store_row_bytes(&place, vs_store_column_bytes(statement, 2));
	vs_store_row_text(&place, parts->id);
	vs_store_row_number(&place, parts->next++);
	parts->result =
	    vs_store_open_value(parts->seal, VS_STORE_CELL_file_part_data, parts->tenant, &place,
	                        vs_store_column_bytes(statement, 1), parts->data, &reading);
	if (parts->result.code == VS_E_OK && reading != VS_CORE_READ_WHOLE)
		parts->result =
		    reading == VS_CORE_READ_ERASED ? VS_FAIL(FORBIDDEN) : VS_FAIL(NOT_AUTHENTIC);
	return parts->result.code == VS_E_OK;
}

vs_result
vs_store_read_file_data(void *self, const char *tenant, const char *id, struct vs_buf *data)
{
	struct parts parts = {vs_store_readers_seal(self), tenant, id, data, 0, VS_OK};
	const struct vs_store_value values[] = {vs_store_text(tenant), vs_store_text(id)};

	VS_TRY(vs_store_read(self, VS_QUERY_read_file_parts, values, 2, part_row, &parts));
	return parts.result;
}
