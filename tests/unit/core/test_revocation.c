/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation.h"

#include <pthread.h>

#include "base/limits.h"
#include "test.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static struct vs_core_revocations *set;

static void
add(uint64_t rev_no, enum vs_core_revocation_kind kind, const char *tenant, const char *subject,
    uint32_t epoch)
{
	const struct vs_core_revocation revocation = {rev_no, kind, tenant, subject, epoch};

	CHECK_OK(vs_core_revocations_add(set, &revocation));
}

static enum vs_core_standing
ask(const char *issuer, const char *spki, const char *serial)
{
	const struct vs_core_certificate certificate = {issuer, spki, serial};

	return vs_core_revocations_ask(set, &certificate, 1000);
}

static void
words(void)
{
	enum vs_core_revocation_kind kind;

	for (int i = 0; i < VS_CORE_REVOCATION_KINDS; i++) {
		const char *word = vs_core_revocation_word((enum vs_core_revocation_kind)i);

		CHECK_OK(vs_core_revocation_parse(vs_bytes_from_text(word), &kind));
		CHECK(kind == (enum vs_core_revocation_kind)i);
	}
	CHECK_ERR(vs_core_revocation_parse(VS_BYTES_LITERAL("SPKI"), &kind), BAD_VALUE);
}

static void
certificates(void)
{
	CHECK_OK(vs_core_revocations_new(&set));
	CHECK(ask(A, B, "1f") == VS_CORE_STANDING_GOOD);
	add(1, VS_CORE_REVOKED_CERTIFICATE, "", A ":1f", 0);
	CHECK(ask(A, B, "1f") == VS_CORE_STANDING_REVOKED);
	CHECK(ask(C, B, "1f") == VS_CORE_STANDING_GOOD); /* the same serial of another issuer */
	CHECK(ask(A, B, "1") == VS_CORE_STANDING_GOOD);
	add(3, VS_CORE_REVOKED_SPKI, "", B, 0); /* the key, in whatever certificate */
	CHECK(ask(C, B, "2") == VS_CORE_STANDING_REVOKED);
	CHECK(ask(B, C, "2") == VS_CORE_STANDING_REVOKED); /* a CA's key takes all below it along */
	CHECK(ask(C, C, "2") == VS_CORE_STANDING_GOOD);
	add(2, VS_CORE_REVOKED_CERTIFICATE, "", A ":1f", 0); /* again */
	CHECK(vs_core_revocations_last(set) == 3 && vs_core_revocations_count(set) == 2);
	vs_core_revocations_free(&set);
}

static void
keys_and_tokens(void)
{
	CHECK_OK(vs_core_revocations_new(&set));
	add(1, VS_CORE_REVOKED_KEY, "t1", "CS-1/field", 4);
	CHECK(vs_core_revocations_has(set, VS_CORE_REVOKED_KEY, "t1", "CS-1/field", 4));
	CHECK(!vs_core_revocations_has(set, VS_CORE_REVOKED_KEY, "t1", "CS-1/field", 3));
	CHECK(!vs_core_revocations_has(set, VS_CORE_REVOKED_KEY, "t1", "CS-1/field", 5));
	add(2, VS_CORE_REVOKED_KEY, "t1", "CS-2/field", 0); /* all of them */
	CHECK(vs_core_revocations_has(set, VS_CORE_REVOKED_KEY, "t1", "CS-2/field", 7));
	CHECK(!vs_core_revocations_has(set, VS_CORE_REVOKED_DEVICE, "t1", "CS-2/field", 0));
	/* Another tenant, another kind, and no way to move the border between the two. */
	CHECK(!vs_core_revocations_has(set, VS_CORE_REVOKED_KEY, "t2", "CS-1/field", 1));
	CHECK(!vs_core_revocations_has(set, VS_CORE_REVOKED_JTI, "t1", "CS-1/field", 1));
	CHECK(!vs_core_revocations_has(set, VS_CORE_REVOKED_KEY, "t1C", "S-1/field", 1));
	add(3, VS_CORE_REVOKED_JTI, "t1", "0193", 0);
	CHECK(vs_core_revocations_has(set, VS_CORE_REVOKED_JTI, "t1", "0193", 0));
	vs_core_revocations_free(&set);
}

static struct vs_core_feed *
feed(const char *name, const char *issuer, int64_t next_ms, const char *serial)
{
	struct vs_core_feed *made = NULL;

	CHECK_OK(vs_core_feed_new(name, issuer, 0, next_ms, &made));
	if (serial != NULL)
		CHECK_OK(vs_core_feed_add(made, serial));
	return made;
}

