/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_identity.h"

#include <openssl/bn.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/digest.h"

struct vs_tls_identity {
	atomic_uint references;
	uint32_t common_name_size, organisation_size;
	int64_t not_after_s;
	char serial_hex[41];
	uint8_t fingerprint[32];
	uint8_t spki[32], issuer_spki[32], anchor_spki[32];
	uint8_t common_name_count, organisation_count, link_count;
	struct vs_tls_link links[]; /* and behind them common name, organisation */
};

static uint8_t *
names_of(struct vs_tls_identity *identity)
{
	return (uint8_t *)&identity->links[identity->link_count];
}

static uint8_t
count_names(const X509_NAME *subject, int nid)
{
	uint8_t count = 0;

	for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, nid, at)) >= 0;)
		count = count < UINT8_MAX ? count + 1 : count;
	return count;
}

/* The bytes of the only entry of that kind; empty when there is none, more than one, or one in an
 * encoding whose bytes are not what a reader would see. */
static struct vs_bytes
only_name(X509_NAME *subject, int nid)
{
	struct vs_bytes none = {NULL, 0};
	int at = X509_NAME_get_index_by_NID(subject, nid, -1);
	const ASN1_STRING *value;

	if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0)
		return none;
	value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
	if (value == NULL)
		return none;
	switch (ASN1_STRING_type(value)) {
	case V_ASN1_UTF8STRING:
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_IA5STRING:
		return vs_bytes_from(ASN1_STRING_get0_data(value),
		                     (size_t)ASN1_STRING_length(value));
	default: /* an integer of the library, not an enumeration of ours */
		return none;
	}
}

static bool
fill_serial(X509 *certificate, char serial_hex[static 41])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
	BIGNUM *number = serial != NULL ? ASN1_INTEGER_to_BN(serial, NULL) : NULL;
	char *hex = number != NULL ? BN_bn2hex(number) : NULL;
	bool ok = hex != NULL && strlen(hex) <= 40; /* RFC 5280 4.1.2.2: at most 20 octets */

	if (ok) {
		const char *digits = hex;
		size_t i = 0;

		while (digits[0] == '0' && digits[1] != '\0')
			digits++;
		for (; digits[i] != '\0'; i++)
			serial_hex[i] = digits[i] >= 'A' && digits[i] <= 'F'
			                    ? (char)(digits[i] | 0x20)
			                    : digits[i];
		serial_hex[i] = '\0';
	}
	OPENSSL_free(hex);
	BN_free(number);
	return ok;
}

static bool
fill_not_after(X509 *certificate, int64_t *not_after_s)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1)
		return false;
	*not_after_s = (int64_t)timegm(&tm);
	return true;
}

bool
vs_tls_identity_spki(X509 *certificate, uint8_t hash_out[static 32])
{
	unsigned char *der = NULL;
	int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	bool ok = size > 0 &&
	          vs_crypto_sha256(vs_bytes_from(der, (size_t)size), hash_out).code == VS_E_OK;

	OPENSSL_free(der);
	return ok;
}

/* The CAs between a certificate and the one by which it is trusted. */
static size_t
count_links(const STACK_OF(X509) * chain)
{
	int count = chain != NULL ? sk_X509_num(chain) : 0;

	return count > 2 ? (size_t)count - 2 : 0;
}

static bool
fill_links(const STACK_OF(X509) * chain, struct vs_tls_identity *identity)
{
	for (int i = 0; i < identity->link_count; i++) {
		struct vs_tls_link *link = &identity->links[i];

		if (!fill_serial(sk_X509_value(chain, i + 1), link->serial_hex) ||
		    !vs_tls_identity_spki(sk_X509_value(chain, i + 1), link->spki) ||
		    !vs_tls_identity_spki(sk_X509_value(chain, i + 2), link->issuer_spki))
			return false;
	}
	return true;
}

