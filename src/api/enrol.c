/* SPDX-License-Identifier: Apache-2.0 */
/* A device registers itself with its one-time token: POST /enrol, without a login. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/enrol_cert.h"
#include "api/state.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "crypto/digest.h"
#include "keys/keys.h"
#include "wire/base64.h"

#define TOKEN_SIZE_MAX  64
#define ANSWER_SIZE_MAX 65536

struct enrolling {
	struct vs_core_station station;
	struct vs_api_password password;
	uint8_t token_sha256[VS_SHA256_SIZE];
	uint64_t number;
	int64_t now_ms;
	const char *reason;              /* why not, for the operator; static */
	char csr[VS_LIMIT_CSR_SIZE + 1]; /* "": none */
	struct vs_api_enrol_cert cert;
	bool is_sealed;                /* it wants a psk, and to be held to sealed messages */
	struct vs_keys_device_key psk; /* epoch 0: none */
};

/* Whatever is wrong with the token or the name: the same answer. The reason is in the log. */
static void
refuse(const struct vs_api *api, struct vs_conn *conn, const char *request_id, const char *identity,
       const char *reason)
{
	char peer[VS_NET_PEER_TEXT_SIZE];
	struct vs_core_event event;

	vs_conn_peer_text(conn, peer);
	vs_metric_add(VS_METRIC_enrolments_refused_total, 1);
	VS_LOG(WARN, "enrol.refused", vs_bytes_from_text(identity[0] != '\0' ? identity : peer),
	       VS_LOG_STR("peer", peer), VS_LOG_STR("reason", reason));
	vs_core_event_init(&event, VS_EVENT_REFUSED, vs_clock_wall_ms());
	event.severity = VS_CORE_WARNING;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.station, sizeof(event.station), "%s", identity);
	vs_core_source_copy(peer, event.source);
	(void)snprintf(event.type, sizeof(event.type), "enrol_refused");
	(void)snprintf(event.detail, sizeof(event.detail), "%s: %.90s", peer, reason);
	api->options.events.publish(api->options.events.self, &event);
	vs_api_answer_problem(conn, request_id, VS_FAIL(NOT_AUTHENTIC), "the token is not good");
}

/* Of a station that was here before there may be one: whoever had it has it no longer. */
static vs_result
make_psk(const struct vs_api_read *read, struct enrolling *enrolling)
{
	const struct vs_core_station *station = &enrolling->station;
	const struct vs_keys_device device = {station->tenant, station->identity, VS_KEYS_PSK};
	struct vs_keys *keys = read->api->options.keys;
	struct vs_core_behalf behalf = read->behalf;
	vs_result r;

	if (keys == NULL)
		return VS_FAIL(UNSUPPORTED);
	behalf.name = "enrolment";
	r = vs_keys_device_create(keys, &device, &behalf, &enrolling->psk);
	if (r.code != VS_E_EXISTS)
		return r;
	VS_TRY(vs_keys_device_revoke(keys, &device, 0, &behalf, "the station registers anew"));
	return vs_keys_device_create(keys, &device, &behalf, &enrolling->psk);
}

/* In the pool: is the token good for this name, and the verifier of the new password. */
static vs_result
judge_token(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct enrolling *enrolling = read->arg;
	struct vs_core_enrolment enrolment;
	vs_result r;

	r = reader->enrolment(reader->self, enrolling->token_sha256, &enrolment);
	if (r.code == VS_E_NOT_FOUND)
		enrolling->reason = "there is no such token";
	if (r.code != VS_E_OK)
		return r;
	if (!vs_core_enrolment_allows(&enrolment, enrolling->station.identity, enrolling->now_ms,
	                              &enrolling->reason))
		return VS_FAIL(NOT_FOUND);
	memcpy(enrolling->station.tenant, enrolment.tenant, sizeof(enrolment.tenant));
	enrolling->station.auth = enrolment.auth;
	if (enrolment.auth != VS_CORE_AUTH_BASIC && enrolling->csr[0] == '\0') {
		(void)snprintf(
		    read->detail, sizeof(read->detail),
		    "csr: a request (PKCS #10, PEM) is expected, for this station proves "
		    "itself with a certificate");
		return VS_FAIL(MISSING);
	}
	if (enrolling->csr[0] != '\0')
		VS_TRY(vs_api_enrol_certify(read, &enrolling->station, enrolling->csr,
		                            &enrolling->cert));
	if (enrolment.auth == VS_CORE_AUTH_MTLS)
		return VS_OK; /* it has no password */
	return vs_api_verifier_make(&read->api->options.pepper, &enrolling->password,
	                            &enrolling->station);
}

static vs_result
judge(struct vs_api_read *read)
{
	struct enrolling *enrolling = read->arg;

	VS_TRY(judge_token(read));
	if (!enrolling->is_sealed)
		return VS_OK;
	enrolling->station.policy.e2e = VS_CORE_E2E_REQUIRE;
	return make_psk(read, enrolling);
}

/* As `voltseal key create` prints it, for the same file. */
static void
write_psk(struct vs_json_writer *json, const struct vs_keys_device_key *psk)
{
	char text[VS_BASE64_TEXT_SIZE(VS_KEYS_KEY_SIZE)];

	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(psk->key, sizeof(psk->key)), text,
	                       sizeof(text));
	vs_json_write_key(json, "psk");
	vs_json_write_object(json);
	vs_api_write_int(json, "epoch", psk->epoch);
	vs_api_write_text(json, "key", text);
	vs_json_write_object_end(json);
	explicit_bzero(text, sizeof(text));
}

