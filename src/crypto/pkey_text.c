/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as PEM and DER. */
#include <assert.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "crypto/algorithm.h"
#include "crypto/pkey.h"
#include "crypto/pkey_wrap.h"

#define PEM_START "-----BEGIN "

/* libcrypto would ask on the terminal. */
static int
no_passphrase(char *text, int size, int is_writing, void *user)
{
	(void)text, (void)size, (void)is_writing, (void)user;
	return -1;
}

/* At the beginning only: the bytes of a key may say the same by chance, or on purpose. */
static bool
is_pem(struct vs_bytes text)
{
	size_t at = 0;

	while (at < text.size && text.data[at] != '\0' && strchr(" \t\r\n", text.data[at]) != NULL)
		at++;
	return text.size - at > sizeof(PEM_START) - 1 &&
	       vs_bytes_equal_text(vs_bytes_from(text.data + at, sizeof(PEM_START) - 1), PEM_START);
}

/* White space may follow a PEM block, and nothing else. */
static bool
is_at_end(BIO *bio)
{
	char *rest = NULL;
	long size = BIO_get_mem_data(bio, &rest);

	for (long i = 0; i < size; i++)
		if (strchr(" \t\r\n", rest[i]) == NULL || rest[i] == '\0')
			return false;
	return true;
}

static EVP_PKEY *
private_from_der(struct vs_bytes der)
{
	const unsigned char *at = der.data;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.size);
	EVP_PKEY *evp = info != NULL && at == der.data + der.size ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	return evp;
}

static EVP_PKEY *
key_of_certificate(X509 *certificate)
{
	EVP_PKEY *evp = certificate != NULL ? X509_get_pubkey(certificate) : NULL;

	X509_free(certificate);
	return evp;
}

static EVP_PKEY *
public_from_der(struct vs_bytes der)
{
	const unsigned char *at = der.data;
	EVP_PKEY *evp = d2i_PUBKEY(NULL, &at, (long)der.size);

	if (evp == NULL) {
		X509 *certificate = NULL;

		at = der.data;
		certificate = d2i_X509(NULL, &at, (long)der.size);
		evp = key_of_certificate(certificate);
	}
	if (evp != NULL && at != der.data + der.size) {
		EVP_PKEY_free(evp);
		evp = NULL;
	}
	return evp;
}

static EVP_PKEY *
from_pem(struct vs_bytes text, bool is_private)
{
	BIO *bio = BIO_new_mem_buf(text.data, (int)text.size);
	EVP_PKEY *evp = NULL;

	if (bio == NULL)
		return NULL;
	if (is_private)
		evp = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	else if (memmem(text.data, text.size, PEM_START "CERTIFICATE",
	                sizeof(PEM_START "CERTIFICATE") - 1) != NULL)
		evp = key_of_certificate(PEM_read_bio_X509(bio, NULL, no_passphrase, NULL));
	else
		evp = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	if (evp != NULL && !is_at_end(bio)) {
		EVP_PKEY_free(evp);
		evp = NULL;
	}
	BIO_free(bio);
	return evp;
}

static vs_result
read_key(struct vs_bytes text, bool is_private, struct vs_pkey **key_out)
{
	EVP_PKEY *evp = NULL;

	assert(key_out != NULL);
	if (text.size == 0 || text.size > VS_PKEY_TEXT_SIZE_MAX)
		return VS_FAIL(BAD_MESSAGE);
	if (is_pem(text))
		evp = from_pem(text, is_private);
	else
		evp = is_private ? private_from_der(text) : public_from_der(text);
	vs_algorithm_forget_errors();
	if (evp == NULL)
		return VS_FAIL(BAD_MESSAGE);
	return vs_pkey_wrap(evp, is_private, key_out);
}

vs_result
vs_pkey_read_private(struct vs_bytes text, struct vs_pkey **key_out)
{
	return read_key(text, true, key_out);
}

vs_result
vs_pkey_read_public(struct vs_bytes text, struct vs_pkey **key_out)
{
	return read_key(text, false, key_out);
}

vs_result
vs_pkey_write_private(const struct vs_pkey *key, struct vs_secret **pem_out)
{
	assert(key != NULL && pem_out != NULL);
	if (!vs_pkey_is_private(key))
		return VS_FAIL(NOT_FOUND);
	return vs_pkey_evp_write(vs_pkey_evp(key), pem_out);
}

vs_result
vs_pkey_evp_write(EVP_PKEY *evp, struct vs_secret **pem_out)
{
	vs_result r = VS_FAIL(INTERNAL);
	BIO *bio = BIO_new(BIO_s_secmem());
	struct vs_secret *pem = NULL;
	char *data = NULL;
	long size = 0;

	if (bio == NULL)
		return VS_FAIL(NO_MEMORY);
	if (PEM_write_bio_PKCS8PrivateKey(bio, evp, NULL, NULL, 0, NULL, NULL) != 1)
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
	if (size > 0)
		OPENSSL_cleanse(data, (size_t)size);
	BIO_free(bio);
	ERR_clear_error();
	return r;
}

vs_result
vs_pkey_write_public(const struct vs_pkey *key, struct vs_buf *der)
{
	unsigned char *data = NULL;
	vs_result r;
	int size;

	assert(key != NULL && der != NULL);
	size = i2d_PUBKEY(vs_pkey_evp(key), &data);
	if (size <= 0)
		return VS_FAIL(INTERNAL);
	r = vs_buf_append(der, data, (size_t)size);
	OPENSSL_free(data);
	return r;
}
