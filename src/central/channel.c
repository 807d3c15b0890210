/* SPDX-License-Identifier: Apache-2.0 */
#include "central/channel.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/random.h"
#include "central/reactor.h"
#include "ocpp/sealed.h"
#include "wire/base64.h"
#include "wire/json.h"

#define HELLO_MS     10000u            /* from the upgrade to the first message that opens */
#define GRACE_MS     UINT64_C(3600000) /* that a station may be late with its next handshake */
#define JITTER_MS    250u              /* at most, before a wrong psk ends the connection */
#define CLOSE_POLICY 1008
#define CLOSE_AGAIN  1013
#define WORD_SIZE    512

struct vs_central_channel {
	struct vs_ocpp_sealed *sealed;
	struct vs_central_reactor *reactor;
	struct vs_central_session *session;
	struct vs_timer timer;
	struct vs_buf waiting; /* u32 size, text, and so on: sent when it is open */
	uint32_t proven_epoch; /* the last one whose first message opened */
	bool was_offered;      /* on this connection, and not taken yet */
	bool is_closing;       /* with the timer */
};

static void on_timer(struct vs_loop *loop, struct vs_timer *timer);

vs_result
vs_central_channel_new(struct vs_central_reactor *reactor, struct vs_central_session *session,
                       const char *subprotocol)
{
	const struct vs_ocpp_sealed_names names = {
	    .tenant = session->tenant, .identity = session->identity, .subprotocol = subprotocol};
	struct vs_central_channel *channel = calloc(1, sizeof(*channel));
	vs_result r;

	if (channel == NULL)
		return VS_FAIL(NO_MEMORY);
	r = vs_ocpp_sealed_new(VS_NOISE_RESPONDER, &names, &channel->sealed);
	if (r.code != VS_E_OK) {
		free(channel);
		return r;
	}
	vs_buf_init(&channel->waiting, VS_LIMIT_SEALED_WAITING);
	channel->reactor = reactor;
	channel->session = session;
	channel->timer.fire = on_timer;
	vs_timer_arm(reactor->loop, &channel->timer, HELLO_MS);
	session->channel = channel;
	return VS_OK;
}

void
vs_central_channel_free(struct vs_central_channel **channel)
{
	if (*channel == NULL)
		return;
	vs_timer_cancel((*channel)->reactor->loop, &(*channel)->timer);
	vs_ocpp_sealed_free(&(*channel)->sealed);
	if ((*channel)->waiting.data != NULL)
		explicit_bzero((*channel)->waiting.data, (*channel)->waiting.capacity);
	vs_buf_done(&(*channel)->waiting);
	free(*channel);
	*channel = NULL;
}

/* --- the end -----------------------------------------------------------------------------------
 */

static void
end(struct vs_central_session *session, struct vs_conn *conn, enum vs_ocpp_sealed_fault fault)
{
	struct vs_central_reactor *reactor = session->channel->reactor;
	const char *why = vs_ocpp_sealed_fault_text(fault);
	bool is_replay = fault == VS_OCPP_SEALED_REPEATED || fault == VS_OCPP_SEALED_GAP;
	char detail[160];
	int size;

	vs_metric_add(is_replay ? VS_METRIC_replays_detected_total : VS_METRIC_sealed_refused_total,
	              1);
	VS_LOG(WARN, is_replay ? "replay.detected" : "sealed.refused",
	       vs_bytes_from_text(session->identity), VS_LOG_STR("reason", why),
	       VS_LOG_NUM("epoch", vs_ocpp_sealed_epoch(session->channel->sealed)),
	       VS_LOG_STR("peer", session->peer));
	size = snprintf(detail, sizeof(detail), "{\"reason\":\"%s\",\"peer\":\"%s\"}", why,
	                session->peer);
	if (size > 0 && (size_t)size < sizeof(detail))
		vs_central_session_security(&reactor->context, session,
		                            is_replay ? "AttemptedReplayAttacks"
		                                      : "SealedChannelFailed",
		                            VS_CORE_WARNING, vs_bytes_from(detail, (size_t)size));
	vs_central_door_end(reactor, session, why, false);
	/* One code and no words for all of them. What looking for the key has cost is not told by
	 * the time either. */
	if (fault == VS_OCPP_SEALED_WRONG_KEY) {
		session->channel->is_closing = true;
		vs_timer_arm(reactor->loop, &session->channel->timer,
		             vs_random_u64() % (JITTER_MS + 1));
		return;
	}
	vs_conn_ws_close(conn, CLOSE_POLICY, "");
}

