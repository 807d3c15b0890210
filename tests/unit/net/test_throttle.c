/* SPDX-License-Identifier: Apache-2.0 */
#include "net/throttle.h"

#include <arpa/inet.h>

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
	return 0;
}
