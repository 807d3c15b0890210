/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed messages: subprotocol "<version>+e2" (doc/protocol/ocpp-sealed.md). Both ends, between the
 * text of a WebSocket and the OCPP message.
 *
 *   station  ["N1",kid,"msg1"]      Noise_NNpsk0_25519_AESGCM_SHA256, psk of the device with that
 *   central  ["N2","msg2"]          number (kid, the key's epoch)
 *   both     ["E2",epoch,seq,"ct"]  epoch from 1, one more for each handshake; seq from 0, strictly
 *                                   +1 in each direction
 *
 * The plain text is padded with spaces to a multiple of 64 bytes. It is an OCPP message ([2, [3,
 * [4 ..) or a word of the channel itself, which begins with a string: N1 and N2 of the next
 * handshake, OFFER and ACK of the next psk. The next handshake's N1 and N2 are sealed under the
 * epoch before; central seals under the new one right after its N2, the station right after it has
 * read N2. The stream is ordered, so each side drops the old key with the first message under the
 * new one.
 *
 * A gap, a repetition, another epoch or a tag that does not fit ends the channel: every function
 * fails from then on and the caller closes. No I/O, no clock; not for two threads at a time.
 */
#pragma once

#include "crypto/noise.h"

#define VS_OCPP_SEALED_SUFFIX     "+e2"
#define VS_OCPP_SEALED_PAD        64u
#define VS_OCPP_SEALED_LIFE_MS    UINT64_C(86400000) /* of one handshake's keys */
#define VS_OCPP_SEALED_HELLO_SIZE 512u               /* of msg1 and msg2 */
#define VS_OCPP_SEALED_GROWTH(n)  (((n) + VS_OCPP_SEALED_PAD + VS_NOISE_TAG_SIZE + 2) / 3 * 4 + 64)

struct vs_ocpp_sealed; /* one end of one connection */
struct vs_ocpp_sealed_keys;

/* How it is spelled. FRAMED is mode A2 of the framed network (doc/protocol/framed.md):
 * N1#tenant#identity#kid#msg1, N2#msg2, E2#epoch#seq#ct, OFFER#kid#oid#key#until_ms,
 * ACK#kid#oid#proof. */
enum vs_ocpp_sealed_form { VS_OCPP_SEALED_JSON, VS_OCPP_SEALED_FRAMED };

/* What both sides must agree on before the first byte; bound into the handshake. */
struct vs_ocpp_sealed_names {
	const char *tenant, *identity, *subprotocol;
	enum vs_ocpp_sealed_form form;
};

enum vs_ocpp_sealed_word {
	VS_OCPP_SEALED_TEXT,  /* an OCPP message */
	VS_OCPP_SEALED_HELLO, /* central: answer it with vs_ocpp_sealed_respond and _accept */
	VS_OCPP_SEALED_OPEN,  /* station: the handshake is done, the first or another one */
	VS_OCPP_SEALED_OFFER, /* station: plain is ["OFFER",kid,"oid","key",until_ms] */
	VS_OCPP_SEALED_ACK,   /* central: plain is ["ACK",kid,"oid","proof"] */
};

/* Why the channel ended. */
enum vs_ocpp_sealed_fault {
	VS_OCPP_SEALED_FINE,
	VS_OCPP_SEALED_MALFORMED,
	VS_OCPP_SEALED_CLEAR, /* something that is not sealed */
	VS_OCPP_SEALED_EARLY, /* before the handshake was done, or a word that is not for now */
	VS_OCPP_SEALED_OTHER_EPOCH,
	VS_OCPP_SEALED_REPEATED,
	VS_OCPP_SEALED_GAP,
	VS_OCPP_SEALED_TAG,
	VS_OCPP_SEALED_WRONG_KEY, /* the handshake's first message: no such psk, or not that one */
	VS_OCPP_SEALED_SPENT,     /* too many messages under one key */
	VS_OCPP_SEALED_FAULTS     /* must be last */
};
const char *vs_ocpp_sealed_fault_text(enum vs_ocpp_sealed_fault fault); /* "gap" */

/* Names are copied. TOO_LONG: they do not fit. */
VS_RESULT vs_ocpp_sealed_new(enum vs_noise_role role, const struct vs_ocpp_sealed_names *names,
                             struct vs_ocpp_sealed **sealed_out);
void vs_ocpp_sealed_free(struct vs_ocpp_sealed **sealed); /* wipes */

bool vs_ocpp_sealed_is_open(const struct vs_ocpp_sealed *sealed); /* messages may be sent */
/* Has the peer proven itself: has one of its messages opened? */
bool vs_ocpp_sealed_is_proven(const struct vs_ocpp_sealed *sealed);
uint32_t vs_ocpp_sealed_epoch(const struct vs_ocpp_sealed *sealed); /* we seal under; 0: none */
uint32_t vs_ocpp_sealed_kid(const struct vs_ocpp_sealed *sealed); /* of the psk of that handshake */
/* Messages we may still seal under this key. */
uint64_t vs_ocpp_sealed_left(const struct vs_ocpp_sealed *sealed);

/* A key that both ends have from the newest handshake and nobody else (for a part of the device
 * that is not to have the psk): enc("voltseal/a2/session", tenant, identity, u32 epoch) names it.
 * NOT_NOW: not open. Wipe it after use. */
VS_RESULT vs_ocpp_sealed_session_key(const struct vs_ocpp_sealed *sealed,
                                     uint8_t key_out[static VS_NOISE_PSK_SIZE]);

/* Appends the frame of one message or word. NOT_NOW: not open; or spent. */
VS_RESULT vs_ocpp_sealed_seal(struct vs_ocpp_sealed *sealed, struct vs_bytes plain,
                              struct vs_buf *frame);
/* One text of the peer. plain is reset, and filled for TEXT, OFFER and ACK. NOT_AUTHENTIC: the
 * channel has ended, *fault_out says why. */
VS_RESULT vs_ocpp_sealed_receive(struct vs_ocpp_sealed *sealed, struct vs_bytes text,
                                 struct vs_buf *plain, enum vs_ocpp_sealed_word *word_out,
                                 enum vs_ocpp_sealed_fault *fault_out);

/* --- station: the handshake ---------------------------------------------------------------------
 */

/* Begin one, the first or another; appends the frame to send. psk: VS_NOISE_PSK_SIZE bytes,
 * borrowed for the call. NOT_NOW: one is under way. */
VS_RESULT vs_ocpp_sealed_greet(struct vs_ocpp_sealed *sealed, uint32_t kid, const uint8_t *psk,
                               vs_noise_key_source *key_source, void *user, struct vs_buf *frame);

/* --- central: the handshake ---------------------------------------------------------------------
 */

/* What it takes to answer: a copy, for another thread. */
struct vs_ocpp_sealed_hello {
	enum vs_ocpp_sealed_form form;
	char tenant[40], identity[64], subprotocol[24];
	uint32_t kid, epoch;
	size_t size;
	uint8_t message[VS_OCPP_SEALED_HELLO_SIZE];
};
/* After HELLO. */
void vs_ocpp_sealed_get_hello(const struct vs_ocpp_sealed *sealed,
                              struct vs_ocpp_sealed_hello *hello_out);
/* The Diffie-Hellman of it, any thread: NOT_AUTHENTIC when the psk is another one. */
VS_RESULT vs_ocpp_sealed_respond(const struct vs_ocpp_sealed_hello *hello, const uint8_t *psk,
                                 vs_noise_key_source *key_source, void *user,
                                 struct vs_ocpp_sealed_keys **keys_out);
void vs_ocpp_sealed_keys_free(struct vs_ocpp_sealed_keys **keys);
/* Take them (*keys is NULL then) and append the frame of N2. NOT_NOW: no hello waits. */
VS_RESULT vs_ocpp_sealed_accept(struct vs_ocpp_sealed *sealed, struct vs_ocpp_sealed_keys **keys,
                                struct vs_buf *frame);

/* FRAMED: whom the first text of a connection names, not proven yet. Into the text. */
VS_RESULT vs_ocpp_sealed_who(struct vs_bytes text, struct vs_bytes *tenant_out,
                             struct vs_bytes *identity_out);