/* A chain of one is a certificate that is trusted by itself: it is its own issuer and anchor. */
static bool
fill_keys(X509 *certificate, const STACK_OF(X509) * chain, struct vs_tls_identity *identity)
{
	int count = chain != NULL ? sk_X509_num(chain) : 0;

	if (!vs_tls_identity_spki(certificate, identity->spki))
		return false;
	if (count == 0)
		return true;
	return vs_tls_identity_spki(sk_X509_value(chain, count > 1 ? 1 : 0),
	                            identity->issuer_spki) &&
	       vs_tls_identity_spki(sk_X509_value(chain, count - 1), identity->anchor_spki);
}

vs_result
vs_tls_identity_new(X509 *certificate, STACK_OF(X509) * chain,
                    struct vs_tls_identity **identity_out)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	struct vs_bytes common_name = only_name(subject, NID_commonName);
	struct vs_bytes organisation = only_name(subject, NID_organizationName);
	struct vs_tls_identity *identity;
	size_t links = count_links(chain);
	vs_result r = VS_FAIL(BAD_MESSAGE);

	if (links > VS_TLS_LINKS_MAX)
		return r;
	identity = calloc(1, sizeof(*identity) + links * sizeof(identity->links[0]) +
	                         common_name.size + organisation.size);
	if (identity == NULL)
		return VS_FAIL(NO_MEMORY);
	atomic_init(&identity->references, 1);
	identity->link_count = (uint8_t)links;
	if (!fill_serial(certificate, identity->serial_hex) ||
	    !fill_not_after(certificate, &identity->not_after_s) ||
	    !fill_keys(certificate, chain, identity) || !fill_links(chain, identity) ||
	    X509_digest(certificate, EVP_sha256(), identity->fingerprint, NULL) != 1)
		goto out;
	identity->common_name_count = count_names(subject, NID_commonName);
	identity->organisation_count = count_names(subject, NID_organizationName);
	identity->common_name_size = (uint32_t)common_name.size;
	identity->organisation_size = (uint32_t)organisation.size;
	if (common_name.size > 0)
		memcpy(names_of(identity), common_name.data, common_name.size);
	if (organisation.size > 0)
		memcpy(names_of(identity) + common_name.size, organisation.data, organisation.size);
	*identity_out = identity;
	identity = NULL;
	r = VS_OK;
out:
	vs_tls_identity_unref(&identity);
	return r;
}

struct vs_tls_identity *
vs_tls_identity_ref(struct vs_tls_identity *identity)
{
	atomic_fetch_add_explicit(&identity->references, 1, memory_order_relaxed);
	return identity;
}

void
vs_tls_identity_unref(struct vs_tls_identity **identity)
{
	if (*identity != NULL &&
	    atomic_fetch_sub_explicit(&(*identity)->references, 1, memory_order_acq_rel) == 1)
		free(*identity);
	*identity = NULL;
}

void
vs_tls_identity_get(struct vs_tls_identity *identity, struct vs_tls_peer *peer_out)
{
	peer_out->common_name = vs_bytes_from(names_of(identity), identity->common_name_size);
	peer_out->organisation = vs_bytes_from(names_of(identity) + identity->common_name_size,
	                                       identity->organisation_size);
	memcpy(peer_out->serial_hex, identity->serial_hex, sizeof(peer_out->serial_hex));
	memcpy(peer_out->fingerprint, identity->fingerprint, sizeof(peer_out->fingerprint));
	memcpy(peer_out->spki, identity->spki, sizeof(peer_out->spki));
	memcpy(peer_out->issuer_spki, identity->issuer_spki, sizeof(peer_out->issuer_spki));
	memcpy(peer_out->anchor_spki, identity->anchor_spki, sizeof(peer_out->anchor_spki));
	peer_out->common_name_count = identity->common_name_count;
	peer_out->organisation_count = identity->organisation_count;
	peer_out->links = identity->links;
	peer_out->link_count = identity->link_count;
	peer_out->not_after_ms = identity->not_after_s * 1000;
	peer_out->identity = identity;
}

int64_t
vs_tls_identity_not_after_s(const struct vs_tls_identity *identity)
{
	return identity->not_after_s;
}
