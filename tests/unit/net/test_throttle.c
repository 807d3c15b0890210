/* SPDX-License-Identifier: Apache-2.0 */
#include "net/throttle.h"

#include <arpa/inet.h>

#include "base/limits.h"
#include "base/metric.h"
#include "test.h"

static const struct vs_bytes none = {NULL, 0};

static struct vs_source
source_of(struct vs_throttle *throttle, const char *text)
{
	struct vs_source source = {.is_ipv6 = strchr(text, ':') != NULL};

	CHECK(inet_pton(source.is_ipv6 ? AF_INET6 : AF_INET, text, source.address) == 1);
	vs_throttle_trust(throttle, &source);
	return source;
}

static struct vs_throttle *
make(const char *trusted)
{
	struct vs_throttle *throttle = NULL;

	CHECK_OK(vs_throttle_new(trusted, &throttle));
	return throttle;
}

static void
prefixes(void)
{
	static const char *const bad[] = {
	    "x",       "10.0.0.0/33", "10.0.0.0/",       "10.0.0.0/-1", "10.0.0/8",
	    "::1/129", ",",           "10.0.0.0/8,,::1", "10.0.0.0/8x", "1.2.3.4/0x8"};
	struct vs_throttle *throttle = make("10.0.0.0/9,2001:db8::/31,127.0.0.1,::1");

	CHECK(source_of(throttle, "10.127.255.255").is_trusted);
	CHECK(!source_of(throttle, "10.128.0.0").is_trusted);
	CHECK(source_of(throttle, "2001:db9::1").is_trusted);
	CHECK(!source_of(throttle, "2001:dba::1").is_trusted);
	CHECK(source_of(throttle, "127.0.0.1").is_trusted && source_of(throttle, "::1").is_trusted);
	CHECK(!source_of(throttle, "127.0.0.2").is_trusted);
	vs_throttle_free(&throttle);
	throttle = make("0.0.0.0/0");
	CHECK(source_of(throttle, "192.0.2.1").is_trusted);
	CHECK(!source_of(throttle, "2001:db8::1").is_trusted);
	vs_throttle_free(&throttle);
	throttle = make("");
	CHECK(!source_of(throttle, "127.0.0.1").is_trusted);
	vs_throttle_free(&throttle);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERR(vs_throttle_new(bad[i], &throttle), CONFIG);
		CHECK(throttle == NULL);
	}
	CHECK(source_of(NULL, "192.0.2.1").is_trusted);
}

/* What comes after a change is judged by it; what is wrong changes nothing. */
static void
other_prefixes(void)
{
	struct vs_throttle *throttle = make("10.0.0.0/8");

	CHECK_ERR(vs_throttle_trusted_check("10.0.0.0/33"), CONFIG);
	CHECK_ERR(vs_throttle_set_trusted(throttle, "192.0.2.0/24,x"), CONFIG);
	CHECK(source_of(throttle, "10.1.1.1").is_trusted);
	CHECK(!source_of(throttle, "192.0.2.1").is_trusted);
	CHECK_OK(vs_throttle_trusted_check("192.0.2.0/24"));
	CHECK_OK(vs_throttle_set_trusted(throttle, "192.0.2.0/24"));
	CHECK(!source_of(throttle, "10.1.1.1").is_trusted);
	CHECK(source_of(throttle, "192.0.2.1").is_trusted);
	CHECK_OK(vs_throttle_set_trusted(throttle, ""));
	CHECK(!source_of(throttle, "192.0.2.1").is_trusted);
	vs_throttle_free(&throttle);
}

static void
rates_are_read_strictly(void)
{
	static const char *const bad[] = {"",
	                                  "1",
	                                  "1/1",
	                                  "1/1 1",
	                                  "1/1 1 ",
	                                  "1/1 1 1 ",
	                                  " 1/1 1 1",
	                                  "0/1 1 1",
	                                  "1/0 1 1",
	                                  "1/1 0 1",
	                                  "1/1 1 0",
	                                  "1/1 1 1 1",
	                                  "-1/1 1 1",
	                                  "1/1  1 1",
	                                  "1/1\t1 1",
	                                  "1/1 1 x",
	                                  "1/86401 1 1",
	                                  "1000001/1 1 1",
	                                  "99999999999/1 1 1",
	                                  "1000000/1 1 1000000"};
	struct vs_throttle_rate rate = {.count = 7};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(vs_throttle_rate_read(vs_bytes_from_text(bad[i]), &rate), BAD_VALUE);
	CHECK(rate.count == 7);
	CHECK_OK(vs_throttle_rate_read(VS_BYTES_LITERAL("20/1 100 250"), &rate));
	CHECK(rate.count == 20 && rate.seconds == 1 && rate.burst == 100 && rate.trusted == 250);
	CHECK_OK(vs_throttle_rate_read(VS_BYTES_LITERAL("1000000/86400 1 4294"), &rate));
	CHECK_OK(vs_throttle_rate_read(VS_BYTES_LITERAL("1/1 1 1"), &rate));
}

