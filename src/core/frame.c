/* SPDX-License-Identifier: Apache-2.0 */
#include "core/frame.h"

#include <string.h>

const char *
vs_core_frame_type_text(enum vs_core_frame_type type)
{
	switch (type) {
	case VS_CORE_FRAME_CALL:
		return "call";
	case VS_CORE_FRAME_RESULT:
		return "result";
	case VS_CORE_FRAME_ERROR:
		return "error";
	case VS_CORE_FRAME_RESULT_ERROR:
		return "result-error";
	case VS_CORE_FRAME_NOTICE:
		return "notice";
	case VS_CORE_FRAME_PLAIN:
		break;
	}
	return "";
}

const char *
vs_core_frame_channel_text(enum vs_core_frame_channel channel)
{
	static const char *const texts[VS_CORE_FRAME_CHANNELS] = {"ocpp", "framed", "sensor",
	                                                          "provision"};

	return channel < VS_CORE_FRAME_CHANNELS ? texts[channel] : "";
}

static void
skip_space(struct vs_bytes *rest)
{
	while (rest->size > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t' ||
	                          rest->data[0] == '\n' || rest->data[0] == '\r')) {
		rest->data++;
		rest->size--;
	}
}

static bool
take_byte(struct vs_bytes *rest, uint8_t byte)
{
	skip_space(rest);
	if (rest->size == 0 || rest->data[0] != byte)
		return false;
	rest->data++;
	rest->size--;
	return true;
}

/* A string without escapes; one with them is none. */
static bool
take_string(struct vs_bytes *rest, struct vs_bytes *string_out)
{
	const uint8_t *end;

	if (!take_byte(rest, '"'))
		return false;
	end = memchr(rest->data, '"', rest->size);
	if (end == NULL || memchr(rest->data, '\\', (size_t)(end - rest->data)) != NULL)
		return false;
	*string_out = vs_bytes_from(rest->data, (size_t)(end - rest->data));
	rest->size -= string_out->size + 1;
	rest->data = end + 1;
	return true;
}

void
vs_core_frame_head(struct vs_bytes text, struct vs_core_frame_head *head_out)
{
	struct vs_core_frame_head head = {.type = VS_CORE_FRAME_PLAIN};
	struct vs_bytes rest = text;
	uint8_t digit;

	*head_out = head;
	if (!take_byte(&rest, '['))
		return;
	skip_space(&rest);
	digit = rest.size > 0 ? rest.data[0] : 0;
	if (digit < '2' || digit > '6' || !take_byte(&rest, digit) || !take_byte(&rest, ','))
		return;
	if (!take_string(&rest, &head.id))
		return;
	head.type = (enum vs_core_frame_type)(digit - '0');
	if (head.type == VS_CORE_FRAME_CALL || head.type == VS_CORE_FRAME_NOTICE)
		if (!take_byte(&rest, ',') || !take_string(&rest, &head.action))
			head.action = (struct vs_bytes){NULL, 0};
	*head_out = head;
}
