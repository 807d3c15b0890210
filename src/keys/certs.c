/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/certs.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "keys/certs_inside.h"
#include "wire/base64.h"

#define DAY_MS    INT64_C(86400000)
#define DER_MAX   8192
#define LIFE_PART 60 /* per cent of a life after which it is renewed */
#define LATE_PART 5

/* --- making ---------------------------------------------------------------------------------- */

static vs_result
load_generations(struct vs_certs *certs)
{
	struct vs_keys_ca_view view;
	struct vs_buf der;
	vs_result r;

	VS_TRY(vs_keys_client_ca_view(certs->options.client, &view));
	certs->view = view;
	vs_buf_init(&der, DER_MAX);
	r = vs_keys_client_ca_cert(certs->options.client, view.current, VS_KEYS_CA_ISSUING, &der);
	vs_buf_done(&der);
	return r;
}

vs_result
vs_certs_reload(struct vs_certs *certs)
{
	return load_generations(certs);
}

vs_result
vs_certs_new(const struct vs_certs_options *options, struct vs_certs **certs_out)
{
	struct vs_certs *certs = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(options != NULL && options->keystore != NULL && options->store != NULL &&
	       options->client != NULL && options->now_ms != NULL && certs_out != NULL);
	certs = calloc(1, sizeof(*certs));
	if (certs == NULL)
		return r;
	certs->options = *options;
	certs->has_lock = pthread_mutex_init(&certs->lock, NULL) == 0;
	if (certs->has_lock)
		r = load_generations(certs);
	if (r.code == VS_E_OK)
		r = vs_certs_rotation_mend(certs);
	if (r.code != VS_E_OK) {
		vs_certs_free(&certs);
		return r;
	}
	*certs_out = certs;
	return VS_OK;
}

void
vs_certs_free(struct vs_certs **certs)
{
	assert(certs != NULL);
	if (*certs == NULL)
		return;
	for (size_t i = 0; i < VS_LIMIT_OCSP_CACHE; i++)
		vs_buf_done(&(*certs)->ocsp[i].der);
	if ((*certs)->has_lock)
		(void)pthread_mutex_destroy(&(*certs)->lock);
	free(*certs);
	*certs = NULL;
}

const struct vs_certstore *
vs_certs_store(const struct vs_certs *certs)
{
	return certs->options.store;
}

void
vs_certs_view(struct vs_certs *certs, struct vs_keys_ca_view *view_out)
{
	(void)pthread_mutex_lock(&certs->lock);
	*view_out = certs->view;
	(void)pthread_mutex_unlock(&certs->lock);
}

/* --- issuing --------------------------------------------------------------------------------- */

/* Why not, in words, before the key process is asked: it tells no more than an error. */
static vs_result
check(const struct vs_certs *certs, const struct vs_keys_certify *certify,
      char reason[static VS_CERTS_REASON_SIZE])
{
	struct vs_x509_csr *csr = NULL;
	struct vs_x509_csr_info info;
	const char *fault = NULL;
	vs_result r = vs_x509_csr_read(certify->csr, &fault, &csr);

	if (r.code == VS_E_OK) {
		vs_x509_csr_info(csr, &info);
		fault = vs_keys_certify_fault(&certs->view, certify, &info);
		if (fault != NULL)
			r = VS_FAIL(FORBIDDEN);
	}
	if (r.code != VS_E_OK)
		(void)snprintf(reason, VS_CERTS_REASON_SIZE, "the certification request: %s",
		               fault);
	vs_x509_csr_free(&csr);
	return r;
}

/* Locked. A generation's key never changes. */
static vs_result
issuer_of(struct vs_certs *certs, uint32_t generation, char issuer[static VS_CERT_HASH_SIZE])
{
	struct vs_x509_cert *cert = NULL;
	struct vs_x509_info info;
	struct vs_buf der;
	vs_result r;

	if (certs->issuer_generation == generation) {
		memcpy(issuer, certs->issuer, VS_CERT_HASH_SIZE);
		return VS_OK;
	}
	vs_buf_init(&der, DER_MAX);
	r = vs_keys_client_ca_cert(certs->options.client, generation, VS_KEYS_CA_ISSUING, &der);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_read_der(vs_buf_view(&der), &cert);
	if (r.code == VS_E_OK)
		r = vs_x509_info_get(cert, &info);
	if (r.code == VS_E_OK) {
		(void)vs_hex_encode(vs_bytes_from(info.spki_sha256, VS_SHA256_SIZE), issuer,
		                    VS_CERT_HASH_SIZE);
		memcpy(certs->issuer, issuer, VS_CERT_HASH_SIZE);
		certs->issuer_generation = generation;
	}
	vs_x509_cert_free(&cert);
	vs_buf_done(&der);
	return r;
}

