/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_issue.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "crypto/x509_name.h"
#include "crypto/x509_private.h"

#define ROOT_DEPTH  2   /* a cross-signed root and an issuing CA */
#define SERIAL_BITS 159 /* RFC 5280 4.1.2.2: positive and at most 20 octets */
#define DAY_MS      INT64_C(86400000)
#define BACKDATE_MS INT64_C(3600000) /* a station's clock may be late */

enum names { NAME_TEXT, NAME_HOST, NAME_IDENTITY };

static const struct profile {
	const char *name, *constraints, *usage_ec, *usage_rsa, *extended;
	int64_t days, days_max;
	enum names names;
	enum vs_x509_profile by;
} profiles[] = {
#define VS_PROFILE(name, names, constraints, usage_ec, usage_rsa, extended, days, days_max, by)    \
	{#name, constraints, usage_ec, usage_rsa, extended, days, days_max, names, VS_X509_##by},
#include "crypto/profiles.def"
#undef VS_PROFILE
};

const char *
vs_x509_profile_text(enum vs_x509_profile profile)
{
	assert(profile < VS_X509_PROFILE_COUNT);
	return profile == VS_X509_ocsp_signer ? "ocsp-signer" : profiles[profile].name;
}

vs_result
vs_x509_profile_parse(struct vs_bytes text, enum vs_x509_profile *profile_out)
{
	for (int i = 0; i < VS_X509_PROFILE_COUNT; i++) {
		if (vs_bytes_equal_text(text, vs_x509_profile_text((enum vs_x509_profile)i))) {
			*profile_out = (enum vs_x509_profile)i;
			return VS_OK;
		}
	}
	return VS_FAIL(BAD_VALUE);
}

int64_t
vs_x509_profile_days(enum vs_x509_profile profile)
{
	return profiles[profile].days;
}

int64_t
vs_x509_profile_days_max(enum vs_x509_profile profile)
{
	return profiles[profile].days_max;
}

bool
vs_x509_profile_is_ca(enum vs_x509_profile profile)
{
	return profile == VS_X509_root || profile == VS_X509_issuing;
}

/* --- what may be asked for -------------------------------------------------------------------- */

static const char *
hosts_fault(const struct vs_x509_request *request)
{
	const char *list = request->hosts;
	char host[VS_X509_HOST_SIZE + 1];
	size_t count = 0;

	if (list == NULL || strlen(list) >= VS_X509_NAMES_SIZE)
		return "a server certificate has 1 to 16 names, 511 characters in all";
	while (vs_x509_host_next(&list, host)) {
		if (++count > VS_X509_HOSTS_MAX)
			return "a server certificate has at most 16 names";
		if (strchr(host, '*') != NULL)
			return "a server certificate names hosts, not wildcards";
		if (!vs_x509_host_is_valid(host))
			return "a name is neither a host name nor an address";
		if (count == 1 &&
		    (strlen(host) >= VS_X509_NAME_SIZE ||
		     (request->common_name != NULL && strcmp(request->common_name, host) != 0)))
			return "the common name of a server is the first of its names, of at most "
			       "64 characters";
	}
	return NULL;
}

static const char *
name_fault(const struct vs_x509_request *request)
{
	enum names names = profiles[request->profile].names;

	if (!vs_x509_text_is_valid(request->organisation))
		return "the organisation has 1 to 64 bytes without control characters";
	if (names == NAME_HOST)
		return hosts_fault(request);
	if (request->hosts != NULL)
		return "only a server certificate names hosts";
	if (!vs_x509_text_is_valid(request->common_name))
		return "the common name has 1 to 64 bytes without control characters";
	if (names == NAME_IDENTITY && !vs_x509_identity_is_valid(request->common_name))
		return "a station is named by its identity, 1 to 48 of [A-Za-z0-9*-_=:+|@.] and no "
		       "address";
	/* The marker of development is looked for in both directions. */
	if (vs_x509_profile_is_ca(request->profile) &&
	    request->is_development != (strstr(request->common_name, "DEV") != NULL))
		return "DEV is in the name of a development CA, and of no other";
	return NULL;
}

const char *
vs_x509_request_fault(const struct vs_x509_request *request)
{
	const char *fault = NULL;

	assert(request != NULL && request->profile < VS_X509_PROFILE_COUNT);
	fault = name_fault(request);
	if (fault != NULL)
		return fault;
	if (request->not_before_ms < 0 || request->not_after_ms <= request->not_before_ms)
		return "it would end before it begins";
	if (request->not_after_ms - request->not_before_ms >
	    profiles[request->profile].days_max * DAY_MS + BACKDATE_MS)
		return "it would last longer than its profile allows";
	if (!vs_x509_url_is_valid(request->crl_url) || !vs_x509_url_is_valid(request->ocsp_url))
		return "a URL is not http or https, or has more than 255 characters";
	return NULL;
}

/* --- filling --------------------------------------------------------------------------------- */

static bool
set_serial(X509 *x509)
{
	BIGNUM *number = BN_new();
	bool is_set = number != NULL &&
	              BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
	              BN_set_bit(number, SERIAL_BITS - 1) == 1 &&
	              BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;

	BN_free(number);
	return is_set;
}

static bool
set_names(X509 *x509, const struct vs_x509_request *request, const X509 *issuer)
{
	X509_NAME *name = X509_NAME_new();
	const char *list = request->hosts;
	char host[VS_X509_HOST_SIZE + 1] = "";
	const char *common_name = request->common_name;
	bool is_set;

	if (vs_x509_host_next(&list, host))
		common_name = host;
	is_set =
	    name != NULL &&
	    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
	                               (const unsigned char *)request->organisation, -1, -1,
	                               0) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	                               (const unsigned char *)common_name, -1, -1, 0) == 1 &&
	    X509_set_subject_name(x509, name) == 1 &&
	    X509_set_issuer_name(x509, issuer != NULL ? X509_get_subject_name(issuer) : name) == 1;
	X509_NAME_free(name);
	return is_set;
}

