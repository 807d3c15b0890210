/* SPDX-License-Identifier: Apache-2.0 */
#include "central/slow_queue.h"

#include "base/limits.h"
#include "test.h"

static struct vs_slow_queue queue;

static struct vs_slow_entry
entry_of(uint64_t identity, uint64_t source)
{
	return (struct vs_slow_entry){.identity = identity, .source = source, .due_ms = 10000};
}

static struct vs_slow_entry *
next(uint64_t now_ms)
{
	bool is_late = true;
	struct vs_slow_entry *entry = vs_slow_queue_next(&queue, now_ms, &is_late);

	CHECK(!is_late);
	return entry;
}

static void
in_order_but_one_of_a_kind(void)
{
	struct vs_slow_entry e[5] = {entry_of(1, 10), entry_of(1, 11), entry_of(2, 10),
	                             entry_of(3, 12), entry_of(4, 13)};
	uint64_t retry_ms = 0;

	vs_slow_queue_init(&queue, 2);
	for (size_t i = 0; i < 5; i++)
		CHECK_OK(vs_slow_queue_add(&queue, &e[i], &retry_ms));
	CHECK(next(0) == &e[0]);
	CHECK(next(0) == &e[3]); /* of the same identity, of the same source: not yet */
	CHECK(next(0) == NULL);  /* both threads are busy */
	vs_slow_queue_done(&queue, &e[0], 50000);
	CHECK(next(0) == &e[1]);
	vs_slow_queue_done(&queue, &e[3], 50000);
	CHECK(next(0) == &e[2]);
	vs_slow_queue_done(&queue, &e[1], 50000);
	CHECK(next(0) == &e[4]);
	CHECK(queue.waiting_count == 0 && queue.running_count == 2);
	vs_slow_queue_done(&queue, &e[4], 0);
	vs_slow_queue_done(&queue, &e[2], 0);
	CHECK(next(0) == NULL && queue.running == NULL);
}

static void
a_trusted_source_may_run_twice(void)
{
	struct vs_slow_entry e[2] = {entry_of(1, 10), entry_of(2, 10)};
	uint64_t retry_ms = 0;

	vs_slow_queue_init(&queue, 2);
	e[0].is_trusted = e[1].is_trusted = true;
	CHECK_OK(vs_slow_queue_add(&queue, &e[0], &retry_ms));
	CHECK_OK(vs_slow_queue_add(&queue, &e[1], &retry_ms));
	CHECK(next(0) == &e[0] && next(0) == &e[1]);
}

static void
late_ones_leave_first(void)
{
	struct vs_slow_entry e[3] = {entry_of(1, 10), entry_of(1, 11), entry_of(1, 12)};
	uint64_t retry_ms = 0;
	bool is_late = false;

	vs_slow_queue_init(&queue, 1);
	for (size_t i = 0; i < 3; i++)
		CHECK_OK(vs_slow_queue_add(&queue, &e[i], &retry_ms));
	CHECK(next(0) == &e[0]);
	e[2].due_ms = 0; /* its peer has gone */
	CHECK(vs_slow_queue_next(&queue, 1, &is_late) == &e[2] && is_late);
	CHECK(vs_slow_queue_next(&queue, 10000, &is_late) == &e[1] && is_late);
	CHECK(queue.waiting_count == 0 && queue.waiting_end == &queue.waiting);
	CHECK(vs_slow_queue_next(&queue, 10000, &is_late) == NULL && !is_late);
}

/* As many as are hashed in 5 s, by what was measured. */
static void
the_limit_follows_the_rate(void)
{
	static struct vs_slow_entry e[VS_LIMIT_SLOW_VERDICTS + 2];
	uint64_t retry_ms = 0;
	size_t count = 0;

	vs_slow_queue_init(&queue, 1);
	for (size_t i = 0; i < VS_LIMIT_SLOW_VERDICTS + 2; i++)
		e[i] = entry_of(i + 1, i + 1);
	for (size_t i = 0; i < VS_LIMIT_SLOW_VERDICTS + 2; i++) {
		if (vs_slow_queue_add(&queue, &e[i], &retry_ms).code != VS_E_OK)
			break;
		count++;
	}
	CHECK(count == 100 && retry_ms == 5000); /* 50 ms each */
	vs_slow_queue_init(&queue, 1);
	queue.average_us = 500000;
	count = 0;
	while (vs_slow_queue_add(&queue, &e[count], &retry_ms).code == VS_E_OK)
		count++;
	CHECK(count == 10);
	vs_slow_queue_init(&queue, 4);
	queue.average_us = 1;
	count = 0;
	while (vs_slow_queue_add(&queue, &e[count], &retry_ms).code == VS_E_OK)
		count++;
	CHECK(count == VS_LIMIT_SLOW_VERDICTS);
}

static void
one_source_cannot_fill_it(void)
{
	static struct vs_slow_entry e[VS_LIMIT_SLOW_SOURCE + 2];
	uint64_t retry_ms = 0;

	vs_slow_queue_init(&queue, 1);
	for (size_t i = 0; i < VS_LIMIT_SLOW_SOURCE; i++) {
		e[i] = entry_of(i, 7);
		CHECK_OK(vs_slow_queue_add(&queue, &e[i], &retry_ms));
	}
	e[VS_LIMIT_SLOW_SOURCE] = entry_of(100, 7);
	CHECK_ERR(vs_slow_queue_add(&queue, &e[VS_LIMIT_SLOW_SOURCE], &retry_ms), BUSY);
	e[VS_LIMIT_SLOW_SOURCE + 1] = entry_of(100, 8);
	CHECK_OK(vs_slow_queue_add(&queue, &e[VS_LIMIT_SLOW_SOURCE + 1], &retry_ms));
}

static void
the_average_follows(void)
{
	struct vs_slow_entry e = entry_of(1, 1);
	uint64_t retry_ms = 0;

	vs_slow_queue_init(&queue, 1);
	for (int i = 0; i < 100; i++) {
		CHECK_OK(vs_slow_queue_add(&queue, &e, &retry_ms));
		CHECK(next(0) == &e);
		vs_slow_queue_done(&queue, &e, 200000);
	}
	CHECK(queue.average_us > 190000 && queue.average_us <= 200000);
}

int
main(void)
{
	CASE(in_order_but_one_of_a_kind);
	CASE(a_trusted_source_may_run_twice);
	CASE(late_ones_leave_first);
	CASE(the_limit_follows_the_rate);
	CASE(one_source_cannot_fill_it);
	CASE(the_average_follows);
	return 0;
}
