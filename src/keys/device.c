/* SPDX-License-Identifier: Apache-2.0 */
/* Device keys in use: which one seals, which one opens. Their life is device_life.c's. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "keys/inside.h"

#define SEALS "device" /* in the cache: the active key, by channel; its number is the epoch */

static const struct {
	const char *name, *kind;
} chans[VS_KEYS_CHANS] = {[VS_KEYS_FIELD] = {"field", "device/field"},
                          [VS_KEYS_PROV] = {"prov", "device/prov"},
                          [VS_KEYS_PSK] = {"psk", "device/psk"}};

const char *
vs_keys_chan_kind(enum vs_keys_chan chan)
{
	assert(chan < VS_KEYS_CHANS);
	return chans[chan].kind;
}

vs_result
vs_keys_chan_parse(struct vs_bytes name, enum vs_keys_chan *chan_out)
{
	assert(chan_out != NULL);
	for (unsigned i = 0; i < VS_KEYS_CHANS; i++) {
		if (vs_bytes_equal_text(name, chans[i].name)) {
			*chan_out = i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

/* --- names in the cache ---------------------------------------------------------------------- */

static void
name_of_seal(struct vs_keys_cache_name *name, const char *tenant, const char *device,
             const char *kind)
{
	vs_keys_cache_name_make(name, SEALS, tenant, device, kind);
}

static void
name_of_epoch(struct vs_keys_cache_name *name, const char *tenant, const char *device,
              const char *kind, uint32_t epoch)
{
	char where[VS_KEYS_KIND_SIZE + 11];

	(void)snprintf(where, sizeof(where), "%s#%u", kind, epoch);
	vs_keys_cache_name_make(name, SEALS, tenant, device, where);
}

void
vs_keys_forget(struct vs_keys *keys, const struct vs_keys_news *news)
{
	struct vs_keys_cache_name name;

	/* One epoch of one device is every day's business: it does not cost the others theirs. */
	if (news->epoch == 0 || strncmp(news->kind, "device/", 7) != 0) {
		vs_keys_cache_clear(keys->cache);
		return;
	}
	name_of_seal(&name, news->tenant, news->subject, news->kind);
	vs_keys_cache_drop(keys->cache, vs_keys_cache_name_view(&name));
	name_of_epoch(&name, news->tenant, news->subject, news->kind, news->epoch);
	vs_keys_cache_drop(keys->cache, vs_keys_cache_name_view(&name));
}

static vs_result
check_device(const struct vs_keys_device *device)
{
	VS_TRY(vs_keys_tenant_check(device->tenant));
	return vs_keys_owner_check(device->device);
}

/* --- use ------------------------------------------------------------------------------------- */

static vs_result
unwrap_and_cache(struct vs_keys *keys, const struct vs_keystore_key *row,
                 const struct vs_keys_cache_name *name, uint64_t generation,
                 struct vs_keys_device_key *key_out)
{
	uint8_t key[VS_KEYS_KEY_SIZE];
	vs_result r = vs_keys_row_unwrap(keys, row, key);

	if (r.code == VS_E_OK) {
		vs_keys_cache_put(keys->cache, vs_keys_cache_name_view(name), generation, key,
		                  row->version, vs_keys_now(keys));
		key_out->epoch = row->version;
		memcpy(key_out->key, key, sizeof(key));
	}
	explicit_bzero(key, sizeof(key));
	return r;
}

vs_result
vs_keys_device_seal(struct vs_keys *keys, const struct vs_keys_device *device,
                    struct vs_keys_device_key *key_out)
{
	const struct vs_keystore *store;
	const char *kind;
	struct vs_keys_cache_name name;
	struct vs_keystore_key row;
	uint64_t generation;

	assert(keys != NULL && device != NULL && key_out != NULL);
	store = keys->store;
	kind = vs_keys_chan_kind(device->chan);
	VS_TRY(check_device(device));
	name_of_seal(&name, device->tenant, device->device, kind);
	if (vs_keys_cache_get(keys->cache, vs_keys_cache_name_view(&name), vs_keys_now(keys),
	                      key_out->key, &key_out->epoch))
		return VS_OK;
	generation = vs_keys_cache_generation(keys->cache);
	VS_TRY(store->find_state(store->self, device->tenant, kind, device->device, "",
	                         VS_KEYS_ACTIVE, &row));
	return unwrap_and_cache(keys, &row, &name, generation, key_out);
}

vs_result
vs_keys_device_open(struct vs_keys *keys, const struct vs_keys_device *device, uint32_t epoch,
                    struct vs_keys_device_key *key_out)
{
	const struct vs_keystore *store;
	const char *kind;
	int64_t now_ms;
	struct vs_keys_cache_name name;
	struct vs_keystore_key row;
	uint64_t generation;

	assert(keys != NULL && device != NULL && key_out != NULL);
	store = keys->store;
	now_ms = vs_keys_now(keys);
	kind = vs_keys_chan_kind(device->chan);
	VS_TRY(check_device(device));
	if (epoch == 0)
		return VS_FAIL(NOT_FOUND);
	name_of_epoch(&name, device->tenant, device->device, kind, epoch);
	if (vs_keys_cache_get(keys->cache, vs_keys_cache_name_view(&name), now_ms, key_out->key,
	                      &key_out->epoch))
		return VS_OK;
	generation = vs_keys_cache_generation(keys->cache);
	VS_TRY(store->find(store->self, device->tenant, kind, device->device, "", epoch, &row));
	if (!vs_keys_state_opens(row.state) ||
	    (row.until_ms != VS_KEYS_NEVER && row.until_ms <= now_ms))
		return VS_FAIL(FORBIDDEN);
	return unwrap_and_cache(keys, &row, &name, generation, key_out);
}

vs_result
vs_keys_device_used(struct vs_keys *keys, const struct vs_keys_device *device, uint32_t epoch,
                    const struct vs_core_behalf *behalf)
{
	struct vs_keys_device_key active;
	vs_result r;

	assert(keys != NULL && device != NULL && behalf != NULL);
	r = vs_keys_device_seal(keys, device, &active);
	explicit_bzero(active.key, sizeof(active.key));
	if (r.code == VS_E_OK && epoch <= active.epoch)
		return VS_OK;
	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	r = vs_keys_device_promote(keys, device, epoch, VS_KEYS_FIRST_USE, behalf);
	/* It opens as it is; that it becomes the active one waits for the log. */
	return r.code == VS_E_AUDIT_UNAVAILABLE ? VS_OK : r;
}