/* From our own tables and validated URLs only: the text is the library's little language. */
static bool
set_extension(X509 *x509, const X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension = NULL;
	bool is_set;

	if (value == NULL)
		return true;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer != NULL ? (X509 *)(uintptr_t)issuer : x509, x509, NULL,
	               NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	is_set = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return is_set;
}

static bool
add_host(GENERAL_NAMES *names, const char *host)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
	ASN1_IA5STRING *text = NULL;

	if (name == NULL) {
		ASN1_OCTET_STRING_free(address);
		return false;
	}
	if (address != NULL) {
		GENERAL_NAME_set0_value(name, GEN_IPADD, address);
	} else {
		text = ASN1_IA5STRING_new();
		if (text == NULL || ASN1_STRING_set(text, host, -1) != 1) {
			ASN1_IA5STRING_free(text);
			GENERAL_NAME_free(name);
			return false;
		}
		GENERAL_NAME_set0_value(name, GEN_DNS, text);
	}
	if (sk_GENERAL_NAME_push(names, name) > 0)
		return true;
	GENERAL_NAME_free(name);
	return false;
}

static bool
set_hosts(X509 *x509, const char *hosts)
{
	GENERAL_NAMES *names = NULL;
	char host[VS_X509_HOST_SIZE + 1];
	bool is_set;

	if (hosts == NULL)
		return true;
	names = sk_GENERAL_NAME_new_null();
	is_set = names != NULL;
	while (is_set && vs_x509_host_next(&hosts, host))
		is_set = add_host(names, host);
	is_set = is_set && X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0) == 1;
	GENERAL_NAMES_free(names);
	return is_set;
}

/* A URL has none of the characters that mean something to the library's little language. */
static bool
set_url(X509 *x509, int nid, const char *prefix, const char *url)
{
	char value[VS_X509_URL_SIZE + 16];

	if (url == NULL)
		return true;
	(void)snprintf(value, sizeof(value), "%s%s", prefix, url);
	return set_extension(x509, NULL, nid, value);
}

static bool
set_development(X509 *x509)
{
	static const unsigned char null_value[] = {0x05, 0x00};
	ASN1_OBJECT *oid = OBJ_txt2obj(VS_X509_DEVELOPMENT_OID, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension = NULL;
	bool is_set = false;

	if (oid != NULL && value != NULL &&
	    ASN1_OCTET_STRING_set(value, null_value, sizeof(null_value)) == 1)
		extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
	if (extension != NULL)
		is_set = X509_add_ext(x509, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	return is_set;
}

static bool
set_times(X509 *x509, int64_t not_before_ms, int64_t not_after_ms)
{
	return ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)(not_before_ms / 1000)) != NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)(not_after_ms / 1000)) != NULL;
}

static bool
fill(X509 *x509, const struct vs_x509_request *request, const struct vs_x509_key *subject,
     const X509 *issuer, int64_t not_after_ms)
{
	const struct profile *profile = &profiles[request->profile];
	bool is_rsa = EVP_PKEY_is_a(subject->pkey, "RSA") == 1;

	return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
	       set_times(x509, request->not_before_ms, not_after_ms) &&
	       set_names(x509, request, issuer) && X509_set_pubkey(x509, subject->pkey) == 1 &&
	       set_extension(x509, issuer, NID_basic_constraints, profile->constraints) &&
	       set_extension(x509, issuer, NID_key_usage,
	                     is_rsa ? profile->usage_rsa : profile->usage_ec) &&
	       set_extension(x509, issuer, NID_ext_key_usage, profile->extended) &&
	       set_extension(x509, issuer, NID_subject_key_identifier, "hash") &&
	       set_extension(x509, issuer, NID_authority_key_identifier, "keyid") &&
	       set_hosts(x509, request->hosts) &&
	       /* RFC 6960 4.2.2.2.1: nobody asks an OCSP signer's status, it lives shortly. */
	       set_extension(x509, issuer, NID_id_pkix_OCSP_noCheck,
	                     request->profile == VS_X509_ocsp_signer ? "null" : NULL) &&
	       set_url(x509, NID_crl_distribution_points, "URI:", request->crl_url) &&
	       set_url(x509, NID_info_access, "OCSP;URI:", request->ocsp_url) &&
	       (!request->is_development || set_development(x509));
}

