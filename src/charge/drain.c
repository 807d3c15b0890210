/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charge points and drivers go to another node (event/drain.h).
 *
 * The node that takes a charge point reads from the store what it is and what it charges (load.c):
 * so monitor and engine go together, at a moment when nothing of it is on its way there, and are
 * closed when that they left is there as well. A charge goes on meanwhile; the engine counts it.
 */
#include <assert.h>

#include "base/map.h"
#include "base/metric.h"
#include "charge/inside.h"

static void
collect(struct vs_drain *drain, void *arg)
{
	const struct vs_charge *charge = arg;

	for (const struct vs_charge_link *link = charge->links; link != NULL; link = link->next)
		if (link->phase != VS_CHARGE_ENDED)
			vs_drain_add(drain, link->conn);
}

/* A driver hears of its charge where the charge point is: it follows. */
static bool
is_busy(const struct vs_charge_link *link)
{
	if (link->phase == VS_CHARGE_ASKED)
		return true;
	if ((link->roles & VS_FRAMED_DRIVER) != 0)
		return vs_map_count(link->charge->connected) > 0;
	return link->point != NULL && link->point->unstored > 0;
}

static void
end_one(struct vs_charge *charge, vs_conn_id conn)
{
	struct vs_charge_link *link = vs_charge_link_find(charge, conn);

	if (link == NULL || link->phase == VS_CHARGE_ENDED)
		return;
	vs_metric_add(VS_METRIC_sessions_drained_total, 1);
	vs_charge_link_end(link, VS_CHARGE_STORED);
}

/* The engine first: who watches it ends a supply when he leaves, and this one goes on. */
void
vs_charge_point_let_go(struct vs_charge *charge, struct vs_charge_point *point)
{
	vs_conn_id engine = point->engine, monitor = point->monitor;

	end_one(charge, engine);
	end_one(charge, monitor);
}

static bool
let_go(uint64_t id, bool may_wait, void *arg)
{
	struct vs_charge *charge = arg;
	struct vs_charge_link *link = vs_charge_link_find(charge, id);

	if (link == NULL || link->phase == VS_CHARGE_ENDED)
		return true;
	if (may_wait && is_busy(link))
		return false;
	vs_charge_wake(charge);
	if (link->point != NULL && (link->roles & VS_FRAMED_DRIVER) == 0)
		vs_charge_point_let_go(charge, link->point);
	end_one(charge, id);
	return true;
}

void
vs_charge_drain_init(struct vs_charge *charge)
{
	const struct vs_drain_options options = {.loop = charge->loop,
	                                         .order = &charge->draining,
	                                         .collect = collect,
	                                         .close = let_go,
	                                         .arg = charge};

	vs_drain_init(&charge->drain, &options);
}

void
vs_charge_drain(struct vs_charge *charge, uint32_t over_ms, uint32_t grace_ms)
{
	assert(charge != NULL);
	vs_drain_begin(&charge->draining, over_ms, grace_ms);
	vs_drain_wake(&charge->drain);
}

void
vs_charge_resume(struct vs_charge *charge)
{
	assert(charge != NULL);
	vs_drain_end(&charge->draining);
	vs_drain_wake(&charge->drain);
}

size_t
vs_charge_connected_count(const struct vs_charge *charge)
{
	assert(charge != NULL);
	return atomic_load(&charge->count);
}
