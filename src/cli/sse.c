/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sse.h"

#include <assert.h>
#include <string.h>

void
vs_cli_sse_init(struct vs_cli_sse *sse,
                bool (*dispatch)(const char *event, struct vs_bytes data, void *arg), void *arg)
{
	assert(sse != NULL && dispatch != NULL);
	memset(sse, 0, sizeof(*sse));
	vs_buf_init(&sse->line, VS_CLI_SSE_SIZE);
	vs_buf_init(&sse->data, VS_CLI_SSE_SIZE);
	sse->dispatch = dispatch;
	sse->arg = arg;
}

void
vs_cli_sse_done(struct vs_cli_sse *sse)
{
	vs_buf_done(&sse->line);
	vs_buf_done(&sse->data);
}

static bool
end_event(struct vs_cli_sse *sse)
{
	bool goes_on = true;

	/* An event without data is none (9.2.6). Each line of data has left a line feed; the last
	 * one is not part. */
	if (sse->data.size > 0 && !sse->is_too_long)
		goes_on = sse->dispatch(
		    sse->event, vs_bytes_from(sse->data.data, sse->data.size - 1), sse->arg);
	vs_buf_reset(&sse->data);
	sse->event[0] = '\0';
	sse->is_too_long = false;
	return goes_on;
}

static bool
end_line(struct vs_cli_sse *sse)
{
	struct vs_bytes line = vs_buf_view(&sse->line), value = {NULL, 0};
	const uint8_t *colon;
	size_t name;

	if (line.size == 0)
		return end_event(sse);
	colon = memchr(line.data, ':', line.size);
	name = colon != NULL ? (size_t)(colon - line.data) : line.size;
	if (colon != NULL) {
		value = vs_bytes_from(colon + 1, line.size - name - 1);
		if (value.size > 0 && value.data[0] == ' ')
			value = vs_bytes_from(value.data + 1, value.size - 1);
	}
	if (vs_bytes_equal_text(vs_bytes_from(line.data, name), "data")) {
		if (vs_buf_append_bytes(&sse->data, value).code != VS_E_OK ||
		    vs_buf_append_byte(&sse->data, '\n').code != VS_E_OK)
			sse->is_too_long = true;
	} else if (vs_bytes_equal_text(vs_bytes_from(line.data, name), "event")) {
		(void)vs_bytes_copy_text(value, sse->event, sizeof(sse->event));
	}
	vs_buf_reset(&sse->line);
	return true;
}

bool
vs_cli_sse_feed(struct vs_cli_sse *sse, struct vs_bytes bytes)
{
	for (size_t i = 0; i < bytes.size; i++) {
		uint8_t c = bytes.data[i];
		bool is_second = sse->after_cr && c == '\n'; /* of CR LF, one end of line */

		sse->after_cr = c == '\r';
		if (is_second)
			continue;
		if (c != '\n' && c != '\r') {
			if (vs_buf_append_byte(&sse->line, c).code != VS_E_OK)
				sse->is_too_long = true;
		} else if (!end_line(sse)) {
			return false;
		}
	}
	return true;
}
