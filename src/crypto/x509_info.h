/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate says, in one struct: for lists, for policy, for people. */
#pragma once

#include "crypto/x509.h"
#include "crypto/x509_issue.h"

#define VS_X509_SERIAL_SIZE 41 /* lower case hexadecimal, no leading zeroes, and NUL */

struct vs_x509_info {
	char serial_hex[VS_X509_SERIAL_SIZE];
	char common_name[VS_X509_NAME_SIZE]; /* "": none, several, or one that cannot be shown */
	char organisation[VS_X509_NAME_SIZE];
	char issuer[VS_X509_NAME_SIZE];  /* its common name */
	char ocsp_url[VS_X509_URL_SIZE]; /* the first of the authority information access, or "" */
	char hosts[VS_X509_NAMES_SIZE];  /* alternative names with commas; cut when too many */
	int64_t not_before_ms, not_after_ms;
	uint8_t fingerprint[VS_SHA256_SIZE], spki_sha256[VS_SHA256_SIZE];
	enum vs_x509_key_kind key_kind;
	bool is_ca, is_self_issued;
	bool is_development; /* carries the extension, or DEV is in its name or its issuer's */
	bool is_wildcard;    /* a name with an asterisk */
};

/* BAD_MESSAGE: its serial, times or key cannot be read. */
VS_RESULT vs_x509_info_get(const struct vs_x509_cert *cert, struct vs_x509_info *info_out);
