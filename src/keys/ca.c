/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/ca.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/x509_csr.h"
#include "keys/ca_inside.h"

#define DAY_MS      INT64_C(86400000)
#define BACKDATE_MS INT64_C(3600000) /* a station's clock may be late */
#define CRL_PATH    "/crl/issuing.crl"
#define OCSP_PATH   "/ocsp"

void
vs_keys_generation_done(struct vs_keys_generation *generation)
{
	vs_x509_key_free(&generation->root_key);
	vs_x509_key_free(&generation->issuing_key);
	vs_x509_key_free(&generation->ocsp_key);
	vs_x509_cert_free(&generation->ocsp_cert);
	for (int i = 0; i < VS_KEYS_CA_CERTS; i++)
		vs_x509_cert_free(&generation->certs[i]);
	generation->number = 0;
}

struct vs_keys_generation *
vs_keys_ca_find(const struct vs_keys_ca *ca, uint32_t number)
{
	if (number == 0)
		number = ca->view.current;
	for (size_t i = 0; i < VS_KEYS_CA_GENERATIONS; i++)
		if (number != 0 && ca->generations[i].number == number)
			return (struct vs_keys_generation *)(uintptr_t)&ca->generations[i];
	return NULL;
}

vs_result
vs_keys_ca_open(struct vs_keys_vault *vault, struct vs_keys_ca **ca_out)
{
	struct vs_keys_ca *ca = NULL;
	vs_result r;

	assert(vault != NULL && ca_out != NULL);
	ca = calloc(1, sizeof(*ca));
	if (ca == NULL)
		return VS_FAIL(NO_MEMORY);
	ca->vault = vault;
	vs_buf_init(&ca->crl, VS_LIMIT_CRL_SIZE);
	r = vs_keys_ca_load(ca);
	if (r.code != VS_E_OK) {
		vs_keys_ca_free(&ca);
		return r;
	}
	*ca_out = ca;
	return VS_OK;
}

vs_result
vs_keys_ca_reload(struct vs_keys_ca *ca)
{
	struct vs_keys_ca fresh = {.vault = ca->vault};
	struct vs_keys_ca *gone;
	vs_result r = vs_keys_ca_load(&fresh);

	gone = r.code == VS_E_OK ? ca : &fresh;
	for (size_t i = 0; i < VS_KEYS_CA_GENERATIONS; i++)
		vs_keys_generation_done(&gone->generations[i]);
	if (r.code != VS_E_OK)
		return r;
	ca->view = fresh.view;
	ca->kind = fresh.kind;
	ca->policy_version = fresh.policy_version;
	memcpy(ca->generations, fresh.generations, sizeof(ca->generations));
	return VS_OK;
}

void
vs_keys_ca_free(struct vs_keys_ca **ca)
{
	assert(ca != NULL);
	if (*ca == NULL)
		return;
	for (size_t i = 0; i < VS_KEYS_CA_GENERATIONS; i++)
		vs_keys_generation_done(&(*ca)->generations[i]);
	free((*ca)->entries);
	vs_buf_done(&(*ca)->crl);
	free(*ca);
	*ca = NULL;
}

vs_result
vs_keys_ca_view(const struct vs_keys_ca *ca, struct vs_keys_ca_view *view_out)
{
	const struct vs_keys_generation *current = vs_keys_ca_find(ca, 0);

	if (current == NULL)
		return VS_FAIL(NOT_FOUND);
	*view_out = ca->view;
	view_out->has_root_key = current->root_key != NULL;
	return VS_OK;
}

vs_result
vs_keys_ca_cert(const struct vs_keys_ca *ca, uint32_t generation, enum vs_keys_ca_cert which,
                struct vs_buf *der)
{
	const struct vs_keys_generation *found = vs_keys_ca_find(ca, generation);

