/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server does with the chain that a client shows: the library's check with our parameters,
 * no CA as a client, and the identity read out of the leaf once, for the connection, its session
 * and the log of a refusal.
 */
#pragma once

#include "crypto/tls_identity.h"

struct ssl_st;
struct ssl_ctx_st;

/* Who may come with a leaf that is over, and who is told of CAs that were sent along
 * (vs_tls_server_options). */
struct vs_tls_excuse {
	bool (*ask)(void *arg, struct vs_bytes common_name);
	void *arg;
	void (*below)(void *arg, const uint8_t anchor_spki[static 32],
	              const uint8_t issuer_spki[static 32], struct vs_bytes issuer_der);
	void *below_arg;
};
/* Check client certificates of this context in this way. `excuse` lives as long as it. */
void vs_tls_verify_install(struct ssl_ctx_st *context, const struct vs_tls_excuse *excuse);
/* The keys of the CAs that the context trusts: SHA-256 of each SubjectPublicKeyInfo, in a row, from
 * malloc. NO_MEMORY, BAD_MESSAGE. */
VS_RESULT vs_tls_verify_anchors(struct ssl_ctx_st *context, uint8_t **spkis_out, size_t *count_out);
/* What was read in this connection's handshake, good or refused; NULL when nothing was. Borrowed.
 */
struct vs_tls_identity *vs_tls_verify_identity(const struct ssl_st *ssl);
