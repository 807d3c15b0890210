/* SPDX-License-Identifier: Apache-2.0 */
/* The life of device keys: created, offered, taken, revoked, destroyed. Each is one transaction. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/metric.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "keys/inside.h"
#include "keys/rotation.h"

static_assert(VS_ROTATION_PROOF_SIZE == 32, "as keys.h says");

static vs_result
check(const struct vs_keys_device *device)
{
	VS_TRY(vs_keys_tenant_check(device->tenant));
	return vs_keys_owner_check(device->device);
}

static vs_result
find_state(struct vs_keys *keys, const struct vs_keys_device *device, enum vs_keys_state state,
           struct vs_keystore_key *row)
{
	const struct vs_keystore *store = keys->store;

	return store->find_state(store->self, device->tenant, vs_keys_chan_kind(device->chan),
	                         device->device, "", state, row);
}

static vs_result
find_epoch(struct vs_keys *keys, const struct vs_keys_device *device, uint32_t epoch,
           struct vs_keystore_key *row)
{
	const struct vs_keystore *store = keys->store;

	return store->find(store->self, device->tenant, vs_keys_chan_kind(device->chan),
	                   device->device, "", epoch, row);
}

static void
tell(struct vs_keys *keys, enum vs_keys_news_kind what, const struct vs_keystore_key *row,
     int64_t rev_no)
{
	struct vs_keys_news news = {.what = what,
	                            .rev_no = rev_no,
	                            .tenant = row->tenant,
	                            .kind = row->kind,
	                            .subject = row->owner,
	                            .epoch = row->version};

	vs_keys_tell(keys, &news);
}

static void
forget(struct vs_keys *keys, const struct vs_keystore_key *row)
{
	vs_keys_forget(keys, &(struct vs_keys_news){.tenant = row->tenant,
	                                            .kind = row->kind,
	                                            .subject = row->owner,
	                                            .epoch = row->version});
}

/* --- made ------------------------------------------------------------------------------------ */

static vs_result
add_row(struct vs_keys *keys, struct vs_keys_batch *batch, const struct vs_keys_device *device,
        enum vs_keys_state state, struct vs_keystore_key *row, uint8_t key[static VS_KEYS_KEY_SIZE])
{
	VS_TRY(vs_keys_row_next(keys, device->tenant, vs_keys_chan_kind(device->chan),
	                        device->device, "", row));
	VS_TRY(vs_keys_row_generate(keys, row, key));
	row->state = state;
	if (state == VS_KEYS_PRE_ACTIVE) {
		row->activated_ms = VS_KEYS_NEVER;
		row->offered_ms = batch->now_ms;
		row->until_ms = batch->now_ms + keys->options.times.offer_ms;
		vs_random_bytes(row->oid, sizeof(row->oid));
	}
	vs_keys_batch_tell(batch, state == VS_KEYS_PRE_ACTIVE ? "key.offer" : "key.create", "",
	                   "%s %s #%u", row->kind, row->owner, row->version);
	vs_keys_batch_change(batch, VS_KEYSTORE_KEY_ADD)->u.key = *row;
	return VS_OK;
}

static vs_result
create(struct vs_keys *keys, const struct vs_keys_device *device,
       const struct vs_core_behalf *behalf, struct vs_keys_device_key *key)
{
	struct vs_keystore_key row;
	struct vs_keys_batch batch;
	vs_result r = find_state(keys, device, VS_KEYS_ACTIVE, &row);

	if (r.code != VS_E_NOT_FOUND)
		return r.code == VS_E_OK ? VS_FAIL(EXISTS) : r;
	vs_keys_batch_init(&batch, keys, device->tenant, behalf);
	/* An offer that is still open was of a key that is no more. */
	r = find_state(keys, device, VS_KEYS_PRE_ACTIVE, &row);
	if (r.code == VS_E_OK)
		r = vs_keys_batch_step(&batch, &row, VS_KEYS_DESTROY, "superseded");
	else if (r.code == VS_E_NOT_FOUND)
		r = VS_OK;
	if (r.code == VS_E_OK)
		r = add_row(keys, &batch, device, VS_KEYS_ACTIVE, &row, key->key);
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	key->epoch = row.version;
	if (r.code == VS_E_OK)
		forget(keys, &row);
	return r;
}

