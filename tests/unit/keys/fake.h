/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key process within the test, in place of keys/client.c: it wraps and binds like the real one,
 * with a cipher of its own, and knows two root KEKs by their number. What is wrapped stays good in
 * other processes of the same test.
 */
#pragma once

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "crypto/digest.h"
#include "keys/keys.h"
#include "keys/keystore.h"
#include "store/keystore.h"
#include "test_folder.h"

struct vs_keys_client {
	unsigned root, previous; /* numbers; previous 0: none */
	_Atomic unsigned calls;
	bool is_gone;                     /* every call fails with CLOSED */
	bool is_root_fixed, is_root_kept; /* no rotation; no retirement */
};

struct fake_parent {
	uint8_t key[32];
};

static inline void
fake_root(unsigned number, struct fake_parent *root, char id[static VS_KEYS_ROOT_ID_SIZE])
{
	memset(root->key, (int)number, sizeof(root->key));
	(void)snprintf(id, VS_KEYS_ROOT_ID_SIZE, "%016u", number);
}

static inline void
fake_mac(const struct fake_parent *parent, const uint8_t *nonce, const char *kind,
         const char *tenant, const char *id, uint32_t version, uint8_t mac[static 32])
{
	char text[320];
	int size = snprintf(text, sizeof(text), "%.12s|%s|%s|%s|%u", (const char *)nonce, kind,
	                    tenant, id, version);

	CHECK_OK(vs_crypto_hmac_sha256(vs_bytes_from(parent->key, 32),
	                               vs_bytes_from(text, (size_t)size), mac));
}

/* The stream and the tag are two halves of what the parent makes of the name. */
static inline void
fake_wrap(const struct fake_parent *parent, const char *kind, const char *tenant, const char *id,
          uint32_t version, const uint8_t *key, struct vs_keys_wrapped *wrapped_out)
{
	uint8_t stream[32], tag[32];
	char tag_kind[64];

	memset(wrapped_out, 0, sizeof(*wrapped_out));
	wrapped_out->data[0] = 0xe1;
	wrapped_out->data[1] = 1;
	vs_random_text((char *)wrapped_out->data + 2, 13);
	wrapped_out->size = 62;
	fake_mac(parent, wrapped_out->data + 2, kind, tenant, id, version, stream);
	for (size_t i = 0; i < 32; i++)
		wrapped_out->data[14 + i] = key[i] ^ stream[i];
	(void)snprintf(tag_kind, sizeof(tag_kind), "tag %s", kind);
	fake_mac(parent, wrapped_out->data + 2, tag_kind, tenant, id, version, tag);
	for (size_t i = 0; i < 16; i++)
		wrapped_out->data[46 + i] = tag[i] ^ wrapped_out->data[14 + i];
}

static inline vs_result
fake_unwrap(const struct fake_parent *parent, const char *kind, const char *tenant, const char *id,
            uint32_t version, const struct vs_keys_wrapped *wrapped, uint8_t *key_out)
{
	uint8_t stream[32], tag[32];
	char tag_kind[64];

	(void)snprintf(tag_kind, sizeof(tag_kind), "tag %s", kind);
	fake_mac(parent, wrapped->data + 2, tag_kind, tenant, id, version, tag);
	for (size_t i = 0; i < 16; i++)
		if (wrapped->size != 62 ||
		    wrapped->data[46 + i] != (tag[i] ^ wrapped->data[14 + i]))
			return VS_FAIL(NOT_AUTHENTIC);
	fake_mac(parent, wrapped->data + 2, kind, tenant, id, version, stream);
	for (size_t i = 0; i < 32; i++)
		key_out[i] = wrapped->data[14 + i] ^ stream[i];
	return VS_OK;
}

static inline vs_result
fake_open_kek(struct vs_keys_client *client, const struct vs_keys_kek *kek,
              struct fake_parent *parent_out)
{
	struct fake_parent root;
	char id[VS_KEYS_ROOT_ID_SIZE];

	client->calls++;
	if (client->is_gone)
		return VS_FAIL(CLOSED);
	fake_root(client->root, &root, id);
	if (strcmp(id, kek->root_id) != 0) {
		fake_root(client->previous, &root, id);
		if (client->previous == 0 || strcmp(id, kek->root_id) != 0)
			return VS_FAIL(NOT_AUTHENTIC);
	}
	return fake_unwrap(&root, "kek", kek->tenant, "", kek->version, &kek->wrapped,
	                   parent_out->key);
}

