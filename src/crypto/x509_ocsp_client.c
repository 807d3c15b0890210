/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "base/limits.h"
#include "base/random.h"
#include "crypto/x509_ocsp.h"
#include "crypto/x509_private.h"

#define SKEW_S 300

static OCSP_CERTID *
id_of(const ASN1_INTEGER *serial, const struct vs_x509_cert *issuer, const EVP_MD *digest)
{
	return OCSP_cert_id_new(digest, X509_get_subject_name(issuer->x509),
	                        X509_get0_pubkey_bitstr(issuer->x509), serial);
}

static vs_result
ask(const ASN1_INTEGER *serial, const struct vs_x509_cert *issuer, struct vs_buf *der,
    uint8_t nonce_out[static VS_X509_OCSP_NONCE_SIZE])
{
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	/* SHA-1: what every responder understands (RFC 5019 2.1.1); it names, it protects nothing.
	 */
	OCSP_CERTID *id = id_of(serial, issuer, EVP_sha1());
	unsigned char *data = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);
	int size;

	vs_random_bytes(nonce_out, VS_X509_OCSP_NONCE_SIZE);
	if (request == NULL || id == NULL || OCSP_request_add0_id(request, id) == NULL)
		goto out;
	id = NULL;
	if (OCSP_request_add1_nonce(request, nonce_out, VS_X509_OCSP_NONCE_SIZE) != 1)
		goto out;
	size = i2d_OCSP_REQUEST(request, &data);
	if (size > 0)
		r = vs_buf_append(der, data, (size_t)size);
	OPENSSL_free(data);
out:
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(request);
	ERR_clear_error();
	return r;
}

vs_result
vs_x509_ocsp_ask(const struct vs_x509_cert *cert, const struct vs_x509_cert *issuer,
                 struct vs_buf *der, uint8_t nonce_out[static VS_X509_OCSP_NONCE_SIZE])
{
	return ask(X509_get0_serialNumber(cert->x509), issuer, der, nonce_out);
}

vs_result
vs_x509_ocsp_ask_serial(const char *serial_hex, const struct vs_x509_cert *issuer,
                        struct vs_buf *der, uint8_t nonce_out[static VS_X509_OCSP_NONCE_SIZE])
{
	ASN1_INTEGER *serial = NULL;
	vs_result r;

	VS_TRY(vs_x509_serial_read(serial_hex, &serial));
	r = ask(serial, issuer, der, nonce_out);
	ASN1_INTEGER_free(serial);
	return r;
}

static OCSP_RESPONSE *
read_response(struct vs_bytes der)
{
	const unsigned char *at = der.data;
	OCSP_RESPONSE *response;

	if (der.size == 0 || der.size > VS_LIMIT_OCSP_ANSWER_SIZE)
		return NULL;
	response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.size);
	if (response != NULL &&
	    (at != der.data + der.size ||
	     OCSP_response_status(response) != OCSP_RESPONSE_STATUS_SUCCESSFUL)) {
		OCSP_RESPONSE_free(response);
		response = NULL;
	}
	return response;
}

/* Signed by the issuer itself or by a signer that the issuer issued for that (RFC 6960 4.2.2.2).
 * The issuer is the only anchor: what else the answer carries has to lead to it. */
static bool
is_signed(OCSP_BASICRESP *basic, const struct vs_x509_cert *issuer)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *known = sk_X509_new_null();
	bool is_ok = false;

	if (store != NULL && known != NULL && X509_STORE_add_cert(store, issuer->x509) == 1 &&
	    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME) ==
	        1 &&
	    sk_X509_push(known, issuer->x509) > 0)
		is_ok = OCSP_basic_verify(basic, known, store, OCSP_PARTIAL_CHAIN) == 1;
	sk_X509_free(known);
	X509_STORE_free(store);
	return is_ok;
}

