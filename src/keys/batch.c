/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "keys/inside.h"

#define FIRST_CAPACITY 8u

void
vs_keys_batch_init(struct vs_keys_batch *batch, struct vs_keys *keys, const char *tenant,
                   const struct vs_core_behalf *behalf)
{
	memset(batch, 0, sizeof(*batch));
	batch->keys = keys;
	batch->tenant = tenant;
	batch->behalf = behalf;
	batch->now_ms = vs_keys_now(keys);
}

void
vs_keys_batch_done(struct vs_keys_batch *batch)
{
	free(batch->changes);
	free(batch->audits);
	memset(batch, 0, sizeof(*batch));
}

/* Room for one more; false without memory. */
static bool
grow(void **items, size_t size, size_t count, size_t *capacity)
{
	size_t more = *capacity == 0 ? FIRST_CAPACITY : 2 * *capacity;
	void *larger;

	if (count < *capacity)
		return true;
	larger = reallocarray(*items, more, size);
	if (larger == NULL)
		return false;
	*items = larger;
	*capacity = more;
	return true;
}

void
vs_keys_batch_tell(struct vs_keys_batch *batch, const char *event, const char *detail,
                   const char *object, ...)
{
	struct vs_keystore_audit *audit;
	va_list args;

	if (!grow((void **)&batch->audits, sizeof(*batch->audits), batch->audit_count,
	          &batch->audit_capacity)) {
		batch->is_short = true;
		return;
	}
	audit = &batch->audits[batch->audit_count++];
	memset(audit, 0, sizeof(*audit));
	audit->at_ms = batch->now_ms;
	(void)snprintf(audit->tenant, sizeof(audit->tenant), "%s", batch->tenant);
	audit->behalf = batch->behalf;
	(void)snprintf(audit->actor, sizeof(audit->actor), "%s", batch->behalf->name);
	(void)snprintf(audit->event, sizeof(audit->event), "%s", event);
	(void)snprintf(audit->result, sizeof(audit->result), "ok");
	(void)snprintf(audit->detail, sizeof(audit->detail), "%s", detail);
	va_start(args, object);
	(void)vsnprintf(audit->object, sizeof(audit->object), object, args);
	va_end(args);
}

struct vs_keystore_change *
vs_keys_batch_change(struct vs_keys_batch *batch, enum vs_keystore_change_kind kind)
{
	static _Thread_local struct vs_keystore_change nowhere;
	struct vs_keystore_change *change = &nowhere;

	if (grow((void **)&batch->changes, sizeof(*batch->changes), batch->count, &batch->capacity))
		change = &batch->changes[batch->count++];
	else
		batch->is_short = true;
	memset(change, 0, sizeof(*change));
	change->kind = kind;
	change->audit = batch->audit_count - 1;
	return change;
}

vs_result
vs_keys_batch_apply(struct vs_keys_batch *batch)
{
	const struct vs_keystore *store = batch->keys->store;

	if (batch->is_short)
		return VS_FAIL(NO_MEMORY);
	if (batch->count == 0)
		return VS_OK;
	assert(batch->audit_count > 0);
	VS_TRY(vs_keystore_apply(store, batch->changes, batch->count, batch->audits,
	                         batch->audit_count));
	vs_metric_add(VS_METRIC_key_changes_total, 1);
	return VS_OK;
}

/* --- steps ----------------------------------------------------------------------------------- */

static void
add_tombstone(struct vs_keys_batch *batch, const struct vs_keystore_key *key)
{
	struct vs_keystore_tombstone *row =
	    &vs_keys_batch_change(batch, VS_KEYSTORE_TOMBSTONE_ADD)->u.tombstone;

	memcpy(row->tenant, key->tenant, sizeof(row->tenant));
	memcpy(row->kind, key->kind, sizeof(row->kind));
	memcpy(row->owner, key->owner, sizeof(row->owner));
	memcpy(row->period, key->period, sizeof(row->period));
	row->version = key->version;
	row->at_ms = batch->now_ms;
}

static void
add_revocation(struct vs_keys_batch *batch, const struct vs_keystore_key *key, const char *reason)
{
	struct vs_keystore_revocation *row =
	    &vs_keys_batch_change(batch, VS_KEYSTORE_REVOCATION_ADD)->u.revocation;
	const char *chan = strchr(key->kind, '/');

	memcpy(row->tenant, key->tenant, sizeof(row->tenant));
	(void)snprintf(row->kind, sizeof(row->kind), "key");
	(void)snprintf(row->subject, sizeof(row->subject), "%s%s", key->owner,
	               chan != NULL ? chan : "");
	row->epoch = key->version;
	(void)snprintf(row->reason, sizeof(row->reason), "%s", reason);
	row->at_ms = batch->now_ms;
}

vs_result
vs_keys_batch_step(struct vs_keys_batch *batch, struct vs_keystore_key *key,
                   enum vs_keys_event event, const char *reason)
{
	struct vs_keys_step step = vs_keys_step(key->state, event);
	enum vs_keys_state from = key->state;
	struct vs_keystore_change *change;
	char name[33], id[VS_KEYS_ID_SIZE];

	if (step.next == VS_KEYS_ILLEGAL)
		return VS_FAIL(NOT_NOW);
	if (step.effect == VS_KEYS_NOTHING)
		return VS_OK;
	(void)snprintf(name, sizeof(name), "key.%s", vs_keys_event_name(event));
	vs_keys_row_id(key, id);
	vs_keys_batch_tell(batch, name, reason, "%s %s #%u", key->kind,
	                   id[0] != '\0' ? id : key->tenant, key->version);
	key->state = step.next;
	switch (step.effect) {
	case VS_KEYS_NOTHING:
	case VS_KEYS_OVERLAP: /* until_ms is the caller's */
		break;
	case VS_KEYS_SENT:
		if (key->offered_ms == VS_KEYS_NEVER)
			key->offered_ms = batch->now_ms;
		break;
	case VS_KEYS_PROMOTE:
		key->activated_ms = batch->now_ms;
		key->until_ms = VS_KEYS_NEVER;
		break;
	case VS_KEYS_PUBLISH:
		key->until_ms = VS_KEYS_NEVER;
		add_revocation(batch, key, reason);
		break;
	case VS_KEYS_ENTOMB:
		add_tombstone(batch, key);
		if (key->destroyed_ms == VS_KEYS_NEVER)
			key->destroyed_ms = batch->now_ms;
		break;
	case VS_KEYS_WIPE:
		key->destroyed_ms = batch->now_ms;
		break;
	}
	change = vs_keys_batch_change(batch, VS_KEYSTORE_KEY_STEP);
	change->from = from;
	change->u.key = *key;
	return VS_OK;
}
