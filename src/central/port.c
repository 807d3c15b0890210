/* SPDX-License-Identifier: Apache-2.0 */
/* vs_port_commands: from any thread to the reactor that owns the station's connection. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "central/command.h"
#include "central/known.h"
#include "central/reactor.h"
#include "central/stream.h"

#define TIMEOUT_DEFAULT_MS 30000u

struct command_mail {
	struct vs_central_reactor *reactor;
	vs_conn_id conn;
	struct vs_central_request request; /* its payload lies behind the struct */
};

struct disconnect_mail {
	struct vs_central_reactor *reactor;
	vs_conn_id conn;
	char reason[64];
};

static vs_result
fail(char *fault, size_t fault_size, vs_result r, const char *text)
{
	if (fault_size > 0)
		vs_text_copy(text, fault, fault_size);
	return r;
}

/* --- sending -------------------------------------------------------------------------------- */

static void
send_mail(struct vs_loop *loop, void *argument)
{
	struct command_mail *mail = argument;
	struct vs_central_session *session;

	(void)loop;
	vs_central_reactor_wake(mail->reactor);
	session = vs_central_reactor_session(mail->reactor, mail->conn);
	/* It left, or was displaced by a connection of its own, while the mail was under way. */
	if (session == NULL || strcmp(session->identity, mail->request.station) != 0)
		vs_central_command_fail(&mail->reactor->context, &mail->request, VS_E_CLOSED);
	else
		vs_central_command_begin(&mail->reactor->context, session, &mail->request);
	/* It may hold a password. */
	explicit_bzero(mail + 1, mail->request.payload.size);
	free(mail);
}

/* The version that the station speaks now. One that is not here is refused soon after, and is
 * judged until then by what it has spoken last, or else by 2.0.1. */
static enum vs_ocpp_version
version_of(const struct vs_core_station *station)
{
	return station->spoken != 0 ? (enum vs_ocpp_version)station->spoken : VS_OCPP_201;
}

static vs_result
check_payload(enum vs_ocpp_version version, struct vs_central_request *request, char *fault,
              size_t fault_size)
{
	struct vs_ocpp_fault why;
	struct vs_json_tape tape;
	vs_result r;

	vs_json_tape_init(&tape);
	r = vs_ocpp_payload_parse(version, request->action, VS_OCPP_CALL, request->payload, &tape,
	                          &why);
	if (r.code == VS_E_OK)
		request->expects = vs_central_command_expects(request->action, &tape);
	else if (r.code == VS_E_UNKNOWN_ACTION)
		r = fail(fault, fault_size, r,
		         "no such action in the version of OCPP that the station speaks");
	else
		r = fail(fault, fault_size, r, why.description);
	vs_json_tape_done(&tape);
	return r;
}

/* Everything that can be known before the station is asked. */
static vs_result
check(const struct vs_central *central, const char *tenant, struct vs_central_request *request,
      const char *action_name, char *fault, size_t fault_size)
{
	struct vs_core_station station;
	vs_result r;

	request->action = vs_ocpp_action_find(vs_bytes_from_text(action_name));
	if (request->action == VS_OCPP_NONE)
		return fail(fault, fault_size, VS_FAIL(UNKNOWN_ACTION), "no such action in OCPP");
	if ((vs_ocpp_action(request->action)->sender & VS_OCPP_CSMS) == 0)
		return fail(fault, fault_size, VS_FAIL(UNSUPPORTED),
		            "only a station sends this action");
	r = vs_core_registry_find(central->options.registry, vs_bytes_from_text(request->station),
	                          &station);
	if (r.code != VS_E_OK || strcmp(station.tenant, tenant) != 0)
		return fail(fault, fault_size, VS_FAIL(NOT_FOUND), "no such station");
	VS_TRY(check_payload(version_of(&station), request, fault, fault_size));
	/* B03.FR.03: silence towards a rejected station; B02: no transactions while Pending. */
	if (!vs_ocpp_action_is_allowed(request->action,
	                               vs_central_registration_state(station.registration), false))
		return fail(fault, fault_size, VS_FAIL(NOT_NOW),
		            "the station's registration does not allow this action");
	return VS_OK;
}

static vs_result
post(struct vs_central *central, vs_conn_id conn, const struct vs_central_request *request)
{
	struct vs_central_reactor *reactor = central->reactors[vs_conn_id_reactor(conn)];
	struct command_mail *mail;
	vs_result r;

	if (reactor == NULL)
		return VS_FAIL(NOT_CONNECTED);
	mail = calloc(1, sizeof(*mail) + request->payload.size);
	if (mail == NULL)
		return VS_FAIL(NO_MEMORY);
	mail->reactor = reactor;
	mail->conn = conn;
	mail->request = *request;
	mail->request.payload = vs_bytes_from(mail + 1, request->payload.size);
	if (request->payload.size > 0)
		memcpy(mail + 1, request->payload.data, request->payload.size);
	r = vs_loop_post(reactor->loop, send_mail, mail);
	if (r.code != VS_E_OK)
		free(mail);
	return r;
}

