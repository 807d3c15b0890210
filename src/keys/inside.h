/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the key service: what its files share. Not for other folders. */
#pragma once

#include <pthread.h>

#include "base/limits.h"
#include "keys/cache.h"
#include "keys/keys.h"
#include "keys/keystore.h"

#define VS_KEYS_LISTENERS 8

struct vs_keys {
	struct vs_keys_options options;
	const struct vs_keystore *store;
	struct vs_keys_cache *cache;
	/* Held by whoever reads a state to change it: a KEK does not go while a key is wrapped by
	 * it. */
	pthread_mutex_t lock;
	bool has_lock;
	char root_id[VS_KEYS_ROOT_ID_SIZE];
	char identity[VS_KEYS_ROOT_ID_SIZE + 22];
	struct {
		void (*heard)(void *arg, const struct vs_keys_news *news);
		void *arg;
	} listeners[VS_KEYS_LISTENERS];
	size_t listener_count;
	struct vs_keys_reencrypt reencrypt;
	struct vs_keys_nodes nodes; /* have_root NULL: the only one */
	struct vs_keys_rotator rotator;
	int64_t aged_after;    /* key_id that the walk over aged keys has come to */
	int64_t oldest_ms;     /* age of the oldest that this round has seen */
	int64_t next_daily_ms; /* of what is looked at once a day */
};

void vs_keys_lock(struct vs_keys *keys);
void vs_keys_unlock(struct vs_keys *keys);
/* Which root KEK is the current one; a successor is written down. With the lock, or alone. CONFIG:
 * it is none that the keystore knows, nor follows one. */
VS_RESULT vs_keys_root_learn(struct vs_keys *keys);
int64_t vs_keys_now(const struct vs_keys *keys);
/* Of "device/field": its channel; false: it is no device key. */
bool vs_keys_chan_of(const struct vs_keystore_key *row, enum vs_keys_chan *chan_out);

/* --- batch.c: one transaction in the making ----------------------------------------------------
 */

struct vs_keys_batch {
	struct vs_keys *keys;
	const char *tenant;
	const struct vs_core_behalf *behalf;
	int64_t now_ms;
	struct vs_keystore_change *changes;
	size_t count, capacity;
	struct vs_keystore_audit *audits;
	size_t audit_count, audit_capacity;
	bool is_short; /* of memory: apply says so */
};

void vs_keys_batch_init(struct vs_keys_batch *batch, struct vs_keys *keys, const char *tenant,
                        const struct vs_core_behalf *behalf);
void vs_keys_batch_done(struct vs_keys_batch *batch);
/* The audit record that the next changes belong to. `object` as printf. */
void vs_keys_batch_tell(struct vs_keys_batch *batch, const char *event, const char *detail,
                        const char *object, ...) __attribute__((format(printf, 4, 5)));
/* Zeroed but for its audit record; until the next change. Never NULL: without memory it is a room
 * that apply does not look at. */
struct vs_keystore_change *vs_keys_batch_change(struct vs_keys_batch *batch,
                                                enum vs_keystore_change_kind kind);
/* Does nothing when there is no change. The changes have their ids afterwards. */
VS_RESULT vs_keys_batch_apply(struct vs_keys_batch *batch);
/* A step of states.def with its audit record and the effects that concern this row alone: times,
 * zeroing, tombstone, revocation. NOT_NOW: illegal. A step that changes nothing adds nothing. */
VS_RESULT vs_keys_batch_step(struct vs_keys_batch *batch, struct vs_keystore_key *key,
                             enum vs_keys_event event, const char *reason);

/* --- wrap.c: what the key process does for rows -------------------------------------------------
 */

#define VS_KEYS_CHECK_TENANT(text) VS_TRY(vs_keys_tenant_check(text))
VS_RESULT vs_keys_tenant_check(const char *tenant); /* BAD_VALUE */
VS_RESULT vs_keys_owner_check(const char *owner);   /* BAD_VALUE */
/* What the wrapped key of a row is bound to. */
void vs_keys_row_id(const struct vs_keystore_key *key, char id[static VS_KEYS_ID_SIZE]);
/* A new key for a row whose name is filled in: wrapped, kek_version, suite. With the lock. */
VS_RESULT vs_keys_row_generate(struct vs_keys *keys, struct vs_keystore_key *key,
                               uint8_t key_out[static VS_KEYS_KEY_SIZE]);
/* Not with a destroyed one: FORBIDDEN. */
VS_RESULT vs_keys_row_unwrap(struct vs_keys *keys, const struct vs_keystore_key *key,
                             uint8_t key_out[static VS_KEYS_KEY_SIZE]);
/* The next version of a name, not yet in the keystore: created now, state ACTIVE. */
VS_RESULT vs_keys_row_next(struct vs_keys *keys, const char *tenant, const char *kind,
                           const char *owner, const char *period, struct vs_keystore_key *key_out);

/* A device's channel as the kind of its rows: "device/field". */
const char *vs_keys_chan_kind(enum vs_keys_chan chan);
#define VS_KEYS_REVOKE_MAX 64 /* epochs of one channel that can still be used, at once */
/* The row of that epoch becomes the active one, if it is on offer. FORBIDDEN: it may not. */
VS_RESULT vs_keys_device_promote(struct vs_keys *keys, const struct vs_keys_device *device,
                                 uint32_t epoch, enum vs_keys_event event,
                                 const struct vs_core_behalf *behalf);
/* An offer or an overlap is over. With the lock. */
VS_RESULT vs_keys_expire(struct vs_keys *keys, struct vs_keystore_key *row);
/* Of what is cached, what this is about. */
void vs_keys_forget(struct vs_keys *keys, const struct vs_keys_news *news);
/* Forget it, and tell the listeners. */
void vs_keys_tell(struct vs_keys *keys, const struct vs_keys_news *news);

/* --- jobs.c ------------------------------------------------------------------------------------
 */

/* Into the batch: the job, its begin told by the batch. CONFLICT at apply: one runs already. */
void vs_keys_job_begin(struct vs_keys_batch *batch, const char *kind, const char *subject,
                       struct vs_keystore_job *job);
/* Into the batch: how far it is. `event` "" : "job.step". */
void vs_keys_job_save(struct vs_keys_batch *batch, struct vs_keystore_job *job, const char *event);
/* The running one of this kind. NOT_FOUND. */
VS_RESULT vs_keys_job_running(struct vs_keys *keys, const char *kind, const char *tenant,
                              const char *subject, struct vs_keystore_job *job_out);
/* One step of each kind; with the lock. */
VS_RESULT vs_keys_step_rewrap(struct vs_keys *keys, struct vs_keystore_job *job);
VS_RESULT vs_keys_step_root(struct vs_keys *keys, struct vs_keystore_job *job);
VS_RESULT vs_keys_step_erase_device(struct vs_keys *keys, struct vs_keystore_job *job);
VS_RESULT vs_keys_step_erase_tenant(struct vs_keys *keys, struct vs_keystore_job *job);
/* Without the lock. */
VS_RESULT vs_keys_step_reencrypt(struct vs_keys *keys, struct vs_keystore_job *job);
/* Begin a rewrap, or find the one that runs. With the lock. */
VS_RESULT vs_keys_rewrap_begin(struct vs_keys *keys, const char *tenant,
                               const struct vs_core_behalf *behalf, int64_t *job_id_out);
