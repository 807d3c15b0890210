/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <openssl/ocsp.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/x509_ocsp.h"
#include "crypto/x509_private.h"
#include "wire/base64.h"

enum { SEQUENCE = 0x30, OCTETS = 0x04, INTEGER = 0x02 };
#define ID_SIZE_MAX 240u /* lengths have at most two bytes */

/* AlgorithmIdentifier, DER (RFC 5754 2). */
static const struct {
	const char *name;
	size_t size;
	uint8_t der[15];
} algorithms[] = {
    {"SHA256", 32, {0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0}},
    {"SHA384", 48, {0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2, 5, 0}},
    {"SHA512", 64, {0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3, 5, 0}},
};

static vs_result
put_head(struct vs_buf *der, uint8_t tag, size_t size)
{
	assert(size <= ID_SIZE_MAX);
	VS_TRY(vs_buf_append_byte(der, tag));
	if (size > 0x7f)
		VS_TRY(vs_buf_append_byte(der, 0x81));
	return vs_buf_append_byte(der, (uint8_t)size);
}

static vs_result
put(struct vs_buf *der, uint8_t tag, struct vs_bytes content)
{
	VS_TRY(put_head(der, tag, content.size));
	return vs_buf_append_bytes(der, content);
}

static vs_result
put_serial(struct vs_buf *der, struct vs_bytes serial)
{
	bool is_padded;

	while (serial.size > 1 && serial.data[0] == 0)
		serial = vs_bytes_from(serial.data + 1, serial.size - 1);
	is_padded = (serial.data[0] & 0x80) != 0;
	VS_TRY(put_head(der, INTEGER, serial.size + is_padded));
	if (is_padded)
		VS_TRY(vs_buf_append_byte(der, 0));
	return vs_buf_append_bytes(der, serial);
}

/* RFC 6960 4.1.1: OCSPRequest > TBSRequest > requestList > Request > CertID. */
vs_result
vs_x509_ocsp_ask_id(const struct vs_x509_ocsp_id *id, struct vs_buf *der)
{
	uint8_t room[ID_SIZE_MAX];
	struct vs_buf body;
	vs_result r = VS_FAIL(BAD_VALUE);

	assert(id != NULL && der != NULL);
	if (id->serial.size == 0 || id->serial.size > 20)
		return r;
	vs_buf_init(&body, ID_SIZE_MAX - 20);
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		size_t size = algorithms[i].size;

		if (strcmp(id->algorithm, algorithms[i].name) != 0 ||
		    id->issuer_name_hash.size != size || id->issuer_key_hash.size != size)
			continue;
		r = vs_buf_append_bytes(&body, vs_bytes_from(algorithms[i].der, 15));
		if (r.code == VS_E_OK)
			r = put(&body, OCTETS, id->issuer_name_hash);
		if (r.code == VS_E_OK)
			r = put(&body, OCTETS, id->issuer_key_hash);
		if (r.code == VS_E_OK)
			r = put_serial(&body, id->serial);
	}
	/* From the inside out: each sequence holds the one before. */
	for (int depth = 0; depth < 5 && r.code == VS_E_OK; depth++) {
		size_t size = body.size;

		memcpy(room, body.data, size);
		vs_buf_reset(&body);
		r = put(depth < 4 ? &body : der, SEQUENCE, vs_bytes_from(room, size));
	}
	vs_buf_done(&body);
	return r;
}

static const EVP_MD *
digest_of(const char *algorithm)
{
	const EVP_MD *const digests[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};

	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (strcmp(algorithm, algorithms[i].name) == 0)
			return digests[i];
	}
	return NULL;
}

static bool
is_hash(const ASN1_OCTET_STRING *hash, struct vs_bytes bytes)
{
	return vs_bytes_equal(
	    vs_bytes_from(ASN1_STRING_get0_data(hash), (size_t)ASN1_STRING_length(hash)), bytes);
}

bool
vs_x509_ocsp_id_is_of(const struct vs_x509_ocsp_id *id, const struct vs_x509_cert *issuer)
{
	const EVP_MD *digest = digest_of(id->algorithm);
	ASN1_OCTET_STRING *name = NULL, *key = NULL;
	OCSP_CERTID *of_issuer;
	bool is_of;

	if (digest == NULL)
		return false;
	/* The number does not matter here. */
	of_issuer = OCSP_cert_id_new(digest, X509_get_subject_name(issuer->x509),
	                             X509_get0_pubkey_bitstr(issuer->x509),
	                             X509_get0_serialNumber(issuer->x509));
	is_of = of_issuer != NULL && OCSP_id_get0_info(&name, NULL, &key, NULL, of_issuer) == 1 &&
	        is_hash(name, id->issuer_name_hash) && is_hash(key, id->issuer_key_hash);
	OCSP_CERTID_free(of_issuer);
	return is_of;
}

bool
vs_x509_ocsp_is_answer(struct vs_bytes der)
{
	const uint8_t *at = der.data;
	OCSP_RESPONSE *response;
	bool is_answer;

	if (der.size == 0 || der.size > VS_LIMIT_OCSP_ANSWER_SIZE)
		return false;
	response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.size);
	is_answer = response != NULL && at == der.data + der.size &&
	            OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL;
	OCSP_RESPONSE_free(response);
	return is_answer;
}

static bool
put_hash(const ASN1_OCTET_STRING *hash, char text[static 65])
{
	struct vs_bytes bytes =
	    vs_bytes_from(ASN1_STRING_get0_data(hash), (size_t)ASN1_STRING_length(hash));

	if (bytes.size != 32)
		return false;
	(void)vs_hex_encode(bytes, text, 65);
	return true;
}

static bool
put_serial_text(const ASN1_INTEGER *serial, char text[static VS_X509_SERIAL_SIZE])
{
	struct vs_bytes bytes =
	    vs_bytes_from(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
	char all[VS_X509_SERIAL_SIZE + 2];
	const char *begin = all;

	if (bytes.size == 0 || 2 * bytes.size >= VS_X509_SERIAL_SIZE)
		return false;
	(void)vs_hex_encode(bytes, all, sizeof(all));
	while (begin[0] == '0' && begin[1] != '\0')
		begin++;
	memcpy(text, begin, strlen(begin) + 1);
	return true;
}

vs_result
vs_x509_ocsp_name_of(const struct vs_x509_cert *cert, const struct vs_x509_cert *issuer,
                     struct vs_x509_ocsp_name *name_out)
{
	ASN1_OCTET_STRING *name = NULL, *key = NULL;
	struct vs_x509_ocsp_name all = {.serial = ""};
	ASN1_INTEGER *serial = NULL;
	OCSP_CERTID *id;
	bool is_good;

	assert(cert != NULL && issuer != NULL && name_out != NULL);
	id = OCSP_cert_to_id(EVP_sha256(), cert->x509, issuer->x509);
	is_good = id != NULL && OCSP_id_get0_info(&name, NULL, &key, &serial, id) == 1 &&
	          put_hash(name, all.issuer_name_hash) && put_hash(key, all.issuer_key_hash) &&
	          put_serial_text(serial, all.serial);
	OCSP_CERTID_free(id);
	if (!is_good)
		return VS_FAIL(INTERNAL);
	*name_out = all;
	return VS_OK;
}