	if (found == NULL || which >= VS_KEYS_CA_CERTS || found->certs[which] == NULL)
		return VS_FAIL(NOT_FOUND);
	return vs_x509_cert_write_der(found->certs[which], der);
}

/* --- making a generation --------------------------------------------------------------------- */

static struct vs_x509_request
ca_request(const struct vs_keys_ca *ca, enum vs_x509_profile profile, uint32_t number,
           int64_t now_ms, char name[static VS_X509_NAME_SIZE])
{
	(void)snprintf(name, VS_X509_NAME_SIZE, "Voltseal %s%s CA G%u",
	               ca->view.is_development ? "DEV " : "",
	               profile == VS_X509_root ? "root" : "issuing", (unsigned)number);
	return (struct vs_x509_request){
	    .profile = profile,
	    .common_name = name,
	    .organisation = ca->view.organisation,
	    .not_before_ms = now_ms - BACKDATE_MS,
	    .not_after_ms = now_ms + vs_x509_profile_days(profile) * DAY_MS,
	    .is_development = ca->view.is_development,
	};
}

static vs_result
make_generation(const struct vs_keys_ca *ca, uint32_t number, int64_t now_ms,
                struct vs_keys_generation *generation)
{
	char name[VS_X509_NAME_SIZE];
	struct vs_x509_request request = ca_request(ca, VS_X509_root, number, now_ms, name);

	generation->number = number;
	VS_TRY(vs_x509_key_new(ca->kind, &generation->root_key));
	VS_TRY(vs_x509_key_new(ca->kind, &generation->issuing_key));
	VS_TRY(vs_x509_issue(&request, generation->root_key, NULL, NULL,
	                     &generation->certs[VS_KEYS_CA_ROOT]));
	request = ca_request(ca, VS_X509_issuing, number, now_ms, name);
	return vs_x509_issue(&request, generation->issuing_key, generation->certs[VS_KEYS_CA_ROOT],
	                     generation->root_key, &generation->certs[VS_KEYS_CA_ISSUING]);
}

/* Keys first, then the rule that makes them count: a crash between leaves files that the next try
 * replaces. */
static vs_result
save_new(struct vs_keys_ca *ca, const struct vs_keys_generation *generation)
{
	vs_result r = vs_keys_ca_remove_generation(ca, generation->number);

	if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND)
		return r;
	VS_TRY(vs_keys_ca_save_root_key(ca, generation));
	return vs_keys_ca_save_generation(ca, generation);
}

vs_result
vs_keys_ca_make(struct vs_keys_ca *ca, const struct vs_keys_ca_setup *setup, int64_t now_ms,
                const char **reason_out)
{
	struct vs_keys_generation generation = {.number = 0};
	vs_result r;

	*reason_out = "there is a CA already";
	if (ca->view.current != 0)
		return VS_FAIL(EXISTS);
	*reason_out = vs_keys_ca_setup_fault(setup);
	if (*reason_out != NULL)
		return VS_FAIL(BAD_VALUE);
	*reason_out = "its keys cannot be made or written";
	ca->kind = setup->kind;
	ca->view.is_development = setup->is_development;
	(void)snprintf(ca->view.organisation, sizeof(ca->view.organisation), "%s",
	               setup->organisation);
	(void)snprintf(ca->view.hosts, sizeof(ca->view.hosts), "%s", setup->hosts);
	(void)snprintf(ca->view.url, sizeof(ca->view.url), "%s", setup->url);
	r = make_generation(ca, 1, now_ms, &generation);
	if (r.code == VS_E_OK)
		r = save_new(ca, &generation);
	if (r.code == VS_E_OK) {
		ca->view.current = 1;
		r = vs_keys_ca_save_policy(ca);
	}
	if (r.code != VS_E_OK) {
		ca->view.current = 0;
		vs_keys_generation_done(&generation);
		return r;
	}
	ca->generations[0] = generation;
	return VS_OK;
}

/* --- certificates ---------------------------------------------------------------------------- */

