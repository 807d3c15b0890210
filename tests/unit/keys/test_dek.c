/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keys.h"

#include <pthread.h>

#include "base/limits.h"
#include "base/metric.h"
#include "fake.h"

#define MONTH_MS (INT64_C(31) * 86400000)

static void
one_key_for_a_subject_and_month(void)
{
	struct house h;
	uint8_t a[32], b[32];
	uint32_t id = 0, other = 0;
	unsigned calls;

	house_start(&h);
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &id, a));
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &other, b));
	CHECK(id == other && memcmp(a, b, 32) == 0);
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0002", fake_now_ms, &other, b));
	CHECK(id != other && memcmp(a, b, 32) != 0);
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms + MONTH_MS, &other, b));
	CHECK(id != other && memcmp(a, b, 32) != 0);
	CHECK_OK(vs_keys_dek_seal(h.keys, "other", "CS-0001", fake_now_ms, &other, b));
	CHECK(id != other && memcmp(a, b, 32) != 0);
	/* After a restart, from the keystore. */
	house_reopen(&h);
	CHECK_OK(vs_keys_dek_open(h.keys, "default", id, b));
	CHECK(memcmp(a, b, 32) == 0);
	calls = h.client.calls;
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &other, b));
	CHECK(id == other && h.client.calls == calls); /* open had cached it for sealing, too */
	/* When it is too old it is fetched again. */
	fake_now_ms += VS_LIMIT_KEYS_CACHE_AGE * INT64_C(1000);
	CHECK_OK(vs_keys_dek_open(h.keys, "default", id, b));
	CHECK(h.client.calls == calls + 1);
	CHECK(house_ask(&h, "SELECT count(*) FROM key WHERE kind = 'dek'") == 4);
	CHECK(house_ask(&h, "SELECT count(*) FROM audit WHERE event = 'key.create'") == 4);
	house_done(&h);
}

static void
refuses_what_is_not_there(void)
{
	struct house h;
	uint8_t key[32] = {0};
	uint32_t id = 0;

	house_start(&h);
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &id, key));
	CHECK_ERR(vs_keys_dek_open(h.keys, "default", id + 1, key), NOT_FOUND);
	CHECK_ERR(vs_keys_dek_open(h.keys, "default", 0, key), NOT_FOUND);
	CHECK_ERR(vs_keys_dek_open(h.keys, "other", id, key), NOT_FOUND);
	/* The index key has a number, too; it is no data key. */
	CHECK_OK(vs_keys_index_key(h.keys, "default", key));
	CHECK_ERR(vs_keys_dek_open(h.keys, "default", id + 1, key), NOT_FOUND);
	CHECK_ERR(vs_keys_dek_seal(h.keys, "Default", "CS-0001", fake_now_ms, &id, key), BAD_VALUE);
	CHECK_ERR(vs_keys_dek_seal(h.keys, "", "CS-0001", fake_now_ms, &id, key), BAD_VALUE);
	CHECK_ERR(vs_keys_dek_seal(h.keys, "default", "a/b", fake_now_ms, &id, key), BAD_VALUE);
	CHECK_ERR(vs_keys_dek_seal(h.keys, "default", "", fake_now_ms, &id, key), BAD_VALUE);
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", ":token", fake_now_ms, &id, key));
	house_done(&h);
}

static void
the_key_process_is_gone(void)
{
	struct house h;
	uint8_t key[32];
	uint32_t id = 0;

	house_start(&h);
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &id, key));
	h.client.is_gone = true;
	CHECK_OK(vs_keys_dek_open(h.keys, "default", id, key)); /* cached */
	CHECK_ERR(vs_keys_dek_seal(h.keys, "default", "CS-0002", fake_now_ms, &id, key), CLOSED);
	CHECK_ERR(vs_keys_index_key(h.keys, "default", key), CLOSED);
	CHECK(house_ask(&h, "SELECT count(*) FROM key") == 1);
	h.client.is_gone = false;
	CHECK_OK(vs_keys_index_key(h.keys, "default", key));
	house_done(&h);
}

