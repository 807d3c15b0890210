/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What responders of other CAs said about their certificates (OCSP), in memory, for every handshake
 * and every session to ask. No I/O, no clock.
 *
 * Asking never waits: what is not known, or will soon be out of date, is wanted, and whoever
 * fetches puts the answer in. What is revoked stays so. Only certificates of issuers that were set
 * are asked about. Cap: VS_LIMIT_STATUSES, past which what is over is forgotten, and then nothing
 * more is kept. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/revocation.h"

enum vs_core_status {
	VS_CORE_STATUS_GOOD,
	VS_CORE_STATUS_REVOKED,
	VS_CORE_STATUS_UNKNOWN, /* nobody has said, or not lately; or the responder does not know it
	                         */
	VS_CORE_STATUS_UNASKED, /* its issuer has no responder here */
};

struct vs_core_statuses;

/* want: fetch this one; called outside the lock, must not wait; false: not now. */
struct vs_core_statuses_options {
	bool (*want)(void *arg, const char *issuer, const char *serial);
	void *arg;
};
VS_RESULT vs_core_statuses_new(const struct vs_core_statuses_options *options,
                               struct vs_core_statuses **statuses_out);
void vs_core_statuses_free(struct vs_core_statuses **statuses);
/* SHA-256 of the SubjectPublicKeyInfo of each issuer that has a responder, in hexadecimal. All at
 * once, in place of those there were. TOO_LONG past VS_LIMIT_STATUS_SOURCES and _BELOW. */
VS_RESULT vs_core_statuses_set_issuers(struct vs_core_statuses *statuses,
                                       const char (*issuers)[VS_CORE_HASH_TEXT_SIZE], size_t count);

enum vs_core_status vs_core_statuses_ask(struct vs_core_statuses *statuses, const char *issuer,
                                         const char *serial, int64_t now_ms);
/* An answer, good until until_ms. True: it is revoked, and was not known to be. A revocation stays,
 * also when it is not confirmed any more. */
bool vs_core_statuses_put(struct vs_core_statuses *statuses, const char *issuer, const char *serial,
                          enum vs_core_status status, int64_t now_ms, int64_t until_ms);
/* It could not be fetched: it is wanted again after again_ms. */
void vs_core_statuses_put_off(struct vs_core_statuses *statuses, const char *issuer,
                              const char *serial, int64_t again_ms);
/* Is one of those that are kept due to be fetched again? Then whoever still needs it should ask.
 * Forgets what has been over for an hour. */
bool vs_core_statuses_are_due(struct vs_core_statuses *statuses, int64_t now_ms);
size_t vs_core_statuses_count(struct vs_core_statuses *statuses);
