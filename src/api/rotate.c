/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A station's password is replaced while it is connected (OCPP 2.0.1 A01; 1.6: AuthorizationKey).
 *
 *   made     40 hexadecimal digits: a passwordString for 2.x, 20 bytes for an AuthorizationKey
 *   stored   its verifier beside the old one, on disk before the station is told
 *   told     SetVariables BasicAuthPassword, or ChangeConfiguration AuthorizationKey
 *   Rejected the next verifier goes, the old password stays (A01.FR.04)
 *   else     both are good until the first login with the new one (central/admission.h)
 *
 * The password itself is nowhere but in the message: no record, no log and no answer holds it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/later.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "wire/base64.h"

#define KEY_SIZE   20u
#define ANSWER_S   30u
#define GIVE_UP_MS 120000u
#define BODY_SIZE  512u

struct vs_api_rotation {
	struct vs_api_rotation *next;
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	char command_id[VS_CORE_UUID_SIZE];
	char request_id[VS_API_REQUEST_ID_SIZE];
	vs_conn_id conn;
	char password[2 * KEY_SIZE + 1];
	bool is_sent, is_reading, is_withdrawn; /* withdrawn: the next verifier is to go */
	uint64_t give_up_ms;                    /* of the loop */
};

static struct vs_api_rotation **
rotation_find(struct vs_api *api, const char *station)
{
	struct vs_api_rotation **link = &api->rotations;

	while (*link != NULL && strcmp((*link)->station, station) != 0)
		link = &(*link)->next;
	return link;
}

static void
rotation_remove(struct vs_api *api, struct vs_api_rotation **link)
{
	struct vs_api_rotation *rotation = *link;

	*link = rotation->next;
	explicit_bzero(rotation, sizeof(*rotation));
	free(rotation);
	api->rotation_count--;
}

/* --- taking it back ----------------------------------------------------------------------- */

/* NOT_NOW: later. */
static vs_result
withdraw(struct vs_api *api, const struct vs_api_rotation *rotation)
{
	struct vs_core_record *record = NULL;
	struct vs_bytes nothing = {NULL, 0};
	struct vs_core_station station;
	vs_result r;

	VS_TRY(vs_core_registry_find(api->options.registry, vs_bytes_from_text(rotation->station),
	                             &station));
	if (!station.has_next_verifier)
		return VS_OK;
	station.has_next_verifier = false;
	explicit_bzero(station.next_verifier, sizeof(station.next_verifier));
	r = vs_core_record_new(VS_RECORD_station_put, station.tenant, station.identity,
	                       vs_clock_wall_ms(), nothing, nothing, &record);
	if (r.code != VS_E_OK)
		return r;
	record->u.station_put = station;
	r = vs_api_submit_alone(api, record);
	if (r.code != VS_E_OK)
		vs_core_record_free(&record);
	return r;
}

/* True when it is gone. */
static bool
try_withdraw(struct vs_api *api, struct vs_api_rotation **link)
{
	vs_result r = withdraw(api, *link);

	(*link)->is_withdrawn = true;
	if (r.code == VS_E_NOT_NOW || r.code == VS_E_BUSY)
		return false; /* the tick tries again */
	VS_LOG(INFO, "password.not_changed", vs_bytes_from_text((*link)->station));
	rotation_remove(api, link);
	return true;
}

/* --- what the station said ----------------------------------------------------------------- */

/* Of SetVariables: the attributeStatus of the one variable; of ChangeConfiguration: status. */
static bool
is_accepted(struct vs_bytes result)
{
	const struct vs_json_node *status, *list;
	struct vs_json_tape tape;
	bool is = false;

	vs_json_tape_init(&tape);
	if (vs_json_parse(result, &tape).code == VS_E_OK) {
		status = vs_json_member(&tape, vs_json_root(&tape), "status");
		list = vs_json_member(&tape, vs_json_root(&tape), "setVariableResult");
		if (status == NULL)
			status = vs_json_member(&tape, vs_json_next(list, NULL), "attributeStatus");
		is = vs_json_is(&tape, status, "Accepted") ||
		     vs_json_is(&tape, status, "RebootRequired");
	}
	vs_json_tape_done(&tape);
	return is;
}

