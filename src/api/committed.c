/* SPDX-License-Identifier: Apache-2.0 */
#include "api/audit.h"
#include "api/enrol_cert.h"
#include "api/state.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "crypto/digest.h"

/* It may show a password. It lies behind the record, in the same allocation. */
static void
reply_wipe(struct vs_core_record *record)
{
	const uint8_t *base = (const uint8_t *)record;

	if (record->reply.size > 0)
		explicit_bzero((uint8_t *)record + (record->reply.data - base), record->reply.size);
}

/* Does it change an entry that only one may change at a time? Its key is in `station`. */
static bool
is_guarded(const struct vs_core_record *record)
{
	return record->kind == VS_RECORD_station_put || record->kind == VS_RECORD_station_remove ||
	       record->kind == VS_RECORD_enrol || record->kind == VS_RECORD_user_put;
}

/* What was done for it before it was written. */
static void
undo(struct vs_api *api, const struct vs_core_record *record)
{
	if (record->kind == VS_RECORD_enrol && record->u.enrol.cert_id != 0)
		vs_api_enrol_undo(api, record->u.enrol.cert_id);
}

/* The record carries the whole continuation: who waits, what to answer, what to do. Nothing else is
 * kept but the identity, so that two changes of one station cannot overtake each other. */
void
vs_api_submit(struct vs_api *api, const struct vs_api_request *request,
              struct vs_core_record *record)
{
	struct vs_bytes key = vs_bytes_from_text(record->station);
	vs_result r = VS_OK;

	if (is_guarded(record) && vs_map_get(api->changing, key) != NULL)
		r = VS_FAIL(NOT_NOW);
	if (r.code == VS_E_OK && is_guarded(record))
		r = vs_map_put(api->changing, key, api, NULL);
	if (r.code == VS_E_OK) {
		record->origin = api->options.origin;
		record->conn = request->conn != NULL ? vs_conn_get_id(request->conn) : 0;
		record->token |= request->number << VS_API_REQUEST_NUMBER_SHIFT;
		r = api->options.writer.submit(api->options.writer.self, record, 1);
		if (r.code == VS_E_OK) {
			vs_api_audit_part_begin(api, request->request_id);
			return;
		}
		if (is_guarded(record))
			(void)vs_map_remove(api->changing, key);
	}
	undo(api, record);
	reply_wipe(record);
	vs_core_record_free(&record);
	if (request->conn != NULL)
		vs_api_answer_problem(
		    request->conn, request->request_id, r,
		    r.code == VS_E_NOT_NOW ? "another change of it is being written" : NULL);
}

void
vs_api_submit_or_answer(struct vs_api *api, const struct vs_api_request *request, vs_result r,
                        struct vs_core_record *record, const char *detail)
{
	if (r.code == VS_E_OK)
		vs_api_submit(api, request, record);
	else
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

vs_result
vs_api_submit_alone(struct vs_api *api, struct vs_core_record *record)
{
	struct vs_bytes key = vs_bytes_from_text(record->station);
	vs_result r;

	if (is_guarded(record) && vs_map_get(api->changing, key) != NULL)
		return VS_FAIL(NOT_NOW);
	if (is_guarded(record))
		VS_TRY(vs_map_put(api->changing, key, api, NULL));
	record->origin = api->options.origin;
	r = api->options.writer.submit(api->options.writer.self, record, 1);
	if (r.code != VS_E_OK && is_guarded(record))
		(void)vs_map_remove(api->changing, key);
	return r;
}

/* What the station said of itself may have changed while the record was on its way. */
static void
registry_put(struct vs_api *api, const struct vs_core_record *record)
{
	struct vs_core_station station = record->u.station_put, now;
	vs_result r =
	    vs_core_registry_find(api->options.registry, vs_bytes_from_text(record->station), &now);

	if (r.code == VS_E_OK) {
		memcpy(station.vendor, now.vendor, sizeof(station.vendor));
		memcpy(station.model, now.model, sizeof(station.model));
		memcpy(station.serial, now.serial, sizeof(station.serial));
		memcpy(station.firmware, now.firmware, sizeof(station.firmware));
		station.spoken = now.spoken;
		if (station.policy.profile_reached < now.policy.profile_reached)
			station.policy.profile_reached = now.policy.profile_reached;
		if ((record->token & VS_API_THEN_REGISTRATION) == 0)
			station.registration = now.registration;
	}
	r = vs_core_registry_put(api->options.registry, &station);
	if (r.code != VS_E_OK) /* it is stored: after a restart it is there */
		VS_LOG(ERROR, "registry.full", vs_bytes_from_text(record->station), VS_LOG_ERR(r));
}

static void
token_put(struct vs_api *api, const struct vs_core_record *record)
{
	struct vs_core_token_row row = {.expires_ms = record->u.token_put.expires_ms};
	vs_result r;

	(void)snprintf(row.tenant, sizeof(row.tenant), "%s", record->tenant);
	memcpy(row.token, record->u.token_put.token_text, sizeof(row.token));
	memcpy(row.type, record->u.token_put.type, sizeof(row.type));
	memcpy(row.status, record->u.token_put.status, sizeof(row.status));
	memcpy(row.group, record->u.token_put.group, sizeof(row.group));
	r = vs_core_registry_token_put(api->options.registry, &row);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "registry.token_full", vs_bytes_from_text("api"), VS_LOG_ERR(r));
}