/* The signer's own time: the library's clock is not asked, ours is. */
static bool
is_signer_valid(OCSP_BASICRESP *basic, const struct vs_x509_cert *issuer, int64_t now_ms)
{
	STACK_OF(X509) *known = sk_X509_new_null();
	X509 *signer = NULL;
	int64_t from_ms = 0, to_ms = 0;
	bool is_valid;

	is_valid = known != NULL && sk_X509_push(known, issuer->x509) > 0 &&
	           OCSP_resp_get0_signer(basic, &signer, known) == 1 &&
	           vs_x509_time_read(X509_get0_notBefore(signer), &from_ms).code == VS_E_OK &&
	           vs_x509_time_read(X509_get0_notAfter(signer), &to_ms).code == VS_E_OK &&
	           now_ms >= from_ms && now_ms <= to_ms;
	sk_X509_free(known);
	return is_valid;
}

static bool
is_nonce_ours(OCSP_BASICRESP *basic, const uint8_t nonce[static VS_X509_OCSP_NONCE_SIZE])
{
	OCSP_REQUEST *asked = OCSP_REQUEST_new();
	bool is_ours;

	is_ours = asked != NULL &&
	          OCSP_request_add1_nonce(asked, (unsigned char *)(uintptr_t)nonce,
	                                  VS_X509_OCSP_NONCE_SIZE) == 1 &&
	          OCSP_check_nonce(asked, basic) != 0; /* equal, or the answer has none */
	OCSP_REQUEST_free(asked);
	return is_ours;
}

struct found {
	int status, reason;
	ASN1_GENERALIZEDTIME *at, *from, *to;
};

static bool
find(OCSP_BASICRESP *basic, const ASN1_INTEGER *serial, const struct vs_x509_cert *issuer,
     struct found *found)
{
	const EVP_MD *const digests[] = {EVP_sha1(), EVP_sha256(), EVP_sha384(), EVP_sha512()};
	bool is_found = false;

	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]) && !is_found; i++) {
		OCSP_CERTID *id = id_of(serial, issuer, digests[i]);

		is_found =
		    id != NULL && OCSP_resp_find_status(basic, id, &found->status, &found->reason,
		                                        &found->at, &found->from, &found->to) == 1;
		OCSP_CERTID_free(id);
	}
	return is_found;
}

static vs_result
judge(const struct found *found, int64_t now_ms, struct vs_x509_ocsp_status *status_out,
      int64_t *until_ms_out)
{
	struct vs_x509_ocsp_status status = {.status = VS_X509_STATUS_UNKNOWN};
	int64_t from_ms = 0, to_ms = 0;

	if (vs_x509_time_read(found->from, &from_ms).code != VS_E_OK)
		return VS_FAIL(BAD_MESSAGE);
	/* Without nextUpdate there is always something newer (RFC 6960 4.2.2.1): good for now only.
	 */
	to_ms = from_ms;
	if (found->to != NULL && vs_x509_time_read(found->to, &to_ms).code != VS_E_OK)
		return VS_FAIL(BAD_MESSAGE);
	if (now_ms < from_ms - SKEW_S * 1000 || now_ms > to_ms + SKEW_S * 1000 || to_ms < from_ms)
		return VS_FAIL(STALE);
	if (found->status == V_OCSP_CERTSTATUS_GOOD)
		status.status = VS_X509_STATUS_GOOD;
	if (found->status == V_OCSP_CERTSTATUS_REVOKED) {
		status.status = VS_X509_STATUS_REVOKED;
		VS_TRY(vs_x509_time_read(found->at, &status.at_ms));
		for (int i = 0; i < VS_X509_REASON_COUNT; i++)
			if (vs_x509_reason_number((enum vs_x509_reason)i) == found->reason)
				status.reason = (enum vs_x509_reason)i;
	}
	*status_out = status;
	*until_ms_out = to_ms;
	return VS_OK;
}

