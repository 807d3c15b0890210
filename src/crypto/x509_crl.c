/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_crl.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "crypto/x509_private.h"

#define DAY_MS INT64_C(86400000)

static const struct {
	const char *word;
	int number;
} reasons[] = {
#define VS_REASON(name, word, number, help) {word, number},
#include "crypto/reasons.def"
#undef VS_REASON
};

const char *
vs_x509_reason_text(enum vs_x509_reason reason)
{
	assert(reason < VS_X509_REASON_COUNT);
	return reasons[reason].word;
}

int
vs_x509_reason_number(enum vs_x509_reason reason)
{
	assert(reason < VS_X509_REASON_COUNT);
	return reasons[reason].number;
}

vs_result
vs_x509_reason_parse(struct vs_bytes text, enum vs_x509_reason *reason_out)
{
	for (int i = 0; i < VS_X509_REASON_COUNT; i++) {
		if (vs_bytes_equal_text(text, reasons[i].word)) {
			*reason_out = (enum vs_x509_reason)i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

/* RFC 5280 5.3.1: the extension is left out when no reason is told. */
static bool
set_reason(X509_REVOKED *revoked, enum vs_x509_reason reason)
{
	ASN1_ENUMERATED *value;
	bool is_set;

	if (reason == VS_X509_REASON_UNSPECIFIED)
		return true;
	value = ASN1_ENUMERATED_new();
	is_set = value != NULL && ASN1_ENUMERATED_set(value, reasons[reason].number) == 1 &&
	         X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, value, 0, 0) == 1;
	ASN1_ENUMERATED_free(value);
	return is_set;
}

static vs_result
add_entry(X509_CRL *crl, const struct vs_x509_crl_entry *entry)
{
	ASN1_INTEGER *serial = NULL;
	ASN1_TIME *at = NULL;
	X509_REVOKED *revoked = NULL;
	vs_result r = vs_x509_serial_read(entry->serial_hex, &serial);

	if (r.code != VS_E_OK)
		return r;
	r = VS_FAIL(NO_MEMORY);
	at = ASN1_TIME_set(NULL, (time_t)(entry->at_ms / 1000));
	revoked = X509_REVOKED_new();
	if (at != NULL && revoked != NULL && X509_REVOKED_set_serialNumber(revoked, serial) == 1 &&
	    X509_REVOKED_set_revocationDate(revoked, at) == 1 &&
	    set_reason(revoked, entry->reason) && X509_CRL_add0_revoked(crl, revoked) == 1) {
		revoked = NULL;
		r = VS_OK;
	}
	X509_REVOKED_free(revoked);
	ASN1_TIME_free(at);
	ASN1_INTEGER_free(serial);
	return r;
}

static bool
set_time(X509_CRL *crl, int64_t wall_ms, int (*set)(X509_CRL *, const ASN1_TIME *))
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(wall_ms / 1000));
	bool is_set = time != NULL && set(crl, time) == 1;

	ASN1_TIME_free(time);
	return is_set;
}

static bool
set_number(X509_CRL *crl, int64_t value)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	bool is_set = number != NULL && ASN1_INTEGER_set_int64(number, value) == 1 &&
	              X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;

	ASN1_INTEGER_free(number);
	return is_set;
}

static bool
set_authority(X509_CRL *crl, X509 *issuer)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);
	AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
	bool is_set = false;

	if (id != NULL && authority != NULL) {
		authority->keyid = ASN1_OCTET_STRING_dup(id);
		is_set =
		    authority->keyid != NULL &&
		    X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, authority, 0, 0) == 1;
	}
	AUTHORITY_KEYID_free(authority);
	return is_set;
}

static vs_result
fill(X509_CRL *crl, const struct vs_x509_crl_request *request, X509 *issuer)
{
	if (X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) != 1 ||
	    !set_time(crl, request->this_update_ms, X509_CRL_set1_lastUpdate) ||
	    !set_time(crl, request->next_update_ms, X509_CRL_set1_nextUpdate) ||
	    !set_authority(crl, issuer) || !set_number(crl, request->number))
		return VS_FAIL(INTERNAL);
	for (size_t i = 0; i < request->count; i++)
		VS_TRY(add_entry(crl, &request->entries[i]));
	return X509_CRL_sort(crl) == 1 ? VS_OK : VS_FAIL(INTERNAL);
}

static bool
is_sound(const struct vs_x509_crl_request *request)
{
	return request->number >= 1 && request->this_update_ms >= 0 &&
	       request->next_update_ms > request->this_update_ms &&
	       request->next_update_ms - request->this_update_ms <= VS_X509_CRL_DAYS_MAX * DAY_MS &&
	       request->count <= VS_LIMIT_CRL_ENTRIES;
}

vs_result
vs_x509_crl_make(const struct vs_x509_crl_request *request, const struct vs_x509_cert *issuer,
                 const struct vs_x509_key *issuer_key, struct vs_buf *der)
{
	X509_CRL *crl = NULL;
	unsigned char *data = NULL;
	vs_result r;
	int size;

	assert(request != NULL && issuer != NULL && issuer_key != NULL && der != NULL);
	if (!is_sound(request))
		return VS_FAIL(BAD_VALUE);
	if (!vs_x509_cert_fits(issuer, issuer_key) || X509_check_ca(issuer->x509) != 1)
		return VS_FAIL(FORBIDDEN);
	crl = X509_CRL_new();
	if (crl == NULL)
		return VS_FAIL(NO_MEMORY);
	r = fill(crl, request, issuer->x509);
	if (r.code == VS_E_OK &&
	    X509_CRL_sign(crl, issuer_key->pkey, vs_x509_key_digest(issuer_key->pkey)) == 0)
		r = VS_FAIL(INTERNAL);
	size = r.code == VS_E_OK ? i2d_X509_CRL(crl, &data) : 0;
	if (size > 0)
		r = vs_buf_append(der, data, (size_t)size);
	else if (r.code == VS_E_OK)
		r = VS_FAIL(NO_MEMORY);
	OPENSSL_free(data);
	X509_CRL_free(crl);
	ERR_clear_error();
	return r;
}