/* How many pass at once. */
static unsigned
passes(struct vs_throttle *throttle, enum vs_throttle_rule rule, const char *from,
       const char *identity)
{
	struct vs_source source = source_of(throttle, from);
	unsigned count = 0;

	while (count < 100000 && vs_throttle_take(throttle, rule, &source,
	                                          vs_bytes_from_text(identity), 5000000) == 0)
		count++;
	return count;
}

static void
whose_events_are_counted_together(void)
{
	struct vs_throttle *t = make("203.0.113.0/24");

	CHECK(passes(t, VS_THROTTLE_ACCEPT, "192.0.2.1", "") == 100);
	CHECK(passes(t, VS_THROTTLE_ACCEPT, "192.0.2.2", "") == 100);
	CHECK(passes(t, VS_THROTTLE_ACCEPT, "203.0.113.9", "") == 25000);
	CHECK(passes(t, VS_THROTTLE_ACCEPT, "2001:db8:0:100::1", "") == 100);
	CHECK(passes(t, VS_THROTTLE_ACCEPT, "2001:db8:0:1ff::2", "") == 0); /* the same /56 */
	CHECK(passes(t, VS_THROTTLE_ACCEPT, "2001:db8:0:200::2", "") == 100);
	/* An identity, from one neighbourhood; a trusted one guesses no better. */
	CHECK(passes(t, VS_THROTTLE_AUTH_NEAR, "192.0.2.1", "CS-1") == 5);
	CHECK(passes(t, VS_THROTTLE_AUTH_NEAR, "192.0.2.99", "CS-1") == 0);
	CHECK(passes(t, VS_THROTTLE_AUTH_NEAR, "192.0.3.1", "CS-1") == 5);
	CHECK(passes(t, VS_THROTTLE_AUTH_NEAR, "192.0.2.1", "CS-2") == 5);
	CHECK(passes(t, VS_THROTTLE_AUTH_NEAR, "203.0.113.9", "CS-1") == 5);
	CHECK(passes(t, VS_THROTTLE_AUTH_IDENTITY, "192.0.2.1", "CS-1") == 60);
	CHECK(passes(t, VS_THROTTLE_AUTH_IDENTITY, "2001:db8::1", "CS-1") == 0);
	CHECK(passes(t, VS_THROTTLE_AUTH_SOURCE, "192.0.2.1", "") == 30);
	vs_throttle_free(&t);
}

static void
another_rate(void)
{
	struct vs_throttle_rate rate = vs_throttle_preset(VS_THROTTLE_AUTH_NEAR);
	struct vs_throttle *t = make("");

	CHECK(rate.count == 5 && rate.seconds == 60 && rate.burst == 5 && rate.trusted == 1);
	CHECK(passes(t, VS_THROTTLE_AUTH_NEAR, "192.0.2.1", "CS-1") == 5);
	vs_throttle_set(t, VS_THROTTLE_AUTH_NEAR, &rate); /* the same: nothing is forgotten */
	CHECK(passes(t, VS_THROTTLE_AUTH_NEAR, "192.0.2.1", "CS-1") == 0);
	rate = (struct vs_throttle_rate){.count = 1, .seconds = 3600, .burst = 7, .trusted = 2};
	vs_throttle_set(t, VS_THROTTLE_AUTH_NEAR, &rate);
	CHECK(passes(t, VS_THROTTLE_AUTH_NEAR, "192.0.2.1", "CS-1") == 7);
	CHECK_OK(vs_throttle_set_trusted(t, "192.0.2.0/24"));
	CHECK(passes(t, VS_THROTTLE_AUTH_NEAR, "192.0.2.1", "CS-2") == 14);
	/* Others are as they were. */
	CHECK(passes(t, VS_THROTTLE_AUTH_IDENTITY, "192.0.2.1", "CS-1") == 60);
	rate = vs_throttle_preset(VS_THROTTLE_AUTH_NEAR);
	vs_throttle_set(t, VS_THROTTLE_AUTH_NEAR, &rate);
	CHECK(passes(t, VS_THROTTLE_AUTH_NEAR, "192.0.2.1", "CS-1") == 5);
	vs_throttle_free(&t);
}

