/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key service: hierarchy, states and life of every key that is not the key process's own.
 *
 *   root KEK (key process)
 *    +- tenant KEK v            wrapped by the root KEK
 *        +- device key (chan, epoch)   states of states.def, one active and at most one pre-active
 *        +- data key (subject, month)  for the store at rest
 *        +- index key                  one for a tenant
 *
 * Rows live in a keystore (keystore.h) that the store implements; every change of state is one
 * transaction there together with its audit record. Keys that are in use are cached in locked
 * memory, for at most VS_LIMIT_KEYS_CACHE_AGE.
 *
 * Names are checked: a tenant is [a-z0-9-]{1,32}; a device and a subject are 1 to 64 of what an
 * identity may have (OCPP 2.0.1 identifierString). Else BAD_VALUE.
 *
 * `behalf` says who asked, for the audit log and the keystore's book; it is borrowed for the call.
 *
 * Any thread; blocking: call from a pool thread, the store's writer or a job, never from a reactor.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/behalf.h"
#include "keys/client.h"

struct vs_keys;
struct vs_keystore; /* port; keystore.h */

/* Channels of a device that have keys of their own. */
enum vs_keys_chan {
	VS_KEYS_FIELD, /* sealed fields of its messages */
	VS_KEYS_PROV,  /* provisioning */
	VS_KEYS_PSK,   /* the secret of its sessions' handshake */
	VS_KEYS_CHANS
};

/* 0: the default. */
struct vs_keys_times {
	int64_t period_ms[VS_KEYS_CHANS];  /* 24 h, a year, a year */
	int64_t overlap_ms[VS_KEYS_CHANS]; /* how long the old epoch opens: 72 h, 24 h, 30 days */
	int64_t offer_ms;                  /* how long a device may take to ACK: 10 min */
	int64_t kek_period_ms;             /* 90 days */
	int64_t shred_ms;                  /* how long backups of the keystore are kept: 30 days */
};

struct vs_keys_options {
	const struct vs_keystore *store; /* borrowed */
	struct vs_keys_client *client;   /* borrowed */
	int64_t (*now_ms)(void);         /* wall clock */
	struct vs_keys_times times;
};

/* CONFIG: the key process has another root KEK than the one this keystore was made with. */
VS_RESULT vs_keys_new(const struct vs_keys_options *options, struct vs_keys **keys_out);
void vs_keys_free(struct vs_keys **keys);
/* Of this keystore, for whoever has sealed with its keys: the same for its whole life and its
 * copies, another one for one that was made anew. */
const char *vs_keys_identity(const struct vs_keys *keys);

/* What happened to keys that somebody may hold or use elsewhere. */
enum vs_keys_news_kind {
	VS_KEYS_NEWS_REVOKED,
	VS_KEYS_NEWS_DESTROYED,
	VS_KEYS_NEWS_ROTATION_FAILED /* twice in a row: an alarm */
};
struct vs_keys_news {
	enum vs_keys_news_kind what;
	int64_t rev_no; /* of a revocation */
	const char *tenant;
	const char *kind;    /* "device/field", "dek", ...; "device", "tenant": all of it */
	const char *subject; /* device, subject; "" of a tenant */
	uint32_t epoch;      /* 0: all */
};
/* Called after the commit, in the thread that made the change, which may hold the service: do not
 * call it back, hand over. At most 8, before there are threads. */
void vs_keys_listen(struct vs_keys *keys, void (*heard)(void *arg, const struct vs_keys_news *),
                    void *arg);

/* Another process has changed keys: what is kept ready is read again. Any thread. */
void vs_keys_forget_all(struct vs_keys *keys);

/* --- data keys at rest ---------------------------------------------------------------------------
 */

struct vs_keys_subject {
	const char *tenant;
	const char *subject; /* whose data it is: a station's identity, "token", "user" */
};

/* Make the data keys of these subjects for the month of at_ms where they are missing: one
 * transaction for all. For the writer, before a batch. */
VS_RESULT vs_keys_dek_prepare(struct vs_keys *keys, const struct vs_keys_subject *subjects,
                              size_t count, int64_t at_ms);
/* The data key to seal with; made when missing. */
VS_RESULT vs_keys_dek_seal(struct vs_keys *keys, const char *tenant, const char *subject,
                           int64_t at_ms, uint32_t *dek_id_out,
                           uint8_t key_out[static VS_KEYS_KEY_SIZE]);
/* The data key that something was sealed with. NOT_FOUND: there is none of this id for this tenant;
 * FORBIDDEN: it has been destroyed. */
VS_RESULT vs_keys_dek_open(struct vs_keys *keys, const char *tenant, uint32_t dek_id,
                           uint8_t key_out[static VS_KEYS_KEY_SIZE]);
/* The tenant's key for blind indexes; made when missing. */
VS_RESULT vs_keys_index_key(struct vs_keys *keys, const char *tenant,
                            uint8_t key_out[static VS_KEYS_KEY_SIZE]);
/* So many seals more were made with it. When it nears what AES-GCM with random nonces bears (NIST
 * SP 800-38D 8.3), dek_seal gives another one for the same month. */
