/* SPDX-License-Identifier: Apache-2.0 */
/* What time brings: offers and overlaps end, keys come of age. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/metric.h"
#include "keys/inside.h"

#define EXPIRE_MAX 256u
#define LOOK_MAX   1000u /* aged keys looked at in one tick */
#define DAY_MS     INT64_C(86400000)

struct rows {
	struct vs_keystore_key *rows;
	size_t count, count_max;
};

static bool
collect(const struct vs_keystore_key *row, void *arg)
{
	struct rows *rows = arg;

	rows->rows[rows->count++] = *row;
	return rows->count < rows->count_max;
}

void
vs_keys_set_rotator(struct vs_keys *keys, const struct vs_keys_rotator *port)
{
	assert(keys != NULL && port != NULL && port->rotate != NULL);
	keys->rotator = *port;
}

vs_result
vs_keys_device_carry(struct vs_keys *keys, const struct vs_keys_device *device)
{
	assert(keys != NULL && device != NULL);
	return keys->rotator.rotate != NULL ? keys->rotator.rotate(keys->rotator.self, device)
	                                    : VS_FAIL(NOT_CONNECTED);
}

int64_t
vs_keys_due_ms(const struct vs_keystore_key *key, int64_t period_ms)
{
	static const uint8_t salt[16] = "voltseal due";
	uint8_t bytes[8];
	uint64_t part;

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)((uint64_t)key->key_id >> (8 * i));
	part = vs_hash_keyed(vs_bytes_from(bytes, sizeof(bytes)), salt) % 1000;
	return key->activated_ms + period_ms / 1000 * (int64_t)(800 + part / 5);
}

static vs_result
expire_due(struct vs_keys *keys, struct rows *rows)
{
	const struct vs_keystore *store = keys->store;
	const struct vs_keystore_query query = {
	    .list = VS_KEYSTORE_EXPIRED, .at_ms = vs_keys_now(keys), .limit = EXPIRE_MAX};
	vs_result r;

	rows->count = 0;
	rows->count_max = EXPIRE_MAX;
	vs_keys_lock(keys);
	r = store->keys(store->self, &query, collect, rows);
	for (size_t i = 0; i < rows->count && r.code == VS_E_OK; i++)
		r = vs_keys_expire(keys, &rows->rows[i]);
	vs_keys_unlock(keys);
	return r;
}

bool
vs_keys_chan_of(const struct vs_keystore_key *row, enum vs_keys_chan *chan_out)
{
	const char *slash = strchr(row->kind, '/');

	return slash != NULL &&
	       vs_keys_chan_parse(vs_bytes_from_text(slash + 1), chan_out).code == VS_E_OK;
}

static bool
take_activated(const struct vs_keystore_key *row, void *arg)
{
	*(int64_t *)arg = row->activated_ms;
	return false;
}

/* When none is due. */
static int64_t
first_age_ms(const struct vs_keys *keys, int64_t now_ms)
{
	const struct vs_keystore_query query = {.list = VS_KEYSTORE_OLDEST, .limit = 1};
	int64_t activated_ms = now_ms;

	if (keys->store->keys(keys->store->self, &query, take_activated, &activated_ms).code !=
	    VS_E_OK)
		return 0;
	return now_ms - activated_ms;
}

/* The oldest of a whole round is told when the round is over. */
static void
note_ages(struct vs_keys *keys, const struct rows *rows, int64_t now_ms)
{
	for (size_t i = 0; i < rows->count; i++) {
		int64_t age_ms = now_ms - rows->rows[i].activated_ms;

		if (age_ms > keys->oldest_ms)
			keys->oldest_ms = age_ms;
	}
	if (keys->aged_after != 0)
		return;
	if (keys->oldest_ms == 0)
		keys->oldest_ms = first_age_ms(keys, now_ms);
	vs_metric_add(VS_METRIC_key_age_seconds,
	              keys->oldest_ms / 1000 - vs_metric_read(VS_METRIC_key_age_seconds));
	keys->oldest_ms = 0;
}