/* nonce NULL: none was asked with. */
static vs_result
read_about(struct vs_bytes der, const ASN1_INTEGER *serial, const struct vs_x509_cert *issuer,
           const uint8_t *nonce, int64_t now_ms, struct vs_x509_ocsp_status *status_out,
           int64_t *until_ms_out)
{
	OCSP_RESPONSE *response = read_response(der);
	OCSP_BASICRESP *basic = NULL;
	struct found found = {0};
	vs_result r = VS_FAIL(BAD_MESSAGE);

	if (response != NULL)
		basic = OCSP_response_get1_basic(response);
	if (basic == NULL)
		goto out;
	r = VS_FAIL(NOT_AUTHENTIC);
	if (!is_signed(basic, issuer) || !is_signer_valid(basic, issuer, now_ms) ||
	    (nonce != NULL && !is_nonce_ours(basic, nonce)) || !find(basic, serial, issuer, &found))
		goto out;
	r = judge(&found, now_ms, status_out, until_ms_out);
out:
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	return r;
}

vs_result
vs_x509_ocsp_read(struct vs_bytes der, const struct vs_x509_cert *cert,
                  const struct vs_x509_cert *issuer,
                  const uint8_t nonce[static VS_X509_OCSP_NONCE_SIZE], int64_t now_ms,
                  struct vs_x509_ocsp_status *status_out, int64_t *until_ms_out)
{
	assert(cert != NULL && issuer != NULL && status_out != NULL && until_ms_out != NULL);
	return read_about(der, X509_get0_serialNumber(cert->x509), issuer, nonce, now_ms,
	                  status_out, until_ms_out);
}

vs_result
vs_x509_ocsp_read_serial(struct vs_bytes der, const char *serial_hex,
                         const struct vs_x509_cert *issuer, const uint8_t *nonce, int64_t now_ms,
                         struct vs_x509_ocsp_status *status_out, int64_t *until_ms_out)
{
	ASN1_INTEGER *serial = NULL;
	vs_result r;

	assert(issuer != NULL && status_out != NULL && until_ms_out != NULL);
	VS_TRY(vs_x509_serial_read(serial_hex, &serial));
	r = read_about(der, serial, issuer, nonce, now_ms, status_out, until_ms_out);
	ASN1_INTEGER_free(serial);
	return r;
}

/* As the question about it names it. */
static vs_result
find_said(OCSP_BASICRESP *basic, struct vs_bytes question, struct found *found)
{
	const uint8_t *at = question.data;
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &at, (long)question.size);
	OCSP_ONEREQ *one = request != NULL ? OCSP_request_onereq_get0(request, 0) : NULL;
	bool is_found =
	    one != NULL &&
	    OCSP_resp_find_status(basic, OCSP_onereq_get0_id(one), &found->status, &found->reason,
	                          &found->at, &found->from, &found->to) == 1;

	OCSP_REQUEST_free(request);
	return is_found ? VS_OK : VS_FAIL(NOT_FOUND);
}

vs_result
vs_x509_ocsp_said(struct vs_bytes der, const struct vs_x509_ocsp_id *id, int64_t now_ms,
                  struct vs_x509_ocsp_status *status_out, int64_t *until_ms_out)
{
	OCSP_RESPONSE *response = read_response(der);
	OCSP_BASICRESP *basic = NULL;
	struct found found = {0};
	struct vs_buf question;
	vs_result r = VS_FAIL(BAD_MESSAGE);

	assert(id != NULL && status_out != NULL && until_ms_out != NULL);
	vs_buf_init(&question, VS_LIMIT_OCSP_REQUEST_SIZE);
	if (response != NULL)
		basic = OCSP_response_get1_basic(response);
	if (basic != NULL)
		r = vs_x509_ocsp_ask_id(id, &question);
	if (r.code == VS_E_OK)
		r = find_said(basic, vs_buf_view(&question), &found);
	if (r.code == VS_E_OK)
		r = judge(&found, now_ms, status_out, until_ms_out);
	vs_buf_done(&question);
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	return r;
}
