/* SPDX-License-Identifier: Apache-2.0 */
#include "net/gcra.h"

#include "test.h"

#define SECOND 1000000u

static const struct vs_bytes a = {(const uint8_t *)"a", 1}, b = {(const uint8_t *)"b", 1};

static struct vs_gcra *
make(uint32_t slots, struct vs_gcra_rate overflow)
{
	struct vs_gcra *gcra = NULL;

	CHECK_OK(vs_gcra_new(slots, overflow, &gcra));
	return gcra;
}

/* 5 a minute, 5 at once: the sixth waits 12 s. */
static void
a_burst_then_the_rate(void)
{
	struct vs_gcra_rate rate = vs_gcra_rate_make(5, 60, 5);
	struct vs_gcra *gcra = make(64, rate);
	uint64_t now = 1000 * (uint64_t)SECOND;

	CHECK(rate.interval_us == 12 * SECOND && rate.tolerance_us == 48 * SECOND);
	for (int i = 0; i < 5; i++)
		CHECK(vs_gcra_take(gcra, a, rate, now) == 0);
	CHECK(vs_gcra_take(gcra, a, rate, now) == 12 * SECOND);
	CHECK(vs_gcra_look(gcra, a, rate, now) == 12 * SECOND); /* asking costs nothing */
	CHECK(vs_gcra_look(gcra, b, rate, now) == 0);           /* nobody else is concerned */
	CHECK(vs_gcra_take(gcra, a, rate, now + 12 * SECOND - 1) == 1);
	CHECK(vs_gcra_take(gcra, a, rate, now + 12 * SECOND) == 0);
	CHECK(vs_gcra_take(gcra, a, rate, now + 12 * SECOND) == 12 * SECOND);
	/* After a minute of silence the whole burst is there again, and no more. */
	now += 200 * (uint64_t)SECOND;
	for (int i = 0; i < 5; i++)
		CHECK(vs_gcra_take(gcra, a, rate, now) == 0);
	CHECK(vs_gcra_take(gcra, a, rate, now) > 0);
	vs_gcra_free(&gcra);
	vs_gcra_free(&gcra);
}

/* What happened at once at many places is made up for, up to so many bursts. */
static void
owing(void)
{
	struct vs_gcra_rate rate = vs_gcra_rate_make(5, 60, 5);
	struct vs_gcra *gcra = make(64, rate);
	uint64_t now = SECOND;

	for (int i = 0; i < 12; i++)
		vs_gcra_owe(gcra, a, rate, 4, now);
	CHECK(vs_gcra_look(gcra, a, rate, now) == 8 * 12 * SECOND);
	CHECK(vs_gcra_look(gcra, b, rate, now) == 0);
	for (int i = 0; i < 1000; i++)
		vs_gcra_owe(gcra, a, rate, 4, now);
	CHECK(vs_gcra_look(gcra, a, rate, now) == 16 * 12 * SECOND);
	CHECK(vs_gcra_look(gcra, a, rate, now + 16 * 12 * SECOND) == 0);
	vs_gcra_free(&gcra);
}

static void
charge_and_refund(void)
{
	struct vs_gcra_rate rate = vs_gcra_rate_make(1, 1, 3);
	struct vs_gcra *gcra = make(64, rate);
	uint64_t now = SECOND;

	/* What has happened is counted past the limit, but a key recovers within its tolerance. */
	for (int i = 0; i < 1000; i++)
		vs_gcra_charge(gcra, a, rate, now);
	CHECK(vs_gcra_look(gcra, a, rate, now) == SECOND);
	CHECK(vs_gcra_look(gcra, a, rate, now + SECOND) == 0);
	vs_gcra_refund(gcra, a, rate, now);
	CHECK(vs_gcra_look(gcra, a, rate, now) == 0);
	for (int i = 0; i < 10; i++)
		vs_gcra_refund(gcra, a, rate, now);
	CHECK(vs_gcra_used(gcra, now) == 0);
	vs_gcra_refund(gcra, b, rate, now); /* never seen */
	for (int i = 0; i < 3; i++)
		CHECK(vs_gcra_take(gcra, b, rate, now) == 0);
	CHECK(vs_gcra_take(gcra, b, rate, now) > 0);
	vs_gcra_free(&gcra);
}

/* The table never grows: what finds no slot is judged by one rate for all. */
static void
a_full_table(void)
{
	struct vs_gcra_rate rate = vs_gcra_rate_make(1, 100, 1);
	struct vs_gcra_rate overflow = vs_gcra_rate_make(1, 1, 10);
	struct vs_gcra *gcra = make(16, overflow);
	uint64_t now = SECOND;
	unsigned passed = 0;

	for (uint32_t i = 0; i < 1000; i++)
		passed += vs_gcra_take(gcra, vs_bytes_from(&i, sizeof(i)), rate, now) == 0;
	CHECK(passed == 16 + 10);
	CHECK(vs_gcra_used(gcra, now) == 16);
	/* Those that have a slot are still judged on their own. */
	for (uint32_t i = 0; i < 16; i++)
		CHECK(vs_gcra_take(gcra, vs_bytes_from(&i, sizeof(i)), rate, now) > 0);
	/* Their time is over: their slots are free again. */
	now += 101 * (uint64_t)SECOND;
	CHECK(vs_gcra_used(gcra, now) == 0);
	passed = 0;
	for (uint32_t i = 2000; i < 2016; i++)
		passed += vs_gcra_take(gcra, vs_bytes_from(&i, sizeof(i)), rate, now) == 0;
	CHECK(passed == 16 && vs_gcra_used(gcra, now) == 16);
	vs_gcra_free(&gcra);
}

/* Against a model that keeps a number for each key. */
static void
like_a_model(void)
{
	enum { KEYS = 40, STEPS = 20000 };
	struct vs_gcra_rate rate = vs_gcra_rate_make(3, 2, 4);
	struct vs_gcra *gcra = make(1024, rate);
	uint64_t tats[KEYS] = {0}, now = 1, seed = 7;

	for (int i = 0; i < STEPS; i++) {
		uint64_t key, wait;
		struct vs_bytes bytes = vs_bytes_from(&key, sizeof(key));

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		key = (seed >> 33) % KEYS;
		now += (seed >> 50) % 60000;
		wait =
		    tats[key] > now + rate.tolerance_us ? tats[key] - rate.tolerance_us - now : 0;
		CHECK(vs_gcra_take(gcra, bytes, rate, now) == wait);
		if (wait == 0)
			tats[key] = (tats[key] > now ? tats[key] : now) + rate.interval_us;
	}
	vs_gcra_free(&gcra);
}

int
main(void)
{
	CASE(a_burst_then_the_rate);
	CASE(owing);
	CASE(charge_and_refund);
	CASE(a_full_table);
	CASE(like_a_model);
	return 0;
}