vs_result
vs_keys_device_create(struct vs_keys *keys, const struct vs_keys_device *device,
                      const struct vs_core_behalf *behalf, struct vs_keys_device_key *key_out)
{
	struct vs_keys_device_key key;
	vs_result r;

	assert(keys != NULL && device != NULL && behalf != NULL && key_out != NULL);
	VS_TRY(check(device));
	vs_keys_lock(keys);
	r = create(keys, device, behalf, &key);
	vs_keys_unlock(keys);
	if (r.code == VS_E_OK)
		*key_out = key;
	explicit_bzero(&key, sizeof(key));
	return r;
}

/* --- offered --------------------------------------------------------------------------------- */

static vs_result
offer_new(struct vs_keys *keys, const struct vs_keys_device *device,
          const struct vs_core_behalf *behalf, struct vs_keystore_key *row,
          uint8_t key[static VS_KEYS_KEY_SIZE])
{
	struct vs_keys_batch batch;
	struct vs_keystore_key active;
	vs_result r;

	VS_TRY(find_state(keys, device, VS_KEYS_ACTIVE, &active));
	vs_keys_batch_init(&batch, keys, device->tenant, behalf);
	r = add_row(keys, &batch, device, VS_KEYS_PRE_ACTIVE, row, key);
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	return r;
}

static vs_result
offer_fill(struct vs_keys *keys, const struct vs_keystore_key *row, struct vs_keys_offer *offer)
{
	VS_TRY(vs_keys_row_unwrap(keys, row, offer->key));
	offer->epoch = row->version;
	offer->until_ms = row->until_ms;
	memcpy(offer->oid, row->oid, sizeof(offer->oid));
	return VS_OK;
}

static vs_result
offer(struct vs_keys *keys, const struct vs_keys_device *device,
      const struct vs_core_behalf *behalf, struct vs_keys_offer *offer)
{
	struct vs_keystore_key row;
	vs_result r = find_state(keys, device, VS_KEYS_PRE_ACTIVE, &row);

	if (r.code == VS_E_OK && row.until_ms <= vs_keys_now(keys)) {
		VS_TRY(vs_keys_expire(keys, &row));
		r = VS_FAIL(NOT_FOUND);
	}
	if (r.code == VS_E_NOT_FOUND)
		r = offer_new(keys, device, behalf, &row, offer->key);
	return r.code == VS_E_OK ? offer_fill(keys, &row, offer) : r;
}

vs_result
vs_keys_device_offered(struct vs_keys *keys, const struct vs_keys_device *device,
                       struct vs_keys_offer *offer_out)
{
	struct vs_keystore_key row;
	vs_result r;

	assert(keys != NULL && device != NULL && offer_out != NULL);
	VS_TRY(check(device));
	vs_keys_lock(keys);
	r = find_state(keys, device, VS_KEYS_PRE_ACTIVE, &row);
	if (r.code == VS_E_OK && row.until_ms <= vs_keys_now(keys))
		r = VS_FAIL(NOT_FOUND);
	if (r.code == VS_E_OK)
		r = offer_fill(keys, &row, offer_out);
	vs_keys_unlock(keys);
	return r;
}

vs_result
vs_keys_device_offer(struct vs_keys *keys, const struct vs_keys_device *device,
                     const struct vs_core_behalf *behalf, struct vs_keys_offer *offer_out)
{
	struct vs_keys_offer made;
	vs_result r;

	assert(keys != NULL && device != NULL && behalf != NULL && offer_out != NULL);
	VS_TRY(check(device));
	vs_keys_lock(keys);
	r = offer(keys, device, behalf, &made);
	vs_keys_unlock(keys);
	if (r.code == VS_E_OK)
		*offer_out = made;
	explicit_bzero(&made, sizeof(made));
	return r;
}

vs_result
vs_keys_expire(struct vs_keys *keys, struct vs_keystore_key *row)
{
	bool was_offer = row->state == VS_KEYS_PRE_ACTIVE;
	struct vs_keystore_key active;
	struct vs_keys_batch batch;
	vs_result r;

	vs_keys_batch_init(&batch, keys, row->tenant, VS_CORE_BEHALF("scheduler"));
	r = vs_keys_batch_step(&batch, row, VS_KEYS_EXPIRE, was_offer ? "not taken" : "");
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	if (r.code != VS_E_OK)
		return r;
	tell(keys, VS_KEYS_NEWS_DESTROYED, row, 0);
	if (!was_offer)
		return VS_OK;
	vs_metric_add(VS_METRIC_key_rotations_failed_total, 1);
	/* Each epoch above the active one is an offer that nobody took. */
	r = keys->store->find_state(keys->store->self, row->tenant, row->kind, row->owner, "",
	                            VS_KEYS_ACTIVE, &active);
	if (r.code == VS_E_OK && row->version - active.version >= VS_ROTATION_FAILURES)
		tell(keys, VS_KEYS_NEWS_ROTATION_FAILED, row, 0);
	return r.code == VS_E_NOT_FOUND ? VS_OK : r;
}

