/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/queue.h"

#include "test.h"

static uint32_t next_id;

static vs_result
push(struct vs_sim_queue *queue, enum vs_sim_event event, const char *transaction_id,
     uint32_t sequence)
{
	struct vs_sim_entry entry = {.event = event, .sequence = sequence};
	char frame[32];

	(void)snprintf(entry.id, sizeof(entry.id), "m-%u", ++next_id);
	(void)snprintf(entry.transaction_id, sizeof(entry.transaction_id), "%s", transaction_id);
	(void)snprintf(frame, sizeof(frame), "frame %u", next_id);
	return vs_sim_queue_push(queue, &entry, vs_bytes_from_text(frame));
}

/* E04, E12: in the order in which it happened. */
static void
test_order(void)
{
	struct vs_sim_queue queue;
	struct vs_sim_entry entry;
	struct vs_bytes frame;

	vs_sim_queue_init(&queue, 8);
	next_id = 0;
	CHECK(vs_sim_queue_due(&queue) == UINT64_MAX);
	CHECK_OK(push(&queue, VS_SIM_EVENT_STARTED, "t", 0));
	CHECK_OK(push(&queue, VS_SIM_EVENT_UPDATED, "t", 1));
	CHECK_OK(push(&queue, VS_SIM_EVENT_ENDED, "t", 2));
	CHECK(vs_sim_queue_holds(&queue, "t") && !vs_sim_queue_holds(&queue, "u"));
	for (uint32_t i = 0; i < 3; i++) {
		CHECK(vs_sim_queue_peek(&queue, 1, &frame)->sequence == i);
		vs_sim_queue_sent(&queue);
		CHECK(vs_sim_queue_peek(&queue, 1, &frame) == NULL); /* one at a time */
		CHECK(vs_sim_queue_in_flight(&queue)->sequence == i);
		vs_sim_queue_answered(&queue, &entry);
		CHECK(entry.sequence == i);
	}
	CHECK(queue.count == 0 && queue.reserved == 0 && !vs_sim_queue_holds(&queue, "t"));
	vs_sim_queue_done(&queue);
}

/* E13: MessageAttempts, the interval times the preceding transmissions, the same id; then
 * discarded, counted. */
static void
test_retry(void)
{
	const struct vs_sim_retry_rule rule = {3, 60};
	struct vs_sim_queue queue;
	struct vs_sim_entry lost;
	struct vs_bytes frame;

	vs_sim_queue_init(&queue, 8);
	next_id = 10;
	CHECK_OK(push(&queue, VS_SIM_EVENT_STARTED, "t", 0));
	CHECK_OK(push(&queue, VS_SIM_EVENT_ENDED, "t", 1));
	vs_sim_queue_sent(&queue);
	CHECK(!vs_sim_queue_failed(&queue, &rule, 1000, &lost));
	CHECK(vs_sim_queue_due(&queue) == 1000 + 60000);
	CHECK(vs_sim_queue_peek(&queue, 60999, &frame) ==
	      NULL); /* the one behind it must not overtake */
	CHECK(strcmp(vs_sim_queue_peek(&queue, 61000, &frame)->id, "m-11") == 0);
	CHECK(vs_bytes_equal_text(frame, "frame 11"));
	vs_sim_queue_sent(&queue);
	vs_sim_queue_unsent(&queue); /* the connection went: no attempt */
	CHECK(vs_sim_queue_peek(&queue, 61000, &frame) != NULL);
	vs_sim_queue_sent(&queue);
	CHECK(!vs_sim_queue_failed(&queue, &rule, 100000, &lost));
	CHECK(vs_sim_queue_due(&queue) == 100000 + 2 * 60000);
	vs_sim_queue_sent(&queue);
	CHECK(vs_sim_queue_failed(&queue, &rule, 300000, &lost));
	CHECK(strcmp(lost.id, "m-11") == 0 && queue.discarded == 1);
	CHECK(vs_sim_queue_peek(&queue, 300000, &frame)->sequence == 1);
	vs_sim_queue_done(&queue);
}

/* Low memory: the 1st, 3rd, 5th Updated go, Started and Ended never. */
static void
test_low_memory(void)
{
	struct vs_sim_queue queue;
	struct vs_sim_entry entry;
	struct vs_bytes frame;
	uint32_t sequences[16];
	uint32_t count = 0;

	vs_sim_queue_init(&queue, 8);
	CHECK_OK(push(&queue, VS_SIM_EVENT_STARTED, "t", 0));
	for (uint32_t i = 1; i <= 6; i++)
		CHECK_OK(push(&queue, VS_SIM_EVENT_UPDATED, "t", i));
	CHECK(queue.count == 7 && queue.reserved == 1);
	CHECK_OK(push(&queue, VS_SIM_EVENT_UPDATED, "t", 7));
	CHECK(queue.dropped == 3);
	CHECK_OK(push(&queue, VS_SIM_EVENT_ENDED, "t", 8));
	while (vs_sim_queue_peek(&queue, 0, &frame) != NULL) {
		vs_sim_queue_sent(&queue);
		vs_sim_queue_answered(&queue, &entry);
		sequences[count++] = entry.sequence;
	}
	CHECK(count == 6);
	CHECK(memcmp(sequences, (uint32_t[]){0, 2, 4, 6, 7, 8}, sizeof(uint32_t) * 6) == 0);
	vs_sim_queue_done(&queue);
}

