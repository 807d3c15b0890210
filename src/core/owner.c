/* SPDX-License-Identifier: Apache-2.0 */
#include "core/owner.h"

#include <assert.h>

static_assert(VS_OWNER_RENEW_MS * 2 + VS_OWNER_MARGIN_MS < VS_OWNER_TTL_MS,
              "one renewal may be lost without losing the lease");

/* --- leases ----------------------------------------------------------------------------------- */

void
vs_owner_lease_asked(struct vs_owner_lease *lease, uint64_t now_ms)
{
	lease->sent_ms = now_ms;
}

void
vs_owner_lease_granted(struct vs_owner_lease *lease, uint64_t revision, bool is_new)
{
	lease->revision = revision;
	if (is_new)
		lease->incarnation = revision;
	/* From when it was asked for: who sees it sees it later than that. */
	lease->until_ms = lease->sent_ms + VS_OWNER_TTL_MS - VS_OWNER_MARGIN_MS;
}

void
vs_owner_lease_adopted(struct vs_owner_lease *lease, uint64_t revision)
{
	if (revision > lease->revision)
		lease->revision = revision;
}

void
vs_owner_lease_lost(struct vs_owner_lease *lease)
{
	lease->incarnation = 0;
	lease->until_ms = 0;
}

bool
vs_owner_lease_holds(const struct vs_owner_lease *lease, uint64_t now_ms)
{
	return lease->incarnation != 0 && now_ms < lease->until_ms;
}

void
vs_owner_peer_seen(struct vs_owner_peer *peer, uint64_t revision, uint64_t incarnation,
                   uint64_t now_ms)
{
	if (revision <= peer->revision)
		return;
	*peer = (struct vs_owner_peer){revision, incarnation, now_ms};
}

bool
vs_owner_peer_is_over(const struct vs_owner_peer *peer, uint64_t incarnation)
{
	/* Its end was written, or a later one began, which could be only over its end. */
	return peer->incarnation == 0 ? peer->revision > incarnation
	                              : peer->incarnation > incarnation;
}

bool
vs_owner_peer_may_end(const struct vs_owner_peer *peer, uint64_t now_ms)
{
	/* Of which nothing is known: over revision 0, which only is one that has never been. */
	if (peer->revision == 0)
		return true;
	return peer->incarnation != 0 && now_ms - peer->seen_ms >= VS_OWNER_TTL_MS;
}

/* --- a station -------------------------------------------------------------------------------- */

static unsigned
claim(struct vs_owner *owner)
{
	owner->state = VS_OWNER_CLAIMING;
	owner->serial++;
	owner->epoch = 0;
	owner->before_count = 0;
	owner->has_held = false;
	owner->is_again = false;
	return VS_OWNER_CLAIM;
}

static unsigned
end(struct vs_owner *owner)
{
	owner->state = VS_OWNER_NONE;
	owner->before_count = 0;
	owner->has_held = false;
	return 0;
}

static unsigned
hold(struct vs_owner *owner)
{
	owner->state = VS_OWNER_HOLDING;
	owner->has_held = true;
	return VS_OWNER_OWNS;
}

unsigned
vs_owner_came(struct vs_owner *owner)
{
	owner->old = 0;
	switch ((enum vs_owner_state)owner->state) {
	case VS_OWNER_NONE:
		return claim(owner);
	case VS_OWNER_ABANDONED:
		owner->state = VS_OWNER_CLAIMING;
		return 0;
	case VS_OWNER_LEAVING:
		owner->is_again = true;
		return 0;
	case VS_OWNER_CLAIMING:
	case VS_OWNER_WAITING:
	case VS_OWNER_HOLDING:
		return 0; /* another socket of the same station at the same node */
	}
	return 0;
}

unsigned
vs_owner_left(struct vs_owner *owner)
{
	bool is_again = owner->is_again;

	switch ((enum vs_owner_state)owner->state) {
	case VS_OWNER_NONE:
	case VS_OWNER_ABANDONED:
		return 0;
	case VS_OWNER_CLAIMING:
		owner->state = VS_OWNER_ABANDONED;
		return 0;
	case VS_OWNER_WAITING:
		/* The entry stays: it says who may still send. */
		return end(owner);
	case VS_OWNER_HOLDING:
		return end(owner) | VS_OWNER_LETS | VS_OWNER_DELETE;
	case VS_OWNER_LEAVING:
		return end(owner) | (is_again ? claim(owner) : 0);
	}
	return 0;
}

