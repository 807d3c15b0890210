/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/entry.h"

#include "test.h"

#define HEAD                                                                                       \
	"{\"actor\":{\"id\":\"token-1\",\"k\":\"token\"},\"cnt\":1,\"corr\":\"c\",\"ev\":"         \
	"\"key.rotate\""
#define TAIL                                                                                       \
	",\"node\":\"n1\",\"obj\":{\"chan\":\"field\",\"epoch\":3,\"station\":\"CP\\\"01\"},"      \
	"\"res\":\"ok\",\"sev\":\"notice\",\"src\":\"192.0.2.7\",\"tenant\":\"default\",\"ts\":"   \
	"\"2026-11-20T13:38:25.123456789Z\",\"v\":1,\"why\":\"\"}"

static const struct vs_audit_entry entry = {
    .at_ns = 1795181905123456789,
    .node = "n1",
    .tenant = "default",
    .actor_kind = "token",
    .actor_id = "token-1",
    .source = "192.0.2.7",
    .event = "key.rotate",
    .severity = "notice",
    .result = "ok",
    .corr = "c",
    .count = 1,
    .fields = {{"station", "CP\"01", 0}, {"epoch", NULL, 3}, {"chan", "field", 0}},
    .field_count = 3,
};

static void
written_and_read(void)
{
	struct vs_buf line, numbered;
	struct vs_json_tape tape;
	uint64_t n = 0;

	vs_buf_init(&line, 65536);
	vs_buf_init(&numbered, 65536);
	vs_json_tape_init(&tape);
	CHECK_OK(vs_audit_entry_print(&entry, &line));
	CHECK(vs_bytes_equal_text(vs_buf_view(&line), HEAD TAIL));
	CHECK_OK(vs_audit_entry_number(vs_buf_view(&line), 18446744073709551, &numbered));
	CHECK(vs_bytes_equal_text(vs_buf_view(&numbered), HEAD ",\"n\":18446744073709551" TAIL));
	CHECK_OK(vs_audit_entry_parse(vs_buf_view(&numbered), &tape, &n));
	CHECK(n == 18446744073709551);
	CHECK(vs_json_is(&tape, vs_json_member(&tape, vs_json_root(&tape), "ev"), "key.rotate"));
	/* A line of the log is none for it, and the other way round. */
	CHECK_ERR(vs_audit_entry_number(vs_buf_view(&numbered), 1, &line), BAD_MESSAGE);
	CHECK_ERR(vs_audit_entry_parse(vs_buf_view(&line), &tape, &n), BAD_MESSAGE);
	vs_json_tape_done(&tape);
	vs_buf_done(&line);
	vs_buf_done(&numbered);
}

static void
refused(void)
{
	static const char *const bad[] = {
	    "",
	    "{}",
	    "[]",
	    HEAD ", \"n\":1" TAIL,
	    HEAD ",\"n\":1" TAIL "\n",
	    HEAD ",\"n\":1.0" TAIL,
	    HEAD ",\"n\":-1" TAIL,
	    HEAD ",\"n\":\"1\"" TAIL,
	    HEAD ",\"m\":1" TAIL,
	    HEAD ",\"n\":1,\"extra\":1" TAIL,
	    "{\"actor\":{\"k\":\"token\",\"id\":\"x\"},\"cnt\":1,\"corr\":\"c\",\"ev\":\"e\","
	    "\"n\":1" TAIL,
	    "{\"actor\":{\"id\":{},\"k\":\"x\"},\"cnt\":1,\"corr\":\"c\",\"ev\":\"e\","
	    "\"n\":1" TAIL,
	};
	struct vs_json_tape tape;
	uint64_t n;

	vs_json_tape_init(&tape);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(vs_audit_entry_parse(vs_bytes_from_text(bad[i]), &tape, &n).code != VS_E_OK);
	vs_json_tape_done(&tape);
}

static void
limits(void)
{
	static char big[VS_AUDIT_ENTRY_SIZE];
	struct vs_audit_entry other = entry;
	struct vs_buf line;

	vs_buf_init(&line, 65536);
	memset(big, 'a', sizeof(big) - 1);
	other.why = big;
	CHECK_ERR(vs_audit_entry_print(&other, &line), TOO_LONG);
	CHECK(line.size == 0);
	other.why = "\xff";
	CHECK_ERR(vs_audit_entry_print(&other, &line), BAD_UTF8);
	other.why = NULL;
	other.fields[2].name = "station";
	CHECK_ERR(vs_audit_entry_print(&other, &line), BAD_VALUE);
	CHECK(line.size == 0);
	vs_buf_done(&line);
}

int
main(void)
{
	CASE(written_and_read);
	CASE(refused);
	CASE(limits);
	return 0;
}
