/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/meta.h"

#include "test.h"

#define VKEY "voltseal.example/audit/2026-11+88b70d40+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

static void
there_and_back(void)
{
	struct vs_audit_meta meta = {.is_fork = true, .first_ms = 1795181905123}, again;
	struct vs_buf text;

	vs_buf_init(&text, 65536);
	CHECK_OK(vs_audit_vkey_parse(VS_BYTES_LITERAL(VKEY), &meta.vkey));
	(void)snprintf(meta.previous, sizeof(meta.previous), "2026-10.12");
	(void)snprintf(meta.previous_checkpoint, sizeof(meta.previous_checkpoint), "a\n\n\"b\"\n");
	CHECK_OK(vs_audit_meta_print(&meta, &text));
	CHECK_OK(vs_audit_meta_parse(vs_buf_view(&text), &again));
	CHECK(again.is_fork && again.first_ms == meta.first_ms);
	CHECK(strcmp(again.previous, meta.previous) == 0);
	CHECK(strcmp(again.previous_checkpoint, meta.previous_checkpoint) == 0);
	CHECK(strcmp(again.vkey.name, "voltseal.example/audit/2026-11") == 0);
	text.size -= 3;
	CHECK_ERR(vs_audit_meta_parse(vs_buf_view(&text), &again), CONFIG);
	CHECK_ERR(vs_audit_meta_parse(VS_BYTES_LITERAL("{\"format\":1}"), &again), CONFIG);
	vs_buf_done(&text);
}

static void
names(void)
{
	static const char *const good[] = {"1970-01", "2026-11", "2026-11.2", "9999-12.999"};
	static const char *const bad[] = {"",          "2026",      "2026-13",     "2026-00",
	                                  "2026-1",    "2026-11.1", "2026-11.02",  "2026-11.",
	                                  "2026-11.x", "26-11",     "2026-11.1000"};
	struct vs_audit_shard_name last = {0}, name;
	char text[VS_AUDIT_SHARD_SIZE];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CHECK_OK(vs_audit_shard_parse(good[i], &name));
		vs_audit_shard_text(&name, text);
		CHECK(strcmp(text, good[i]) == 0);
		CHECK(vs_audit_shard_compare(&last, &name) < 0);
		CHECK(vs_audit_shard_compare(&name, &last) > 0);
		CHECK(vs_audit_shard_compare(&name, &name) == 0);
		last = name;
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(vs_audit_shard_parse(bad[i], &name), BAD_VALUE);
	vs_audit_shard_of(INT64_C(1798761599999999999), &name); /* 2026-12-31T23:59:59.999Z */
	CHECK(name.year == 2026 && name.month == 12 && name.part == 1);
	vs_audit_shard_of(INT64_C(1798761600000000000), &name);
	CHECK(name.year == 2027 && name.month == 1);
}

int
main(void)
{
	CASE(there_and_back);
	CASE(names);
	return 0;
}
