/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metric.h"

#include <pthread.h>

#include "test.h"

enum { THREADS = 8, ROUNDS = 5000 };

static pthread_barrier_t done_counting, may_end;
static pthread_key_t late_key;

static void *
count_and_wait(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		vs_metric_add(VS_METRIC_ocpp_calls_received_total, 1);
		vs_metric_add(VS_METRIC_connections_open, i % 2 == 0 ? 3 : -2);
	}
	(void)pthread_barrier_wait(&done_counting);
	(void)pthread_barrier_wait(&may_end);
	return NULL;
}

/* The sum is the same while the threads live and after they ended. */
static void
test_threads(void)
{
	pthread_t threads[THREADS];
	int64_t calls = vs_metric_read(VS_METRIC_ocpp_calls_received_total);

	CHECK(pthread_barrier_init(&done_counting, NULL, THREADS + 1) == 0);
	CHECK(pthread_barrier_init(&may_end, NULL, THREADS + 1) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, count_and_wait, NULL) == 0);
	(void)pthread_barrier_wait(&done_counting);
	CHECK(vs_metric_read(VS_METRIC_ocpp_calls_received_total) == calls + THREADS * ROUNDS);
	CHECK(vs_metric_read(VS_METRIC_connections_open) == THREADS * ROUNDS / 2);
	(void)pthread_barrier_wait(&may_end);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	CHECK(vs_metric_read(VS_METRIC_ocpp_calls_received_total) == calls + THREADS * ROUNDS);
	CHECK(vs_metric_read(VS_METRIC_connections_open) == THREADS * ROUNDS / 2);
	vs_metric_add(VS_METRIC_connections_open, -THREADS * ROUNDS / 2);
	CHECK(vs_metric_read(VS_METRIC_connections_open) == 0);
}

static void
count_late(void *value)
{
	static _Atomic int round;

	vs_metric_add(VS_METRIC_sse_clients, 1);
	if (round++ == 0) /* the key again: destructors run once more, after the block was folded */
		(void)pthread_setspecific(late_key, value);
}

static void *
count_in_destructor(void *unused)
{
	(void)unused;
	vs_metric_add(VS_METRIC_sse_clients, 1);
	CHECK(pthread_setspecific(late_key, &late_key) == 0);
	return NULL;
}

static void
test_destructors_may_count(void)
{
	pthread_t thread;

	CHECK(pthread_key_create(&late_key, count_late) == 0);
	CHECK(pthread_create(&thread, NULL, count_in_destructor, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(vs_metric_read(VS_METRIC_sse_clients) == 3);
}

static void
test_rows(void)
{
	CHECK(strcmp(vs_metric_name(VS_METRIC_sse_clients), "sse_clients") == 0);
	CHECK(vs_metric_kind(VS_METRIC_sse_clients) == VS_METRIC_GAUGE);
	for (int i = 0; i < VS_METRIC_COUNT; i++) {
		const char *name = vs_metric_name((enum vs_metric)i);
		size_t size = strlen(name);
		int is_total = size > 6 && strcmp(name + size - 6, "_total") == 0;

		/* Prometheus: a counter is named _total, a gauge is not. */
		CHECK(is_total == (vs_metric_kind((enum vs_metric)i) == VS_METRIC_COUNTER));
		CHECK(strlen(vs_metric_help((enum vs_metric)i)) > 0);
	}
}

/* What a limit refuses is one family, whose rows stand together and differ in their labels. */
static void
test_family(void)
{
	int first = VS_METRIC_ratelimit_accept_total, count = 0;

	CHECK(strcmp(vs_metric_labels(VS_METRIC_sse_clients), "") == 0);
	CHECK(strcmp(vs_metric_name(VS_METRIC_ratelimit_accept_total), "ratelimit_total") == 0);
	CHECK(strcmp(vs_metric_labels(VS_METRIC_ratelimit_accept_total),
	             "layer=\"L1\",reason=\"accept\"") == 0);
	for (int i = 0; i < VS_METRIC_COUNT; i++) {
		if (strcmp(vs_metric_name((enum vs_metric)i), "ratelimit_total") != 0)
			continue;
		CHECK(i == first + count);
		count++;
		for (int k = first; k < i; k++)
			CHECK(strcmp(vs_metric_labels((enum vs_metric)i),
			             vs_metric_labels((enum vs_metric)k)) != 0);
	}
	CHECK(count >= 11);
}

int
main(void)
{
	CASE(test_threads);
	CASE(test_destructors_may_count);
	CASE(test_rows);
	CASE(test_family);
	return 0;
}