static void
members_write(const struct vs_api *api, const struct enrolling *enrolling,
              struct vs_json_writer *json)
{
	const struct vs_core_station *station = &enrolling->station;
	char url[sizeof(api->station_url) + VS_CORE_IDENTITY_SIZE];

	(void)snprintf(url, sizeof(url), "%s%s", api->station_url, station->identity);
	vs_api_write_text(json, "identity", station->identity);
	vs_api_write_text(json, "auth", vs_core_auth_text(station->auth));
	if (station->has_verifier)
		vs_api_write_text(json, "password", enrolling->password.shown);
	if (enrolling->psk.epoch != 0)
		write_psk(json, &enrolling->psk);
	if (enrolling->cert.cert_id != 0)
		vs_api_write_enrol_cert(json, &enrolling->cert);
	vs_api_write_text(json, "url", url);
}

static vs_result
record_make(const struct vs_api *api, const struct enrolling *enrolling,
            struct vs_core_record **record_out)
{
	const struct vs_core_station *station = &enrolling->station;
	struct vs_core_record *record = NULL;
	struct vs_api_object answer;

	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	members_write(api, enrolling, &answer.json);
	VS_TRY(vs_api_object_record(&answer, VS_RECORD_enrol, station->tenant, station->identity,
	                            enrolling->now_ms, &record));
	record->u.enrol.station = *station;
	record->u.enrol.cert_id = enrolling->cert.cert_id;
	memcpy(record->u.enrol.token_sha256, enrolling->token_sha256,
	       sizeof(record->u.enrol.token_sha256));
	record->token = VS_API_THEN_CREATED | VS_API_THEN_REGISTRATION;
	*record_out = record;
	return VS_OK;
}

/* Back in the reactor: the store takes the use and adds the station in one transaction. */
static void
finish(struct vs_api_read *read, vs_result result)
{
	struct enrolling *enrolling = read->arg;
	struct vs_api_request request =
	    vs_api_read_request(read, enrolling->number, enrolling->now_ms);
	struct vs_core_record *record = NULL;
	struct vs_core_station other;

	memcpy(request.tenant, enrolling->station.tenant, sizeof(request.tenant));
	if (request.conn != NULL) {
		if (result.code == VS_E_OK &&
		    vs_core_registry_find(read->api->options.registry,
		                          vs_bytes_from_text(enrolling->station.identity), &other)
		            .code == VS_E_OK) {
			enrolling->reason = "the identity is registered already";
			result = VS_FAIL(NOT_FOUND);
		}
		if (result.code == VS_E_OK)
			result = record_make(read->api, enrolling, &record);
		if (result.code == VS_E_OK)
			vs_api_submit(read->api, &request, record); /* which undoes it, too */
		else if (result.code == VS_E_NOT_FOUND)
			refuse(read->api, request.conn, request.request_id,
			       enrolling->station.identity, enrolling->reason);
		else
			vs_api_answer_problem(request.conn, request.request_id, result,
			                      read->detail[0] != '\0' ? read->detail : NULL);
	}
	if (record == NULL && enrolling->cert.cert_id != 0)
		vs_api_enrol_undo(read->api, enrolling->cert.cert_id);
	vs_api_enrol_cert_done(&enrolling->cert);
	explicit_bzero(enrolling, sizeof(*enrolling));
}

static vs_result
prepare(const struct vs_api_request *request, struct enrolling *enrolling,
        char detail[static VS_API_DETAIL_SIZE])
{
	struct vs_core_station *station = &enrolling->station;
	char token[TOKEN_SIZE_MAX] = "";
	struct vs_api_field fields[] = {
	    {.name = "token", .is_required = true, .size = sizeof(token), .target = token},
	    {.name = "identity",
	     .is_required = true,
	     .size = sizeof(station->identity),
	     .target = station->identity},
	    {.name = "csr", .size = sizeof(enrolling->csr), .target = enrolling->csr},
	    {.name = "sealed", .type = VS_API_FIELD_BOOL, .target = &enrolling->is_sealed},
	};
	vs_result r = vs_api_body_read(request->body, fields, 4, detail);

	if (r.code == VS_E_OK &&
	    !vs_core_identity_is_valid(vs_bytes_from_text(station->identity))) {
		(void)snprintf(
		    detail, VS_API_DETAIL_SIZE,
		    "identity: 1 to 48 characters of A-Z a-z 0-9 * - _ = + | @ . are expected");
		r = VS_FAIL(BAD_VALUE);
	}
	if (r.code == VS_E_OK)
		r = vs_crypto_sha256(vs_bytes_from_text(token), enrolling->token_sha256);
	explicit_bzero(token, sizeof(token));
	station->is_enabled = true;
	station->created_ms = request->now_ms;
	enrolling->now_ms = request->now_ms;
	enrolling->number = request->number;
	vs_api_password_generate(&enrolling->password);
	return r;
}

void
vs_api_on_enrol(struct vs_api *api, const struct vs_api_request *request)
{
	struct enrolling *enrolling = calloc(1, sizeof(*enrolling));
	char detail[VS_API_DETAIL_SIZE] = "";
	vs_result r = VS_FAIL(NO_MEMORY);

	if (enrolling != NULL)
		r = prepare(request, enrolling, detail);
	if (r.code == VS_E_OK) {
		/* It is the read's from now on, whatever comes. */
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      VS_CORE_TENANT_DEFAULT, "", judge, finish, enrolling);
		enrolling = NULL;
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
	free(enrolling);
}