/* --- taken ----------------------------------------------------------------------------------- */

static vs_result
promote(struct vs_keys *keys, const struct vs_keys_device *device, struct vs_keystore_key *row,
        enum vs_keys_event event, const struct vs_core_behalf *behalf)
{
	enum vs_keys_effect effect = vs_keys_step(row->state, event).effect;
	struct vs_keystore_key active;
	struct vs_keys_batch batch;
	struct vs_core_behalf of_device = *behalf;
	char name[VS_KEYS_OWNER_SIZE];
	vs_result r;

	if (effect != VS_KEYS_PROMOTE)
		return vs_keys_step(row->state, event).next == VS_KEYS_ILLEGAL ? VS_FAIL(FORBIDDEN)
		                                                               : VS_OK;
	(void)snprintf(name, sizeof(name), "device:%.57s", device->device);
	of_device.name = name;
	vs_keys_batch_init(&batch, keys, device->tenant, &of_device);
	/* The old one first: there is one active key at every moment, in the file as well. */
	r = find_state(keys, device, VS_KEYS_ACTIVE, &active);
	if (r.code == VS_E_OK) {
		active.until_ms = batch.now_ms + keys->options.times.overlap_ms[device->chan];
		r = vs_keys_batch_step(&batch, &active, VS_KEYS_ROTATE, "");
	} else if (r.code == VS_E_NOT_FOUND) {
		active.version = 0;
		r = VS_OK;
	}
	if (r.code == VS_E_OK)
		r = vs_keys_batch_step(&batch, row, event, "");
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	if (r.code == VS_E_OK) {
		vs_metric_add(VS_METRIC_key_rotations_total, 1);
		forget(keys, row);
	}
	return r;
}

vs_result
vs_keys_device_promote(struct vs_keys *keys, const struct vs_keys_device *device, uint32_t epoch,
                       enum vs_keys_event event, const struct vs_core_behalf *behalf)
{
	struct vs_keystore_key row;
	vs_result r;

	VS_TRY(check(device));
	if (epoch == 0)
		return VS_FAIL(NOT_FOUND);
	vs_keys_lock(keys);
	r = find_epoch(keys, device, epoch, &row);
	if (r.code == VS_E_OK)
		r = promote(keys, device, &row, event, behalf);
	vs_keys_unlock(keys);
	return r;
}

static vs_result
confirm(struct vs_keys *keys, const struct vs_keys_device *device, uint32_t epoch,
        const uint8_t oid[static VS_KEYS_OID_SIZE], const uint8_t *proof,
        const struct vs_core_behalf *behalf)
{
	uint8_t key[VS_KEYS_KEY_SIZE], expected[VS_ROTATION_PROOF_SIZE];
	struct vs_keystore_key row;
	bool is_right = false;
	vs_result r;

	VS_TRY(find_epoch(keys, device, epoch, &row));
	if (!vs_keys_state_opens(row.state))
		return VS_FAIL(FORBIDDEN);
	VS_TRY(vs_keys_row_unwrap(keys, &row, key));
	r = vs_rotation_proof(key, device->tenant, device->device, epoch, row.oid, expected);
	explicit_bzero(key, sizeof(key));
	if (r.code == VS_E_OK)
		is_right = vs_crypto_equal(proof, expected, sizeof(expected)) &&
		           vs_crypto_equal(oid, row.oid, sizeof(row.oid));
	explicit_bzero(expected, sizeof(expected));
	VS_TRY(r);
	return is_right ? promote(keys, device, &row, VS_KEYS_ACK, behalf) : VS_FAIL(NOT_AUTHENTIC);
}

vs_result
vs_keys_device_confirm(struct vs_keys *keys, const struct vs_keys_device *device, uint32_t epoch,
                       const uint8_t oid[static VS_KEYS_OID_SIZE], const uint8_t proof[static 32],
                       const struct vs_core_behalf *behalf)
{
	vs_result r;

	assert(keys != NULL && device != NULL && behalf != NULL);
	VS_TRY(check(device));
	if (epoch == 0)
		return VS_FAIL(NOT_FOUND);
	vs_keys_lock(keys);
	r = confirm(keys, device, epoch, oid, proof, behalf);
	vs_keys_unlock(keys);
	return r;
}

