/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/trace.h"

#include <string.h>

#include "base/clock.h"
#include "wire/json_shown.h"

/* All that may be shown of a message of either side (doc/protocol/sensors.md). */
static const char *const names[] = {
    "alg",         "code",      "device_id",
    "device_uuid", "encrypted", "encryption_enabled",
    "epoch",       "expires",   "k",
    "least",       "message",   "n",
    "sensor_type", "status",    "key_delivery",
    "tenant",      "ts",        "type",
    "unit",        "until",     "v",
};

static bool
is_wanted(const struct vs_sensor_session *session, int64_t now_ms)
{
	const struct vs_port_frames *frames = &session->reactor->sensor->options.frames;
	const struct vs_core_sensor *sensor = &session->identity.sensor;

	return frames->self != NULL && sensor->device[0] != '\0' &&
	       frames->wants(frames->self, sensor->tenant, sensor->device, now_ms);
}

static void
tell(const struct vs_sensor_session *session, struct vs_core_frame *frame, int64_t now_ms,
     const struct vs_json_tape *tape)
{
	const struct vs_port_frames *frames = &session->reactor->sensor->options.frames;
	struct vs_json_writer writer;
	struct vs_buf text;

	vs_buf_init(&text, 2 * VS_LIMIT_SENSOR_MESSAGE_SIZE);
	vs_json_write_begin(&writer, &text);
	vs_json_write_shown(&writer, tape, vs_json_root(tape), names,
	                    sizeof(names) / sizeof(names[0]));
	if (vs_json_write_end(&writer).code == VS_E_OK)
		frame->text = vs_buf_view(&text);
	frame->tenant = session->identity.sensor.tenant;
	frame->station = session->identity.sensor.device;
	frame->channel = VS_CORE_FRAME_SENSOR;
	frame->at_ms = now_ms;
	frame->mono_us = vs_clock_mono_us();
	frames->note(frames->self, frame);
	vs_buf_done(&text);
}

void
vs_sensor_trace_received(struct vs_sensor_session *session, const char *verdict)
{
	static const char *const actions[] = {
	    [VS_FIELD_READINGS] = "readings", [VS_FIELD_REAUTH] = "reauth", [VS_FIELD_ACK] = "ack"};
	struct vs_sensor_reactor *reactor = session->reactor;
	const struct vs_field_message *message = &reactor->message;
	int64_t now_ms = vs_clock_wall_ms();
	struct vs_core_frame frame = {
	    .is_received = true, .verdict = verdict, .action = "", .size = reactor->received_size};
	struct vs_json_tape nothing;

	if (reactor->received_size == 0)
		return;
	reactor->received_size = 0;
	if (!is_wanted(session, now_ms))
		return;
	vs_json_tape_init(&nothing);
	if (reactor->is_read) {
		frame.action = actions[message->kind];
		frame.is_sealed =
		    message->kind == VS_FIELD_READINGS && message->profile != VS_FIELD_CLEAR;
	}
	tell(session, &frame, now_ms, reactor->is_read ? &reactor->tape : &nothing);
	vs_json_tape_done(&nothing);
}

void
vs_sensor_trace_sent(const struct vs_sensor_session *session, struct vs_bytes text)
{
	int64_t now_ms = vs_clock_wall_ms();
	struct vs_core_frame frame = {.verdict = "", .action = "", .size = text.size};
	char action[VS_CORE_FRAME_ACTION_SIZE];
	struct vs_json_tape tape;

	if (!is_wanted(session, now_ms))
		return;
	vs_json_tape_init(&tape);
	if (vs_json_parse(text, &tape).code == VS_E_OK) {
		const struct vs_json_node *root = vs_json_root(&tape);

		if (vs_json_copy_text(&tape, vs_json_member(&tape, root, "type"), action,
		                      sizeof(action))
		            .code == VS_E_OK ||
		    vs_json_copy_text(&tape, vs_json_member(&tape, root, "status"), action,
		                      sizeof(action))
		            .code == VS_E_OK)
			frame.action = action;
		tell(session, &frame, now_ms, &tape);
	}
	vs_json_tape_done(&tape);
}
