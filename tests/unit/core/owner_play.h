/* SPDX-License-Identifier: Apache-2.0 */
/* What the nodes of owner_world.h do, as bus/presence.h does it, and what happens to them. */
#pragma once

#include "owner_world.h"

/* --- nodes ------------------------------------------------------------------------------------ */

static void
do_all(uint32_t self, unsigned what)
{
	struct node *node = &world.nodes[self];

	if (what & VS_OWNER_CLAIM) {
		node->wants_claim = true;
		node->claim_at_ms = world.now_ms;
	}
	if (what & VS_OWNER_ASK)
		node->ask_at_ms = world.now_ms;
	if (what & VS_OWNER_CLOSE)
		node->close_at_ms = world.now_ms + roll(500);
	if (what & VS_OWNER_DELETE)
		post((struct message){
		    .what = ENTRY_DELETE, .from = self, .revision = node->owner.epoch});
	check_one_owner();
}

static void
node_socket(uint32_t self, bool comes)
{
	struct node *node = &world.nodes[self];

	if (!node->is_alive || node->has_socket == comes)
		return;
	node->has_socket = comes;
	if (!comes)
		node->close_at_ms = 0;
	do_all(self, comes ? vs_owner_came(&node->owner) : vs_owner_left(&node->owner));
}

static void
node_freed(uint32_t self, uint32_t peer, uint64_t incarnation)
{
	do_all(self, vs_owner_freed(&world.nodes[self].owner, peer, incarnation));
}

static void
node_lease_is(uint32_t self, const struct message *m)
{
	struct node *node = &world.nodes[self];

	vs_owner_peer_seen(&node->peers[m->about], m->revision, m->incarnation, clock_of(node));
	if (m->about != self || !m->is_renewal)
		return;
	if (m->revision <= node->lease.revision)
		return; /* an answer that came twice */
	if (node->lease.incarnation == 0) {
		if (m->incarnation != m->revision)
			return; /* not ours: that of a process before us */
		vs_owner_lease_granted(&node->lease, m->revision, true);
		do_all(self, vs_owner_renewed(&node->owner));
	} else if (m->incarnation == node->lease.incarnation && m->epoch == node->lease.sent_ms) {
		vs_owner_lease_granted(&node->lease, m->revision, false);
	}
}

static void
node_lease_no(uint32_t self, const struct message *m)
{
	struct node *node = &world.nodes[self];

	vs_owner_peer_seen(&node->peers[m->about], m->revision, m->incarnation, clock_of(node));
	if (m->about != self || node->lease.incarnation == 0)
		return;
	if (m->incarnation == node->lease.incarnation)
		vs_owner_lease_adopted(&node->lease, m->revision);
	else if (m->revision > node->lease.revision)
		vs_owner_lease_lost(&node->lease);
}

static void
node_entry_is(uint32_t self, const struct message *m)
{
	struct node *node = &world.nodes[self];
	struct message write = {.what = ENTRY_WRITE,
	                        .from = self,
	                        .revision = m->revision,
	                        .serial = m->serial,
	                        .incarnation = node->lease.incarnation};

	if (m->serial != node->owner.serial || node->lease.incarnation == 0)
		return;
	if (node->owner.old != 0 && m->last.node != 0 && m->last.node != self &&
	    m->revision > node->owner.old) {
		do_all(self, vs_owner_superseded(&node->owner, m->serial));
		return;
	}
	CHECK_OK(vs_owner_before_make(&m->last, m->list, m->count, self, write.list, &write.count));
	post(write);
}

