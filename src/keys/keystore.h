/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the key service needs from a database: rows of wrapped keys, and one way to change them. The
 * store implements it (store/keystore.h); no key of it is in the clear here.
 *
 * `apply` is one transaction of changes together with the audit records that tell of them; a change
 * without one is not possible. A key's row is addressed by its key_id (of data keys that is the
 * number within every sealed value) or by (tenant, kind, owner, period, version).
 *
 * Any thread, blocking. Errors: NOT_FOUND; CONFLICT: somebody else changed it first, or it would
 * break a rule of the schema (a second active key, a version twice); IO; NO_MEMORY.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/behalf.h"
#include "keys/certstore.h"
#include "keys/key.h"
#include "keys/states.h"

#define VS_KEYS_OWNER_SIZE  65
#define VS_KEYS_PERIOD_SIZE 8 /* "2026-11" */
#define VS_KEYS_TEXT_SIZE   129
#define VS_KEYS_NEVER       INT64_MIN /* a time that has not come */

/* A key below a tenant KEK. */
struct vs_keystore_key {
	int64_t key_id;
	char tenant[VS_KEYS_TENANT_SIZE];
	char kind[VS_KEYS_KIND_SIZE];   /* "device/field", "dek", "index", ... as in vs_keys_name */
	char owner[VS_KEYS_OWNER_SIZE]; /* the device, the subject; "" for keys of the tenant */
	char period[VS_KEYS_PERIOD_SIZE]; /* of a data key; "" for others */
	uint32_t version;                 /* epoch of a device key; from 1, never used again */
	enum vs_keys_state state;
	uint8_t suite;
	uint32_t kek_version; /* of the tenant KEK that wraps it */
	struct vs_keys_wrapped wrapped;
	uint8_t oid[VS_KEYS_OID_SIZE]; /* of the offer; zero: never offered */
	int64_t created_ms, offered_ms, activated_ms, until_ms, destroyed_ms; /* or VS_KEYS_NEVER */
	int64_t seq_floor, seals;
};

struct vs_keystore_kek {
	struct vs_keys_kek kek;
	enum vs_keys_state state; /* ACTIVE, DECRYPT_ONLY while rewrapping, DESTROYED */
	int64_t created_ms, state_ms;
};

struct vs_keystore_root {
	char root_id[VS_KEYS_ROOT_ID_SIZE];
	char provider[16];
	enum vs_keys_state state;
	int64_t created_ms, retired_ms;
};

/* Append-only; whoever consumes it remembers the last rev_no. */
struct vs_keystore_revocation {
	int64_t rev_no;
	char tenant[VS_KEYS_TENANT_SIZE];
	char kind[VS_KEYS_KIND_SIZE];
	char subject[VS_KEYS_TEXT_SIZE];
	uint32_t epoch; /* 0: all */
	char reason[VS_KEYS_TEXT_SIZE];
	int64_t at_ms;
};

/* What was erased and must stay so, whatever is restored. `owner` "" with kind "tenant": all of a
 * tenant. */
struct vs_keystore_tombstone {
	char tenant[VS_KEYS_TENANT_SIZE];
	char kind[VS_KEYS_KIND_SIZE]; /* of a key, or "device", "tenant", "kek" */
	char owner[VS_KEYS_OWNER_SIZE];
	char period[VS_KEYS_PERIOD_SIZE];
	uint32_t version; /* 0: all */
	int64_t at_ms;
};

/* What the key processes of several nodes share, as keys/shared.h seals it; one row, or none: this
 * installation has one node. */
#define VS_KEYSTORE_INSTALLATION_SIZE 33
#define VS_KEYSTORE_VAULT_SIZE        65536
struct vs_keystore_vault {
	char installation[VS_KEYSTORE_INSTALLATION_SIZE];
	uint32_t version;
	struct vs_bytes sealed; /* borrowed */
	struct vs_bytes root; /* borrowed: root.json of the node that wrote it; empty: as it was */
};

enum vs_keystore_job_state {
	VS_KEYSTORE_JOB_RUNNING,
	VS_KEYSTORE_JOB_DONE,
	VS_KEYSTORE_JOB_FAILED /* `error` says why; it is tried again at the next start */
};

