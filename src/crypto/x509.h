/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and certificates as things: made, read, written, looked at. What a certificate may say is in
 * x509_issue.h. Keys are those of OCPP 2.0.1 A00.FR.502 and 503: P-256, P-384 or RSA of at least
 * 2048 bits.
 *
 * Immutable once made; any thread. Nothing of the library's error queue is left behind.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/digest.h"

struct vs_x509_key; /* a public key, with its private half or without */
struct vs_x509_cert;

enum vs_x509_key_kind {
	VS_X509_P256,
	VS_X509_P384,
	VS_X509_RSA2048, /* when asked of a key: RSA, 2048 bits or more */
	VS_X509_RSA3072,
	VS_X509_KEY_KIND_COUNT
};
const char *
vs_x509_key_kind_text(enum vs_x509_key_kind kind); /* "P-256", "P-384", "RSA-2048", "RSA-3072" */
VS_RESULT vs_x509_key_kind_parse(struct vs_bytes text,
                                 enum vs_x509_key_kind *kind_out); /* BAD_VALUE */

VS_RESULT vs_x509_key_new(enum vs_x509_key_kind kind, struct vs_x509_key **key_out);
void vs_x509_key_free(struct vs_x509_key **key);
enum vs_x509_key_kind vs_x509_key_kind(const struct vs_x509_key *key);
/* PKCS#8 PEM, unencrypted: for a file of mode 0600, or to be wrapped. INTERNAL: it has no private
 * half. */
VS_RESULT vs_x509_key_write(const struct vs_x509_key *key, struct vs_secret **pem_out);
/* PKCS#8 PEM under a passphrase: PBES2 with scrypt (N 2^14, r 8, p 1) and AES-256-CBC, as `openssl
 * pkcs8` reads it. Appended. */
VS_RESULT vs_x509_key_write_sealed(const struct vs_x509_key *key, struct vs_secret *passphrase,
                                   struct vs_buf *pem);
VS_RESULT vs_x509_key_read(struct vs_secret *pem, struct vs_x509_key **key_out); /* BAD_MESSAGE */
/* NOT_AUTHENTIC: not this passphrase, or altered; BAD_MESSAGE: not an encrypted PKCS#8. */
VS_RESULT vs_x509_key_read_sealed(struct vs_bytes pem, struct vs_secret *passphrase,
                                  struct vs_x509_key **key_out);
/* SubjectPublicKeyInfo, DER. Reading is strict: nothing behind it, a named curve, enough bits.
 * BAD_MESSAGE; UNSUPPORTED: another kind of key, or a weak one. */
VS_RESULT vs_x509_key_write_public(const struct vs_x509_key *key, struct vs_buf *der);
VS_RESULT vs_x509_key_read_public(struct vs_bytes der, struct vs_x509_key **key_out);
bool vs_x509_key_equal(const struct vs_x509_key *a,
                       const struct vs_x509_key *b); /* public halves */
/* SHA-256 of the SubjectPublicKeyInfo: what a pin holds (RFC 7469 2.4). */
VS_RESULT vs_x509_key_spki_sha256(const struct vs_x509_key *key,
                                  uint8_t digest_out[static VS_SHA256_SIZE]);

void vs_x509_cert_free(struct vs_x509_cert **cert);
VS_RESULT vs_x509_cert_write(const struct vs_x509_cert *cert,
                             struct vs_buf *pem); /* appended, PEM */
VS_RESULT vs_x509_cert_write_der(const struct vs_x509_cert *cert,
                                 struct vs_buf *der); /* appended */
/* The first one of a PEM text; BAD_MESSAGE. */
VS_RESULT vs_x509_cert_read(struct vs_bytes pem, struct vs_x509_cert **cert_out);
/* One, and nothing behind it; BAD_MESSAGE. */
VS_RESULT vs_x509_cert_read_der(struct vs_bytes der, struct vs_x509_cert **cert_out);
/* The next one at *offset, which moves behind it; NOT_FOUND at the end. For chains. */
VS_RESULT vs_x509_cert_read_next(struct vs_bytes pem, size_t *offset,
                                 struct vs_x509_cert **cert_out);
int64_t vs_x509_cert_not_after_ms(const struct vs_x509_cert *cert);
/* SHA-256 of the DER certificate. */
VS_RESULT vs_x509_cert_fingerprint(const struct vs_x509_cert *cert,
                                   uint8_t fingerprint_out[static VS_SHA256_SIZE]);
bool vs_x509_cert_fits(const struct vs_x509_cert *cert, const struct vs_x509_key *key);
/* Signed by that issuer, whose name and key identifier it carries. */
bool vs_x509_cert_is_by(const struct vs_x509_cert *cert, const struct vs_x509_cert *issuer);