static void
node_lease_step(uint32_t self)
{
	struct node *node = &world.nodes[self];
	const struct vs_owner_peer *own = &node->peers[self];
	uint64_t now_ms = clock_of(node);

	if (now_ms < node->lease_at_ms)
		return;
	node->lease_at_ms = now_ms + (node->lease.incarnation != 0 ? VS_OWNER_RENEW_MS : 1000);
	if (node->lease.incarnation != 0 || own->incarnation == 0 ||
	    vs_owner_peer_may_end(own, now_ms)) {
		vs_owner_lease_asked(&node->lease, now_ms);
		post((struct message){
		    .what = LEASE_WRITE,
		    .from = self,
		    .about = self,
		    .is_renewal = true,
		    .epoch = now_ms,
		    .revision = node->lease.incarnation != 0 ? node->lease.revision : own->revision,
		    .incarnation =
			node->lease.incarnation != 0 ? node->lease.incarnation : UINT64_MAX});
	}
	if (node->lease.incarnation == 0)
		post((struct message){.what = LEASE_GET, .from = self, .about = self});
}

static void
node_wait_step(uint32_t self)
{
	struct node *node = &world.nodes[self];
	struct vs_owner *owner = &node->owner;
	uint64_t now_ms = clock_of(node);

	if (owner->state != VS_OWNER_WAITING || world.now_ms < node->ask_at_ms)
		return;
	node->ask_at_ms = world.now_ms + 1000;
	for (size_t i = 0; i < owner->before_count; i++) {
		const struct vs_owner_before before = owner->before[i];
		const struct vs_owner_peer *peer = &node->peers[before.node];

		if (vs_owner_peer_is_over(peer, before.incarnation)) {
			node_freed(self, before.node, before.incarnation);
			return; /* the list has changed */
		}
		if (vs_owner_peer_may_end(peer, now_ms))
			post((struct message){.what = LEASE_WRITE,
			                      .from = self,
			                      .about = before.node,
			                      .revision = peer->revision});
		post((struct message){
		    .what = LET_GO, .from = self, .to = before.node, .epoch = owner->epoch});
	}
}

static void
node_step(uint32_t self)
{
	struct node *node = &world.nodes[self];

	if (!node->is_alive)
		return;
	node_lease_step(self);
	node_wait_step(self);
	if (node->owner.state == VS_OWNER_CLAIMING && node->lease.incarnation != 0 &&
	    world.now_ms >= node->claim_at_ms) {
		node->claim_at_ms = world.now_ms + 1000;
		/* What came of the last time is not known: another claim. */
		if (!node->wants_claim)
			(void)vs_owner_refused(&node->owner, node->owner.serial);
		node->wants_claim = false;
		post((struct message){
		    .what = ENTRY_GET, .from = self, .serial = node->owner.serial});
	}
	if (node->close_at_ms != 0 && world.now_ms >= node->close_at_ms) {
		node->close_at_ms = 0;
		if (node->has_socket)
			node_socket(self, false);
		else
			do_all(self, vs_owner_left(&node->owner));
	}
	if (may_send(node) && roll(4) == 0)
		post((struct message){.what = SEND,
		                      .from = self,
		                      .to = self,
		                      .due_ms = world.now_ms + roll(SEND_MS),
		                      .epoch = node->owner.epoch});
}

/* The socket is written to: by the right one, and after all that earlier owners wrote. */
static void
node_send(uint32_t self, const struct message *m)
{
	if (!world.nodes[self].has_socket || world.nodes[self].owner.epoch != m->epoch)
		return; /* it left meanwhile, and its queue with it */
	CHECK(m->epoch >= world.sent_epoch);
	for (uint32_t i = 1; i <= NODES; i++)
		CHECK(i == self || !may_send(&world.nodes[i]));
	world.handed += world.sent_by != self;
	world.sent_by = self;
	world.sent_epoch = m->epoch;
	world.sent++;
}