struct vs_keystore_job {
	int64_t job_id;
	char kind[VS_KEYS_KIND_SIZE]; /* "rewrap", "rewrap-root", "reencrypt", "erase" */
	char tenant[VS_KEYS_TENANT_SIZE];
	char subject[VS_KEYS_OWNER_SIZE];
	char actor[VS_KEYS_OWNER_SIZE];
	enum vs_keystore_job_state state;
	uint32_t phase;   /* of the kind's own */
	int64_t from, to; /* versions, or key ids */
	int64_t cursor, done, total;
	int64_t started_ms, changed_ms;
	int error; /* stable code; 0: none */
};

struct vs_keystore_audit {
	int64_t index; /* given by apply */
	int64_t at_ms;
	char tenant[VS_KEYS_TENANT_SIZE];
	char actor[VS_KEYS_OWNER_SIZE]; /* "api:...", "scheduler", "device:CS-0001" */
	/* Who asked, and from where, for the audit log; not stored here. Borrowed until it was
	 * applied; NULL in what was read. */
	const struct vs_core_behalf *behalf;
	char event[33];                 /* "key.rotate" */
	char object[VS_KEYS_TEXT_SIZE]; /* "device/field CS-0001 #4" */
	char result[17];                /* "ok", "denied", "failed" */
	char detail[VS_KEYS_TEXT_SIZE];
};

enum vs_keystore_change_kind {
	VS_KEYSTORE_KEY_ADD,    /* key; gives key_id */
	VS_KEYSTORE_KEY_STEP,   /* key, from: state and times of key_id, which must be in `from`.
	                           To DESTROYED also zeroes what is wrapped. */
	VS_KEYSTORE_KEY_REWRAP, /* key, from_version: kek_version and wrapped */
	VS_KEYSTORE_KEK_ADD,    /* kek */
	VS_KEYSTORE_KEK_STEP,   /* kek, from; to DESTROYED zeroes it */
	VS_KEYSTORE_KEK_REWRAP, /* kek: root_id and wrapped */
	VS_KEYSTORE_ROOT_ADD,   /* root */
	VS_KEYSTORE_ROOT_STEP,  /* root, from */
	VS_KEYSTORE_REVOCATION_ADD,   /* revocation; gives rev_no */
	VS_KEYSTORE_TOMBSTONE_ADD,    /* tombstone; there already: as it is */
	VS_KEYSTORE_JOB_ADD,          /* job; gives job_id */
	VS_KEYSTORE_JOB_SAVE,         /* job */
	VS_KEYSTORE_CERT_ADD,         /* cert; gives cert_id */
	VS_KEYSTORE_CERT_STEP,        /* cert, from_cert: state, state_ms, reason of cert_id */
	VS_KEYSTORE_CRL_PUT,          /* crl: in place of its generation's, with a higher number */
	VS_KEYSTORE_ROTATION_ADD,     /* rotation; gives rotation_id */
	VS_KEYSTORE_ROTATION_STEP,    /* rotation: state and end of one that waits */
	VS_KEYSTORE_CONFIRMATION_ADD, /* confirmation; there already: as it is */
	VS_KEYSTORE_VAULT_PUT,        /* vault, from_version: 0 when there is none yet */
	VS_KEYSTORE_AUDIT             /* nothing but its audit record */
};

struct vs_keystore_change {
	enum vs_keystore_change_kind kind;
	size_t audit; /* which of the audit records tells of it */
	enum vs_keys_state from;
	uint32_t from_version;
	enum vs_cert_state from_cert;
	union {
		struct vs_keystore_key key;
		struct vs_keystore_kek kek;
		struct vs_keystore_root root;
		struct vs_keystore_revocation revocation;
		struct vs_keystore_tombstone tombstone;
		struct vs_keystore_job job;
		struct vs_cert_row *cert; /* borrowed */
		struct vs_cert_crl crl;
		struct vs_cert_rotation rotation;
		struct vs_cert_confirmation confirmation;
		struct vs_keystore_vault vault;
	} u;
};

/* Which keys of a list; text NULL and number 0: not asked. Ascending by key_id. */
enum vs_keystore_list {
	VS_KEYSTORE_OF_TENANT, /* tenant */
	VS_KEYSTORE_OF_OWNER,  /* tenant, owner */
	VS_KEYSTORE_OF_KEK,    /* tenant, kek_version; without the destroyed ones */
	VS_KEYSTORE_EXPIRED,   /* all tenants; until_ms at or before at_ms */
	VS_KEYSTORE_AGED,      /* all tenants; active device keys, activated at or before at_ms */
	VS_KEYSTORE_DEVICES,   /* all tenants; active device keys */
	VS_KEYSTORE_OLDEST     /* the one of them that was activated first */
};
struct vs_keystore_query {
	enum vs_keystore_list list;
	const char *tenant, *owner;
	uint32_t kek_version;
	int64_t at_ms;
	int64_t after; /* key_id */
	size_t limit;
};

