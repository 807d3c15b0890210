/* SPDX-License-Identifier: Apache-2.0 */
/* What can be asked of the CA (keys/ca.h), and by which rules it answers: for both ends of the
 * socket. The key process decides; the daemon asks first, so that a person is told why. */
#pragma once

#include "crypto/x509_csr.h"
#include "crypto/x509_issue.h"

struct vs_keys_ca_setup {
	const char *organisation;
	const char *hosts; /* that server certificates may name */
	const char *url; /* "https://csms.example:9444": where lists and OCSP are; "": certificates
	                    name neither */
	enum vs_x509_key_kind kind;
	bool is_development;
};

struct vs_keys_ca_view {
	uint32_t current, next; /* 0: none */
	bool is_development, has_root_key;
	char organisation[VS_X509_NAME_SIZE], hosts[VS_X509_NAMES_SIZE], url[VS_X509_URL_SIZE];
};

enum vs_keys_ca_cert {
	VS_KEYS_CA_ROOT,
	VS_KEYS_CA_ISSUING,
	VS_KEYS_CA_CROSS_ROOT,    /* this generation's root, signed by the one before */
	VS_KEYS_CA_CROSS_ISSUING, /* this generation's issuing CA, signed by the root before */
	VS_KEYS_CA_CERTS
};

struct vs_keys_certify {
	uint32_t generation;          /* 0: the current one; else the current or the next */
	enum vs_x509_profile profile; /* server, station or operator */
	struct vs_bytes csr;          /* PEM or DER: proof of possession, always */
	const char *common_name; /* of a station or operator; its CSR names it so, or not at all */
	const char *hosts;       /* of a server */
	uint32_t days;           /* 0: as the profile has it */
};

/* NULL, or why not: static texts. */
const char *vs_keys_ca_setup_fault(const struct vs_keys_ca_setup *setup);
const char *vs_keys_certify_fault(const struct vs_keys_ca_view *view,
                                  const struct vs_keys_certify *certify,
                                  const struct vs_x509_csr_info *csr);