static vs_result
port_send(void *self, const char *tenant, const char *station, const char *command_id,
          const char *action, struct vs_bytes payload, uint32_t timeout_ms, char *fault,
          size_t fault_size)
{
	struct vs_central *central = self;
	struct vs_central_request request = {.payload = payload};
	vs_conn_id conn;

	assert(central != NULL && tenant != NULL && station != NULL && action != NULL);
	if (fault_size > 0)
		fault[0] = '\0';
	if (!vs_central_command_id_is_valid(command_id))
		return fail(fault, fault_size, VS_FAIL(BAD_VALUE),
		            "the command id is not acceptable");
	vs_text_copy(command_id, request.id, sizeof(request.id));
	vs_text_copy(tenant, request.tenant, sizeof(request.tenant));
	vs_text_copy(station, request.station, sizeof(request.station));
	request.timeout_ms = timeout_ms != 0 ? timeout_ms : TIMEOUT_DEFAULT_MS;
	VS_TRY(check(central, tenant, &request, action, fault, fault_size));
	conn = vs_central_directory_find(central->directory, vs_bytes_from_text(station));
	if (conn == 0)
		return fail(fault, fault_size, VS_FAIL(NOT_CONNECTED),
		            "the station is not connected");
	return post(central, conn, &request);
}

/* --- asking and closing --------------------------------------------------------------------- */

static bool
belongs_to(const struct vs_central *central, const char *tenant, const char *identity)
{
	struct vs_core_station station;

	return vs_core_registry_find(central->options.registry, vs_bytes_from_text(identity),
	                             &station)
	               .code == VS_E_OK &&
	       strcmp(station.tenant, tenant) == 0;
}

static bool
port_is_connected(void *self, const char *tenant, const char *station)
{
	struct vs_central *central = self;

	return vs_central_directory_find(central->directory, vs_bytes_from_text(station)) != 0 &&
	       belongs_to(central, tenant, station);
}

static void
disconnect_mail(struct vs_loop *loop, void *argument)
{
	struct disconnect_mail *mail = argument;
	struct vs_central_session *session = vs_central_reactor_session(mail->reactor, mail->conn);
	struct vs_conn *conn = vs_net_find(mail->reactor->net, mail->conn);

	(void)loop;
	if (session != NULL && conn != NULL && !session->has_ended) {
		vs_central_reactor_wake(mail->reactor);
		VS_LOG(INFO, "session.ended", vs_bytes_from_text(session->identity),
		       VS_LOG_STR("reason", mail->reason));
		vs_central_door_end(mail->reactor, session, mail->reason, false);
		vs_conn_ws_close(conn, 1008, mail->reason);
	}
	free(mail);
}

/* Whoever comes under the same name later holds nothing of what this one held. */
static void
forget_removed(struct vs_central *central, const char *station)
{
	const struct vs_central_known_filter all = {VS_CORE_ABSENT, VS_CORE_ABSENT, VS_CORE_ABSENT,
	                                            VS_OCPP_V_none, NULL};
	int64_t ids[VS_LIMIT_CHARGING_PROFILES];
	struct vs_core_station entry;
	vs_result r =
	    vs_core_registry_find(central->options.registry, vs_bytes_from_text(station), &entry);

	if (r.code == VS_E_OK)
		explicit_bzero(&entry, sizeof(entry));
	if (r.code != VS_E_NOT_FOUND)
		return;
	(void)vs_central_known_remove(central->known, station, &all, ids);
	(void)vs_central_streams_close(central->streams, station, VS_CORE_ABSENT);
	vs_central_streams_forget(central->streams, station, VS_CORE_ABSENT);
}

/* The entry may just have been removed, which is why the connection is to go. */
static void
port_disconnect(void *self, const char *tenant, const char *station, const char *reason)
{
	struct vs_central *central = self;
	vs_conn_id conn =
	    vs_central_directory_find(central->directory, vs_bytes_from_text(station));
	struct vs_central_reactor *reactor;
	struct disconnect_mail *mail;

	(void)tenant;
	forget_removed(central, station);
	reactor = conn != 0 ? central->reactors[vs_conn_id_reactor(conn)] : NULL;
	if (reactor == NULL)
		return;
	mail = calloc(1, sizeof(*mail));
	if (mail == NULL)
		return;
	mail->reactor = reactor;
	mail->conn = conn;
	vs_text_copy(reason, mail->reason, sizeof(mail->reason));
	if (vs_loop_post(reactor->loop, disconnect_mail, mail).code != VS_E_OK)
		free(mail);
}

struct vs_port_commands
vs_central_commands(struct vs_central *central)
{
	assert(central != NULL);
	return (struct vs_port_commands){.self = central,
	                                 .send = port_send,
	                                 .is_connected = port_is_connected,
	                                 .disconnect = port_disconnect};
}
