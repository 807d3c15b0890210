/* SPDX-License-Identifier: Apache-2.0 */
#include "raw.h"

static struct raw raw;

static void
a_brute_force_locks_out_only_itself(void)
{
	struct house *house = raw_house();

	for (int i = 0; i < 5; i++)
		CHECK(raw_try(house, &raw, "127.1.1.1", "CS-1", "guess") == 401);
	for (int i = 0; i < 5; i++)
		CHECK(raw_try(house, &raw, "127.1.1.1", "CS-1", "guess") == 429);
	CHECK(strstr(raw.text, "Retry-After: 1") != NULL);
	/* From there even the right one has to wait, from anywhere else it does not. */
	CHECK(raw_try(house, &raw, "127.1.1.1", "CS-1", HOUSE_PASSWORD) == 429);
	CHECK(raw_try(house, &raw, "127.1.2.1", "CS-1", HOUSE_PASSWORD) == 101);
	/* The flood is one event, not five. */
	CHECK(house_events(house, VS_EVENT_REFUSED, "throttled") == 1);
	house_free(house);
}

/* Whether an identity exists cannot be seen in what is answered, or when it is throttled. */
static void
unknown_identities_are_throttled_alike(void)
{
	struct house *house = raw_house();
	static struct raw known[8], unknown[8];

	house_station(house, "CS-OFF", VS_CORE_AUTH_BASIC, false);
	for (size_t i = 0; i < 8; i++) {
		CHECK(raw_try(house, &known[i], "127.1.1.1", "CS-1", "guess") ==
		      (i < 5 ? 401 : 429));
		CHECK(raw_try(house, &unknown[i], "127.1.1.1", "CS-X", "guess") ==
		      (i < 5 ? 401 : 429));
		CHECK(strcmp(known[i].text, unknown[i].text) == 0);
		CHECK(raw_try(house, &known[i], "127.1.1.1", "CS-OFF", HOUSE_PASSWORD) ==
		      (i < 5 ? 401 : 429));
		CHECK(strcmp(known[i].text, unknown[i].text) == 0);
	}
	house_free(house);
}

static void
a_source_that_tries_many_identities(void)
{
	struct house *house = raw_house();
	char identity[16];
	unsigned refused = 0, throttled = 0;

	for (unsigned i = 0; i < 40; i++) {
		int status;

		(void)snprintf(identity, sizeof(identity), "CS-X%u", i);
		status = raw_try(house, &raw, "127.1.1.1", identity, "guess");
		refused += status == 401;
		throttled += status == 429;
	}
	CHECK(refused >= 30 && refused <= 32 && throttled == 40 - refused);
	CHECK(raw_try(house, &raw, "127.1.2.1", "CS-1", HOUSE_PASSWORD) == 101);
	house_free(house);
}

/* Attacked from everywhere: each source has one attempt, and so has the right one. */
static void
an_identity_under_attack_stays_open(void)
{
	struct house *house = raw_house();
	char from[32];
	int64_t throttled = vs_metric_read(VS_METRIC_ratelimit_auth_identity_total);

	for (unsigned i = 0; i < 70; i++) {
		(void)snprintf(from, sizeof(from), "127.2.%u.1", i);
		CHECK(raw_try(house, &raw, from, "CS-1", "guess") == 401);
	}
	CHECK(raw_try(house, &raw, "127.2.1.1", "CS-1", "guess") == 429);
	CHECK(vs_metric_read(VS_METRIC_ratelimit_auth_identity_total) == throttled + 1);
	CHECK(raw_try(house, &raw, "127.3.1.1", "CS-1", HOUSE_PASSWORD) == 101);
	CHECK(raw_try(house, &raw, "127.3.1.1", "CS-1", HOUSE_PASSWORD) == 101);
	house_free(house);
}

static void
an_established_session_stays(void)
{
	struct house *house = raw_house();
	static struct house_guest guest;

	guest_join(house, &guest, 0);
	for (int i = 0; i < 8; i++)
		(void)raw_try(house, &raw, "127.0.0.1", "CS-1", "guess");
	CHECK(strstr(raw.text, " 429 ") != NULL);
	guest_ask(&guest, "[2,\"1\",\"Heartbeat\",{}]", "[3,\"1\",");
	house_free(house);
}

/* Honest stations cost themselves nothing. */
static void
right_ones_are_not_counted(void)
{
	struct house *house = raw_house();

	for (int i = 0; i < 100; i++) {
		CHECK(raw_try(house, &raw, "127.1.1.1", "CS-1", HOUSE_PASSWORD) == 101);
	}
	CHECK(house_events(house, VS_EVENT_REFUSED, NULL) == 0);
	house_free(house);
}

/* A key process that does not answer is not a wrong password. */
static void
nobody_can_be_asked(void)
{
	struct house *house = raw_house();

	house->is_pepper_gone = true;
	for (int i = 0; i < 20; i++) {
		CHECK(raw_try(house, &raw, "127.1.1.1", "CS-1", HOUSE_PASSWORD) == 503);
		CHECK(strstr(raw.text, "Retry-After: ") != NULL);
	}
	house->is_pepper_gone = false;
	CHECK(raw_try(house, &raw, "127.1.1.1", "CS-1", HOUSE_PASSWORD) == 101);
	house_free(house);
}

/* Nothing is left of those who do not wait for the answer; what they tried counts. */
static void
hanging_up(void)
{
	struct house *house = raw_house();

	for (int i = 0; i < 10; i++) {
		raw_ask(house, &raw, (size_t)i % 2, "127.1.1.1", "CS-1", "guess");
		if (i % 3 != 0)
			house_turn(house);
		raw_close(&raw);
	}
	for (int i = 0; i < 20; i++)
		house_turn(house);
	CHECK(raw_try(house, &raw, "127.1.1.1", "CS-1", "guess") == 429);
	CHECK(raw_try(house, &raw, "127.1.2.1", "CS-1", HOUSE_PASSWORD) == 101);
	house_free(house);
}

/* With the end of everything while somebody waits in the tarpit. */
static void
the_end_in_the_tarpit(void)
{
	struct house *house = raw_house();

	raw_ask(house, &raw, 0, "127.1.1.1", "CS-1", "guess");
	HOUSE_UNTIL(house, house_events(house, VS_EVENT_REFUSED, "wrong_password") == 1);
	house_free(house);
	raw_close(&raw);
}

int
main(void)
{
	CASE(a_brute_force_locks_out_only_itself);
	CASE(unknown_identities_are_throttled_alike);
	CASE(a_source_that_tries_many_identities);
	CASE(an_identity_under_attack_stays_open);
	CASE(an_established_session_stays);
	CASE(right_ones_are_not_counted);
	CASE(nobody_can_be_asked);
	CASE(hanging_up);
	CASE(the_end_in_the_tarpit);
	return 0;
}
