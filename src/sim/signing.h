/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated station that signs what it says (ocpp/signed.h, everything bound as "strict" wants
 * it) with the key of its certificate, and verifies what the central side has signed. One call is
 * under way in each direction, so the action of the call is what its answer is signed for.
 */
#pragma once

#include "ocpp/signed.h"

struct vs_sim_signing;

struct vs_sim_signing_files {
	const char *cert, *key; /* PEM; may be one file */
	const char *central;    /* PEM: the certificate of the central side's signatures */
};

/* IO, NOT_FOUND, BAD_MESSAGE: not such files; WRONG_TYPE: a key that signs nothing here. */
VS_RESULT vs_sim_signing_new(const struct vs_sim_signing_files *files, const char *identity,
                             struct vs_sim_signing **signing_out);
void vs_sim_signing_free(struct vs_sim_signing **signing);

/* What is to be sent instead, or what was sent; valid until the next call of either. Answers are
 * signed when their call was. */
struct vs_bytes vs_sim_signing_sign(struct vs_sim_signing *signing, struct vs_bytes text,
                                    int64_t wall_ms);
/* NOT_AUTHENTIC: signed, and not by the central side, or not this message. */
VS_RESULT vs_sim_signing_open(struct vs_sim_signing *signing, struct vs_bytes text, int64_t wall_ms,
                              struct vs_bytes *plain_out);
