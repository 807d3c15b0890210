/* SPDX-License-Identifier: Apache-2.0 */
#include "core/status.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"

#define KEY_SIZE (VS_CORE_HASH_TEXT_SIZE + VS_CORE_SERIAL_TEXT_SIZE)
#define KEEP_MS  INT64_C(3600000) /* what is over, in case it is asked for again */
#define LOST_MS  INT64_C(60000)   /* whoever fetches has not come back */

struct entry {
	enum vs_core_status status;
	int64_t until_ms; /* what is said is not older than it may be */
	int64_t again_ms; /* it is wanted from then on */
};

struct vs_core_statuses {
	struct vs_core_statuses_options options;
	pthread_mutex_t lock;
	struct vs_map *entries;
	char (*issuers)[VS_CORE_HASH_TEXT_SIZE];
	size_t issuer_count;
};

static void
lock(struct vs_core_statuses *statuses)
{
	int error = pthread_mutex_lock(&statuses->lock);

	assert(error == 0);
	(void)error;
}

static void
unlock(struct vs_core_statuses *statuses)
{
	(void)pthread_mutex_unlock(&statuses->lock);
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_core_statuses_new(const struct vs_core_statuses_options *options,
                     struct vs_core_statuses **statuses_out)
{
	struct vs_core_statuses *statuses = calloc(1, sizeof(*statuses));

	assert(options != NULL && options->want != NULL && statuses_out != NULL);
	if (statuses == NULL)
		return VS_FAIL(NO_MEMORY);
	statuses->options = *options;
	if (pthread_mutex_init(&statuses->lock, NULL) != 0) {
		free(statuses);
		return VS_FAIL(NO_MEMORY);
	}
	if (vs_map_new(VS_LIMIT_STATUSES, &statuses->entries).code != VS_E_OK) {
		vs_core_statuses_free(&statuses);
		return VS_FAIL(NO_MEMORY);
	}
	*statuses_out = statuses;
	return VS_OK;
}

void
vs_core_statuses_free(struct vs_core_statuses **statuses)
{
	struct vs_map_cursor cursor = {0};

	assert(statuses != NULL);
	if (*statuses == NULL)
		return;
	while ((*statuses)->entries != NULL && vs_map_next((*statuses)->entries, &cursor))
		free(cursor.value);
	vs_map_free(&(*statuses)->entries);
	free((*statuses)->issuers);
	(void)pthread_mutex_destroy(&(*statuses)->lock);
	free(*statuses);
	*statuses = NULL;
}

vs_result
vs_core_statuses_set_issuers(struct vs_core_statuses *statuses,
                             const char (*issuers)[VS_CORE_HASH_TEXT_SIZE], size_t count)
{
	char(*made)[VS_CORE_HASH_TEXT_SIZE] = NULL;

	if (count > VS_LIMIT_STATUS_SOURCES + VS_LIMIT_STATUS_BELOW)
		return VS_FAIL(TOO_LONG);
	made = calloc(count + 1, sizeof(*made));
	if (made == NULL)
		return VS_FAIL(NO_MEMORY);
	if (count > 0)
		memcpy(made, issuers, count * sizeof(*made));
	lock(statuses);
	free(statuses->issuers);
	statuses->issuers = made;
	statuses->issuer_count = count;
	unlock(statuses);
	return VS_OK;
}

/* --- entries, under the lock ------------------------------------------------------------------ */

static struct vs_bytes
key_of(const char *issuer, const char *serial, char room[static KEY_SIZE])
{
	(void)snprintf(room, KEY_SIZE, "%.64s:%.40s", issuer, serial);
	return vs_bytes_from_text(room);
}

static bool
is_asked(const struct vs_core_statuses *statuses, const char *issuer)
{
	for (size_t i = 0; i < statuses->issuer_count; i++) {
		if (strcmp(statuses->issuers[i], issuer) == 0)
			return true;
	}
	return false;
}

static void
forget(struct vs_core_statuses *statuses, int64_t before_ms)
{
	struct vs_map_cursor cursor = {0};

	while (vs_map_next(statuses->entries, &cursor)) {
		const struct entry *entry = cursor.value;

		if (entry->status != VS_CORE_STATUS_REVOKED && entry->until_ms < before_ms &&
		    entry->again_ms < before_ms)
			free(vs_map_remove(statuses->entries, cursor.key));
	}
}

/* The entry, made when there is none; NULL: there is no room. */
static struct entry *
have(struct vs_core_statuses *statuses, struct vs_bytes key, int64_t now_ms)
{
	struct entry *entry = vs_map_get(statuses->entries, key);

	if (entry != NULL)
		return entry;
	if (vs_map_count(statuses->entries) >= VS_LIMIT_STATUSES)
		forget(statuses, now_ms);
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return NULL;
	*entry = (struct entry){.status = VS_CORE_STATUS_UNKNOWN, .until_ms = now_ms};
	if (vs_map_put(statuses->entries, key, entry, NULL).code == VS_E_OK)
		return entry;
	free(entry);
	return NULL;
}

/* --- asking ----------------------------------------------------------------------------------- */

enum vs_core_status
vs_core_statuses_ask(struct vs_core_statuses *statuses, const char *issuer, const char *serial,
                     int64_t now_ms)
{
	enum vs_core_status status = VS_CORE_STATUS_UNKNOWN;
	char room[KEY_SIZE];
	struct vs_bytes key = key_of(issuer, serial, room);
	bool is_wanted = false;
	struct entry *entry;

	lock(statuses);
	if (!is_asked(statuses, issuer)) {
		unlock(statuses);
		return VS_CORE_STATUS_UNASKED;
	}
	entry = have(statuses, key, now_ms);
	if (entry != NULL) {
		if (entry->status == VS_CORE_STATUS_REVOKED || now_ms <= entry->until_ms)
			status = entry->status;
		is_wanted = now_ms >= entry->again_ms;
		if (is_wanted)
			entry->again_ms = now_ms + LOST_MS;
	}
	unlock(statuses);
	if (is_wanted && !statuses->options.want(statuses->options.arg, issuer, serial))
		vs_core_statuses_put_off(statuses, issuer, serial, now_ms + 1000);
	return status;
}

bool
vs_core_statuses_put(struct vs_core_statuses *statuses, const char *issuer, const char *serial,
                     enum vs_core_status status, int64_t now_ms, int64_t until_ms)
{
	char room[KEY_SIZE];
	struct vs_bytes key = key_of(issuer, serial, room);
	bool is_news = false;
	struct entry *entry;

	assert(status != VS_CORE_STATUS_UNASKED);
	lock(statuses);
	entry = have(statuses, key, now_ms);
	if (entry != NULL) {
		bool was_revoked = entry->status == VS_CORE_STATUS_REVOKED;

		is_news = status == VS_CORE_STATUS_REVOKED && !was_revoked;
		if (!was_revoked)
			entry->status = status;
		entry->until_ms = until_ms > now_ms ? until_ms : now_ms;
		/* Before it is over, so that nobody has to go without it. */
		entry->again_ms = now_ms + (entry->until_ms - now_ms) / 4 * 3;
		if (entry->again_ms < now_ms + LOST_MS)
			entry->again_ms = now_ms + LOST_MS;
	}
	unlock(statuses);
	return is_news;
}

void
vs_core_statuses_put_off(struct vs_core_statuses *statuses, const char *issuer, const char *serial,
                         int64_t again_ms)
{
	char room[KEY_SIZE];
	struct vs_bytes key = key_of(issuer, serial, room);
	struct entry *entry;

	lock(statuses);
	entry = vs_map_get(statuses->entries, key);
	if (entry != NULL)
		entry->again_ms = again_ms;
	unlock(statuses);
}

bool
vs_core_statuses_are_due(struct vs_core_statuses *statuses, int64_t now_ms)
{
	struct vs_map_cursor cursor = {0};
	bool is_due = false;

	lock(statuses);
	forget(statuses, now_ms - KEEP_MS);
	while (!is_due && vs_map_next(statuses->entries, &cursor))
		is_due = ((const struct entry *)cursor.value)->again_ms <= now_ms;
	unlock(statuses);
	return is_due;
}

size_t
vs_core_statuses_count(struct vs_core_statuses *statuses)
{
	size_t count;

	lock(statuses);
	count = vs_map_count(statuses->entries);
	unlock(statuses);
	return count;
}
