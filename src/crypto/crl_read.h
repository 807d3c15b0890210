/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the CRL of a CA (RFC 5280 5): signed by a CA that is trusted here, complete, and nothing
 * in it that we do not know and must. Delta and indirect CRLs are refused, and so is one that says
 * no next update: nobody could tell whether it is stale.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "crypto/digest.h"

struct vs_crl_info {
	uint8_t issuer_spki[VS_SHA256_SIZE]; /* SHA-256 of the key that signed it */
	int64_t this_update_ms, next_update_ms;
	size_t count; /* of revoked certificates */
};

/* file: PEM or DER. ca_files: PEM, in which its CA must be; the second may be NULL. `begin` is told
 * what the list is, then `revoked` each serial number (lower-case hex, no leading zeroes); what
 * they return other than OK ends it. BAD_MESSAGE, NOT_AUTHENTIC (no CA here signed it), CONFIG (a
 * CA file cannot be read); `reason` is for a person. */
struct vs_crl_sink {
	vs_result (*begin)(const struct vs_crl_info *info, void *arg);
	vs_result (*revoked)(const char *serial_hex, void *arg);
	void *arg;
};
VS_RESULT vs_crl_read(struct vs_bytes file, const char *const ca_files[static 2],
                      const struct vs_crl_sink *sink, char *reason, size_t reason_size);
