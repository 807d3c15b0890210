/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/framed_link.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

#define AGAIN_MS    500u
#define KEEPALIVE_S 10u
#define DATA_MAX    8192u
#define RENEWAL_MS  500u
#define URL_SIZE    320u
#define SIGNALS_N   3

static const int signals[SIGNALS_N] = {SIGINT, SIGTERM, SIGUSR1};

/* --- sending ------------------------------------------------------------------------------------
 */

static vs_result
put(struct vs_sim_framed *link, struct vs_bytes data)
{
	struct vs_conn *conn = vs_net_find(link->net, link->conn);

	if (conn == NULL)
		return VS_FAIL(NOT_CONNECTED);
	vs_sim_wire_log_data(link->log, true, data);
	vs_buf_reset(&link->bytes);
	VS_TRY(vs_frame_encode(VS_FRAME_DATA_ETX, false, data, &link->bytes));
	return vs_conn_bytes_send(conn, vs_buf_view(&link->bytes));
}

vs_result
vs_sim_framed_say(struct vs_sim_framed *link, const struct vs_framed_message *message)
{
	struct vs_buf plain;
	vs_result r;

	if (!link->is_open)
		return VS_FAIL(NOT_CONNECTED);
	vs_buf_init(&plain, VS_FRAMED_SIZE_MAX);
	vs_buf_reset(&link->data);
	r = vs_framed_write(message, &plain);
	if (r.code == VS_E_OK)
		r = vs_sim_seal_put(link->seal, vs_buf_view(&plain), vs_clock_wall_ms() / 1000,
		                    &link->data);
	if (r.code == VS_E_OK) {
		vs_sim_wire_log_plain(link->log, true, vs_buf_view(&plain));
		r = put(link, vs_buf_view(&link->data));
	}
	vs_buf_done(&plain);
	return r;
}

void
vs_sim_framed_acknowledge(struct vs_sim_framed *link)
{
	const uint8_t ack = VS_FRAME_ACK;
	struct vs_conn *conn = vs_net_find(link->net, link->conn);

	/* One that does not reach Central is missed there, and what it was for comes again. */
	if (conn != NULL && vs_conn_bytes_send(conn, vs_bytes_from(&ack, 1)).code != VS_E_OK)
		vs_conn_close(conn, true);
}

/* --- the connection -----------------------------------------------------------------------------
 */

static void
now_open(struct vs_sim_framed *link)
{
	link->is_open = true;
	link->opened(link->arg);
}

static void
on_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct vs_sim_framed *link = arg;
	vs_result r;

	(void)subprotocol;
	vs_frame_done(&link->frame);
	vs_frame_init(&link->frame, VS_FRAME_AUTO, false, DATA_MAX);
	vs_buf_reset(&link->data);
	link->was_proven = false;
	link->has_greeted = true;
	r = vs_sim_seal_begin(link->seal, vs_loop_now_ms(link->loop), &link->data);
	if (r.code == VS_E_OK && link->data.size > 0)
		r = put(link, vs_buf_view(&link->data));
	if (link->data.data != NULL)
		explicit_bzero(link->data.data, link->data.capacity); /* a password */
	if (r.code != VS_E_OK) {
		VS_LOG(WARN, "framed.handshake", vs_bytes_from_text(link->identity), VS_LOG_ERR(r));
		vs_conn_close(conn, true);
	} else if (vs_sim_seal_is_open(link->seal)) {
		now_open(link);
	}
}

static void
tell(struct vs_sim_framed *link, void (*what)(void *arg))
{
	if (what != NULL)
		what(link->arg);
}

static void
take_message(struct vs_sim_framed *link)
{
	struct vs_framed_message message;

	link->was_proven = true;
	vs_sim_wire_log_plain(link->log, false, vs_buf_view(&link->plain));
	if (vs_framed_read(vs_buf_view(&link->plain), &message).code == VS_E_OK)
		link->heard(&message, link->arg);
}

static void
take(struct vs_sim_framed *link, struct vs_conn *conn, struct vs_bytes data)
{
	enum vs_sim_seal_event event = VS_SIM_SEAL_NOTHING;
	const char *fault = "";
	struct vs_buf reply;

	vs_buf_init(&reply, DATA_MAX);
	vs_sim_wire_log_data(link->log, false, data);
	if (vs_sim_seal_take(link->seal, data, vs_clock_wall_ms() / 1000, &link->plain, &reply,
	                     &event, &fault)
	        .code != VS_E_OK) {
		VS_LOG(WARN, "framed.refused", vs_bytes_from_text(link->identity),
		       VS_LOG_STR("fault", fault));
		vs_conn_close(conn, true);
	} else if (reply.size > 0 && put(link, vs_buf_view(&reply)).code != VS_E_OK) {
		vs_conn_close(conn, true);
	} else if (event == VS_SIM_SEAL_MESSAGE) {
		take_message(link);
	} else if (event == VS_SIM_SEAL_OPENED) {
		link->was_proven = true;
		now_open(link);
	} else if (event == VS_SIM_SEAL_RENEWED) {
		tell(link, link->renewed);
	} else if (event == VS_SIM_SEAL_NO_KEY) {
		link->was_proven = true; /* it has answered, and `lost` need not say so again */
		vs_conn_close(conn, true);
		tell(link, link->refused);
	}
	vs_buf_done(&reply);
}

