/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that is not let in yet: its life, and the ways it is told no. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/random.h"
#include "base/text.h"
#include "central/certificate.h"
#include "central/reactor.h"
#include "core/audit.h"

#define TARPIT_MS   500u
#define HEADER_SIZE 160
#define FULL_US     30000000u
#define DRAINING_US 1000000u

static const char unauthorized[] =
    "WWW-Authenticate: Basic realm=\"voltseal\", charset=\"UTF-8\"\r\n"
    "Cache-Control: no-store\r\n";

/* --- what is told about a refusal ---------------------------------------------------------------
 */

struct refused {
	enum vs_central_refusal refusal;
	const char *tenant, *station, *detail; /* station: as claimed, "" when it was none */
};

/* A00.FR.408: what is wrong with a certificate is critical. */
static enum vs_core_severity
severity_of(enum vs_central_refusal refusal)
{
	return vs_central_refusal_is_certificate(refusal) || refusal == VS_CENTRAL_DOWNGRADE
	           ? VS_CORE_CRITICAL
	           : VS_CORE_WARNING;
}

static void
publish_refused(struct vs_central_reactor *reactor, const struct refused *refused, const char *peer,
                const char *detail)
{
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_REFUSED, reactor->context.now_ms);
	event.severity = severity_of(refused->refusal);
	vs_text_copy(refused->tenant[0] != '\0' ? refused->tenant : VS_CORE_TENANT_DEFAULT,
	             event.tenant, sizeof(event.tenant));
	vs_text_copy(refused->station, event.station, sizeof(event.station));
	vs_text_copy(vs_central_refusal_text(refused->refusal), event.type, sizeof(event.type));
	vs_core_source_copy(peer, event.source);
	(void)snprintf(event.detail, sizeof(event.detail), "%s: %.90s", peer, detail);
	if (refused->station[0] != '\0')
		vs_core_registry_set_refused(reactor->central->options.registry, refused->station,
		                             vs_central_refusal_text(refused->refusal),
		                             reactor->context.now_ms);
	reactor->context.events.publish(reactor->context.events.self, &event);
}

static void
tell_refused(struct vs_central_reactor *reactor, struct vs_conn *conn,
             const struct refused *refused)
{
	const char *word = vs_central_refusal_text(refused->refusal);
	char peer[VS_NET_PEER_TEXT_SIZE];
	struct vs_tls_session_info tls;

	vs_conn_peer_text(conn, peer);
	vs_conn_tls_info(conn, &tls);
	vs_metric_add(VS_METRIC_auth_failed_total, 1);
	if (refused->refusal == VS_CENTRAL_UNSEALED || refused->refusal == VS_CENTRAL_DOWNGRADE)
		vs_metric_add(VS_METRIC_downgrades_refused_total, 1);
	VS_LOG(WARN, "station.refused",
	       vs_bytes_from_text(refused->station[0] != '\0' ? refused->station : peer),
	       VS_LOG_STR("reason", word), VS_LOG_STR("peer", peer),
	       VS_LOG_STR("detail", refused->detail),
	       VS_LOG_STR("name", vs_core_security_name(word)),
	       VS_LOG_STR("severity", vs_core_severity_text(severity_of(refused->refusal))),
	       VS_LOG_STR("tls", tls.version), VS_LOG_STR("cipher", tls.cipher));
	publish_refused(reactor, refused, peer, refused->detail);
}

void
vs_central_visitor_tell(struct vs_central_visitor *visitor, struct vs_conn *conn,
                        enum vs_central_refusal refusal)
{
	const struct refused refused = {refusal, "", visitor->credential.common_name,
	                                "asked after the handshake"};

	tell_refused(visitor->reactor, conn, &refused);
}

/* A flood is one line a minute for each source. */
static void
tell_seldom(struct vs_central_visitor *visitor, struct vs_conn *conn,
            enum vs_central_refusal refusal, const char *what)
{
	struct vs_central_reactor *reactor = visitor->reactor;
	const struct vs_central_admission *admission = &visitor->verdict->admission;
	const struct refused refused = {refusal, admission->station.tenant, admission->claimed, ""};
	uint32_t count =
	    vs_noise_add(&reactor->noise, &visitor->source, reactor->context.mono_ms + 1);
	char peer[VS_NET_PEER_TEXT_SIZE], detail[90];

	if (count == 0)
		return;
	vs_conn_peer_text(conn, peer);
	(void)snprintf(detail, sizeof(detail), "%u times: %s", (unsigned)count, what);
	VS_LOG(WARN, "source.throttled", vs_bytes_from_text(peer), VS_LOG_STR("why", what),
	       VS_LOG_NUM("count", count), VS_LOG_STR("station", admission->claimed));
	publish_refused(reactor, &refused, peer, detail);
}

void
vs_central_visitor_throttled(struct vs_central_visitor *visitor, struct vs_conn *conn,
                             enum vs_throttle_rule rule)
{
	vs_throttle_count(rule);
	tell_seldom(visitor, conn, VS_CENTRAL_THROTTLED, vs_throttle_name(rule));
}

/* --- a visitor ----------------------------------------------------------------------------------
 */

void
vs_central_visitor_free(struct vs_central_visitor **visitor)
{
	if (*visitor == NULL)
		return;
	vs_timer_cancel((*visitor)->reactor->loop, &(*visitor)->timer);
	if ((*visitor)->verdict != NULL && (*visitor)->is_asked)
		vs_verdict_leave((*visitor)->verdict);
	else
		vs_verdict_free(&(*visitor)->verdict);
	free(*visitor);
	*visitor = NULL;
}

