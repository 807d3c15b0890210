/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <stdio.h>

#include "core/transaction.h"
#include "wire/base64.h"

void
vs_api_write_time(struct vs_json_writer *json, const char *key, int64_t time_ms)
{
	vs_json_write_key(json, key);
	if (time_ms == VS_CORE_ABSENT)
		vs_json_write_null(json);
	else
		vs_json_write_time(json, time_ms);
}

void
vs_api_write_int(struct vs_json_writer *json, const char *key, int64_t value)
{
	vs_json_write_key(json, key);
	if (value == VS_CORE_ABSENT)
		vs_json_write_null(json);
	else
		vs_json_write_int(json, value);
}

void
vs_api_write_text(struct vs_json_writer *json, const char *key, const char *text)
{
	vs_json_write_key(json, key);
	if (text[0] == '\0')
		vs_json_write_null(json);
	else
		vs_json_write_text(json, text);
}

static void
write_bool(struct vs_json_writer *json, const char *key, bool value)
{
	vs_json_write_key(json, key);
	vs_json_write_bool(json, value);
}

/* Only of a row whose sealed values could not be opened; they are null then. */
static void
write_reading(struct vs_json_writer *json, enum vs_core_reading reading)
{
	if (reading != VS_CORE_READ_WHOLE)
		vs_api_write_text(json, "unreadable", vs_core_reading_text(reading));
}

/* A payload that was validated when it came in; empty is null. */
static void
write_raw(struct vs_json_writer *json, const char *key, struct vs_bytes raw)
{
	vs_json_write_key(json, key);
	if (raw.size == 0)
		vs_json_write_null(json);
	else
		vs_json_write_raw(json, raw);
}

static void
spoken_write(struct vs_json_writer *json, uint32_t spoken)
{
	char text[VS_CORE_VERSIONS_TEXT_SIZE] = "";

	if (spoken != 0)
		vs_core_versions_write(spoken, text);
	vs_api_write_text(json, "spoken", text);
}

/* Without last_seen, which only the reader knows. */
void
vs_api_write_station(struct vs_json_writer *json, const struct vs_core_station *station,
                     bool is_connected)
{
	char hex[2 * sizeof(station->fingerprint) + 1] = "";

	if (station->has_fingerprint)
		(void)vs_hex_encode(
		    vs_bytes_from(station->fingerprint, sizeof(station->fingerprint)), hex,
		    sizeof(hex));
	vs_api_write_text(json, "identity", station->identity);
	vs_api_write_text(json, "tenant", station->tenant);
	vs_api_write_text(json, "auth", vs_core_auth_text(station->auth));
	write_bool(json, "enabled", station->is_enabled);
	vs_api_write_text(json, "registration", vs_core_registration_text(station->registration));
	vs_api_write_text(json, "vendor", station->vendor);
	vs_api_write_text(json, "model", station->model);
	vs_api_write_text(json, "serial", station->serial);
	vs_api_write_text(json, "firmware", station->firmware);
	write_bool(json, "has_password", station->has_verifier);
	vs_api_write_text(json, "fingerprint", hex);
	write_bool(json, "connected", is_connected);
	vs_api_write_time(json, "created_at", station->created_ms);
	write_bool(json, "next_password", station->has_next_verifier);
	vs_api_write_text(json, "next_auth",
	                  station->has_next_auth ? vs_core_auth_text(station->next_auth) : "");
	spoken_write(json, station->spoken);
	vs_api_write_text(json, "refused", station->refused != NULL ? station->refused : "");
	if (station->refused != NULL)
		vs_api_write_time(json, "refused_at", station->refused_ms);
	vs_api_write_policy(json, &station->policy);
}

void
vs_api_write_status(struct vs_json_writer *json, const struct vs_core_status_row *row)
{
	vs_api_write_int(json, "evse", row->evse);
	vs_api_write_int(json, "connector", row->connector);
	vs_api_write_text(json, "status", row->status);
	vs_api_write_time(json, "at", row->at_ms);
}