vs_result
vs_keys_client_status(struct vs_keys_client *client, struct vs_keys_status *status_out)
{
	struct fake_parent root;

	memset(status_out, 0, sizeof(*status_out));
	(void)snprintf(status_out->provider, sizeof(status_out->provider), "file");
	fake_root(client->root, &root, status_out->root_id);
	if (client->previous != 0)
		fake_root(client->previous, &root, status_out->previous_root_id);
	return client->is_gone ? VS_FAIL(CLOSED) : VS_OK;
}

vs_result
vs_keys_client_root_rotate(struct vs_keys_client *client,
                           char root_id_out[static VS_KEYS_ROOT_ID_SIZE])
{
	struct fake_parent root;

	if (client->is_root_fixed)
		return VS_FAIL(UNSUPPORTED);
	if (client->previous != 0)
		return VS_FAIL(CONFLICT);
	client->previous = client->root++;
	fake_root(client->root, &root, root_id_out);
	return VS_OK;
}

vs_result
vs_keys_client_root_retire(struct vs_keys_client *client)
{
	if (client->is_root_kept)
		return VS_FAIL(CLOSED);
	if (client->previous == 0)
		return VS_FAIL(NOT_FOUND);
	client->previous = 0;
	return VS_OK;
}

vs_result
vs_keys_client_kek_new(struct vs_keys_client *client, const char *tenant, uint32_t version,
                       struct vs_keys_kek *kek_out)
{
	struct fake_parent root;
	uint8_t key[32];

	client->calls++;
	if (client->is_gone)
		return VS_FAIL(CLOSED);
	memset(kek_out, 0, sizeof(*kek_out));
	(void)snprintf(kek_out->tenant, sizeof(kek_out->tenant), "%s", tenant);
	kek_out->version = version;
	fake_root(client->root, &root, kek_out->root_id);
	vs_random_bytes(key, sizeof(key));
	fake_wrap(&root, "kek", tenant, "", version, key, &kek_out->wrapped);
	return VS_OK;
}

vs_result
vs_keys_client_kek_rewrap(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                          struct vs_keys_kek *kek_out)
{
	struct fake_parent parent, root;

	VS_TRY(fake_open_kek(client, kek, &parent));
	*kek_out = *kek;
	fake_root(client->root, &root, kek_out->root_id);
	fake_wrap(&root, "kek", kek->tenant, "", kek->version, parent.key, &kek_out->wrapped);
	return VS_OK;
}

vs_result
vs_keys_client_key_new(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                       const struct vs_keys_name *name, uint8_t key_out[static VS_KEYS_KEY_SIZE],
                       struct vs_keys_wrapped *wrapped_out)
{
	struct fake_parent parent;
	uint8_t key[32];

	VS_TRY(fake_open_kek(client, kek, &parent));
	vs_random_bytes(key, sizeof(key));
	fake_wrap(&parent, name->kind, kek->tenant, name->id, name->version, key, wrapped_out);
	memcpy(key_out, key, sizeof(key));
	return VS_OK;
}

vs_result
vs_keys_client_key_unwrap(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                          const struct vs_keys_name *name, const struct vs_keys_wrapped *wrapped,
                          uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	struct fake_parent parent;

	VS_TRY(fake_open_kek(client, kek, &parent));
	return fake_unwrap(&parent, name->kind, kek->tenant, name->id, name->version, wrapped,
	                   key_out);
}

vs_result
vs_keys_client_key_rewrap(struct vs_keys_client *client, const struct vs_keys_kek *from,
                          const struct vs_keys_kek *to, const struct vs_keys_name *names,
                          const struct vs_keys_wrapped *wrapped, size_t count,
                          struct vs_keys_wrapped *wrapped_out)
{
	struct fake_parent old, new;

	CHECK(count <= VS_KEYS_REWRAP_MAX);
	VS_TRY(fake_open_kek(client, from, &old));
	VS_TRY(fake_open_kek(client, to, &new));
	for (size_t i = 0; i < count; i++) {
		uint8_t key[32];

		VS_TRY(fake_unwrap(&old, names[i].kind, from->tenant, names[i].id, names[i].version,
		                   &wrapped[i], key));
		fake_wrap(&new, names[i].kind, to->tenant, names[i].id, names[i].version, key,
		          &wrapped_out[i]);
	}
	return VS_OK;
}