/* What is in flight is not dropped under the answer's feet, and the list stays whole. */
static void
test_low_memory_in_flight(void)
{
	struct vs_sim_queue queue;
	struct vs_sim_entry entry;

	vs_sim_queue_init(&queue, 3);
	CHECK_OK(push(&queue, VS_SIM_EVENT_UPDATED, "t", 1));
	vs_sim_queue_sent(&queue);
	CHECK_OK(push(&queue, VS_SIM_EVENT_UPDATED, "t", 2));
	CHECK_OK(push(&queue, VS_SIM_EVENT_UPDATED, "t", 3));
	CHECK_OK(push(&queue, VS_SIM_EVENT_UPDATED, "t", 4)); /* 2 goes */
	CHECK_OK(push(&queue, VS_SIM_EVENT_UPDATED, "t", 5)); /* 3 goes */
	vs_sim_queue_answered(&queue, &entry);
	CHECK(entry.sequence == 1 && queue.count == 2 && queue.dropped == 2);
	vs_sim_queue_sent(&queue);
	vs_sim_queue_answered(&queue, &entry);
	CHECK(entry.sequence == 4);
	vs_sim_queue_sent(&queue);
	vs_sim_queue_answered(&queue, &entry);
	CHECK(entry.sequence == 5 && queue.first == NULL && queue.last == NULL);
	CHECK_OK(push(&queue, VS_SIM_EVENT_SECURITY, "", 0));
	vs_sim_queue_done(&queue);
	CHECK(queue.count == 0);
}

/* A transaction begins only when its end will have room; then the end always has. */
static void
test_reserved_for_the_end(void)
{
	struct vs_sim_queue queue;

	vs_sim_queue_init(&queue, 4);
	CHECK(vs_sim_queue_can_begin(&queue));
	CHECK_OK(push(&queue, VS_SIM_EVENT_STARTED, "a", 0));
	CHECK_OK(push(&queue, VS_SIM_EVENT_STARTED, "b", 0));
	CHECK(!vs_sim_queue_can_begin(&queue));
	CHECK_ERR(push(&queue, VS_SIM_EVENT_STARTED, "c", 0), BUSY);
	CHECK_ERR(push(&queue, VS_SIM_EVENT_UPDATED, "a", 1), BUSY);
	CHECK_ERR(push(&queue, VS_SIM_EVENT_SECURITY, "", 0), BUSY);
	CHECK(queue.dropped == 1);
	CHECK_OK(push(&queue, VS_SIM_EVENT_ENDED, "a", 2));
	CHECK_OK(push(&queue, VS_SIM_EVENT_ENDED, "b", 1));
	CHECK(queue.count == 4 && queue.reserved == 0);
	vs_sim_queue_done(&queue);
	vs_sim_queue_done(NULL);
}

/* OCPP 1.6: the number comes late. */
static void
test_number(void)
{
	static const char frame[] = "{\"transactionId\":" VS_SIM_NUMBER_ROOM ",\"a\":1}";
	struct vs_sim_entry entry = {.event = VS_SIM_EVENT_UPDATED, .transaction_id = "local"};
	struct vs_sim_queue queue;
	struct vs_bytes text;

	vs_sim_queue_init(&queue, 8);
	CHECK_OK(vs_sim_queue_push(&queue, &entry, VS_BYTES_LITERAL(frame)));
	CHECK_OK(push(&queue, VS_SIM_EVENT_UPDATED, "other", 1));
	vs_sim_queue_number(&queue, "nobody", "5");
	CHECK(vs_sim_queue_holds(&queue, "local"));
	vs_sim_queue_number(&queue, "local", "2147483647");
	CHECK(vs_sim_queue_holds(&queue, "2147483647") && vs_sim_queue_holds(&queue, "other"));
	CHECK(!vs_sim_queue_holds(&queue, "local"));
	CHECK(vs_sim_queue_peek(&queue, 1, &text) != NULL);
	CHECK(vs_bytes_equal_text(text, "{\"transactionId\":2147483647 ,\"a\":1}"));
	vs_sim_queue_done(&queue);
}

int
main(void)
{
	CASE(test_order);
	CASE(test_retry);
	CASE(test_low_memory);
	CASE(test_low_memory_in_flight);
	CASE(test_reserved_for_the_end);
	CASE(test_number);
	return 0;
}
