/* SPDX-License-Identifier: Apache-2.0 */
/* Sensor devices: add, list, remove, revoke what they are let in by. */
#include <stdio.h>
#include <string.h>

#include "api/state.h"
#include "base/random.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "wire/base64.h"

#define TOKEN_PREFIX      "vst_"
#define TOKEN_RANDOM_SIZE 44 /* 43 characters of [A-Za-z0-9]: 256 bits */
#define TOKEN_TEXT_SIZE   (sizeof(TOKEN_PREFIX) + TOKEN_RANDOM_SIZE)
#define KEY_TEXT_SIZE     44 /* base64url of 32 bytes, and its NUL */
#define ANSWER_SIZE_MAX   2048
#define REVOKED_MS        (INT64_C(2) * 86400 * 1000) /* longer than a JWT may live */

/* field/profiles.def, which this room does not see: what the store has of it. */
static const char *const profiles[] = {"clear", "d1", "d1m", "d2"};
enum { PROFILES = sizeof(profiles) / sizeof(profiles[0]) };

static void
members_write(struct vs_json_writer *json, const struct vs_core_sensor *sensor)
{
	char key[KEY_TEXT_SIZE] = "";

	if (sensor->has_public_key)
		(void)vs_base64_encode(
		    VS_BASE64_URL, vs_bytes_from(sensor->public_key, sizeof(sensor->public_key)),
		    key, sizeof(key));
	vs_api_write_text(json, "device", sensor->device);
	vs_api_write_text(json, "tenant", sensor->tenant);
	vs_json_write_key(json, "enabled");
	vs_json_write_bool(json, sensor->is_enabled);
	vs_json_write_key(json, "has_token");
	vs_json_write_bool(json, sensor->has_token);
	vs_api_write_text(json, "public_key", key);
	vs_api_write_text(
	    json, "profile",
	    sensor->profile >= 0 && sensor->profile < PROFILES ? profiles[sensor->profile] : "");
	vs_api_write_time(json, "created_at", sensor->created_ms);
}

/* --- lists ------------------------------------------------------------------------------------ */

static bool
row_write(const struct vs_core_sensor *row, void *arg)
{
	struct vs_api_page *page = arg;

	if (!vs_api_page_row(page, row->device))
		return false;
	members_write(&page->read->json, row);
	vs_json_write_object_end(&page->read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_api_page page;

	vs_api_page_begin(&page, read);
	VS_TRY(reader->sensors(reader->self, read->tenant, read->list.text, read->list.limit + 1,
	                       row_write, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_sensors_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

static vs_result
show_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_sensor row;

	VS_TRY(reader->sensor(reader->self, read->tenant, read->id, &row));
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	members_write(&read->json, &row);
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

void
vs_api_on_sensor_show(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}

/* --- changes ---------------------------------------------------------------------------------- */

static vs_result
wishes_read(const struct vs_api_request *request, struct vs_core_sensor *sensor,
            char detail[static VS_API_DETAIL_SIZE])
{
	char key[KEY_TEXT_SIZE] = "", profile[8] = "clear";
	size_t size = 0;
	struct vs_api_field fields[] = {
	    {.name = "device",
	     .is_required = true,
	     .size = sizeof(sensor->device),
	     .target = sensor->device},
	    {.name = "public_key", .size = sizeof(key), .target = key},
	    {.name = "profile", .size = sizeof(profile), .target = profile},
	    {.name = "enabled", .type = VS_API_FIELD_BOOL, .target = &sensor->is_enabled},
	    {.name = "token", .type = VS_API_FIELD_BOOL, .target = &sensor->has_token},
	};

	sensor->is_enabled = sensor->has_token = true;
	VS_TRY(vs_api_body_read(request->body, fields, 5, detail));
	if (!vs_core_identity_is_valid(vs_bytes_from_text(sensor->device))) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "device: 1 to 48 of A-Z a-z 0-9 * - _ = + | @ . are expected");
		return VS_FAIL(BAD_VALUE);
	}
	while (sensor->profile < PROFILES && strcmp(profile, profiles[sensor->profile]) != 0)
		sensor->profile++;
	if (sensor->profile == PROFILES) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "profile: clear, d1, d1m or d2 is expected");
		return VS_FAIL(BAD_VALUE);
	}
	if (key[0] == '\0')
		return VS_OK;
	sensor->has_public_key = true;
	if (vs_base64_decode(VS_BASE64_URL, vs_bytes_from_text(key), sensor->public_key,
	                     sizeof(sensor->public_key), &size)
	            .code == VS_E_OK &&
	    size == sizeof(sensor->public_key))
		return VS_OK;
	(void)snprintf(detail, VS_API_DETAIL_SIZE,
	               "public_key: base64url of an X25519 key is expected");
	return VS_FAIL(BAD_VALUE);
}

