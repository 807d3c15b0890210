/* SPDX-License-Identifier: Apache-2.0 */
#include "central/verdict.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/metric.h"
#include "crypto/password.h"
#include "crypto/pwhash.h"
#include "test.h"
#include "wire/base64.h"

#define PATIENCE_MS 20000u

static struct vs_loop *loop;
static struct vs_verdicts *verdicts;
static struct vs_secret *pepper;
static _Atomic enum vs_err pepper_error;

static _Atomic unsigned asked;

static struct answer {
	bool is_there, is_right;
	vs_result result;
} answers[400];
static struct vs_core_proof last_proof;

static vs_result
verifier(void *self, uint32_t version, struct vs_bytes tenant, struct vs_bytes identity,
         struct vs_bytes password, uint8_t verifier_out[static VS_CORE_PEPPERED_SIZE],
         uint32_t *version_out)
{
	(void)self;
	(void)version;
	(void)version_out;
	asked++;
	if (pepper_error != VS_E_OK)
		return (vs_result){pepper_error};
	return vs_crypto_password_verifier(pepper, tenant, identity, password, verifier_out);
}

static void
finish(struct vs_loop *in, struct vs_verdict *verdict)
{
	struct answer *answer = verdict->arg;
	uint8_t zero[sizeof(verdict->basic)] = {0};

	CHECK(in == loop && !answer->is_there);
	CHECK(memcmp(&verdict->basic, zero, sizeof(zero)) == 0); /* the password is gone */
	last_proof = verdict->admission.proof;
	*answer = (struct answer){true, verdict->is_right, verdict->result};
	vs_verdict_free(&verdict);
}

/* A station of this kind with this password; NULL: an identity that nobody has. */
static struct vs_verdict *
verdict_of(const struct vs_core_station *station, struct vs_bytes password, size_t at)
{
	struct vs_verdict *verdict = NULL;

	CHECK_OK(vs_verdict_new(&verdict));
	memset(&answers[at], 0, sizeof(answers[at]));
	verdict->loop = loop;
	verdict->finish = finish;
	verdict->arg = &answers[at];
	verdict->source.address[0] = (uint8_t)at;
	verdict->source.address[1] = (uint8_t)(at >> 8);
	verdict->admission.needs_verdict = true;
	verdict->admission.refusal =
	    station != NULL ? VS_CENTRAL_ADMITTED : VS_CENTRAL_UNKNOWN_IDENTITY;
	(void)snprintf(verdict->admission.claimed, sizeof(verdict->admission.claimed), "%s",
	               station != NULL ? station->identity : "NOBODY");
	if (station != NULL)
		verdict->admission.station = *station;
	verdict->basic.kind = VS_CENTRAL_BASIC_GIVEN;
	CHECK(password.size <= sizeof(verdict->basic.room));
	memcpy(verdict->basic.room, password.data, password.size);
	verdict->basic.password = vs_bytes_from(verdict->basic.room, password.size);
	return verdict;
}

static void
ask(const struct vs_core_station *station, struct vs_bytes password, size_t at)
{
	uint64_t retry_ms = 0;

	CHECK_OK(vs_verdict_ask(verdicts, verdict_of(station, password, at), vs_clock_mono_ms(),
	                        &retry_ms));
	CHECK(!answers[at].is_there);
}

static struct answer
wait(size_t at)
{
	uint64_t begin_ms = vs_clock_mono_ms();

	while (!answers[at].is_there) {
		CHECK_OK(vs_loop_turn(loop, 10));
		CHECK(vs_clock_mono_ms() - begin_ms < PATIENCE_MS);
	}
	return answers[at];
}

static bool
is_right(const struct vs_core_station *station, struct vs_bytes password)
{
	ask(station, password, 0);
	CHECK_OK(wait(0).result);
	return answers[0].is_right;
}

