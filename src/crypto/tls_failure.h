/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a TLS handshake failed, in the words of tls_failures.def: one table over the numbers of the
 * library, so that logs, events and tests say the same thing.
 */
#pragma once

#include <stdbool.h>

struct ssl_st;

enum vs_tls_failure {
#define VS_TLS_FAILURE(name, word, help) VS_TLS_FAILURE_##name,
#include "crypto/tls_failures.def"
#undef VS_TLS_FAILURE
	VS_TLS_FAILURES /* must be last */
};

const char *vs_tls_failure_word(enum vs_tls_failure failure);
const char *vs_tls_failure_help(enum vs_tls_failure failure);
/* A security event that OCPP 2.0.1 calls critical. */
bool vs_tls_failure_is_critical(enum vs_tls_failure failure);

/* What an entry of the library's error queue says (0: nothing is there, the peer closed).
 * *detail_out: a static text of the library, never NULL. */
enum vs_tls_failure vs_tls_failure_of(const struct ssl_st *ssl, unsigned long error,
                                      const char **detail_out);
/* The same for a number of certificate verification (X509_V_ERR_...). */
enum vs_tls_failure vs_tls_failure_of_x509(long error);
