/* SPDX-License-Identifier: Apache-2.0 */
/* What crosses the wire, for whoever wants to see that it cannot be read: at the level debug, as it
 * is. What is inside is logged only when that was asked for by name. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "charge/inside.h"

#define TEXT_SIZE 96

/* What can be read without a key may hold one, or a password. */
static bool
is_sealed(const struct vs_charge_link *link, struct vs_bytes data)
{
	struct vs_framed_message message;

	return link->sealed != NULL || vs_framed_read(data, &message).code != VS_E_OK;
}

void
vs_charge_trace_data(const struct vs_charge_link *link, bool is_sent, struct vs_bytes data)
{
	char text[TEXT_SIZE];

	if (!vs_log_enabled(VS_LOG_DEBUG))
		return;
	if (!is_sealed(link, data)) {
		VS_LOG(DEBUG, is_sent ? "charge.sent" : "charge.received", vs_charge_subject(link),
		       VS_LOG_NUM("size", data.size));
		return;
	}
	(void)snprintf(text, sizeof(text), "%s %s",
	               is_sent ? "Encrypted message for" : "Decrypting message from",
	               link->point != NULL ? link->point->identity : "a stranger");
	VS_LOG(DEBUG, is_sent ? "charge.sent" : "charge.received", vs_charge_subject(link),
	       VS_LOG_STR("text", text), VS_LOG_BYTES("data", data));
}

/* For whoever watches the charge point; what is said before it is known whose it is, is nobody's.
 */
static void
note(const struct vs_charge_link *link, bool is_sent, struct vs_bytes plain, struct vs_bytes text)
{
	const struct vs_port_frames *frames = &link->charge->options.frames;
	const uint8_t *end = memchr(text.data, '#', text.size);
	struct vs_core_frame frame = {.channel = VS_CORE_FRAME_FRAMED,
	                              .at_ms = link->charge->now_ms,
	                              .mono_us = vs_clock_mono_us(),
	                              .is_received = !is_sent,
	                              .is_sealed = !link->is_clear,
	                              .verdict = "",
	                              .text = text,
	                              .size = plain.size};
	struct vs_framed_message message;
	char action[VS_CORE_FRAME_ACTION_SIZE];
	vs_result r;

	(void)vs_bytes_copy_text(
	    vs_bytes_from(text.data, end != NULL ? (size_t)(end - text.data) : 0), action,
	    sizeof(action));
	r = vs_framed_read(plain, &message);
	if (r.code != VS_E_OK)
		frame.verdict = vs_err_text(r.code);
	frame.tenant = link->point->tenant;
	frame.station = link->point->identity;
	frame.action = action;
	frames->note(frames->self, &frame);
}

void
vs_charge_trace_plain(const struct vs_charge_link *link, bool is_sent, struct vs_bytes plain)
{
	const struct vs_charge_options *options = &link->charge->options;
	bool is_noted = options->frames.self != NULL && link->point != NULL &&
	                options->frames.wants(options->frames.self, link->point->tenant,
	                                      link->point->identity, link->charge->now_ms);
	struct vs_bytes way = vs_bytes_from_text(is_sent ? "Encrypting: " : "Decrypted: "), all;
	struct vs_buf text;

	if (!options->shows_plain && !is_noted)
		return;
	vs_buf_init(&text, VS_LIMIT_FRAME_SIZE);
	if (vs_buf_append_bytes(&text, way).code == VS_E_OK &&
	    vs_framed_mask(plain, &text).code == VS_E_OK) {
		all = vs_buf_view(&text);
		if (is_noted)
			note(link, is_sent, plain,
			     vs_bytes_from(all.data + way.size, all.size - way.size));
		if (options->shows_plain)
			VS_LOG(INFO, "charge.plaintext", vs_charge_subject(link),
			       VS_LOG_BYTES("text", all));
	}
	vs_buf_done(&text);
}