static void
strictly(void)
{
	struct vs_throttle *t = make("");
	struct vs_source source = source_of(t, "192.0.2.1");
	struct vs_bytes id = VS_BYTES_LITERAL("CS-1");

	CHECK(vs_throttle_look_strictly(t, VS_THROTTLE_AUTH_NEAR, &source, id, 1) == 0);
	vs_throttle_charge(t, VS_THROTTLE_AUTH_NEAR, &source, id, 1);
	CHECK(vs_throttle_look(t, VS_THROTTLE_AUTH_NEAR, &source, id, 1) == 0);
	CHECK(vs_throttle_look_strictly(t, VS_THROTTLE_AUTH_NEAR, &source, id, 1) == 12000000);
	vs_throttle_refund(t, VS_THROTTLE_AUTH_NEAR, &source, id, 1);
	CHECK(vs_throttle_look_strictly(t, VS_THROTTLE_AUTH_NEAR, &source, id, 1) == 0);
	vs_throttle_free(&t);
}

static void
without_a_throttle_everything_passes(void)
{
	struct vs_source source = {.is_ipv6 = false};

	for (int i = 0; i < 1000; i++)
		CHECK(vs_throttle_take(NULL, VS_THROTTLE_AUTH_NEAR, &source, none, 1) == 0);
	vs_throttle_charge(NULL, VS_THROTTLE_AUTH_NEAR, &source, none, 1);
	vs_throttle_refund(NULL, VS_THROTTLE_AUTH_NEAR, &source, none, 1);
	CHECK(vs_throttle_look(NULL, VS_THROTTLE_AUTH_NEAR, &source, none, 1) == 0);
}

static void
each_rule_has_its_metric(void)
{
	int64_t before = vs_metric_read(VS_METRIC_ratelimit_auth_near_total);

	vs_throttle_count(VS_THROTTLE_AUTH_NEAR);
	CHECK(vs_metric_read(VS_METRIC_ratelimit_auth_near_total) == before + 1);
	CHECK(strcmp(vs_throttle_name(VS_THROTTLE_FLIP), "FLIP") == 0);
}

/* One message each millisecond against ten in a second: fifty pass, then each waits its turn. */
static void
own_counts_need_no_table(void)
{
	struct vs_source source = {.address = {192, 0, 2, 1}};
	struct vs_throttle *throttle = NULL;
	uint64_t tat_us = 0, now_us = 1000000;
	unsigned passed = 0;

	CHECK_OK(vs_throttle_new("", &throttle));
	while (vs_throttle_charge_own(throttle, VS_THROTTLE_MESSAGE, &source, &tat_us, now_us) ==
	       0) {
		passed++;
		CHECK(passed < 100);
	}
	CHECK(passed == 49); /* the fiftieth is heard, and then it waits */
	CHECK(vs_throttle_charge_own(throttle, VS_THROTTLE_MESSAGE, &source, &tat_us, now_us) ==
	      200000);
	now_us += 60000000;
	CHECK(vs_throttle_charge_own(throttle, VS_THROTTLE_MESSAGE, &source, &tat_us, now_us) == 0);
	source.is_trusted = true;
	tat_us = 0;
	for (int i = 0; i < 1000; i++)
		CHECK(vs_throttle_charge_own(throttle, VS_THROTTLE_MESSAGE, &source, &tat_us,
		                             now_us) == 0);
	CHECK(vs_throttle_charge_own(NULL, VS_THROTTLE_MESSAGE, &source, &tat_us, now_us) == 0);
	vs_throttle_free(&throttle);
}

/* --- failures at all nodes -------------------------------------------------------------------- */

/* Two nodes, and a wire that is cut or not. */
static struct {
	struct vs_throttle *a, *b;
	bool is_cut;
	unsigned told;
	struct vs_throttle_failure last;
} pair;

static void
told(const struct vs_throttle_failure *failure, void *arg)
{
	pair.told++;
	pair.last = *failure;
	if (!pair.is_cut)
		vs_throttle_fail_elsewhere(arg == &pair.a ? pair.b : pair.a, failure, 5000000);
}

static void
pair_begin(const char *trusted_a, const char *trusted_b)
{
	memset(&pair, 0, sizeof(pair));
	pair.a = make(trusted_a);
	pair.b = make(trusted_b);
	CHECK_OK(vs_throttle_share(pair.a, told, &pair.a));
	CHECK_OK(vs_throttle_share(pair.b, told, &pair.b));
}

