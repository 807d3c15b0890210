/* SPDX-License-Identifier: Apache-2.0 */
/* The callbacks of the OCPP listener: a station comes, is asked who it is, talks, goes. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "central/certificate.h"
#include "central/command.h"
#include "central/reactor.h"
#include "central/recheck.h"

static const char unauthorized[] =
    "WWW-Authenticate: Basic realm=\"voltseal\", charset=\"UTF-8\"\r\n"
    "Cache-Control: no-store\r\n";

size_t
vs_central_door_message_size(enum vs_core_registration registration)
{
	/* A station that has not registered has nothing long to say. */
	if (registration == VS_CORE_REGISTRATION_ACCEPTED ||
	    registration == VS_CORE_REGISTRATION_PENDING)
		return VS_LIMIT_WS_MESSAGE_SIZE;
	return VS_LIMIT_WS_MESSAGE_SIZE_BEFORE_BOOT;
}

static void
copy_text(const char *text, char *room, size_t size)
{
	(void)vs_bytes_copy_text(vs_bytes_from_text(text), room, size);
}

/* --- coming in ------------------------------------------------------------------------------ */

struct refused {
	enum vs_central_refusal refusal;
	const char *tenant, *station, *detail; /* station: as claimed, "" when it was none */
};

static void
tell_refused(struct vs_central_reactor *reactor, struct vs_conn *conn,
             const struct refused *refused)
{
	const char *word = vs_central_refusal_text(refused->refusal);
	bool is_critical = vs_central_refusal_is_certificate(refused->refusal); /* A00.FR.408 */
	char peer[VS_NET_PEER_TEXT_SIZE];
	struct vs_tls_session_info tls;
	struct vs_core_event event;

	vs_conn_peer_text(conn, peer);
	vs_conn_tls_info(conn, &tls);
	vs_metric_add(VS_METRIC_auth_failed_total, 1);
	VS_LOG(WARN, "station.refused",
	       vs_bytes_from_text(refused->station[0] != '\0' ? refused->station : peer),
	       VS_LOG_STR("reason", word), VS_LOG_STR("peer", peer),
	       VS_LOG_STR("detail", refused->detail),
	       VS_LOG_STR("ocpp", is_critical ? "InvalidChargingStationCertificate" : ""),
	       VS_LOG_STR("tls", tls.version), VS_LOG_STR("cipher", tls.cipher));
	vs_core_event_init(&event, VS_EVENT_REFUSED, reactor->context.now_ms);
	event.severity = is_critical ? VS_CORE_CRITICAL : VS_CORE_WARNING;
	copy_text(refused->tenant[0] != '\0' ? refused->tenant : VS_CORE_TENANT_DEFAULT,
	          event.tenant, sizeof(event.tenant));
	copy_text(refused->station, event.station, sizeof(event.station));
	copy_text(word, event.type, sizeof(event.type));
	(void)snprintf(event.detail, sizeof(event.detail), "%s: %.90s", peer, refused->detail);
	reactor->context.events.publish(reactor->context.events.self, &event);
}

static vs_result
on_peer(struct vs_conn *conn, const struct vs_tls_peer *peer, void *arg)
{
	struct vs_central_reactor *reactor = arg;
	struct refused refused = {.tenant = "", .detail = "asked after the handshake"};
	struct vs_central_visitor *visitor;

	if (peer == NULL)
		return VS_OK;
	vs_central_reactor_wake(reactor);
	visitor = calloc(1, sizeof(*visitor));
	if (visitor == NULL)
		return VS_FAIL(NO_MEMORY);
	visitor->kind = VS_CENTRAL_VISITOR;
	vs_central_credential_read(peer, &visitor->credential);
	refused.refusal = vs_central_certificate_judge(
	    &reactor->central->options.rules, &visitor->credential, reactor->context.now_ms);
	if (refused.refusal == VS_CENTRAL_ADMITTED)
		refused.refusal = vs_central_admit_certificate(
		    reactor->context.registry, &visitor->credential, reactor->context.now_ms);
	if (refused.refusal != VS_CENTRAL_ADMITTED) {
		refused.station = visitor->credential.common_name;
		tell_refused(reactor, conn, &refused);
		free(visitor);
		return VS_FAIL(NOT_AUTHENTIC);
	}
	vs_conn_set_user(conn, visitor);
	return VS_OK;
}

static void
respond_refusal(struct vs_central_reactor *reactor, struct vs_conn *conn,
                const struct vs_central_admission *admission)
{
	struct refused refused = {admission->refusal, admission->station.tenant, admission->claimed,
	                          admission->detail};
	int status = vs_central_refusal_status(admission->refusal);
	const char *body = status == 401 ? "authentication failed\n" : admission->detail;

	tell_refused(reactor, conn, &refused);
	if (vs_conn_respond(conn, status, "text/plain", status == 401 ? unauthorized : NULL,
	                    vs_bytes_from_text(body), true)
	        .code != VS_E_OK)
		vs_conn_close(conn, false);
}

