/* SPDX-License-Identifier: Apache-2.0 */
#include "core/revocation.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"

/* kind, epoch, tenant, NUL, subject */
#define KEY_SIZE_MAX 256

struct vs_core_feed {
	char name[64];
	char issuer[VS_CORE_HASH_TEXT_SIZE];
	int64_t this_update_ms, next_update_ms;
	struct vs_map *serials;
};

struct vs_core_revocations {
	pthread_rwlock_t lock;
	struct vs_map *own; /* a set: the values mean nothing */
	struct vs_core_feed *feeds[VS_LIMIT_REVOCATION_FEEDS];
	size_t feed_count;
	uint64_t last;
	atomic_size_t count; /* revoked things and feeds: 0 is the calm case */
};

static const char *const words[] = {
#define VS_REVOCATION(name, word, subject) [VS_CORE_REVOKED_##name] = word,
#include "core/revocations.def"
#undef VS_REVOCATION
};

const char *
vs_core_revocation_word(enum vs_core_revocation_kind kind)
{
	assert(kind < VS_CORE_REVOCATION_KINDS);
	return words[kind];
}

vs_result
vs_core_revocation_parse(struct vs_bytes word, enum vs_core_revocation_kind *kind_out)
{
	for (int i = 0; i < VS_CORE_REVOCATION_KINDS; i++) {
		if (vs_bytes_equal_text(word, words[i])) {
			*kind_out = (enum vs_core_revocation_kind)i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_core_revocations_new(struct vs_core_revocations **set_out)
{
	struct vs_core_revocations *set;
	vs_result r;

	assert(set_out != NULL);
	set = calloc(1, sizeof(*set));
	if (set == NULL)
		return VS_FAIL(NO_MEMORY);
	if (pthread_rwlock_init(&set->lock, NULL) != 0) {
		free(set);
		return VS_FAIL(NO_MEMORY);
	}
	r = vs_map_new(VS_LIMIT_REVOCATIONS, &set->own);
	if (r.code != VS_E_OK) {
		vs_core_revocations_free(&set);
		return r;
	}
	*set_out = set;
	return VS_OK;
}

void
vs_core_revocations_free(struct vs_core_revocations **set)
{
	assert(set != NULL);
	if (*set == NULL)
		return;
	for (size_t i = 0; i < (*set)->feed_count; i++)
		vs_core_feed_free(&(*set)->feeds[i]);
	vs_map_free(&(*set)->own);
	(void)pthread_rwlock_destroy(&(*set)->lock);
	free(*set);
	*set = NULL;
}

/* Asking changes nothing but the lock. */
static pthread_rwlock_t *
lock_of(const struct vs_core_revocations *set)
{
	return &((struct vs_core_revocations *)(uintptr_t)set)->lock;
}

static void
lock_read(const struct vs_core_revocations *set)
{
	int error = pthread_rwlock_rdlock(lock_of(set));

	assert(error == 0);
	(void)error;
}

static void
lock_write(struct vs_core_revocations *set)
{
	int error = pthread_rwlock_wrlock(&set->lock);

	assert(error == 0);
	(void)error;
}

static void
unlock(const struct vs_core_revocations *set)
{
	(void)pthread_rwlock_unlock(lock_of(set));
}

/* --- our own list ----------------------------------------------------------------------------- */

static bool
make_key(char room[static KEY_SIZE_MAX], const struct vs_core_revocation *revocation,
         struct vs_bytes *key_out)
{
	int size =
	    snprintf(room, KEY_SIZE_MAX, "%c%u%c%s%c%s", 'a' + (char)revocation->kind,
	             (unsigned)revocation->epoch, 0, revocation->tenant, 0, revocation->subject);

	if (size < 0 || size >= KEY_SIZE_MAX)
		return false;
	*key_out = vs_bytes_from(room, (size_t)size);
	return true;
}

static size_t
count_all(const struct vs_core_revocations *set)
{
	size_t count = vs_map_count(set->own);

	for (size_t i = 0; i < set->feed_count; i++)
		count += vs_map_count(set->feeds[i]->serials);
	return count;
}

static void
recount(struct vs_core_revocations *set)
{
	atomic_store_explicit(&set->count, vs_map_count(set->own) + set->feed_count,
	                      memory_order_release);
}

static vs_result
add_locked(struct vs_core_revocations *set, const struct vs_core_revocation *revocation,
           struct vs_bytes key)
{
	if (vs_map_get(set->own, key) == NULL) {
		if (count_all(set) >= VS_LIMIT_REVOCATIONS)
			return VS_FAIL(TOO_LONG);
		VS_TRY(vs_map_put(set->own, key, set, NULL));
	}
	if (revocation->rev_no > set->last)
		set->last = revocation->rev_no;
	recount(set);
	return VS_OK;
}

vs_result
vs_core_revocations_add(struct vs_core_revocations *set,
                        const struct vs_core_revocation *revocation)
{
	char room[KEY_SIZE_MAX];
	struct vs_bytes key;
	vs_result r;

	assert(set != NULL && revocation != NULL && revocation->kind < VS_CORE_REVOCATION_KINDS);
	if (!make_key(room, revocation, &key))
		return VS_FAIL(BAD_VALUE);
	lock_write(set);
	r = add_locked(set, revocation, key);
	unlock(set);
	return r;
}

static bool
has_locked(const struct vs_core_revocations *set, enum vs_core_revocation_kind kind,
           const char *tenant, const char *subject, uint32_t epoch)
{
	const struct vs_core_revocation wanted = {0, kind, tenant, subject, epoch};
	char room[KEY_SIZE_MAX];
	struct vs_bytes key;

	return make_key(room, &wanted, &key) && vs_map_get(set->own, key) != NULL;
}

bool
vs_core_revocations_has(const struct vs_core_revocations *set, enum vs_core_revocation_kind kind,
                        const char *tenant, const char *subject, uint32_t epoch)
{
	bool has;

	assert(set != NULL && kind < VS_CORE_REVOCATION_KINDS);
	lock_read(set);
	has = has_locked(set, kind, tenant, subject, epoch) ||
	      (epoch != 0 && has_locked(set, kind, tenant, subject, 0));
	unlock(set);
	return has;
}

uint64_t
vs_core_revocations_last(const struct vs_core_revocations *set)
{
	uint64_t last;

	lock_read(set);
	last = set->last;
	unlock(set);
	return last;
}

size_t
vs_core_revocations_count(const struct vs_core_revocations *set)
{
	size_t count;

	lock_read(set);
	count = count_all(set);
	unlock(set);
	return count;
}

/* --- feeds ------------------------------------------------------------------------------------ */

vs_result
vs_core_feed_new(const char *name, const char *issuer, int64_t this_update_ms,
                 int64_t next_update_ms, struct vs_core_feed **feed_out)
{
	struct vs_core_feed *feed;
	vs_result r;

	assert(name != NULL && issuer != NULL && feed_out != NULL);
	if (strlen(issuer) != VS_CORE_HASH_TEXT_SIZE - 1)
		return VS_FAIL(BAD_VALUE);
	feed = calloc(1, sizeof(*feed));
	if (feed == NULL)
		return VS_FAIL(NO_MEMORY);
	r = vs_map_new(VS_LIMIT_REVOCATIONS, &feed->serials);
	if (r.code != VS_E_OK) {
		free(feed);
		return r;
	}
	(void)snprintf(feed->name, sizeof(feed->name), "%s", name);
	memcpy(feed->issuer, issuer, sizeof(feed->issuer));
	feed->this_update_ms = this_update_ms;
	feed->next_update_ms = next_update_ms;
	*feed_out = feed;
	return VS_OK;
}

void
vs_core_feed_free(struct vs_core_feed **feed)
{
	assert(feed != NULL);
	if (*feed == NULL)
		return;
	vs_map_free(&(*feed)->serials);
	free(*feed);
	*feed = NULL;
}

vs_result
vs_core_feed_add(struct vs_core_feed *feed, const char *serial)
{
	return vs_map_put(feed->serials, vs_bytes_from_text(serial), feed, NULL);
}

vs_result
vs_core_revocations_replace_feeds(struct vs_core_revocations *set,
                                  struct vs_core_feed *const *feeds, size_t count)
{
	struct vs_core_feed *old[VS_LIMIT_REVOCATION_FEEDS];
	size_t total = 0, old_count;

	assert(set != NULL);
	if (count > VS_LIMIT_REVOCATION_FEEDS)
		return VS_FAIL(TOO_LONG);
	for (size_t i = 0; i < count; i++)
		total += vs_map_count(feeds[i]->serials);
	lock_write(set);
	if (total + vs_map_count(set->own) > VS_LIMIT_REVOCATIONS) {
		unlock(set);
		return VS_FAIL(TOO_LONG);
	}
	old_count = set->feed_count;
	memcpy(old, set->feeds, sizeof(old));
	for (size_t i = 0; i < count; i++)
		set->feeds[i] = feeds[i];
	set->feed_count = count;
	recount(set);
	unlock(set);
	for (size_t i = 0; i < old_count; i++)
		vs_core_feed_free(&old[i]);
	return VS_OK;
}

size_t
vs_core_revocations_stale(const struct vs_core_revocations *set, int64_t now_ms,
                          char name_out[static 64])
{
	size_t stale = 0;

	lock_read(set);
	for (size_t i = 0; i < set->feed_count; i++) {
		if (set->feeds[i]->next_update_ms >= now_ms)
			continue;
		if (stale++ == 0)
			memcpy(name_out, set->feeds[i]->name, 64);
	}
	unlock(set);
	return stale;
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Several lists of one issuer (by reason, RFC 5280 5.2.5, or an old and a new file) are one: what
 * any of them names is revoked, and they are stale when all of them are. */
static enum vs_core_standing
ask_feeds(const struct vs_core_revocations *set, const struct vs_core_certificate *certificate,
          int64_t now_ms)
{
	bool is_listed = false, is_fresh = false;

	for (size_t i = 0; i < set->feed_count; i++) {
		const struct vs_core_feed *feed = set->feeds[i];

		if (strcmp(feed->issuer, certificate->issuer) != 0)
			continue;
		if (vs_map_get(feed->serials, vs_bytes_from_text(certificate->serial)) != NULL)
			return VS_CORE_STANDING_REVOKED;
		is_listed = true;
		is_fresh |= feed->next_update_ms >= now_ms;
	}
	return is_listed && !is_fresh ? VS_CORE_STANDING_STALE : VS_CORE_STANDING_GOOD;
}

static enum vs_core_standing
ask_locked(const struct vs_core_revocations *set, const struct vs_core_certificate *certificate,
           int64_t now_ms)
{
	char subject[VS_CORE_HASH_TEXT_SIZE + VS_CORE_SERIAL_TEXT_SIZE];

	(void)snprintf(subject, sizeof(subject), "%.64s:%.40s", certificate->issuer,
	               certificate->serial);
	if (has_locked(set, VS_CORE_REVOKED_CERTIFICATE, "", subject, 0) ||
	    has_locked(set, VS_CORE_REVOKED_SPKI, "", certificate->spki, 0) ||
	    has_locked(set, VS_CORE_REVOKED_SPKI, "", certificate->issuer, 0))
		return VS_CORE_STANDING_REVOKED;
	return ask_feeds(set, certificate, now_ms);
}

enum vs_core_standing
vs_core_revocations_ask(const struct vs_core_revocations *set,
                        const struct vs_core_certificate *certificate, int64_t now_ms)
{
	enum vs_core_standing standing;

	assert(set != NULL && certificate != NULL);
	if (atomic_load_explicit(&set->count, memory_order_acquire) == 0)
		return VS_CORE_STANDING_GOOD;
	lock_read(set);
	standing = ask_locked(set, certificate, now_ms);
	unlock(set);
	return standing;
}

bool
vs_core_revocations_listed(const struct vs_core_revocations *set, const char *issuer,
                           const char *serial, bool *is_revoked_out, int64_t *until_ms_out)
{
	bool is_listed = false, is_revoked = false;
	int64_t until_ms = INT64_MIN;

	assert(set != NULL && issuer != NULL && serial != NULL);
	lock_read(set);
	for (size_t i = 0; i < set->feed_count; i++) {
		const struct vs_core_feed *feed = set->feeds[i];

		if (strcmp(feed->issuer, issuer) != 0)
			continue;
		is_listed = true;
		is_revoked |= vs_map_get(feed->serials, vs_bytes_from_text(serial)) != NULL;
		if (feed->next_update_ms > until_ms)
			until_ms = feed->next_update_ms;
	}
	unlock(set);
	if (!is_listed)
		return false;
	*is_revoked_out = is_revoked;
	*until_ms_out = until_ms;
	return true;
}
