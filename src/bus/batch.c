/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/batch.h"

#include <assert.h>
#include <string.h>

#include "bus/member.h"
#include "core/record.h"

/* What one message takes at most: each byte of its texts may become six (\u00XX). */
#define ROW_SIZE_MAX (6 * (VS_CORE_FRAME_TEXT_SIZE + 512) + 512)

vs_result
vs_bus_interest_write(const struct vs_bus_interest *interest, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_text(&json, "node", interest->node);
	vs_bus_write_bool(&json, "first", interest->is_first);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_bus_interest_read(struct vs_bytes text, struct vs_bus_interest *interest_out)
{
	struct vs_bus_interest interest;
	struct vs_json_node nodes[16];
	struct vs_json_tape tape;
	const struct vs_json_node *root;

	vs_json_tape_init_fixed(&tape, nodes, sizeof(nodes) / sizeof(nodes[0]));
	VS_TRY(vs_json_parse(text, &tape));
	root = vs_json_root(&tape);
	VS_TRY(vs_bus_read_node(&tape, root, "node", interest.node));
	VS_TRY(vs_bus_read_bool(&tape, root, "first", &interest.is_first));
	*interest_out = interest;
	return VS_OK;
}

/* --- messages -----------------------------------------------------------------------------------
 */

static vs_result
row_write(const struct vs_core_frame_row *row, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_int(&json, "number", (int64_t)row->number);
	vs_bus_write_int(&json, "at", row->at_ms);
	if (row->latency_us != VS_CORE_ABSENT)
		vs_bus_write_int(&json, "latency_us", row->latency_us);
	vs_bus_write_int(&json, "size", row->size);
	vs_bus_write_int(&json, "type", (int64_t)row->type);
	vs_bus_write_int(&json, "channel", (int64_t)row->channel);
	vs_bus_write_bool(&json, "received", row->is_received);
	vs_bus_write_bool(&json, "sealed", row->is_sealed);
	vs_bus_write_bool(&json, "signed", row->is_signed);
	vs_bus_write_bool(&json, "cut", row->is_cut);
	vs_bus_write_text(&json, "id", row->id);
	vs_bus_write_text(&json, "action", row->action);
	vs_bus_write_text(&json, "verdict", row->verdict);
	vs_json_write_key(&json, "text");
	vs_json_write_string(&json, vs_bytes_from(row->text, row->text_size));
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_bus_batch_write(const struct vs_bus_batch *batch, const struct vs_core_frame_row *rows,
                   size_t count, struct vs_buf *out, size_t *count_out)
{
	struct vs_json_writer json;
	struct vs_buf text;
	size_t at = 0;

	vs_buf_init(&text, ROW_SIZE_MAX);
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_text(&json, "node", batch->node);
	vs_bus_write_int(&json, "count", (int64_t)batch->count);
	vs_bus_write_bool(&json, "first", batch->is_first);
	vs_bus_write_bool(&json, "more", batch->has_more);
	vs_bus_write_bool(&json, "missed", batch->has_missed);
	vs_json_write_key(&json, "messages");
	vs_json_write_array(&json);
	for (; at < count && (at == 0 || out->size_max - out->size > ROW_SIZE_MAX); at++) {
		vs_buf_reset(&text);
		if (row_write(&rows[at], &text).code == VS_E_OK)
			vs_json_write_raw(&json, vs_buf_view(&text));
	}
	vs_json_write_array_end(&json);
	vs_json_write_object_end(&json);
	vs_buf_done(&text);
	VS_TRY(vs_json_write_end(&json));
	*count_out = at;
	return VS_OK;
}

static vs_result
read_range(const struct vs_json_tape *tape, const struct vs_json_node *object, const char *key,
           uint64_t end, uint64_t *value_out)
{
	uint64_t value = 0;

	VS_TRY(vs_bus_read_count(tape, object, key, &value));
	if (value >= end)
		return VS_FAIL(OUT_OF_RANGE);
	*value_out = value;
	return VS_OK;
}

static vs_result
read_text(const struct vs_json_tape *tape, const struct vs_json_node *object,
          struct vs_core_frame_row *row)
{
	struct vs_bytes text;

	VS_TRY(vs_bus_read_text(tape, object, "id", row->id, sizeof(row->id)));
	VS_TRY(vs_bus_read_text(tape, object, "action", row->action, sizeof(row->action)));
	VS_TRY(vs_bus_read_text(tape, object, "verdict", row->verdict, sizeof(row->verdict)));
	VS_TRY(vs_json_text(tape, vs_json_member(tape, object, "text"), row->text,
	                    sizeof(row->text), &text));
	if (text.size > sizeof(row->text))
		return VS_FAIL(TOO_LONG);
	if (text.size > 0 && text.data != (const uint8_t *)row->text)
		memcpy(row->text, text.data, text.size);
	row->text_size = (uint32_t)text.size;
	return VS_OK;
}

static vs_result
row_read(const struct vs_json_tape *tape, const struct vs_json_node *object,
         struct vs_core_frame_row *row)
{
	const struct vs_json_node *latency = vs_json_member(tape, object, "latency_us");
	uint64_t size = 0, type = 0, channel = 0;

	*row = (struct vs_core_frame_row){.latency_us = VS_CORE_ABSENT, .is_far = true};
	VS_TRY(vs_bus_read_count(tape, object, "number", &row->number));
	VS_TRY(vs_bus_read_int(tape, object, "at", &row->at_ms));
	if (latency != NULL)
		VS_TRY(vs_json_int(tape, latency, &row->latency_us));
	VS_TRY(read_range(tape, object, "size", UINT32_MAX, &size));
	VS_TRY(read_range(tape, object, "type", VS_CORE_FRAME_NOTICE + 1, &type));
	VS_TRY(read_range(tape, object, "channel", VS_CORE_FRAME_CHANNELS, &channel));
	VS_TRY(vs_bus_read_bool(tape, object, "received", &row->is_received));
	VS_TRY(vs_bus_read_bool(tape, object, "sealed", &row->is_sealed));
	VS_TRY(vs_bus_read_bool(tape, object, "signed", &row->is_signed));
	VS_TRY(vs_bus_read_bool(tape, object, "cut", &row->is_cut));
	row->size = (uint32_t)size;
	row->type = (enum vs_core_frame_type)type;
	row->channel = (enum vs_core_frame_channel)channel;
	return read_text(tape, object, row);
}

static vs_result
batch_read(const struct vs_json_tape *tape, struct vs_bus_batch *batch,
           const struct vs_json_node **list_out)
{
	const struct vs_json_node *root = vs_json_root(tape);

	VS_TRY(vs_bus_read_node(tape, root, "node", batch->node));
	VS_TRY(vs_bus_read_count(tape, root, "count", &batch->count));
	VS_TRY(vs_bus_read_bool(tape, root, "first", &batch->is_first));
	VS_TRY(vs_bus_read_bool(tape, root, "more", &batch->has_more));
	VS_TRY(vs_bus_read_bool(tape, root, "missed", &batch->has_missed));
	*list_out = vs_json_member(tape, root, "messages");
	if (*list_out == NULL)
		return VS_FAIL(MISSING);
	return (*list_out)->type == VS_JSON_ARRAY ? VS_OK : VS_FAIL(WRONG_TYPE);
}

vs_result
vs_bus_batch_read(struct vs_bytes text, struct vs_bus_batch *batch_out,
                  void (*see)(const struct vs_core_frame_row *row, void *arg), void *arg)
{
	const struct vs_json_node *list = NULL, *at = NULL;
	struct vs_bus_batch batch;
	struct vs_core_frame_row row;
	struct vs_json_tape tape;
	vs_result r;

	vs_json_tape_init(&tape);
	r = vs_json_parse(text, &tape);
	if (r.code == VS_E_OK)
		r = batch_read(&tape, &batch, &list);
	/* All of them are looked at before any is shown. */
	while (r.code == VS_E_OK && (at = vs_json_next(list, at)) != NULL)
		r = row_read(&tape, at, &row);
	if (r.code == VS_E_OK)
		*batch_out = batch;
	while (r.code == VS_E_OK && see != NULL && (at = vs_json_next(list, at)) != NULL) {
		r = row_read(&tape, at, &row);
		if (r.code == VS_E_OK)
			see(&row, arg);
	}
	vs_json_tape_done(&tape);
	return r;
}
