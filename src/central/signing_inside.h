/* SPDX-License-Identifier: Apache-2.0 */
/* What signing.c and signing_load.c share. */
#pragma once

#include "central/reactor.h"
#include "crypto/jose_key.h"
#include "crypto/pkey.h"

#define VS_CENTRAL_SIGNING_KEYS 8u /* certificates of a station that are good at the same time */
#define VS_CENTRAL_SIGNED_CALLS 8u /* signed calls that are not answered yet */

struct vs_central_signing_key {
	uint8_t thumbprint[32];
	int64_t not_after_ms;
	uint64_t signer; /* a keyed hash of the thumbprint */
	int64_t floor;   /* its last number: of the store when it was read, or taken since; -1 */
	struct vs_pkey *pkey;
	struct vs_jose_key *key;
};

struct vs_central_signing_keys {
	struct vs_central_signing_key keys[VS_CENTRAL_SIGNING_KEYS];
	size_t count;
};

struct vs_central_signing {
	struct vs_central_reactor *reactor;
	enum vs_core_sign policy;
	bool has_signed, is_told;
	bool is_loading, is_reserving; /* certificates; numbers */
	bool is_paused;                /* until both are here, or cannot be had */
	uint64_t loaded_ms;
	struct vs_timer
	    again; /* they could not be read: while it is paused they are asked for again */
	unsigned tries;
	uint64_t conn; /* of its session */
	struct vs_central_signing_keys keys;
	int64_t sent, sent_end, sent_last; /* our next number, the end of ours, the last one */
	struct {
		uint64_t id;
		enum vs_ocpp_action action;
	} pending[VS_CENTRAL_SIGNED_CALLS]; /* signed calls of the station */
	uint8_t next;
};

/* Read its certificates and their numbers, unless that is under way. */
VS_RESULT vs_central_signing_load(struct vs_central_signing *signing,
                                  const struct vs_central_session *session);
/* The next number of what we sign for it. */
int64_t vs_central_signing_number(struct vs_central_session *session);
