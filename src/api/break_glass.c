/* SPDX-License-Identifier: Apache-2.0 */
/* When nobody can log in any more: the operator certificate that voltseald init made, shown in the
 * TLS handshake, opens a short session with every right. Each such login is a critical event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/certificates.h"
#include "base/clock.h"
#include "base/log.h"
#include "wire/base64.h"

#define MARK   "break-glass" /* the common name; only we issue the profile, and only to operators */
#define AGE_MS INT64_C(3600000)

struct shown {
	char serial[VS_CERT_SERIAL_SIZE], issuer[VS_CERT_HASH_SIZE], fingerprint[VS_CERT_HASH_SIZE];
	const char *why; /* not; static */
	uint64_t number; /* of the request */
};

/* What the CA knows of it counts, not what it says of itself. */
static const char *
fault_of(const struct vs_cert_row *row, const struct shown *shown, int64_t now_ms)
{
	if (strcmp(row->fingerprint, shown->fingerprint) != 0)
		return "it is not the one that was issued under its number";
	if (strcmp(row->profile, "operator") != 0)
		return "it is not an operator's";
	if (strcmp(row->common_name, MARK) != 0)
		return "it is not for break-glass";
	if (row->state != VS_CERT_VALID || row->not_after_ms <= now_ms)
		return "it is revoked or over";
	return NULL;
}

static vs_result
judge(struct vs_api_read *read)
{
	const struct vs_certstore *store = vs_certs_store(read->api->options.certs);
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	struct shown *shown = read->arg;
	vs_result r = VS_FAIL(NO_MEMORY);

	if (row != NULL)
		r = store->find(store->self, shown->serial, shown->issuer, row);
	if (r.code == VS_E_OK)
		shown->why = fault_of(row, shown, vs_clock_wall_ms());
	else if (r.code == VS_E_NOT_FOUND)
		shown->why = "it was not issued here";
	free(row);
	if (r.code == VS_E_NOT_FOUND || shown->why != NULL)
		return VS_FAIL(NOT_AUTHENTIC);
	return r;
}

/* Whoever looks later sees it, too. */
static void
keep(const struct vs_api *api, const struct vs_core_event *event)
{
	const struct vs_port_writer *writer = &api->options.writer;
	struct vs_core_record *record = NULL;
	struct vs_json_writer json;
	struct vs_buf payload;
	vs_result r;

	vs_buf_init(&payload, 1024);
	vs_json_write_begin(&json, &payload);
	vs_json_write_object(&json);
	vs_api_write_text(&json, "from", event->detail);
	vs_json_write_object_end(&json);
	r = vs_json_write_end(&json);
	if (r.code == VS_E_OK)
		r = vs_core_record_new(VS_RECORD_security_event, event->tenant, "", event->at_ms,
		                       vs_buf_view(&payload), vs_bytes_from(NULL, 0), &record);
	vs_buf_done(&payload);
	if (r.code == VS_E_OK) {
		memcpy(record->u.event.type, event->type, sizeof(record->u.event.type));
		record->u.event.severity = event->severity;
		record->u.event.at_ms = event->at_ms;
		record->origin = api->options.origin;
		r = writer->submit(writer->self, record, 1);
		if (r.code != VS_E_OK)
			vs_core_record_free(&record);
	}
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "api.event_not_kept", vs_bytes_from_text(event->type), VS_LOG_ERR(r));
}

static void
tell(const struct vs_api *api, const struct vs_conn *conn, const struct shown *shown, bool is_in)
{
	char peer[VS_NET_PEER_TEXT_SIZE];
	struct vs_core_event event;

	vs_conn_peer_text(conn, peer);
	VS_LOG(WARN, is_in ? "api.break_glass" : "api.break_glass_refused",
	       vs_bytes_from_text("operator"), VS_LOG_STR("peer", peer),
	       VS_LOG_STR("serial", shown->serial),
	       VS_LOG_STR("reason", shown->why != NULL ? shown->why : ""));
	vs_core_event_init(&event, VS_EVENT_SECURITY, vs_clock_wall_ms());
	event.severity = VS_CORE_CRITICAL;
	event.is_kept = true;
	vs_core_source_copy(peer, event.source);
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.type, sizeof(event.type), "%s",
	               is_in ? "operator.break_glass" : "operator.break_glass_refused");
	(void)snprintf(event.detail, sizeof(event.detail), "%s, certificate %s", peer,
	               shown->serial);
	api->options.events.publish(api->options.events.self, &event);
	keep(api, &event);
}

static void
finish(struct vs_api_read *read, vs_result result)
{
	const struct shown *shown = read->arg;
	struct vs_api_request request = {.conn = vs_net_find(read->api->net, read->conn),
	                                 .number = shown->number,
	                                 .now_ms = vs_clock_wall_ms()};
	struct vs_core_login who = {.role = VS_ROLE_ADMINISTRATOR};

	if (request.conn == NULL)
		return;
	vs_api_request_id(request.number, request.request_id);
	tell(read->api, request.conn, shown, result.code == VS_E_OK);
	if (result.code != VS_E_OK) {
		vs_api_answer_problem(request.conn, request.request_id, result, NULL);
		return;
	}
	/* It is as old already as it may not become any more. */
	who.created_ms = request.now_ms - (VS_API_SESSION_AGE_MS - AGE_MS);
	(void)snprintf(who.tenant, sizeof(who.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	memcpy(request.tenant, who.tenant, sizeof(request.tenant));
	vs_api_login_begin(read->api, &request, &who, false);
}

void
vs_api_on_login_certificate(struct vs_api *api, const struct vs_api_request *request)
{
	struct shown *shown = NULL;
	struct vs_tls_peer peer;
	vs_result r;

	if (vs_api_certs_missing(api, request))
		return;
	/* A page elsewhere could have the browser show it. */
	r = vs_api_auth_is_same_origin(request->http) ? vs_conn_tls_peer(request->conn, &peer)
	                                              : VS_FAIL(FORBIDDEN);
	if (r.code == VS_E_NOT_FOUND) {
		vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(NOT_AUTHENTIC),
		                      "the connection showed no client certificate");
		return;
	}
	if (r.code == VS_E_OK) {
		shown = calloc(1, sizeof(*shown));
		r = shown != NULL ? VS_OK : VS_FAIL(NO_MEMORY);
	}
	if (r.code == VS_E_OK) {
		shown->number = request->number;
		memcpy(shown->serial, peer.serial_hex, sizeof(shown->serial));
		(void)vs_hex_encode(vs_bytes_from(peer.issuer_spki, sizeof(peer.issuer_spki)),
		                    shown->issuer, sizeof(shown->issuer));
		(void)vs_hex_encode(vs_bytes_from(peer.fingerprint, sizeof(peer.fingerprint)),
		                    shown->fingerprint, sizeof(shown->fingerprint));
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id, "",
		                      "", judge, finish, shown);
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}
