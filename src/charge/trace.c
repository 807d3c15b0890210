/* SPDX-License-Identifier: Apache-2.0 */
/* What crosses the wire, for whoever wants to see that it cannot be read: at the level debug, as it
 * is. What is inside is logged only when that was asked for by name. */
#include <stdio.h>

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

void
vs_charge_trace_plain(const struct vs_charge_link *link, bool is_sent, struct vs_bytes plain)
{
	struct vs_buf text;

	if (!link->charge->options.shows_plain)
		return;
	vs_buf_init(&text, VS_LIMIT_FRAME_SIZE);
	if (vs_buf_append_text(&text, is_sent ? "Encrypting: " : "Decrypted: ").code == VS_E_OK &&
	    vs_framed_mask(plain, &text).code == VS_E_OK)
		VS_LOG(INFO, "charge.plaintext", vs_charge_subject(link),
		       VS_LOG_BYTES("text", vs_buf_view(&text)));
	vs_buf_done(&text);
}
