/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_csr.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/x509_private.h"

struct vs_x509_csr {
	X509_REQ *request;
	struct vs_x509_csr_info info;
};

static bool
is_space(struct vs_bytes text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] != ' ' && text.data[i] != '\t' && text.data[i] != '\r' &&
		    text.data[i] != '\n')
			return false;
	return true;
}

/* One PEM block from the first byte that is not white space to the last. The library would skip
 * whatever stands before it: then two readers may see two requests in one text. */
static X509_REQ *
read_pem(struct vs_bytes text)
{
	X509_REQ *request = NULL;
	size_t begin = 0;
	size_t left;
	BIO *bio;

	while (begin < text.size && is_space(vs_bytes_from(text.data + begin, 1)))
		begin++;
	if (text.size - begin < 11 ||
	    !vs_bytes_equal_text(vs_bytes_from(text.data + begin, 11), "-----BEGIN "))
		return NULL;
	bio = BIO_new_mem_buf(text.data + begin, (int)(text.size - begin));
	if (bio == NULL)
		return NULL;
	request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
	left = (size_t)BIO_pending(bio);
	BIO_free(bio);
	if (request != NULL && !is_space(vs_bytes_from(text.data + text.size - left, left))) {
		X509_REQ_free(request);
		request = NULL;
	}
	return request;
}

static X509_REQ *
read_der(struct vs_bytes text)
{
	const unsigned char *at = text.data;
	X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)text.size);

	if (request != NULL && at != text.data + text.size) {
		X509_REQ_free(request);
		request = NULL;
	}
	return request;
}

static bool
is_signature_accepted(const X509_REQ *request)
{
	switch (X509_REQ_get_signature_nid(request)) {
	case NID_ecdsa_with_SHA256:
	case NID_ecdsa_with_SHA384:
	case NID_ecdsa_with_SHA512:
	case NID_sha256WithRSAEncryption:
	case NID_sha384WithRSAEncryption:
	case NID_sha512WithRSAEncryption:
		return true;
	default: /* an integer of the library, not an enumeration of ours */
		return false;
	}
}