void
vs_api_write_tx(struct vs_json_writer *json, const struct vs_core_tx_row *row)
{
	bool is_complete =
	    !row->is_active &&
	    vs_core_tx_is_complete(row->first_seq_no < VS_CORE_SEQ_BY_TIME ||
	                               row->started_ms != VS_CORE_ABSENT,
	                           row->ended_ms != VS_CORE_ABSENT, row->first_seq_no,
	                           row->last_seq_no, row->event_count);

	vs_api_write_text(json, "id", row->tx_id);
	vs_api_write_text(json, "station", row->station);
	vs_api_write_int(json, "evse", row->evse);
	vs_api_write_int(json, "connector", row->connector);
	write_bool(json, "active", row->is_active);
	vs_api_write_time(json, "started_at", row->started_ms);
	vs_api_write_time(json, "ended_at", row->ended_ms);
	vs_api_write_time(json, "last_at", row->last_ms);
	vs_api_write_int(json, "energy_wh", row->energy_wh);
	/* What has ended draws nothing; the last value is in the series. */
	vs_api_write_int(json, "power_w", row->is_active ? row->power_w : VS_CORE_ABSENT);
	vs_api_write_int(json, "soc_percent", row->soc_percent);
	vs_api_write_text(json, "charging_state", row->charging_state);
	vs_api_write_text(json, "stopped_reason", row->stopped_reason);
	vs_api_write_text(json, "token", row->token);
	vs_api_write_int(json, "first_seq_no", row->first_seq_no);
	vs_api_write_int(json, "last_seq_no", row->last_seq_no);
	vs_api_write_int(json, "event_count", row->event_count);
	write_bool(json, "complete", is_complete);
	write_reading(json, row->reading);
}

void
vs_api_write_event(struct vs_json_writer *json, const struct vs_core_event_row *row)
{
	vs_api_write_int(json, "id", row->id);
	vs_api_write_time(json, "at", row->at_ms);
	vs_api_write_time(json, "received_at", row->received_ms);
	vs_api_write_text(json, "station", row->station);
	vs_api_write_text(json, "type", row->type);
	vs_api_write_text(json, "severity", vs_core_severity_text(row->severity));
	write_bool(json, "security", row->is_security);
	vs_api_write_time(json, "acknowledged_at", row->acked_ms);
	vs_api_write_text(json, "acknowledged_by", row->acked_by);
	write_raw(json, "payload", row->payload);
	write_reading(json, row->reading);
}

static void
write_error(struct vs_json_writer *json, enum vs_err error)
{
	char code[16];

	vs_json_write_key(json, "error");
	if (error == VS_E_OK) {
		vs_json_write_null(json);
		return;
	}
	(void)snprintf(code, sizeof(code), "VS-%d", vs_err_code(error));
	vs_json_write_object(json);
	vs_api_write_text(json, "code", code);
	vs_api_write_text(json, "name", vs_err_name(error));
	vs_api_write_text(json, "text", vs_err_text(error));
	vs_json_write_object_end(json);
}

void
vs_api_write_command(struct vs_json_writer *json, const struct vs_core_command_row *row)
{
	vs_api_write_text(json, "id", row->id);
	vs_api_write_text(json, "station", row->station);
	vs_api_write_text(json, "action", row->action);
	vs_api_write_text(json, "state", vs_core_command_state_text(row->state));
	write_bool(json, "final",
	           row->state != VS_CORE_COMMAND_QUEUED && row->state != VS_CORE_COMMAND_SENT);
	write_error(json, row->error);
	vs_api_write_time(json, "created_at", row->created_ms);
	vs_api_write_time(json, "changed_at", row->changed_ms);
	write_raw(json, "request", row->request);
	write_raw(json, "result", row->result);
	write_reading(json, row->reading);
}

void
vs_api_write_token(struct vs_json_writer *json, const struct vs_core_token_row *row)
{
	vs_api_write_text(json, "token", row->token);
	vs_api_write_text(json, "type", row->type);
	vs_api_write_text(json, "status", row->status);
	vs_api_write_text(json, "group", row->group);
	vs_api_write_time(json, "expires_at", row->expires_ms);
	write_reading(json, row->reading);
}

void
vs_api_write_variable(struct vs_json_writer *json, const struct vs_core_variable_row *row)
{
	vs_api_write_text(json, "component", row->component);
	vs_api_write_text(json, "component_instance", row->component_instance);
	vs_api_write_int(json, "evse", row->evse);
	vs_api_write_int(json, "connector", row->connector);
	vs_api_write_text(json, "variable", row->variable);
	vs_api_write_text(json, "variable_instance", row->variable_instance);
	vs_api_write_text(json, "attribute", row->attribute);
	vs_json_write_key(json, "value");
	vs_json_write_string(json, row->value);
	vs_api_write_text(json, "mutability", row->mutability);
	vs_api_write_time(json, "reported_at", row->reported_ms);
}

void
vs_api_write_held(struct vs_json_writer *json, const struct vs_core_held_row *row)
{
	vs_api_write_text(json, "kind", vs_core_held_text(row->kind));
	vs_api_write_int(json, "number", row->number);
	vs_api_write_time(json, "at", row->at_ms);
	write_reading(json, row->reading);
	vs_json_write_key(json, "value");
	if (row->payload.size > 0)
		vs_json_write_raw(json, row->payload);
	else
		vs_json_write_null(json);
}