static struct vs_core_station
station_of(const char *identity, enum vs_core_verifier kind, struct vs_bytes password)
{
	struct vs_core_station station = {
	    .tenant = "default", .auth = VS_CORE_AUTH_BASIC, .is_enabled = true};
	uint8_t bytes[VS_CORE_PEPPERED_SIZE];
	char coded[64], text[VS_PWHASH_TEXT_SIZE];

	(void)snprintf(station.identity, sizeof(station.identity), "%s", identity);
	CHECK_OK(vs_crypto_password_verifier(pepper, VS_BYTES_LITERAL("default"),
	                                     vs_bytes_from_text(identity), password, bytes));
	if (kind == VS_CORE_VERIFIER_PEPPERED) {
		CHECK(vs_core_station_verifier_set(&station, kind, 1,
		                                   vs_bytes_from(bytes, sizeof(bytes))));
		return station;
	}
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(bytes, sizeof(bytes)), coded,
	                       sizeof(coded));
	CHECK_OK(vs_pwhash_make(
	    kind == VS_CORE_VERIFIER_BCRYPT ? vs_bytes_from_text(coded) : password, 4, text));
	CHECK(vs_core_station_verifier_set(&station, kind, 1, vs_bytes_from_text(text)));
	return station;
}

static void
each_kind(void)
{
	struct vs_bytes password = VS_BYTES_LITERAL("right:one");

	for (int kind = 0; kind < VS_CORE_VERIFIER_COUNT; kind++) {
		struct vs_core_station station =
		    station_of("CS-1", (enum vs_core_verifier)kind, password);

		CHECK(!is_right(&station, VS_BYTES_LITERAL("right:onf")));
		CHECK(is_right(&station, password));
		CHECK(!is_right(&station, VS_BYTES_LITERAL("")));
	}
}

/* The AuthorizationKey of OCPP 1.6 is binary. */
/* Some stations decode the AuthorizationKey of OCPP 1.6, some send its digits. */
static void
both_forms_of_a_key(void)
{
	static const uint8_t key[20] = {0x00, 0xff, ':', 1,  2,  3,  4,  5,  6,  7,
	                                8,    9,    10,  11, 12, 13, 14, 15, 16, 17};
	static const char digits[] = "00ff3a0102030405060708090a0b0c0d0e0f1011";
	struct vs_bytes bytes = vs_bytes_from(key, sizeof(key));
	struct vs_core_station as_bytes = station_of("K1", VS_CORE_VERIFIER_PEPPERED, bytes),
			       as_text = station_of("K2", VS_CORE_VERIFIER_PEPPERED,
	                                            vs_bytes_from_text(digits));

	CHECK(is_right(&as_bytes, bytes) && is_right(&as_text, bytes));
	CHECK(is_right(&as_bytes, vs_bytes_from_text(digits)) &&
	      is_right(&as_text, vs_bytes_from_text(digits)));
	CHECK(is_right(&as_bytes, vs_bytes_from_text("00FF3A0102030405060708090A0B0C0D0E0F1011")));
	CHECK(!is_right(&as_bytes, vs_bytes_from_text("00ff3a0102030405060708090a0b0c0d0e0f1012")));
	CHECK(!is_right(&as_bytes, vs_bytes_from_text("00ff3a0102030405060708090a0b0c0d0e0f10")));
}

/* A01: the old one and the next are good until the next was used, whatever kind the old one is. */
static void
the_next_password(void)
{
	struct vs_bytes old = VS_BYTES_LITERAL("the old password"),
			next = VS_BYTES_LITERAL("the next password");

	for (int kind = 0; kind < VS_CORE_VERIFIER_COUNT; kind++) {
		struct vs_core_station station = station_of("N1", (enum vs_core_verifier)kind, old);
		struct vs_core_station other = station_of("N1", VS_CORE_VERIFIER_PEPPERED, next);

		CHECK(!is_right(&station, next));
		station.has_next_verifier = true;
		station.next_pepper_version = 1;
		memcpy(station.next_verifier, other.verifier, sizeof(station.next_verifier));
		CHECK(is_right(&station, old) && !last_proof.is_next_verifier);
		CHECK(is_right(&station, next) && last_proof.is_next_verifier);
		CHECK(!is_right(&station, VS_BYTES_LITERAL("neither of the two")));
		/* One that has had no password until now. */
		station.has_verifier = false;
		CHECK(!is_right(&station, old) && is_right(&station, next));
	}
}