static void
on_timer(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_central_channel *channel =
	    (struct vs_central_channel *)(void *)((char *)timer -
	                                          offsetof(struct vs_central_channel, timer));
	struct vs_conn *conn = vs_net_find(channel->reactor->net, channel->session->conn);

	(void)loop;
	if (conn != NULL && channel->is_closing)
		vs_conn_ws_close(conn, CLOSE_POLICY, "");
	if (conn == NULL || channel->session->has_ended)
		return;
	vs_central_reactor_wake(channel->reactor);
	end(channel->session, conn,
	    vs_ocpp_sealed_is_proven(channel->sealed) ? VS_OCPP_SEALED_SPENT
	                                              : VS_OCPP_SEALED_EARLY);
}

/* --- sending -----------------------------------------------------------------------------------
 */

static vs_result
seal_and_send(struct vs_central_channel *channel, struct vs_conn *conn, struct vs_bytes text)
{
	struct vs_buf *out = &channel->reactor->seal_out;

	vs_buf_reset(out);
	VS_TRY(vs_ocpp_sealed_seal(channel->sealed, text, out));
	return vs_conn_ws_send(conn, VS_NET_TEXT, vs_buf_view(out));
}

vs_result
vs_central_channel_send(struct vs_central_session *session, struct vs_conn *conn,
                        struct vs_bytes text)
{
	struct vs_central_channel *channel = session->channel;
	uint32_t size = (uint32_t)text.size;

	if (vs_ocpp_sealed_is_open(channel->sealed))
		return seal_and_send(channel, conn, text);
	if (channel->waiting.size + sizeof(size) + text.size > channel->waiting.size_max)
		return VS_FAIL(BUSY);
	VS_TRY(vs_buf_append(&channel->waiting, &size, sizeof(size)));
	return vs_buf_append_bytes(&channel->waiting, text);
}

static void
send_waiting(struct vs_central_channel *channel, struct vs_conn *conn)
{
	struct vs_bytes left = vs_buf_view(&channel->waiting);
	uint32_t size;

	while (left.size > sizeof(size)) {
		memcpy(&size, left.data, sizeof(size));
		left = vs_bytes_from(left.data + sizeof(size), left.size - sizeof(size));
		if (seal_and_send(channel, conn, vs_bytes_from(left.data, size)).code != VS_E_OK)
			vs_conn_close(conn, true);
		left = vs_bytes_from(left.data + size, left.size - size);
	}
	vs_buf_done(&channel->waiting);
}

static void
send_offer(struct vs_central_channel *channel, struct vs_conn *conn,
           const struct vs_keys_offer *offer)
{
	char oid[VS_BASE64_TEXT_SIZE(VS_KEYS_OID_SIZE)], key[VS_BASE64_TEXT_SIZE(VS_KEYS_KEY_SIZE)];
	char word[WORD_SIZE];
	int size;

	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(offer->oid, sizeof(offer->oid)), oid,
	                       sizeof(oid));
	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(offer->key, sizeof(offer->key)), key,
	                       sizeof(key));
	size = snprintf(word, sizeof(word), "[\"OFFER\",%u,\"%s\",\"%s\",%lld]",
	                (unsigned)offer->epoch, oid, key, (long long)offer->until_ms);
	if (size > 0 && (size_t)size < sizeof(word) &&
	    seal_and_send(channel, conn, vs_bytes_from(word, (size_t)size)).code == VS_E_OK) {
		channel->was_offered = true;
		VS_LOG(INFO, "psk.offered", vs_bytes_from_text(channel->session->identity),
		       VS_LOG_NUM("epoch", offer->epoch));
	}
	explicit_bzero(key, sizeof(key));
	explicit_bzero(word, sizeof(word));
}

