/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_ocsp.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "crypto/x509_private.h"

#define HOUR_MS INT64_C(3600000)

struct vs_x509_ocsp_request {
	OCSP_REQUEST *request;
	size_t count;
	bool has_nonce;
	char serials[VS_X509_OCSP_ITEMS][VS_X509_SERIAL_SIZE];
};

static OCSP_CERTID *
item(const struct vs_x509_ocsp_request *request, size_t index)
{
	return OCSP_onereq_get0_id(OCSP_request_onereq_get0(request->request, (int)index));
}

/* RFC 8954 2.1: 1 to 32 octets; older clients send up to 16 of them within an OCTET STRING. */
static bool
nonce_is_sound(struct vs_x509_ocsp_request *request)
{
	int at = OCSP_REQUEST_get_ext_by_NID(request->request, NID_id_pkix_OCSP_Nonce, -1);
	const ASN1_OCTET_STRING *value;

	request->has_nonce = at >= 0;
	if (at < 0)
		return true;
	value = X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(request->request, at));
	return OCSP_REQUEST_get_ext_by_NID(request->request, NID_id_pkix_OCSP_Nonce, at) < 0 &&
	       ASN1_STRING_length(value) >= 1 &&
	       ASN1_STRING_length(value) <= VS_X509_OCSP_NONCE_SIZE + 2;
}

static bool
read_items(struct vs_x509_ocsp_request *request)
{
	int count = OCSP_request_onereq_count(request->request);

	if (count < 1 || count > VS_X509_OCSP_ITEMS || !nonce_is_sound(request))
		return false;
	for (int i = 0; i < count; i++) {
		ASN1_INTEGER *serial = NULL;

		if (OCSP_id_get0_info(NULL, NULL, NULL, &serial, item(request, (size_t)i)) != 1 ||
		    vs_x509_serial_text(serial, request->serials[i]).code != VS_E_OK)
			return false;
	}
	request->count = (size_t)count;
	return true;
}

vs_result
vs_x509_ocsp_request_read(struct vs_bytes der, struct vs_x509_ocsp_request **request_out)
{
	const unsigned char *at = der.data;
	struct vs_x509_ocsp_request *request = NULL;

	assert(request_out != NULL);
	if (der.size == 0 || der.size > VS_LIMIT_OCSP_REQUEST_SIZE)
		return VS_FAIL(BAD_MESSAGE);
	request = calloc(1, sizeof(*request));
	if (request == NULL)
		return VS_FAIL(NO_MEMORY);
	request->request = d2i_OCSP_REQUEST(NULL, &at, (long)der.size);
	if (request->request == NULL || at != der.data + der.size || !read_items(request)) {
		vs_x509_ocsp_request_free(&request);
		ERR_clear_error();
		return VS_FAIL(BAD_MESSAGE);
	}
	*request_out = request;
	return VS_OK;
}

void
vs_x509_ocsp_request_free(struct vs_x509_ocsp_request **request)
{
	assert(request != NULL);
	if (*request == NULL)
		return;
	OCSP_REQUEST_free((*request)->request);
	free(*request);
	*request = NULL;
}

size_t
vs_x509_ocsp_request_count(const struct vs_x509_ocsp_request *request)
{
	return request->count;
}

bool
vs_x509_ocsp_request_has_nonce(const struct vs_x509_ocsp_request *request)
{
	return request->has_nonce;
}

void
vs_x509_ocsp_request_serial(const struct vs_x509_ocsp_request *request, size_t index,
                            char serial_hex_out[static VS_X509_SERIAL_SIZE])
{
	assert(index < request->count);
	vs_text_copy(request->serials[index], serial_hex_out, VS_X509_SERIAL_SIZE);
}

/* The client chose the hash of the names; SHA-1 here names something, it protects nothing. */
bool
vs_x509_ocsp_request_is_of(const struct vs_x509_ocsp_request *request, size_t index,
                           const struct vs_x509_cert *issuer)
{
	ASN1_OBJECT *algorithm = NULL;
	OCSP_CERTID *asked = item(request, index), *ours = NULL;
	const EVP_MD *digest = NULL;
	bool is_of = false;

	assert(index < request->count);
	if (OCSP_id_get0_info(NULL, &algorithm, NULL, NULL, asked) == 1)
		digest = EVP_get_digestbyobj(algorithm);
	if (digest != NULL &&
	    (EVP_MD_is_a(digest, "SHA1") == 1 || EVP_MD_is_a(digest, "SHA256") == 1))
		ours = OCSP_cert_id_new(digest, X509_get_subject_name(issuer->x509),
		                        X509_get0_pubkey_bitstr(issuer->x509),
		                        X509_get0_serialNumber(issuer->x509));
	is_of = ours != NULL && OCSP_id_issuer_cmp(asked, ours) == 0;
	OCSP_CERTID_free(ours);
	ERR_clear_error();
	return is_of;
}

/* --- answering ------------------------------------------------------------------------------- */