static void
list_extensions(X509_REQ *request, char text[static VS_X509_EXTENSIONS_SIZE])
{
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
	size_t at = 0;

	text[0] = '\0';
	for (int i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
		char name[64] = "";

		(void)OBJ_obj2txt(name, sizeof(name),
		                  X509_EXTENSION_get_object(sk_X509_EXTENSION_value(extensions, i)),
		                  0);
		for (char *c = name; *c != '\0'; c++)
			*c = *c == ' ' ? '_' : *c;
		if (at + strlen(name) + 2 > VS_X509_EXTENSIONS_SIZE)
			break;
		at += (size_t)snprintf(text + at, VS_X509_EXTENSIONS_SIZE - at, "%s%s",
		                       at > 0 ? "," : "", name);
	}
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

static vs_result
check(X509_REQ *request, const char **reason, struct vs_x509_csr_info *info)
{
	EVP_PKEY *pkey = X509_REQ_get0_pubkey(request);
	const X509_NAME *subject = X509_REQ_get_subject_name(request);
	struct vs_x509_key key = {pkey};

	*reason = "it is not of version 1";
	if (X509_REQ_get_version(request) != 0)
		return VS_FAIL(BAD_MESSAGE);
	*reason = vs_x509_key_fault(pkey);
	if (*reason != NULL)
		return VS_FAIL(UNSUPPORTED);
	*reason = "it is signed with SHA-1, MD5 or something unknown";
	if (!is_signature_accepted(request))
		return VS_FAIL(UNSUPPORTED);
	*reason = "it is not signed by the key it holds";
	if (X509_REQ_verify(request, pkey) != 1)
		return VS_FAIL(NOT_AUTHENTIC);
	*reason =
	    "its subject has several common names or organisations, or one that is empty, too "
	    "long or holds control characters";
	if (!vs_x509_name_text(subject, NID_commonName, info->common_name,
	                       sizeof(info->common_name)) ||
	    !vs_x509_name_text(subject, NID_organizationName, info->organisation,
	                       sizeof(info->organisation)))
		return VS_FAIL(BAD_VALUE);
	info->key_kind = vs_x509_key_kind(&key);
	list_extensions(request, info->extensions);
	*reason = "its key cannot be written";
	return vs_x509_key_spki_sha256(&key, info->spki_sha256);
}

vs_result
vs_x509_csr_read(struct vs_bytes text, const char **reason_out, struct vs_x509_csr **csr_out)
{
	const char *reason = "it has more bytes than a request may have";
	struct vs_x509_csr *csr = NULL;
	vs_result r = VS_FAIL(BAD_MESSAGE);

	assert(csr_out != NULL);
	if (text.size > VS_LIMIT_CSR_SIZE)
		goto out;
	csr = calloc(1, sizeof(*csr));
	r = VS_FAIL(NO_MEMORY);
	reason = "out of memory";
	if (csr == NULL)
		goto out;
	r = VS_FAIL(BAD_MESSAGE);
	reason = "it is not one PKCS#10 request in PEM or DER";
	if (text.size > 0)
		csr->request = text.data[0] == 0x30 ? read_der(text) : read_pem(text);
	if (csr->request == NULL)
		goto out;
	r = check(csr->request, &reason, &csr->info);
	if (r.code != VS_E_OK)
		goto out;
	*csr_out = csr;
	csr = NULL;
out:
	vs_x509_csr_free(&csr);
	ERR_clear_error();
	if (r.code != VS_E_OK && reason_out != NULL)
		*reason_out = reason;
	return r;
}

void
vs_x509_csr_free(struct vs_x509_csr **csr)
{
	assert(csr != NULL);
	if (*csr == NULL)
		return;
	X509_REQ_free((*csr)->request);
	free(*csr);
	*csr = NULL;
}

void
vs_x509_csr_info(const struct vs_x509_csr *csr, struct vs_x509_csr_info *info_out)
{
	*info_out = csr->info;
}

vs_result
vs_x509_csr_key(const struct vs_x509_csr *csr, struct vs_x509_key **key_out)
{
	EVP_PKEY *pkey = X509_REQ_get0_pubkey(csr->request);

	if (EVP_PKEY_up_ref(pkey) != 1)
		return VS_FAIL(INTERNAL);
	return vs_x509_key_wrap(pkey, key_out);
}

vs_result
vs_x509_csr_write_der(const struct vs_x509_csr *csr, struct vs_buf *der)
{
	unsigned char *data = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);
	int size = i2d_X509_REQ(csr->request, &data);

	if (size > 0)
		r = vs_buf_append(der, data, (size_t)size);
	OPENSSL_free(data);
	return r;
}

static bool
fill(X509_REQ *request, const struct vs_x509_key *key, const char *common_name,
     const char *organisation)
{
	X509_NAME *name = X509_REQ_get_subject_name(request);

	return X509_REQ_set_version(request, 0) == 1 &&
	       (organisation == NULL ||
	        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
	                                   (const unsigned char *)organisation, -1, -1, 0) == 1) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	                                  (const unsigned char *)common_name, -1, -1, 0) == 1 &&
	       X509_REQ_set_pubkey(request, key->pkey) == 1 &&
	       X509_REQ_sign(request, key->pkey, vs_x509_key_digest(key->pkey)) > 0;
}

vs_result
vs_x509_csr_make(const struct vs_x509_key *key, const char *common_name, const char *organisation,
                 struct vs_buf *pem)
{
	X509_REQ *request = NULL;
	BIO *bio = NULL;
	char *data = NULL;
	vs_result r = VS_FAIL(INTERNAL);
	long size;

	assert(key != NULL && pem != NULL);
	if (!vs_x509_text_is_valid(common_name) ||
	    (organisation != NULL && !vs_x509_text_is_valid(organisation)))
		return VS_FAIL(BAD_VALUE);
	request = X509_REQ_new();
	bio = BIO_new(BIO_s_mem());
	if (request == NULL || bio == NULL || !fill(request, key, common_name, organisation) ||
	    PEM_write_bio_X509_REQ(bio, request) != 1)
		goto out;
	size = BIO_get_mem_data(bio, &data);
	if (size > 0)
		r = vs_buf_append(pem, data, (size_t)size);
out:
	X509_REQ_free(request);
	BIO_free(bio);
	ERR_clear_error();
	return r;
}
