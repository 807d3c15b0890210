/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has been revoked, in memory, for every handshake and every session to ask. No I/O, no clock.
 *
 * Two kinds of sources: the installation's own list (the store's revocation table, in the order of
 * rev_no), which only grows, and feeds: the CRLs of foreign CAs, each replaced as a whole. An ask
 * is two or three look-ups under a read lock, and none at all while nothing is revoked. Caps:
 * VS_LIMIT_REVOCATIONS over all, VS_LIMIT_REVOCATION_FEEDS. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_CORE_HASH_TEXT_SIZE   65 /* SHA-256 in hex */
#define VS_CORE_SERIAL_TEXT_SIZE 41 /* RFC 5280 4.1.2.2: at most 20 octets */

enum vs_core_revocation_kind {
#define VS_REVOCATION(name, word, subject) VS_CORE_REVOKED_##name,
#include "core/revocations.def"
#undef VS_REVOCATION
	VS_CORE_REVOCATION_KINDS /* must be last */
};
const char *vs_core_revocation_word(enum vs_core_revocation_kind kind);
VS_RESULT vs_core_revocation_parse(struct vs_bytes word, enum vs_core_revocation_kind *kind_out);

struct vs_core_revocations;

VS_RESULT vs_core_revocations_new(struct vs_core_revocations **set_out);
void vs_core_revocations_free(struct vs_core_revocations **set);

/* --- the installation's own list ---------------------------------------------------------------
 */

struct vs_core_revocation {
	uint64_t rev_no; /* of the table's row */
	enum vs_core_revocation_kind kind;
	const char *tenant; /* "" for certificates and their keys: they are revoked for everybody */
	const char *subject; /* as revocations.def says */
	uint32_t epoch;      /* of KEY; 0: all of them, and for what has no epochs */
};
/* Adding again is OK. TOO_LONG: past the cap. */
VS_RESULT vs_core_revocations_add(struct vs_core_revocations *set,
                                  const struct vs_core_revocation *revocation);
bool vs_core_revocations_has(const struct vs_core_revocations *set,
                             enum vs_core_revocation_kind kind, const char *tenant,
                             const char *subject, uint32_t epoch);
uint64_t vs_core_revocations_last(const struct vs_core_revocations *set); /* highest rev_no */
size_t vs_core_revocations_count(const struct vs_core_revocations *set);  /* feeds included */

/* --- feeds: CRLs of foreign CAs ----------------------------------------------------------------
 */

struct vs_core_feed;

/* issuer: SHA-256 of the SubjectPublicKeyInfo of the CA that signed the list. */
VS_RESULT vs_core_feed_new(const char *name, const char *issuer, int64_t this_update_ms,
                           int64_t next_update_ms, struct vs_core_feed **feed_out);
void vs_core_feed_free(struct vs_core_feed **feed);
VS_RESULT vs_core_feed_add(struct vs_core_feed *feed, const char *serial);
/* All feeds at once, in place of those there were: *feeds is taken on OK. TOO_LONG past a cap,
 * nothing is changed then. */
VS_RESULT vs_core_revocations_replace_feeds(struct vs_core_revocations *set,
                                            struct vs_core_feed *const *feeds, size_t count);
/* The feeds past their next update; the first one's name in name_out (may be NULL). */
size_t vs_core_revocations_stale(const struct vs_core_revocations *set, int64_t now_ms,
                                 char name_out[static 64]);

/* --- asking --------------------------------------------------------------------------------------
 */

struct vs_core_certificate {
	const char *issuer; /* SHA-256 of the issuer's SubjectPublicKeyInfo */
	const char *spki;   /* of its own */
	const char *serial;
};

enum vs_core_standing {
	VS_CORE_STANDING_GOOD,
	VS_CORE_STANDING_STALE, /* not revoked, but its issuer's list is past its next update */
	VS_CORE_STANDING_REVOKED,
};
/* What the lists of an issuer say alone: false: there is none. *until_ms_out: the next update of
 * the newest one; in the past when all are stale. */
bool vs_core_revocations_listed(const struct vs_core_revocations *set, const char *issuer,
                                const char *serial, bool *is_revoked_out, int64_t *until_ms_out);
enum vs_core_standing vs_core_revocations_ask(const struct vs_core_revocations *set,
                                              const struct vs_core_certificate *certificate,
                                              int64_t now_ms);