static vs_result
issue(const struct vs_keys_ca *ca, const struct vs_keys_generation *generation,
      const struct vs_keys_certify *certify, const struct vs_x509_key *subject, int64_t now_ms,
      struct vs_buf *der, const char **reason_out)
{
	int64_t days = certify->days > 0 ? certify->days : vs_x509_profile_days(certify->profile);
	char crl_url[VS_X509_URL_SIZE + 32], ocsp_url[VS_X509_URL_SIZE + 32];
	bool has_url = ca->view.url[0] != '\0';
	bool is_server = certify->profile == VS_X509_server;
	const struct vs_x509_request request = {
	    .profile = certify->profile,
	    .common_name = is_server ? NULL : certify->common_name,
	    .hosts = is_server ? certify->hosts : NULL,
	    .organisation = ca->view.organisation,
	    .not_before_ms = now_ms - BACKDATE_MS,
	    .not_after_ms = now_ms + days * DAY_MS,
	    .crl_url = has_url ? crl_url : NULL,
	    .ocsp_url = has_url ? ocsp_url : NULL,
	    .is_development = ca->view.is_development,
	};
	struct vs_x509_cert *cert = NULL;
	vs_result r;

	(void)snprintf(crl_url, sizeof(crl_url), "%s" CRL_PATH, ca->view.url);
	(void)snprintf(ocsp_url, sizeof(ocsp_url), "%s" OCSP_PATH, ca->view.url);
	*reason_out = vs_x509_request_fault(&request);
	if (*reason_out != NULL)
		return VS_FAIL(BAD_VALUE);
	*reason_out = "the issuing CA may not sign it: is it over?";
	r = vs_x509_issue(&request, subject, generation->certs[VS_KEYS_CA_ISSUING],
	                  generation->issuing_key, &cert);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_write_der(cert, der);
	vs_x509_cert_free(&cert);
	return r;
}

vs_result
vs_keys_ca_certify(struct vs_keys_ca *ca, const struct vs_keys_certify *certify, int64_t now_ms,
                   struct vs_buf *der, const char **reason_out)
{
	const struct vs_keys_generation *generation = vs_keys_ca_find(ca, certify->generation);
	struct vs_x509_csr *csr = NULL;
	struct vs_x509_csr_info info;
	struct vs_x509_key *subject = NULL;
	vs_result r;

	*reason_out = "there is no CA of this generation that issues";
	if (generation == NULL ||
	    (generation->number != ca->view.current && generation->number != ca->view.next))
		return VS_FAIL(NOT_FOUND);
	r = vs_x509_csr_read(certify->csr, reason_out, &csr);
	if (r.code != VS_E_OK)
		return r;
	vs_x509_csr_info(csr, &info);
	*reason_out = vs_keys_certify_fault(&ca->view, certify, &info);
	if (*reason_out != NULL)
		r = VS_FAIL(FORBIDDEN);
	if (r.code == VS_E_OK)
		r = vs_x509_csr_key(csr, &subject);
	if (r.code == VS_E_OK)
		r = issue(ca, generation, certify, subject, now_ms, der, reason_out);
	vs_x509_key_free(&subject);
	vs_x509_csr_free(&csr);
	return r;
}

/* --- life of the root ------------------------------------------------------------------------ */

