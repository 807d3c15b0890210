/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509.h"

#include <assert.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/x509_private.h"

#define SERIAL_OCTETS 20 /* RFC 5280 4.1.2.2 */

vs_result
vs_x509_cert_wrap(X509 *x509, struct vs_x509_cert **cert_out)
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
vs_x509_cert_write_der(const struct vs_x509_cert *cert, struct vs_buf *der)
{
	unsigned char *data = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);
	int size;

	assert(cert != NULL && der != NULL);
	size = i2d_X509(cert->x509, &data);
	if (size > 0)
		r = vs_buf_append(der, data, (size_t)size);
	OPENSSL_free(data);
	return r;
}

vs_result
vs_x509_cert_read_next(struct vs_bytes pem, size_t *offset, struct vs_x509_cert **cert_out)
{
	X509 *x509 = NULL;
	BIO *bio = NULL;
	unsigned long error;

	assert(offset != NULL && *offset <= pem.size && cert_out != NULL);
	if (pem.size > INT32_MAX)
		return VS_FAIL(BAD_MESSAGE);
	if (*offset == pem.size)
		return VS_FAIL(NOT_FOUND);
	bio = BIO_new_mem_buf(pem.data + *offset, (int)(pem.size - *offset));
	if (bio == NULL)
		return VS_FAIL(NO_MEMORY);
	x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (x509 != NULL)
		*offset = pem.size - (size_t)BIO_pending(bio);
	BIO_free(bio);
	error = ERR_peek_last_error();
	ERR_clear_error();
	if (x509 == NULL)
		return ERR_GET_LIB(error) == ERR_LIB_PEM &&
		               ERR_GET_REASON(error) == PEM_R_NO_START_LINE
		           ? VS_FAIL(NOT_FOUND)
		           : VS_FAIL(BAD_MESSAGE);
	return vs_x509_cert_wrap(x509, cert_out);
}

vs_result
vs_x509_cert_read(struct vs_bytes pem, struct vs_x509_cert **cert_out)
{
	size_t offset = 0;
	vs_result r = vs_x509_cert_read_next(pem, &offset, cert_out);

	return r.code == VS_E_NOT_FOUND ? VS_FAIL(BAD_MESSAGE) : r;
}

vs_result
vs_x509_cert_read_der(struct vs_bytes der, struct vs_x509_cert **cert_out)
{
	const unsigned char *at = der.data;
	X509 *x509 = NULL;

	assert(cert_out != NULL);
	if (der.size == 0 || der.size > INT32_MAX)
		return VS_FAIL(BAD_MESSAGE);
	x509 = d2i_X509(NULL, &at, (long)der.size);
	ERR_clear_error();
	if (x509 == NULL || at != der.data + der.size) {
		X509_free(x509);
		return VS_FAIL(BAD_MESSAGE);
	}
	return vs_x509_cert_wrap(x509, cert_out);
}

vs_result
vs_x509_time_read(const ASN1_TIME *time, int64_t *wall_ms_out)
{
	struct tm tm;

	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1) {
		ERR_clear_error();
		return VS_FAIL(BAD_TIME);
	}
	*wall_ms_out = (int64_t)timegm(&tm) * 1000;
	return VS_OK;
}

int64_t
vs_x509_cert_not_after_ms(const struct vs_x509_cert *cert)
{
	int64_t wall_ms = 0; /* unreadable: long expired */

	assert(cert != NULL);
	return vs_x509_time_read(X509_get0_notAfter(cert->x509), &wall_ms).code == VS_E_OK ? wall_ms
	                                                                                   : 0;
}

vs_result
vs_x509_cert_fingerprint(const struct vs_x509_cert *cert,
                         uint8_t fingerprint_out[static VS_SHA256_SIZE])
{
	assert(cert != NULL);
	if (X509_digest(cert->x509, EVP_sha256(), fingerprint_out, NULL) != 1)
		return VS_FAIL(INTERNAL);
	return VS_OK;
}

bool
vs_x509_cert_fits(const struct vs_x509_cert *cert, const struct vs_x509_key *key)
{
	bool is_fitting;

	assert(cert != NULL && key != NULL);
	is_fitting = EVP_PKEY_eq(X509_get0_pubkey(cert->x509), key->pkey) == 1;
	ERR_clear_error();
	return is_fitting;
}

bool
vs_x509_cert_is_by(const struct vs_x509_cert *cert, const struct vs_x509_cert *issuer)
{
	bool is_by;

	assert(cert != NULL && issuer != NULL);
	is_by = X509_check_issued(issuer->x509, cert->x509) == X509_V_OK &&
	        X509_verify(cert->x509, X509_get0_pubkey(issuer->x509)) == 1;
	ERR_clear_error();
	return is_by;
}

/* --- numbers and names ----------------------------------------------------------------------- */

vs_result
vs_x509_serial_text(const ASN1_INTEGER *serial, char hex_out[static 41])
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *octets = serial != NULL ? ASN1_STRING_get0_data(serial) : NULL;
	int size = serial != NULL ? ASN1_STRING_length(serial) : 0;
	size_t at = 0;

	if (size < 1 || size > SERIAL_OCTETS || ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
		return VS_FAIL(BAD_VALUE);
	for (int i = 0; i < size; i++) {
		if (at > 0 || octets[i] >= 16)
			hex_out[at++] = digits[octets[i] >> 4];
		if (at > 0 || octets[i] != 0 || i == size - 1)
			hex_out[at++] = digits[octets[i] & 15];
	}
	hex_out[at] = '\0';
	return VS_OK;
}

vs_result
vs_x509_serial_read(const char *hex, ASN1_INTEGER **serial_out)
{
	ASN1_INTEGER *serial = NULL;
	BIGNUM *number = NULL;
	size_t size = strlen(hex);

	if (size == 0 || size > 2 * SERIAL_OCTETS || strspn(hex, "0123456789abcdefABCDEF") != size)
		return VS_FAIL(BAD_VALUE);
	if (BN_hex2bn(&number, hex) == (int)size)
		serial = BN_to_ASN1_INTEGER(number, NULL);
	BN_free(number);
	if (serial == NULL)
		return VS_FAIL(NO_MEMORY);
	*serial_out = serial;
	return VS_OK;
}

bool
vs_x509_name_text(const X509_NAME *name, int nid, char *text, size_t size)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	const ASN1_STRING *value;
	const unsigned char *data;
	int length, type;

	text[0] = '\0';
	if (at < 0)
		return true;
	if (X509_NAME_get_index_by_NID(name, nid, at) >= 0)
		return false;
	value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	if (value == NULL)
		return false;
	type = ASN1_STRING_type(value);
	data = ASN1_STRING_get0_data(value);
	length = ASN1_STRING_length(value);
	if ((type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING &&
	     type != V_ASN1_IA5STRING) ||
	    length < 1 || (size_t)length >= size)
		return false;
	for (int i = 0; i < length; i++)
		if (data[i] < 0x20 || data[i] == 0x7F)
			return false;
	memcpy(text, data, (size_t)length);
	text[length] = '\0';
	return true;
}