unsigned
vs_owner_claimed(struct vs_owner *owner, uint32_t serial, uint64_t epoch,
                 const struct vs_owner_before *before, size_t count)
{
	assert(count <= VS_OWNER_BEFORE);
	if (serial != owner->serial ||
	    (owner->state != VS_OWNER_CLAIMING && owner->state != VS_OWNER_ABANDONED))
		return 0;
	owner->epoch = epoch;
	if (owner->state == VS_OWNER_ABANDONED)
		return end(owner) | (count == 0 && epoch > owner->asked ? VS_OWNER_DELETE : 0);
	/* Somebody wrote over it before we knew that it was written. */
	if (epoch < owner->asked) {
		owner->state = VS_OWNER_LEAVING;
		return VS_OWNER_CLOSE;
	}
	for (size_t i = 0; i < count; i++)
		owner->before[i] = before[i];
	owner->before_count = (uint8_t)count;
	if (count == 0)
		return hold(owner);
	owner->state = VS_OWNER_WAITING;
	return VS_OWNER_ASK;
}

unsigned
vs_owner_refused(struct vs_owner *owner, uint32_t serial)
{
	if (serial != owner->serial)
		return 0;
	if (owner->state == VS_OWNER_ABANDONED)
		return end(owner);
	return owner->state == VS_OWNER_CLAIMING ? claim(owner) : 0;
}

unsigned
vs_owner_freed(struct vs_owner *owner, uint32_t node, uint64_t incarnation)
{
	size_t kept = 0;

	if (owner->state != VS_OWNER_WAITING)
		return 0;
	for (size_t i = 0; i < owner->before_count; i++) {
		if (owner->before[i].node != node || owner->before[i].incarnation > incarnation)
			owner->before[kept++] = owner->before[i];
	}
	owner->before_count = (uint8_t)kept;
	return kept == 0 ? hold(owner) : 0;
}

unsigned
vs_owner_asked(struct vs_owner *owner, uint64_t epoch)
{
	if (epoch > owner->asked)
		owner->asked = epoch;
	/* What we have not we give freely, to whoever: our next claim will ask who has it then. */
	if (owner->state == VS_OWNER_NONE)
		return VS_OWNER_RELEASE;
	/* We wrote over that one: it will be told. */
	if (epoch <= owner->epoch)
		return 0;
	switch ((enum vs_owner_state)owner->state) {
	case VS_OWNER_NONE:
	case VS_OWNER_CLAIMING:
	case VS_OWNER_ABANDONED:
		return VS_OWNER_RELEASE;
	case VS_OWNER_WAITING: /* those before us are in its list, too */
		owner->state = VS_OWNER_LEAVING;
		return VS_OWNER_RELEASE | VS_OWNER_CLOSE;
	case VS_OWNER_HOLDING:
		owner->state = VS_OWNER_LEAVING;
		return VS_OWNER_LETS | VS_OWNER_CLOSE;
	case VS_OWNER_LEAVING:
		return owner->has_held ? VS_OWNER_CLOSE : VS_OWNER_RELEASE;
	}
	return 0;
}

unsigned
vs_owner_superseded(struct vs_owner *owner, uint32_t serial)
{
	if (serial != owner->serial)
		return 0;
	if (owner->state == VS_OWNER_ABANDONED)
		return end(owner);
	if (owner->state != VS_OWNER_CLAIMING)
		return 0;
	owner->state = VS_OWNER_LEAVING;
	return VS_OWNER_CLOSE;
}

unsigned
vs_owner_renewed(struct vs_owner *owner)
{
	if (owner->epoch != 0)
		owner->old = owner->epoch;
	switch ((enum vs_owner_state)owner->state) {
	case VS_OWNER_NONE:
	case VS_OWNER_LEAVING:
		return 0;
	case VS_OWNER_ABANDONED:
		owner->serial++; /* what comes of it is another incarnation's */
		return end(owner);
	case VS_OWNER_CLAIMING:
	case VS_OWNER_WAITING:
		return claim(owner);
	case VS_OWNER_HOLDING:
		return VS_OWNER_LETS | claim(owner);
	}
	return 0;
}

static vs_result
add(const struct vs_owner_before *one, uint32_t self, struct vs_owner_before *list, size_t *count)
{
	if (one->node == self)
		return VS_OK;
	for (size_t i = 0; i < *count; i++) {
		if (list[i].node == one->node) {
			if (one->incarnation > list[i].incarnation)
				list[i].incarnation = one->incarnation;
			return VS_OK;
		}
	}
	if (*count == VS_OWNER_BEFORE)
		return VS_FAIL(TOO_LONG);
	list[(*count)++] = *one;
	return VS_OK;
}

vs_result
vs_owner_before_make(const struct vs_owner_before *last, const struct vs_owner_before *list,
                     size_t count, uint32_t self,
                     struct vs_owner_before before_out[static VS_OWNER_BEFORE], size_t *count_out)
{
	struct vs_owner_before made[VS_OWNER_BEFORE] = {{0, 0}};
	size_t made_count = 0;

	if (last->node != 0)
		VS_TRY(add(last, self, made, &made_count));
	for (size_t i = 0; i < count; i++)
		VS_TRY(add(&list[i], self, made, &made_count));
	for (size_t i = 0; i < made_count; i++)
		before_out[i] = made[i];
	*count_out = made_count;
	return VS_OK;
}
