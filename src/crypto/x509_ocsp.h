/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The online certificate status protocol (RFC 6960), both sides. A responder reads a request, looks
 * up what it knows of each serial, and has the answer signed by the CA's OCSP signer; a client asks
 * about one certificate and believes an answer that is signed, fresh and about that one.
 *
 * Requests are at most VS_LIMIT_OCSP_REQUEST_SIZE bytes about at most VS_X509_OCSP_ITEMS
 * certificates, nonces at most 32 (RFC 8954 2.1). No I/O, no clock.
 */
#pragma once

#include "crypto/x509_crl.h"

#define VS_X509_OCSP_ITEMS      8
#define VS_X509_OCSP_NONCE_SIZE 32
#define VS_X509_OCSP_HOURS_MAX  24 /* how long an answer may be good */

enum vs_x509_status { VS_X509_STATUS_GOOD, VS_X509_STATUS_REVOKED, VS_X509_STATUS_UNKNOWN };

/* --- responder ---------------------------------------------------------------------------------
 */

struct vs_x509_ocsp_request;

VS_RESULT vs_x509_ocsp_request_read(struct vs_bytes der,
                                    struct vs_x509_ocsp_request **request_out); /* BAD_MESSAGE */
void vs_x509_ocsp_request_free(struct vs_x509_ocsp_request **request);
size_t vs_x509_ocsp_request_count(const struct vs_x509_ocsp_request *request);
bool vs_x509_ocsp_request_has_nonce(const struct vs_x509_ocsp_request *request);
/* Of one of them: its serial, and whether it asks about a certificate of that issuer. */
void vs_x509_ocsp_request_serial(const struct vs_x509_ocsp_request *request, size_t index,
                                 char serial_hex_out[static VS_X509_SERIAL_SIZE]);
bool vs_x509_ocsp_request_is_of(const struct vs_x509_ocsp_request *request, size_t index,
                                const struct vs_x509_cert *issuer);

struct vs_x509_ocsp_status {
	enum vs_x509_status status;
	enum vs_x509_reason reason; /* of REVOKED */
	int64_t at_ms;              /* of REVOKED */
};

/* The signed answer, DER, appended; `statuses` has one for each of the request. What is not of
 * `issuer` is answered unknown, whatever its status says. BAD_VALUE: times; FORBIDDEN: `signer` was
 * not issued for that by `issuer`. */
VS_RESULT vs_x509_ocsp_answer(const struct vs_x509_ocsp_request *request,
                              const struct vs_x509_ocsp_status *statuses,
                              const struct vs_x509_cert *issuer, const struct vs_x509_cert *signer,
                              const struct vs_x509_key *signer_key, int64_t this_update_ms,
                              int64_t next_update_ms, struct vs_buf *der);

enum vs_x509_ocsp_refusal {
	VS_X509_OCSP_MALFORMED,
	VS_X509_OCSP_INTERNAL,
	VS_X509_OCSP_TRY_LATER,
	VS_X509_OCSP_UNAUTHORIZED
};
VS_RESULT vs_x509_ocsp_refuse(enum vs_x509_ocsp_refusal refusal, struct vs_buf *der); /* appended */

/* --- client ------------------------------------------------------------------------------------
 */

/* Ask about `cert` of `issuer`: DER, appended, with a fresh nonce. */
VS_RESULT vs_x509_ocsp_ask(const struct vs_x509_cert *cert, const struct vs_x509_cert *issuer,
                           struct vs_buf *der, uint8_t nonce_out[static VS_X509_OCSP_NONCE_SIZE]);
/* The same about a certificate that is not at hand, by its number in hexadecimal. BAD_VALUE. */
VS_RESULT vs_x509_ocsp_ask_serial(const char *serial_hex, const struct vs_x509_cert *issuer,
                                  struct vs_buf *der,
                                  uint8_t nonce_out[static VS_X509_OCSP_NONCE_SIZE]);
/* A certificate as OCPP's certificateHashData and OCSP's CertID name it. */
struct vs_x509_ocsp_id {
	const char *algorithm; /* "SHA256", "SHA384", "SHA512" */
	struct vs_bytes issuer_name_hash, issuer_key_hash;
	struct vs_bytes serial; /* big-endian, at most 20 bytes */
};
/* How a certificate is named under SHA-256, in lower case hexadecimal; the serial without leading
 * zeroes. INTERNAL: the library fails. */
struct vs_x509_ocsp_name {
	char issuer_name_hash[65], issuer_key_hash[65], serial[VS_X509_SERIAL_SIZE];
};
VS_RESULT vs_x509_ocsp_name_of(const struct vs_x509_cert *cert, const struct vs_x509_cert *issuer,
                               struct vs_x509_ocsp_name *name_out);
/* Ask about it: DER, appended, without a nonce. BAD_VALUE: no such algorithm, hashes of another
 * size, no serial. */
VS_RESULT vs_x509_ocsp_ask_id(const struct vs_x509_ocsp_id *id, struct vs_buf *der);
/* Does it name a certificate of that issuer? False also of an algorithm that is none of these. */
bool vs_x509_ocsp_id_is_of(const struct vs_x509_ocsp_id *id, const struct vs_x509_cert *issuer);
/* Is it an answer, not a refusal? Whether it is to be believed is for whoever uses it. */
bool vs_x509_ocsp_is_answer(struct vs_bytes der);
/* What an answer that was checked before, or is ours, says of it: the signature is not looked at.
 * BAD_MESSAGE; NOT_FOUND: it is not about this one; STALE; BAD_VALUE as vs_x509_ocsp_ask_id. */
VS_RESULT vs_x509_ocsp_said(struct vs_bytes der, const struct vs_x509_ocsp_id *id, int64_t now_ms,
                            struct vs_x509_ocsp_status *status_out, int64_t *until_ms_out);
/* What the answer says. It may lack the nonce (many responders sign ahead), but not hold another
 * one. BAD_MESSAGE: no answer, or a refusal; NOT_AUTHENTIC: not signed by the issuer or its OCSP
 * signer, or about another certificate, or another nonce; STALE: not of now (clocks may differ by 5
 * minutes). *until_ms_out: until when it may be kept. */
VS_RESULT vs_x509_ocsp_read(struct vs_bytes der, const struct vs_x509_cert *cert,
                            const struct vs_x509_cert *issuer,
                            const uint8_t nonce[static VS_X509_OCSP_NONCE_SIZE], int64_t now_ms,
                            struct vs_x509_ocsp_status *status_out, int64_t *until_ms_out);
/* The same by its number; nonce NULL: none was asked with. */
VS_RESULT vs_x509_ocsp_read_serial(struct vs_bytes der, const char *serial_hex,
                                   const struct vs_x509_cert *issuer, const uint8_t *nonce,
                                   int64_t now_ms, struct vs_x509_ocsp_status *status_out,
                                   int64_t *until_ms_out);
