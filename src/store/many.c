/* SPDX-License-Identifier: Apache-2.0 */
#include "store/many.h"

#include <assert.h>
#include <string.h>

#include "core/record.h"
#include "store/pg_dialect.h"

/* An array as PostgreSQL sends it (array_recv): dimensions, whether there are NULLs, the type of
 * the elements; of the one dimension how many there are and the number of the first. Then each
 * element: its size (-1: NULL), its bytes. All of them 32-bit, high byte first. */
#define HEAD_SIZE   20u
#define HEAD_ROWS   12u
#define SIZE_MAX_OF (64u << 20) /* of a column */

static void
put_u32(uint8_t *at, uint32_t number)
{
	for (int i = 3; i >= 0; i--, number >>= 8)
		at[i] = (uint8_t)number;
}

void
vs_store_many_init(struct vs_store_many *many, enum vs_store_query query)
{
	assert(many != NULL && strlen(vs_store_queries[query].types) <= VS_STORE_MANY_COLUMNS);
	many->query = query;
	many->rows = 0;
	for (size_t i = 0; i < VS_STORE_MANY_COLUMNS; i++)
		vs_buf_init(&many->columns[i], SIZE_MAX_OF);
}

void
vs_store_many_done(struct vs_store_many *many)
{
	for (size_t i = 0; i < VS_STORE_MANY_COLUMNS; i++)
		vs_buf_done(&many->columns[i]);
}

void
vs_store_many_reset(struct vs_store_many *many)
{
	many->rows = 0;
	for (size_t i = 0; i < VS_STORE_MANY_COLUMNS; i++)
		vs_buf_reset(&many->columns[i]);
}

static vs_result
add_head(struct vs_buf *column, char letter)
{
	uint8_t head[HEAD_SIZE];

	put_u32(head, 1);
	put_u32(head + 4, 1);
	put_u32(head + 8, vs_store_pg_element(letter));
	put_u32(head + HEAD_ROWS, 0);
	put_u32(head + 16, 1);
	return vs_buf_append(column, head, sizeof(head));
}

static vs_result
add_value(struct vs_buf *column, char letter, const struct vs_store_value *value)
{
	uint8_t bytes[12];
	uint64_t number = (uint64_t)value->number;
	bool is_number = value->type == VS_STORE_NUMBER;
	bool is_blob = value->type == VS_STORE_BLOB || value->type == VS_STORE_SEALED;

	assert(letter == (is_number ? 'I' : is_blob ? 'B' : 'T'));
	if (column->size == 0)
		VS_TRY(add_head(column, letter));
	if ((is_number && value->number == VS_CORE_ABSENT) ||
	    (is_blob && value->bytes.data == NULL)) {
		put_u32(bytes, UINT32_MAX);
		return vs_buf_append(column, bytes, 4);
	}
	if (!is_number) {
		if (value->bytes.size > INT32_MAX)
			return VS_FAIL(TOO_LONG);
		put_u32(bytes, (uint32_t)value->bytes.size);
		VS_TRY(vs_buf_append(column, bytes, 4));
		return vs_buf_append_bytes(column, value->bytes);
	}
	put_u32(bytes, 8);
	put_u32(bytes + 4, (uint32_t)(number >> 32));
	put_u32(bytes + 8, (uint32_t)number);
	return vs_buf_append(column, bytes, sizeof(bytes));
}

vs_result
vs_store_many_add(struct vs_store_many *many, const struct vs_store_value *values, size_t count)
{
	const char *types = vs_store_queries[many->query].types;
	size_t sizes[VS_STORE_MANY_COLUMNS];
	vs_result r = VS_OK;

	assert(strlen(types) == count);
	for (size_t i = 0; i < count; i++)
		sizes[i] = many->columns[i].size;
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = add_value(&many->columns[i], types[i], &values[i]);
	if (r.code != VS_E_OK) {
		for (size_t i = 0; i < count; i++)
			many->columns[i].size = sizes[i];
		return r;
	}
	many->rows++;
	return VS_OK;
}

static size_t
values_of(struct vs_store_many *many, struct vs_store_value *values)
{
	size_t count = strlen(vs_store_queries[many->query].types);

	assert(many->rows > 0);
	for (size_t i = 0; i < count; i++) {
		put_u32(many->columns[i].data + HEAD_ROWS, many->rows);
		values[i] =
		    (struct vs_store_value){VS_STORE_ARRAY, vs_buf_view(&many->columns[i]), 0};
	}
	return count;
}

vs_result
vs_store_many_run(struct vs_store_many *many, struct vs_store_db *db)
{
	struct vs_store_value values[VS_STORE_MANY_COLUMNS];
	size_t count;
	vs_result r;

	if (many->rows == 0)
		return VS_OK;
	count = values_of(many, values);
	r = vs_store_run(db, many->query, values, count);
	vs_store_many_reset(many);
	if (r.code == VS_E_OK)
		vs_store_push(db);
	return r;
}

vs_result
vs_store_many_bind(struct vs_store_many *many, struct vs_store_db *db,
                   struct vs_store_statement **statement_out)
{
	struct vs_store_value values[VS_STORE_MANY_COLUMNS];
	size_t count = values_of(many, values);
	vs_result r = vs_store_bind(db, many->query, values, count, statement_out);

	vs_store_many_reset(many);
	return r;
}
