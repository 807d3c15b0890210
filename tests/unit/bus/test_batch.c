/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/batch.h"

#include "core/record.h"
#include "test.h"

static struct vs_core_frame_row rows[4], seen[4];
static size_t count;

static void
see(const struct vs_core_frame_row *row, void *arg)
{
	CHECK(arg == seen && count < 4);
	seen[count++] = *row;
}

static struct vs_core_frame_row
sample(uint64_t number, const char *text)
{
	struct vs_core_frame_row row = {.number = number,
	                                .at_ms = 1700000000000,
	                                .latency_us = VS_CORE_ABSENT,
	                                .size = 70000,
	                                .type = VS_CORE_FRAME_CALL,
	                                .channel = VS_CORE_FRAME_SENSOR,
	                                .is_received = true,
	                                .is_signed = true,
	                                .is_cut = true};

	(void)snprintf(row.id, sizeof(row.id), "17");
	(void)snprintf(row.action, sizeof(row.action), "Heartbeat");
	(void)snprintf(row.verdict, sizeof(row.verdict), "wrong");
	row.text_size = (uint32_t)strlen(text);
	memcpy(row.text, text, row.text_size);
	return row;
}

static void
there_and_back(void)
{
	const struct vs_bus_batch batch = {
	    .node = "north-1", .count = 3, .is_first = true, .has_missed = true};
	struct vs_bus_batch back;
	struct vs_buf buf;
	size_t done = 0;

	vs_buf_init(&buf, 65536);
	rows[0] = sample(9, "[2,\"17\",\"Heartbeat\",{\"a\":\"\xc3\xbc\\n\"}]");
	rows[1] = sample(11, "\xff\xfe"); /* left out */
	rows[2] = sample(12, "");
	rows[2].latency_us = 1234;
	rows[2].type = VS_CORE_FRAME_PLAIN;
	CHECK_OK(vs_bus_batch_write(&batch, rows, 3, &buf, &done));
	CHECK(done == 3);
	count = 0;
	CHECK_OK(vs_bus_batch_read(vs_buf_view(&buf), &back, see, seen));
	CHECK(strcmp(back.node, "north-1") == 0 && back.count == 3 && back.is_first);
	CHECK(!back.has_more && back.has_missed && count == 2);
	CHECK(seen[0].number == 9 && seen[0].at_ms == 1700000000000);
	CHECK(seen[0].latency_us == VS_CORE_ABSENT && seen[0].size == 70000);
	CHECK(seen[0].type == VS_CORE_FRAME_CALL && seen[0].channel == VS_CORE_FRAME_SENSOR);
	CHECK(seen[0].is_received && !seen[0].is_sealed && seen[0].is_signed && seen[0].is_cut);
	CHECK(seen[0].is_far && strcmp(seen[0].id, "17") == 0);
	CHECK(strcmp(seen[0].action, "Heartbeat") == 0 && strcmp(seen[0].verdict, "wrong") == 0);
	CHECK(seen[0].text_size == rows[0].text_size);
	CHECK(memcmp(seen[0].text, rows[0].text, rows[0].text_size) == 0);
	CHECK(seen[1].number == 12 && seen[1].latency_us == 1234 && seen[1].text_size == 0);
	CHECK(seen[1].type == VS_CORE_FRAME_PLAIN);
	vs_buf_done(&buf);
}

/* What does not fit is said: the longest one fits alone. */
static void
as_many_as_fit(void)
{
	const struct vs_bus_batch batch = {.node = "a", .count = 1};
	struct vs_bus_batch back;
	struct vs_buf buf;
	size_t done = 0;

	vs_buf_init(&buf, 64 * 1024);
	for (size_t i = 0; i < 4; i++) {
		rows[i] = sample(i + 1, "");
		memset(rows[i].text, 1, sizeof(rows[i].text)); /* each becomes \u0001 */
		rows[i].text_size = sizeof(rows[i].text);
	}
	CHECK_OK(vs_bus_batch_write(&batch, rows, 4, &buf, &done));
	CHECK(done >= 1 && done < 4);
	count = 0;
	CHECK_OK(vs_bus_batch_read(vs_buf_view(&buf), &back, see, seen));
	CHECK(count == done && seen[0].text_size == VS_CORE_FRAME_TEXT_SIZE);
	vs_buf_reset(&buf);
	CHECK_OK(vs_bus_batch_write(&batch, rows, 0, &buf, &done));
	CHECK(done == 0);
	CHECK_OK(vs_bus_batch_read(vs_buf_view(&buf), &back, NULL, NULL));
	vs_buf_done(&buf);
}

