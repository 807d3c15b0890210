/* SPDX-License-Identifier: Apache-2.0 */
/* What a device is given: a certificate for its own key, and the secrets of its channels. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "crypto/password.h"
#include "crypto/x509_csr.h"
#include "onboard/inside.h"
#include "wire/base64.h"

#define LEFT_MAX     8
#define TOKEN_PREFIX "vst_"
#define TOKEN_RANDOM 44 /* 43 characters of [A-Za-z0-9]: 256 bits */

/* --- the certificate
 * ------------------------------------------------------------------------------ */

static vs_result
take_certificate(struct vs_onboard *onboard, const struct vs_cert_row *row,
                 struct vs_provision_response *response)
{
	struct vs_x509_cert *leaf = NULL;
	vs_result r = vs_x509_cert_read_der(vs_bytes_from(row->der, row->der_size), &leaf);

	if (r.code == VS_E_OK)
		r = vs_x509_cert_write(leaf, &response->certificate);
	if (r.code == VS_E_OK)
		r = vs_certs_chain(onboard->options.certs, row->generation, &response->chain);
	vs_x509_cert_free(&leaf);
	return r;
}

struct left {
	char spki[VS_CERT_HASH_SIZE];
	struct vs_cert_row *row;
	bool is_found;
};

static bool
left_row(const struct vs_cert_row *row, void *arg)
{
	struct left *left = arg;

	if (strcmp(row->spki, left->spki) != 0)
		return true;
	*left->row = *row;
	left->is_found = true;
	return false;
}

/* The CA's commit is not ours: who was killed between the two has made a certificate that nobody
 * was given. The same key asks for it again, and gets it. */
static vs_result
find_left(struct vs_onboard *onboard, const struct vs_core_claim *claim, struct vs_bytes csr,
          struct left *left)
{
	const struct vs_certstore *store = vs_certs_store(onboard->options.certs);
	const struct vs_cert_query query = {.tenant = claim->tenant,
	                                    .station = claim->identity,
	                                    .state = vs_cert_state_text(VS_CERT_VALID),
	                                    .after = claim->cert_id,
	                                    .limit = LEFT_MAX};
	struct vs_x509_csr_info info;
	struct vs_x509_csr *read = NULL;

	if (vs_x509_csr_read(csr, NULL, &read).code != VS_E_OK)
		return VS_OK; /* the CA says why not */
	vs_x509_csr_info(read, &info);
	vs_x509_csr_free(&read);
	(void)vs_hex_encode(vs_bytes_from(info.spki_sha256, sizeof(info.spki_sha256)), left->spki,
	                    sizeof(left->spki));
	return store->certs(store->self, &query, left_row, left);
}

static vs_result
issue(struct vs_onboard *onboard, const struct vs_onboard_case *one, struct vs_bytes csr,
      struct vs_cert_row *row, char reason[static VS_CERTS_REASON_SIZE])
{
	const struct vs_certs_request request = {
	    .certify = {.profile = VS_X509_station, .common_name = one->claim.identity, .csr = csr},
	    .tenant = one->claim.tenant,
	    .station = one->claim.identity,
	    .behalf = one->behalf,
	    .renews = one->claim.cert_id,
	};
	struct left left = {.row = row};

	VS_TRY(find_left(onboard, &one->claim, csr, &left));
	return left.is_found ? VS_OK
	                     : vs_certs_issue(onboard->options.certs, &request, row, reason);
}

vs_result
vs_onboard_certify(struct vs_onboard *onboard, struct vs_onboard_case *one, struct vs_bytes csr)
{
	char reason[VS_CERTS_REASON_SIZE] = "";
	struct vs_cert_row *row;
	vs_result r;

	if (onboard->options.certs == NULL) {
		one->reason = "there is no CA here";
		return VS_FAIL(UNSUPPORTED);
	}
	row = calloc(1, sizeof(*row));
	if (row == NULL)
		return VS_FAIL(NO_MEMORY);
	r = issue(onboard, one, csr, row, reason);
	if (r.code == VS_E_OK) {
		one->claim.cert_id = row->cert_id;
		r = take_certificate(onboard, row, &one->response);
	} else {
		one->reason = "its certification request cannot be granted";
		VS_LOG(WARN, "provision.csr_refused", vs_bytes_from_text(one->claim.id),
		       VS_LOG_STR("reason", reason), VS_LOG_ERR(r));
	}
	free(row);
	return r;
}

