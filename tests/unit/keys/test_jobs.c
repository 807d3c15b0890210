/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

static void
nothing_to_do_is_idle(void)
{
	struct house h;

	house_start(&h);
	CHECK(house_work(&h) == 0);
	house_done(&h);
}

static void
one_of_a_kind_runs_at_a_time(void)
{
	struct house h;
	uint8_t key[32];
	int64_t first = 0, second = 0;

	house_start(&h);
	CHECK_OK(vs_keys_index_key(h.keys, "default", key));
	CHECK_OK(vs_keys_index_key(h.keys, "other", key));
	CHECK_OK(vs_keys_kek_rotate(h.keys, "default", VS_CORE_BEHALF("test"), &first));
	CHECK_OK(vs_keys_kek_rotate(h.keys, "default", VS_CORE_BEHALF("test"), &second));
	CHECK(first == second);
	CHECK_OK(vs_keys_kek_rotate(h.keys, "other", VS_CORE_BEHALF("test"), &second));
	CHECK(first != second);
	CHECK(house_work(&h) > 0);
	CHECK(house_ask(&h, "SELECT count(*) FROM job WHERE state = 1") == 2);
	CHECK_OK(vs_keys_kek_rotate(h.keys, "default", VS_CORE_BEHALF("test"), &second));
	CHECK(second == 3);
	house_done(&h);
}

static void
what_may_pass_is_tried_again_what_will_not_fails(void)
{
	struct house h;
	uint8_t key[32];
	int64_t job = 0;
	bool is_idle = false;
	sqlite3 *sqlite = NULL;

	house_start(&h);
	CHECK_OK(vs_keys_index_key(h.keys, "default", key));
	CHECK_OK(vs_keys_kek_rotate(h.keys, "default", VS_CORE_BEHALF("test"), &job));
	h.client.is_gone = true;
	CHECK_ERR(vs_keys_job_step(h.keys, &is_idle), CLOSED);
	CHECK_ERR(vs_keys_job_step(h.keys, &is_idle), CLOSED);
	CHECK(house_ask(&h, "SELECT state FROM job") == 0);
	h.client.is_gone = false;
	/* Somebody changed what is wrapped: it does not open, now or later. */
	CHECK(sqlite3_open(h.path, &sqlite) == SQLITE_OK);
	CHECK(sqlite3_exec(sqlite,
	                   "DROP TRIGGER key_changed; UPDATE key SET wrapped = cast(x'e101' || "
	                   "randomblob(60) AS BLOB)",
	                   NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(sqlite) == SQLITE_OK);
	CHECK_ERR(vs_keys_job_step(h.keys, &is_idle), NOT_AUTHENTIC);
	CHECK(house_ask(&h, "SELECT state FROM job") == 2);
	CHECK(house_ask(&h, "SELECT error FROM job") == 1301);
	CHECK(house_ask(&h, "SELECT count(*) FROM audit WHERE event = 'job.failed'") == 1);
	CHECK(house_work(&h) == 0);
	house_done(&h);
}

int
main(void)
{
	CASE(nothing_to_do_is_idle);
	CASE(one_of_a_kind_runs_at_a_time);
	CASE(what_may_pass_is_tried_again_what_will_not_fails);
	return 0;
}
