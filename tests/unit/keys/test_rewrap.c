/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#define DEKS 600

static uint8_t before[DEKS][32];
static uint32_t ids[DEKS];

static void
fill(struct house *h)
{
	for (unsigned i = 0; i < DEKS; i++) {
		char subject[16];

		(void)snprintf(subject, sizeof(subject), "CS-%u", i);
		CHECK_OK(
		    vs_keys_dek_seal(h->keys, "default", subject, fake_now_ms, &ids[i], before[i]));
	}
}

static void
all_open(struct house *h)
{
	uint8_t key[32];

	house_reopen(h); /* nothing is cached */
	for (unsigned i = 0; i < DEKS; i++) {
		CHECK_OK(vs_keys_dek_open(h->keys, "default", ids[i], key));
		CHECK(memcmp(key, before[i], 32) == 0);
	}
}

static void
all_keys_move_under_the_new_kek(void)
{
	struct house h;
	int64_t job = 0;
	bool is_idle = false;

	house_start(&h);
	CHECK_ERR(vs_keys_kek_rotate(h.keys, "default", "test", &job), NOT_FOUND);
	fill(&h);
	CHECK_OK(vs_keys_kek_rotate(h.keys, "default", "test", &job));
	/* Some, a restart, the rest: 600 are three portions and the end. */
	CHECK_OK(vs_keys_job_step(h.keys, &is_idle));
	CHECK(house_ask(&h, "SELECT done FROM job") == 256 &&
	      house_ask(&h, "SELECT total FROM job") == DEKS);
	CHECK(house_ask(&h, "SELECT count(*) FROM key WHERE kek_version = 1") == DEKS - 256);
	all_open(&h);
	CHECK(house_work(&h) == 3);
	CHECK(house_ask(&h, "SELECT count(*) FROM key WHERE kek_version = 2") == DEKS);
	CHECK(house_ask(
		  &h,
		  "SELECT count(*) FROM tenant_kek WHERE state = 'destroyed' AND version = 1 AND"
		  " wrapped = zeroblob(length(wrapped))") == 1);
	CHECK(house_ask(&h, "SELECT count(*) FROM audit WHERE event IN ('rewrap.begin', "
	                    "'rewrap.end', 'kek.rotate', 'kek.destroy')") == 4);
	all_open(&h);
	house_is_legal(&h);
	house_done(&h);
}

static void
keys_made_meanwhile_are_under_the_new_one(void)
{
	struct house h;
	uint8_t key[32];
	uint32_t id = 0;
	int64_t job = 0;

	house_start(&h);
	fill(&h);
	CHECK_OK(vs_keys_kek_rotate(h.keys, "default", "test", &job));
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "new", fake_now_ms, &id, key));
	CHECK(house_ask(&h, "SELECT kek_version FROM key WHERE owner = 'new'") == 2);
	CHECK(house_work(&h) == 4);
	CHECK_OK(vs_keys_dek_open(h.keys, "default", id, key));
	all_open(&h);
	house_done(&h);
}

static void
tenant_keks_move_under_the_new_root(void)
{
	struct house h;
	uint8_t a[32], b[32];
	int64_t job = 0;

	house_start(&h);
	fill(&h);
	CHECK_OK(vs_keys_index_key(h.keys, "other", a));
	house_close(&h);
	h.client.root = 2;
	h.client.previous = 1;
	house_open(&h);
	CHECK_OK(vs_keys_root_rewrap(h.keys, "test", &job));
	CHECK(house_ask(&h, "SELECT total FROM job") == 2);
	CHECK(house_work(&h) == 2);
	CHECK(house_ask(&h, "SELECT count(*) FROM tenant_kek WHERE root_id LIKE '%2'") == 2);
	CHECK(
	    house_ask(
		&h,
		"SELECT count(*) FROM root_kek WHERE state = 'destroyed' AND root_id LIKE '%1'") ==
	    1);
	/* The first root is not needed any more. */
	house_close(&h);
	h.client.previous = 0;
	house_open(&h);
	all_open(&h);
	CHECK_OK(vs_keys_index_key(h.keys, "other", b));
	CHECK(memcmp(a, b, 32) == 0);
	/* Nothing to move: the job ends at once. */
	CHECK_OK(vs_keys_root_rewrap(h.keys, "test", &job));
	CHECK(house_work(&h) == 1);
	house_is_legal(&h);
	house_done(&h);
}

int
main(void)
{
	CASE(all_keys_move_under_the_new_kek);
	CASE(keys_made_meanwhile_are_under_the_new_one);
	CASE(tenant_keks_move_under_the_new_root);
	return 0;
}