static bool
add_status(OCSP_BASICRESP *basic, OCSP_CERTID *id, const struct vs_x509_ocsp_status *status,
           bool is_ours, ASN1_TIME *this_update, ASN1_TIME *next_update)
{
	static const int codes[] = {V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED,
	                            V_OCSP_CERTSTATUS_UNKNOWN};
	int code = is_ours ? codes[status->status] : V_OCSP_CERTSTATUS_UNKNOWN;
	ASN1_TIME *at = NULL;
	int reason = -1; /* RFC 6960 4.2.1: left out when none is told */
	bool is_added;

	if (code == V_OCSP_CERTSTATUS_REVOKED) {
		at = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(status->at_ms / 1000));
		if (at == NULL)
			return false;
		if (status->reason != VS_X509_REASON_UNSPECIFIED)
			reason = vs_x509_reason_number(status->reason);
	}
	is_added =
	    OCSP_basic_add1_status(basic, id, code, reason, at, this_update, next_update) != NULL;
	ASN1_TIME_free(at);
	return is_added;
}

static bool
fill(OCSP_BASICRESP *basic, const struct vs_x509_ocsp_request *request,
     const struct vs_x509_ocsp_status *statuses, const struct vs_x509_cert *issuer,
     ASN1_TIME *this_update, ASN1_TIME *next_update)
{
	for (size_t i = 0; i < request->count; i++) {
		if (!add_status(basic, item(request, i), &statuses[i],
		                vs_x509_ocsp_request_is_of(request, i, issuer), this_update,
		                next_update))
			return false;
	}
	return !request->has_nonce || OCSP_copy_nonce(basic, request->request) == 1;
}

static vs_result
append(OCSP_RESPONSE *response, struct vs_buf *der)
{
	unsigned char *data = NULL;
	int size = response != NULL ? i2d_OCSP_RESPONSE(response, &data) : 0;
	vs_result r = size > 0 ? vs_buf_append(der, data, (size_t)size) : VS_FAIL(NO_MEMORY);

	OPENSSL_free(data);
	return r;
}

static bool
may_sign(const struct vs_x509_cert *issuer, const struct vs_x509_cert *signer,
         const struct vs_x509_key *signer_key)
{
	return vs_x509_cert_fits(signer, signer_key) && vs_x509_cert_is_by(signer, issuer) &&
	       (X509_get_extension_flags(signer->x509) & EXFLAG_XKUSAGE) != 0 &&
	       X509_get_extended_key_usage(signer->x509) == XKU_OCSP_SIGN &&
	       X509_check_ca(signer->x509) == 0;
}

vs_result
vs_x509_ocsp_answer(const struct vs_x509_ocsp_request *request,
                    const struct vs_x509_ocsp_status *statuses, const struct vs_x509_cert *issuer,
                    const struct vs_x509_cert *signer, const struct vs_x509_key *signer_key,
                    int64_t this_update_ms, int64_t next_update_ms, struct vs_buf *der)
{
	ASN1_TIME *this_update = NULL, *next_update = NULL;
	OCSP_BASICRESP *basic = NULL;
	OCSP_RESPONSE *response = NULL;
	vs_result r = VS_FAIL(INTERNAL);

	assert(request != NULL && statuses != NULL && issuer != NULL && signer != NULL &&
	       der != NULL);
	if (this_update_ms < 0 || next_update_ms <= this_update_ms ||
	    next_update_ms - this_update_ms > VS_X509_OCSP_HOURS_MAX * HOUR_MS)
		return VS_FAIL(BAD_VALUE);
	if (!may_sign(issuer, signer, signer_key))
		return VS_FAIL(FORBIDDEN);
	this_update = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(this_update_ms / 1000));
	next_update = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(next_update_ms / 1000));
	basic = OCSP_BASICRESP_new();
	if (this_update == NULL || next_update == NULL || basic == NULL)
		goto out;
	if (!fill(basic, request, statuses, issuer, this_update, next_update) ||
	    OCSP_basic_sign(basic, signer->x509, signer_key->pkey,
	                    vs_x509_key_digest(signer_key->pkey), NULL, OCSP_RESPID_KEY) != 1)
		goto out;
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	r = append(response, der);
out:
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	ASN1_TIME_free(this_update);
	ASN1_TIME_free(next_update);
	ERR_clear_error();
	return r;
}

vs_result
vs_x509_ocsp_refuse(enum vs_x509_ocsp_refusal refusal, struct vs_buf *der)
{
	static const int codes[] = {
	    OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, OCSP_RESPONSE_STATUS_INTERNALERROR,
	    OCSP_RESPONSE_STATUS_TRYLATER, OCSP_RESPONSE_STATUS_UNAUTHORIZED};
	OCSP_RESPONSE *response = OCSP_response_create(codes[refusal], NULL);
	vs_result r = append(response, der);

	OCSP_RESPONSE_free(response);
	return r;
}