/* May this issuer issue for that profile, now? *end_ms: when it is over itself. */
static bool
may_issue(const struct vs_x509_request *request, X509 *issuer, int64_t *end_ms)
{
	long depth = X509_get_pathlen(issuer);
	long wanted = profiles[request->profile].by == VS_X509_root ? ROOT_DEPTH : 0;

	return request->profile != VS_X509_root && X509_check_ca(issuer) == 1 && depth == wanted &&
	       vs_x509_time_read(X509_get0_notAfter(issuer), end_ms).code == VS_E_OK &&
	       *end_ms > request->not_before_ms;
}

vs_result
vs_x509_issue(const struct vs_x509_request *request, const struct vs_x509_key *subject,
              const struct vs_x509_cert *issuer, const struct vs_x509_key *issuer_key,
              struct vs_x509_cert **cert_out)
{
	X509 *x509 = NULL;
	int64_t end_ms = INT64_MAX;
	EVP_PKEY *signer = NULL;

	assert(request != NULL && subject != NULL && cert_out != NULL);
	assert((issuer == NULL) == (issuer_key == NULL));
	if (vs_x509_request_fault(request) != NULL || vs_x509_key_fault(subject->pkey) != NULL)
		return VS_FAIL(BAD_VALUE);
	if (issuer == NULL ? request->profile != VS_X509_root
	                   : !may_issue(request, issuer->x509, &end_ms))
		return VS_FAIL(FORBIDDEN);
	if (end_ms > request->not_after_ms)
		end_ms = request->not_after_ms;
	signer = issuer_key != NULL ? issuer_key->pkey : subject->pkey;
	x509 = X509_new();
	if (x509 == NULL ||
	    !fill(x509, request, subject, issuer != NULL ? issuer->x509 : NULL, end_ms) ||
	    X509_sign(x509, signer, vs_x509_key_digest(signer)) == 0) {
		X509_free(x509);
		ERR_clear_error();
		return VS_FAIL(INTERNAL);
	}
	return vs_x509_cert_wrap(x509, cert_out);
}

/* --- cross-signing --------------------------------------------------------------------------- */

/* Everything but the authority key identifier, which is the new issuer's. */
static bool
copy_extensions(X509 *to, X509 *from)
{
	for (int i = 0; i < X509_get_ext_count(from); i++) {
		X509_EXTENSION *extension = X509_get_ext(from, i);

		if (OBJ_obj2nid(X509_EXTENSION_get_object(extension)) ==
		    NID_authority_key_identifier)
			continue;
		if (X509_add_ext(to, extension, -1) != 1)
			return false;
	}
	return true;
}

static bool
fill_cross(X509 *x509, X509 *from, X509 *issuer, int64_t now_ms)
{
	int64_t end_ms = 0, issuer_end_ms = 0;

	if (vs_x509_time_read(X509_get0_notAfter(from), &end_ms).code != VS_E_OK ||
	    vs_x509_time_read(X509_get0_notAfter(issuer), &issuer_end_ms).code != VS_E_OK)
		return false;
	return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
	       set_times(x509, now_ms - BACKDATE_MS,
	                 end_ms < issuer_end_ms ? end_ms : issuer_end_ms) &&
	       X509_set_subject_name(x509, X509_get_subject_name(from)) == 1 &&
	       X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1 &&
	       X509_set_pubkey(x509, X509_get0_pubkey(from)) == 1 && copy_extensions(x509, from) &&
	       set_extension(x509, issuer, NID_authority_key_identifier, "keyid");
}

vs_result
vs_x509_cross_sign(const struct vs_x509_cert *cert, const struct vs_x509_cert *issuer,
                   const struct vs_x509_key *issuer_key, int64_t now_ms,
                   struct vs_x509_cert **cert_out)
{
	X509 *x509 = NULL;

	assert(cert != NULL && issuer != NULL && issuer_key != NULL && cert_out != NULL);
	if (X509_check_ca(cert->x509) != 1 || X509_check_ca(issuer->x509) != 1 ||
	    !vs_x509_cert_fits(issuer, issuer_key))
		return VS_FAIL(FORBIDDEN);
	x509 = X509_new();
	if (x509 == NULL || !fill_cross(x509, cert->x509, issuer->x509, now_ms) ||
	    X509_sign(x509, issuer_key->pkey, vs_x509_key_digest(issuer_key->pkey)) == 0) {
		X509_free(x509);
		ERR_clear_error();
		return VS_FAIL(INTERNAL);
	}
	return vs_x509_cert_wrap(x509, cert_out);
}
