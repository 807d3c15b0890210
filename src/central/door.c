/* SPDX-License-Identifier: Apache-2.0 */
/* The callbacks of the OCPP listener once a station is in: it talks, it goes. gate.c lets it in. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/text.h"
#include "central/command.h"
#include "central/reactor.h"
#include "central/recall.h"
#include "central/recheck.h"
#include "core/audit.h"
#include "ocpp/sealed.h"

size_t
vs_central_door_message_size(enum vs_core_registration registration, bool is_sealed)
{
	size_t size = VS_LIMIT_WS_MESSAGE_SIZE_BEFORE_BOOT;

	/* A station that has not registered has nothing long to say. */
	if (registration == VS_CORE_REGISTRATION_ACCEPTED ||
	    registration == VS_CORE_REGISTRATION_PENDING)
		size = VS_LIMIT_WS_MESSAGE_SIZE;
	return is_sealed ? VS_OCPP_SEALED_GROWTH(size) : size;
}

/* --- being here ----------------------------------------------------------------------------- */

static void
record_session(struct vs_central_reactor *reactor, const struct vs_central_session *session,
               const struct vs_core_record *about)
{
	struct vs_core_record *record = NULL;
	struct vs_bytes nothing = {NULL, 0};

	if (vs_core_record_new(VS_RECORD_session, session->tenant, session->identity,
	                       reactor->context.now_ms, nothing, nothing, &record)
	        .code != VS_E_OK)
		return;
	record->u = about->u;
	vs_text_copy(session->peer, record->u.session.peer, sizeof(record->u.session.peer));
	vs_journal_add(&reactor->context.journal, record);
}

static void
publish_session(struct vs_central_reactor *reactor, const struct vs_central_session *session,
                enum vs_core_event_kind kind, const char *type, const char *detail)
{
	struct vs_core_event event;

	vs_core_event_init(&event, kind, reactor->context.now_ms);
	vs_text_copy(session->tenant, event.tenant, sizeof(event.tenant));
	vs_text_copy(session->identity, event.station, sizeof(event.station));
	vs_text_copy(type, event.type, sizeof(event.type));
	vs_core_source_copy(session->peer, event.source);
	(void)snprintf(event.detail, sizeof(event.detail), "%s%s%.90s", session->peer,
	               detail[0] != '\0' ? ", " : "", detail);
	reactor->context.events.publish(reactor->context.events.self, &event);
}

static void
on_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct vs_central_reactor *reactor = arg;
	struct vs_central_session *session = vs_conn_user(conn);
	const struct vs_port_presence *presence = &reactor->context.presence;
	struct vs_core_record about = {.kind = VS_RECORD_session};
	struct vs_tls_session_info tls;
	char detail[80];

	if (session == NULL)
		return;
	vs_central_reactor_wake(reactor);
	vs_conn_tls_info(conn, &tls);
	if (!vs_central_recheck_add(reactor, session))
		return;
	about.u.session.is_connected = true;
	about.u.session.is_resumed = tls.is_resumed;
	vs_text_copy(tls.version, about.u.session.tls_version, sizeof(about.u.session.tls_version));
	vs_text_copy(tls.cipher, about.u.session.cipher, sizeof(about.u.session.cipher));
	(void)vs_bytes_copy_text(subprotocol, about.u.session.subprotocol,
	                         sizeof(about.u.session.subprotocol));
	record_session(reactor, session, &about);
	VS_LOG(INFO, "station.connected", vs_bytes_from_text(session->identity),
	       VS_LOG_STR("peer", session->peer), VS_LOG_STR("tls", tls.version),
	       VS_LOG_STR("cipher", tls.cipher), VS_LOG_NUM("resumed", tls.is_resumed),
	       VS_LOG_BYTES("subprotocol", subprotocol),
	       VS_LOG_STR("listener", vs_conn_listener_name(conn)));
	(void)snprintf(detail, sizeof(detail), "%.20s %.50s", tls.version, tls.cipher);
	publish_session(reactor, session, VS_EVENT_CONNECTED, about.u.session.subprotocol, detail);
	if (presence->self != NULL)
		presence->came(presence->self, session->tenant, session->identity, session->peer,
		               about.u.session.subprotocol);
	vs_central_recall_streams(reactor, session, conn);
}

void
vs_central_door_deliver(struct vs_central_reactor *reactor, struct vs_central_session *session,
                        struct vs_bytes text)
{
	if (session->signing != NULL)
		vs_central_signing_receive(session, text);
	else
		vs_central_session_text(&reactor->context, session, text);
}

