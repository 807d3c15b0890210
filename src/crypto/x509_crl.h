/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate revocation lists (RFC 5280 5), version 2, complete: made and signed. */
#pragma once

#include "crypto/x509.h"
#include "crypto/x509_info.h"

enum vs_x509_reason {
#define VS_REASON(name, word, number, help) VS_X509_REASON_##name,
#include "crypto/reasons.def"
#undef VS_REASON
	VS_X509_REASON_COUNT
};
const char *vs_x509_reason_text(enum vs_x509_reason reason); /* "key-compromise" */
int vs_x509_reason_number(enum vs_x509_reason reason);       /* CRLReason */
VS_RESULT vs_x509_reason_parse(struct vs_bytes text,
                               enum vs_x509_reason *reason_out); /* BAD_VALUE */

struct vs_x509_crl_entry {
	char serial_hex[VS_X509_SERIAL_SIZE];
	enum vs_x509_reason reason;
	int64_t at_ms;
};

#define VS_X509_CRL_DAYS_MAX 8 /* a list that is good for longer hides what was revoked since */

struct vs_x509_crl_request {
	int64_t number; /* from 1, never less than before (RFC 5280 5.2.3) */
	int64_t this_update_ms, next_update_ms;
	const struct vs_x509_crl_entry *entries;
	size_t count;
};

/* DER, appended. BAD_VALUE: a serial that is none, a time or number that is out of range;
 * FORBIDDEN: the key is not the issuer's. */
VS_RESULT vs_x509_crl_make(const struct vs_x509_crl_request *request,
                           const struct vs_x509_cert *issuer, const struct vs_x509_key *issuer_key,
                           struct vs_buf *der);
