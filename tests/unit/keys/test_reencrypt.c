/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

struct data {
	struct vs_keys *keys;
	unsigned rows, moved; /* rows sealed with the old key */
	unsigned calls, fail_at;
};

static vs_result
move(void *self, const char *tenant, uint32_t dek_id, int64_t *cursor, size_t limit,
     size_t *count_out, bool *is_over_out)
{
	struct data *data = self;
	uint8_t key[32];
	uint32_t now_id = 0;

	if (++data->calls == data->fail_at)
		return VS_FAIL(IO);
	CHECK(strcmp(tenant, "default") == 0 && *cursor == (int64_t)data->moved);
	/* Both are there while it moves. */
	CHECK_OK(vs_keys_dek_open(data->keys, tenant, dek_id, key));
	CHECK_OK(vs_keys_dek_seal(data->keys, tenant, "CS-0001", fake_now_ms, &now_id, key));
	CHECK(now_id != dek_id);
	*count_out = data->rows - data->moved < limit ? data->rows - data->moved : limit;
	data->moved += (unsigned)*count_out;
	*cursor = data->moved;
	*is_over_out = data->moved == data->rows;
	return VS_OK;
}

static void
data_moves_to_the_new_key(void)
{
	struct house h;
	struct data data = {.rows = 700, .fail_at = 2};
	const struct vs_keys_reencrypt port = {&data, move};
	uint8_t key[32];
	uint32_t id = 0;
	int64_t job = 0;
	bool is_idle = false;

	house_start(&h);
	CHECK_OK(vs_keys_dek_seal(h.keys, "default", "CS-0001", fake_now_ms, &id, key));
	CHECK_ERR(vs_keys_dek_rotate(h.keys, "default", id, VS_CORE_BEHALF("test"), &job),
	          UNSUPPORTED);
	data.keys = h.keys;
	vs_keys_set_reencrypt(h.keys, &port);
	CHECK_ERR(vs_keys_dek_rotate(h.keys, "default", id + 7, VS_CORE_BEHALF("test"), &job),
	          NOT_FOUND);
	CHECK_ERR(vs_keys_dek_rotate(h.keys, "other", id, VS_CORE_BEHALF("test"), &job), NOT_FOUND);
	CHECK_OK(vs_keys_dek_rotate(h.keys, "default", id, VS_CORE_BEHALF("test"), &job));
	CHECK_OK(vs_keys_job_step(h.keys, &is_idle));
	CHECK_ERR(vs_keys_job_step(h.keys, &is_idle), IO); /* it may pass */
	/* A restart: it goes on where it was; without a port it waits. */
	house_reopen(&h);
	data.keys = h.keys;
	CHECK_ERR(vs_keys_job_step(h.keys, &is_idle), AGAIN);
	vs_keys_set_reencrypt(h.keys, &port);
	CHECK(house_work(&h) == 2 && data.moved == 700);
	CHECK(house_ask(&h, "SELECT done FROM job") == 700 &&
	      house_ask(&h, "SELECT state FROM job") == 1);
	CHECK_ERR(vs_keys_dek_open(h.keys, "default", id, key), FORBIDDEN);
	CHECK_OK(vs_keys_dek_open(h.keys, "default", id + 1, key));
	CHECK_ERR(vs_keys_dek_rotate(h.keys, "default", id, VS_CORE_BEHALF("test"), &job), NOT_NOW);
	house_is_legal(&h);
	house_done(&h);
}

int
main(void)
{
	CASE(data_moves_to_the_new_key);
	return 0;
}
