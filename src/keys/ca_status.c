/* SPDX-License-Identifier: Apache-2.0 */
/* What the CA signs about its certificates: revocation lists and OCSP answers. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "keys/ca_inside.h"

#define DAY_MS      INT64_C(86400000)
#define HOUR_MS     INT64_C(3600000)
#define SIGNER_DAYS 7
#define SIGNER_LEFT DAY_MS /* made anew when it has less */
#define SKEW_MS     INT64_C(300000)

void
vs_keys_ca_crl_begin(struct vs_keys_ca *ca)
{
	ca->entry_count = 0;
}

vs_result
vs_keys_ca_crl_add(struct vs_keys_ca *ca, const struct vs_x509_crl_entry *entry)
{
	if (ca->entry_count == VS_LIMIT_CRL_ENTRIES)
		return VS_FAIL(BUSY);
	if (ca->entry_count == ca->entry_capacity) {
		size_t capacity = ca->entry_capacity > 0 ? 2 * ca->entry_capacity : 64;
		struct vs_x509_crl_entry *grown =
		    realloc(ca->entries, capacity * sizeof(*ca->entries));

		if (grown == NULL)
			return VS_FAIL(NO_MEMORY);
		ca->entries = grown;
		ca->entry_capacity = capacity;
	}
	ca->entries[ca->entry_count++] = *entry;
	return VS_OK;
}

vs_result
vs_keys_ca_crl_sign(struct vs_keys_ca *ca, uint32_t generation, int64_t number, uint32_t days,
                    int64_t now_ms, struct vs_bytes *list_out)
{
	const struct vs_keys_generation *found = vs_keys_ca_find(ca, generation);
	const struct vs_x509_crl_request request = {
	    .number = number,
	    .this_update_ms = now_ms - SKEW_MS,
	    .next_update_ms = now_ms + days * DAY_MS,
	    .entries = ca->entries,
	    .count = ca->entry_count,
	};
	struct vs_buf der;
	vs_result r;

	if (found == NULL)
		return VS_FAIL(NOT_FOUND);
	if (days < 1 || days >= VS_X509_CRL_DAYS_MAX)
		return VS_FAIL(BAD_VALUE);
	vs_buf_init(&der, VS_LIMIT_CRL_SIZE);
	r = vs_x509_crl_make(&request, found->certs[VS_KEYS_CA_ISSUING], found->issuing_key, &der);
	ca->entry_count = 0;
	if (r.code != VS_E_OK) {
		vs_buf_done(&der);
		return r;
	}
	vs_buf_done(&ca->crl);
	ca->crl = der;
	*list_out = vs_buf_view(&ca->crl);
	return VS_OK;
}

struct vs_bytes
vs_keys_ca_crl(const struct vs_keys_ca *ca)
{
	return vs_buf_view(&ca->crl);
}

/* --- OCSP ------------------------------------------------------------------------------------ */

static vs_result
have_signer(const struct vs_keys_ca *ca, struct vs_keys_generation *generation, int64_t now_ms)
{
	const struct vs_x509_request request = {
	    .profile = VS_X509_ocsp_signer,
	    .common_name = "Voltseal OCSP signer",
	    .organisation = ca->view.organisation,
	    .not_before_ms = now_ms - HOUR_MS,
	    .not_after_ms = now_ms + SIGNER_DAYS * DAY_MS,
	    .is_development = ca->view.is_development,
	};
	struct vs_x509_key *key = NULL;
	struct vs_x509_cert *cert = NULL;
	vs_result r;

	if (generation->ocsp_cert != NULL &&
	    vs_x509_cert_not_after_ms(generation->ocsp_cert) > now_ms + SIGNER_LEFT)
		return VS_OK;
	r = vs_x509_key_new(VS_X509_P256, &key);
	if (r.code == VS_E_OK)
		r = vs_x509_issue(&request, key, generation->certs[VS_KEYS_CA_ISSUING],
		                  generation->issuing_key, &cert);
	if (r.code != VS_E_OK) {
		vs_x509_key_free(&key);
		return r;
	}
	vs_x509_key_free(&generation->ocsp_key);
	vs_x509_cert_free(&generation->ocsp_cert);
	generation->ocsp_key = key;
	generation->ocsp_cert = cert;
	return VS_OK;
}

/* Whose certificates it asks about: the generation of the first that is ours. */
static struct vs_keys_generation *
asked_of(struct vs_keys_ca *ca, const struct vs_x509_ocsp_request *request)
{
	for (size_t i = 0; i < vs_x509_ocsp_request_count(request); i++)
		for (size_t k = 0; k < VS_KEYS_CA_GENERATIONS; k++)
			if (ca->generations[k].number != 0 &&
			    vs_x509_ocsp_request_is_of(
				request, i, ca->generations[k].certs[VS_KEYS_CA_ISSUING]))
				return &ca->generations[k];
	return NULL;
}

vs_result
vs_keys_ca_ocsp_sign(struct vs_keys_ca *ca, struct vs_bytes request_der,
                     const struct vs_x509_ocsp_status *statuses, size_t count, uint32_t hours,
                     int64_t now_ms, struct vs_buf *der)
{
	struct vs_x509_ocsp_request *request = NULL;
	struct vs_keys_generation *generation = NULL;
	vs_result r = vs_x509_ocsp_request_read(request_der, &request);

	if (r.code != VS_E_OK)
		return r;
	generation = asked_of(ca, request);
	if (generation == NULL)
		r = VS_FAIL(NOT_FOUND);
	else if (count != vs_x509_ocsp_request_count(request))
		r = VS_FAIL(BAD_VALUE);
	else
		r = have_signer(ca, generation, now_ms);
	if (r.code == VS_E_OK)
		r = vs_x509_ocsp_answer(request, statuses, generation->certs[VS_KEYS_CA_ISSUING],
		                        generation->ocsp_cert, generation->ocsp_key,
		                        now_ms - SKEW_MS, now_ms + hours * HOUR_MS - SKEW_MS, der);
	vs_x509_ocsp_request_free(&request);
	return r;
}
