/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/entry.h"

#include "test.h"

static struct vs_buf text;

static struct vs_bytes
view(void)
{
	return vs_buf_view(&text);
}

static void
an_entry_is_read_back(void)
{
	struct vs_bus_entry entry = {.node = "node-1",
	                             .lease = 12,
	                             .since_ms = 1790000000000,
	                             .ip = "192.0.2.1",
	                             .protocol = "ocpp2.0.1",
	                             .fingerprint = "",
	                             .before = {{"b", 10}, {"c", 11}},
	                             .before_count = 2};
	struct vs_bus_entry back;

	vs_buf_reset(&text);
	CHECK_OK(vs_bus_entry_write(&entry, &text));
	CHECK(vs_bytes_equal_text(view(),
	                          "{\"node\":\"node-1\",\"lease\":12,\"since\":1790000000000,"
	                          "\"ip\":\"192.0.2.1\",\"protocol\":\"ocpp2.0.1\","
	                          "\"fingerprint\":\"\",\"before\":[[\"b\",10],[\"c\",11]]}"));
	CHECK_OK(vs_bus_entry_read(view(), &back));
	CHECK(strcmp(back.node, "node-1") == 0 && back.lease == 12 && back.before_count == 2 &&
	      strcmp(back.before[1].node, "c") == 0 && back.before[1].lease == 11 &&
	      strcmp(back.ip, entry.ip) == 0 && back.since_ms == entry.since_ms);
}

static void
a_wrong_entry_is_refused(void)
{
	static const char *const wrong[] = {
	    "",
	    "[]",
	    "{\"node\":\"a.b\",\"lease\":1,\"since\":1,\"ip\":\"\",\"protocol\":\"\","
	    "\"fingerprint\":\"\",\"before\":[]}",
	    "{\"node\":\"a\",\"lease\":-1,\"since\":1,\"ip\":\"\",\"protocol\":\"\","
	    "\"fingerprint\":\"\",\"before\":[]}",
	    "{\"node\":\"a\",\"lease\":1,\"since\":1,\"ip\":\"\",\"protocol\":\"\","
	    "\"fingerprint\":\"\"}",
	    "{\"node\":\"a\",\"lease\":1,\"since\":1,\"ip\":\"\",\"protocol\":\"\","
	    "\"fingerprint\":\"\",\"before\":{}}",
	    "{\"node\":\"a\",\"lease\":1,\"since\":1,\"ip\":\"\",\"protocol\":\"\","
	    "\"fingerprint\":\"\",\"before\":[[\"b\"]]}",
	    "{\"node\":\"a\",\"lease\":1,\"since\":1,\"ip\":\"\",\"protocol\":\"\","
	    "\"fingerprint\":\"\",\"before\":[[\"b\",1],[\"b\",1],[\"b\",1],[\"b\",1],[\"b\",1],"
	    "[\"b\",1],[\"b\",1],[\"b\",1],[\"b\",1]]}",
	};
	struct vs_bus_entry entry;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(vs_bus_entry_read(vs_bytes_from_text(wrong[i]), &entry).code != VS_E_OK);
}

static void
leases_and_questions_are_read_back(void)
{
	struct vs_bus_lease lease = {.incarnation = 7, .process = "abc"}, lease_back;
	struct vs_bus_ask ask = {.tenant = "acme", .station = "CS.1", .epoch = 9}, ask_back;
	uint64_t incarnation = 0;

	vs_buf_reset(&text);
	CHECK_OK(vs_bus_lease_write(&lease, &text));
	CHECK_OK(vs_bus_lease_read(view(), &lease_back));
	CHECK(lease_back.incarnation == 7 && strcmp(lease_back.process, "abc") == 0 &&
	      !lease_back.is_draining);
	lease.is_draining = true;
	vs_buf_reset(&text);
	CHECK_OK(vs_bus_lease_write(&lease, &text));
	CHECK_OK(vs_bus_lease_read(view(), &lease_back));
	CHECK(lease_back.is_draining);
	CHECK_ERR(vs_bus_lease_read(VS_BYTES_LITERAL("{\"incarnation\":1}"), &lease_back), MISSING);
	vs_buf_reset(&text);
	CHECK_OK(vs_bus_ask_write(&ask, &text));
	CHECK_OK(vs_bus_ask_read(view(), &ask_back));
	CHECK(strcmp(ask_back.station, "CS.1") == 0 && ask_back.epoch == 9);
	CHECK_ERR(
	    vs_bus_ask_read(VS_BYTES_LITERAL("{\"tenant\":\"a\",\"station\":\"b\"}"), &ask_back),
	    MISSING);
	vs_buf_reset(&text);
	CHECK_OK(vs_bus_released_write(5, &text));
	CHECK_OK(vs_bus_released_read(view(), &incarnation));
	CHECK(incarnation == 5);
	CHECK_ERR(vs_bus_released_read(VS_BYTES_LITERAL("{\"released\":\"5\"}"), &incarnation),
	          WRONG_TYPE);
}

int
main(void)
{
	vs_buf_init(&text, 8192);
	CASE(an_entry_is_read_back);
	CASE(a_wrong_entry_is_refused);
	CASE(leases_and_questions_are_read_back);
	vs_buf_done(&text);
	return 0;
}
