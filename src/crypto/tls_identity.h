/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of a peer's certificate: counted, immutable, shared between a live session and the
 * table.
 */
#pragma once

#include "crypto/tls.h"

struct x509_st;
struct stack_st_X509;
struct vs_tls_identity;

/* chain: as verified, the certificate first, the trusted CA last; NULL when it was not. NO_MEMORY;
 * BAD_MESSAGE when the certificate cannot be read. */
VS_RESULT vs_tls_identity_new(struct x509_st *certificate, struct stack_st_X509 *chain,
                              struct vs_tls_identity **identity_out);
/* SHA-256 of the SubjectPublicKeyInfo. */
bool vs_tls_identity_spki(struct x509_st *certificate, uint8_t hash_out[static 32]);
struct vs_tls_identity *vs_tls_identity_ref(struct vs_tls_identity *identity);
void vs_tls_identity_unref(struct vs_tls_identity **identity);
void vs_tls_identity_get(struct vs_tls_identity *identity, struct vs_tls_peer *peer_out);
int64_t vs_tls_identity_not_after_s(const struct vs_tls_identity *identity);
