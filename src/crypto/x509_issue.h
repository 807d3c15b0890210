/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuing: a certificate is what its row of profiles.def says, a name, a time and a key. Whoever
 * asks chooses nothing else. Serials are random, 159 bits; SHA-256 (SHA-384 under a P-384 key).
 *
 * A development CA is told by its name ("DEV") and by a private extension that all its certificates
 * carry, so that a production system can refuse every chain that has one.
 */
#pragma once

#include "crypto/x509.h"
#include "crypto/x509_name.h"

enum vs_x509_profile {
#define VS_PROFILE(name, names, constraints, usage_ec, usage_rsa, extended, days, days_max, by)    \
	VS_X509_##name,
#include "crypto/profiles.def"
#undef VS_PROFILE
	VS_X509_PROFILE_COUNT
};

/* Below the arc for examples (ISO/IEC 9834-1), which needs no registration; a UUID below 2.25 has
 * an arc of 128 bits, which not every reader of certificates takes. The value is NULL. */
#define VS_X509_DEVELOPMENT_OID "2.999.86.83.1"
#define VS_X509_NAMES_SIZE      512 /* of all names of a server, with commas */
#define VS_X509_HOSTS_MAX       16

const char *vs_x509_profile_text(enum vs_x509_profile profile); /* "ocsp-signer" */
VS_RESULT vs_x509_profile_parse(struct vs_bytes text,
                                enum vs_x509_profile *profile_out); /* BAD_VALUE */
int64_t vs_x509_profile_days(enum vs_x509_profile profile);
int64_t vs_x509_profile_days_max(enum vs_x509_profile profile);
bool vs_x509_profile_is_ca(enum vs_x509_profile profile);

struct vs_x509_request {
	enum vs_x509_profile profile;
	const char *common_name;  /* of a server: NULL or the first of hosts */
	const char *organisation; /* 1 to 64 bytes */
	const char *hosts;        /* "csms.example,192.0.2.1"; of a server only, else NULL */
	int64_t not_before_ms, not_after_ms; /* at most the profile's days apart, plus an hour */
	const char *crl_url, *ocsp_url;      /* http(s); NULL: the certificate names none */
	bool is_development;
};

/* NULL, or why this request breaks its profile: a static text. */
const char *vs_x509_request_fault(const struct vs_x509_request *request);

/* issuer and issuer_key are NULL for a root, which signs itself with `subject`. A certificate never
 * outlives its issuer: not_after is cut. BAD_VALUE: see vs_x509_request_fault; FORBIDDEN: the
 * issuer may not issue this profile, or is over. */
VS_RESULT vs_x509_issue(const struct vs_x509_request *request, const struct vs_x509_key *subject,
                        const struct vs_x509_cert *issuer, const struct vs_x509_key *issuer_key,
                        struct vs_x509_cert **cert_out);
/* The same name, key and constraints as `cert`, a CA, but signed by another root: so that who
 * trusts only the one may follow to the other (RFC 4210 4.4, "new with old"). Not beyond either's
 * end. */
VS_RESULT vs_x509_cross_sign(const struct vs_x509_cert *cert, const struct vs_x509_cert *issuer,
                             const struct vs_x509_key *issuer_key, int64_t now_ms,
                             struct vs_x509_cert **cert_out);