static void
pair_end(void)
{
	vs_throttle_free(&pair.a);
	vs_throttle_free(&pair.b);
}

/* What the doors do: how many of `tries` are looked at, all at one moment. */
static unsigned
guess(struct vs_throttle *throttle, const char *from, const char *identity, unsigned tries)
{
	struct vs_source source = source_of(throttle, from);
	struct vs_bytes id = vs_bytes_from_text(identity);
	unsigned looked_at = 0;

	for (unsigned i = 0; i < tries; i++) {
		if (vs_throttle_look(throttle, VS_THROTTLE_AUTH_SOURCE, &source, none, 5000000) > 0)
			continue;
		if (vs_throttle_look(throttle, VS_THROTTLE_AUTH_IDENTITY, &source, id, 5000000) >
		        0 &&
		    vs_throttle_look_strictly(throttle, VS_THROTTLE_AUTH_NEAR, &source, id,
		                              5000000) > 0)
			continue;
		if (vs_throttle_take(throttle, VS_THROTTLE_AUTH_NEAR, &source, id, 5000000) > 0)
			continue;
		vs_throttle_fail(throttle, &source, id, 5000000);
		looked_at++;
	}
	return looked_at;
}

static void
two_nodes_give_as_many_tries_as_one(void)
{
	struct vs_source source;

	pair_begin("", "");
	CHECK(guess(pair.a, "192.0.2.1", "CS-1", 3) == 3);
	CHECK(guess(pair.b, "192.0.2.99", "CS-1", 10) == 2);
	CHECK(guess(pair.a, "192.0.2.1", "CS-1", 10) == 0);
	CHECK(pair.told == 5);
	/* Who is elsewhere, or is somebody else, is as before. */
	CHECK(guess(pair.b, "192.0.3.1", "CS-1", 10) == 5);
	CHECK(guess(pair.b, "192.0.2.1", "CS-2", 10) == 5);
	/* And a minute later it is forgotten, as at one node. */
	source = source_of(pair.b, "192.0.2.99");
	CHECK(vs_throttle_take(pair.b, VS_THROTTLE_AUTH_NEAR, &source, VS_BYTES_LITERAL("CS-1"),
	                       5000000 + 12000000) == 0);
	pair_end();
}

static void
a_source_that_goes_from_node_to_node(void)
{
	char identity[16];
	unsigned looked_at = 0;

	pair_begin("", "198.51.100.0/24");
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(identity, sizeof(identity), "CS-%u", i);
		looked_at += guess(i % 2 == 0 ? pair.a : pair.b, "2001:db8::1", identity, 1);
	}
	CHECK(looked_at == 30);
	CHECK(guess(pair.b, "2001:db8:0:ff::2", "CS-200", 1) == 0); /* the same /56 */
	CHECK(guess(pair.b, "2001:db8:0:100::2", "CS-200", 1) == 1);
	/* Each node counts by its own settings: b trusts these. */
	for (unsigned i = 0; i < 30; i++) {
		(void)snprintf(identity, sizeof(identity), "CS-%u", i);
		CHECK(guess(pair.a, "198.51.100.1", identity, 1) == 1);
	}
	CHECK(guess(pair.a, "198.51.100.1", "CS-31", 1) == 0);
	CHECK(guess(pair.b, "198.51.100.1", "CS-31", 1) == 1);
	pair_end();
}

/* From everywhere, at both: one try for each neighbourhood, at either node. */
static void
an_identity_that_many_guess_at(void)
{
	char from[32];

	pair_begin("", "");
	for (unsigned i = 0; i < 60; i++) {
		(void)snprintf(from, sizeof(from), "192.0.%u.1", i);
		CHECK(guess(i % 2 == 0 ? pair.a : pair.b, from, "CS-1", 1) == 1);
	}
	CHECK(guess(pair.a, "198.51.100.1", "CS-1", 10) == 1);
	CHECK(guess(pair.b, "198.51.100.1", "CS-1", 10) == 0);
	CHECK(guess(pair.b, "192.0.0.1", "CS-1", 10) == 0);
	CHECK(guess(pair.b, "203.0.113.1", "CS-1", 10) == 1);
	pair_end();
}

/* Nobody hears the other: each node holds its own limits; what was under way at both at once is
 * made up for when it is told. */
