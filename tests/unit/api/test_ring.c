/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

static struct vs_api_ring ring;

static void
push(int count)
{
	for (int i = 0; i < count; i++) {
		struct vs_core_event event;

		vs_core_event_init(&event, VS_EVENT_STATUS, 1000);
		(void)snprintf(event.tenant, sizeof(event.tenant), "default");
		(void)snprintf(event.station, sizeof(event.station), "CS-%" PRIu64, ring.next);
		vs_api_ring_push(&ring, &event);
	}
}

static bool
resume(const char *id, uint64_t *next)
{
	return vs_api_ring_resume(&ring, vs_bytes_from_text(id), next);
}

static void
a_client_goes_on_where_it_was(void)
{
	uint64_t next = 0;

	CHECK_OK(vs_api_ring_init(&ring, 0xabc));
	CHECK(resume("abc-0", &next) && next == 1);
	push(3);
	CHECK(resume("abc-1", &next) && next == 2);
	CHECK(resume("abc-3", &next) && next == 4);
	/* Another run, the future, nonsense: start again at the newest. */
	CHECK(!resume("abd-1", &next) && next == 4);
	CHECK(!resume("abc-4", &next) && !resume("abc-18446744073709551615", &next));
	CHECK(!resume("", &next) && !resume("abc", &next) && !resume("abc-", &next) &&
	      !resume("abc-1x", &next));
	CHECK(!resume("-1", &next) && !resume("ABC-1", &next) && !resume("abc--1", &next));
	CHECK(!resume("fffffffffffffffff-1", &next) && !resume("abc-99999999999999999999", &next));
	vs_api_ring_done(&ring);
}

static void
the_oldest_are_forgotten(void)
{
	uint64_t next = 0;
	char id[64];

	CHECK_OK(vs_api_ring_init(&ring, 1));
	push(VS_LIMIT_EVENT_RING + 10);
	CHECK(!vs_api_ring_has(&ring, 10) && vs_api_ring_has(&ring, 11) &&
	      vs_api_ring_has(&ring, ring.next));
	CHECK(!resume("1-9", &next) && next == ring.next);
	CHECK(resume("1-10", &next) && next == 11);
	(void)snprintf(id, sizeof(id), "1-%" PRIu64, ring.next - 1);
	CHECK(resume(id, &next));
	/* A gap before it came here: nobody who is behind it is told otherwise. */
	vs_api_ring_miss(&ring, 0);
	CHECK(resume(id, &next));
	vs_api_ring_miss(&ring, 7);
	CHECK(!resume(id, &next) && vs_api_ring_has(&ring, next));
	vs_api_ring_done(&ring);
}

static void
recent(void)
{
	struct vs_core_event event;
	struct vs_buf out;

	CHECK_OK(vs_api_ring_init(&ring, 1));
	vs_buf_init(&out, 65536);
	CHECK_OK(vs_api_ring_write_recent(&ring, "default", 5, &out));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "[]"));
	for (unsigned i = 0; i < VS_LIMIT_EVENT_RING + 3; i++) {
		bool is_measured = i % 2 == 1;

		vs_core_event_init(&event, is_measured ? VS_EVENT_TRANSACTION : VS_EVENT_STATUS, 0);
		(void)snprintf(event.type, sizeof(event.type), "%s",
		               is_measured ? "Updated" : "Occupied");
		(void)snprintf(event.tenant, sizeof(event.tenant), "%s",
		               i % 4 == 0 ? "other" : "default");
		(void)snprintf(event.station, sizeof(event.station), "CS-%u", i);
		vs_api_ring_push(&ring, &event);
	}
	vs_buf_reset(&out);
	CHECK_OK(vs_api_ring_write_recent(&ring, "default", 2, &out));
	CHECK_OK(vs_buf_append_byte(&out, 0));
	/* Newest first, neither measurements nor another tenant's. */
	CHECK(strncmp((char *)out.data, "[{\"kind\":\"status\",", 18) == 0);
	CHECK(strstr((char *)out.data, "\"station\":\"CS-4098\"") != NULL &&
	      strstr((char *)out.data, "\"station\":\"CS-4094\"") >
	          strstr((char *)out.data, "\"station\":\"CS-4098\""));
	CHECK(strstr((char *)out.data, "CS-4090") == NULL &&
	      strstr((char *)out.data, "Updated") == NULL);
	CHECK(strcmp((char *)out.data + out.size - 3, "}]") == 0);
	/* More than there are, in less room than they need: whole objects, as many as fit. */
	vs_buf_reset(&out);
	CHECK_OK(vs_api_ring_write_recent(&ring, "default", 100000, &out));
	CHECK(out.data[out.size - 1] == ']' && out.data[out.size - 2] == '}');
	vs_buf_done(&out);
	vs_api_ring_done(&ring);
}