static void
feeds_are_replaced_whole(void)
{
	struct vs_core_feed *feeds[2] = {feed("a.crl", A, 2000, "1"), feed("b.crl", B, 999, "2")};
	bool is_revoked = false;
	int64_t until_ms = 0;
	char name[64] = "";

	CHECK_OK(vs_core_revocations_new(&set));
	CHECK(vs_core_revocations_stale(set, 0, name) == 0);
	CHECK_OK(vs_core_revocations_replace_feeds(set, feeds, 2));
	CHECK(ask(A, C, "1") == VS_CORE_STANDING_REVOKED &&
	      ask(A, C, "2") == VS_CORE_STANDING_GOOD);
	/* A stale list still revokes; what it does not name is not known to be good. */
	CHECK(ask(B, C, "2") == VS_CORE_STANDING_REVOKED);
	CHECK(ask(B, C, "1") == VS_CORE_STANDING_STALE && ask(C, C, "1") == VS_CORE_STANDING_GOOD);
	CHECK(vs_core_revocations_stale(set, 1000, name) == 1 && strcmp(name, "b.crl") == 0);
	CHECK(vs_core_revocations_count(set) == 2);
	CHECK(vs_core_revocations_listed(set, A, "1", &is_revoked, &until_ms) && is_revoked &&
	      until_ms == 2000);
	CHECK(vs_core_revocations_listed(set, B, "1", &is_revoked, &until_ms) && !is_revoked &&
	      until_ms == 999);
	CHECK(!vs_core_revocations_listed(set, "c", "1", &is_revoked, &until_ms));

	/* The next list no longer names the one and is fresh again for the other. */
	feeds[0] = feed("a.crl", A, 2000, NULL);
	feeds[1] = feed("b2.crl", B, 5000, "7");
	CHECK_OK(vs_core_revocations_replace_feeds(set, feeds, 2));
	CHECK(ask(A, C, "1") == VS_CORE_STANDING_GOOD && ask(B, C, "1") == VS_CORE_STANDING_GOOD);
	CHECK(ask(B, C, "7") == VS_CORE_STANDING_REVOKED);
	add(9, VS_CORE_REVOKED_CERTIFICATE, "", A ":1", 0);
	CHECK_OK(vs_core_revocations_replace_feeds(set, NULL, 0)); /* our own list stays */
	CHECK(ask(A, C, "1") == VS_CORE_STANDING_REVOKED &&
	      ask(B, C, "7") == VS_CORE_STANDING_GOOD);
	vs_core_revocations_free(&set);
}

static void
limits(void)
{
	struct vs_core_feed *feeds[VS_LIMIT_REVOCATION_FEEDS + 1];
	struct vs_core_feed *bad = NULL;
	char subject[300];
	const struct vs_core_revocation revocation = {1, VS_CORE_REVOKED_JTI, "t", subject, 0};

	CHECK_OK(vs_core_revocations_new(&set));
	memset(subject, 'x', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	CHECK_ERR(vs_core_revocations_add(set, &revocation), BAD_VALUE);
	CHECK(!vs_core_revocations_has(set, VS_CORE_REVOKED_JTI, "t", subject, 0));
	CHECK_ERR(vs_core_feed_new("short", "abcd", 0, 0, &bad), BAD_VALUE);
	for (size_t i = 0; i <= VS_LIMIT_REVOCATION_FEEDS; i++)
		feeds[i] = feed("x", A, 1, NULL);
	CHECK_ERR(vs_core_revocations_replace_feeds(set, feeds, VS_LIMIT_REVOCATION_FEEDS + 1),
	          TOO_LONG);
	for (size_t i = 0; i <= VS_LIMIT_REVOCATION_FEEDS; i++)
		vs_core_feed_free(&feeds[i]);
	vs_core_revocations_free(&set);
}

static void *
ask_often(void *argument)
{
	(void)argument;
	for (int i = 0; i < 2000; i++)
		CHECK(ask(C, C, "5") == VS_CORE_STANDING_GOOD);
	return NULL;
}

/* For the thread sanitizer: who asks and who changes at the same time. */
static void
threads(void)
{
	pthread_t thread;
	char subject[32];

	CHECK_OK(vs_core_revocations_new(&set));
	CHECK(pthread_create(&thread, NULL, ask_often, NULL) == 0);
	for (unsigned i = 0; i < 500; i++) {
		struct vs_core_feed *one = feed("a", A, 1, "1");

		(void)snprintf(subject, sizeof(subject), "%u", i);
		add(i + 1, VS_CORE_REVOKED_JTI, "t", subject, 0);
		CHECK_OK(vs_core_revocations_replace_feeds(set, &one, 1));
	}
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(vs_core_revocations_last(set) == 500 && vs_core_revocations_count(set) == 501);
	vs_core_revocations_free(&set);
}

int
main(void)
{
	CASE(words);
	CASE(certificates);
	CASE(keys_and_tokens);
	CASE(feeds_are_replaced_whole);
	CASE(limits);
	CASE(threads);
	return 0;
}