static void
any_bytes(void)
{
	struct vs_bytes password = VS_BYTES_LITERAL("\x00\xff:\x80"
	                                            "a\x00");
	struct vs_core_station fast = station_of("CS-1", VS_CORE_VERIFIER_PEPPERED, password);
	struct vs_core_station slow = station_of("CS-2", VS_CORE_VERIFIER_BCRYPT, password);
	struct vs_core_station raw =
	    station_of("CS-3", VS_CORE_VERIFIER_BCRYPT_RAW, VS_BYTES_LITERAL("imported"));
	uint8_t most[256];

	CHECK(is_right(&fast, password) && is_right(&slow, password));
	CHECK(!is_right(&fast, vs_bytes_from(password.data, 1)));
	CHECK(!is_right(&slow, vs_bytes_from(password.data, 1)));
	/* bcrypt alone would take these for the right one, or stop. */
	CHECK(!is_right(&raw, VS_BYTES_LITERAL("imported\0x")));
	memset(most, 'x', sizeof(most));
	CHECK(!is_right(&raw, vs_bytes_from(most, sizeof(most))));
	CHECK(!is_right(&fast, vs_bytes_from(most, sizeof(most))));
}

/* Compared by what is done, not by the clock. */
static void
an_unknown_identity_costs_the_same(void)
{
	struct vs_core_station known =
	    station_of("CS-1", VS_CORE_VERIFIER_PEPPERED, VS_BYTES_LITERAL("p"));
	struct vs_core_station none = known;
	int64_t fast = vs_metric_read(VS_METRIC_verdicts_fast_total);
	unsigned before = asked;

	none.has_verifier = false;
	CHECK(!is_right(&known, VS_BYTES_LITERAL("x")));
	CHECK(!is_right(NULL, VS_BYTES_LITERAL("x")));
	CHECK(!is_right(&none, VS_BYTES_LITERAL("x")));
	CHECK(vs_metric_read(VS_METRIC_verdicts_fast_total) == fast + 3 && asked == before + 3);
}

static void
right_ones_are_remembered(void)
{
	struct vs_bytes password = VS_BYTES_LITERAL("remember me");
	struct vs_core_station station = station_of("CS-9", VS_CORE_VERIFIER_BCRYPT, password);
	struct vs_core_station changed =
	    station_of("CS-9", VS_CORE_VERIFIER_BCRYPT, VS_BYTES_LITERAL("another"));
	int64_t slow = vs_metric_read(VS_METRIC_verdicts_slow_total);

	CHECK(is_right(&station, password) && is_right(&station, password));
	CHECK(vs_metric_read(VS_METRIC_verdicts_slow_total) == slow + 1);
	/* Wrong ones never. */
	CHECK(!is_right(&station, VS_BYTES_LITERAL("x")) &&
	      !is_right(&station, VS_BYTES_LITERAL("x")));
	CHECK(vs_metric_read(VS_METRIC_verdicts_slow_total) == slow + 3);
	/* A new password: the old one is wrong at once. */
	CHECK(!is_right(&changed, password));
	CHECK(vs_metric_read(VS_METRIC_verdicts_slow_total) == slow + 4);
}

/* Nobody could be asked: that is not a wrong password. */
static void
without_the_pepper(void)
{
	static const enum vs_err errors[] = {VS_E_CLOSED, VS_E_TIMEOUT, VS_E_RATE_LIMITED,
	                                     VS_E_BUSY};
	struct vs_bytes password = VS_BYTES_LITERAL("p");

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		for (int kind = 0; kind < VS_CORE_VERIFIER_COUNT; kind++) {
			struct vs_core_station station =
			    station_of("CS-1", (enum vs_core_verifier)kind, password);

			if (kind == VS_CORE_VERIFIER_BCRYPT_RAW)
				continue; /* does not need it */
			pepper_error = errors[i];
			ask(&station, password, 0);
			CHECK(wait(0).result.code == errors[i] && !answers[0].is_right);
			pepper_error = VS_E_OK;
		}
	}
}

/* Guesses at a bcrypt station wait behind each other; the others do not. */
static void
slow_ones_delay_no_fast_one(void)
{
	struct vs_core_station slow =
	    station_of("SLOW", VS_CORE_VERIFIER_BCRYPT_RAW, VS_BYTES_LITERAL("p"));
	struct vs_core_station fast =
	    station_of("FAST", VS_CORE_VERIFIER_PEPPERED, VS_BYTES_LITERAL("p"));
	size_t left = 0;
	char *text = (char *)slow.verifier;

	memcpy(text + 4, "10", 2); /* 64 times as slow; nothing will match */
	for (size_t i = 1; i <= 20; i++)
		ask(&slow, VS_BYTES_LITERAL("guess"), i);
	ask(&fast, VS_BYTES_LITERAL("p"), 0);
	CHECK(wait(0).is_right);
	for (size_t i = 1; i <= 20; i++)
		left += !answers[i].is_there;
	CHECK(left >= 15);
}

