/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/framed_link.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "sim/psk.h"

#define AGAIN_MS  500u
#define DATA_MAX  8192u
#define NAMES     "framed/2"
#define URL_SIZE  320u
#define SIGNALS_N 2

static const int signals[SIGNALS_N] = {SIGINT, SIGTERM};

/* --- sending ------------------------------------------------------------------------------------
 */

static vs_result
put(struct vs_sim_framed *link, struct vs_bytes data)
{
	struct vs_conn *conn = vs_net_find(link->net, link->conn);

	if (conn == NULL)
		return VS_FAIL(NOT_CONNECTED);
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
		r = vs_ocpp_sealed_seal(link->sealed, vs_buf_view(&plain), &link->data);
	if (r.code == VS_E_OK)
		r = put(link, vs_buf_view(&link->data));
	vs_buf_done(&plain);
	return r;
}

/* --- the connection -----------------------------------------------------------------------------
 */

static void
greet(struct vs_sim_framed *link, struct vs_conn *conn)
{
	const struct vs_ocpp_sealed_names names = {.tenant = link->tenant,
	                                           .identity = link->identity,
	                                           .subprotocol = NAMES,
	                                           .form = VS_OCPP_SEALED_FRAMED};
	struct vs_sim_psk psk;
	vs_result r = vs_sim_psk_read(link->psk_file, &psk);

	vs_ocpp_sealed_free(&link->sealed);
	vs_frame_done(&link->frame);
	vs_frame_init(&link->frame, VS_FRAME_AUTO, false, DATA_MAX);
	vs_buf_reset(&link->data);
	if (r.code == VS_E_OK)
		r = vs_ocpp_sealed_new(VS_NOISE_INITIATOR, &names, &link->sealed);
	if (r.code == VS_E_OK)
		r = vs_ocpp_sealed_greet(link->sealed, psk.kid, psk.key, NULL, NULL, &link->data);
	explicit_bzero(&psk, sizeof(psk));
	if (r.code == VS_E_OK)
		r = put(link, vs_buf_view(&link->data));
	if (r.code == VS_E_OK)
		return;
	VS_LOG(WARN, "framed.handshake", vs_bytes_from_text(link->identity), VS_LOG_ERR(r));
	vs_conn_close(conn, true);
}

static void
on_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	(void)subprotocol;
	greet(arg, conn);
}

static void
take(struct vs_sim_framed *link, struct vs_conn *conn, struct vs_bytes data)
{
	enum vs_ocpp_sealed_fault fault;
	enum vs_ocpp_sealed_word word;
	struct vs_framed_message message;

	if (vs_ocpp_sealed_receive(link->sealed, data, &link->plain, &word, &fault).code !=
	    VS_E_OK) {
		VS_LOG(WARN, "framed.refused", vs_bytes_from_text(link->identity),
		       VS_LOG_STR("fault", vs_ocpp_sealed_fault_text(fault)));
		vs_conn_close(conn, true);
	} else if (word == VS_OCPP_SEALED_OPEN) {
		link->is_open = true;
		link->opened(link->arg);
	} else if (word == VS_OCPP_SEALED_TEXT &&
	           vs_framed_read(vs_buf_view(&link->plain), &message).code == VS_E_OK) {
		link->heard(&message, link->arg);
	}
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
	}
	if (r.code != VS_E_AGAIN)
		vs_conn_close(conn, true);
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct vs_sim_framed *link = arg;

	(void)conn;
	VS_LOG(INFO, "framed.closed", vs_bytes_from_text(link->identity),
	       VS_LOG_STR("why", close->detail));
	link->is_open = false;
	link->conn = 0;
	vs_timer_arm(link->loop, &link->again, AGAIN_MS + vs_random_below(AGAIN_MS));
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
	    .handler = {.open = on_open, .bytes = on_bytes, .closed = on_closed, .arg = link},
	};

	if (vs_net_connect(link->net, &options, &link->conn).code != VS_E_OK)
		vs_timer_arm(loop, timer, AGAIN_MS);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void
caught(struct vs_loop *loop, struct vs_signal_watch *watch, int number)
{
	(void)watch;
	(void)number;
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

vs_result
vs_sim_framed_init(struct vs_sim_framed *link, const struct vs_sim_options *options, char *reason,
                   size_t reason_size)
{
	const char *const *text = options->text;
	const struct vs_tls_client_options tls = {.ca_file = text[VS_SIM_OPTION_CA]};
	struct vs_sim_psk psk;

	*link = (struct vs_sim_framed){.tenant = text[VS_SIM_OPTION_TENANT],
	                               .identity = text[VS_SIM_OPTION_ID],
	                               .psk_file = text[VS_SIM_OPTION_PSK_FILE],
	                               .again.fire = start,
	                               .signals.caught = caught};
	vs_buf_init(&link->plain, 4 * DATA_MAX);
	vs_buf_init(&link->data, 2 * DATA_MAX);
	vs_buf_init(&link->bytes, 3 * DATA_MAX);
	(void)snprintf(reason, reason_size, "--url, --id and --psk-file are needed");
	if (text[VS_SIM_OPTION_URL] == NULL || link->identity == NULL || link->psk_file == NULL)
		return VS_FAIL(CONFIG);
	VS_TRY(find_target(text[VS_SIM_OPTION_URL], &link->target, reason, reason_size));
	(void)snprintf(reason, reason_size, "--psk-file holds no psk");
	VS_TRY(vs_sim_psk_read(link->psk_file, &psk));
	explicit_bzero(&psk, sizeof(psk));
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
	if (link->loop != NULL)
		vs_timer_cancel(link->loop, &link->again);
	vs_net_free(&link->net);
	if (link->loop != NULL)
		vs_timer_cancel(link->loop, &link->again);
	vs_loop_free(&link->loop);
	vs_tls_client_unref(&link->tls);
	vs_ocpp_sealed_free(&link->sealed);
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
	r = vs_loop_run(link->loop);
	vs_signal_unwatch(link->loop, &link->signals);
	return r;
}