static void
on_bytes(struct vs_conn *conn, struct vs_bytes bytes, void *arg)
{
	struct vs_sim_framed *link = arg;
	struct vs_frame_event event;
	vs_result r;

	while ((r = vs_frame_receive(&link->frame, &bytes, &event)).code == VS_E_OK) {
		if (event.type == VS_FRAME_EVENT_DATA)
			take(link, conn, event.data);
		else if (event.type == VS_FRAME_EVENT_CONTROL && event.control == VS_FRAME_EOT)
			link->was_proven = true; /* it goes, and says nothing of the key */
	}
	if (r.code != VS_E_AGAIN)
		vs_conn_close(conn, true);
}

static void
retry(struct vs_sim_framed *link)
{
	vs_timer_arm(link->loop, &link->again, AGAIN_MS + vs_random_below(AGAIN_MS));
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct vs_sim_framed *link = arg;
	bool was_open = link->is_open;

	(void)conn;
	VS_LOG(INFO, "framed.closed", vs_bytes_from_text(link->identity),
	       VS_LOG_STR("why", close->detail));
	link->is_open = false;
	link->conn = 0;
	vs_sim_seal_end(link->seal);
	retry(link);
	if (was_open)
		tell(link, link->lost);
	/* A handshake that is answered by nothing: Central has no such key. */
	if (!link->was_proven && link->has_greeted)
		tell(link, link->refused);
}

static void
start(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_sim_framed *link =
	    (struct vs_sim_framed *)((char *)timer - offsetof(struct vs_sim_framed, again));
	const struct vs_net_connect_options options = {
	    .stack = link->target.is_tls ? VS_STACK_FRAMED_TLS : VS_STACK_FRAMED,
	    .address = link->target.address,
	    .port = link->target.port,
	    .tls = link->tls,
	    .server_name = link->target.host,
	    .keepalive_s = KEEPALIVE_S,
	    .handler = {.open = on_open, .bytes = on_bytes, .closed = on_closed, .arg = link},
	};

	(void)loop;
	if (vs_net_find(link->net, link->conn) != NULL || !vs_sim_seal_has_key(link->seal))
		return;
	link->has_greeted = false;
	if (vs_net_connect(link->net, &options, &link->conn).code != VS_E_OK)
		retry(link);
}

static void
renew(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_sim_framed *link =
	    (struct vs_sim_framed *)((char *)timer - offsetof(struct vs_sim_framed, renewal));

	vs_timer_arm(loop, timer, RENEWAL_MS);
	vs_buf_reset(&link->data);
	if (vs_sim_seal_renew(link->seal, vs_loop_now_ms(loop), &link->data) &&
	    put(link, vs_buf_view(&link->data)).code != VS_E_OK)
		vs_sim_framed_again(link);
}

void
vs_sim_framed_again(struct vs_sim_framed *link)
{
	struct vs_conn *conn = vs_net_find(link->net, link->conn);

	if (conn == NULL) {
		vs_timer_arm(link->loop, &link->again, 0);
		return;
	}
	link->was_proven = true; /* it is we who end it: that says nothing of the key */
	vs_conn_close(conn, true);
}