/* --- revoked, destroyed ------------------------------------------------------------------------
 */

struct matching {
	const char *kind;
	uint32_t epoch; /* up to this one */
	struct vs_keystore_key rows[VS_KEYS_REVOKE_MAX];
	size_t count;
	int64_t last;
};

static bool
match(const struct vs_keystore_key *row, void *arg)
{
	struct matching *found = arg;

	found->last = row->key_id;
	if (strcmp(row->kind, found->kind) == 0 && row->version <= found->epoch &&
	    vs_keys_state_opens(row->state))
		found->rows[found->count++] = *row;
	return found->count < VS_KEYS_REVOKE_MAX;
}

static vs_result
revoke_found(struct vs_keys *keys, struct matching *found, const char *tenant,
             const struct vs_core_behalf *behalf, const char *reason)
{
	struct vs_keys_batch batch;
	vs_result r = VS_OK;

	vs_keys_batch_init(&batch, keys, tenant, behalf);
	for (size_t i = 0; i < found->count && r.code == VS_E_OK; i++)
		r = vs_keys_batch_step(&batch, &found->rows[i], VS_KEYS_REVOKE, reason);
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	for (size_t i = 0, at = 0; i < batch.count && r.code == VS_E_OK; i++) {
		if (batch.changes[i].kind == VS_KEYSTORE_REVOCATION_ADD)
			tell(keys, VS_KEYS_NEWS_REVOKED, &found->rows[at++],
			     batch.changes[i].u.revocation.rev_no);
	}
	vs_keys_batch_done(&batch);
	return r;
}

static vs_result
revoke(struct vs_keys *keys, const struct vs_keys_device *device, uint32_t epoch,
       const struct vs_core_behalf *behalf, const char *reason)
{
	const struct vs_keystore *store = keys->store;
	struct vs_keystore_query query = {.list = VS_KEYSTORE_OF_OWNER,
	                                  .tenant = device->tenant,
	                                  .owner = device->device,
	                                  .limit = 100000};
	struct matching found = {.kind = vs_keys_chan_kind(device->chan),
	                         .epoch = epoch == 0 ? UINT32_MAX : epoch};

	VS_TRY(store->keys(store->self, &query, match, &found));
	if (found.count == 0)
		return VS_FAIL(NOT_FOUND);
	return revoke_found(keys, &found, device->tenant, behalf, reason);
}

vs_result
vs_keys_device_revoke(struct vs_keys *keys, const struct vs_keys_device *device, uint32_t epoch,
                      const struct vs_core_behalf *behalf, const char *reason)
{
	vs_result r;

	assert(keys != NULL && device != NULL && behalf != NULL && reason != NULL);
	VS_TRY(check(device));
	vs_keys_lock(keys);
	r = revoke(keys, device, epoch, behalf, reason);
	vs_keys_unlock(keys);
	return r;
}

static vs_result
destroy(struct vs_keys *keys, struct vs_keystore_key *row, const struct vs_core_behalf *behalf,
        const char *reason)
{
	enum vs_keys_state before = row->state;
	struct vs_keys_batch batch;
	vs_result r;

	vs_keys_batch_init(&batch, keys, row->tenant, behalf);
	r = vs_keys_batch_step(&batch, row, VS_KEYS_DESTROY, reason);
	if (r.code == VS_E_OK)
		r = vs_keys_batch_apply(&batch);
	vs_keys_batch_done(&batch);
	if (r.code == VS_E_OK && before != VS_KEYS_DESTROYED)
		tell(keys, VS_KEYS_NEWS_DESTROYED, row, 0);
	return r;
}

vs_result
vs_keys_device_destroy(struct vs_keys *keys, const struct vs_keys_device *device, uint32_t epoch,
                       const struct vs_core_behalf *behalf, const char *reason)
{
	struct vs_keystore_key row;
	vs_result r;

	assert(keys != NULL && device != NULL && behalf != NULL && reason != NULL);
	VS_TRY(check(device));
	if (epoch == 0)
		return VS_FAIL(NOT_FOUND);
	vs_keys_lock(keys);
	r = find_epoch(keys, device, epoch, &row);
	if (r.code == VS_E_OK)
		r = destroy(keys, &row, behalf, reason);
	vs_keys_unlock(keys);
	return r;
}