static void
tries_at_the_same_moment(void)
{
	struct vs_source source;
	struct vs_bytes id = VS_BYTES_LITERAL("CS-1");

	pair_begin("", "");
	pair.is_cut = true;
	CHECK(guess(pair.a, "192.0.2.1", "CS-1", 10) == 5);
	CHECK(guess(pair.b, "192.0.2.1", "CS-1", 10) == 5);
	source = source_of(pair.b, "192.0.2.1");
	CHECK(vs_throttle_look(pair.b, VS_THROTTLE_AUTH_NEAR, &source, id, 5000000) == 12000000);
	for (int i = 0; i < 5; i++)
		vs_throttle_fail_elsewhere(pair.b, &pair.last, 5000000);
	CHECK(vs_throttle_look(pair.b, VS_THROTTLE_AUTH_NEAR, &source, id, 5000000) ==
	      6 * 12000000);
	/* Of the source not: others may be behind it. */
	for (int i = 0; i < 1000; i++)
		vs_throttle_fail_elsewhere(pair.b, &pair.last, 5000000);
	CHECK(vs_throttle_look(pair.b, VS_THROTTLE_AUTH_SOURCE, &source, none, 5000000) == 2000000);
	CHECK(vs_throttle_look(pair.b, VS_THROTTLE_AUTH_NEAR, &source, id, 5000000) ==
	      16 * (uint64_t)12000000);
	pair_end();
}

/* A flood of what others tell: what this node counts itself stands. */
static void
others_cannot_crowd_out_what_is_counted_here(void)
{
	struct vs_throttle_failure failure = {.has_name = true};

	pair_begin("", "");
	pair.is_cut = true;
	CHECK(guess(pair.b, "192.0.2.1", "CS-1", 3) == 3);
	for (uint32_t i = 0; i < VS_LIMIT_THROTTLE_SHARED; i++) {
		uint32_t address = htonl(0x0a000000u + i);

		memcpy(failure.source.address, &address, sizeof(address));
		memcpy(failure.name, &i, sizeof(i));
		vs_throttle_fail_elsewhere(pair.b, &failure, 5000000);
	}
	CHECK(guess(pair.b, "192.0.2.1", "CS-1", 10) == 2);
	CHECK(guess(pair.b, "198.51.100.7", "CS-3", 10) == 5);
	pair_end();
}

static void
what_is_told(void)
{
	/* printf %s CS-1 | sha256sum */
	static const uint8_t name[VS_THROTTLE_NAME_SIZE] = {0xdb, 0xbf, 0x70, 0x57, 0xf1, 0x19,
	                                                    0x7f, 0x74, 0x90, 0xa5, 0x66, 0xa1,
	                                                    0x5b, 0xd4, 0xf8, 0x16};
	struct vs_throttle *alone = make("");
	struct vs_source source;

	pair_begin("", "192.0.2.0/24");
	source = source_of(pair.a, "192.0.2.1");
	vs_throttle_fail(pair.a, &source, VS_BYTES_LITERAL("CS-1"), 1);
	CHECK(pair.told == 1 && vs_source_equal(&pair.last.source, &source));
	CHECK(pair.last.has_name && vs_bytes_equal(vs_bytes_from(pair.last.name, sizeof(name)),
	                                           vs_bytes_from(name, sizeof(name))));
	/* Without a name: of the source alone. */
	vs_throttle_fail(pair.a, &source, none, 1);
	CHECK(pair.told == 2 && !pair.last.has_name);
	CHECK(vs_throttle_look_strictly(pair.a, VS_THROTTLE_AUTH_NEAR, &source, none, 1) == 0);
	/* Nobody to tell, nobody who hears. */
	vs_throttle_fail(NULL, &source, none, 1);
	vs_throttle_fail(alone, &source, VS_BYTES_LITERAL("CS-1"), 1);
	vs_throttle_fail_elsewhere(alone, &pair.last, 1);
	CHECK(vs_throttle_look_strictly(alone, VS_THROTTLE_AUTH_SOURCE, &source, none, 1) ==
	      2000000);
	CHECK(pair.told == 2);
	vs_throttle_free(&alone);
	pair_end();
}

int
main(void)
{
	CASE(prefixes);
	CASE(other_prefixes);
	CASE(rates_are_read_strictly);
	CASE(whose_events_are_counted_together);
	CASE(another_rate);
	CASE(strictly);
	CASE(without_a_throttle_everything_passes);
	CASE(each_rule_has_its_metric);
	CASE(own_counts_need_no_table);
	CASE(two_nodes_give_as_many_tries_as_one);
	CASE(a_source_that_goes_from_node_to_node);
	CASE(an_identity_that_many_guess_at);
	CASE(tries_at_the_same_moment);
	CASE(others_cannot_crowd_out_what_is_counted_here);
	CASE(what_is_told);
	return 0;
}
