/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/syslog.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "wire/utf8.h"

#define FACILITY_SECURITY 4
#define FACILITY_AUDIT    13
#define NOTICE            5
#define BOM               "\xef\xbb\xbf" /* RFC 5424 6.4: what follows is UTF-8 */
/* The name of our structured data. 32473 is the number for examples (RFC 5612): we have none of
 * our own. */
#define SD_ID "voltseal@32473"

/* RFC 5424 6.1: printable US-ASCII without a space, "-" for nothing. */
static void
header_field(const char *text, size_t most, char *room)
{
	size_t used = 0;

	for (; *text != '\0' && used < most; text++)
		if (*text > ' ' && *text < 0x7f)
			room[used++] = *text;
	if (used == 0)
		room[used++] = '-';
	room[used] = '\0';
}

static vs_result
head_write(struct vs_buf *out, int facility, int severity, int64_t at_ms, const char *host,
           int64_t pid, const char *message_id)
{
	char time[VS_TIME_TEXT_SIZE], name[256], id[33];

	vs_time_format(at_ms, time);
	header_field(host, 255, name);
	header_field(message_id, 32, id);
	return vs_buf_printf(out, "<%d>1 %s %s voltseald %" PRId64 " %s ", facility * 8 + severity,
	                     time, name, pid, id);
}

/* RFC 5424 6.3.3: ", \ and ] are escaped; a control character would end the line somewhere. */
static vs_result
parameter_write(struct vs_buf *out, const char *name, const char *text)
{
	if (text[0] == '\0' || !vs_utf8_is_valid(vs_bytes_from_text(text)))
		return VS_OK;
	VS_TRY(vs_buf_printf(out, " %s=\"", name));
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\' || byte == ']')
			VS_TRY(vs_buf_append_byte(out, '\\'));
		VS_TRY(vs_buf_append_byte(out, byte < ' ' || byte == 0x7f ? '?' : byte));
	}
	return vs_buf_append_byte(out, '"');
}

/* Nothing in it ends a line; what is no text is left out. */
static vs_result
clean_write(struct vs_buf *out, const char *text)
{
	if (!vs_utf8_is_valid(vs_bytes_from_text(text)))
		return VS_OK;
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		VS_TRY(vs_buf_append_byte(out, byte < ' ' || byte == 0x7f ? '?' : byte));
	}
	return VS_OK;
}

/* The words for a person. */
static vs_result
message_write(struct vs_buf *out, const struct vs_core_event *event)
{
	VS_TRY(vs_buf_append_text(out, " " BOM));
	VS_TRY(clean_write(out, event->station[0] != '\0' ? event->station : "-"));
	VS_TRY(vs_buf_printf(out, " %s.", vs_core_event_kind_text(event->kind)));
	VS_TRY(clean_write(out, event->type));
	if (event->detail[0] == '\0')
		return VS_OK;
	VS_TRY(vs_buf_append_text(out, ": "));
	return clean_write(out, event->detail);
}

vs_result
vs_alert_syslog_event(const struct vs_core_event *event, const char *host, int64_t pid,
                      struct vs_buf *out)
{
	static const int severities[] = {[VS_CORE_INFO] = 6,
	                                 [VS_CORE_NOTICE] = NOTICE,
	                                 [VS_CORE_WARNING] = 4,
	                                 [VS_CORE_CRITICAL] = 2};

	VS_TRY(head_write(out, FACILITY_SECURITY, severities[event->severity], event->at_ms, host,
	                  pid, event->type));
	VS_TRY(vs_buf_append_text(out, "[" SD_ID));
	VS_TRY(parameter_write(out, "kind", vs_core_event_kind_text(event->kind)));
	VS_TRY(parameter_write(out, "type", event->type));
	VS_TRY(parameter_write(out, "tenant", event->tenant));
	VS_TRY(parameter_write(out, "station", event->station));
	VS_TRY(parameter_write(out, "ref", event->id));
	VS_TRY(vs_buf_append_byte(out, ']'));
	return message_write(out, event);
}

vs_result
vs_alert_syslog_audit(struct vs_bytes line, int64_t now_ms, const char *host, int64_t pid,
                      struct vs_buf *out)
{
	VS_TRY(head_write(out, FACILITY_AUDIT, NOTICE, now_ms, host, pid, "audit"));
	VS_TRY(vs_buf_append_text(out, "- " BOM));
	return vs_buf_append_bytes(out, line);
}
