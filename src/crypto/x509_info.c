/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_info.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "crypto/x509_private.h"

static bool
has_development_mark(X509 *x509)
{
	ASN1_OBJECT *oid = OBJ_txt2obj(VS_X509_DEVELOPMENT_OID, 1);
	bool has = oid != NULL && X509_get_ext_by_OBJ(x509, oid, -1) >= 0;

	ASN1_OBJECT_free(oid);
	return has;
}

/* One alternative name as text; false: of a kind that is not listed, or with bytes that mislead. */
static bool
host_text(const GENERAL_NAME *name, char text[static VS_X509_HOST_SIZE + 1])
{
	int type = 0;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
	const unsigned char *data;
	int size;

	if (value == NULL || (type != GEN_DNS && type != GEN_IPADD))
		return false;
	data = ASN1_STRING_get0_data(value);
	size = ASN1_STRING_length(value);
	if (type == GEN_IPADD)
		return (size == 4 || size == 16) && inet_ntop(size == 4 ? AF_INET : AF_INET6, data,
		                                              text, VS_X509_HOST_SIZE) != NULL;
	if (size < 1 || size > VS_X509_HOST_SIZE)
		return false;
	for (int i = 0; i < size; i++)
		if (data[i] <= 0x20 || data[i] >= 0x7F || data[i] == ',')
			return false;
	memcpy(text, data, (size_t)size);
	text[size] = '\0';
	return true;
}

static void
read_hosts(X509 *x509, struct vs_x509_info *info)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	char host[VS_X509_HOST_SIZE + 1];
	size_t at = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (!host_text(sk_GENERAL_NAME_value(names, i), host))
			continue;
		info->is_wildcard = info->is_wildcard || strchr(host, '*') != NULL;
		if (at + strlen(host) + 2 > sizeof(info->hosts))
			continue;
		at += (size_t)snprintf(info->hosts + at, sizeof(info->hosts) - at, "%s%s",
		                       at > 0 ? "," : "", host);
	}
	GENERAL_NAMES_free(names);
}

static void
read_ocsp_url(X509 *x509, char url_out[static VS_X509_URL_SIZE])
{
	AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(x509, NID_info_access, NULL, NULL);

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access) && url_out[0] == '\0'; i++) {
		const ACCESS_DESCRIPTION *one = sk_ACCESS_DESCRIPTION_value(access, i);
		const ASN1_STRING *value;
		char url[VS_X509_URL_SIZE];

		if (OBJ_obj2nid(one->method) != NID_ad_OCSP || one->location->type != GEN_URI)
			continue;
		value = one->location->d.uniformResourceIdentifier;
		if (ASN1_STRING_length(value) >= (int)sizeof(url))
			continue;
		memcpy(url, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
		url[ASN1_STRING_length(value)] = '\0';
		if (strlen(url) == (size_t)ASN1_STRING_length(value) && vs_x509_url_is_valid(url))
			memcpy(url_out, url, sizeof(url));
	}
	AUTHORITY_INFO_ACCESS_free(access);
}

static void
read_text(const X509_NAME *name, int nid, char text[static VS_X509_NAME_SIZE])
{
	if (!vs_x509_name_text(name, nid, text, VS_X509_NAME_SIZE))
		text[0] = '\0';
}

vs_result
vs_x509_info_get(const struct vs_x509_cert *cert, struct vs_x509_info *info_out)
{
	struct vs_x509_info info = {0};
	struct vs_x509_key key = {NULL};
	X509 *x509 = NULL;
	X509_NAME *subject = NULL, *issuer = NULL;

	assert(cert != NULL && info_out != NULL);
	x509 = cert->x509;
	subject = X509_get_subject_name(x509);
	issuer = X509_get_issuer_name(x509);
	key.pkey = X509_get0_pubkey(x509);
	ERR_clear_error();
	if (key.pkey == NULL)
		return VS_FAIL(BAD_MESSAGE);
	if (vs_x509_serial_text(X509_get0_serialNumber(x509), info.serial_hex).code != VS_E_OK ||
	    vs_x509_time_read(X509_get0_notBefore(x509), &info.not_before_ms).code != VS_E_OK ||
	    vs_x509_time_read(X509_get0_notAfter(x509), &info.not_after_ms).code != VS_E_OK)
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(vs_x509_cert_fingerprint(cert, info.fingerprint));
	VS_TRY(vs_x509_key_spki_sha256(&key, info.spki_sha256));
	read_text(subject, NID_commonName, info.common_name);
	read_text(subject, NID_organizationName, info.organisation);
	read_text(issuer, NID_commonName, info.issuer);
	read_hosts(x509, &info);
	read_ocsp_url(x509, info.ocsp_url);
	info.key_kind = vs_x509_key_kind(&key);
	info.is_ca = X509_check_ca(x509) == 1;
	info.is_self_issued = X509_NAME_cmp(subject, issuer) == 0;
	info.is_wildcard = info.is_wildcard || strchr(info.common_name, '*') != NULL;
	info.is_development = has_development_mark(x509) || strstr(info.issuer, "DEV") != NULL ||
	                      (info.is_ca && strstr(info.common_name, "DEV") != NULL);
	ERR_clear_error();
	*info_out = info;
	return VS_OK;
}