/* --- receiving ---------------------------------------------------------------------------------
 */

static void
start(struct vs_central_channel *channel, struct vs_conn *conn,
      const struct vs_central_job_request *request)
{
	if (vs_central_job_start(channel->reactor, channel->session, request).code == VS_E_OK)
		return;
	/* Only a handshake cannot do without; conn is NULL for nothing else. */
	if (request->hello != NULL)
		vs_conn_ws_close(conn, CLOSE_AGAIN, "too much work is waiting");
}

static void
on_hello(struct vs_central_channel *channel, struct vs_conn *conn)
{
	struct vs_ocpp_sealed_hello hello;
	const struct vs_central_job_request request = {.hello = &hello};

	vs_ocpp_sealed_get_hello(channel->sealed, &hello);
	start(channel, conn, &request);
}

/* ["ACK",kid,"oid","proof"] */
static vs_result
read_ack(struct vs_bytes word, struct vs_keys_psk_work *work)
{
	struct vs_json_node nodes[6];
	const struct vs_json_node *node;
	struct vs_json_tape tape;
	struct vs_bytes text;
	int64_t kid = 0;
	size_t oid_size = 0, proof_size = 0;

	vs_json_tape_init_fixed(&tape, nodes, 6);
	VS_TRY(vs_json_parse(word, &tape));
	node = vs_json_next(nodes, vs_json_next(nodes, NULL));
	VS_TRY(vs_json_int(&tape, node, &kid));
	node = vs_json_next(nodes, node);
	VS_TRY(vs_json_text(&tape, node, NULL, 0, &text));
	VS_TRY(vs_base64_decode(VS_BASE64_URL, text, work->oid, sizeof(work->oid), &oid_size));
	node = vs_json_next(nodes, node);
	VS_TRY(vs_json_text(&tape, node, NULL, 0, &text));
	VS_TRY(
	    vs_base64_decode(VS_BASE64_URL, text, work->proof, sizeof(work->proof), &proof_size));
	if (kid < 1 || kid > UINT32_MAX || oid_size != sizeof(work->oid) ||
	    proof_size != sizeof(work->proof))
		return VS_FAIL(BAD_VALUE);
	work->kid = (uint32_t)kid;
	return VS_OK;
}

static void
on_ack(struct vs_central_channel *channel, struct vs_conn *conn, struct vs_bytes word)
{
	struct vs_central_job_request request = {.work.step = VS_KEYS_PSK_ACK};

	if (read_ack(word, &request.work).code == VS_E_OK)
		start(channel, conn, &request);
	else
		end(channel->session, conn, VS_OCPP_SEALED_MALFORMED);
}

/* The first message that opened under the keys of a handshake: the station has the psk. */
static void
note_proof(struct vs_central_channel *channel, struct vs_conn *conn)
{
	const struct vs_central_job_request request = {
	    .work = {.step = VS_KEYS_PSK_PROVEN, .kid = vs_ocpp_sealed_kid(channel->sealed)}};
	uint32_t epoch = vs_ocpp_sealed_epoch(channel->sealed);

	if (!vs_ocpp_sealed_is_proven(channel->sealed) || channel->proven_epoch == epoch)
		return;
	channel->proven_epoch = epoch;
	vs_timer_arm(channel->reactor->loop, &channel->timer, VS_OCPP_SEALED_LIFE_MS + GRACE_MS);
	start(channel, conn, &request);
}

void
vs_central_channel_receive(struct vs_central_session *session, struct vs_conn *conn,
                           struct vs_bytes text)
{
	struct vs_central_channel *channel = session->channel;
	struct vs_central_reactor *reactor = channel->reactor;
	struct vs_buf *plain = &reactor->seal_in;
	enum vs_ocpp_sealed_fault fault = VS_OCPP_SEALED_FINE;
	enum vs_ocpp_sealed_word word = VS_OCPP_SEALED_TEXT;

