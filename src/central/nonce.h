/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nonces in customData, as the "secure simulation" speaks them (doc/protocol/ocpp-nonce.md): each
 * MeterValues carries {"vendorId":"SecureEV","nonce":N} with a nonce that we gave; it is used once.
 *
 * The newest nonce and the one before it are good, so that a station that did not hear the last one
 * can go on; and one is given with the upgrade, with every answer to BootNotification, Heartbeat,
 * StatusNotification and MeterValues, so that it always gets another. Pure: the caller brings the
 * time and the random bytes.
 */
#pragma once

#include "base/bytes.h"

#define VS_CENTRAL_NONCE_VENDOR    "SecureEV"
#define VS_CENTRAL_NONCE_SIZE      16 /* bytes */
#define VS_CENTRAL_NONCE_TEXT_SIZE 23 /* base64url, with the NUL */
#define VS_CENTRAL_NONCE_LIFE_MS   120000
#define VS_CENTRAL_NONCE_FRESH_MS  60000 /* an unused one younger than that is given again */
#define VS_CENTRAL_NONCE_WINDOW_MS 30000 /* of the timestamp */
#define VS_CENTRAL_NONCE_RATE      20    /* messages in a minute */
#define VS_CENTRAL_NONCE_MINUTE_MS 60000
#define VS_CENTRAL_NONCE_BLOCK_MS  60000
#define VS_CENTRAL_NONCE_USED      8

enum vs_central_nonce_verdict {
	VS_CENTRAL_NONCE_GOOD,
	VS_CENTRAL_NONCE_RETRY, /* the last good message once more */
	VS_CENTRAL_NONCE_BLOCKED,
	VS_CENTRAL_NONCE_STALE,
	VS_CENTRAL_NONCE_MISSING,
	VS_CENTRAL_NONCE_AGAIN, /* a replay */
	VS_CENTRAL_NONCE_EXPIRED,
	VS_CENTRAL_NONCE_VERDICTS /* must be last */
};
/* What the peer is told, in the words of the secure simulation; "" when it is good. */
const char *vs_central_nonce_text(enum vs_central_nonce_verdict verdict);

struct vs_central_nonce {
	struct {
		char text[VS_CENTRAL_NONCE_TEXT_SIZE]; /* "": none */
		uint64_t given_ms;
	} good[2];                            /* newest first */
	uint64_t used[VS_CENTRAL_NONCE_USED]; /* hashes; 0: none */
	uint64_t last_message;                /* hash of the last good message; 0: none */
	uint64_t minute_ms, blocked_until_ms;
	uint8_t next_used, in_minute;
};

void vs_central_nonce_init(struct vs_central_nonce *nonce);
/* The nonce to give now. random: for a new one, if it takes one. */
const char *vs_central_nonce_give(struct vs_central_nonce *nonce, uint64_t now_ms,
                                  const uint8_t random[static VS_CENTRAL_NONCE_SIZE]);

struct vs_central_nonce_use {
	struct vs_bytes nonce;  /* of the message; empty: it has none */
	uint64_t nonce_hash;    /* keyed, not 0 */
	uint64_t message;       /* hash of id and content, not 0 */
	int64_t at_ms, wall_ms; /* the newest timestamp in the message; now */
	uint64_t now_ms;        /* monotonic */
};
/* Look at a message, and use its nonce up when it is good. */
enum vs_central_nonce_verdict vs_central_nonce_use(struct vs_central_nonce *nonce,
                                                   const struct vs_central_nonce_use *use);