static void
node_take(uint32_t self, const struct message *m)
{
	struct node *node = &world.nodes[self];

	switch (m->what) {
	case LEASE_IS:
		node_lease_is(self, m);
		break;
	case LEASE_NO:
		node_lease_no(self, m);
		break;
	case ENTRY_IS:
		node_entry_is(self, m);
		break;
	case ENTRY_DONE:
		if (m->incarnation == node->lease.incarnation)
			do_all(self, vs_owner_claimed(&node->owner, m->serial, m->revision, m->list,
			                              m->count));
		break;
	case ENTRY_NO:
		do_all(self, vs_owner_refused(&node->owner, m->serial));
		break;
	case LET_GO: {
		unsigned what =
		    node->lease.incarnation == 0 ? 0 : vs_owner_asked(&node->owner, m->epoch);

		if (what & VS_OWNER_RELEASE)
			post((struct message){.what = LET,
			                      .from = self,
			                      .to = m->from,
			                      .epoch = m->epoch,
			                      .incarnation = node->lease.incarnation});
		do_all(self, what);
		break;
	}
	case LET:
		if (m->epoch == node->owner.epoch)
			node_freed(self, m->from, m->incarnation);
		break;
	case SEND:
		node_send(self, m);
		break;
	case LEASE_GET:
	case LEASE_WRITE:
	case ENTRY_GET:
	case ENTRY_WRITE:
	case ENTRY_DELETE:
		CHECK(false);
	}
}

static void
deliver(const struct message *m)
{
	uint32_t node = m->to != 0 ? m->to : m->from, other = m->from;

	if ((world.nodes[node].is_apart || (other != 0 && world.nodes[other].is_apart)) &&
	    m->from != m->to)
		return;
	if (m->to == 0) {
		if (m->what == LEASE_GET || m->what == LEASE_WRITE)
			bucket_lease(m);
		else
			bucket_entry(m);
	} else if (world.nodes[m->to].is_alive && world.nodes[m->to].life == m->life) {
		node_take(m->to, m);
	}
}

static void
node_born(uint32_t self)
{
	struct node *node = &world.nodes[self];

	*node = (struct node){.life = ++world.last_life,
	                      .is_alive = true,
	                      .is_apart = node->is_apart,
	                      .offset_ms = 1 + roll(1000000),
	                      .per_mille = 980 + roll(41)};
}

static void
misfortune(void)
{
	uint32_t self = 1 + roll(NODES);
	struct node *node = &world.nodes[self];

	if (roll(25) == 0)
		node_socket(self,
		            true); /* the station comes here; where it was it may stay for long */
	if (roll(60) == 0)
		node_socket(1 + roll(NODES), false);
	if (roll(150) == 0)
		node->is_apart = !node->is_apart;
	if (roll(400) == 0)
		node->is_alive = false;
	else if (!node->is_alive && roll(20) == 0)
		node_born(self);
}

static void
calm_down(void)
{
	world.is_calm = true;
	for (uint32_t i = 1; i <= NODES; i++) {
		if (!world.nodes[i].is_alive)
			node_born(i);
		world.nodes[i].is_apart = false;
	}
	for (uint32_t i = 1; i <= NODES; i++)
		node_socket(i, i == 2);
}

static void
play(uint64_t seed)
{
	uint64_t sent_before;

	memset(&world, 0, sizeof(world));
	dice = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
	world.sequence = 1;
	for (uint32_t i = 1; i <= NODES; i++)
		node_born(i);
	for (int step = 0; step < STEPS + CALM; step++) {
		world.now_ms += STEP_MS;
		if (step == STEPS)
			calm_down();
		if (!world.is_calm)
			misfortune();
		else if (step % 20 == 0)
			node_socket(2, true); /* closed, it comes again: a station does */
		for (size_t i = 0; i < world.count;) {
			const struct message m = world.messages[i];

			if (m.due_ms > world.now_ms) {
				i++;
				continue;
			}
			world.messages[i] = world.messages[--world.count];
			deliver(&m);
			check_one_owner();
		}
		for (uint32_t i = 1; i <= NODES; i++) {
			node_step(i);
			check_one_owner();
		}
	}
	/* And it goes on: the node with the socket sends. */
	CHECK(may_send(&world.nodes[2]) && world.nodes[2].has_socket);
	sent_before = world.sent;
	for (int step = 0; step < 100; step++) {
		world.now_ms += STEP_MS;
		node_step(2);
	}
	CHECK(world.count > 0 && world.sent >= sent_before && world.sent_by == 2);
}