static void answer_late(struct vs_loop *loop, struct vs_timer *timer);

struct vs_central_visitor *
vs_central_visitor_of(struct vs_central_reactor *reactor, struct vs_conn *conn)
{
	struct vs_central_visitor *visitor = vs_conn_user(conn);

	if (visitor != NULL)
		return visitor;
	visitor = calloc(1, sizeof(*visitor));
	if (visitor == NULL)
		return NULL;
	visitor->kind = VS_CENTRAL_VISITOR;
	visitor->reactor = reactor;
	visitor->conn = vs_conn_get_id(conn);
	visitor->timer.fire = answer_late;
	vs_conn_set_user(conn, visitor);
	return visitor;
}

/* --- answering no -------------------------------------------------------------------------------
 */

static uint32_t
whole_seconds(uint64_t us)
{
	uint64_t s = (us + 999999) / 1000000;

	return s < 1 ? 1 : s > 3600 ? 3600 : (uint32_t)s;
}

/* The last word to this visitor: 401 and 429 are the same bytes for whoever does not get in. */
static void
answer(struct vs_central_visitor *visitor, struct vs_conn *conn)
{
	const struct vs_central_admission *admission = &visitor->verdict->admission;
	int status = vs_central_refusal_status(admission->refusal);
	const char *body = status == 401   ? "authentication failed\n"
	                   : status == 429 ? "too many requests\n"
	                                   : admission->detail;
	char headers[HEADER_SIZE] = "";

	if (visitor->retry_us > 0)
		(void)snprintf(headers, sizeof(headers), "Retry-After: %u\r\n",
		               (unsigned)whole_seconds(visitor->retry_us));
	if (vs_conn_respond(conn, status, "text/plain", status == 401 ? unauthorized : headers,
	                    vs_bytes_from_text(body), true)
	        .code != VS_E_OK)
		vs_conn_close(conn, false);
}

static void
answer_late(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_central_visitor *visitor =
	    (struct vs_central_visitor *)(void *)((char *)timer -
	                                          offsetof(struct vs_central_visitor, timer));
	struct vs_conn *conn = vs_net_find(visitor->reactor->net, visitor->conn);

	(void)loop;
	if (conn != NULL)
		answer(visitor, conn);
}

/* Who failed to authenticate waits, all for the same time whatever it was that took some of it: a
 * timer waits, no thread. */
void
vs_central_visitor_refuse(struct vs_central_visitor *visitor, struct vs_conn *conn)
{
	struct vs_central_reactor *reactor = visitor->reactor;
	const struct vs_central_admission *admission = &visitor->verdict->admission;
	const struct refused refused = {admission->refusal, admission->station.tenant,
	                                admission->claimed, admission->detail};
	int status = vs_central_refusal_status(admission->refusal);
	uint64_t tarpit_ms = reactor->central->options.tarpit_ms != 0
	                         ? reactor->central->options.tarpit_ms
	                         : TARPIT_MS;
	uint64_t since_ms = reactor->context.mono_ms - visitor->asked_ms;

	explicit_bzero(&visitor->verdict->basic, sizeof(visitor->verdict->basic));
	if (admission->refusal == VS_CENTRAL_OVERLOADED ||
	    admission->refusal == VS_CENTRAL_DRAINING ||
	    admission->refusal == VS_CENTRAL_TENANT_FULL)
		tell_seldom(visitor, conn, admission->refusal,
		            vs_central_refusal_text(admission->refusal));
	else if (admission->refusal != VS_CENTRAL_THROTTLED)
		tell_refused(reactor, conn, &refused);
	if (status != 401 && status != 429) {
		answer(visitor, conn);
		return;
	}
	/* A slow check ends in the next of the same steps. */
	vs_timer_arm(reactor->loop, &visitor->timer, tarpit_ms - since_ms % tarpit_ms);
}

void
vs_central_visitor_refuse_as(struct vs_central_visitor *visitor, struct vs_conn *conn,
                             enum vs_central_refusal why, const char *detail, uint64_t retry_us)
{
	struct vs_central_admission *admission = &visitor->verdict->admission;

	admission->refusal = why;
	admission->detail = detail;
	visitor->retry_us = retry_us;
	vs_central_visitor_refuse(visitor, conn);
}

/* Come back in [w, 2w], so that not all come back at once. */
void
vs_central_visitor_overloaded(struct vs_central_visitor *visitor, struct vs_conn *conn,
                              uint64_t wait_ms)
{
	uint64_t w_us = wait_ms < 1000 ? 1000000 : wait_ms * 1000;

	vs_central_visitor_refuse_as(visitor, conn, VS_CENTRAL_OVERLOADED,
	                             "too much work is waiting\n",
	                             w_us + vs_random_below(w_us + 1));
}

void
vs_central_visitor_draining(struct vs_central_visitor *visitor, struct vs_conn *conn)
{
	vs_central_visitor_refuse_as(visitor, conn, VS_CENTRAL_DRAINING, "this server drains\n",
	                             DRAINING_US + vs_random_below(DRAINING_US + 1));
}

void
vs_central_visitor_tenant_full(struct vs_central_visitor *visitor, struct vs_conn *conn)
{
	vs_central_visitor_refuse_as(visitor, conn, VS_CENTRAL_TENANT_FULL,
	                             "all connections of the tenant are in use\n",
	                             FULL_US + vs_random_below(FULL_US + 1));
}