static void
row_read(const struct vs_core_command_row *row, void *arg)
{
	struct vs_api_read *read = arg;

	read->status = row->state == VS_CORE_COMMAND_FAILED                             ? 408
	               : row->state != VS_CORE_COMMAND_ANSWERED                         ? 409
	               : row->reading == VS_CORE_READ_WHOLE && is_accepted(row->result) ? 200
	                                                                                : 409;
}

static vs_result
command_read(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;

	return reader->command(reader->self, read->tenant, read->id, row_read, read);
}

static void
command_was_read(struct vs_api_read *read, vs_result result)
{
	struct vs_api *api = read->api;
	struct vs_api_rotation **link = &api->rotations;

	while (*link != NULL && strcmp((*link)->command_id, read->id) != 0)
		link = &(*link)->next;
	if (*link == NULL)
		return;
	(*link)->is_reading = false;
	if (result.code != VS_E_OK)
		return; /* not stored yet: the tick asks again */
	/* Without an answer nobody knows what the station has: both passwords stay good. */
	if (read->status == 409) {
		(void)try_withdraw(api, link);
		return;
	}
	VS_LOG(INFO, read->status == 200 ? "password.told" : "password.unanswered",
	       vs_bytes_from_text((*link)->station));
	rotation_remove(api, link);
}

static void
rotation_read(struct vs_api *api, struct vs_api_rotation *rotation)
{
	if (!rotation->is_reading && !rotation->is_withdrawn)
		rotation->is_reading =
		    vs_api_read_start(api, 0, rotation->request_id, rotation->tenant,
		                      rotation->command_id, command_read, command_was_read, NULL)
			.code == VS_E_OK;
}

void
vs_api_rotations_event(struct vs_api *api, const struct vs_core_event *event)
{
	if (event->kind == VS_EVENT_COMMAND && api->rotations != NULL &&
	    strcmp(event->type, vs_core_command_state_text(VS_CORE_COMMAND_QUEUED)) != 0 &&
	    strcmp(event->type, vs_core_command_state_text(VS_CORE_COMMAND_SENT)) != 0)
		vs_api_rotations_ended(api, event->id);
}

void
vs_api_rotations_ended(struct vs_api *api, const char *command_id)
{
	struct vs_api_rotation *rotation = api->rotations;

	while (rotation != NULL && strcmp(rotation->command_id, command_id) != 0)
		rotation = rotation->next;
	if (rotation != NULL && rotation->is_sent)
		rotation_read(api, rotation);
}

void
vs_api_rotations_tick(struct vs_api *api)
{
	uint64_t now_ms = vs_loop_now_ms(api->loop);
	struct vs_api_rotation **link = &api->rotations;

	while (*link != NULL) {
		struct vs_api_rotation *rotation = *link;
		bool is_gone = false;

		if (rotation->is_withdrawn) {
			is_gone = try_withdraw(api, link);
		} else if (now_ms >= rotation->give_up_ms && !rotation->is_reading) {
			rotation_remove(api, link);
			is_gone = true;
		} else if (rotation->is_sent && now_ms + GIVE_UP_MS / 2 >= rotation->give_up_ms) {
			rotation_read(api, rotation); /* its event was missed */
		}
		if (!is_gone)
			link = &rotation->next;
	}
}

void
vs_api_rotations_free(struct vs_api *api)
{
	while (api->rotations != NULL)
		rotation_remove(api, &api->rotations);
}

/* --- telling it ---------------------------------------------------------------------------- */

/* Its command is on its way; what it is about may be gone when that is answered. */
struct telling {
	char command_id[VS_CORE_UUID_SIZE];
	bool is_16; /* a station of OCPP 1.6 has no SetVariables */
};

static void told(struct vs_api *api, void **arg, vs_result r, const char *fault);

static const struct {
	const char *action, *before, *after;
} ways[] = {
    {"SetVariables", "{\"setVariableData\":[{\"attributeValue\":\"",
     "\",\"component\":{\"name\":\"SecurityCtrlr\"},\"variable\":{\"name\":"
     "\"BasicAuthPassword\"}}]}"},
    {"ChangeConfiguration", "{\"key\":\"AuthorizationKey\",\"value\":\"", "\"}"},
};