#define HEAD                                                                                       \
	"{\"node\":\"a\",\"count\":1,\"first\":false,\"more\":false,\"missed\":false,"             \
	"\"messages\":"
#define ROW(number, type, channel, text)                                                           \
	"{\"number\":" number ",\"at\":1,\"size\":1,\"type\":" type ",\"channel\":" channel        \
	",\"received\":true,\"sealed\":false,\"signed\":false,\"cut\":false,\"id\":\"\","          \
	"\"action\":\"\",\"verdict\":\"\",\"text\":" text "}"

static void
what_is_refused(void)
{
	static const struct {
		const char *text;
		enum vs_err err;
	} wrong[] = {
	    {"", VS_E_TRUNCATED},
	    {"{}", VS_E_MISSING},
	    {"{\"node\":\"a.b\",\"count\":1}", VS_E_BAD_VALUE},
	    {"{\"node\":\"a\",\"count\":-1}", VS_E_OUT_OF_RANGE},
	    {"{\"node\":\"a\",\"count\":1,\"first\":1}", VS_E_WRONG_TYPE},
	    {HEAD "{}}", VS_E_WRONG_TYPE},
	    {HEAD "[1]}", VS_E_MISSING},
	    {HEAD "[" ROW("1", "2", "0", "\"\"") "," ROW("-1", "2", "0", "\"\"") "]}",
	     VS_E_OUT_OF_RANGE},
	    {HEAD "[" ROW("1", "7", "0", "\"\"") "]}", VS_E_OUT_OF_RANGE},
	    {HEAD "[" ROW("1", "2", "4", "\"\"") "]}", VS_E_OUT_OF_RANGE},
	    {HEAD "[" ROW("1", "2", "0", "7") "]}", VS_E_WRONG_TYPE},
	};
	static char text[VS_CORE_FRAME_TEXT_SIZE + 1024];
	struct vs_bus_batch batch = {.count = 77};
	size_t at;

	count = 0;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(
		    vs_bus_batch_read(vs_bytes_from_text(wrong[i].text), &batch, see, seen).code ==
		    wrong[i].err);
	at = (size_t)snprintf(text, sizeof(text), HEAD "[" ROW("1", "2", "0", "\""));
	at -= 1; /* its brace */
	memset(text + at, 'x', VS_CORE_FRAME_TEXT_SIZE + 1);
	at += VS_CORE_FRAME_TEXT_SIZE + 1;
	(void)snprintf(text + at, sizeof(text) - at, "\"}]}");
	CHECK_ERR(vs_bus_batch_read(vs_bytes_from_text(text), &batch, see, seen), TOO_LONG);
	CHECK(batch.count == 77 && count == 0); /* nothing of it was shown */
}

static void
interest(void)
{
	struct vs_bus_interest one = {.node = "a", .is_first = true}, back;
	struct vs_buf buf;

	vs_buf_init(&buf, 256);
	CHECK_OK(vs_bus_interest_write(&one, &buf));
	CHECK(vs_bytes_equal_text(vs_buf_view(&buf), "{\"node\":\"a\",\"first\":true}"));
	CHECK_OK(vs_bus_interest_read(vs_buf_view(&buf), &back));
	CHECK(back.is_first && strcmp(back.node, "a") == 0);
	vs_buf_done(&buf);
	CHECK_ERR(vs_bus_interest_read(vs_bytes_from_text("{\"node\":\"a\"}"), &back), MISSING);
	CHECK_ERR(vs_bus_interest_read(vs_bytes_from_text("{\"first\":true}"), &back), MISSING);
}

int
main(void)
{
	CASE(there_and_back);
	CASE(as_many_as_fit);
	CASE(what_is_refused);
	CASE(interest);
	return 0;
}