VS_RESULT vs_keys_dek_used(struct vs_keys *keys, const char *tenant, uint32_t dek_id,
                           uint64_t seals);

/* Move what was sealed with data key `dek_id` to the current one. Set by whoever has the data;
 * called from the job thread with at most `limit` rows at once, from *cursor on (0: the start),
 * until it says that nothing is left. */
struct vs_keys_reencrypt {
	void *self;
	vs_result (*step)(void *self, const char *tenant, uint32_t dek_id, int64_t *cursor,
	                  size_t limit, size_t *count_out, bool *is_over_out);
};
void vs_keys_set_reencrypt(struct vs_keys *keys, const struct vs_keys_reencrypt *port);

/* Several nodes: set by whoever knows the others; without it this is the only one. May block. */
#define VS_KEYS_NODE_SIZE 33
struct vs_keys_nodes {
	void *self;
	/* Each that lives has this root KEK as its current one. ROOT_BEHIND: not node_out. */
	vs_result (*have_root)(void *self, const char *root_id,
	                       char node_out[static VS_KEYS_NODE_SIZE]);
	/* Until each that lives has read what is committed by now. TIMEOUT. */
	vs_result (*wait)(void *self);
	/* This node's root.json, appended. */
	vs_result (*root_file)(void *self, struct vs_buf *text);
};
void vs_keys_set_nodes(struct vs_keys *keys, const struct vs_keys_nodes *port);
/* The id of this node's current root KEK. */
const char *vs_keys_root_current(const struct vs_keys *keys);
/* What another node has done with root KEKs: one that is destroyed goes here, too, if may_retire.
 * active_out: the id of the one that is in use. ROOT_BEHIND: it is not here. */
VS_RESULT vs_keys_root_follow(struct vs_keys *keys, bool may_retire,
                              char active_out[static VS_KEYS_ROOT_ID_SIZE]);

/* --- device keys --------------------------------------------------------------------------------
 */

struct vs_keys_device {
	const char *tenant, *device;
	enum vs_keys_chan chan;
};
VS_RESULT vs_keys_chan_parse(struct vs_bytes name,         /* "field" */
                             enum vs_keys_chan *chan_out); /* BAD_VALUE */

/* Wipe it after use. */
struct vs_keys_device_key {
	uint32_t epoch;
	uint8_t key[VS_KEYS_KEY_SIZE];
};
struct vs_keys_offer {
	uint32_t epoch;
	uint8_t oid[VS_KEYS_OID_SIZE];
	uint8_t key[VS_KEYS_KEY_SIZE];
	int64_t until_ms;
};

/* A key that is active at once, for an answer that carries it in an authenticated way: the first
 * one, or the one after a revocation. EXISTS: there is an active one; that is rotated by an offer.
 */
VS_RESULT vs_keys_device_create(struct vs_keys *keys, const struct vs_keys_device *device,
                                const struct vs_core_behalf *behalf,
                                struct vs_keys_device_key *key_out);
/* The one to seal with. NOT_FOUND: there is none. */
VS_RESULT vs_keys_device_seal(struct vs_keys *keys, const struct vs_keys_device *device,
                              struct vs_keys_device_key *key_out);
/* The one that a message names. NOT_FOUND: there never was one; FORBIDDEN: revoked, destroyed, or
 * its overlap is over. */
VS_RESULT vs_keys_device_open(struct vs_keys *keys, const struct vs_keys_device *device,
                              uint32_t epoch, struct vs_keys_device_key *key_out);
/* A message that opened under `epoch`: the first under an offered one makes that active. Cheap when
 * nothing is to be done. */
VS_RESULT vs_keys_device_used(struct vs_keys *keys, const struct vs_keys_device *device,
                              uint32_t epoch, const struct vs_core_behalf *behalf);

/* The key on offer, made when there is none: the same one until it is taken or runs out. NOT_FOUND:
 * the device has no active key. */
VS_RESULT vs_keys_device_offer(struct vs_keys *keys, const struct vs_keys_device *device,
                               const struct vs_core_behalf *behalf,
                               struct vs_keys_offer *offer_out);
/* The one on offer, if there is one: NOT_FOUND. */
VS_RESULT vs_keys_device_offered(struct vs_keys *keys, const struct vs_keys_device *device,
                                 struct vs_keys_offer *offer_out);
/* Ask whoever can reach it (vs_keys_set_rotator) to bring it what is on offer. NOT_CONNECTED. */
VS_RESULT vs_keys_device_carry(struct vs_keys *keys, const struct vs_keys_device *device);
/* The device's ACK (rotation.h has the proof). NOT_AUTHENTIC; a repetition is OK. */
VS_RESULT vs_keys_device_confirm(struct vs_keys *keys, const struct vs_keys_device *device,
                                 uint32_t epoch, const uint8_t oid[static VS_KEYS_OID_SIZE],
                                 const uint8_t proof[static 32],
                                 const struct vs_core_behalf *behalf);
