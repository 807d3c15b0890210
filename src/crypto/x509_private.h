/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of crypto/x509*.c share: the library's objects inside ours, and its times. */
#pragma once

#include <openssl/x509.h>

#include "crypto/x509.h"

struct vs_x509_key {
	EVP_PKEY *pkey;
};

struct vs_x509_cert {
	X509 *x509;
};

/* Both take the library's object, also when they fail. */
VS_RESULT vs_x509_key_wrap(EVP_PKEY *pkey, struct vs_x509_key **key_out);
VS_RESULT vs_x509_cert_wrap(X509 *x509, struct vs_x509_cert **cert_out);
/* A key that we accept: P-256, P-384 as named curves, RSA of 2048 to 8192 bits. NULL, or why not.
 */
const char *vs_x509_key_fault(EVP_PKEY *pkey);
/* SHA-256, or SHA-384 for a P-384 key. */
const EVP_MD *vs_x509_key_digest(EVP_PKEY *pkey);
VS_RESULT vs_x509_time_read(const ASN1_TIME *time, int64_t *wall_ms_out); /* BAD_TIME */
/* Lower case, no leading zeroes; BAD_VALUE past the 20 octets of RFC 5280 4.1.2.2. */
VS_RESULT vs_x509_serial_text(const ASN1_INTEGER *serial, char hex_out[static 41]);
VS_RESULT vs_x509_serial_read(const char *hex, ASN1_INTEGER **serial_out); /* BAD_VALUE */
/* The only entry of that kind as text of 1 to size - 1 bytes without control characters, "" when
 * there is none; false: several, too long, or in an encoding whose bytes are not what one reads. */
bool vs_x509_name_text(const X509_NAME *name, int nid, char *text, size_t size);
