/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world for core/owner.h: three nodes, a bucket, messages that are late, lost or doubled, clocks
 * that differ, deaths, partitions, a station that moves. owner_play.h lets it run.
 */
#pragma once

#include "core/owner.h"
#include "test.h"

#define NODES    3u
#define STEP_MS  100u
#define STEPS    3000
#define CALM     1500 /* steps at the end in which nothing goes wrong */
#define MESSAGES 4096u
#define SEND_MS  2000u /* the most between the look at the lease and the socket */

static uint64_t dice;

static uint32_t
roll(uint32_t below)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (uint32_t)(dice >> 33) % below;
}

enum what {
	LEASE_GET,   /* to the bucket; answered by LEASE_IS */
	LEASE_WRITE, /* over a revision; answered by LEASE_IS, or LEASE_NO */
	LEASE_IS,    /* of node `about`; also what a watcher is told */
	LEASE_NO,
	ENTRY_GET,
	ENTRY_WRITE,
	ENTRY_DELETE,
	ENTRY_IS,
	ENTRY_DONE,
	ENTRY_NO,
	LET_GO, /* between nodes */
	LET,
	SEND, /* to the socket of the node itself */
};

struct message {
	enum what what;
	uint64_t due_ms;          /* of the world */
	uint32_t from, to, about; /* 0: the bucket */
	uint64_t life;            /* of the node that is meant: a new process has another */
	uint64_t revision, incarnation, epoch;
	uint32_t serial;
	bool is_renewal;
	struct vs_owner_before last, list[VS_OWNER_BEFORE];
	size_t count;
};

struct node {
	uint64_t life, offset_ms;
	uint32_t per_mille; /* how fast its clock goes */
	bool is_alive, is_apart, has_socket;
	struct vs_owner_lease lease;
	struct vs_owner_peer peers[NODES + 1];
	struct vs_owner owner;
	uint64_t lease_at_ms, ask_at_ms, claim_at_ms, close_at_ms;
	bool wants_claim;
};

static struct {
	struct node nodes[NODES + 1]; /* from 1 */
	struct {
		uint64_t revision, incarnation;
	} leases[NODES + 1];
	struct {
		uint64_t revision, incarnation;
		uint32_t node; /* 0: there is none */
		struct vs_owner_before list[VS_OWNER_BEFORE];
		size_t count;
	} entry;
	struct message messages[MESSAGES];
	size_t count;
	uint64_t now_ms, sequence, last_life, sent_epoch, sent;
	uint64_t handed; /* times that another node sent than before */
	uint32_t sent_by;
	bool is_calm;
} world;

static uint64_t
clock_of(const struct node *node)
{
	return node->offset_ms + world.now_ms * node->per_mille / 1000;
}

static bool
may_send(const struct node *node)
{
	return node->is_alive && node->owner.state == VS_OWNER_HOLDING &&
	       vs_owner_lease_holds(&node->lease, clock_of(node));
}

static void
post(struct message message)
{
	bool is_local = message.from == message.to;

	if (!is_local && !world.is_calm && roll(100) < 5)
		return; /* lost */
	message.life = message.to == 0 ? 0 : world.nodes[message.to].life;
	if (!is_local)
		message.due_ms = world.now_ms + roll(world.is_calm ? 100 : 100) +
		                 (!world.is_calm && roll(50) == 0 ? roll(30000) : 0);
	CHECK(world.count < MESSAGES);
	world.messages[world.count++] = message;
	if (!is_local && !world.is_calm && roll(100) < 2) {
		message.due_ms += roll(5000);
		CHECK(world.count < MESSAGES);
		world.messages[world.count++] = message; /* doubled */
	}
}

static void
check_one_owner(void)
{
	unsigned count = 0;

	for (uint32_t i = 1; i <= NODES; i++)
		count += may_send(&world.nodes[i]);
	CHECK(count <= 1);
}

/* --- the bucket ------------------------------------------------------------------------------- */

static void
tell_lease(uint32_t about, uint32_t to)
{
	post((struct message){.what = LEASE_IS,
	                      .to = to,
	                      .about = about,
	                      .revision = world.leases[about].revision,
	                      .incarnation = world.leases[about].incarnation});
}

static void
bucket_lease(const struct message *m)
{
	struct message answer = *m;

	if (m->what == LEASE_WRITE && world.leases[m->about].revision == m->revision) {
		uint64_t revision = ++world.sequence;

		world.leases[m->about].revision = revision;
		/* UINT64_MAX: a new one. */
		world.leases[m->about].incarnation =
		    m->incarnation == UINT64_MAX ? revision : m->incarnation;
		for (uint32_t i = 1; i <= NODES; i++)
			tell_lease(m->about, i);
		answer.what = LEASE_IS;
	} else {
		answer.what = m->what == LEASE_WRITE ? LEASE_NO : LEASE_IS;
	}
	answer.from = 0;
	answer.to = m->from;
	answer.is_renewal = m->is_renewal;
	answer.revision = world.leases[m->about].revision;
	answer.incarnation = world.leases[m->about].incarnation;
	post(answer);
}

static void
bucket_entry(const struct message *m)
{
	struct message answer = *m;

	answer.from = 0;
	answer.to = m->from;
	if (m->what == ENTRY_GET) {
		answer.what = ENTRY_IS;
		answer.revision = world.entry.revision;
		answer.last = (struct vs_owner_before){.incarnation = world.entry.incarnation,
		                                       .node = world.entry.node};
		memcpy(answer.list, world.entry.list, sizeof(answer.list));
		answer.count = world.entry.count;
	} else if (world.entry.revision != m->revision) {
		answer.what = ENTRY_NO;
	} else {
		world.entry.revision = ++world.sequence;
		world.entry.node = m->what == ENTRY_DELETE ? 0 : m->from;
		world.entry.incarnation = m->incarnation;
		world.entry.count = m->what == ENTRY_DELETE ? 0 : m->count;
		memcpy(world.entry.list, m->list, sizeof(answer.list));
		answer.what = ENTRY_DONE;
		answer.revision = world.entry.revision;
	}
	if (m->what != ENTRY_DELETE)
		post(answer);
}