	if (session->has_ended)
		return;
	if (vs_ocpp_sealed_receive(channel->sealed, text, plain, &word, &fault).code != VS_E_OK) {
		end(session, conn, fault);
		return;
	}
	note_proof(channel, conn);
	switch (word) {
	case VS_OCPP_SEALED_TEXT:
		vs_central_door_deliver(reactor, session, vs_buf_view(plain));
		break;
	case VS_OCPP_SEALED_HELLO:
		on_hello(channel, conn);
		break;
	case VS_OCPP_SEALED_ACK:
		on_ack(channel, conn, vs_buf_view(plain));
		break;
	case VS_OCPP_SEALED_OPEN:
	case VS_OCPP_SEALED_OFFER:
		break; /* a station's */
	}
}

/* --- from the pool -----------------------------------------------------------------------------
 */

static void
on_hello_answered(struct vs_central_channel *channel, struct vs_conn *conn, vs_result result,
                  struct vs_ocpp_sealed_keys **keys)
{
	struct vs_buf *out = &channel->reactor->seal_out;

	if (result.code == VS_E_NOT_AUTHENTIC || result.code == VS_E_NOT_FOUND ||
	    result.code == VS_E_FORBIDDEN) {
		end(channel->session, conn, VS_OCPP_SEALED_WRONG_KEY);
		return;
	}
	vs_buf_reset(out);
	if (result.code == VS_E_OK)
		result = vs_ocpp_sealed_accept(channel->sealed, keys, out);
	if (result.code == VS_E_OK)
		result = vs_conn_ws_send(conn, VS_NET_TEXT, vs_buf_view(out));
	if (result.code != VS_E_OK) {
		VS_LOG(WARN, "sealed.failed", vs_bytes_from_text(channel->session->identity),
		       VS_LOG_ERR(result));
		vs_conn_ws_close(conn, CLOSE_AGAIN, "");
		return;
	}
	vs_metric_add(VS_METRIC_sealed_handshakes_total, 1);
	send_waiting(channel, conn);
}

void
vs_central_channel_answered(struct vs_central_session *session, struct vs_conn *conn,
                            vs_result result, const struct vs_central_answer *answer)
{
	struct vs_central_channel *channel = session->channel;

	if (session->has_ended)
		return;
	if (answer->hello != NULL) {
		on_hello_answered(channel, conn, result, answer->keys);
		return;
	}
	if (result.code != VS_E_OK)
		VS_LOG(WARN, "psk.change_failed", vs_bytes_from_text(session->identity),
		       VS_LOG_ERR(result));
	else if (answer->offer != NULL)
		send_offer(channel, conn, answer->offer);
}

/* --- rotation ----------------------------------------------------------------------------------
 */

struct rotate_mail {
	struct vs_central_reactor *reactor;
	vs_conn_id conn;
};

static void
on_rotate(struct vs_loop *loop, void *argument)
{
	const struct vs_central_job_request request = {.work.step = VS_KEYS_PSK_OFFER};
	struct rotate_mail *mail = argument;
	struct vs_central_session *session = vs_central_reactor_session(mail->reactor, mail->conn);

	(void)loop;
	/* TCP brings it: once on each connection is enough. */
	if (session != NULL && !session->has_ended && session->channel != NULL &&
	    vs_ocpp_sealed_is_proven(session->channel->sealed) && !session->channel->was_offered)
		start(session->channel, NULL, &request);
	free(mail);
}

vs_result
vs_central_channel_rotate(void *self, const struct vs_keys_device *device)
{
	struct vs_central *central = self;
	struct vs_central_reactor *reactor = NULL;
	struct rotate_mail *mail;
	vs_conn_id conn = 0;
	vs_result r;

	if (device->chan == VS_KEYS_PSK)
		conn = vs_central_directory_find(central->directory,
		                                 vs_bytes_from_text(device->device));
	if (conn != 0)
		reactor = central->reactors[vs_conn_id_reactor(conn)];
	if (reactor == NULL)
		return VS_FAIL(NOT_CONNECTED);
	mail = calloc(1, sizeof(*mail));
	if (mail == NULL)
		return VS_FAIL(NO_MEMORY);
	mail->reactor = reactor;
	mail->conn = conn;
	r = vs_loop_post(reactor->loop, on_rotate, mail);
	if (r.code != VS_E_OK)
		free(mail);
	return r;
}