/* Who may use the API. True: it was about that. */
static bool
apply_access(struct vs_api *api, const struct vs_core_record *record)
{
	struct vs_api_access *access = &api->auth.access;
	const char *user = record->u.user_put.id;
	vs_result r = VS_OK;

	if (record->kind == VS_RECORD_tenant_put) {
		vs_api_tenant_committed(api, &record->u.tenant_put);
	} else if (record->kind == VS_RECORD_user_put) {
		r = vs_api_access_put_user(access, &record->u.user_put);
		if ((record->token & VS_API_THEN_DISCONNECT) != 0)
			vs_api_logins_end(api, record->tenant, user);
	} else if (record->kind == VS_RECORD_user_remove) {
		vs_api_access_remove_user(access, record->tenant, user);
		vs_api_session_remove_of(&api->auth.sessions, record->tenant, user);
	} else if (record->kind == VS_RECORD_api_token_put) {
		/* What only says here that it was used was there already, or was withdrawn at
		 * another node since. */
		if (record->origin != api->options.origin ||
		    record->u.api_token_put.used_ms == VS_CORE_ABSENT)
			r = vs_api_access_put_token(access, &record->u.api_token_put);
	} else if (record->kind == VS_RECORD_api_token_remove) {
		vs_api_access_remove_token(access, record->tenant, record->u.api_token_put.id);
	} else if (record->kind == VS_RECORD_login_put) {
		/* What only says that it goes on was there already, or has ended since. */
		if (record->token != 0)
			vs_api_session_put(&api->auth.sessions, &record->u.login_put,
			                   record->received_ms);
	} else {
		return record->kind == VS_RECORD_login_remove;
	}
	if (r.code != VS_E_OK) /* it is stored: after a restart it is there */
		VS_LOG(ERROR, "access.full", vs_bytes_from_text(record->tenant), VS_LOG_ERR(r));
	return true;
}

static void
apply(struct vs_api *api, const struct vs_core_record *record)
{
	const struct vs_port_commands *commands = &api->options.commands;
	const char *name = vs_core_record_name(record->kind);

	if (apply_access(api, record)) {
		VS_LOG(INFO, "api.changed", vs_bytes_from_text(record->tenant),
		       VS_LOG_STR("what", name));
		return;
	}
	if (record->kind == VS_RECORD_station_put || record->kind == VS_RECORD_enrol)
		registry_put(api, record); /* enrol.station lies where station_put does */
	else if (record->kind == VS_RECORD_station_remove)
		vs_core_registry_remove(api->options.registry, record->station);
	else if (record->kind == VS_RECORD_token_put)
		token_put(api, record);
	if ((record->token & VS_API_THEN_DISCONNECT) != 0)
		commands->disconnect(commands->self, record->tenant, record->station, name);
	VS_LOG(INFO, "api.changed", vs_bytes_from_text(record->station), VS_LOG_STR("what", name));
}

static void
location_write(const struct vs_core_record *record, char location[static VS_API_PATH_SIZE])
{
	const char *folder = "stations", *name = record->station;

	if (record->kind == VS_RECORD_user_put) {
		folder = "users";
	} else if (record->kind == VS_RECORD_tenant_put) {
		folder = "tenants";
		name = record->u.tenant_put.tenant;
	}
	if (name[0] != '\0')
		(void)snprintf(location, VS_API_PATH_SIZE, "Location: /api/v1/%s/%s\r\n", folder,
		               name);
}

