/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which node may send commands to a station: at most one, ever. No I/O, no clock.
 *
 * Two things together give the right to send. A node's lease, which it renews in a bucket that all
 * nodes see; and a station's entry there, which names the node that claimed it last: its revision
 * is the epoch, and only who knew the entry before can write the next one. A node that has claimed
 * a station sends nothing before each earlier owner has let it go, or the lease that it had then is
 * over. A lease is over when somebody has written its end, or the next one of that node, over the
 * revision that nobody had renewed for VS_OWNER_TTL_MS, or whose process is known to have ended;
 * its node counts from the moment it asked for its last renewal, and stops VS_OWNER_MARGIN_MS
 * earlier. That margin has to cover what a node does between the look at its lease and the write to
 * the socket, and how far two clocks' seconds differ in VS_OWNER_TTL_MS.
 *
 * doc/protocol/nodes.md has the whole; tests/unit/core/test_owner.c plays it with lost, late and
 * doubled messages, deaths and partitions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

#define VS_OWNER_TTL_MS    20000u
#define VS_OWNER_RENEW_MS  4000u
#define VS_OWNER_MARGIN_MS 4000u
#define VS_OWNER_BEFORE    8u

/* --- leases ----------------------------------------------------------------------------------- */

/* This node's own. incarnation: the revision of its first write; 0: it has none. */
struct vs_owner_lease {
	uint64_t incarnation, revision;
	uint64_t sent_ms;  /* when the renewal under way was sent */
	uint64_t until_ms; /* nothing is sent from then on */
};
void vs_owner_lease_asked(struct vs_owner_lease *lease, uint64_t now_ms);
/* It was written: the first time (is_new) or again. */
void vs_owner_lease_granted(struct vs_owner_lease *lease, uint64_t revision, bool is_new);
/* An earlier renewal of ours was written after all, whose answer was lost. From when it would count
 * nobody knows: it is only written over next. */
void vs_owner_lease_adopted(struct vs_owner_lease *lease, uint64_t revision);
void vs_owner_lease_lost(struct vs_owner_lease *lease); /* somebody wrote its end */
bool vs_owner_lease_holds(const struct vs_owner_lease *lease, uint64_t now_ms);

/* Another node's, as it is seen here; zero: nothing is known. */
struct vs_owner_peer {
	uint64_t revision;    /* the newest seen */
	uint64_t incarnation; /* 0: its end is what was seen */
	uint64_t seen_ms;     /* when that revision was seen first */
};
/* incarnation 0: its end. What is older than what is known changes nothing. */
void vs_owner_peer_seen(struct vs_owner_peer *peer, uint64_t revision, uint64_t incarnation,
                        uint64_t now_ms);
/* Has this incarnation ended for certain? */
bool vs_owner_peer_is_over(const struct vs_owner_peer *peer, uint64_t incarnation);
/* May its end be written over `revision`? If that succeeds, it is over. */
bool vs_owner_peer_may_end(const struct vs_owner_peer *peer, uint64_t now_ms);

/* --- a station -------------------------------------------------------------------------------- */

enum vs_owner_state {
	VS_OWNER_NONE,
	VS_OWNER_CLAIMING,  /* the socket is here, the entry is being written */
	VS_OWNER_ABANDONED, /* so it is, but the socket left meanwhile */
	VS_OWNER_WAITING,   /* the entry is ours, earlier owners have not let go yet */
	VS_OWNER_HOLDING,
	VS_OWNER_LEAVING, /* another has claimed it: our socket is being closed */
};

/* One that may still send. node: a number of the caller's own, not 0. */
struct vs_owner_before {
	uint64_t incarnation;
	uint32_t node;
};

struct vs_owner {
	uint64_t epoch;  /* of our entry */
	uint64_t asked;  /* the highest epoch of others that was heard */
	uint32_t serial; /* of the claim under way */
	uint8_t state;   /* enum vs_owner_state */
	uint8_t before_count;
	bool has_held; /* under `epoch` */
	bool is_again; /* a socket came while it was leaving */
	uint64_t old; /* its socket was here under this epoch already, before all is claimed anew */
	struct vs_owner_before before[VS_OWNER_BEFORE];
};

/* What is to be done now: a sum of these. */
enum {
	VS_OWNER_CLAIM = 1,    /* read the entry and write ours over it, as owner->serial */
	VS_OWNER_ASK = 2,      /* ask all of `before` to let go, again and again while it waits */
	VS_OWNER_OWNS = 4,     /* from now on it may send, as long as the lease holds */
	VS_OWNER_LETS = 8,     /* from now on it may not */
	VS_OWNER_CLOSE = 16,   /* close the socket, then say so by vs_owner_left */
	VS_OWNER_RELEASE = 32, /* answer who asked: it is let go. Who gets no answer asks again */
	VS_OWNER_DELETE = 64,  /* take our entry away, if it still has revision owner->epoch */
};

unsigned vs_owner_came(struct vs_owner *owner); /* a socket of the station */
unsigned vs_owner_left(struct vs_owner *owner); /* it has gone */
/* Our entry was written. before: who may still send; more than VS_OWNER_BEFORE is the caller's to
 * refuse. Of another serial: nothing. */
unsigned vs_owner_claimed(struct vs_owner *owner, uint32_t serial, uint64_t epoch,
                          const struct vs_owner_before *before, size_t count);
/* It was not: somebody else wrote first, or nobody knows. */
unsigned vs_owner_refused(struct vs_owner *owner, uint32_t serial);
/* A node let it go, or its lease of this incarnation is over. */
unsigned vs_owner_freed(struct vs_owner *owner, uint32_t node, uint64_t incarnation);
/* Another node has claimed it under this epoch and asks us to let go. */
unsigned vs_owner_asked(struct vs_owner *owner, uint64_t epoch);
/* Our own lease was ended by others, and we have another one: all is claimed anew. */
unsigned vs_owner_renewed(struct vs_owner *owner);

/* Claiming anew, we read that another node has claimed it since we did (owner->old is neither 0 nor
 * as new as what we read): its socket is younger than ours. */
unsigned vs_owner_superseded(struct vs_owner *owner, uint32_t serial);

/* Who may still send when we write over an entry of `last` whose own list was `list`: each node
 * once, not ourselves. TOO_LONG: more than VS_OWNER_BEFORE. */
VS_RESULT vs_owner_before_make(const struct vs_owner_before *last,
                               const struct vs_owner_before *list, size_t count, uint32_t self,
                               struct vs_owner_before before_out[static VS_OWNER_BEFORE],
                               size_t *count_out);
