/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims: what lets one device be provisioned, and what became of it. A claim and the device that
 * came by it are one row, from the making of the claim to the end of the device.
 *
 *   open      made; its secret proves a request
 *   offered   a request was answered; the answer may have been lost, and is given again
 *   used      the device has acknowledged: from now on it has its own key, the claim is spent
 *   deleting  the device or an operator wants its end; until purge_ms it can be taken back
 *   deleted   its keys and certificate are gone
 *   revoked   withdrawn by an operator before it was used
 *   suspect   two devices came with it: neither is trusted until an operator decides
 *
 * The decisions are here, without a clock and without I/O; claim_states.def has the states.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/station.h"

#define VS_CORE_CLAIM_ID_SIZE 21
#define VS_CORE_KEM_SIZE      32

enum vs_core_claim_state {
#define VS_CLAIM_STATE(name, word, help) VS_CORE_CLAIM_##name,
#include "core/claim_states.def"
#undef VS_CLAIM_STATE
	VS_CORE_CLAIM_STATES /* must be last */
};
const char *vs_core_claim_state_text(enum vs_core_claim_state state);

/* Which envelopes its device may use. E1 is compatible: weaker, off unless an operator names it for
 * one claim, and over for good once the device has used E2. */
enum vs_core_claim_wire {
#define VS_CLAIM_WIRE(name, word, hash, nonce, key, help) VS_CORE_CLAIM_WIRE_##name,
#include "core/claim_wires.def"
#undef VS_CLAIM_WIRE
	VS_CORE_CLAIM_WIRES /* must be last */
};
const char *vs_core_claim_wire_text(enum vs_core_claim_wire wire);
/* "sha256-12-32"; "" of E2. */
const char *vs_core_claim_wire_form(enum vs_core_claim_wire wire);
VS_RESULT vs_core_claim_wire_parse(struct vs_bytes text,
                                   enum vs_core_claim_wire *wire_out); /* BAD_VALUE */

/* What the device is to be. */
enum vs_core_claim_kind {
	VS_CORE_CLAIM_STATION,
	VS_CORE_CLAIM_FRAMED,
	VS_CORE_CLAIM_SENSOR,
	VS_CORE_CLAIM_KINDS
};
const char *vs_core_claim_kind_text(enum vs_core_claim_kind kind); /* "station", "framed", ... */
VS_RESULT vs_core_claim_kind_parse(struct vs_bytes text,
                                   enum vs_core_claim_kind *kind_out); /* BAD_VALUE */

struct vs_core_claim {
	char tenant[VS_CORE_TENANT_SIZE];
	char id[VS_CORE_CLAIM_ID_SIZE];
	int64_t revision; /* one more with each change: a change of an older one is refused */
	enum vs_core_claim_state state;
	enum vs_core_claim_kind kind;
	enum vs_core_claim_wire wire;         /* E2, or a form of E1 until the device moves up */
	enum vs_core_auth auth;               /* of a station */
	char identity[VS_CORE_IDENTITY_SIZE]; /* bound to it; "": the first request says */
	int64_t secret_epoch;                 /* of the key that its secret is derived from */
	int64_t created_ms, expires_ms;
	int64_t changed_ms;
	bool has_key;
	uint8_t public_key[VS_CORE_KEM_SIZE]; /* X25519, of the device that came first */
	char hw[65];
	int64_t ctr;          /* the highest counter that was taken; 0: none */
	int64_t cert_id;      /* of our CA; 0: none */
	int64_t purge_ms;     /* of deleting: when it becomes deleted */
	uint8_t last[32];     /* sha256 of the last message that was answered */
	uint8_t answered[32]; /* sha256 of the answer that an ack must name */
};

/* --- decisions ----------------------------------------------------------------------------------
 */

enum vs_core_claim_verdict {
	VS_CORE_CLAIM_FRESH,  /* do it */
	VS_CORE_CLAIM_REPEAT, /* the same bytes again: the same answer again */
	VS_CORE_CLAIM_CLONE,  /* another device with the same secret: neither is trusted */
	VS_CORE_CLAIM_REFUSED,
};

/* How far a device's clock may be off. */
#define VS_CORE_CLAIM_SKEW_MS INT64_C(600000)

struct vs_core_claim_request {
	const char *identity;
	const uint8_t *public_key; /* VS_CORE_KEM_SIZE */
	const uint8_t *sha256;     /* of its ciphertext */
	int64_t ts_ms;
};
/* A request that opened under the claim's secret. reason_out: for the operator; static. */
enum vs_core_claim_verdict vs_core_claim_on_request(const struct vs_core_claim *claim,
                                                    const struct vs_core_claim_request *request,
                                                    int64_t now_ms, const char **reason_out);

enum vs_core_claim_op {
	VS_CORE_CLAIM_UPDATE,
	VS_CORE_CLAIM_DELETE,
	VS_CORE_CLAIM_ACK,
};
struct vs_core_claim_operation {
	enum vs_core_claim_op op;
	int64_t ctr, ts_ms;
	const uint8_t *sha256; /* of its ciphertext */
	const uint8_t *of;     /* of an ACK: which answer it is about */
};
/* An operation that opened from the device's own key. */
enum vs_core_claim_verdict
vs_core_claim_on_operation(const struct vs_core_claim *claim,
                           const struct vs_core_claim_operation *operation, int64_t now_ms,
                           const char **reason_out);

/* A message of E1 for an identity. What it says is judged after it has opened; that its bytes came
 * before is told without opening it, since each message has a key of its own. */
struct vs_core_claim_compat {
	enum vs_core_claim_op op; /* UPDATE or DELETE */
	const char *identity;     /* what it says inside */
	bool is_proved;           /* by the claim's secret */
	bool is_proof_needed;
};
bool vs_core_claim_is_repeat(const struct vs_core_claim *claim, const uint8_t *sha256);
/* Before it is opened; the reason why not, else NULL. */
const char *vs_core_claim_compat_reason(const struct vs_core_claim *claim, int64_t now_ms);
/* FRESH or REFUSED. */
enum vs_core_claim_verdict vs_core_claim_on_compat(const struct vs_core_claim *claim,
                                                   const struct vs_core_claim_compat *message,
                                                   const char **reason_out);

/* What an operator may still do; the reason why not, else NULL. */
const char *vs_core_claim_revoke_reason(const struct vs_core_claim *claim);
const char *vs_core_claim_delete_reason(const struct vs_core_claim *claim);
const char *vs_core_claim_restore_reason(const struct vs_core_claim *claim);