void
vs_onboard_certify_undo(struct vs_onboard *onboard, const struct vs_onboard_case *one)
{
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (row != NULL)
		r = vs_certs_revoke(onboard->options.certs, one->claim.cert_id,
		                    VS_X509_REASON_WITHDRAWN, one->behalf, row);
	free(row);
	VS_LOG(WARN, r.code == VS_E_OK ? "provision.cert_revoked" : "provision.cert_not_revoked",
	       VS_BYTES_LITERAL("provision"), VS_LOG_NUM("cert", one->claim.cert_id),
	       VS_LOG_ERR(r));
}

/* --- stations and charge points
 * ------------------------------------------------------------------- */

static vs_result
give_password(struct vs_onboard *onboard, struct vs_core_station *station,
              struct vs_provision_response *response)
{
	const struct vs_port_pepper *pepper = &onboard->options.pepper;
	uint8_t verifier[VS_CORE_PEPPERED_SIZE];
	uint32_t version = 0;

	vs_random_text(response->password, VS_CRYPTO_PASSWORD_TEXT_SIZE);
	VS_TRY(pepper->verifier(pepper->self, 0, vs_bytes_from_text(station->tenant),
	                        vs_bytes_from_text(station->identity),
	                        vs_bytes_from_text(response->password), verifier, &version));
	(void)vs_core_station_verifier_set(station, VS_CORE_VERIFIER_PEPPERED, version,
	                                   vs_bytes_from(verifier, sizeof(verifier)));
	explicit_bzero(verifier, sizeof(verifier));
	return VS_OK;
}

/* Whoever had one before has it no longer. */
static vs_result
give_psk(struct vs_onboard *onboard, struct vs_onboard_case *one,
         const struct vs_core_station *station)
{
	const struct vs_keys_device device = {station->tenant, station->identity, VS_KEYS_PSK};
	struct vs_provision_response *response = &one->response;
	struct vs_keys *keys = onboard->options.keys;
	struct vs_keys_device_key psk;
	vs_result r = vs_keys_device_create(keys, &device, one->behalf, &psk);

	if (r.code == VS_E_EXISTS) {
		VS_TRY(vs_keys_device_revoke(keys, &device, 0, one->behalf,
		                             "the device is provisioned anew"));
		r = vs_keys_device_create(keys, &device, one->behalf, &psk);
	}
	VS_TRY(r);
	static_assert(sizeof(response->psk) == sizeof(psk.key), "one size");
	memcpy(response->psk, psk.key, sizeof(psk.key));
	response->psk_epoch = psk.epoch;
	explicit_bzero(&psk, sizeof(psk));
	return VS_OK;
}

static vs_result
make_station(struct vs_onboard *onboard, struct vs_onboard_case *one, struct vs_bytes csr,
             struct vs_core_station *station)
{
	const bool is_framed = one->claim.kind == VS_CORE_CLAIM_FRAMED;
	struct vs_core_station before;

