/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/frame.h"

#include <assert.h>

#include "base/limits.h"
#include "wire/utf8.h"

enum { IDLE, DATA, LRC };

void
vs_frame_init(struct vs_frame *frame, enum vs_frame_scope scope, bool is_utf8, size_t size_max)
{
	assert(frame != NULL && size_max > 0);
	*frame = (struct vs_frame){.scope = scope, .is_utf8 = is_utf8};
	vs_buf_init(&frame->data, size_max);
}

void
vs_frame_done(struct vs_frame *frame)
{
	if (frame != NULL)
		vs_buf_done(&frame->data);
}

enum vs_frame_scope
vs_frame_scope_known(const struct vs_frame *frame)
{
	assert(frame != NULL);
	return frame->scope == VS_FRAME_AUTO ? VS_FRAME_DATA_ETX : frame->scope;
}

static bool
is_data_char(uint8_t c, bool is_utf8)
{
	return (c >= 0x20 && c <= 0x7e) || (is_utf8 && c >= 0x80);
}

/* From the XOR of the data alone. */
static uint8_t
lrc_of(enum vs_frame_scope scope, uint8_t data_lrc)
{
	switch (scope) {
	case VS_FRAME_AUTO:
	case VS_FRAME_DATA_ETX:
		return data_lrc ^ VS_FRAME_ETX;
	case VS_FRAME_DATA:
		return data_lrc;
	case VS_FRAME_STX_DATA_ETX:
		return data_lrc ^ VS_FRAME_STX ^ VS_FRAME_ETX;
	}
	return data_lrc;
}

/* The three scopes differ by 0, 1 and 3: one byte tells which it is. */
static bool
is_lrc_good(struct vs_frame *frame, uint8_t lrc)
{
	static const enum vs_frame_scope scopes[] = {VS_FRAME_DATA_ETX, VS_FRAME_DATA,
	                                             VS_FRAME_STX_DATA_ETX};

	if (frame->scope != VS_FRAME_AUTO)
		return lrc == lrc_of(frame->scope, frame->lrc);
	for (unsigned i = 0; i < 3; i++) {
		if (lrc == lrc_of(scopes[i], frame->lrc)) {
			frame->scope = scopes[i];
			return true;
		}
	}
	return false;
}

static void
start(struct vs_frame *frame)
{
	vs_buf_reset(&frame->data);
	frame->lrc = 0;
	frame->state = DATA;
}

static vs_result
report_damage(struct vs_frame *frame, struct vs_frame_event *event_out)
{
	if (frame->damaged == VS_LIMIT_FRAME_DAMAGED)
		return VS_FAIL(BAD_FRAME);
	frame->damaged++;
	*event_out = (struct vs_frame_event){.type = VS_FRAME_EVENT_DAMAGED};
	return VS_OK;
}

/* AGAIN: the byte is taken, no event. */
static vs_result
take_idle(struct vs_frame *frame, uint8_t c, struct vs_frame_event *event_out)
{
	if (c == VS_FRAME_STX) {
		start(frame);
		return VS_FAIL(AGAIN);
	}
	if (c == VS_FRAME_ENQ || c == VS_FRAME_ACK || c == VS_FRAME_NAK || c == VS_FRAME_EOT) {
		*event_out = (struct vs_frame_event){.type = VS_FRAME_EVENT_CONTROL, .control = c};
		return VS_OK;
	}
	if (frame->garbage == VS_LIMIT_FRAME_GARBAGE)
		return VS_FAIL(BAD_FRAME);
	frame->garbage++;
	return VS_FAIL(AGAIN);
}

static vs_result
take_lrc(struct vs_frame *frame, uint8_t lrc, struct vs_frame_event *event_out)
{
	struct vs_bytes data = vs_buf_view(&frame->data);

	frame->state = IDLE;
	if (!is_lrc_good(frame, lrc) || (frame->is_utf8 && !vs_utf8_is_valid(data)))
		return report_damage(frame, event_out);
	frame->is_delivered = true;
	*event_out = (struct vs_frame_event){.type = VS_FRAME_EVENT_DATA, .data = data};
	return VS_OK;
}

/* A run of data at once, then the byte that ends it. */
static vs_result
take_data(struct vs_frame *frame, struct vs_bytes *input, struct vs_frame_event *event_out)
{
	size_t size = 0;
	uint8_t c;

	for (; size < input->size && is_data_char(input->data[size], frame->is_utf8); size++)
		frame->lrc ^= input->data[size];
	VS_TRY(vs_buf_append(&frame->data, input->data, size));
	input->data += size;
	input->size -= size;
	if (input->size == 0)
		return VS_FAIL(AGAIN);
	c = input->data[0];
	input->data++;
	input->size--;
	if (c == VS_FRAME_ETX) {
		frame->state = LRC;
		return VS_FAIL(AGAIN);
	}
	/* A new STX is the only place to find the next frame; after any other byte the rest is
	 * garbage. */
	frame->state = IDLE;
	if (c == VS_FRAME_STX)
		start(frame);
	return report_damage(frame, event_out);
}

vs_result
vs_frame_receive(struct vs_frame *frame, struct vs_bytes *input, struct vs_frame_event *event_out)
{
	vs_result r = VS_FAIL(AGAIN);

	assert(frame != NULL && input != NULL && event_out != NULL);
	if (frame->is_delivered) {
		frame->is_delivered = false;
		vs_buf_done(&frame->data); /* an idle connection holds no buffer */
	}
	while (input->size > 0 && r.code == VS_E_AGAIN) {
		uint8_t c = input->data[0];

		if (frame->state == DATA) {
			r = take_data(frame, input, event_out);
			continue;
		}
		input->data++;
		input->size--;
		if (frame->state == IDLE)
			r = take_idle(frame, c, event_out);
		else
			r = take_lrc(frame, c, event_out);
	}
	return r;
}

vs_result
vs_frame_encode(enum vs_frame_scope scope, bool is_utf8, struct vs_bytes data, struct vs_buf *out)
{
	uint8_t lrc = 0;
	uint8_t *room = NULL;

	assert(out != NULL && scope != VS_FRAME_AUTO);
	for (size_t i = 0; i < data.size; i++) {
		if (!is_data_char(data.data[i], is_utf8))
			return VS_FAIL(BAD_VALUE);
		lrc ^= data.data[i];
	}
	if (is_utf8 && !vs_utf8_is_valid(data))
		return VS_FAIL(BAD_VALUE);
	if (data.size > SIZE_MAX - 3)
		return VS_FAIL(TOO_LONG);
	VS_TRY(vs_buf_reserve(out, data.size + 3, &room));
	*room++ = VS_FRAME_STX;
	for (size_t i = 0; i < data.size; i++)
		*room++ = data.data[i];
	*room++ = VS_FRAME_ETX;
	*room = lrc_of(scope, lrc);
	out->size += data.size + 3;
	return VS_OK;
}