static vs_result
tell(struct vs_api *api, const struct vs_api_rotation *rotation, bool is_16)
{
	struct telling *telling = calloc(1, sizeof(*telling));
	struct vs_port_command command = {.tenant = rotation->tenant,
	                                  .station = rotation->station,
	                                  .action = ways[is_16].action,
	                                  .timeout_ms = ANSWER_S * 1000};
	char body[BODY_SIZE];
	int size = snprintf(body, sizeof(body), "%s%s%s", ways[is_16].before, rotation->password,
	                    ways[is_16].after);

	if (telling != NULL) {
		memcpy(telling->command_id, rotation->command_id, sizeof(telling->command_id));
		telling->is_16 = is_16;
		command.id = telling->command_id;
		command.payload = vs_bytes_from(body, (size_t)size);
		vs_api_command(api, rotation->request_id, &command,
		               &(struct vs_api_next){told, free, telling});
	}
	explicit_bzero(body, sizeof(body));
	return telling != NULL ? VS_OK : VS_FAIL(NO_MEMORY);
}

static void
not_told(struct vs_api *api, struct vs_api_rotation **link, vs_result r, const char *fault)
{
	struct vs_conn *conn = vs_net_find(api->net, (*link)->conn);

	explicit_bzero((*link)->password, sizeof((*link)->password));
	if (conn != NULL)
		vs_api_answer_problem(conn, (*link)->request_id, r, fault);
	(void)try_withdraw(api, link);
}

static void
told(struct vs_api *api, void **arg, vs_result r, const char *fault)
{
	const struct telling *telling = *arg;
	struct vs_api_rotation **link = &api->rotations, *rotation;
	struct vs_conn *conn;

	while (*link != NULL && strcmp((*link)->command_id, telling->command_id) != 0)
		link = &(*link)->next;
	rotation = *link;
	if (rotation == NULL)
		return;
	if (!telling->is_16 && (r.code == VS_E_UNSUPPORTED || r.code == VS_E_UNKNOWN_ACTION)) {
		r = tell(api, rotation, true);
		if (r.code == VS_E_OK)
			return; /* it may be gone already */
		fault = "";
	}
	if (r.code != VS_E_OK) {
		not_told(api, link, r, fault);
		return;
	}
	explicit_bzero(rotation->password, sizeof(rotation->password));
	rotation->is_sent = true;
	conn = vs_net_find(api->net, rotation->conn);
	if (conn != NULL &&
	    !vs_api_waiter_add(api, rotation->conn, rotation->request_id, rotation->tenant,
	                       rotation->command_id, ANSWER_S + 5))
		vs_api_answer_problem(conn, rotation->request_id, VS_FAIL(BUSY), NULL);
}

/* Its verifier is on disk: now the station may know it. */
void
vs_api_rotation_committed(struct vs_api *api, const struct vs_core_record *record)
{
	struct vs_api_rotation **link = rotation_find(api, record->station), *rotation = *link;
	vs_result r;

	if (rotation == NULL || rotation->is_sent)
		return;
	if (record->outcome != VS_E_OK) {
		rotation_remove(api, link); /* the request was answered with that */
		return;
	}
	r = tell(api, rotation, false);
	if (r.code != VS_E_OK)
		not_told(api, link, r, "");
}

/* --- making it ----------------------------------------------------------------------------- */

struct job {
	struct vs_api_rotation rotation;
	struct vs_core_station station; /* its verifier is the next one when it has been made */
	uint64_t number;
	int64_t now_ms;
};

static vs_result
build(struct vs_api_read *read)
{
	struct job *job = read->arg;
	struct vs_api_password password = {.is_generated = true, .size = 2 * KEY_SIZE};
	vs_result r;

	memcpy(password.bytes, job->rotation.password, password.size);
	r = vs_api_verifier_make(&read->api->options.pepper, &password, &job->station);
	explicit_bzero(&password, sizeof(password));
	return r;
}