static vs_result
fill_row(struct vs_certs *certs, const struct vs_certs_request *request, struct vs_bytes der,
         struct vs_cert_row *row)
{
	struct vs_x509_cert *cert = NULL;
	struct vs_x509_info info;
	uint32_t generation = request->certify.generation;
	vs_result r =
	    der.size <= sizeof(row->der) ? vs_x509_cert_read_der(der, &cert) : VS_FAIL(TOO_LONG);

	if (r.code == VS_E_OK)
		r = vs_x509_info_get(cert, &info);
	vs_x509_cert_free(&cert);
	if (r.code != VS_E_OK)
		return r;
	memset(row, 0, sizeof(*row));
	row->generation = generation != 0 ? generation : certs->view.current;
	VS_TRY(issuer_of(certs, row->generation, row->issuer));
	memcpy(row->serial, info.serial_hex, sizeof(row->serial));
	(void)snprintf(row->profile, sizeof(row->profile), "%s",
	               vs_x509_profile_text(request->certify.profile));
	memcpy(row->common_name, info.common_name, sizeof(row->common_name));
	(void)snprintf(row->tenant, sizeof(row->tenant), "%s", request->tenant);
	(void)snprintf(row->station, sizeof(row->station), "%s", request->station);
	(void)vs_hex_encode(vs_bytes_from(info.spki_sha256, VS_SHA256_SIZE), row->spki,
	                    sizeof(row->spki));
	(void)vs_hex_encode(vs_bytes_from(info.fingerprint, VS_SHA256_SIZE), row->fingerprint,
	                    sizeof(row->fingerprint));
	row->not_before_ms = info.not_before_ms;
	row->not_after_ms = info.not_after_ms;
	row->created_ms = row->state_ms = certs->options.now_ms();
	memcpy(row->der, der.data, der.size);
	row->der_size = der.size;
	return VS_OK;
}

struct vs_keystore_audit
vs_certs_audit(struct vs_certs *certs, const char *event, const struct vs_core_behalf *behalf,
               const char *object)
{
	struct vs_keystore_audit audit = {.at_ms = certs->options.now_ms(), .result = "ok"};

	(void)snprintf(audit.event, sizeof(audit.event), "%s", event);
	audit.behalf = behalf;
	(void)snprintf(audit.actor, sizeof(audit.actor), "%s", behalf->name);
	(void)snprintf(audit.object, sizeof(audit.object), "%s", object);
	return audit;
}

/* The new row, and the old one's end as the current one, in one transaction. */
static vs_result
store_new(struct vs_certs *certs, const struct vs_certs_request *request, struct vs_cert_row *row)
{
	const struct vs_keystore *keystore = certs->options.keystore;
	struct vs_keystore_change changes[2] = {{.kind = VS_KEYSTORE_CERT_ADD, .u.cert = row}};
	struct vs_cert_row *old = NULL;
	struct vs_keystore_audit audit;
	char object[VS_KEYS_TEXT_SIZE];
	size_t count = 1;
	vs_result r = VS_OK;

	(void)snprintf(object, sizeof(object), "%s %s %s", row->profile, row->common_name,
	               row->serial);
	audit = vs_certs_audit(certs, request->renews != 0 ? "cert.renew" : "cert.issue",
	                       request->behalf, object);
	(void)snprintf(audit.tenant, sizeof(audit.tenant), "%s", row->tenant);
	if (request->renews != 0) {
		old = calloc(1, sizeof(*old));
		if (old == NULL)
			return VS_FAIL(NO_MEMORY);
		r = certs->options.store->cert(certs->options.store->self, request->renews, old);
		if (r.code == VS_E_OK && old->state == VS_CERT_VALID) {
			old->state = VS_CERT_SUPERSEDED;
			old->state_ms = row->created_ms;
			changes[count++] =
			    (struct vs_keystore_change){.kind = VS_KEYSTORE_CERT_STEP,
			                                .from_cert = VS_CERT_VALID,
			                                .u.cert = old};
		}
	}
	if (r.code == VS_E_OK)
		r = vs_keystore_apply(keystore, changes, count, &audit, 1);
	free(old);
	return r;
}