/* --- one station, one connection ------------------------------------------------------------ */

struct displacement {
	struct vs_central_reactor *reactor;
	vs_conn_id conn;
	char peer[VS_NET_PEER_TEXT_SIZE]; /* of the one that took over */
};

static void
displace(struct vs_central_reactor *reactor, vs_conn_id id, const char *new_peer)
{
	struct vs_central_session *session = vs_central_reactor_session(reactor, id);
	struct vs_conn *conn = vs_net_find(reactor->net, id);
	char detail[160];
	int size;

	if (session == NULL || conn == NULL || session->has_ended)
		return;
	vs_metric_add(VS_METRIC_sessions_displaced_total, 1);
	VS_LOG(WARN, "session.displaced", vs_bytes_from_text(session->identity),
	       VS_LOG_STR("old_peer", session->peer), VS_LOG_STR("new_peer", new_peer));
	size = snprintf(detail, sizeof(detail), "{\"oldPeer\":\"%s\",\"newPeer\":\"%s\"}",
	                session->peer, new_peer);
	if (size > 0 && (size_t)size < sizeof(detail))
		vs_central_session_security(&reactor->context, session, "session.displaced",
		                            VS_CORE_NOTICE, vs_bytes_from(detail, (size_t)size));
	vs_central_door_end(reactor, session, "displaced", true);
	vs_conn_ws_close(conn, 1008, "displaced by a newer connection");
}

static void
displace_mail(struct vs_loop *loop, void *argument)
{
	struct displacement *mail = argument;

	(void)loop;
	vs_central_reactor_wake(mail->reactor);
	displace(mail->reactor, mail->conn, mail->peer);
	free(mail);
}

/* The newer one has authenticated, so it wins (4.3 "a charger that reconnects must win quickly and
 * safely"). Whether an old one that still answers is to be kept instead is decided here, once the
 * transport can ask it. */
static vs_result
displace_old(struct vs_central_reactor *reactor, vs_conn_id old, const char *peer)
{
	struct vs_central_reactor *owner = reactor->central->reactors[vs_conn_id_reactor(old)];
	struct displacement *mail;
	vs_result r;

	if (owner == reactor) {
		displace(reactor, old, peer);
		return VS_OK;
	}
	if (owner == NULL)
		return VS_OK;
	mail = calloc(1, sizeof(*mail));
	if (mail == NULL)
		return VS_FAIL(NO_MEMORY);
	mail->reactor = owner;
	mail->conn = old;
	copy_text(peer, mail->peer, sizeof(mail->peer));
	r = vs_loop_post(owner->loop, displace_mail, mail);
	if (r.code != VS_E_OK)
		free(mail);
	return r;
}

static vs_result
take_place(struct vs_central_reactor *reactor, struct vs_central_session *session)
{
	struct vs_bytes identity = vs_bytes_from_text(session->identity);
	vs_conn_id old = 0;
	vs_result r;

	VS_TRY(
	    vs_central_directory_put(reactor->central->directory, identity, session->conn, &old));
	if (old == 0 || old == session->conn)
		return VS_OK;
	r = displace_old(reactor, old, session->peer);
	/* The old one could not be told: the station comes again. */
	if (r.code != VS_E_OK)
		(void)vs_central_directory_remove(reactor->central->directory, identity,
		                                  session->conn);
	return r;
}

static vs_result
begin_session(struct vs_central_reactor *reactor, struct vs_conn *conn,
              const struct vs_central_admission *admission)
{
	struct vs_central_session *session = NULL;
	char peer[VS_NET_PEER_TEXT_SIZE];
	vs_result r;

	vs_conn_peer_text(conn, peer);
	VS_TRY(vs_central_session_new(&reactor->context, &admission->station, vs_conn_get_id(conn),
	                              peer, &session));
	r = take_place(reactor, session);
	if (r.code != VS_E_OK) {
		vs_central_session_free(&session);
		return r;
	}
	vs_conn_set_user(conn, session);
	r = vs_conn_ws_accept(conn, admission->subprotocol,
	                      vs_central_door_message_size(admission->station.registration));
	if (r.code == VS_E_OK)
		return r;
	(void)vs_central_directory_remove(reactor->central->directory,
	                                  vs_bytes_from_text(session->identity), session->conn);
	vs_conn_set_user(conn, NULL);
	vs_central_session_free(&session);
	return r;
}