static vs_result
store_next(struct vs_api *api, struct job *job, const struct vs_api_request *request)
{
	struct vs_core_record *record = NULL;
	struct vs_api_rotation *rotation;
	struct vs_bytes nothing = {NULL, 0};
	struct vs_core_station now;

	VS_TRY(vs_core_registry_find(api->options.registry,
	                             vs_bytes_from_text(job->station.identity), &now));
	if (*rotation_find(api, now.identity) != NULL)
		return VS_FAIL(NOT_NOW);
	if (api->rotation_count >= VS_LIMIT_API_ROTATIONS)
		return VS_FAIL(BUSY);
	now.has_next_verifier = true;
	now.next_pepper_version = job->station.pepper_version;
	memcpy(now.next_verifier, job->station.verifier, sizeof(now.next_verifier));
	VS_TRY(vs_core_record_new(VS_RECORD_station_put, now.tenant, now.identity, job->now_ms,
	                          nothing, nothing, &record));
	rotation = calloc(1, sizeof(*rotation));
	if (rotation == NULL) {
		vs_core_record_free(&record);
		return VS_FAIL(NO_MEMORY);
	}
	record->u.station_put = now;
	record->token = VS_API_THEN_NOTHING | VS_API_THEN_ROTATE;
	*rotation = job->rotation;
	rotation->give_up_ms = vs_loop_now_ms(api->loop) + GIVE_UP_MS;
	rotation->next = api->rotations;
	api->rotations = rotation;
	api->rotation_count++;
	vs_api_submit(api, request, record);
	return VS_OK;
}

static void
finish(struct vs_api_read *read, vs_result result)
{
	struct job *job = read->arg;
	struct vs_api_request request = {.conn = vs_net_find(read->api->net, read->conn),
	                                 .number = job->number,
	                                 .now_ms = job->now_ms};

	memcpy(request.tenant, read->tenant, sizeof(request.tenant));
	vs_api_request_id(job->number, request.request_id);
	if (request.conn != NULL) {
		if (result.code == VS_E_OK)
			result = store_next(read->api, job, &request);
		if (result.code != VS_E_OK)
			vs_api_answer_problem(request.conn, request.request_id, result, NULL);
	}
	explicit_bzero(job, sizeof(*job));
}

/* A second one before the first was used would lock a station out that has taken the first. */
static vs_result
prepare(struct vs_api *api, const struct vs_api_request *request, struct vs_core_station *station,
        char detail[static VS_API_DETAIL_SIZE])
{
	const struct vs_port_commands *commands = &api->options.commands;
	bool is_forced = false;
	struct vs_api_field fields[] = {
	    {.name = "force", .type = VS_API_FIELD_BOOL, .target = &is_forced}};

	VS_TRY(vs_api_body_read(request->body, fields, 1, detail));
	VS_TRY(
	    vs_core_registry_find(api->options.registry, vs_bytes_from_text(request->id), station));
	if (strcmp(station->tenant, request->tenant) != 0)
		return VS_FAIL(NOT_FOUND);
	if (!vs_core_auth_has_password(station->auth)) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "the station proves itself without a password");
		return VS_FAIL(BAD_VALUE);
	}
	if (station->has_next_verifier && !is_forced) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "the station was told a password that it has not used yet; force: "
		               "true gives that one up");
		return VS_FAIL(NOT_NOW);
	}
	return commands->is_connected(commands->self, station->tenant, station->identity)
	           ? VS_OK
	           : VS_FAIL(NOT_CONNECTED);
}

void
vs_api_on_station_rotate(struct vs_api *api, const struct vs_api_request *request)
{
	char detail[VS_API_DETAIL_SIZE] = "";
	uint8_t key[KEY_SIZE];
	struct job *job = calloc(1, sizeof(*job));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (job != NULL) {
		r = prepare(api, request, &job->station, detail);
		if (r.code != VS_E_OK)
			free(job);
	}
	if (r.code == VS_E_OK) {
		vs_random_bytes(key, sizeof(key));
		(void)vs_hex_encode(vs_bytes_from(key, sizeof(key)), job->rotation.password,
		                    sizeof(job->rotation.password));
		explicit_bzero(key, sizeof(key));
		memcpy(job->rotation.tenant, job->station.tenant, sizeof(job->rotation.tenant));
		memcpy(job->rotation.station, job->station.identity, sizeof(job->rotation.station));
		memcpy(job->rotation.request_id, request->request_id,
		       sizeof(job->rotation.request_id));
		job->rotation.conn = vs_conn_get_id(request->conn);
		vs_uuid_new(request->now_ms, job->rotation.command_id);
		job->number = request->number;
		job->now_ms = request->now_ms;
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      request->tenant, request->id, build, finish, job);
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}
