/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/audit_line.h"

#include <stdio.h>

#include "audit/entry.h"
#include "test.h"

static vs_result
blind(void *self, const char *tenant, const char *column, struct vs_bytes value,
      uint8_t index_out[static 16])
{
	CHECK(strcmp(tenant, "default") == 0 && strcmp(column, "audit") == 0);
	CHECK(vs_bytes_equal_text(value, "04A2"));
	memset(index_out, 0xff, 16);
	return *(bool *)self ? VS_OK : VS_FAIL(FORBIDDEN);
}

static void
lines(void)
{
	bool has_key = true;
	struct vs_port_seal seal = {.self = &has_key, .blind = blind};
	struct vs_core_audit_entry entry;
	struct vs_json_tape tape;
	struct vs_buf line, numbered;
	uint64_t n;

	vs_buf_init(&line, 65536);
	vs_buf_init(&numbered, 65536);
	vs_json_tape_init(&tape);
	vs_core_audit_init(&entry, VS_AUDIT_TOKEN_PUT, "default");
	vs_core_audit_add_text(&entry, "token", VS_BYTES_LITERAL("04A2"), true);
	vs_core_audit_add_number(&entry, "count", 3);
	CHECK_OK(vs_daemon_audit_line(&entry, 1795181905123456789, 1, "n1", &seal, &line));
	CHECK_OK(vs_audit_entry_number(vs_buf_view(&line), 0, &numbered));
	CHECK_OK(vs_audit_entry_parse(vs_buf_view(&numbered), &tape, &n));
	CHECK_OK(vs_buf_append_byte(&line, 0));
	CHECK(strstr((const char *)line.data, "\"token\":\"h://///////////////////w==\"") != NULL);
	CHECK(strstr((const char *)line.data, "04A2") == NULL);
	CHECK(strstr((const char *)line.data, "\"count\":3") != NULL);
	CHECK(strstr((const char *)line.data, "\"ev\":\"token.put\"") != NULL);
	CHECK(strstr((const char *)line.data, "\"ts\":\"2026-11-20T13:38:25.123456789Z\"") != NULL);
	/* A tenant whose key was destroyed: never the name itself. */
	has_key = false;
	vs_buf_reset(&line);
	CHECK_OK(vs_daemon_audit_line(&entry, 0, 1, "n1", &seal, &line));
	CHECK_OK(vs_buf_append_byte(&line, 0));
	CHECK(strstr((const char *)line.data, "\"token\":\"h:\"") != NULL);
	vs_json_tape_done(&tape);
	vs_buf_done(&line);
	vs_buf_done(&numbered);
}

static void
print(const struct vs_core_audit_entry *entry, struct vs_buf *line)
{
	const struct vs_port_seal nobody = {.self = NULL};

	vs_buf_reset(line);
	CHECK_OK(vs_daemon_audit_line(entry, 1795181905123456789, 1, "n1", &nobody, line));
	CHECK_OK(vs_buf_append_byte(line, 0));
}

/* Date, source, actor, action, object, result: none is empty, whoever writes. */
static void
no_column_is_empty(void)
{
	struct vs_core_audit_entry entry;
	struct vs_buf line;
	const char *text;

	vs_buf_init(&line, 65536);
	for (int event = 0; event < VS_AUDIT_EVENTS; event++) {
		vs_core_audit_init(&entry, (enum vs_core_audit_event)event, "");
		print(&entry, &line);
		text = (const char *)line.data;
		CHECK(strstr(text, "\"\",\"k\"") == NULL &&
		      strstr(text, "\"id\":\"voltseald\"") != NULL);
		CHECK(strstr(text, "\"src\":\"local\"") != NULL);
		CHECK(strstr(text, "\"obj\":{\"node\":\"n1\"}") != NULL);
		CHECK(strstr(text, "\"ev\":\"\"") == NULL && strstr(text, "\"res\":\"\"") == NULL);
		CHECK(strstr(text, "\"ts\":\"2026-") != NULL);
	}
	/* A stranger that gave no name. */
	vs_core_audit_init(&entry, VS_AUDIT_STATION_REFUSED, "default");
	entry.actor_kind = "cp";
	vs_core_audit_source(&entry, "192.0.2.1:443");
	vs_core_audit_add_text(&entry, "station", VS_BYTES_LITERAL(""), false);
	print(&entry, &line);
	text = (const char *)line.data;
	CHECK(strstr(text, "\"actor\":{\"id\":\"unknown\",\"k\":\"cp\"}") != NULL);
	CHECK(strstr(text, "\"src\":\"192.0.2.1\"") != NULL);
	CHECK(strstr(text, "\"obj\":{\"node\":\"n1\",\"station\":\"\"}") != NULL);
	/* What is known stays. */
	(void)snprintf(entry.actor_id, sizeof(entry.actor_id), "CS-1");
	vs_core_audit_add_text(&entry, "station", VS_BYTES_LITERAL("CS-1"), false);
	print(&entry, &line);
	text = (const char *)line.data;
	CHECK(strstr(text, "\"id\":\"CS-1\"") != NULL);
	CHECK(strstr(text, "\"obj\":{\"station\":\"CS-1\"}") != NULL);
	vs_buf_done(&line);
}

int
main(void)
{
	CASE(lines);
	CASE(no_column_is_empty);
	return 0;
}