/* The guessers hang up: what waits is not hashed. After slow_ones_delay_no_fast_one. */
static void
who_has_gone_is_not_checked(void)
{
	struct vs_core_station slow =
	    station_of("GONE", VS_CORE_VERIFIER_BCRYPT_RAW, VS_BYTES_LITERAL("p"));
	int64_t dropped = vs_metric_read(VS_METRIC_verdicts_dropped_total);
	struct vs_verdict *gone[10];
	uint64_t retry_ms = 0;

	for (size_t i = 1; i <= 20; i++)
		(void)wait(i);
	memcpy((char *)slow.verifier + 4, "10", 2);
	for (size_t i = 0; i < 10; i++) {
		gone[i] = verdict_of(&slow, VS_BYTES_LITERAL("guess"), i);
		CHECK_OK(vs_verdict_ask(verdicts, gone[i], vs_clock_mono_ms(), &retry_ms));
	}
	for (size_t i = 1; i < 10; i++)
		vs_verdict_leave(gone[i]);
	for (size_t i = 0; i < 10; i++)
		(void)wait(i);
	CHECK(vs_metric_read(VS_METRIC_verdicts_dropped_total) >= dropped + 9);
	CHECK(answers[5].result.code == VS_E_TIMEOUT && !answers[5].is_right);
}

static void
a_full_queue_says_when(void)
{
	struct vs_core_station slow =
	    station_of("FULL", VS_CORE_VERIFIER_BCRYPT_RAW, VS_BYTES_LITERAL("p"));
	int64_t hashed;
	uint64_t retry_ms = 0;
	size_t count = 0;
	struct vs_verdict *verdict;
	static struct vs_verdict *under_way[400];

	memcpy((char *)slow.verifier + 4, "10", 2);
	for (;;) {
		verdict = verdict_of(&slow, VS_BYTES_LITERAL("guess"), count);
		if (vs_verdict_ask(verdicts, verdict, vs_clock_mono_ms(), &retry_ms).code !=
		    VS_E_OK)
			break;
		under_way[count++] = verdict;
		CHECK(count < 400);
	}
	hashed = vs_metric_read(VS_METRIC_verdicts_slow_total);
	CHECK(count > 2 && retry_ms >= 2000 && retry_ms <= 6000);
	vs_verdict_free(&verdict); /* it is still the asker's */
	for (size_t i = 1; i < count; i++) {
		if (!answers[i].is_there)
			vs_verdict_leave(under_way[i]);
	}
	for (size_t i = 0; i < count; i++)
		(void)wait(i);
	CHECK(vs_metric_read(VS_METRIC_verdicts_slow_total) <= hashed + 2);
}

/* What is under way when everything ends is wiped and freed, not finished. */
static void
the_end_with_work_left(void)
{
	struct vs_core_station station =
	    station_of("CS-1", VS_CORE_VERIFIER_BCRYPT, VS_BYTES_LITERAL("p"));

	CHECK(is_right(&station, VS_BYTES_LITERAL("p")));
	ask(&station, VS_BYTES_LITERAL("p"), 0); /* remembered: its answer is in the mailbox */
	vs_verdicts_free(&verdicts);
	vs_verdicts_free(&verdicts);
	CHECK(!answers[0].is_there);
}

int
main(void)
{
	struct vs_verdicts_options options = {.pepper = {NULL, verifier}, .slow_threads = 1};

	CHECK_OK(vs_secret_new(VS_CRYPTO_PEPPER_SIZE, &pepper));
	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_verdicts_new(&options, &verdicts));
	CASE(each_kind);
	CASE(any_bytes);
	CASE(both_forms_of_a_key);
	CASE(the_next_password);
	CASE(an_unknown_identity_costs_the_same);
	CASE(right_ones_are_remembered);
	CASE(without_the_pepper);
	CASE(slow_ones_delay_no_fast_one);
	CASE(who_has_gone_is_not_checked);
	CASE(a_full_queue_says_when);
	CASE(the_end_with_work_left);
	vs_loop_free(&loop);
	vs_secret_free(&pepper);
	return 0;
}
