/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/attack_line.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "wire/base64.h"

#define TURN_MS     20
#define MESSAGE_MAX (4u * VS_LIMIT_WS_MESSAGE_SIZE)
#define CREDENTIAL  256

static void
on_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct vs_sim_line *line = vs_conn_user(conn);
	struct vs_buf frame;

	(void)subprotocol;
	(void)arg;
	if (line->sealing == NULL) {
		line->is_open = true;
		return;
	}
	vs_buf_init(&frame, MESSAGE_MAX);
	if (vs_sim_sealing_open(line->sealing, vs_clock_mono_ms(), &frame).code != VS_E_OK ||
	    vs_conn_ws_send(conn, VS_NET_TEXT, vs_buf_view(&frame)).code != VS_E_OK)
		vs_conn_close(conn, true);
	vs_buf_done(&frame);
}

static void
on_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
           void *arg)
{
	struct vs_sim_line *line = vs_conn_user(conn);
	enum vs_ocpp_sealed_word word = VS_OCPP_SEALED_TEXT;
	enum vs_ocpp_sealed_fault fault = VS_OCPP_SEALED_FINE;
	struct vs_bytes text = vs_bytes_from(data, size);
	struct vs_buf reply;

	(void)kind;
	(void)arg;
	vs_buf_reset(&line->heard);
	vs_buf_init(&reply, MESSAGE_MAX);
	if (line->sealing == NULL) {
		if (vs_buf_append_bytes(&line->heard, text).code != VS_E_OK)
			vs_conn_close(conn, true);
	} else if (vs_sim_sealing_receive(line->sealing, text, &line->heard, &reply, &word, &fault)
	               .code != VS_E_OK) {
		vs_conn_close(conn, true);
	}
	vs_buf_done(&reply);
	if (word == VS_OCPP_SEALED_OPEN)
		line->is_open = true;
	else
		line->count++;
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct vs_sim_line *line = vs_conn_user(conn);

	(void)arg;
	line->is_closed = true;
	line->http_status = close->http_status;
	line->ws_code = close->ws_code;
	(void)snprintf(line->why, sizeof(line->why), "%.40s %.40s", vs_err_name(close->why),
	               close->detail);
	line->conn = 0;
}

static vs_result
make_authorization(struct vs_sim_line *line, const char *password)
{
	static const char scheme[] = "Basic ";
	char plain[CREDENTIAL];
	int size = snprintf(plain, sizeof(plain), "%s:%s", line->attacker->identity, password);

	if (size < 0 || (size_t)size >= sizeof(plain))
		return VS_FAIL(TOO_LONG);
	memcpy(line->authorization, scheme, sizeof(scheme) - 1);
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(plain, (size_t)size),
	                       line->authorization + sizeof(scheme) - 1,
	                       sizeof(line->authorization) - (sizeof(scheme) - 1));
	explicit_bzero(plain, sizeof(plain));
	return VS_OK;
}

vs_result
vs_sim_line_begin(struct vs_sim_attacker *attacker, const struct vs_sim_line_wishes *wishes,
                  struct vs_sim_line *line)
{
	const struct vs_sim_target *target = &attacker->target;
	const struct vs_ocpp_sealed_names names = {.tenant = attacker->tenant,
	                                           .identity = attacker->identity,
	                                           .subprotocol = wishes->subprotocols};
	struct vs_net_connect_options options = {
	    .stack = target->is_tls ? VS_STACK_WSS : VS_STACK_WS,
	    .address = target->address,
	    .port = target->port,
	    .tls = wishes->is_stolen ? attacker->stolen : attacker->tls,
	    .server_name = target->host,
	    .path = line->path,
	    .subprotocols = wishes->subprotocols,
	    .is_deflate_offered = wishes->has_deflate,
	    .handler = {.open = on_open, .message = on_message, .closed = on_closed},
	    .user = line,
	};

	*line = (struct vs_sim_line){.attacker = attacker};
	vs_buf_init(&line->heard, MESSAGE_MAX);
	VS_TRY(vs_sim_target_path(target,
	                          wishes->identity != NULL ? wishes->identity : attacker->identity,
	                          line->path, sizeof(line->path)));
	VS_TRY(make_authorization(line, wishes->password != NULL ? wishes->password
	                                                         : attacker->password));
	options.authorization = vs_bytes_from_text(line->authorization);
	if (wishes->is_sealed)
		VS_TRY(vs_sim_sealing_new(&names, attacker->psk_file, &line->sealing));
	return vs_net_connect(attacker->net, &options, &line->conn);
}

/* Turn the loop until the flag is up. */
static bool
wait_until(const struct vs_sim_line *line, const bool *is_so, unsigned wait_ms)
{
	uint64_t end_ms = vs_clock_mono_ms() + wait_ms;

	while (!*is_so && !line->is_closed && vs_clock_mono_ms() < end_ms)
		if (vs_loop_turn(line->attacker->loop, TURN_MS).code != VS_E_OK)
			break;
	return *is_so;
}

bool
vs_sim_line_open(struct vs_sim_line *line)
{
	return wait_until(line, &line->is_open, VS_SIM_ATTACK_WAIT_MS);
}

bool
vs_sim_line_is_closed(struct vs_sim_line *line, unsigned wait_ms)
{
	return wait_until(line, &line->is_closed, wait_ms);
}

bool
vs_sim_line_hear(struct vs_sim_line *line, unsigned wait_ms)
{
	uint64_t end_ms = vs_clock_mono_ms() + wait_ms;
	unsigned before = line->count;

	while (line->count == before && !line->is_closed && vs_clock_mono_ms() < end_ms)
		if (vs_loop_turn(line->attacker->loop, TURN_MS).code != VS_E_OK)
			break;
	return line->count != before;
}

vs_result
vs_sim_line_send(struct vs_sim_line *line, struct vs_bytes text)
{
	struct vs_conn *conn = vs_net_find(line->attacker->net, line->conn);

	return conn != NULL ? vs_conn_ws_send(conn, VS_NET_TEXT, text) : VS_FAIL(CLOSED);
}

vs_result
vs_sim_line_seal(struct vs_sim_line *line, const char *text, struct vs_buf *frame)
{
	return line->sealing != NULL
	           ? vs_sim_sealing_seal(line->sealing, vs_bytes_from_text(text), frame)
	           : vs_buf_append_text(frame, text);
}

vs_result
vs_sim_line_say(struct vs_sim_line *line, const char *text)
{
	struct vs_buf frame;
	vs_result r;

	vs_buf_init(&frame, MESSAGE_MAX);
	r = vs_sim_line_seal(line, text, &frame);
	if (r.code == VS_E_OK)
		r = vs_sim_line_send(line, vs_buf_view(&frame));
	vs_buf_done(&frame);
	return r;
}

void
vs_sim_line_end(struct vs_sim_line *line)
{
	struct vs_conn *conn =
	    line->conn != 0 ? vs_net_find(line->attacker->net, line->conn) : NULL;

	if (conn != NULL) {
		vs_conn_close(conn, true);
		(void)vs_sim_line_is_closed(line, VS_SIM_ATTACK_WAIT_MS);
	}
	vs_sim_sealing_free(&line->sealing);
	vs_buf_done(&line->heard);
	explicit_bzero(line->authorization, sizeof(line->authorization));
}