/* Every epoch up to this one (0: all) that can still be used. NOT_FOUND: there is none. */
VS_RESULT vs_keys_device_revoke(struct vs_keys *keys, const struct vs_keys_device *device,
                                uint32_t epoch, const struct vs_core_behalf *behalf,
                                const char *reason);
/* NOT_NOW: it is active. */
VS_RESULT vs_keys_device_destroy(struct vs_keys *keys, const struct vs_keys_device *device,
                                 uint32_t epoch, const struct vs_core_behalf *behalf,
                                 const char *reason);

/* --- long work ----------------------------------------------------------------------------------
 */

/* Jobs are rows of the keystore: they go on where they were after a restart. One of a kind, tenant
 * and subject runs at a time; asking again gives the one that runs. */

/* A new tenant KEK; the job wraps everything under it and then destroys the old one. NOT_FOUND: the
 * tenant has no keys. */
VS_RESULT vs_keys_kek_rotate(struct vs_keys *keys, const char *tenant,
                             const struct vs_core_behalf *behalf, int64_t *job_id_out);
/* A new root KEK, unless this one has a previous one still; the job wraps all tenant KEKs by it,
 * and then the previous one is destroyed. UNSUPPORTED: this root KEK cannot be replaced while the
 * daemon runs (keys/providers.def). Several nodes: NOT_NOW, there is no new one yet (each must get
 * it, and none can make it for all); ROOT_BEHIND: one that lives has not got it. */
VS_RESULT vs_keys_root_rewrap(struct vs_keys *keys, const struct vs_core_behalf *behalf,
                              int64_t *job_id_out);
/* A new data key for the subject and month of this one; what it sealed is sealed anew by the port
 * above, then it is destroyed. UNSUPPORTED: there is no port. NOT_NOW: its month is over and it is
 * not in use, or it was destroyed. */
VS_RESULT vs_keys_dek_rotate(struct vs_keys *keys, const char *tenant, uint32_t dek_id,
                             const struct vs_core_behalf *behalf, int64_t *job_id_out);
/* Crypto-erasure: all keys of a device, and the data keys of its data, are zeroed and entombed;
 * then the tenant KEK is rotated. NOT_FOUND: it has none. */
VS_RESULT vs_keys_erase_device(struct vs_keys *keys, const char *tenant, const char *device,
                               const struct vs_core_behalf *behalf, int64_t *job_id_out);
/* All keys of a tenant, its KEKs as well. It never gets a key again. */
VS_RESULT vs_keys_erase_tenant(struct vs_keys *keys, const char *tenant,
                               const struct vs_core_behalf *behalf, int64_t *job_id_out);
/* Some of the oldest running job, at most VS_KEYS_REWRAP_MAX rows. For one thread. An error that
 * may pass (CLOSED, IO, BUSY, ...) leaves the job as it is. */
VS_RESULT vs_keys_job_step(struct vs_keys *keys, bool *is_idle_out);

/* --- time ---------------------------------------------------------------------------------------
 */

/* Whoever can reach devices: begin a rotation of this channel. NOT_CONNECTED: later. */
struct vs_keys_rotator {
	void *self;
	vs_result (*rotate)(void *self, const struct vs_keys_device *device);
};
void vs_keys_set_rotator(struct vs_keys *keys, const struct vs_keys_rotator *port);
/* What is due: offers and overlaps that are over, device keys (at most VS_LIMIT_KEYS_ROTATIONS) and
 * tenant KEKs to be rotated, rows to be forgotten. Once a second, in the job thread. */
VS_RESULT vs_keys_tick(struct vs_keys *keys);
/* When the active key of a channel is to be rotated: created + period * [0.8, 1), the same for the
 * same key, so that the devices of one day are not all due in the same minute. */
struct vs_keystore_key;
int64_t vs_keys_due_ms(const struct vs_keystore_key *key, int64_t period_ms);

/* Keys that should be gone or replaced and are not: active device keys and tenant KEKs past twice
 * their period, and whatever should have been destroyed more than an hour ago. */
struct vs_keystore_kek;
/* When a key in use is to be replaced, or one whose overlap runs to be destroyed; VS_KEYS_NEVER: no
 * such time. Overdue: so long ago that the schedule does not get through to it. */
struct vs_keys_due {
	int64_t at_ms;
	bool is_overdue;
};
struct vs_keys_due vs_keys_due(const struct vs_keys *keys, const struct vs_keystore_key *row);
struct vs_keys_due vs_keys_kek_due(const struct vs_keys *keys, const struct vs_keystore_kek *row);
struct vs_keys_ages {
	uint64_t active, decrypt_only, keks;
	char first[128]; /* "device/field default/CS-0001", or "" */
};
VS_RESULT vs_keys_ages(struct vs_keys *keys, struct vs_keys_ages *ages_out);

/* --- restored copies ----------------------------------------------------------------------------
 */

struct vs_keystore_tombstone;
/* After the keystore was restored from a copy, before anybody is let in: what was erased since is
 * erased again, and no message number that was accepted before is accepted once more. */
VS_RESULT vs_keys_restore_check(struct vs_keys *keys,
                                const struct vs_keystore_tombstone *tombstones, size_t count,
                                size_t *erased_out);