vs_result
vs_keys_ca_next(struct vs_keys_ca *ca, int64_t now_ms)
{
	const struct vs_keys_generation *current = vs_keys_ca_find(ca, 0);
	struct vs_keys_generation next = {.number = 0};
	struct vs_keys_generation *place = NULL;
	uint32_t number = ca->view.current + 1;
	vs_result r;

	if (current == NULL || current->root_key == NULL)
		return VS_FAIL(NOT_FOUND);
	if (ca->view.next != 0)
		return VS_FAIL(NOT_NOW);
	r = make_generation(ca, number, now_ms, &next);
	if (r.code == VS_E_OK)
		r = vs_x509_cross_sign(next.certs[VS_KEYS_CA_ROOT], current->certs[VS_KEYS_CA_ROOT],
		                       current->root_key, now_ms,
		                       &next.certs[VS_KEYS_CA_CROSS_ROOT]);
	if (r.code == VS_E_OK)
		r = vs_x509_cross_sign(next.certs[VS_KEYS_CA_ISSUING],
		                       current->certs[VS_KEYS_CA_ROOT], current->root_key, now_ms,
		                       &next.certs[VS_KEYS_CA_CROSS_ISSUING]);
	if (r.code == VS_E_OK)
		r = save_new(ca, &next);
	if (r.code == VS_E_OK) {
		ca->view.next = number;
		r = vs_keys_ca_save_policy(ca);
	}
	if (r.code != VS_E_OK) {
		ca->view.next = 0;
		vs_keys_generation_done(&next);
		return r;
	}
	place = &ca->generations[(number - 1) % VS_KEYS_CA_GENERATIONS];
	vs_keys_generation_done(place);
	*place = next;
	return VS_OK;
}

vs_result
vs_keys_ca_promote(struct vs_keys_ca *ca)
{
	struct vs_keys_ca_view before = ca->view;
	vs_result r;

	if (ca->view.next == 0)
		return VS_FAIL(NOT_FOUND);
	ca->view.current = ca->view.next;
	ca->view.next = 0;
	r = vs_keys_ca_save_policy(ca);
	if (r.code != VS_E_OK)
		ca->view = before;
	return r;
}

vs_result
vs_keys_ca_drop(struct vs_keys_ca *ca)
{
	uint32_t number = ca->view.next;
	vs_result r;

	if (number == 0)
		return VS_FAIL(NOT_FOUND);
	ca->view.next = 0;
	r = vs_keys_ca_save_policy(ca);
	if (r.code != VS_E_OK) {
		ca->view.next = number;
		return r;
	}
	vs_keys_generation_done(vs_keys_ca_find(ca, number));
	return vs_keys_ca_remove_generation(ca, number);
}

vs_result
vs_keys_ca_export_root(struct vs_keys_ca *ca, struct vs_secret *passphrase, struct vs_buf *pem)
{
	const struct vs_keys_generation *current = vs_keys_ca_find(ca, 0);

	if (current == NULL || current->root_key == NULL)
		return VS_FAIL(NOT_FOUND);
	return vs_x509_key_write_sealed(current->root_key, passphrase, pem);
}

vs_result
vs_keys_ca_forget_root(struct vs_keys_ca *ca)
{
	struct vs_keys_generation *current = vs_keys_ca_find(ca, 0);

	if (current == NULL || current->root_key == NULL)
		return VS_FAIL(NOT_FOUND);
	VS_TRY(vs_keys_ca_remove_root_key(ca, current->number));
	vs_x509_key_free(&current->root_key);
	return VS_OK;
}

vs_result
vs_keys_ca_import_root(struct vs_keys_ca *ca, struct vs_bytes pem, struct vs_secret *passphrase)
{
	struct vs_keys_generation *current = vs_keys_ca_find(ca, 0);
	struct vs_x509_key *key = NULL;
	vs_result r;

	if (current == NULL)
		return VS_FAIL(NOT_FOUND);
	if (current->root_key != NULL)
		return VS_FAIL(EXISTS);
	VS_TRY(vs_x509_key_read_sealed(pem, passphrase, &key));
	if (!vs_x509_cert_fits(current->certs[VS_KEYS_CA_ROOT], key)) {
		vs_x509_key_free(&key);
		return VS_FAIL(FORBIDDEN);
	}
	current->root_key = key;
	r = vs_keys_ca_save_root_key(ca, current);
	if (r.code != VS_E_OK)
		vs_x509_key_free(&current->root_key);
	return r;
}
