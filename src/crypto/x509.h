/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and certificates: made, issued, written and read. Names follow OCPP 2.0.1 A00.FR.50x: P-256
 * or RSA of at least 2048 bits, SHA-256, a random serial of 159 bits, KeyUsage set and no
 * ExtendedKeyUsage on stations (A00.FR.514).
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/secret.h"

struct vs_x509_key; /* a private key with its public half */
struct vs_x509_cert;

enum vs_x509_key_kind { VS_X509_P256, VS_X509_RSA2048 };

VS_RESULT vs_x509_key_new(enum vs_x509_key_kind kind, struct vs_x509_key **key_out);
void vs_x509_key_free(struct vs_x509_key **key);
/* PKCS#8 PEM, unencrypted: for a file of mode 0600. */
VS_RESULT vs_x509_key_write(const struct vs_x509_key *key, struct vs_secret **pem_out);
VS_RESULT vs_x509_key_read(struct vs_secret *pem, struct vs_x509_key **key_out); /* BAD_MESSAGE */

enum vs_x509_role {
	VS_X509_ROOT,    /* self-signed, path length 1 */
	VS_X509_ISSUING, /* path length 0 */
	VS_X509_SERVER,  /* serverAuth, names in the subject alternative name */
	VS_X509_STATION, /* CN is the identity; no ExtendedKeyUsage */
};

struct vs_x509_request {
	enum vs_x509_role role;
	const char *common_name;       /* 1 to 64 bytes */
	const char *organisation;      /* 1 to 64 bytes */
	const char *alternative_names; /* "DNS:localhost,IP:127.0.0.1", or NULL */
	int64_t not_before_ms, not_after_ms;
};

/* issuer and issuer_key are NULL for a root, which signs itself with `key`. */
VS_RESULT vs_x509_issue(const struct vs_x509_request *request, const struct vs_x509_key *key,
                        const struct vs_x509_cert *issuer, const struct vs_x509_key *issuer_key,
                        struct vs_x509_cert **cert_out);
void vs_x509_cert_free(struct vs_x509_cert **cert);
VS_RESULT vs_x509_cert_write(const struct vs_x509_cert *cert,
                             struct vs_buf *pem); /* appended, PEM */
VS_RESULT vs_x509_cert_read(struct vs_bytes pem,
                            struct vs_x509_cert **cert_out); /* the first one; BAD_MESSAGE */
int64_t vs_x509_cert_not_after_ms(const struct vs_x509_cert *cert);
/* SHA-256 of the DER certificate. */
VS_RESULT vs_x509_cert_fingerprint(const struct vs_x509_cert *cert,
                                   uint8_t fingerprint_out[static 32]);
