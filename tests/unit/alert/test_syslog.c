/* SPDX-License-Identifier: Apache-2.0 */
#include "alert/syslog.h"

#include <stdio.h>

#include "test.h"

static bool
event_is(const struct vs_core_event *event, const char *host, const char *expected)
{
	struct vs_buf out;
	bool is_equal;

	vs_buf_init(&out, VS_ALERT_SYSLOG_SIZE);
	CHECK_OK(vs_alert_syslog_event(event, host, 7, &out));
	is_equal = vs_bytes_equal_text(vs_buf_view(&out), expected);
	if (!is_equal)
		(void)fprintf(stderr, "%.*s\n", VS_BYTES_PRINTF(vs_buf_view(&out)));
	vs_buf_done(&out);
	return is_equal;
}

/* RFC 5424 6: what a peer has a hand in is escaped, and never ends the line. */
static void
an_event(void)
{
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_REFUSED, 0);
	event.severity = VS_CORE_WARNING;
	(void)snprintf(event.type, sizeof(event.type), "bad-password");
	(void)snprintf(event.tenant, sizeof(event.tenant), "default");
	(void)snprintf(event.station, sizeof(event.station), "a\"]\\\nb");
	(void)snprintf(event.detail, sizeof(event.detail), "x\ny");
	CHECK(event_is(&event, "host.example",
	               "<36>1 1970-01-01T00:00:00.000Z host.example voltseald 7 bad-password "
	               "[voltseal@32473 kind=\"refused\" type=\"bad-password\" tenant=\"default\" "
	               "station=\"a\\\"\\]\\\\?b\"] \xef\xbb\xbf"
	               "a\"]\\?b refused.bad-password: x?y"));
}

static void
an_entry(void)
{
	struct vs_buf out;

	vs_buf_init(&out, VS_ALERT_SYSLOG_SIZE);
	CHECK_OK(vs_alert_syslog_audit(VS_BYTES_LITERAL("{\"v\":1}"), 0, "a b", 7, &out));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out),
	                          "<109>1 1970-01-01T00:00:00.000Z ab voltseald 7 audit - "
	                          "\xef\xbb\xbf{\"v\":1}"));
	vs_buf_done(&out);
}

static void
empty_fields(void)
{
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_CONNECTED, 0);
	CHECK(event_is(&event, "",
	               "<38>1 1970-01-01T00:00:00.000Z - voltseald 7 - "
	               "[voltseal@32473 kind=\"connected\"] \xef\xbb\xbf- connected."));
}

int
main(void)
{
	CASE(an_event);
	CASE(an_entry);
	CASE(empty_fields);
	return 0;
}