vs_result
vs_certs_make_row(struct vs_certs *certs, const struct vs_certs_request *request,
                  struct vs_cert_row *row, char reason[static VS_CERTS_REASON_SIZE])
{
	struct vs_buf der;
	vs_result r;

	vs_buf_init(&der, DER_MAX);
	(void)snprintf(reason, VS_CERTS_REASON_SIZE, "the key process did not certify it");
	r = check(certs, &request->certify, reason);
	if (r.code == VS_E_OK)
		r = vs_keys_client_ca_certify(certs->options.client, &request->certify, &der);
	if (r.code == VS_E_OK)
		r = fill_row(certs, request, vs_buf_view(&der), row);
	vs_buf_done(&der);
	return r;
}

vs_result
vs_certs_issue(struct vs_certs *certs, const struct vs_certs_request *request,
               struct vs_cert_row *row_out, char reason[static VS_CERTS_REASON_SIZE])
{
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	vs_result r;

	assert(certs != NULL && request != NULL && row_out != NULL);
	if (row == NULL)
		return VS_FAIL(NO_MEMORY);
	(void)pthread_mutex_lock(&certs->lock);
	r = vs_certs_ready(certs, reason);
	if (r.code == VS_E_OK)
		r = vs_certs_make_row(certs, request, row, reason);
	if (r.code == VS_E_OK) {
		(void)snprintf(reason, VS_CERTS_REASON_SIZE, "it could not be written down");
		r = store_new(certs, request, row);
	}
	(void)pthread_mutex_unlock(&certs->lock);
	if (r.code == VS_E_OK)
		*row_out = *row;
	free(row);
	return r;
}

/* --- revoking -------------------------------------------------------------------------------- */

static vs_result
store_revoked(struct vs_certs *certs, struct vs_cert_row *row, enum vs_x509_reason reason,
              const struct vs_core_behalf *behalf, struct vs_keystore_revocation *revocation_out)
{
	const struct vs_keystore *keystore = certs->options.keystore;
	enum vs_cert_state from = row->state;
	struct vs_keystore_change changes[2] = {
	    {.kind = VS_KEYSTORE_CERT_STEP, .from_cert = from, .u.cert = row},
	    {.kind = VS_KEYSTORE_REVOCATION_ADD,
	     .u.revocation = {.kind = "certificate", .at_ms = certs->options.now_ms()}}};
	struct vs_keystore_revocation *revocation = &changes[1].u.revocation;
	struct vs_keystore_audit audit;
	char object[VS_KEYS_TEXT_SIZE];

	if (from == VS_CERT_REVOKED || from == VS_CERT_EXPIRED)
		return VS_FAIL(NOT_NOW);
	row->state = VS_CERT_REVOKED;
	row->state_ms = revocation->at_ms;
	(void)snprintf(row->reason, sizeof(row->reason), "%s", vs_x509_reason_text(reason));
	/* core/revocations.def: for everybody, so without a tenant. */
	(void)snprintf(revocation->subject, sizeof(revocation->subject), "%s:%s", row->issuer,
	               row->serial);
	(void)snprintf(revocation->reason, sizeof(revocation->reason), "%s", row->reason);
	(void)snprintf(object, sizeof(object), "%s %s %s", row->profile, row->common_name,
	               row->serial);
	audit = vs_certs_audit(certs, "cert.revoke", behalf, object);
	(void)snprintf(audit.tenant, sizeof(audit.tenant), "%s", row->tenant);
	(void)snprintf(audit.detail, sizeof(audit.detail), "%s", row->reason);
	VS_TRY(vs_keystore_apply(keystore, changes, 2, &audit, 1));
	*revocation_out = *revocation;
	return VS_OK;
}

vs_result
vs_certs_revoke(struct vs_certs *certs, int64_t cert_id, enum vs_x509_reason reason,
                const struct vs_core_behalf *behalf, struct vs_cert_row *row_out)
{
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	struct vs_keystore_revocation revocation;
	vs_result r, listed;

	assert(certs != NULL && row_out != NULL);
	if (row == NULL)
		return VS_FAIL(NO_MEMORY);
	(void)pthread_mutex_lock(&certs->lock);
	r = certs->options.store->cert(certs->options.store->self, cert_id, row);
	if (r.code == VS_E_OK)
		r = store_revoked(certs, row, reason, behalf, &revocation);
	if (r.code == VS_E_OK) {
		vs_certs_ocsp_forget(certs);
		/* Who is connected first, then the list for the others; a list that cannot be
		 * signed now is signed by the next sweep. */
		if (certs->options.revoked != NULL)
			certs->options.revoked(certs->options.arg, &revocation);
		listed = vs_certs_crl_renew(certs, row->generation, behalf);
		certs->is_crl_due = listed.code != VS_E_OK;
		*row_out = *row;
	}
	(void)pthread_mutex_unlock(&certs->lock);
	free(row);
	return r;
}

