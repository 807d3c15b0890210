/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE_MAX 64  /* RFC 5280, upper bounds of commonName and organizationName */
#define SERIAL_BITS   159 /* RFC 5280 4.1.2.2: positive and at most 20 octets */

struct vs_x509_key {
	EVP_PKEY *pkey;
};

struct vs_x509_cert {
	X509 *x509;
};

/* What a role is allowed to do: rows, not branches. */
static const struct {
	const char *basic_constraints, *key_usage, *extended_key_usage;
} roles[] = {
    [VS_X509_ROOT] = {"critical,CA:TRUE,pathlen:1", "critical,keyCertSign,cRLSign", NULL},
    [VS_X509_ISSUING] = {"critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", NULL},
    [VS_X509_SERVER] = {"critical,CA:FALSE", "critical,digitalSignature,keyEncipherment",
                        "serverAuth"},
    [VS_X509_STATION] = {"critical,CA:FALSE", "critical,digitalSignature,keyAgreement", NULL},
};

static vs_result
key_wrap(EVP_PKEY *pkey, struct vs_x509_key **key_out)
{
	struct vs_x509_key *key = calloc(1, sizeof(*key));

	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return VS_FAIL(NO_MEMORY);
	}
	key->pkey = pkey;
	*key_out = key;
	return VS_OK;
}

vs_result
vs_x509_key_new(enum vs_x509_key_kind kind, struct vs_x509_key **key_out)
{
	EVP_PKEY *pkey = NULL;

	assert(key_out != NULL);
	switch (kind) {
	case VS_X509_P256:
		pkey = EVP_EC_gen("P-256");
		break;
	case VS_X509_RSA2048:
		pkey = EVP_RSA_gen(2048);
		break;
	}
	if (pkey == NULL)
		return VS_FAIL(INTERNAL);
	return key_wrap(pkey, key_out);
}

void
vs_x509_key_free(struct vs_x509_key **key)
{
	assert(key != NULL);
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->pkey);
	free(*key);
	*key = NULL;
}

vs_result
vs_x509_key_write(const struct vs_x509_key *key, struct vs_secret **pem_out)
{
	vs_result r = VS_FAIL(NO_MEMORY);
	struct vs_secret *pem = NULL;
	BIO *bio = BIO_new(BIO_s_secmem());
	char *data = NULL;
	long size;

	assert(key != NULL && pem_out != NULL);
	if (bio == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1)
		goto out;
	size = BIO_get_mem_data(bio, &data);
	if (size <= 0)
		goto out;
	r = vs_secret_new((size_t)size, &pem);
	if (r.code != VS_E_OK)
		goto out;
	memcpy(vs_secret_bytes(pem), data, (size_t)size);
	*pem_out = pem;
out:
	if (data != NULL)
		OPENSSL_cleanse(data, (size_t)BIO_get_mem_data(bio, &data));
	BIO_free(bio);
	return r;
}

vs_result
vs_x509_key_read(struct vs_secret *pem, struct vs_x509_key **key_out)
{
	EVP_PKEY *pkey = NULL;
	BIO *bio = NULL;

	assert(pem != NULL && key_out != NULL);
	bio = BIO_new_mem_buf(vs_secret_bytes(pem), (int)vs_secret_size(pem));
	if (bio == NULL)
		return VS_FAIL(NO_MEMORY);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (pkey == NULL)
		return VS_FAIL(BAD_MESSAGE);
	return key_wrap(pkey, key_out);
}

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
	bool is_set =
	    name != NULL &&
	    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
	                               (const unsigned char *)request->organisation, -1, -1,
	                               0) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	                               (const unsigned char *)request->common_name, -1, -1,
	                               0) == 1 &&
	    X509_set_subject_name(x509, name) == 1 &&
	    X509_set_issuer_name(x509, issuer != NULL ? X509_get_subject_name(issuer) : name) == 1;

	X509_NAME_free(name);
	return is_set;
}

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
set_times(X509 *x509, const struct vs_x509_request *request)
{
	return ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)(request->not_before_ms / 1000)) !=
	           NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)(request->not_after_ms / 1000)) !=
	           NULL;
}

