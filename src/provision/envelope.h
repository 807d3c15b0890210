/* SPDX-License-Identifier: Apache-2.0 */
/*
 * E2: the envelope in which every message of provisioning travels, sealed with HPKE (RFC 9180,
 * X25519, HKDF-SHA256, AES-256-GCM), so that whoever carries it can neither read nor make one.
 *
 *   {"v":2,"t":type,"kid":server key,"m":mode,"pid":claim,"enc":..,"ct":..,"id":uuid}
 *
 * info = enc("voltseal/prov/v2", tenant, t, kid), AAD = enc("voltseal/prov/v2", topic, id, u16 m,
 * pid). A request is under the claim's secret (PSK) to the server's key; everything else is from
 * the sender's own key (Auth) to the receiver's. So an envelope opens only in its own topic, for
 * its own claim, under its own type and from its own sender. doc/protocol/provisioning.md has the
 * rest.
 */
#pragma once

#include "base/limits.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"
#include "provision/name.h"

#define VS_PROVISION_KEM_SIZE    32  /* X25519, raw */
#define VS_PROVISION_SECRET_SIZE 32  /* of a claim */
#define VS_PROVISION_PAD         512 /* plain texts are a multiple of it: sizes say little */

struct vs_provision_envelope {
	enum vs_provision_type type;
	char kid[VS_PROVISION_KID_SIZE];
	char claim[VS_PROVISION_CLAIM_SIZE];
	char id[VS_UUID_TEXT_SIZE];
	uint8_t enc[VS_PROVISION_KEM_SIZE];
	uint8_t sha256[VS_SHA256_SIZE]; /* of the ciphertext: what an answer is bound to */
};

/* Reads what lies outside; *sealed gets the ciphertext, appended. TOO_LONG: over
 * VS_LIMIT_PROVISION_SIZE; BAD_MESSAGE and the like: not an envelope of this version. */
VS_RESULT vs_provision_envelope_read(struct vs_bytes text,
                                     struct vs_provision_envelope *envelope_out,
                                     struct vs_buf *sealed);

/* What both ends must know. Everything is borrowed for the call. */
struct vs_provision_keys {
	const char *tenant;
	const struct vs_pkey *own; /* X25519, private: opens what comes, and proves what we send;
	                            * NULL of a device that seals a request */
	struct vs_bytes peer;      /* X25519, raw: the other side's */
	struct vs_bytes psk;       /* the claim's secret, for a request; else empty */
};

/* NOT_AUTHENTIC: whatever is wrong. plain: appended, with the spaces that pad it. */
VS_RESULT vs_provision_envelope_open(const struct vs_provision_envelope *envelope,
                                     struct vs_bytes sealed, const struct vs_provision_keys *keys,
                                     struct vs_buf *plain);
/* type, kid, claim and id are given; enc and sha256 are set. text: the envelope, appended. */
VS_RESULT vs_provision_envelope_seal(struct vs_provision_envelope *envelope,
                                     const struct vs_provision_keys *keys, struct vs_bytes plain,
                                     struct vs_buf *text);

/* What a peer is told of a message that was not taken, whatever was wrong with it. It proves
 * nothing: whoever reads it may try again, and must not change its state. id: "" when none was
 * understood. */
VS_RESULT vs_provision_refusal_write(const char *id, struct vs_buf *text);
bool vs_provision_refusal_is(struct vs_bytes text);
