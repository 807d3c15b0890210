/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the TLS handshake to the answer of the upgrade: throttled, asked who it is, its password
 * checked elsewhere, its place taken. Between the steps only the connection's id is kept.
 */
#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/random.h"
#include "central/certificate.h"
#include "central/customdata.h"
#include "central/reactor.h"
#include "central/subprotocol.h"

#define BEHIND_US  2000000u /* come back in [1, 2] times that */
#define ROUNDS_MAX 3u

vs_result
vs_central_gate_peer(struct vs_conn *conn, const struct vs_tls_peer *peer, void *arg)
{
	struct vs_central_reactor *reactor = arg;
	struct vs_central_visitor *visitor;
	enum vs_central_refusal refusal;

	if (peer == NULL)
		return VS_OK;
	vs_central_reactor_wake(reactor);
	visitor = vs_central_visitor_of(reactor, conn);
	if (visitor == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_central_credential_read(peer, &visitor->credential);
	visitor->credential.is_excused =
	    vs_central_certificate_excuse(reactor->context.registry, &visitor->credential,
	                                  reactor->context.now_ms) > 0;
	refusal = vs_central_certificate_judge(&reactor->central->options.rules,
	                                       &visitor->credential, reactor->context.now_ms);
	if (refusal == VS_CENTRAL_ADMITTED)
		refusal = vs_central_admit_certificate(
		    reactor->context.registry, &visitor->credential, reactor->context.now_ms);
	if (refusal == VS_CENTRAL_ADMITTED)
		return VS_OK;
	vs_central_visitor_tell(visitor, conn, refusal);
	return VS_FAIL(NOT_AUTHENTIC);
}

void
vs_central_gate_closed(struct vs_central_reactor *reactor, struct vs_conn *conn,
                       const struct vs_net_close *close)
{
	struct vs_central_visitor *visitor = vs_conn_user(conn);
	char peer[VS_NET_PEER_TEXT_SIZE];

	vs_conn_set_user(conn, NULL);
	vs_conn_peer_text(conn, peer);
	if (close->why == VS_E_TLS_FAILED)
		vs_central_handshake_failed(reactor, conn, close);
	else
		VS_LOG(DEBUG, "connection.closed", vs_bytes_from_text(peer),
		       VS_LOG_STR("why", vs_err_name(close->why)),
		       VS_LOG_STR("detail", close->detail));
	vs_central_visitor_free(&visitor);
}

/* --- throttling ---------------------------------------------------------------------------------
 */

static uint64_t
now_us(const struct vs_central_reactor *reactor)
{
	return reactor->context.mono_ms * 1000;
}

/* Failures count; who is let in gets its attempt back. Before anything is looked up: unknown
 * identities are throttled like known ones. An identity that is under attack from many sources
 * stays open to each source that has not failed itself lately. */
static uint64_t
throttle(const struct vs_central_visitor *visitor, enum vs_throttle_rule *rule_out)
{
	const struct vs_central_reactor *reactor = visitor->reactor;
	struct vs_throttle *t = reactor->central->options.throttle;
	struct vs_bytes identity = vs_bytes_from_text(visitor->verdict->admission.claimed);
	struct vs_bytes none = {NULL, 0};
	uint64_t now = now_us(reactor), wait_us;

	*rule_out = VS_THROTTLE_AUTH_SOURCE;
	wait_us = vs_throttle_look(t, *rule_out, &visitor->source, none, now);
	if (wait_us > 0)
		return wait_us;
	*rule_out = VS_THROTTLE_AUTH_IDENTITY;
	if (vs_throttle_look(t, *rule_out, &visitor->source, identity, now) > 0)
		wait_us = vs_throttle_look_strictly(t, VS_THROTTLE_AUTH_NEAR, &visitor->source,
		                                    identity, now);
	if (wait_us > 0)
		return wait_us;
	*rule_out = VS_THROTTLE_AUTH_NEAR;
	return vs_throttle_take(t, *rule_out, &visitor->source, identity, now);
}

/* What became of an attempt that passed `throttle`. */
static void
settle(const struct vs_central_reactor *reactor, const struct vs_source *source,
       const struct vs_central_admission *admission)
{
	struct vs_throttle *t = reactor->central->options.throttle;
	struct vs_bytes identity = vs_bytes_from_text(admission->claimed);

	if (vs_central_refusal_status(admission->refusal) != 401) {
		vs_throttle_refund(t, VS_THROTTLE_AUTH_NEAR, source, identity, now_us(reactor));
		return;
	}
	vs_throttle_fail(t, source, identity, now_us(reactor));
}

/* --- coming in ----------------------------------------------------------------------------------
 */

static enum vs_central_listener
listener_of(const struct vs_conn *conn)
{
	const char *name = vs_conn_listener_name(conn);

	if (strcmp(name, VS_CENTRAL_LISTENER_CLEAR_NAME) == 0)
		return VS_CENTRAL_LISTENER_CLEAR;
	return strcmp(name, VS_CENTRAL_LISTENER_OPEN_NAME) == 0 ? VS_CENTRAL_LISTENER_OPEN
	                                                        : VS_CENTRAL_LISTENER_TLS;
}

/* conn: NULL when it has gone; which listener it was is asked in the first step only. */
static struct vs_central_policy
policy_of(const struct vs_central_reactor *reactor, const struct vs_conn *conn)
{
	const struct vs_central_options *options = &reactor->central->options;

	return (struct vs_central_policy){
	    .registry = options->registry,
	    .path_prefix = options->path_prefix,
	    .required_auth = options->required_auth,
	    .rules = options->rules,
	    .listener = conn != NULL ? listener_of(conn) : VS_CENTRAL_LISTENER_TLS,
	    .models = reactor->context.models,
	    .now_ms = reactor->context.now_ms,
	    .can_seal = options->keys != NULL && options->pool != NULL};
}

/* What it has shown that is news is held in memory now and on disk soon; a crash between forgets
 * it, and the next connection shows it again. */
static void
take_proof(struct vs_central_reactor *reactor, const struct vs_central_admission *admission)
{
	const struct vs_core_proof *proof = &admission->proof;
	struct vs_core_record *record = NULL;
	struct vs_bytes nothing = {NULL, 0};
	struct vs_core_station station;

	if (!vs_core_registry_prove(reactor->central->options.registry, admission->station.identity,
	                            proof, &station))
		return;
	VS_LOG(INFO, "station.proved", vs_bytes_from_text(station.identity),
	       VS_LOG_NUM("profile", station.policy.profile_reached),
	       VS_LOG_STR("auth", vs_core_auth_text(station.auth)),
	       VS_LOG_NUM("next_password", proof->is_next_verifier));
	if (vs_core_record_new(VS_RECORD_proved, station.tenant, station.identity,
	                       reactor->context.now_ms, nothing, nothing, &record)
	        .code == VS_E_OK) {
		record->u.proved.station = station;
		record->u.proved.proof = *proof;
		vs_journal_add(&reactor->context.journal, record);
	}
	explicit_bzero(&station, sizeof(station));
}

static struct vs_central_origin
origin_of(const struct vs_central_visitor *visitor)
{
	struct vs_central_origin origin = {.source = visitor->source};

	if (visitor->credential.has_certificate) {
		memcpy(&origin.credential, visitor->credential.fingerprint,
		       sizeof(origin.credential));
		origin.credential |= 1;
	}
	return origin;
}

/* The place is ours: the visitor becomes a session. */
static vs_result
begin_session(struct vs_central_visitor *visitor, struct vs_conn *conn)
{
	struct vs_central_reactor *reactor = visitor->reactor;
	const struct vs_central_admission *admission = &visitor->verdict->admission;
	struct vs_central_session *session = NULL;
	bool is_sealed = vs_central_subprotocol_is_sealed(admission->subprotocol);
	char header[VS_CENTRAL_NONCE_HEADER_SIZE] = "";
	char peer[VS_NET_PEER_TEXT_SIZE];
	vs_result r;

	vs_conn_peer_text(conn, peer);
	VS_TRY(vs_central_session_new(&reactor->context, &admission->station, vs_conn_get_id(conn),
	                              peer, &session));
	r = vs_central_tenant_enter(reactor->central->tenants, session->tenant, &session->house);
	if (r.code != VS_E_OK) {
		vs_central_session_free(&session);
		return r;
	}
	session->origin = origin_of(visitor);
	vs_central_session_speak(&reactor->context, session,
	                         vs_central_subprotocol_version(admission->subprotocol),
	                         &admission->station.policy);
	vs_core_registry_set_spoken(reactor->central->options.registry, admission->station.identity,
	                            session->version);
	r = VS_OK;
	if (is_sealed)
		r = vs_central_channel_new(reactor, session, admission->subprotocol);
	if (r.code == VS_E_OK && is_sealed)
		vs_conn_ws_refuse_deflate(conn); /* what is compressed before it is sealed leaks */
	if (r.code == VS_E_OK && admission->station.policy.replay == VS_CORE_REPLAY_CUSTOMDATA)
		r = vs_central_customdata_begin(&reactor->context, session, header);
	if (r.code == VS_E_OK)
		r = vs_conn_ws_accept_with(
		    conn, admission->subprotocol[0] != '\0' ? admission->subprotocol : NULL, header,
		    vs_central_door_message_size(admission->station.registration, is_sealed));
	if (r.code != VS_E_OK) {
		vs_central_channel_free(&session->channel);
		vs_central_tenant_leave(&session->house);
		vs_central_session_free(&session);
		return r;
	}
	vs_conn_set_user(conn, session);
	if (vs_core_policy_forgives(&admission->station.policy, VS_CORE_QUIRK_NO_PONG))
		vs_conn_ws_stop_pings(conn);
	if (admission->station.policy.sign != VS_CORE_SIGN_OFF &&
	    vs_central_signing_begin(reactor, session, admission->station.policy.sign, conn).code !=
	        VS_E_OK)
		vs_conn_close(conn, true); /* never without what its policy asks for */
	take_proof(reactor, admission);
	vs_central_visitor_free(&visitor);
	return r;
}

/* Authenticated: take the place, or ask who holds it. */
static void
take_place(struct vs_central_visitor *visitor, struct vs_conn *conn)
{
	struct vs_central_reactor *reactor = visitor->reactor;
	struct vs_bytes identity = vs_bytes_from_text(visitor->verdict->admission.claimed);
	struct vs_central_origin origin = origin_of(visitor);
	char tuple[VS_NET_TUPLE_TEXT_SIZE];
	vs_conn_id old = 0;
	vs_result r = VS_FAIL(BUSY);

	if (vs_drain_is_on(&reactor->central->drain)) { /* since it came */
		vs_central_visitor_draining(visitor, conn);
		return;
	}
	if (visitor->rounds++ < ROUNDS_MAX)
		r = vs_central_directory_claim(reactor->central->directory, identity, visitor->conn,
		                               &old);
	if (r.code == VS_E_OK && old != 0) {
		vs_conn_tuple_text(conn, tuple);
		r = vs_central_place_ask(reactor, old, visitor->conn, &origin,
		                         visitor->verdict->admission.claimed, tuple);
		if (r.code == VS_E_OK)
			return;
	} else if (r.code == VS_E_OK) {
		r = begin_session(visitor, conn);
		if (r.code == VS_E_OK)
			return;
		(void)vs_central_directory_remove(reactor->central->directory, identity,
		                                  visitor->conn);
		if (r.code == VS_E_RATE_LIMITED) {
			vs_central_visitor_tenant_full(visitor, conn);
			return;
		}
	}
	vs_central_visitor_overloaded(visitor, conn, 1000);
}

void
vs_central_gate_placed(struct vs_central_reactor *reactor, vs_conn_id id,
                       enum vs_central_place place)
{
	struct vs_conn *conn = vs_net_find(reactor->net, id);
	struct vs_central_visitor *visitor = conn != NULL ? vs_conn_user(conn) : NULL;

	if (visitor == NULL || visitor->kind != VS_CENTRAL_VISITOR || visitor->verdict == NULL)
		return;
	if (place == VS_PLACE_FREE)
		take_place(visitor, conn);
	else if (place == VS_PLACE_BUSY)
		vs_central_visitor_overloaded(visitor, conn, reactor->central->options.liveness_ms);
	else
		vs_central_visitor_refuse_as(visitor, conn, VS_CENTRAL_CONFLICT,
		                             "another connection of this identity is alive\n", 0);
}

/* The second step. */
static void
conclude(struct vs_central_visitor *visitor, struct vs_conn *conn, bool is_right)
{
	struct vs_central_policy policy = policy_of(visitor->reactor, conn);
	struct vs_central_admission *admission = &visitor->verdict->admission;

	vs_central_admit_conclude(&policy, is_right, admission);
	settle(visitor->reactor, &visitor->source, admission);
	if (admission->refusal == VS_CENTRAL_ADMITTED)
		take_place(visitor, conn);
	else
		vs_central_visitor_refuse(visitor, conn);
}

/* The visitor has left; what it tried counts all the same. */
static void
settle_left(struct vs_central_reactor *reactor, struct vs_verdict *verdict)
{
	struct vs_central_policy policy = policy_of(reactor, NULL);

	if (verdict->result.code != VS_E_OK)
		verdict->admission.refusal = VS_CENTRAL_OVERLOADED;
	else
		vs_central_admit_conclude(&policy, verdict->is_right, &verdict->admission);
	settle(reactor, &verdict->source, &verdict->admission);
}

static void
on_verdict(struct vs_loop *loop, struct vs_verdict *verdict)
{
	struct vs_central_reactor *reactor = verdict->arg;
	struct vs_conn *conn = vs_net_find(reactor->net, verdict->conn);
	struct vs_central_visitor *visitor = conn != NULL ? vs_conn_user(conn) : NULL;

	(void)loop;
	vs_central_reactor_wake(reactor);
	if (visitor == NULL) {
		settle_left(reactor, verdict);
		vs_verdict_free(&verdict);
		return;
	}
	visitor->is_asked = false;
	if (verdict->result.code == VS_E_OK) {
		conclude(visitor, conn, verdict->is_right);
		return;
	}
	/* Not a wrong password: nobody could be asked. */
	vs_metric_add(VS_METRIC_ratelimit_verdict_total, 1);
	verdict->admission.refusal = VS_CENTRAL_OVERLOADED;
	settle(reactor, &visitor->source, &verdict->admission);
	vs_central_visitor_overloaded(visitor, conn, 1000);
}

/* The first step is done: is there a password to be looked at? */
static void
go_on(struct vs_central_visitor *visitor, struct vs_conn *conn)
{
	struct vs_central_reactor *reactor = visitor->reactor;
	struct vs_verdict *verdict = visitor->verdict;
	uint64_t retry_ms = 0;

	if (!verdict->admission.needs_verdict) {
		conclude(visitor, conn, false);
		return;
	}
	verdict->loop = reactor->loop;
	verdict->finish = on_verdict;
	verdict->arg = reactor;
	verdict->conn = visitor->conn;
	verdict->source = visitor->source;
	visitor->is_asked =
	    vs_verdict_ask(reactor->central->verdicts, verdict, reactor->context.mono_ms, &retry_ms)
		.code == VS_E_OK;
	if (visitor->is_asked)
		return;
	vs_metric_add(VS_METRIC_ratelimit_verdict_total, 1);
	verdict->admission.refusal = VS_CENTRAL_OVERLOADED;
	settle(reactor, &visitor->source, &verdict->admission);
	vs_central_visitor_overloaded(visitor, conn, retry_ms);
}

void
vs_central_gate_request(struct vs_conn *conn, const struct vs_http_request *request,
                        struct vs_bytes body, void *arg)
{
	struct vs_central_reactor *reactor = arg;
	struct vs_central_visitor *visitor = vs_central_visitor_of(reactor, conn);
	struct vs_central_policy policy;
	enum vs_throttle_rule rule;
	uint64_t wait_us;

	(void)body;
	vs_central_reactor_wake(reactor);
	policy = policy_of(reactor, conn);
	if (visitor == NULL || vs_verdict_new(&visitor->verdict).code != VS_E_OK) {
		vs_conn_close(conn, true);
		return;
	}
	visitor->asked_ms = reactor->context.mono_ms;
	vs_conn_source(conn, &visitor->source);
	vs_central_admit(&policy, request, &visitor->credential, &visitor->verdict->basic,
	                 &visitor->verdict->admission);
	if (visitor->verdict->admission.refusal == VS_CENTRAL_BAD_PATH) {
		vs_central_visitor_refuse(visitor, conn);
		return;
	}
	if (vs_drain_is_on(&reactor->central->drain)) {
		vs_central_visitor_draining(visitor, conn);
		return;
	}
	if (reactor->central->options.is_current != NULL &&
	    !reactor->central->options.is_current(reactor->central->options.is_current_arg)) {
		vs_metric_add(VS_METRIC_node_refused_total, 1);
		vs_central_visitor_refuse_as(visitor, conn, VS_CENTRAL_BEHIND,
		                             "this server does not know enough now\n",
		                             BEHIND_US + vs_random_below(BEHIND_US + 1));
		return;
	}
	wait_us = throttle(visitor, &rule);
	if (wait_us > 0) {
		vs_central_visitor_throttled(visitor, conn, rule);
		vs_central_visitor_refuse_as(visitor, conn, VS_CENTRAL_THROTTLED, "", wait_us);
		return;
	}
	go_on(visitor, conn);
}
