/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many charge points of the framed network (mode A2) from one thread: each supplies and says one
 * SUPPLY_UPDATE a second, and the time from the last byte given to the socket layer to Central's
 * ACK counts. The device's code is our own, so the client costs as much as the devices would.
 *
 * bench_framed_load URL CA PSK-FOLDER COUNT SECONDS CONNECTS-PER-SECOND PID
 * prints {"points", "coming_s", "updates", "late", "per_s", "p50_ms", "p99_ms", "max_ms",
 * "central_us", "devices_us"}; coming_s: until all of them were let in and their charge was on
 * disk, those that were in saying their updates meanwhile; late: an update that was due while the
 * one before was not acknowledged yet; the last two: CPU time for each update, of the process PID
 * and of this one.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/memory.h"
#include "framed/message.h"
#include "net/net.h"
#include "sim/framed_seal.h"
#include "sim/target.h"
#include "wire/frame.h"

#define SECOND_US      UINT64_C(1000000)
#define LATENCY_MAX_US 5000000u
#define DATA_SIZE      8192u
#define NAME_SIZE      32
#define PATIENCE_MS    480000u
#define COMING_MAX     64u /* at once: each has ten seconds to be let in */

struct point {
	char name[NAME_SIZE];
	struct vs_sim_seal *seal;
	struct vs_frame frame;
	vs_conn_id conn;
	uint64_t sent_us; /* 0: none waits */
	bool is_running;
};

static struct {
	struct vs_loop *loop;
	struct vs_net *net;
	struct vs_tls_client *tls;
	struct vs_sim_target target;
	struct point *points;
	uint32_t count, opened, running, at; /* at: whose update is next */
	uint64_t begin_us, due_us, sent;     /* due: the next one */
	uint64_t updates, late;
	bool is_counting;
	double central_us, devices_us;
	uint32_t latency_us[LATENCY_MAX_US + 1];
	struct vs_buf plain, data, bytes, reply;
} load;

static void
must(bool is_good, const char *what)
{
	if (!is_good) {
		(void)fprintf(stderr, "bench_framed_load: %s\n", what);
		exit(1);
	}
}

static void
put(struct point *point, struct vs_bytes data)
{
	struct vs_conn *conn = vs_net_find(load.net, point->conn);

	must(conn != NULL, "a connection was lost");
	vs_buf_reset(&load.bytes);
	must(vs_frame_encode(VS_FRAME_DATA_ETX, false, data, &load.bytes).code == VS_E_OK &&
	         vs_conn_bytes_send(conn, vs_buf_view(&load.bytes)).code == VS_E_OK,
	     "a frame could not be sent");
}

static void
say(struct point *point, struct vs_framed_message *message)
{
	message->fields[0] = vs_bytes_from_text(point->name);
	vs_buf_reset(&load.plain);
	vs_buf_reset(&load.data);
	must(vs_framed_write(message, &load.plain).code == VS_E_OK &&
	         vs_sim_seal_put(point->seal, vs_buf_view(&load.plain), 0, &load.data).code ==
	             VS_E_OK,
	     "a message could not be sealed");
	put(point, vs_buf_view(&load.data));
}

static void
begin(struct point *point)
{
	struct vs_framed_message message = {.type = VS_FRAMED_REGISTER_MONITOR, .count = 2};
	char tx[21];

	message.fields[1] = vs_bytes_from_text(point->name);
	say(point, &message);
	message = (struct vs_framed_message){.type = VS_FRAMED_REGISTER_CP, .count = 4};
	message.numbers[3] = 300000;
	say(point, &message);
	vs_random_text(tx, sizeof(tx));
	message = (struct vs_framed_message){.type = VS_FRAMED_SUPPLY_START, .count = 3};
	message.fields[1] = VS_BYTES_LITERAL("DEMO-0001");
	message.fields[2] = vs_bytes_from_text(tx);
	say(point, &message);
}

static void
update(struct point *point)
{
	struct vs_framed_message message = {.type = VS_FRAMED_SUPPLY_UPDATE, .count = 3};

	if (!point->is_running)
		return;
	if (point->sent_us != 0) {
		load.late += load.is_counting;
		return;
	}
	message.numbers[1] = 3056;
	message.numbers[2] = 917;
	point->sent_us = vs_clock_mono_us();
	say(point, &message);
}

/* Each point has its own moment of the second, as points that know nothing of each other do, and
 * keeps it: one that was late is not late for ever. */
static void
updates_due(struct vs_loop *loop, void *argument)
{
	(void)loop;
	(void)argument;
	for (uint64_t now_us = vs_clock_mono_us(); load.due_us <= now_us;) {
		update(&load.points[load.at]);
		load.at = (load.at + 1) % load.count;
		load.due_us = load.begin_us + ++load.sent * SECOND_US / load.count;
	}
}

