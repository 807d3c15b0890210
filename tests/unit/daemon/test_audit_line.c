/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/audit_line.h"

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

int
main(void)
{
	CASE(lines);
	return 0;
}