/* --- chains ---------------------------------------------------------------------------------- */

vs_result
vs_certs_ca_pem(struct vs_certs *certs, uint32_t generation, enum vs_keys_ca_cert which,
                struct vs_buf *pem)
{
	struct vs_x509_cert *cert = NULL;
	struct vs_buf der;
	vs_result r;

	vs_buf_init(&der, DER_MAX);
	r = vs_keys_client_ca_cert(certs->options.client, generation, which, &der);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_read_der(vs_buf_view(&der), &cert);
	if (r.code == VS_E_OK)
		r = vs_x509_cert_write(cert, pem);
	vs_x509_cert_free(&cert);
	vs_buf_done(&der);
	return r;
}

vs_result
vs_certs_chain(struct vs_certs *certs, uint32_t generation, struct vs_buf *pem)
{
	struct vs_keys_ca_view view;

	vs_certs_view(certs, &view);
	return vs_certs_ca_pem(certs, generation,
	                       generation != 0 && generation == view.next ? VS_KEYS_CA_CROSS_ISSUING
	                                                                  : VS_KEYS_CA_ISSUING,
	                       pem);
}

static vs_result
both(struct vs_certs *certs, enum vs_keys_ca_cert which, struct vs_buf *pem)
{
	struct vs_keys_ca_view view;

	vs_certs_view(certs, &view);
	VS_TRY(vs_certs_ca_pem(certs, view.current, which, pem));
	return view.next != 0 ? vs_certs_ca_pem(certs, view.next, which, pem) : VS_OK;
}

vs_result
vs_certs_roots(struct vs_certs *certs, struct vs_buf *pem)
{
	return both(certs, VS_KEYS_CA_ROOT, pem);
}

static bool
is_found(const struct vs_cert_row *row, void *arg)
{
	(void)row;
	*(bool *)arg = true;
	return false;
}

/* Does anybody still come with a certificate of this generation? */
static vs_result
is_living(struct vs_certs *certs, uint32_t generation, bool *is_living_out)
{
	const struct vs_certstore *store = certs->options.store;
	static const enum vs_cert_state states[] = {VS_CERT_VALID, VS_CERT_SUPERSEDED};
	bool is_any = false;

	for (size_t i = 0; i < 2 && !is_any; i++) {
		const struct vs_cert_query query = {.state = vs_cert_state_text(states[i]),
		                                    .ends_from_ms = certs->options.now_ms(),
		                                    .generation = generation,
		                                    .limit = 1};

		VS_TRY(store->certs(store->self, &query, is_found, &is_any));
	}
	*is_living_out = is_any;
	return VS_OK;
}

/* A change of the root does not lock out whoever has a certificate from before it. */
vs_result
vs_certs_issuers(struct vs_certs *certs, struct vs_buf *pem)
{
	struct vs_keys_ca_view view;

	VS_TRY(both(certs, VS_KEYS_CA_ISSUING, pem));
	vs_certs_view(certs, &view);
	for (uint32_t generation = view.current; generation-- > 1;) {
		bool is_any = false;

		VS_TRY(is_living(certs, generation, &is_any));
		if (is_any)
			VS_TRY(vs_certs_ca_pem(certs, generation, VS_KEYS_CA_ISSUING, pem));
	}
	return VS_OK;
}

/* --- time ------------------------------------------------------------------------------------ */

int64_t
vs_certs_due_ms(int64_t not_before_ms, int64_t not_after_ms, uint64_t seed)
{
	int64_t life_ms = not_after_ms - not_before_ms;
	/* Knuth's multiplicative hash: neighbouring seeds far apart. */
	int64_t late = (int64_t)((seed * UINT64_C(11400714819323198485)) >> 44); /* 20 bits */

	if (life_ms <= 0)
		return not_before_ms;
	return not_before_ms + life_ms / 100 * LIFE_PART +
	       life_ms / 100 * LATE_PART * late / (1 << 20);
}

int
vs_certs_threshold(int64_t not_after_ms, int64_t now_ms)
{
	static const int days[] = {0, 1, 7, 14, 30};

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (not_after_ms - now_ms <= days[i] * DAY_MS)
			return days[i];
	return -1;
}