static void
on_request(struct vs_conn *conn, const struct vs_http_request *request, struct vs_bytes body,
           void *arg)
{
	struct vs_central_reactor *reactor = arg;
	const struct vs_central_options *options = &reactor->central->options;
	struct vs_central_policy policy = {options->registry, options->pepper, options->path_prefix,
	                                   options->required_auth, options->rules};
	struct vs_central_visitor *visitor = vs_conn_user(conn);
	struct vs_central_admission admission;

	(void)body;
	vs_central_reactor_wake(reactor);
	vs_central_admit(&policy, request, visitor != NULL ? &visitor->credential : NULL,
	                 &admission);
	vs_conn_set_user(conn, NULL);
	free(visitor);
	if (admission.refusal == VS_CENTRAL_ADMITTED &&
	    begin_session(reactor, conn, &admission).code != VS_E_OK) {
		admission.refusal = VS_CENTRAL_OVERLOADED;
		admission.detail = "too much work is waiting";
	}
	if (admission.refusal != VS_CENTRAL_ADMITTED)
		respond_refusal(reactor, conn, &admission);
	explicit_bzero(&admission, sizeof(admission));
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
	copy_text(session->peer, record->u.session.peer, sizeof(record->u.session.peer));
	vs_journal_add(&reactor->context.journal, record);
}

static void
publish_session(struct vs_central_reactor *reactor, const struct vs_central_session *session,
                enum vs_core_event_kind kind, const char *type, const char *detail)
{
	struct vs_core_event event;

	vs_core_event_init(&event, kind, reactor->context.now_ms);
	copy_text(session->tenant, event.tenant, sizeof(event.tenant));
	copy_text(session->identity, event.station, sizeof(event.station));
	copy_text(type, event.type, sizeof(event.type));
	(void)snprintf(event.detail, sizeof(event.detail), "%s%s%.90s", session->peer,
	               detail[0] != '\0' ? ", " : "", detail);
	reactor->context.events.publish(reactor->context.events.self, &event);
}

static void
on_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct vs_central_reactor *reactor = arg;
	struct vs_central_session *session = vs_conn_user(conn);
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
	copy_text(tls.version, about.u.session.tls_version, sizeof(about.u.session.tls_version));
	copy_text(tls.cipher, about.u.session.cipher, sizeof(about.u.session.cipher));
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
}

static void
on_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
           void *arg)
{
	struct vs_central_reactor *reactor = arg;
	struct vs_central_session *session = vs_conn_user(conn);

	if (session == NULL)
		return;
	vs_central_reactor_wake(reactor);
	if (kind == VS_NET_TEXT)
		vs_central_session_text(&reactor->context, session, vs_bytes_from(data, size));
	else
		vs_central_session_binary(&reactor->context, session);
}

/* --- going ---------------------------------------------------------------------------------- */

void
vs_central_door_end(struct vs_central_reactor *reactor, struct vs_central_session *session,
                    const char *reason, bool is_displaced)
{
	struct vs_core_record about = {.kind = VS_RECORD_session};

	assert(reactor != NULL && session != NULL && reason != NULL);
	if (session->has_ended)
		return;
	session->has_ended = true;
	vs_central_recheck_remove(session);
	vs_central_command_close(&reactor->context, session);
	(void)vs_central_directory_remove(reactor->central->directory,
	                                  vs_bytes_from_text(session->identity), session->conn);
	copy_text(reason, about.u.session.reason, sizeof(about.u.session.reason));
	record_session(reactor, session, &about);
	if (!is_displaced)
		publish_session(reactor, session, VS_EVENT_DISCONNECTED, reason, "");
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
	char peer[VS_NET_PEER_TEXT_SIZE];

	vs_conn_set_user(conn, NULL);
	vs_central_reactor_wake(reactor);
	if (session == NULL || session->kind == VS_CENTRAL_VISITOR) {
		vs_conn_peer_text(conn, peer);
		if (close->why == VS_E_TLS_FAILED)
			vs_central_handshake_failed(reactor, conn, close);
		else
			VS_LOG(DEBUG, "connection.closed", vs_bytes_from_text(peer),
			       VS_LOG_STR("why", vs_err_name(close->why)),
			       VS_LOG_STR("detail", close->detail));
		free(session); /* the visitor, if there is one */
		return;
	}
	VS_LOG(INFO, "station.closed", vs_bytes_from_text(session->identity),
	       VS_LOG_STR("why", vs_err_name(close->why)), VS_LOG_NUM("by_peer", close->by_peer),
	       VS_LOG_NUM("ws_code", close->ws_code), VS_LOG_STR("detail", close->detail),
	       VS_LOG_STR("peer", session->peer));
	vs_central_door_end(reactor, session, reason_of(close), false);
	vs_central_session_free(&session);
}

void
vs_central_door_handler(struct vs_central_reactor *reactor, struct vs_net_handler *handler_out)
{
	*handler_out = (struct vs_net_handler){.peer = on_peer,
	                                       .request = on_request,
	                                       .open = on_open,
	                                       .message = on_message,
	                                       .closed = on_closed,
	                                       .arg = reactor};
}
