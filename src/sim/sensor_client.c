/* SPDX-License-Identifier: Apache-2.0 */
/* One simulated sensor device and its connection. */
#include <stddef.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "sim/sensor_run_inside.h"

#define AGAIN_MS        200u
#define AGAIN_MAX_MS    5000u
#define CODE_DRAINING   1012 /* src/sensor/closes.def */
#define CODE_BUSY       1013
#define HTTP_NOT_NOW    503
#define CODE_TOKEN      4001
#define CODE_FORBIDDEN  4003
#define CODE_KEY        4011
#define CODE_QUARANTINE 4012

static void
pump(struct vs_sim_sensor_client *client)
{
	struct vs_sim_sensor_run *run = client->run;
	struct vs_conn *conn = vs_net_find(run->setup.net, client->conn);

	while (conn != NULL) {
		vs_buf_reset(&run->text);
		if (!vs_sim_sensor_device_next(client->device, vs_clock_mono_us(), &run->text))
			return;
		if (vs_conn_ws_send(conn, VS_NET_TEXT, vs_buf_view(&run->text)).code != VS_E_OK) {
			vs_conn_close(conn, true);
			return;
		}
	}
}

static bool
is_measured(const struct vs_sim_sensor_client *client)
{
	return client->run->is_ending ||
	       (client->run->messages != 0 && client->measured >= client->run->messages);
}

void
vs_sim_sensor_finish(struct vs_sim_sensor_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		if (!is_measured(&run->clients[i]) ||
		    vs_sim_sensor_device_waiting(run->clients[i].device) > 0)
			return;
	}
	vs_loop_stop(run->setup.loop);
}

static void
measure(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_sim_sensor_client *client =
	    (struct vs_sim_sensor_client *)(void *)((char *)timer -
	                                            offsetof(struct vs_sim_sensor_client, measure));
	uint64_t now_ms = vs_loop_now_ms(loop);

	while (!is_measured(client) && client->due_ms <= (double)now_ms) {
		client->due_ms += client->run->period_ms;
		client->measured++;
		vs_sim_sensor_device_measure(client->device, vs_clock_wall_ms());
	}
	pump(client);
	if (!is_measured(client))
		vs_timer_arm(loop, timer,
		             client->due_ms > (double)now_ms
		                 ? (uint64_t)(client->due_ms - (double)now_ms)
		                 : 0);
}

static void client_connect(struct vs_sim_sensor_client *client);

static void
link_due(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_sim_sensor_client *client =
	    (struct vs_sim_sensor_client *)(void *)((char *)timer -
	                                            offsetof(struct vs_sim_sensor_client, link));
	struct vs_conn *conn = vs_net_find(client->run->setup.net, client->conn);
	uint64_t down_ms = 1000 * (uint64_t)client->run->scenario->down_s;

	if (conn != NULL) { /* it breaks */
		client->is_down = true;
		vs_conn_close(conn, true);
		vs_timer_arm(loop, timer,
		             vs_sim_prng_between(&client->run->prng, down_ms / 2, 3 * down_ms / 2));
		return;
	}
	client->is_down = false;
	client_connect(client);
}

/* Until it breaks again, when links break at all. */
static void
arm_link(struct vs_sim_sensor_client *client)
{
	uint64_t up_ms = 1000 * (uint64_t)client->run->scenario->up_s;

	if (up_ms > 0)
		vs_timer_arm(client->run->setup.loop, &client->link,
		             vs_sim_prng_between(&client->run->prng, up_ms / 2, 3 * up_ms / 2));
}

/* What the codes mean that no next connection changes. */
static const char *
word_of(uint16_t code)
{
	switch (code) {
	case CODE_TOKEN:
		return "its token does not count";
	case CODE_FORBIDDEN:
		return "it was disabled, removed or revoked";
	case CODE_QUARANTINE:
		return "too much of it did not open: come again in 15 minutes";
	default:
		return NULL;
	}
}

static void
fail(struct vs_sim_sensor_run *run, int status, const char *who, const char *why)
{
	(void)fprintf(stderr, "voltseal-sim: %s: %s\n", who, why);
	if (run->status == EX_OK)
		run->status = status;
	vs_loop_stop(run->setup.loop);
}