static void
on_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
           void *arg)
{
	struct vs_central_reactor *reactor = arg;
	struct vs_central_session *session = vs_conn_user(conn);
	uint32_t faults;

	if (session == NULL)
		return;
	vs_central_reactor_wake(reactor);
	faults = session->faults;
	if (session->contest != NULL)
		vs_central_place_alive(reactor, session);
	if (kind == VS_NET_TEXT && session->channel != NULL)
		vs_central_channel_receive(session, conn, vs_bytes_from(data, size));
	else if (kind == VS_NET_TEXT)
		vs_central_door_deliver(reactor, session, vs_bytes_from(data, size));
	else
		vs_central_session_binary(&reactor->context, session);
	vs_central_pace_note(reactor, session, conn, size, faults);
}

static void
on_pong(struct vs_conn *conn, void *arg)
{
	struct vs_central_reactor *reactor = arg;
	struct vs_central_session *session = vs_conn_user(conn);

	if (session == NULL || session->contest == NULL)
		return;
	vs_central_reactor_wake(reactor);
	vs_central_place_alive(reactor, session);
}

/* --- going ---------------------------------------------------------------------------------- */

void
vs_central_door_end(struct vs_central_reactor *reactor, struct vs_central_session *session,
                    const char *reason, bool is_displaced)
{
	const struct vs_port_presence *presence = &reactor->context.presence;
	struct vs_core_record about = {.kind = VS_RECORD_session};

	assert(reactor != NULL && session != NULL && reason != NULL);
	if (session->has_ended)
		return;
	session->has_ended = true;
	vs_central_recheck_remove(session);
	vs_central_pace_end(session);
	vs_central_tenant_leave(&session->house);
	vs_central_command_close(&reactor->context, session);
	/* Before its place is free: who takes it is told of afterwards. */
	if (presence->self != NULL)
		presence->left(presence->self, session->tenant, session->identity);
	(void)vs_central_directory_remove(reactor->central->directory,
	                                  vs_bytes_from_text(session->identity), session->conn);
	vs_central_place_left(reactor, session);
	vs_text_copy(reason, about.u.session.reason, sizeof(about.u.session.reason));
	record_session(reactor, session, &about);
	if (!is_displaced)
		publish_session(reactor, session, VS_EVENT_DISCONNECTED, reason, "");
}

void
vs_central_door_hang_up(struct vs_central_context *context, struct vs_central_session *session,
                        const char *reason)
{
	struct vs_central_reactor *reactor = (struct vs_central_reactor *)context;
	struct vs_conn *conn = vs_net_find(reactor->net, session->conn);

	if (conn == NULL || session->has_ended)
		return;
	VS_LOG(WARN, "session.ended", vs_bytes_from_text(session->identity),
	       VS_LOG_STR("reason", reason));
	vs_central_door_end(reactor, session, reason, false);
	vs_conn_ws_close(conn, 1008, reason);
}

static const char *
reason_of(const struct vs_net_close *close)
{
	if (close->why != VS_E_OK)
		return close->detail[0] != '\0' ? close->detail : vs_err_text(close->why);
	return close->by_peer ? "closed by the station" : "closed here";
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct vs_central_reactor *reactor = arg;
	struct vs_central_session *session = vs_conn_user(conn);

	vs_central_reactor_wake(reactor);
	if (session == NULL || session->kind == VS_CENTRAL_VISITOR) {
		vs_central_gate_closed(reactor, conn, close);
		return;
	}
	vs_conn_set_user(conn, NULL);
	VS_LOG(INFO, "station.closed", vs_bytes_from_text(session->identity),
	       VS_LOG_STR("why", vs_err_name(close->why)), VS_LOG_NUM("by_peer", close->by_peer),
	       VS_LOG_NUM("ws_code", close->ws_code), VS_LOG_STR("detail", close->detail),
	       VS_LOG_STR("peer", session->peer));
	vs_central_door_end(reactor, session, reason_of(close), false);
	vs_central_channel_free(&session->channel);
	vs_central_signing_free(&session->signing);
	vs_central_session_free(&session);
}

void
vs_central_door_handler(struct vs_central_reactor *reactor, struct vs_net_handler *handler_out)
{
	*handler_out = (struct vs_net_handler){.peer = vs_central_gate_peer,
	                                       .request = vs_central_gate_request,
	                                       .open = on_open,
	                                       .message = on_message,
	                                       .pong = on_pong,
	                                       .closed = on_closed,
	                                       .arg = reactor};
}