void
vs_sim_framed_use(struct vs_sim_framed *link, const struct vs_sim_key *key)
{
	bool is_anew = vs_sim_seal_use(link->seal, key);

	/* Else the handshake under it goes through the open connection: make before break. */
	if (is_anew || !link->is_open)
		vs_sim_framed_again(link);
	else
		vs_timer_arm(link->loop, &link->renewal, 0);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void
caught(struct vs_loop *loop, struct vs_signal_watch *watch, int number)
{
	struct vs_sim_framed *link =
	    (struct vs_sim_framed *)((char *)watch - offsetof(struct vs_sim_framed, signals));

	if (number == SIGUSR1)
		tell(link, link->poked);
	else
		vs_loop_stop(loop);
}

/* The target's parser knows the schemes of WebSocket: the same place by another name. */
static vs_result
find_target(const char *url, struct vs_sim_target *target, char *reason, size_t reason_size)
{
	bool is_tls = strncmp(url, "tls://", 6) == 0;
	char text[URL_SIZE];

	if ((!is_tls && strncmp(url, "tcp://", 6) != 0) || strchr(url + 6, '/') != NULL ||
	    snprintf(text, sizeof(text), "%s://%s/", is_tls ? "wss" : "ws", url + 6) >=
	        (int)sizeof(text) ||
	    vs_sim_target_parse(text, target).code != VS_E_OK) {
		(void)snprintf(reason, reason_size, "--url must be tls://HOST:PORT or tcp://...");
		return VS_FAIL(CONFIG);
	}
	return vs_sim_target_resolve(target, reason, reason_size);
}

static vs_result
make_seal(struct vs_sim_framed *link, const struct vs_sim_options *options,
          enum vs_sim_seal_mode mode, char *reason, size_t reason_size)
{
	const char *const *text = options->text;
	const struct vs_sim_seal_options seal = {
	    .mode = mode,
	    .tenant = text[VS_SIM_OPTION_TENANT],
	    .identity = link->identity,
	    .psk_file = text[VS_SIM_OPTION_PSK_FILE],
	    .password_file = text[VS_SIM_OPTION_PASSWORD_FILE],
	    .life_ms = UINT64_C(1000) * options->number[VS_SIM_OPTION_REKEY],
	};

	(void)snprintf(reason, reason_size, "--psk-file is needed, and holds a psk");
	if ((mode == VS_SIM_SEAL_PSK || mode == VS_SIM_SEAL_WRAPPED) && seal.psk_file == NULL)
		return VS_FAIL(CONFIG);
	if (mode == VS_SIM_SEAL_PASSWORD)
		(void)snprintf(reason, reason_size, "--password-file holds no password");
	VS_TRY(vs_sim_seal_new(&seal, &link->seal));
	(void)snprintf(reason, reason_size, "--wire-log cannot be written");
	if (text[VS_SIM_OPTION_WIRE_LOG] == NULL)
		return VS_OK;
	return vs_sim_wire_log_open(text[VS_SIM_OPTION_WIRE_LOG], link->identity,
	                            options->is_set[VS_SIM_OPTION_SHOW_PLAINTEXT], &link->log);
}

vs_result
vs_sim_framed_init(struct vs_sim_framed *link, const struct vs_sim_options *options,
                   enum vs_sim_seal_mode mode, char *reason, size_t reason_size)
{
	const char *const *text = options->text;
	const struct vs_tls_client_options tls = {.ca_file = text[VS_SIM_OPTION_CA]};

	*link = (struct vs_sim_framed){.identity = text[VS_SIM_OPTION_ID],
	                               .again.fire = start,
	                               .renewal.fire = renew,
	                               .signals.caught = caught};
	vs_buf_init(&link->plain, 4 * DATA_MAX);
	vs_buf_init(&link->data, 2 * DATA_MAX);
	vs_buf_init(&link->bytes, 3 * DATA_MAX);
	(void)snprintf(reason, reason_size, "--url and --id are needed");
	if (text[VS_SIM_OPTION_URL] == NULL || link->identity == NULL)
		return VS_FAIL(CONFIG);
	VS_TRY(find_target(text[VS_SIM_OPTION_URL], &link->target, reason, reason_size));
	VS_TRY(make_seal(link, options, mode, reason, reason_size));
	(void)snprintf(reason, reason_size, "--ca is needed for tls://");
	if (link->target.is_tls && tls.ca_file == NULL)
		return VS_FAIL(CONFIG);
	if (link->target.is_tls)
		VS_TRY(vs_tls_client_new(&tls, reason, reason_size, &link->tls));
	VS_TRY(vs_signal_block(signals, SIGNALS_N));
	VS_TRY(vs_loop_new(&link->loop));
	return vs_net_new(link->loop, 0, &link->net);
}

void
vs_sim_framed_done(struct vs_sim_framed *link)
{
	link->lost = link->refused = NULL;
	vs_net_free(&link->net);
	if (link->loop != NULL) {
		vs_timer_cancel(link->loop, &link->again);
		vs_timer_cancel(link->loop, &link->renewal);
	}
	vs_loop_free(&link->loop);
	vs_tls_client_unref(&link->tls);
	vs_sim_seal_free(&link->seal);
	vs_sim_wire_log_close(&link->log);
	vs_frame_done(&link->frame);
	vs_buf_done(&link->plain);
	vs_buf_done(&link->data);
	vs_buf_done(&link->bytes);
}

vs_result
vs_sim_framed_run(struct vs_sim_framed *link)
{
	vs_result r;

	assert(link->opened != NULL && link->heard != NULL);
	VS_TRY(vs_signal_watch(link->loop, &link->signals, signals, SIGNALS_N));
	vs_timer_arm(link->loop, &link->again, 0);
	vs_timer_arm(link->loop, &link->renewal, RENEWAL_MS);
	r = vs_loop_run(link->loop);
	vs_signal_unwatch(link->loop, &link->signals);
	return r;
}
