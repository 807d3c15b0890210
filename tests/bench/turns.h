/* SPDX-License-Identifier: Apache-2.0 */
/* Ours and the same by hand, in turn, in slices of some milliseconds: what both cost in CPU time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLICE_NS  4000000u
#define TURNS_MAX 4096

struct turns_row {
	const char *name;
	void (*ours)(size_t size), (*hand)(size_t size);
	size_t size;
};

static inline void
must(bool is_good, const char *what)
{
	if (!is_good) {
		(void)fprintf(stderr, "%s failed\n", what);
		exit(1);
	}
}

static inline uint64_t
now_ns(clockid_t clock)
{
	struct timespec at;

	(void)clock_gettime(clock, &at);
	return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

/* CPU nanoseconds per call. */
static inline double
slice(void (*run)(size_t), size_t size, uint64_t calls)
{
	uint64_t begin = now_ns(CLOCK_THREAD_CPUTIME_ID);

	for (uint64_t i = 0; i < calls; i++)
		run(size);
	return (double)(now_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / (double)calls;
}

static inline int
by_size(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static inline double
median(double *numbers, size_t count)
{
	qsort(numbers, count, sizeof(*numbers), by_size);
	return numbers[count / 2];
}

/* Prints "NAME": {"ours_ns": MEDIAN, "hand_ns": MEDIAN, "speed": MEDIAN}. */
static inline void
turns_measure(const struct turns_row *row, double seconds)
{
	static double ours[TURNS_MAX], hand[TURNS_MAX], speed[TURNS_MAX];
	uint64_t end, calls;
	size_t turns = 0;

	(void)slice(row->hand, row->size, 1000);
	calls = (uint64_t)(SLICE_NS / slice(row->ours, row->size, 1000)) + 1;
	end = now_ns(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9);
	while (turns < 3 || (turns < TURNS_MAX && now_ns(CLOCK_MONOTONIC) < end)) {
		if (turns % 2 == 0)
			ours[turns] = slice(row->ours, row->size, calls);
		hand[turns] = slice(row->hand, row->size, calls);
		if (turns % 2 != 0)
			ours[turns] = slice(row->ours, row->size, calls);
		speed[turns] = hand[turns] / ours[turns];
		turns++;
	}
	(void)printf("\"%s\": {\"ours_ns\": %.1f, \"hand_ns\": %.1f, \"speed\": %.4f}", row->name,
	             median(ours, turns), median(hand, turns), median(speed, turns));
}

/* One object of them all. */
static inline void
turns_measure_all(const struct turns_row *rows, size_t count, double seconds)
{
	(void)printf("{");
	for (size_t i = 0; i < count; i++) {
		(void)printf("%s", i > 0 ? ", " : "");
		turns_measure(&rows[i], seconds);
	}
	(void)printf("}\n");
}