	/* Of a station that was here its rules stay, and its credentials go. */
	if (vs_core_registry_find(onboard->options.registry,
	                          vs_bytes_from_text(one->claim.identity), &before)
	        .code == VS_E_OK)
		station->policy = before.policy;
	(void)snprintf(station->tenant, sizeof(station->tenant), "%s", one->claim.tenant);
	(void)snprintf(station->identity, sizeof(station->identity), "%s", one->claim.identity);
	station->auth = is_framed ? VS_CORE_AUTH_BASIC : one->claim.auth;
	station->is_enabled = true;
	station->created_ms = one->now_ms;
	if (!is_framed && vs_core_auth_has_certificate(station->auth) && csr.size == 0) {
		one->reason =
		    "it has to prove itself with a certificate and sent no request for one";
		return VS_FAIL(MISSING);
	}
	if (csr.size > 0)
		VS_TRY(vs_onboard_certify(onboard, one, csr));
	if (is_framed) {
		station->policy.e2e = VS_CORE_E2E_REQUIRE;
		return give_psk(onboard, one, station);
	}
	(void)snprintf(one->response.auth, sizeof(one->response.auth), "%s",
	               vs_core_auth_text(station->auth));
	return vs_core_auth_has_password(station->auth)
	           ? give_password(onboard, station, &one->response)
	           : VS_OK;
}

/* --- sensor devices
 * ------------------------------------------------------------------------------- */

static vs_result
make_sensor(struct vs_onboard *onboard, struct vs_onboard_case *one,
            const struct vs_provision_request *request, struct vs_core_sensor *sensor)
{
	char *token = one->response.token;

	(void)snprintf(sensor->tenant, sizeof(sensor->tenant), "%s", one->claim.tenant);
	(void)snprintf(sensor->device, sizeof(sensor->device), "%s", one->claim.identity);
	memcpy(token, TOKEN_PREFIX, sizeof(TOKEN_PREFIX));
	vs_random_text(token + sizeof(TOKEN_PREFIX) - 1, TOKEN_RANDOM);
	VS_TRY(vs_crypto_sha256(vs_bytes_from_text(token), sensor->token_sha256));
	memcpy(sensor->public_key, request->pub_kem, sizeof(sensor->public_key));
	sensor->has_public_key = one->claim.has_key; /* of E1 there is none */
	sensor->has_token = sensor->is_enabled = true;
	sensor->created_ms = one->now_ms;
	return request->csr.size > 0 ? vs_onboard_certify(onboard, one, vs_buf_view(&request->csr))
	                             : VS_OK;
}

/* --- any
 * ------------------------------------------------------------------------------------------ */

static void
set_url(const struct vs_onboard *onboard, struct vs_onboard_case *one)
{
	const struct vs_onboard_options *options = &onboard->options;
	char *url = one->response.url;
	const size_t size = sizeof(one->response.url);

	switch (one->claim.kind) {
	case VS_CORE_CLAIM_STATION:
		(void)snprintf(url, size, "%s%s", options->station_url, one->claim.identity);
		break;
	case VS_CORE_CLAIM_FRAMED:
		(void)snprintf(url, size, "%s", options->framed_url);
		break;
	case VS_CORE_CLAIM_SENSOR:
		(void)snprintf(url, size, "%s", options->sensor_url);
		break;
	case VS_CORE_CLAIM_KINDS:
		break;
	}
}

vs_result
vs_onboard_credentials(struct vs_onboard *onboard, struct vs_onboard_case *one,
                       const struct vs_provision_request *request, struct vs_core_record *record)
{
	struct vs_provision_response *response = &one->response;

	assert(onboard != NULL && one != NULL && request != NULL && record != NULL);
	(void)snprintf(response->kind, sizeof(response->kind), "%s",
	               vs_core_claim_kind_text(one->claim.kind));
	(void)snprintf(response->tenant, sizeof(response->tenant), "%s", one->claim.tenant);
	(void)snprintf(response->device, sizeof(response->device), "%s", one->claim.identity);
	if (onboard->options.certs != NULL)
		VS_TRY(vs_certs_roots(onboard->options.certs, &response->ca));
	set_url(onboard, one);
	if (one->claim.kind == VS_CORE_CLAIM_SENSOR)
		return make_sensor(onboard, one, request, &record->u.provision.device.sensor);
	return make_station(onboard, one, vs_buf_view(&request->csr),
	                    &record->u.provision.device.station);
}
