/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session whose policy knows signed messages (ocpp/signed.h): between what came out of its
 * connection or its sealed channel and session.c, in both directions.
 *
 *   accept   signed or not; what is signed is verified
 *   prefer   and our calls are signed once the station has signed one
 *   require  what is not signed is refused, and our calls are signed
 *   strict   and bound to message, station, time and number
 *
 * A signed call is answered signed under each of them. Whose signature: a certificate that our CA
 * has issued to this station and that is not revoked or over; they are read from the store when the
 * session begins, and again when an unknown one is named. A wrong signature is refused under every
 * policy.
 */
#pragma once

#include "core/policy.h"
#include "core/record.h"
#include "keys/certs.h"
#include "net/net.h"

struct vs_central_signing;
struct vs_central_reactor;
struct vs_central_session;

/* What this side signs with. */
struct vs_central_signer {
	const struct vs_pkey
	    *key; /* P-256; borrowed for the life of central; NULL: nothing is signed */
	uint8_t thumbprint[32]; /* of its certificate */
};

/* When the connection is open; reading is paused until the certificates are there, with the last
 * number that any node has taken under each, and numbers for what we sign. */
VS_RESULT vs_central_signing_begin(struct vs_central_reactor *reactor,
                                   struct vs_central_session *session, enum vs_core_sign policy,
                                   struct vs_conn *conn);
/* Numbers of ours came from the store, or did not. */
void vs_central_signing_reserved(struct vs_central_session *session,
                                 const struct vs_core_record *record);
void vs_central_signing_free(struct vs_central_signing **signing);

void vs_central_signing_receive(struct vs_central_session *session, struct vs_bytes text);
/* What is to be sent instead of `text`: itself, or signed, valid until the next call. */
struct vs_bytes vs_central_signing_sign(struct vs_central_session *session, struct vs_bytes text);
