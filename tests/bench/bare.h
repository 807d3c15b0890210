/* SPDX-License-Identifier: Apache-2.0 */
/* What both measurements of bare OpenSSL share: the context, and giving up. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

static inline void
must(bool is_good, const char *what)
{
	if (!is_good) {
		(void)fprintf(stderr, "%s failed\n", what);
		ERR_print_errors_fp(stderr);
		exit(1);
	}
}

/* TLS 1.3 with one cipher and one group, no tickets, no sessions; the key is in the certificate's
 * file. cert NULL: none is shown. */
static inline SSL_CTX *
context_new(const SSL_METHOD *method, const char *ca, const char *cert, const char *key, int verify)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	must(ctx != NULL, "SSL_CTX_new");
	must(SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1, "TLS 1.3");
	must(SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384") == 1, "cipher");
	must(SSL_CTX_set1_groups_list(ctx, "X25519") == 1, "groups");
	must(SSL_CTX_load_verify_locations(ctx, ca, NULL) == 1, ca);
	must(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN) == 1,
	     "partial chain");
	if (cert != NULL) {
		must(SSL_CTX_use_certificate_chain_file(ctx, cert) == 1, cert);
		must(SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1, key);
	}
	SSL_CTX_set_verify(ctx, verify, NULL);
	must(SSL_CTX_set_num_tickets(ctx, 0) == 1, "no tickets");
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}