static void
on_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
           void *arg)
{
	struct vs_sim_sensor_client *client = vs_conn_user(conn);
	struct vs_sim_sensor_run *run = client->run;
	enum vs_sim_sensor_word word = VS_SIM_SENSOR_HEARD;
	bool was_open = vs_sim_sensor_device_is_open(client->device);
	uint64_t passed_us = 0;
	vs_result r;

	(void)kind;
	(void)arg;
	vs_buf_reset(&run->text);
	r = vs_sim_sensor_device_hear(client->device, &run->tape, vs_bytes_from(data, size),
	                              vs_clock_mono_us(), &run->text, &word, &passed_us);
	explicit_bzero(data, size); /* it may hold a key */
	if (r.code == VS_E_OK && word == VS_SIM_SENSOR_SAY)
		r = vs_conn_ws_send(conn, VS_NET_TEXT, vs_buf_view(&run->text));
	if (passed_us > 0)
		vs_sim_stats_time(&run->stats, passed_us);
	if (word == VS_SIM_SENSOR_WEAKER)
		fail(run, EX_NOPERM, vs_sim_sensor_device_name(client->device),
		     "the daemon asks for a stronger --profile");
	if (r.code != VS_E_OK) {
		vs_conn_close(conn, true);
		return;
	}
	if (!was_open && vs_sim_sensor_device_is_open(client->device)) {
		run->open++;
		client->again_ms = 0;
		arm_link(client);
	}
	pump(client);
	if (run->messages != 0 || run->is_ending) {
		if (vs_sim_sensor_device_waiting(client->device) == 0 && is_measured(client))
			vs_sim_sensor_finish(run);
	}
}

/* When to come again: at once for another key, soon while its last connection is being ended. */
static void
come_again(struct vs_sim_sensor_client *client, const struct vs_net_close *close)
{
	struct vs_sim_sensor_run *run = client->run;
	char text[256];

	if (client->is_down)
		return;
	/* None of these changes by itself: a server with another key neither. */
	if ((close->why == VS_E_TLS_FAILED || close->ws_code == CODE_TOKEN ||
	     close->ws_code == CODE_FORBIDDEN || close->ws_code == CODE_QUARANTINE ||
	     (close->http_status != 0 && close->http_status != HTTP_NOT_NOW)) &&
	    !run->is_retrying) {
		vs_sim_target_explain(&run->setup.target, close, text, sizeof(text));
		fail(run, EX_NOPERM, vs_sim_sensor_device_name(client->device),
		     word_of(close->ws_code) != NULL ? word_of(close->ws_code) : text);
		return;
	}
	client->again_ms = close->ws_code == CODE_KEY ? 0
	                   : close->ws_code == CODE_BUSY || close->ws_code == CODE_DRAINING
	                       ? AGAIN_MS
	                   : client->again_ms == 0 ? AGAIN_MS
	                                           : 2 * client->again_ms;
	if (client->again_ms > AGAIN_MAX_MS)
		client->again_ms = AGAIN_MAX_MS;
	vs_timer_arm(run->setup.loop, &client->link,
	             vs_sim_prng_between(&run->prng, client->again_ms / 2, client->again_ms));
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct vs_sim_sensor_client *client = vs_conn_user(conn);

	(void)arg;
	client->conn = 0;
	if (vs_sim_sensor_device_is_open(client->device))
		client->run->open--;
	vs_sim_sensor_device_closed(client->device);
	come_again(client, close);
}

static void
client_connect(struct vs_sim_sensor_client *client)
{
	const struct vs_sim_sensor_setup *setup = &client->run->setup;
	const struct vs_net_connect_options options = {
	    .stack = setup->target.is_tls ? VS_STACK_WSS : VS_STACK_WS,
	    .address = setup->target.address,
	    .port = setup->target.port,
	    .tls = setup->tls,
	    .server_name = setup->target.host,
	    .path = setup->target.path,
	    .authorization = vs_bytes_from_text(client->authorization),
	    .ping_interval_ms = 60000,
	    .handler = {.message = on_message, .closed = on_closed},
	    .user = client,
	};

	if (vs_net_connect(setup->net, &options, &client->conn).code != VS_E_OK)
		vs_timer_arm(setup->loop, &client->link, AGAIN_MS);
}

void
vs_sim_sensor_client_start(struct vs_sim_sensor_client *client, uint64_t wait_ms)
{
	struct vs_sim_sensor_run *run = client->run;
	uint64_t now_ms = vs_loop_now_ms(run->setup.loop);
	int64_t wall_ms = vs_clock_wall_ms();

	for (uint32_t k = run->scenario->kept; k > 0; k--)
		vs_sim_sensor_device_measure(client->device,
		                             wall_ms - (int64_t)(run->period_ms * (double)k));
	client->link.fire = link_due;
	client->measure.fire = measure;
	client->due_ms = (double)(now_ms + wait_ms) + run->period_ms * vs_sim_prng_unit(&run->prng);
	client->is_down = true;
	vs_timer_arm(run->setup.loop, &client->link, wait_ms);
	vs_timer_arm(run->setup.loop, &client->measure, (uint64_t)client->due_ms - now_ms);
}
