/* SPDX-License-Identifier: Apache-2.0 */
#include "api/enrol_cert.h"
#include "api/state.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define THEN_MASK 0xffu

/* It may show a password. It lies behind the record, in the same allocation. */
static void
reply_wipe(struct vs_core_record *record)
{
	const uint8_t *base = (const uint8_t *)record;

	if (record->reply.size > 0)
		explicit_bzero((uint8_t *)record + (record->reply.data - base), record->reply.size);
}

/* Does it change a registry entry? */
static bool
is_station(const struct vs_core_record *record)
{
	return record->kind == VS_RECORD_station_put || record->kind == VS_RECORD_station_remove ||
	       record->kind == VS_RECORD_enrol;
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

	if (is_station(record) && vs_map_get(api->changing, key) != NULL)
		r = VS_FAIL(NOT_NOW);
	if (r.code == VS_E_OK && is_station(record))
		r = vs_map_put(api->changing, key, api, NULL);
	if (r.code == VS_E_OK) {
		record->origin = api->options.origin;
		record->conn = vs_conn_get_id(request->conn);
		record->token |= request->number << VS_API_REQUEST_NUMBER_SHIFT;
		r = api->options.writer.submit(api->options.writer.self, record, 1);
		if (r.code == VS_E_OK)
			return;
		if (is_station(record))
			(void)vs_map_remove(api->changing, key);
	}
	undo(api, record);
	reply_wipe(record);
	vs_core_record_free(&record);
	vs_api_answer_problem(
	    request->conn, request->request_id, r,
	    r.code == VS_E_NOT_NOW ? "another change of this station is being written" : NULL);
}

vs_result
vs_api_submit_alone(struct vs_api *api, struct vs_core_record *record)
{
	struct vs_bytes key = vs_bytes_from_text(record->station);
	vs_result r;

	if (vs_map_get(api->changing, key) != NULL)
		return VS_FAIL(NOT_NOW);
	VS_TRY(vs_map_put(api->changing, key, api, NULL));
	record->origin = api->options.origin;
	r = api->options.writer.submit(api->options.writer.self, record, 1);
	if (r.code != VS_E_OK)
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

static void
apply(struct vs_api *api, const struct vs_core_record *record)
{
	const struct vs_port_commands *commands = &api->options.commands;
	const char *name = vs_core_record_name(record->kind);

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
	switch ((enum vs_api_then)(record->token & THEN_MASK)) {
	case VS_API_THEN_NOTHING:
		break;
	case VS_API_THEN_OK:
		vs_api_answer(conn, request_id, 200, "application/json", NULL, record->reply);
		break;
	case VS_API_THEN_CREATED:
		if (record->station[0] != '\0')
			(void)snprintf(location, sizeof(location),
			               "Location: /api/v1/stations/%s\r\n", record->station);
		vs_api_answer(conn, request_id, 201, "application/json", location, record->reply);
		break;
	case VS_API_THEN_NO_CONTENT:
		vs_api_answer(conn, request_id, 204, NULL, NULL, (struct vs_bytes){NULL, 0});
		break;
	}
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
		if (is_station(record))
			(void)vs_map_remove(api->changing, vs_bytes_from_text(record->station));
		if (record->kind == VS_RECORD_file_put)
			vs_api_await_committed(api, record);
		if (record->outcome == VS_E_OK)
			apply(api, record);
		else
			undo(api, record);
		answer(api, record, request_id);
		if ((record->token & VS_API_THEN_ROTATE) != 0)
			vs_api_rotation_committed(api, record);
		reply_wipe(record);
		vs_core_record_free(&record);
	}
}
