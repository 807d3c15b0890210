/* SPDX-License-Identifier: Apache-2.0 */
#include "central/nonce.h"

#include "test.h"

static struct vs_central_nonce nonce;
static uint64_t now_ms, messages;
static uint8_t seed;

static const char *
give(void)
{
	uint8_t random[VS_CENTRAL_NONCE_SIZE];

	memset(random, ++seed, sizeof(random));
	return vs_central_nonce_give(&nonce, now_ms, random);
}

static enum vs_central_nonce_verdict
use_at(const char *text, int64_t late_ms)
{
	const struct vs_central_nonce_use use = {
	    .nonce = vs_bytes_from_text(text),
	    .nonce_hash = 1 + (text[0] != '\0' ? (uint64_t)text[3] * 977 + (uint64_t)text[7] : 0),
	    .message = ++messages,
	    .at_ms = 1000000 - late_ms,
	    .wall_ms = 1000000,
	    .now_ms = now_ms};

	return vs_central_nonce_use(&nonce, &use);
}

static enum vs_central_nonce_verdict
use(const char *text)
{
	char copy[64];

	(void)snprintf(copy, sizeof(copy), "%s", text);
	return use_at(copy, 0);
}

static void
keep(char room[static VS_CENTRAL_NONCE_TEXT_SIZE], const char *text)
{
	(void)snprintf(room, VS_CENTRAL_NONCE_TEXT_SIZE, "%s", text);
}

static void
begin(void)
{
	vs_central_nonce_init(&nonce);
	now_ms = 1000;
}

static void
each_is_good_once(void)
{
	char first[VS_CENTRAL_NONCE_TEXT_SIZE], second[VS_CENTRAL_NONCE_TEXT_SIZE];

	begin();
	CHECK(use("") == VS_CENTRAL_NONCE_MISSING);
	keep(first, give());
	CHECK(strlen(first) == 22 && strcmp(give(), first) == 0); /* unused and fresh: the same */
	CHECK(use(first) == VS_CENTRAL_NONCE_GOOD);
	CHECK(use(first) == VS_CENTRAL_NONCE_AGAIN);
	keep(second, give());
	CHECK(strcmp(first, second) != 0 && use("invented") == VS_CENTRAL_NONCE_MISSING);
	CHECK(use(second) == VS_CENTRAL_NONCE_GOOD);
}

/* The station that has not heard the last answer goes on with the one before. */
static void
the_one_before_is_good_too(void)
{
	char first[VS_CENTRAL_NONCE_TEXT_SIZE], second[VS_CENTRAL_NONCE_TEXT_SIZE];

	begin();
	keep(first, give());
	now_ms += VS_CENTRAL_NONCE_FRESH_MS;
	keep(second, give());
	CHECK(strcmp(first, second) != 0);
	CHECK(use(first) == VS_CENTRAL_NONCE_GOOD && use(second) == VS_CENTRAL_NONCE_GOOD);
	keep(first, give());
	now_ms += VS_CENTRAL_NONCE_LIFE_MS + 1;
	CHECK(use(first) == VS_CENTRAL_NONCE_EXPIRED);
	CHECK(use(give()) == VS_CENTRAL_NONCE_GOOD); /* and it never hangs */
}

static void
a_retry_is_no_replay(void)
{
	struct vs_central_nonce_use again = {
	    .nonce_hash = 5, .message = 99, .at_ms = 0, .wall_ms = 0, .now_ms = 1000};

	begin();
	again.nonce = vs_bytes_from_text(give());
	CHECK(vs_central_nonce_use(&nonce, &again) == VS_CENTRAL_NONCE_GOOD);
	CHECK(vs_central_nonce_use(&nonce, &again) == VS_CENTRAL_NONCE_RETRY);
	again.message = 100;
	CHECK(vs_central_nonce_use(&nonce, &again) == VS_CENTRAL_NONCE_MISSING ||
	      vs_central_nonce_use(&nonce, &again) == VS_CENTRAL_NONCE_AGAIN);
}

static void
time_and_rate_are_bounded(void)
{
	begin();
	CHECK(use_at(give(), VS_CENTRAL_NONCE_WINDOW_MS + 1) == VS_CENTRAL_NONCE_STALE);
	CHECK(use_at(give(), -VS_CENTRAL_NONCE_WINDOW_MS - 1) == VS_CENTRAL_NONCE_STALE);
	CHECK(use_at(give(), VS_CENTRAL_NONCE_WINDOW_MS) == VS_CENTRAL_NONCE_GOOD);
	for (unsigned i = 3; i < VS_CENTRAL_NONCE_RATE; i++)
		CHECK(use(give()) == VS_CENTRAL_NONCE_GOOD);
	CHECK(use(give()) == VS_CENTRAL_NONCE_BLOCKED);
	now_ms += VS_CENTRAL_NONCE_BLOCK_MS - 1;
	CHECK(use(give()) == VS_CENTRAL_NONCE_BLOCKED);
	now_ms++;
	CHECK(use(give()) == VS_CENTRAL_NONCE_GOOD);
	CHECK(strcmp(vs_central_nonce_text(VS_CENTRAL_NONCE_AGAIN),
	             "Nonce already used (replay)") == 0);
}

int
main(void)
{
	CASE(each_is_good_once);
	CASE(the_one_before_is_good_too);
	CASE(a_retry_is_no_replay);
	CASE(time_and_rate_are_bounded);
	return 0;
}