static void
a_batch_is_one_transaction(void)
{
	struct house h;
	struct vs_keys_subject subjects[300];
	char names[300][16];
	uint8_t key[32];
	uint32_t id = 0;
	int64_t before;

	house_start(&h);
	for (size_t i = 0; i < 300; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "CS-%zu", i % 250); /* some twice */
		subjects[i] = (struct vs_keys_subject){"default", names[i]};
	}
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-7", fake_now_ms, &id, key));
	before = vs_metric_read(VS_METRIC_key_changes_total);
	CHECK_OK(vs_keys_dek_prepare(h.keys, subjects, 300, fake_now_ms));
	CHECK(vs_metric_read(VS_METRIC_key_changes_total) == before + 1);
	CHECK(house_ask(&h, "SELECT count(*) FROM key") == 250);
	before = h.client.calls;
	for (size_t i = 0; i < 250; i++)
		CHECK_OK(vs_keys_dek_seal(h.keys, "default", names[i], fake_now_ms, &id, key));
	CHECK(h.client.calls == before); /* they are in the cache */
	CHECK_OK(vs_keys_dek_prepare(h.keys, subjects, 300, fake_now_ms));
	CHECK_OK(vs_keys_dek_prepare(h.keys, subjects, 0, fake_now_ms));
	CHECK(house_ask(&h, "SELECT count(*) FROM key") == 250);
	/* One bad name: nothing is made. */
	subjects[0] = (struct vs_keys_subject){"default", "new"};
	subjects[1] = (struct vs_keys_subject){"default", "b d"};
	CHECK_ERR(vs_keys_dek_prepare(h.keys, subjects, 2, fake_now_ms), BAD_VALUE);
	CHECK(house_ask(&h, "SELECT count(*) FROM key") == 250);
	house_done(&h);
}

/* NIST SP 800-38D 8.3: at most 2^32 random nonces under one key; ours ends well before. */
static void
enough_seals_make_another_key(void)
{
	struct house h;
	uint8_t first[32], second[32], again[32];
	uint32_t id = 0, next = 0;

	house_start(&h);
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &id, first));
	CHECK_OK(vs_keys_dek_used(h.keys, "default", id, 1000));
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &next, second));
	CHECK(id == next);
	CHECK_OK(vs_keys_dek_used(h.keys, "default", id, VS_LIMIT_KEYS_SEALS - 1000));
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &next, second));
	CHECK(id != next && memcmp(first, second, 32) != 0);
	CHECK_OK(vs_keys_dek_open(h.keys, "default", id, again));
	CHECK(memcmp(first, again, 32) == 0);
	CHECK(house_ask(&h, "SELECT count(*) FROM key WHERE state = 'decrypt-only'") == 1);
	CHECK_ERR(vs_keys_dek_used(h.keys, "other", id, 1), NOT_FOUND);
	CHECK_ERR(vs_keys_dek_used(h.keys, "default", id, UINT64_MAX), OUT_OF_RANGE);
	house_done(&h);
}

static void
index_keys_belong_to_their_tenant(void)
{
	struct house h;
	uint8_t a[32], b[32];

	house_start(&h);
	CHECK_OK(vs_keys_index_key(h.keys, "default", a));
	CHECK_OK(vs_keys_index_key(h.keys, "other", b));
	CHECK(memcmp(a, b, 32) != 0);
	house_reopen(&h);
	CHECK_OK(vs_keys_index_key(h.keys, "default", b));
	CHECK(memcmp(a, b, 32) == 0);
	CHECK_ERR(vs_keys_index_key(h.keys, "no tenant", b), BAD_VALUE);
	house_done(&h);
}

/* Many at once ask for keys that nobody has made yet: all get the same ones. */
static struct house crowd;
static uint32_t crowd_ids[4][40];

static void *
ask(void *arg)
{
	uint32_t *ids = arg;

	for (unsigned i = 0; i < 40; i++) {
		char subject[16];
		uint8_t key[32];

		(void)snprintf(subject, sizeof(subject), "CS-%u", i);
		CHECK_OK(
		    vs_keys_dek_seal(crowd.keys, "default", subject, fake_now_ms, &ids[i], key));
		CHECK_OK(vs_keys_dek_open(crowd.keys, "default", ids[i], key));
	}
	return NULL;
}

static void
many_threads_get_the_same_keys(void)
{
	pthread_t threads[4];

	house_start(&crowd);
	for (size_t i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, ask, crowd_ids[i]) == 0);
	for (size_t i = 0; i < 4; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	for (size_t i = 1; i < 4; i++)
		CHECK(memcmp(crowd_ids[0], crowd_ids[i], sizeof(crowd_ids[0])) == 0);
	CHECK(house_ask(&crowd, "SELECT count(*) FROM key") == 40);
	house_done(&crowd);
}

int
main(void)
{
	CASE(one_key_for_a_subject_and_month);
	CASE(refuses_what_is_not_there);
	CASE(the_key_process_is_gone);
	CASE(a_batch_is_one_transaction);
	CASE(enough_seals_make_another_key);
	CASE(index_keys_belong_to_their_tenant);
	CASE(many_threads_get_the_same_keys);
	return 0;
}
