/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "keys/inside.h"

#define SUITE_AES256GCM 0x01

static bool
is_all_of(const char *text, const char *allowed, size_t size)
{
	size_t length = strlen(text);

	return length > 0 && length < size && strspn(text, allowed) == length;
}

vs_result
vs_keys_tenant_check(const char *tenant)
{
	return is_all_of(tenant, "abcdefghijklmnopqrstuvwxyz0123456789-", VS_KEYS_TENANT_SIZE)
	           ? VS_OK
	           : VS_FAIL(BAD_VALUE);
}

vs_result
vs_keys_owner_check(const char *owner)
{
	return is_all_of(owner,
	                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*-_=:+|@.",
	                 VS_KEYS_OWNER_SIZE)
	           ? VS_OK
	           : VS_FAIL(BAD_VALUE);
}

void
vs_keys_row_id(const struct vs_keystore_key *key, char id[static VS_KEYS_ID_SIZE])
{
	/* No identity has a slash. */
	(void)snprintf(id, VS_KEYS_ID_SIZE, "%s%s%s", key->owner, key->period[0] != '\0' ? "/" : "",
	               key->period);
}

/* The active tenant KEK, made when the tenant has never had one. With the lock. FORBIDDEN: the
 * tenant was erased. */
static vs_result
kek_current(struct vs_keys *keys, const char *tenant, struct vs_keystore_kek *kek_out)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_kek kek = {.state = VS_KEYS_ACTIVE};
	struct vs_keys_batch batch;
	vs_result r = store->kek(store->self, tenant, 0, kek_out);

	if (r.code != VS_E_NOT_FOUND)
		return r;
	/* A tenant that had one and has none in use was erased. */
	r = store->kek(store->self, tenant, 1, &kek);
	if (r.code != VS_E_NOT_FOUND)
		return r.code == VS_E_OK ? VS_FAIL(FORBIDDEN) : r;
	VS_TRY(vs_keys_client_kek_new(keys->options.client, tenant, 1, &kek.kek));
	vs_keys_batch_init(&batch, keys, tenant, VS_CORE_BEHALF("keys"));
	kek.state = VS_KEYS_ACTIVE;
	kek.created_ms = kek.state_ms = batch.now_ms;
	vs_keys_batch_tell(&batch, "kek.create", "", "kek %s #1", tenant);
	vs_keys_batch_change(&batch, VS_KEYSTORE_KEK_ADD)->u.kek = kek;
	r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	if (r.code == VS_E_OK)
		*kek_out = kek;
	return r;
}

vs_result
vs_keys_row_generate(struct vs_keys *keys, struct vs_keystore_key *key,
                     uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	char id[VS_KEYS_ID_SIZE];
	const struct vs_keys_name name = {key->kind, id, key->version};
	struct vs_keystore_kek kek;

	vs_keys_row_id(key, id);
	VS_TRY(kek_current(keys, key->tenant, &kek));
	VS_TRY(
	    vs_keys_client_key_new(keys->options.client, &kek.kek, &name, key_out, &key->wrapped));
	key->kek_version = kek.kek.version;
	key->suite = SUITE_AES256GCM;
	return VS_OK;
}

vs_result
vs_keys_row_unwrap(struct vs_keys *keys, const struct vs_keystore_key *key,
                   uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	const struct vs_keystore *store = keys->store;
	char id[VS_KEYS_ID_SIZE];
	const struct vs_keys_name name = {key->kind, id, key->version};
	struct vs_keystore_kek kek;

	if (key->state == VS_KEYS_DESTROYED)
		return VS_FAIL(FORBIDDEN);
	vs_keys_row_id(key, id);
	VS_TRY(store->kek(store->self, key->tenant, key->kek_version, &kek));
	return vs_keys_client_key_unwrap(keys->options.client, &kek.kek, &name, &key->wrapped,
	                                 key_out);
}

vs_result
vs_keys_row_next(struct vs_keys *keys, const char *tenant, const char *kind, const char *owner,
                 const char *period, struct vs_keystore_key *key_out)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_key newest = {.version = 0}, key = {.state = VS_KEYS_ACTIVE};
	vs_result r = store->find(store->self, tenant, kind, owner, period, 0, &newest);

	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	if (newest.version == UINT32_MAX)
		return VS_FAIL(OUT_OF_RANGE);
	(void)snprintf(key.tenant, sizeof(key.tenant), "%s", tenant);
	(void)snprintf(key.kind, sizeof(key.kind), "%s", kind);
	(void)snprintf(key.owner, sizeof(key.owner), "%s", owner);
	(void)snprintf(key.period, sizeof(key.period), "%s", period);
	key.version = newest.version + 1;
	key.created_ms = key.activated_ms = vs_keys_now(keys);
	key.offered_ms = key.until_ms = key.destroyed_ms = VS_KEYS_NEVER;
	*key_out = key;
	return VS_OK;
}