static void
acknowledged(struct point *point)
{
	uint64_t spent_us;

	if (point->sent_us == 0)
		return; /* of what was said before the updates */
	spent_us = vs_clock_mono_us() - point->sent_us;
	point->sent_us = 0;
	if (!load.is_counting)
		return;
	load.updates++;
	load.latency_us[spent_us < LATENCY_MAX_US ? spent_us : LATENCY_MAX_US]++;
}

static void
take(struct point *point, struct vs_bytes data)
{
	enum vs_sim_seal_event event;
	struct vs_framed_message message;
	const char *fault = "";

	must(
	    vs_sim_seal_take(point->seal, data, 0, &load.plain, &load.reply, &event, &fault).code ==
		VS_E_OK,
	    fault);
	if (event == VS_SIM_SEAL_OPENED)
		begin(point);
	if (event != VS_SIM_SEAL_MESSAGE || point->is_running ||
	    vs_framed_read(vs_buf_view(&load.plain), &message).code != VS_E_OK ||
	    message.type != VS_FRAMED_ACKNOWLEDGE ||
	    !vs_bytes_equal_text(message.fields[1], "SUPPLY_START"))
		return;
	point->is_running = true;
	load.running++;
}

static void
on_open(struct vs_conn *conn, struct vs_bytes subprotocol, void *arg)
{
	struct point *point = arg;

	(void)conn;
	(void)subprotocol;
	vs_buf_reset(&load.data);
	must(vs_sim_seal_begin(point->seal, 0, &load.data).code == VS_E_OK, "no handshake");
	put(point, vs_buf_view(&load.data));
}

static void
on_bytes(struct vs_conn *conn, struct vs_bytes bytes, void *arg)
{
	struct point *point = arg;
	struct vs_frame_event event;

	(void)conn;
	while (vs_frame_receive(&point->frame, &bytes, &event).code == VS_E_OK) {
		if (event.type == VS_FRAME_EVENT_DATA)
			take(point, event.data);
		else if (event.type == VS_FRAME_EVENT_CONTROL && event.control == VS_FRAME_ACK)
			acknowledged(point);
	}
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	(void)conn;
	(void)arg;
	must(load.points == NULL, close->detail[0] != '\0' ? close->detail : "closed by Central");
}

static void
connect_point(struct point *point)
{
	const struct vs_net_connect_options options = {
	    .stack = load.target.is_tls ? VS_STACK_FRAMED_TLS : VS_STACK_FRAMED,
	    .address = load.target.address,
	    .port = load.target.port,
	    .tls = load.tls,
	    .server_name = load.target.host,
	    .handler = {.open = on_open, .bytes = on_bytes, .closed = on_closed, .arg = point},
	};

	must(vs_net_connect(load.net, &options, &point->conn).code == VS_E_OK, "connect");
}

static void
turn_until(uint64_t until_ms, uint32_t per_second)
{
	uint64_t begin_ms = vs_clock_mono_ms();
	uint32_t begun = load.opened;

	while (vs_clock_mono_ms() < until_ms) {
		uint64_t due = begun + (vs_clock_mono_ms() - begin_ms) * per_second / 1000;

		while (load.opened < load.count && load.opened < due &&
		       load.opened - load.running < COMING_MAX)
			connect_point(&load.points[load.opened++]);
		if (load.due_us <= vs_clock_mono_us())
			must(vs_loop_post(load.loop, updates_due, NULL).code == VS_E_OK, "post");
		must(vs_loop_turn(load.loop, 1).code == VS_E_OK, "loop");
		if (per_second > 0 && load.running == load.count)
			return;
	}
	must(per_second == 0, "not all came in");
}

