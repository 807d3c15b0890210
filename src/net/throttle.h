/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of throttles.def over one table for the whole process, and which sources are trusted.
 * Both can be changed while they are asked; a rule whose rate is another one counts anew.
 *
 * Any thread: a lock is held for one look at the table.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct vs_throttle;

enum vs_throttle_rule {
#define VS_THROTTLE(name, layer, key, at, count, seconds, burst, trusted, metric, help)            \
	VS_THROTTLE_##name,
#include "net/throttles.def"
#undef VS_THROTTLE
	VS_THROTTLE_RULES /* must be last */
};

/* Where a connection comes from. An IPv4 address within IPv6 is that IPv4 address. */
struct vs_source {
	uint8_t address[16]; /* IPv4: the first four, the others 0 */
	bool is_ipv6;
	bool is_trusted;
};
bool vs_source_equal(const struct vs_source *a, const struct vs_source *b);

/* trusted: prefixes apart by commas, "10.0.0.0/8,2001:db8::/32", or "" for none. CONFIG when one
 * is malformed. */
VS_RESULT vs_throttle_new(const char *trusted, struct vs_throttle **throttle_out);
void vs_throttle_free(struct vs_throttle **throttle);

VS_RESULT vs_throttle_trusted_check(const char *trusted); /* CONFIG */
/* Other prefixes, for whoever comes from now on. CONFIG: the old ones stay. */
VS_RESULT vs_throttle_set_trusted(struct vs_throttle *throttle, const char *trusted);

/* What a row of the table says: `count` events in `seconds`, `burst` at once, each `trusted` times
 * for a trusted source. */
struct vs_throttle_rate {
	uint32_t count, seconds, burst, trusted;
};
enum { VS_THROTTLE_COUNT_MAX = 1000000, VS_THROTTLE_SECONDS_MAX = 86400 };
struct vs_throttle_rate vs_throttle_preset(enum vs_throttle_rule rule);
/* "COUNT/SECONDS BURST TRUSTED", each at least 1. BAD_VALUE. */
VS_RESULT vs_throttle_rate_read(struct vs_bytes text, struct vs_throttle_rate *rate_out);
/* rate: as it was read. */
void vs_throttle_set(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                     const struct vs_throttle_rate *rate);

/* Sets source->is_trusted. throttle NULL: every source is. */
void vs_throttle_trust(struct vs_throttle *throttle, struct vs_source *source);

/* 0: it may pass; else microseconds until it may. `take` counts it when it passes, `charge` in any
 * case (it has happened), `refund` takes one back. identity: for the rules that have one, else
 * empty. throttle NULL: everything passes. */
uint64_t vs_throttle_look(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                          const struct vs_source *source, struct vs_bytes identity,
                          uint64_t now_us);
uint64_t vs_throttle_take(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                          const struct vs_source *source, struct vs_bytes identity,
                          uint64_t now_us);
void vs_throttle_charge(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                        const struct vs_source *source, struct vs_bytes identity, uint64_t now_us);
void vs_throttle_refund(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                        const struct vs_source *source, struct vs_bytes identity, uint64_t now_us);
/* As `look`, but as if the rule allowed one event at a time instead of its burst. */
uint64_t vs_throttle_look_strictly(struct vs_throttle *throttle, enum vs_throttle_rule rule,
                                   const struct vs_source *source, struct vs_bytes identity,
                                   uint64_t now_us);
/* The same rule for somebody who keeps its own count, one u64 that is 0 at first: no table, no
 * lock. Counts this event and says how long it should wait; 0 without a throttle. */
uint64_t vs_throttle_charge_own(const struct vs_throttle *throttle, enum vs_throttle_rule rule,
                                const struct vs_source *source, uint64_t *tat_us, uint64_t now_us);

/* --- failed authentications (net/throttle_share.c) --------------------------------------------
 *
 * The rules AUTH_* count them. Nodes that share a bus tell each other of each, and count them all
 * in a second table: a rule whose row says ALL lets nobody pass who would have to wait by either.
 * What others tell cannot crowd out what this node saw itself, and who finds no place in the second
 * table is judged by the first one alone.
 */

#define VS_THROTTLE_NAME_SIZE 16

/* What is told of one. */
struct vs_throttle_failure {
	struct vs_source source;             /* is_trusted: as whoever counts it sees it */
	bool has_name;                       /* an identity was claimed */
	uint8_t name[VS_THROTTLE_NAME_SIZE]; /* the first bytes of its SHA-256 */
};
/* Any thread; may not call the throttle. */
typedef void vs_throttle_tell_fn(const struct vs_throttle_failure *failure, void *arg);

/* Whom to tell of what fails here; makes the second table. Before the threads start, once. */
VS_RESULT vs_throttle_share(struct vs_throttle *throttle, vs_throttle_tell_fn *tell, void *arg);
/* Somebody from there, who claimed to be that (or empty), did not prove it. AUTH_NEAR was taken
 * before, and is not given back. throttle NULL: nothing. */
void vs_throttle_fail(struct vs_throttle *throttle, const struct vs_source *source,
                      struct vs_bytes identity, uint64_t now_us);
/* The same happened at another node. Nothing without vs_throttle_share. */
void vs_throttle_fail_elsewhere(struct vs_throttle *throttle,
                                const struct vs_throttle_failure *failure, uint64_t now_us);

/* Count a refusal by this rule, in its metric. */
void vs_throttle_count(enum vs_throttle_rule rule);
const char *vs_throttle_name(enum vs_throttle_rule rule); /* "AUTH_NEAR" */
