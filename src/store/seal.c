/* SPDX-License-Identifier: Apache-2.0 */
#include "store/seal.h"

#include <assert.h>
#include <string.h>

#include "base/metric.h"

#define OVERHEAD  34u /* of a sealed value (core/ports.h) */
#define TEXT_MAX  512u
#define TOKEN_MAX 255u /* of an idToken that came before their length was checked */

#define IS_NONE  false
#define IS_BLIND true
const struct vs_store_cell_info vs_store_cells[VS_STORE_CELL_COUNT] = {
#define VS_SEALED(table, column, subject, blind, key, what)                                        \
	{#table, #column, VS_STORE_SUBJECT_##subject, IS_##blind, key},
#include "store/sealed.def"
#undef VS_SEALED
};

/* --- row keys --------------------------------------------------------------------------------- */

void
vs_store_row_begin(struct vs_store_row *row)
{
	row->size = 0;
	row->is_full = false;
}

void
vs_store_row_bytes(struct vs_store_row *row, struct vs_bytes bytes)
{
	if (row->is_full || bytes.size > sizeof(row->data) - 2 ||
	    row->size > sizeof(row->data) - 2 - bytes.size) {
		row->is_full = true;
		return;
	}
	row->data[row->size++] = (uint8_t)(bytes.size >> 8);
	row->data[row->size++] = (uint8_t)bytes.size;
	if (bytes.size > 0)
		memcpy(row->data + row->size, bytes.data, bytes.size);
	row->size += bytes.size;
}

void
vs_store_row_text(struct vs_store_row *row, const char *text)
{
	vs_store_row_bytes(row, vs_bytes_from_text(text));
}

void
vs_store_row_number(struct vs_store_row *row, int64_t number)
{
	if (row->is_full || row->size > sizeof(row->data) - 8) {
		row->is_full = true;
		return;
	}
	for (unsigned i = 0; i < 8; i++)
		row->data[row->size++] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
}

/* --- values ----------------------------------------------------------------------------------- */

const char *
vs_store_subject_of(enum vs_store_cell cell, const char *station)
{
	switch (vs_store_cells[cell].subject) {
	case VS_STORE_SUBJECT_STATION:
		return station[0] != '\0' ? station : VS_STORE_OF_CENTRAL;
	case VS_STORE_SUBJECT_TOKEN:
		return VS_STORE_OF_TOKENS;
	case VS_STORE_SUBJECT_CENTRAL:
		break;
	}
	return VS_STORE_OF_CENTRAL;
}

static struct vs_core_cell
cell_of(enum vs_store_cell cell, const char *tenant, const struct vs_store_row *row)
{
	assert(cell < VS_STORE_CELL_COUNT);
	return (struct vs_core_cell){.tenant = tenant,
	                             .table = vs_store_cells[cell].table,
	                             .column = vs_store_cells[cell].column,
	                             .row = vs_bytes_from(row->data, row->size)};
}

vs_result
vs_store_room(struct vs_buf *room, size_t size, size_t count)
{
	uint8_t *at = NULL;

	vs_buf_reset(room);
	return vs_buf_reserve(room, size + count * OVERHEAD, &at);
}

vs_result
vs_store_seal_value(const struct vs_store_seal *seal, enum vs_store_cell cell, const char *tenant,
                    const char *station, const struct vs_store_row *row, int64_t at_ms,
                    struct vs_bytes plain, struct vs_buf *room, struct vs_store_value *value_out)
{
	struct vs_core_cell place = cell_of(cell, tenant, row);
	const uint8_t *base = room->data;
	size_t before = room->size;

	if (row->is_full)
		return VS_FAIL(TOO_LONG);
	*value_out = (struct vs_store_value){.type = VS_STORE_SEALED};
	if (plain.size == 0)
		return VS_OK;
	VS_TRY(seal->port.seal(seal->port.self, &place, vs_store_subject_of(cell, station), at_ms,
	                       plain, room));
	assert(room->data == base); /* what was sealed before still lies where it is said to */
	(void)base;
	value_out->bytes = vs_bytes_from(room->data + before, room->size - before);
	return VS_OK;
}

vs_result
vs_store_open_value(const struct vs_store_seal *seal, enum vs_store_cell cell, const char *tenant,
                    const struct vs_store_row *row, struct vs_bytes sealed, struct vs_buf *plain,
                    enum vs_core_reading *reading)
{
	struct vs_core_cell place = cell_of(cell, tenant, row);
	vs_result r;

	if (sealed.size == 0)
		return VS_OK;
	r = row->is_full ? VS_FAIL(NOT_AUTHENTIC)
	                 : seal->port.open(seal->port.self, &place, sealed, plain);
	if (r.code == VS_E_FORBIDDEN) {
		if (*reading == VS_CORE_READ_WHOLE)
			*reading = VS_CORE_READ_ERASED;
		return VS_OK;
	}
	if (r.code != VS_E_NOT_AUTHENTIC)
		return r;
	*reading = VS_CORE_READ_DAMAGED;
	vs_metric_add(VS_METRIC_store_damaged_total, 1);
	if (seal->damaged != NULL)
		seal->damaged(seal->arg, tenant, place.table, place.column);
	return VS_OK;
}

void
vs_store_plain_done(struct vs_buf *plain)
{
	if (plain->data != NULL)
		explicit_bzero(plain->data, plain->capacity);
	vs_buf_done(plain);
}

vs_result
vs_store_open_text(const struct vs_store_seal *seal, enum vs_store_cell cell, const char *tenant,
                   const struct vs_store_row *row, struct vs_bytes sealed, char *text, size_t size,
                   enum vs_core_reading *reading)
{
	struct vs_buf plain;
	vs_result r;

	text[0] = '\0';
	vs_buf_init(&plain, TEXT_MAX);
	r = vs_store_open_value(seal, cell, tenant, row, sealed, &plain, reading);
	if (r.code == VS_E_OK)
		(void)vs_bytes_copy_text(vs_buf_view(&plain), text, size);
	vs_store_plain_done(&plain);
	return r;
}

static vs_result
index_of(const struct vs_store_seal *seal, const char *tenant, const char *column,
         struct vs_bytes text, uint8_t index_out[static VS_STORE_INDEX_SIZE])
{
	uint8_t lower[TOKEN_MAX];

	if (text.size > sizeof(lower))
		return VS_FAIL(BAD_VALUE);
	for (size_t i = 0; i < text.size; i++)
		lower[i] =
		    text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] | 0x20 : text.data[i];
	return seal->port.blind(seal->port.self, tenant, column, vs_bytes_from(lower, text.size),
	                        index_out);
}

vs_result
vs_store_token_index(const struct vs_store_seal *seal, const char *tenant, struct vs_bytes token,
                     uint8_t index_out[static VS_STORE_INDEX_SIZE])
{
	return index_of(seal, tenant, "token", token, index_out);
}

vs_result
vs_store_login_index(const struct vs_store_seal *seal, const char *tenant, struct vs_bytes login,
                     uint8_t index_out[static VS_STORE_INDEX_SIZE])
{
	return index_of(seal, tenant, "login", login, index_out);
}