/* The token is in the answer, and nowhere else. */
static vs_result
token_make(struct vs_core_sensor *sensor, char token[static TOKEN_TEXT_SIZE])
{
	if (!sensor->has_token)
		return VS_OK;
	memcpy(token, TOKEN_PREFIX, sizeof(TOKEN_PREFIX));
	vs_random_text(token + sizeof(TOKEN_PREFIX) - 1, TOKEN_RANDOM_SIZE);
	return vs_crypto_sha256(vs_bytes_from_text(token), sensor->token_sha256);
}

static vs_result
record_make(const struct vs_api_request *request, const struct vs_core_sensor *sensor,
            const char *token, struct vs_core_record **record_out)
{
	struct vs_core_record *record = NULL;
	struct vs_api_object answer;

	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	members_write(&answer.json, sensor);
	vs_api_write_text(&answer.json, "token", token);
	VS_TRY(vs_api_object_record(&answer, VS_RECORD_sensor_put, request->tenant, "",
	                            request->now_ms, &record));
	record->u.sensor_put = *sensor;
	record->token = VS_API_THEN_CREATED;
	*record_out = record;
	return VS_OK;
}

void
vs_api_on_sensor_put(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_sensor sensor = {.created_ms = request->now_ms};
	char detail[VS_API_DETAIL_SIZE] = "", token[TOKEN_TEXT_SIZE] = "";
	struct vs_core_record *record = NULL;
	vs_result r = wishes_read(request, &sensor, detail);

	(void)snprintf(sensor.tenant, sizeof(sensor.tenant), "%s", request->tenant);
	if (r.code == VS_E_OK)
		r = token_make(&sensor, token);
	if (r.code == VS_E_OK)
		r = record_make(request, &sensor, token, &record);
	explicit_bzero(token, sizeof(token));
	vs_api_submit_or_answer(api, request, r, record, detail);
}

void
vs_api_on_sensor_remove(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_record *record = NULL;
	vs_result r = VS_FAIL(NOT_FOUND);

	if (vs_core_identity_is_valid(vs_bytes_from_text(request->id)))
		r = vs_core_record_new(VS_RECORD_sensor_remove, request->tenant, "",
		                       request->now_ms, (struct vs_bytes){NULL, 0},
		                       (struct vs_bytes){NULL, 0}, &record);
	if (r.code == VS_E_OK) {
		struct vs_core_sensor *sensor = &record->u.sensor_put;

		(void)snprintf(sensor->tenant, sizeof(sensor->tenant), "%s", request->tenant);
		vs_text_copy(request->id, sensor->device, sizeof(sensor->device));
		record->token = VS_API_THEN_NO_CONTENT;
	}
	vs_api_submit_or_answer(api, request, r, record, NULL);
}

/* One JWT by its jti, or (without one) all that were issued to the device so far. */
void
vs_api_on_sensor_revoke(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_sensor_revoked revoked = {.made_ms = request->now_ms,
	                                         .until_ms = request->now_ms + REVOKED_MS};
	char detail[VS_API_DETAIL_SIZE] = "";
	struct vs_core_record *record = NULL;
	struct vs_api_field fields[] = {
	    {.name = "jti", .size = sizeof(revoked.name), .target = revoked.name},
	};
	vs_result r = vs_api_body_read(request->body, fields, 1, detail);

	(void)snprintf(revoked.kind, sizeof(revoked.kind), "%s",
	               revoked.name[0] != '\0' ? "jti" : "sub");
	if (revoked.name[0] == '\0')
		(void)snprintf(revoked.name, sizeof(revoked.name), "%s", request->id);
	if (r.code == VS_E_OK)
		r = vs_core_record_new(VS_RECORD_sensor_revoke, request->tenant, "",
		                       request->now_ms, (struct vs_bytes){NULL, 0},
		                       (struct vs_bytes){NULL, 0}, &record);
	if (r.code == VS_E_OK) {
		record->u.sensor_revoke = revoked;
		record->token = VS_API_THEN_NO_CONTENT;
	}
	vs_api_submit_or_answer(api, request, r, record, detail);
}