static bool
fill(X509 *x509, const struct vs_x509_request *request, const struct vs_x509_key *key,
     const X509 *issuer)
{
	return X509_set_version(x509, X509_VERSION_3) == 1 && set_serial(x509) &&
	       set_times(x509, request) && set_names(x509, request, issuer) &&
	       X509_set_pubkey(x509, key->pkey) == 1 &&
	       set_extension(x509, issuer, NID_basic_constraints,
	                     roles[request->role].basic_constraints) &&
	       set_extension(x509, issuer, NID_key_usage, roles[request->role].key_usage) &&
	       set_extension(x509, issuer, NID_ext_key_usage,
	                     roles[request->role].extended_key_usage) &&
	       set_extension(x509, issuer, NID_subject_key_identifier, "hash") &&
	       set_extension(x509, issuer, NID_authority_key_identifier, "keyid") &&
	       set_extension(x509, issuer, NID_subject_alt_name, request->alternative_names);
}

static bool
name_is_valid(const char *name)
{
	size_t size = name != NULL ? strlen(name) : 0;

	return size >= 1 && size <= NAME_SIZE_MAX;
}

static vs_result
cert_wrap(X509 *x509, struct vs_x509_cert **cert_out)
{
	struct vs_x509_cert *cert = calloc(1, sizeof(*cert));

	if (cert == NULL) {
		X509_free(x509);
		return VS_FAIL(NO_MEMORY);
	}
	cert->x509 = x509;
	*cert_out = cert;
	return VS_OK;
}

vs_result
vs_x509_issue(const struct vs_x509_request *request, const struct vs_x509_key *key,
              const struct vs_x509_cert *issuer, const struct vs_x509_key *issuer_key,
              struct vs_x509_cert **cert_out)
{
	X509 *x509 = NULL;

	assert(request != NULL && key != NULL && cert_out != NULL);
	assert((issuer == NULL) == (request->role == VS_X509_ROOT) &&
	       (issuer == NULL) == (issuer_key == NULL));
	if (!name_is_valid(request->common_name) || !name_is_valid(request->organisation) ||
	    request->not_after_ms <= request->not_before_ms)
		return VS_FAIL(BAD_VALUE);
	x509 = X509_new();
	if (x509 == NULL || !fill(x509, request, key, issuer != NULL ? issuer->x509 : NULL) ||
	    X509_sign(x509, issuer_key != NULL ? issuer_key->pkey : key->pkey, EVP_sha256()) == 0) {
		X509_free(x509);
		return VS_FAIL(INTERNAL);
	}
	return cert_wrap(x509, cert_out);
}

void
vs_x509_cert_free(struct vs_x509_cert **cert)
{
	assert(cert != NULL);
	if (*cert == NULL)
		return;
	X509_free((*cert)->x509);
	free(*cert);
	*cert = NULL;
}

vs_result
vs_x509_cert_write(const struct vs_x509_cert *cert, struct vs_buf *pem)
{
	vs_result r = VS_FAIL(NO_MEMORY);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long size;

	assert(cert != NULL && pem != NULL);
	if (bio == NULL || PEM_write_bio_X509(bio, cert->x509) != 1)
		goto out;
	size = BIO_get_mem_data(bio, &data);
	if (size > 0)
		r = vs_buf_append(pem, data, (size_t)size);
out:
	BIO_free(bio);
	return r;
}

vs_result
vs_x509_cert_read(struct vs_bytes pem, struct vs_x509_cert **cert_out)
{
	X509 *x509 = NULL;
	BIO *bio = NULL;

	assert(cert_out != NULL);
	if (pem.size == 0 || pem.size > INT32_MAX)
		return VS_FAIL(BAD_MESSAGE);
	bio = BIO_new_mem_buf(pem.data, (int)pem.size);
	if (bio == NULL)
		return VS_FAIL(NO_MEMORY);
	x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (x509 == NULL)
		return VS_FAIL(BAD_MESSAGE);
	return cert_wrap(x509, cert_out);
}

int64_t
vs_x509_cert_not_after_ms(const struct vs_x509_cert *cert)
{
	ASN1_TIME *epoch = NULL;
	int days = 0, seconds = 0;

	assert(cert != NULL);
	epoch = ASN1_TIME_set(NULL, 0);
	if (epoch == NULL ||
	    ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(cert->x509)) != 1)
		days = seconds = 0; /* unreadable: long expired */
	ASN1_TIME_free(epoch);
	return ((int64_t)days * 86400 + seconds) * 1000;
}

vs_result
vs_x509_cert_fingerprint(const struct vs_x509_cert *cert, uint8_t fingerprint_out[static 32])
{
	assert(cert != NULL);
	if (X509_digest(cert->x509, EVP_sha256(), fingerprint_out, NULL) != 1)
		return VS_FAIL(INTERNAL);
	return VS_OK;
}
