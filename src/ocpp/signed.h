/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed messages (OCPP 2.0.1 Part 4, chapter 7): a call is sent as [2,id,"<Action>-Signed",JWS], a
 * SEND of 2.1 as [6,id,"<Action>-Signed",JWS], a result as [3,id,JWS]; JWS is the flattened JSON
 * form whose payload is the original one. Errors are never signed. The protected header names the
 * action (OCPPAction) and the message type (OCPPMessageTypedId, spelled so in the standard;
 * OCPPMessageTypeId is taken as well) and should name the certificate (x5t#S256).
 *
 * The standard header covers neither message id nor time. Ours holds vs:mid, vs:iat, vs:seq and
 * vs:cp as well; a policy may demand them (doc/protocol/signed.md).
 *
 * Only ES256, RS256 and RS384. "crit" and everything by which a message could bring its own key
 * (jwk, jku, x5u) is refused. Pure: no clock, no key store; the caller finds the key.
 */
#pragma once

#include "crypto/jws.h"
#include "ocpp/message.h"

#define VS_OCPP_SIGNED_SUFFIX     "-Signed"
#define VS_OCPP_SIGNED_WINDOW_MS  INT64_C(300000) /* how old vs:iat may be, or how early */
#define VS_OCPP_SIGNED_THUMBPRINT 32
#define VS_OCPP_SIGNED_ALGS                                                                        \
	(VS_JOSE_ALLOW(VS_SIGN_ES256) | VS_JOSE_ALLOW(VS_SIGN_RS256) | VS_JOSE_ALLOW(VS_SIGN_RS384))

/* What was read. Nothing of it is proven before vs_ocpp_signed_open. Views live as long as it. */
struct vs_ocpp_signed {
	enum vs_ocpp_type type;
	struct vs_jws *jws;
	char id[VS_OCPP_ID_SIZE];
	char action[64]; /* without the suffix */
	bool has_thumbprint, has_at, has_seq;
	uint8_t thumbprint[VS_OCPP_SIGNED_THUMBPRINT]; /* x5t#S256 */
	struct vs_bytes mid, cp;                       /* empty: not there */
	int64_t at_ms, seq;
};

/* Why one was refused, for the log and the event; the peer is told one thing for all of them. */
enum vs_ocpp_signed_fault {
	VS_OCPP_SIGNED_FINE,
	VS_OCPP_SIGNED_MALFORMED,
	VS_OCPP_SIGNED_ALGORITHM,
	VS_OCPP_SIGNED_FOREIGN_KEY, /* the header brings or points to a key */
	VS_OCPP_SIGNED_OTHER_ACTION,
	VS_OCPP_SIGNED_OTHER_TYPE,
	VS_OCPP_SIGNED_WRONG,   /* the signature, or no key of the station has this thumbprint */
	VS_OCPP_SIGNED_UNBOUND, /* strict: a member is missing */
	VS_OCPP_SIGNED_OTHER_MESSAGE, /* vs:mid */
	VS_OCPP_SIGNED_OTHER_STATION, /* vs:cp */
	VS_OCPP_SIGNED_OTHER_TIME,    /* vs:iat is outside of the window */
	VS_OCPP_SIGNED_REPEATED,      /* vs:seq is not above the last one */
	VS_OCPP_SIGNED_FAULTS         /* must be last */
};
const char *vs_ocpp_signed_fault_text(enum vs_ocpp_signed_fault fault); /* "other_action" */

/* Cheap, for every message: does this look like a signed call, SEND or result? What looks like one
 * is signed or malformed. */
bool vs_ocpp_signed_looks(struct vs_bytes text);

/* Of any message: its type and its id, "-1" if that is none. BAD_FRAME: none of
 * them. */
VS_RESULT vs_ocpp_signed_head(struct vs_bytes text, enum vs_ocpp_type *type_out,
                              char id_out[static VS_OCPP_ID_SIZE]);

/* Of a call in clear; NONE: it is none, or of no known action. */
enum vs_ocpp_action vs_ocpp_signed_action(struct vs_bytes text);

/* asked: the action of the call that a result answers; NONE: there is none, a result is refused.
 * On failure *fault_out says why: BAD_MESSAGE or what wire/json.h says, NOT_AUTHENTIC. */
VS_RESULT vs_ocpp_signed_read(struct vs_bytes text, enum vs_ocpp_action asked,
                              struct vs_ocpp_signed *signed_out,
                              enum vs_ocpp_signed_fault *fault_out);
void vs_ocpp_signed_done(struct vs_ocpp_signed *message);

/* What a message must be bound to. */
struct vs_ocpp_signed_policy {
	bool is_strict;       /* x5t#S256, vs:mid, vs:iat, vs:seq, vs:cp must be there */
	const char *identity; /* of the station, in both directions */
	int64_t now_ms;
	int64_t seq_floor; /* the last vs:seq of this signer; -1: none yet */
};

/* Verify, and append the message as it was before it was signed. Members that are there are
 * checked under every policy. The caller keeps `seq` as the next floor. */
VS_RESULT vs_ocpp_signed_open(const struct vs_ocpp_signed *message, const struct vs_jose_key *key,
                              const struct vs_ocpp_signed_policy *policy, struct vs_buf *plain,
                              enum vs_ocpp_signed_fault *fault_out);

struct vs_ocpp_signer {
	const struct vs_jose_key *key; /* borrowed */
	enum vs_sign_alg alg;
	uint8_t thumbprint[VS_OCPP_SIGNED_THUMBPRINT];
	const char *identity; /* of the station; borrowed */
	int64_t at_ms, seq;
};
/* Append `plain`, a call, a SEND or a result that is right, in its signed form; an error as it is.
 * asked: as above. */
VS_RESULT vs_ocpp_signed_make(const struct vs_ocpp_signer *signer, struct vs_bytes plain,
                              enum vs_ocpp_action asked, struct vs_buf *text);