/* Whoever writes down what is changed before it is: class S of the audit log. Called in the thread
 * that changes, which may hold the service: must not call it back. */
struct vs_keystore_gate {
	void *self;
	/* Not OK: nothing is changed, and this is the answer. The ticket is handed to `after`. */
	vs_result (*before)(void *self, const struct vs_keystore_audit *audits, size_t count,
	                    uint64_t *ticket_out);
	void (*after)(void *self, const struct vs_keystore_audit *audits, size_t count,
	              uint64_t ticket, vs_result result);
};

/* Row functions return false to stop; they must not call the keystore. */
struct vs_keystore {
	void *self;
	const struct vs_keystore_gate *gate; /* NULL: nobody is asked; before there are threads */
	/* After each change that is committed, in the thread that made it; NULL: nobody. Before
	 * there are threads. */
	void (*changed)(void *arg);
	void *changed_arg;
	/* All or nothing. */
	vs_result (*apply)(void *self, struct vs_keystore_change *changes, size_t count,
	                   struct vs_keystore_audit *audits, size_t audit_count);
	vs_result (*key)(void *self, int64_t key_id, struct vs_keystore_key *key_out);
	/* version 0: the newest, whatever its state. */
	vs_result (*find)(void *self, const char *tenant, const char *kind, const char *owner,
	                  const char *period, uint32_t version, struct vs_keystore_key *key_out);
	vs_result (*find_state)(void *self, const char *tenant, const char *kind, const char *owner,
	                        const char *period, enum vs_keys_state state,
	                        struct vs_keystore_key *key_out);
	vs_result (*keys)(void *self, const struct vs_keystore_query *query,
	                  bool (*row)(const struct vs_keystore_key *, void *), void *arg);
	vs_result (*count)(void *self, const char *tenant, uint32_t kek_version,
	                   int64_t *count_out); /* of VS_KEYSTORE_OF_KEK */
	/* version 0: the active one. */
	vs_result (*kek)(void *self, const char *tenant, uint32_t version,
	                 struct vs_keystore_kek *kek_out);
	/* After (tenant, version); tenant "": from the start. All tenants. */
	vs_result (*keks)(void *self, const char *tenant, uint32_t version, size_t limit,
	                  bool (*row)(const struct vs_keystore_kek *, void *), void *arg);
	vs_result (*roots)(void *self, bool (*row)(const struct vs_keystore_root *, void *),
	                   void *arg);
	/* Both are appended to their buffers and viewed by *vault_out; root may be NULL. NOT_FOUND.
	 */
	vs_result (*vault)(void *self, struct vs_buf *sealed, struct vs_buf *root,
	                   struct vs_keystore_vault *vault_out);
	vs_result (*revocations)(void *self, int64_t after_rev_no, size_t limit,
	                         bool (*row)(const struct vs_keystore_revocation *, void *),
	                         void *arg);
	vs_result (*tombstones)(void *self, int64_t after, size_t limit,
	                        bool (*row)(const struct vs_keystore_tombstone *, int64_t, void *),
	                        void *arg);
	vs_result (*job)(void *self, int64_t job_id, struct vs_keystore_job *job_out);
	/* Newest first; only_running: in any order that is stable. */
	vs_result (*jobs)(void *self, bool only_running, int64_t before, size_t limit,
	                  bool (*row)(const struct vs_keystore_job *, void *), void *arg);
	vs_result (*audits)(void *self, int64_t after_index, size_t limit,
	                    bool (*row)(const struct vs_keystore_audit *, void *), void *arg);
	/* Add to the seals, raise the floor. No audit record: it is no change of the key. */
	vs_result (*used)(void *self, int64_t key_id, int64_t seals, int64_t seq_floor);
	/* Leave nothing of what was changed in the write-ahead log. */
	vs_result (*checkpoint)(void *self);
	/* Forget rows that were destroyed before at_ms and are not their owner's newest. */
	vs_result (*purge)(void *self, int64_t at_ms, int64_t *count_out);
};

/* Every change goes this way: through the gate, then to `apply`. */
VS_RESULT vs_keystore_apply(const struct vs_keystore *store, struct vs_keystore_change *changes,
                            size_t count, struct vs_keystore_audit *audits, size_t audit_count);
