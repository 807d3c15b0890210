/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/crl_read.h"

#include <assert.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/tls_identity.h"
#include "wire/base64.h"

#define SERIAL_OCTETS 20 /* RFC 5280 4.1.2.2 */

static vs_result
fail(char *reason, size_t reason_size, vs_result r, const char *text)
{
	if (reason_size > 0)
		(void)snprintf(reason, reason_size, "%s", text);
	ERR_clear_error();
	return r;
}

static X509_CRL *
parse(struct vs_bytes file)
{
	const unsigned char *at = file.data;
	X509_CRL *crl = NULL;
	BIO *bio;

	if (file.size == 0 || file.size > INT_MAX)
		return NULL;
	if (file.data[0] == 0x30) { /* a SEQUENCE: DER, and all of the file */
		crl = d2i_X509_CRL(NULL, &at, (long)file.size);
		if (crl != NULL && at != file.data + file.size) {
			X509_CRL_free(crl);
			crl = NULL;
		}
		return crl;
	}
	bio = BIO_new_mem_buf(file.data, (int)file.size);
	if (bio != NULL)
		crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	(void)BIO_free(bio);
	return crl;
}

/* --- who signed it ---------------------------------------------------------------------------- */

/* OK, NOT_FOUND: none of this file; the hash of the CA's key. */
static vs_result
find_issuer(X509_CRL *crl, const char *ca_file, uint8_t spki_out[static VS_SHA256_SIZE])
{
	BIO *bio = BIO_new_file(ca_file, "r");
	vs_result r = VS_FAIL(NOT_FOUND);
	X509 *ca;

	if (bio == NULL)
		return VS_FAIL(CONFIG);
	while (r.code == VS_E_NOT_FOUND &&
	       (ca = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (X509_NAME_cmp(X509_get_subject_name(ca), X509_CRL_get_issuer(crl)) == 0 &&
		    X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1 &&
		    vs_tls_identity_spki(ca, spki_out))
			r = VS_OK;
		X509_free(ca);
	}
	(void)BIO_free(bio);
	return r;
}

/* --- what it says ----------------------------------------------------------------------------- */

/* RFC 5280 5.2: an extension that is critical and unknown makes the list unusable. Scope: only a
 * whole list of its own CA. */
static bool
is_usable(X509_CRL *crl)
{
	ISSUING_DIST_POINT *scope;
	int critical = 0;
	bool is_whole;

	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION *extension = X509_CRL_get_ext(crl, i);

		if (X509_EXTENSION_get_critical(extension) != 0 &&
		    OBJ_obj2nid(X509_EXTENSION_get_object(extension)) !=
		        NID_issuing_distribution_point)
			return false;
	}
	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		return false;
	scope = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &critical, NULL);
	if (scope == NULL)
		return critical == -1; /* absent; -2: twice, else: it cannot be read */
	is_whole = scope->indirectCRL <= 0 && scope->onlyCA <= 0 && scope->onlyattr <= 0;
	ISSUING_DIST_POINT_free(scope);
	return is_whole;
}

static bool
read_time(const ASN1_TIME *time, int64_t *time_ms_out)
{
	struct tm tm;

	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*time_ms_out = (int64_t)timegm(&tm) * 1000;
	return true;
}

static bool
read_serial(const ASN1_INTEGER *serial, char hex[static 2 * SERIAL_OCTETS + 1])
{
	int size = ASN1_STRING_length(serial);
	const uint8_t *data = ASN1_STRING_get0_data(serial);

	while (size > 1 && data[0] == 0) {
		data++;
		size--;
	}
	if (size <= 0 || size > SERIAL_OCTETS)
		return false;
	(void)vs_hex_encode(vs_bytes_from(data, (size_t)size), hex, 2 * SERIAL_OCTETS + 1);
	if (hex[0] == '0' && hex[1] != '\0')
		memmove(hex, hex + 1, strlen(hex));
	return true;
}

static vs_result
read_revoked(X509_CRL *crl, const struct vs_crl_sink *sink, char *reason, size_t reason_size)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);

	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		char hex[2 * SERIAL_OCTETS + 1];
		vs_result r;

		if (!read_serial(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(all, i)),
		                 hex))
			return fail(reason, reason_size, VS_FAIL(BAD_MESSAGE),
			            "it holds a serial number of more than 20 octets");
		r = sink->revoked(hex, sink->arg);
		if (r.code != VS_E_OK)
			return fail(reason, reason_size, r, "it names too many certificates");
	}
	return VS_OK;
}

static vs_result
issuer_of(X509_CRL *crl, const char *const ca_files[static 2], uint8_t spki_out[static 32])
{
	for (size_t i = 0; i < 2; i++) {
		vs_result r;

		if (ca_files[i] == NULL)
			continue;
		r = find_issuer(crl, ca_files[i], spki_out);
		if (r.code != VS_E_NOT_FOUND)
			return r;
	}
	return VS_FAIL(NOT_FOUND);
}

static vs_result
read_crl(X509_CRL *crl, const char *const ca_files[static 2], const struct vs_crl_sink *sink,
         char *reason, size_t reason_size)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);
	struct vs_crl_info info = {.count = all != NULL ? (size_t)sk_X509_REVOKED_num(all) : 0};
	vs_result r;

	if (!is_usable(crl))
		return fail(reason, reason_size, VS_FAIL(BAD_MESSAGE),
		            "it is a delta, indirect or partial list, or says something unknown");
	if (!read_time(X509_CRL_get0_lastUpdate(crl), &info.this_update_ms) ||
	    !read_time(X509_CRL_get0_nextUpdate(crl), &info.next_update_ms))
		return fail(reason, reason_size, VS_FAIL(BAD_MESSAGE),
		            "it does not say when the next one comes");
	r = issuer_of(crl, ca_files, info.issuer_spki);
	if (r.code == VS_E_CONFIG)
		return fail(reason, reason_size, r, "a CA file cannot be read");
	if (r.code != VS_E_OK)
		return fail(reason, reason_size, VS_FAIL(NOT_AUTHENTIC),
		            "no CA that is trusted here has signed it");
	r = sink->begin(&info, sink->arg);
	if (r.code != VS_E_OK)
		/* cppcheck-suppress returnDanglingLifetime ; a result is a code, it borrows nothing
		 */
		return fail(reason, reason_size, r, "it cannot be kept");
	return read_revoked(crl, sink, reason, reason_size);
}

vs_result
vs_crl_read(struct vs_bytes file, const char *const ca_files[static 2],
            const struct vs_crl_sink *sink, char *reason, size_t reason_size)
{
	X509_CRL *crl;
	vs_result r;

	assert(sink != NULL && sink->begin != NULL && sink->revoked != NULL);
	ERR_clear_error();
	crl = parse(file);
	if (crl == NULL)
		return fail(reason, reason_size, VS_FAIL(BAD_MESSAGE), "it is no CRL");
	r = read_crl(crl, ca_files, sink, reason, reason_size);
	X509_CRL_free(crl);
	ERR_clear_error();
	return r;
}
