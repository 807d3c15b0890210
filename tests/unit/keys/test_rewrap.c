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
	CHECK_ERR(vs_keys_kek_rotate(h.keys, "default", VS_CORE_BEHALF("test"), &job), NOT_FOUND);
	fill(&h);
	CHECK_OK(vs_keys_kek_rotate(h.keys, "default", VS_CORE_BEHALF("test"), &job));
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
	CHECK_OK(vs_keys_kek_rotate(h.keys, "default", VS_CORE_BEHALF("test"), &job));
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
	CHECK_OK(vs_keys_root_rewrap(h.keys, VS_CORE_BEHALF("test"), &job));
	CHECK(house_ask(&h, "SELECT total FROM job") == 2);
	CHECK(house_work(&h) == 2);
	CHECK(house_ask(&h, "SELECT count(*) FROM tenant_kek WHERE root_id LIKE '%2'") == 2);
	CHECK(
	    house_ask(
		&h,
		"SELECT count(*) FROM root_kek WHERE state = 'destroyed' AND root_id LIKE '%1'") ==
	    1);
	/* The first root is gone, and not needed any more. */
	CHECK(h.client.previous == 0);
	house_reopen(&h);
	all_open(&h);
	CHECK_OK(vs_keys_index_key(h.keys, "other", b));
	CHECK(memcmp(a, b, 32) == 0);
	house_is_legal(&h);
	house_done(&h);
}

static void
a_root_is_replaced_while_running(void)
{
	struct house h;
	bool is_idle = false;
	int64_t job = 0, again = 0;
	uint8_t key[32];

	house_start(&h);
	/* No tenant has a key yet: the job ends at once. */
	CHECK_OK(vs_keys_root_rewrap(h.keys, VS_CORE_BEHALF("test"), &job));
	CHECK(house_work(&h) == 1);
	CHECK(h.client.root == 2 && h.client.previous == 0);
	fill(&h);
	CHECK_OK(vs_keys_root_rewrap(h.keys, VS_CORE_BEHALF("test"), &job));
	CHECK(h.client.root == 3 && h.client.previous == 2);
	/* The one that runs is found again, and no fourth root is made. */
	CHECK_OK(vs_keys_root_rewrap(h.keys, VS_CORE_BEHALF("test"), &again));
	CHECK(again == job && h.client.root == 3);
	/* What is made from now on is under the new one. */
	CHECK_OK(vs_keys_index_key(h.keys, "other", key));
	CHECK(house_ask(&h, "SELECT count(*) FROM tenant_kek WHERE root_id LIKE '%3'") == 1);
	/* While the old one cannot be destroyed, the job does not say so. */
	h.client.is_root_kept = true;
	CHECK_OK(vs_keys_job_step(h.keys, &is_idle));
	CHECK_ERR(vs_keys_job_step(h.keys, &is_idle), CLOSED);
	CHECK(house_ask(&h, "SELECT count(*) FROM root_kek WHERE state = 'decrypt-only'") == 1);
	house_reopen(&h);
	h.client.is_root_kept = false;
	CHECK(house_work(&h) == 1);
	CHECK(h.client.previous == 0);
	CHECK(house_ask(&h, "SELECT count(*) FROM root_kek WHERE state = 'destroyed'") == 2);
	CHECK(house_ask(&h, "SELECT count(*) FROM job WHERE state = 1") == 2);
	all_open(&h);
	house_is_legal(&h);
	house_done(&h);
}

static void
a_root_that_cannot_be_replaced_stays(void)
{
	struct house h;
	int64_t job = 7;

	house_start(&h);
	fill(&h);
	h.client.is_root_fixed = true;
	CHECK_ERR(vs_keys_root_rewrap(h.keys, VS_CORE_BEHALF("test"), &job), UNSUPPORTED);
	CHECK(job == 7);
	CHECK(house_ask(&h, "SELECT count(*) FROM job") == 0);
	h.client.is_gone = true;
	CHECK_ERR(vs_keys_root_rewrap(h.keys, VS_CORE_BEHALF("test"), &job), CLOSED);
	h.client.is_gone = false;
	all_open(&h);
	house_is_legal(&h);
	house_done(&h);
}

int
main(void)
{
	CASE(all_keys_move_under_the_new_kek);
	CASE(keys_made_meanwhile_are_under_the_new_one);
	CASE(tenant_keks_move_under_the_new_root);
	CASE(a_root_is_replaced_while_running);
	CASE(a_root_that_cannot_be_replaced_stays);
	return 0;
}