/* A walk over the aged keys, some in each tick, round and round. Without the lock: the port will
 * ask for an offer. */
static vs_result
rotate_due(struct vs_keys *keys, struct rows *rows)
{
	const struct vs_keystore *store = keys->store;
	int64_t now_ms = vs_keys_now(keys), shortest = INT64_MAX;
	unsigned begun = 0;

	if (keys->rotator.rotate == NULL)
		return VS_OK;
	for (unsigned i = 0; i < VS_KEYS_CHANS; i++)
		if (keys->options.times.period_ms[i] < shortest)
			shortest = keys->options.times.period_ms[i];
	const struct vs_keystore_query query = {.list = VS_KEYSTORE_AGED,
	                                        .at_ms = now_ms - shortest / 10 * 8,
	                                        .after = keys->aged_after,
	                                        .limit = LOOK_MAX};
	rows->count = 0;
	rows->count_max = LOOK_MAX;
	VS_TRY(store->keys(store->self, &query, collect, rows));
	keys->aged_after = rows->count < LOOK_MAX ? 0 : rows->rows[rows->count - 1].key_id;
	note_ages(keys, rows, now_ms);
	for (size_t i = 0; i < rows->count; i++) {
		const struct vs_keystore_key *row = &rows->rows[i];
		struct vs_keys_device device = {row->tenant, row->owner, VS_KEYS_FIELD};

		if (!vs_keys_chan_of(row, &device.chan) ||
		    vs_keys_due_ms(row, keys->options.times.period_ms[device.chan]) > now_ms)
			continue;
		if (begun == VS_LIMIT_KEYS_ROTATIONS) {
			keys->aged_after = row->key_id - 1;
			break;
		}
		if (keys->rotator.rotate(keys->rotator.self, &device).code == VS_E_OK)
			begun++;
	}
	return VS_OK;
}

struct aged_keks {
	char tenants[64][VS_KEYS_TENANT_SIZE];
	size_t count;
	int64_t before_ms;
};

static bool
look_at_kek(const struct vs_keystore_kek *row, void *arg)
{
	struct aged_keks *aged = arg;

	if (row->state == VS_KEYS_ACTIVE && row->created_ms <= aged->before_ms)
		memcpy(aged->tenants[aged->count++], row->kek.tenant, VS_KEYS_TENANT_SIZE);
	return aged->count < 64;
}

static vs_result
daily(struct vs_keys *keys)
{
	const struct vs_keystore *store = keys->store;
	int64_t now_ms = vs_keys_now(keys), count = 0, job_id = 0;
	struct aged_keks aged = {.before_ms = now_ms - keys->options.times.kek_period_ms};

	VS_TRY(store->keks(store->self, "", 0, SIZE_MAX >> 1, look_at_kek, &aged));
	for (size_t i = 0; i < aged.count; i++)
		VS_TRY(vs_keys_kek_rotate(keys, aged.tenants[i], VS_CORE_BEHALF("scheduler"),
		                          &job_id));
	return store->purge(store->self, now_ms - keys->options.times.shred_ms, &count);
}

vs_result
vs_keys_tick(struct vs_keys *keys)
{
	struct rows rows = {.count = 0};
	int64_t daily_ms = DAY_MS;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(keys != NULL);
	if (keys->options.times.kek_period_ms / 4 < daily_ms)
		daily_ms = keys->options.times.kek_period_ms / 4; /* a test's */
	rows.rows = calloc(LOOK_MAX, sizeof(*rows.rows));
	if (rows.rows == NULL)
		return r;
	r = expire_due(keys, &rows);
	if (r.code == VS_E_OK)
		r = rotate_due(keys, &rows);
	if (r.code == VS_E_OK && vs_keys_now(keys) >= keys->next_daily_ms) {
		r = daily(keys);
		if (r.code == VS_E_OK)
			keys->next_daily_ms = vs_keys_now(keys) + daily_ms;
	}
	free(rows.rows);
	return r;
}