static void
frames(void)
{
	struct vs_core_event event;
	struct vs_buf out;
	uint64_t next = 0;

	CHECK_OK(vs_api_ring_init(&ring, 0xabc));
	vs_buf_init(&out, 16384);
	vs_core_event_init(&event, VS_EVENT_TRANSACTION, 0);
	(void)snprintf(event.tenant, sizeof(event.tenant), "default");
	(void)snprintf(event.station, sizeof(event.station), "CS-1");
	(void)snprintf(event.detail, sizeof(event.detail), "a \"quote\"\nid: 9\n\n<script>");
	event.power_w = 7400;
	vs_api_ring_push(&ring, &event);
	(void)snprintf(event.tenant, sizeof(event.tenant), "other");
	vs_api_ring_push(&ring, &event);
	CHECK_OK(vs_api_ring_write(&ring, "default", 1, 3, &out, &next));
	CHECK(next == 3);
	CHECK_OK(vs_buf_append_byte(&out, 0));
	CHECK(strncmp((char *)out.data,
	              "id: abc-1\nevent: transaction\ndata: {\"kind\":\"transaction\",", 56) == 0);
	CHECK(strstr((char *)out.data, "\"power_w\":7400") != NULL);
	CHECK(strstr((char *)out.data, "\"soc_percent\":null") != NULL);
	/* A line end in a text cannot end the frame, and the other tenant's event is not there. */
	CHECK(strstr((char *)out.data, "\\n") != NULL &&
	      strstr((char *)out.data, "\nid: 9") == NULL);
	CHECK(strstr((char *)out.data, "abc-2") == NULL);
	CHECK(strcmp((char *)out.data + out.size - 4, "}\n\n") == 0);
	vs_buf_reset(&out);
	CHECK_OK(vs_api_ring_write_control(&ring, "resync", 3, &out));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out),
	                          "id: abc-2\nevent: resync\ndata: {\"kind\":\"resync\"}\n\n"));
	vs_buf_done(&out);
	vs_api_ring_done(&ring);
}

/* What does not fit is written next time; what is not UTF-8 costs one frame. */
static void
small_buffers_and_bad_texts(void)
{
	struct vs_core_event event;
	struct vs_buf out;
	uint64_t next = 0, total = 0;

	CHECK_OK(vs_api_ring_init(&ring, 1));
	push(100);
	for (uint64_t at = 1; at < 101; at = next) {
		vs_buf_init(&out, 5000);
		CHECK_OK(vs_api_ring_write(&ring, "default", at, 101, &out, &next));
		CHECK(next > at && out.size > 0);
		total += next - at;
		vs_buf_done(&out);
	}
	CHECK(total == 100);
	vs_core_event_init(&event, VS_EVENT_NOTICE, 0);
	(void)snprintf(event.tenant, sizeof(event.tenant), "default");
	event.detail[0] = (char)0xff;
	vs_api_ring_push(&ring, &event);
	push(1);
	vs_buf_init(&out, 20000);
	CHECK_OK(vs_api_ring_write(&ring, "default", 101, 103, &out, &next));
	CHECK(next == 103 && memcmp(out.data, "id: 1-102", 9) == 0);
	vs_buf_done(&out);
	vs_api_ring_done(&ring);
}

int
main(void)
{
	CASE(a_client_goes_on_where_it_was);
	CASE(the_oldest_are_forgotten);
	CASE(recent);
	CASE(frames);
	CASE(small_buffers_and_bad_texts);
	return 0;
}
