/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certification requests (PKCS#10, RFC 2986): read strictly, with proof of possession. A request
 * asks; what the certificate then says is decided by profiles.def alone.
 */
#pragma once

#include "crypto/x509.h"
#include "crypto/x509_name.h"

struct vs_x509_csr;

#define VS_X509_EXTENSIONS_SIZE 256

struct vs_x509_csr_info {
	char common_name[VS_X509_NAME_SIZE];  /* "" : none */
	char organisation[VS_X509_NAME_SIZE]; /* "" : none */
	enum vs_x509_key_kind key_kind;
	char extensions[VS_X509_EXTENSIONS_SIZE]; /* what it asks for, short names with commas; cut
	                                           */
	uint8_t spki_sha256[VS_SHA256_SIZE];
};

/* PEM (one block, only white space around it) or DER (nothing behind it), at most
 * VS_LIMIT_CSR_SIZE bytes. Refused, with a static text in *reason_out (may be NULL): BAD_MESSAGE,
 * not a request of version 1; BAD_VALUE, a name with several CN or O, or with bytes that mislead;
 * UNSUPPORTED, a key or a signature algorithm that we do not take; NOT_AUTHENTIC, it is not signed
 * by the key it holds. */
VS_RESULT vs_x509_csr_read(struct vs_bytes text, const char **reason_out,
                           struct vs_x509_csr **csr_out);
void vs_x509_csr_free(struct vs_x509_csr **csr);
void vs_x509_csr_info(const struct vs_x509_csr *csr, struct vs_x509_csr_info *info_out);
VS_RESULT vs_x509_csr_key(const struct vs_x509_csr *csr, struct vs_x509_key **key_out);
VS_RESULT vs_x509_csr_write_der(const struct vs_x509_csr *csr, struct vs_buf *der); /* appended */

/* Make one, PEM, appended: for a station, and for the command line. organisation may be NULL. */
VS_RESULT vs_x509_csr_make(const struct vs_x509_key *key, const char *common_name,
                           const char *organisation, struct vs_buf *pem);