/* --- a service on a keystore of its own ------------------------------------------------------- */

static int64_t fake_now_ms = INT64_C(1763700000000); /* 2025-11-21 */

static inline int64_t
fake_now(void)
{
	return fake_now_ms;
}

struct house {
	char dir[64], path[96], reason[256];
	struct vs_store_keystore *keystore;
	struct vs_keystore store;
	struct vs_keys_client client;
	struct vs_keys *keys;
};

static inline void
house_open(struct house *h)
{
	const struct vs_keys_options options = {
	    .store = &h->store, .client = &h->client, .now_ms = fake_now};

	CHECK_OK(vs_store_keystore_open(&(const struct vs_store_place){.path = h->path}, h->reason,
	                                sizeof(h->reason), &h->keystore));
	h->store = vs_store_keystore_port(h->keystore);
	CHECK_OK(vs_keys_new(&options, &h->keys));
}

static inline void
house_close(struct house *h)
{
	vs_keys_free(&h->keys);
	vs_store_keystore_close(&h->keystore);
}

static inline void
house_start(struct house *h)
{
	memset(h, 0, sizeof(*h));
	h->client.root = 1;
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/voltseal-keys-XXXXXX");
	test_folder_make(h->dir);
	(void)snprintf(h->path, sizeof(h->path), "%s/keystore.db", h->dir);
	house_open(h);
}

static inline void
house_reopen(struct house *h)
{
	house_close(h);
	house_open(h);
}

static inline void
house_done(struct house *h)
{
	static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
	char path[128];

	house_close(h);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", h->path, tails[i]);
		(void)unlink(path);
	}
	CHECK(rmdir(h->dir) == 0);
}

/* One number out of the file, whatever the service thinks. */
static inline int64_t
house_ask(struct house *h, const char *sql)
{
	sqlite3 *sqlite = NULL;
	sqlite3_stmt *statement = NULL;
	int64_t number;

	CHECK(sqlite3_open(h->path, &sqlite) == SQLITE_OK);
	CHECK(sqlite3_busy_timeout(sqlite, 5000) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(statement) == SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	CHECK(sqlite3_finalize(statement) == SQLITE_OK);
	CHECK(sqlite3_close(sqlite) == SQLITE_OK);
	return number;
}

/* Until no job is left. */
static inline unsigned
house_work(struct house *h)
{
	bool is_idle = false;
	unsigned steps = 0;

	for (;;) {
		CHECK_OK(vs_keys_job_step(h->keys, &is_idle));
		if (is_idle)
			return steps;
		CHECK(++steps < 10000);
	}
}

/* The rules that every keystore file must keep, whatever happened to the program that wrote it. */
static inline void
house_is_legal(struct house *h)
{
	CHECK(house_ask(
		  h, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") ==
	      0);
	CHECK(house_ask(h, "SELECT count(*) FROM pragma_foreign_key_check") == 0);
	CHECK(house_ask(
		  h,
		  "SELECT count(*) FROM (SELECT 1 FROM key WHERE state IN ('active', 'pre-active')"
		  " GROUP BY tenant, kind, owner, period, state HAVING count(*) > 1)") == 0);
	CHECK(house_ask(
		  h, "SELECT count(*) FROM key WHERE audit_id NOT IN (SELECT id FROM audit)") == 0);
	CHECK(house_ask(
		  h,
		  "SELECT count(*) FROM tenant_kek WHERE audit_id NOT IN (SELECT id FROM audit)") ==
	      0);
	/* No hole and nobody behind: what the newest audit record tells of is there. */
	CHECK(house_ask(h, "SELECT coalesce(max(id), 0) - count(*) FROM audit") == 0);
	CHECK(house_ask(h, "SELECT count(*) FROM key WHERE (state = 'destroyed') <> (wrapped = "
	                   "zeroblob(length(wrapped)))") == 0);
	CHECK(house_ask(h, "SELECT count(*) FROM key JOIN tenant_kek AS k ON k.tenant = key.tenant "
	                   "AND k.version = kek_version"
	                   " WHERE key.state <> 'destroyed' AND k.state = 'destroyed'") == 0);
}
