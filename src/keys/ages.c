/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are older than they may become: the schedule does not get through to them. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "keys/inside.h"

#define LATE_PERIODS 2
#define LATE_MS      INT64_C(3600000) /* of what the next tick should have destroyed */
#define PAGE         500u

/* --- one key --------------------------------------------------------------------------------- */

struct vs_keys_due
vs_keys_due(const struct vs_keys *keys, const struct vs_keystore_key *row)
{
	struct vs_keys_due due = {.at_ms = VS_KEYS_NEVER};
	int64_t now_ms, period_ms;
	enum vs_keys_chan chan;

	assert(keys != NULL && row != NULL);
	now_ms = vs_keys_now(keys);
	if (row->state == VS_KEYS_ACTIVE && vs_keys_chan_of(row, &chan)) {
		period_ms = keys->options.times.period_ms[chan];
		due.at_ms = vs_keys_due_ms(row, period_ms);
		due.is_overdue = row->activated_ms <= now_ms - LATE_PERIODS * period_ms;
	} else if (row->state == VS_KEYS_DECRYPT_ONLY && row->until_ms != VS_KEYS_NEVER) {
		due.at_ms = row->until_ms;
		due.is_overdue = row->until_ms <= now_ms - LATE_MS;
	}
	return due;
}

struct vs_keys_due
vs_keys_kek_due(const struct vs_keys *keys, const struct vs_keystore_kek *row)
{
	struct vs_keys_due due = {.at_ms = VS_KEYS_NEVER};
	int64_t period_ms;

	assert(keys != NULL && row != NULL);
	if (row->state != VS_KEYS_ACTIVE)
		return due;
	period_ms = keys->options.times.kek_period_ms;
	due.at_ms = row->created_ms + period_ms;
	due.is_overdue = row->created_ms <= vs_keys_now(keys) - LATE_PERIODS * period_ms;
	return due;
}

/* --- all of them ----------------------------------------------------------------------------- */

struct look {
	const struct vs_keys *keys;
	struct vs_keys_ages *ages;
	int64_t now_ms, after;
	size_t seen;
};

static void
name_first(struct vs_keys_ages *ages, const char *kind, const char *tenant, const char *owner)
{
	if (ages->first[0] == '\0')
		(void)snprintf(ages->first, sizeof(ages->first), "%s %s%s%s", kind, tenant,
		               owner[0] != '\0' ? "/" : "", owner);
}

static bool
look_at_active(const struct vs_keystore_key *row, void *arg)
{
	struct look *look = arg;

	look->seen++;
	look->after = row->key_id;
	if (vs_keys_due(look->keys, row).is_overdue) {
		look->ages->active++;
		name_first(look->ages, row->kind, row->tenant, row->owner);
	}
	return true;
}

static bool
look_at_expired(const struct vs_keystore_key *row, void *arg)
{
	struct look *look = arg;

	look->seen++;
	look->after = row->key_id;
	look->ages->decrypt_only++;
	name_first(look->ages, row->kind, row->tenant, row->owner);
	return true;
}

static bool
look_at_kek(const struct vs_keystore_kek *row, void *arg)
{
	struct look *look = arg;

	if (vs_keys_kek_due(look->keys, row).is_overdue) {
		look->ages->keks++;
		name_first(look->ages, "kek", row->kek.tenant, "");
	}
	return true;
}

static vs_result
walk(struct look *look, enum vs_keystore_list list, int64_t at_ms,
     bool (*row)(const struct vs_keystore_key *, void *))
{
	const struct vs_keystore *store = look->keys->store;

	look->after = 0;
	do {
		const struct vs_keystore_query query = {
		    .list = list, .at_ms = at_ms, .after = look->after, .limit = PAGE};

		look->seen = 0;
		VS_TRY(store->keys(store->self, &query, row, look));
	} while (look->seen == PAGE);
	return VS_OK;
}

vs_result
vs_keys_ages(struct vs_keys *keys, struct vs_keys_ages *ages_out)
{
	struct vs_keys_ages ages = {.active = 0};
	struct look look = {.keys = keys, .ages = &ages, .now_ms = vs_keys_now(keys)};
	int64_t shortest = INT64_MAX;

	assert(keys != NULL && ages_out != NULL);
	for (unsigned i = 0; i < VS_KEYS_CHANS; i++)
		if (keys->options.times.period_ms[i] < shortest)
			shortest = keys->options.times.period_ms[i];
	VS_TRY(
	    walk(&look, VS_KEYSTORE_AGED, look.now_ms - LATE_PERIODS * shortest, look_at_active));
	VS_TRY(walk(&look, VS_KEYSTORE_EXPIRED, look.now_ms - LATE_MS, look_at_expired));
	VS_TRY(keys->store->keks(keys->store->self, "", 0, SIZE_MAX >> 1, look_at_kek, &look));
	*ages_out = ages;
	return VS_OK;
}