static void
set_up(char **argv)
{
	char path[512], reason[256], url[320];
	const struct vs_tls_client_options tls = {.ca_file = argv[2]};
	bool is_tls = strncmp(argv[1], "tls://", 6) == 0;

	load.count = (uint32_t)strtoul(argv[4], NULL, 10);
	load.points = calloc(load.count, sizeof(*load.points));
	must(load.points != NULL && load.count > 0, "COUNT");
	vs_buf_init(&load.plain, 4 * DATA_SIZE);
	vs_buf_init(&load.data, 2 * DATA_SIZE);
	vs_buf_init(&load.bytes, 3 * DATA_SIZE);
	vs_buf_init(&load.reply, DATA_SIZE);
	(void)snprintf(url, sizeof(url), "%s://%s/", is_tls ? "wss" : "ws", argv[1] + 6);
	must(vs_sim_target_parse(url, &load.target).code == VS_E_OK &&
	         vs_sim_target_resolve(&load.target, reason, sizeof(reason)).code == VS_E_OK,
	     "URL");
	if (is_tls)
		must(vs_tls_client_new(&tls, reason, sizeof(reason), &load.tls).code == VS_E_OK,
		     "CA");
	must(vs_loop_new(&load.loop).code == VS_E_OK &&
	         vs_net_new(load.loop, 0, &load.net).code == VS_E_OK,
	     "net");
	for (uint32_t i = 0; i < load.count; i++) {
		struct point *point = &load.points[i];
		const struct vs_sim_seal_options options = {.mode = VS_SIM_SEAL_PSK,
		                                            .tenant = "default",
		                                            .identity = point->name,
		                                            .psk_file = path};

		(void)snprintf(point->name, sizeof(point->name), "CS-%04u", i + 1);
		(void)snprintf(path, sizeof(path), "%s/%s.psk", argv[3], point->name);
		must(vs_sim_seal_new(&options, &point->seal).code == VS_E_OK, path);
		vs_frame_init(&point->frame, VS_FRAME_AUTO, false, DATA_SIZE);
	}
}

/* Of another process, in microseconds: fields 14 and 15 of its stat; the second one is a name in
 * brackets. */
static double
cpu_of(const char *pid)
{
	char path[64], line[1024], *at;
	uint64_t ticks = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	file = fopen(path, "re");
	must(file != NULL && fgets(line, sizeof(line), file) != NULL, path);
	(void)fclose(file);
	at = strrchr(line, ')');
	for (int field = 2; at != NULL && field < 14; field++)
		at = strchr(at + 1, ' ');
	must(at != NULL, path);
	ticks = strtoull(at, &at, 10);
	ticks += strtoull(at, &at, 10);
	return (double)ticks * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

static double
cpu_here(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static void
count_for(double seconds, const char *pid)
{
	load.central_us = -cpu_of(pid);
	load.devices_us = -cpu_here();
	load.is_counting = true;
	turn_until(vs_clock_mono_ms() + (uint64_t)(seconds * 1000), 0);
	load.is_counting = false;
	load.central_us += cpu_of(pid);
	load.devices_us += cpu_here();
	must(load.updates > 0, "no update was acknowledged");
}

static double
percentile(double part)
{
	uint64_t rank = (uint64_t)((double)load.updates * part), seen = 0;

	for (uint32_t us = 0; us <= LATENCY_MAX_US; us++) {
		seen += load.latency_us[us];
		if (seen > rank || (seen == load.updates && seen > 0))
			return us / 1000.0;
	}
	return 0;
}

static void
tear_down(void)
{
	struct point *points = load.points;

	load.points = NULL; /* closing is in order now */
	vs_net_free(&load.net);
	vs_loop_free(&load.loop);
	vs_tls_client_unref(&load.tls);
	for (uint32_t i = 0; i < load.count; i++) {
		vs_sim_seal_free(&points[i].seal);
		vs_frame_done(&points[i].frame);
	}
	free(points);
	vs_buf_done(&load.plain);
	vs_buf_done(&load.data);
	vs_buf_done(&load.bytes);
	vs_buf_done(&load.reply);
}

int
main(int argc, char **argv)
{
	double seconds, coming_s;

	must(argc == 8, "URL CA PSK-FOLDER COUNT SECONDS CONNECTS-PER-SECOND PID");
	must(vs_crypto_memory_install().code == VS_E_OK, "memory");
	seconds = strtod(argv[5], NULL);
	set_up(argv);
	load.begin_us = load.due_us = vs_clock_mono_us();
	turn_until(vs_clock_mono_ms() + PATIENCE_MS, (uint32_t)strtoul(argv[6], NULL, 10));
	coming_s = (double)(vs_clock_mono_us() - load.begin_us) / 1e6;
	turn_until(vs_clock_mono_ms() + 2000, 0); /* warm */
	count_for(seconds, argv[7]);
	(void)printf("{\"points\": %u, \"coming_s\": %.1f, \"updates\": %llu, \"late\": %llu, "
	             "\"per_s\": %.0f, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f, "
	             "\"central_us\": %.1f, \"devices_us\": %.1f}\n",
	             load.count, coming_s, (unsigned long long)load.updates,
	             (unsigned long long)load.late, (double)load.updates / seconds, percentile(0.5),
	             percentile(0.99), percentile(1), load.central_us / (double)load.updates,
	             load.devices_us / (double)load.updates);
	tear_down();
	return 0;
}