static void
answer(struct vs_api *api, struct vs_core_record *record, const char *request_id)
{
	struct vs_conn *conn = vs_net_find(api->net, record->conn);
	char location[VS_API_PATH_SIZE] = "";

	if (conn == NULL)
		return;
	if (record->outcome != VS_E_OK) {
		/* Two devices with one token, or one name: the later gets what a bad token gets. */
		if (record->kind == VS_RECORD_enrol && record->outcome == VS_E_CONFLICT)
			record->outcome = VS_E_NOT_AUTHENTIC;
		vs_api_answer_problem(conn, request_id, (vs_result){record->outcome}, NULL);
		return;
	}
	switch ((enum vs_api_then)(record->token & VS_API_THEN_MASK)) {
	case VS_API_THEN_NOTHING:
		break;
	case VS_API_THEN_OK:
		vs_api_answer(conn, request_id, 200, "application/json", NULL, record->reply);
		break;
	case VS_API_THEN_CREATED:
		location_write(record, location);
		vs_api_answer(conn, request_id, 201, "application/json", location, record->reply);
		break;
	case VS_API_THEN_COOKIE:
	case VS_API_THEN_PAGE:
		vs_api_login_committed(api, record, request_id);
		break;
	case VS_API_THEN_NO_CONTENT:
		vs_api_answer(conn, request_id, 204, NULL, NULL, (struct vs_bytes){NULL, 0});
		break;
	}
}

/* As a change here decides it (stations_change.c). */
static bool
ends_connection(const struct vs_api *api, const struct vs_core_record *record)
{
	const struct vs_core_station *after = &record->u.station_put;
	struct vs_core_station before;
	bool ends = record->kind == VS_RECORD_station_remove;

	if (record->kind != VS_RECORD_station_put ||
	    vs_core_registry_find(api->options.registry, vs_bytes_from_text(record->station),
	                          &before)
	            .code != VS_E_OK)
		return ends;
	ends = !after->is_enabled || after->auth != before.auth ||
	       after->registration == VS_CORE_REGISTRATION_REJECTED ||
	       after->has_fingerprint != before.has_fingerprint ||
	       !vs_bytes_equal(vs_bytes_from(after->fingerprint, sizeof(after->fingerprint)),
	                       vs_bytes_from(before.fingerprint, sizeof(before.fingerprint))) ||
	       vs_core_station_verifier_size(after) != vs_core_station_verifier_size(&before) ||
	       !vs_crypto_equal(after->verifier, before.verifier,
	                        vs_core_station_verifier_size(after)) ||
	       vs_api_policy_is_tighter(&before.policy, &after->policy);
	explicit_bzero(&before, sizeof(before));
	return ends;
}

void
vs_api_heard(struct vs_api *api, struct vs_core_record *list)
{
	while (list != NULL) {
		struct vs_core_record *record = list;

		list = record->next;
		record->next = NULL;
		record->token = VS_API_THEN_OK | VS_API_THEN_REGISTRATION;
		if (ends_connection(api, record))
			record->token |= VS_API_THEN_DISCONNECT;
		if (record->kind == VS_RECORD_login_remove)
			vs_api_session_remove(&api->auth.sessions, record->u.login_put.sha256);
		apply(api, record);
		vs_core_record_free(&record);
	}
}

static enum vs_core_audit_result
outcome_of(const struct vs_core_record *record)
{
	if (record->outcome != VS_E_OK)
		return VS_AUDIT_RESULT_ERROR;
	/* What follows is the station's to say. */
	return (record->token & VS_API_THEN_ROTATE) != 0 ? VS_AUDIT_RESULT_UNKNOWN
	                                                 : VS_AUDIT_RESULT_OK;
}

static bool
is_of_access(const struct vs_core_record *record)
{
	return record->kind == VS_RECORD_tenant_put || record->kind == VS_RECORD_user_put ||
	       record->kind == VS_RECORD_user_remove || record->kind == VS_RECORD_api_token_put ||
	       record->kind == VS_RECORD_api_token_remove || record->kind == VS_RECORD_login_put ||
	       record->kind == VS_RECORD_login_remove;
}

void
vs_api_committed(struct vs_api *api, struct vs_core_record *list)
{
	while (list != NULL) {
		struct vs_core_record *record = list;
		char request_id[VS_API_REQUEST_ID_SIZE];

		list = record->next;
		record->next = NULL;
		vs_api_request_id(record->token >> VS_API_REQUEST_NUMBER_SHIFT, request_id);
		if (is_guarded(record))
			(void)vs_map_remove(api->changing, vs_bytes_from_text(record->station));
		if (record->kind == VS_RECORD_file_put)
			vs_api_await_committed(api, record);
		if (is_of_access(record))
			(void)atomic_fetch_add(&api->access_changes, 1);
		if (record->outcome == VS_E_OK)
			apply(api, record);
		else
			undo(api, record);
		answer(api, record, request_id);
		if ((record->token & VS_API_THEN_ROTATE) != 0)
			vs_api_rotation_committed(api, record);
		vs_api_audit_part_end(api, request_id, outcome_of(record));
		reply_wipe(record);
		vs_core_record_free(&record);
	}
}
