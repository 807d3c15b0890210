/* SPDX-License-Identifier: Apache-2.0 */
/* Stations over real sockets on loopback, against a central side that accepts everything. */
#include "sim/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "ocpp/message.h"
#include "test.h"

enum { STATIONS = 3 };

/* --- the central side ------------------------------------------------------------------------- */

struct csms {
	struct vs_loop *loop;
	struct vs_net *net;
	struct vs_json_tape tape;
	struct vs_buf out;
	struct vs_sim_worker *worker; /* told to stop when enough has happened */
	unsigned ended, authorized, opened;
	int refuse_status;
	uint16_t port;
};

static void
on_request(struct vs_conn *conn, const struct vs_http_request *request, struct vs_bytes body,
           void *arg)
{
	struct csms *csms = arg;

	(void)body;
	(void)request;
	if (csms->refuse_status != 0) {
		CHECK_OK(vs_conn_respond(conn, csms->refuse_status, NULL, NULL,
		                         vs_bytes_from_text(""), true));
		return;
	}
	csms->authorized += vs_bytes_equal_text(request->path, "/ocpp/CS%201");
	csms->opened++;
	CHECK_OK(vs_conn_ws_accept(conn, "ocpp2.0.1", 0));
}

static void
on_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
           void *arg)
{
	struct csms *csms = arg;
	struct vs_ocpp_message message;
	struct vs_ocpp_fault fault;
	struct vs_json_writer writer;

	CHECK(kind == VS_NET_TEXT);
	CHECK_OK(vs_ocpp_message_parse(VS_OCPP_201, VS_OCPP_STATION, vs_bytes_from(data, size),
	                               NULL, &csms->tape, &message, &fault));
	CHECK(message.type == VS_OCPP_CALL);
	vs_buf_reset(&csms->out);
	vs_ocpp_result_begin(&writer, &csms->out, message.id);
	vs_json_write_object(&writer);
	if (message.action == VS_OCPP_BootNotification) {
		vs_json_write_key(&writer, "currentTime");
		vs_json_write_time(&writer, vs_clock_wall_ms());
		vs_json_write_key(&writer, "interval");
		vs_json_write_int(&writer, 300);
		vs_json_write_key(&writer, "status");
		vs_json_write_text(&writer, "Accepted");
	} else if (message.action == VS_OCPP_Authorize) {
		vs_json_write_key(&writer, "idTokenInfo");
		vs_json_write_object(&writer);
		vs_json_write_key(&writer, "status");
		vs_json_write_text(&writer, "Accepted");
		vs_json_write_object_end(&writer);
	}
	vs_json_write_object_end(&writer);
	CHECK_OK(vs_ocpp_message_end(&writer));
	CHECK_OK(vs_conn_ws_send(conn, VS_NET_TEXT, vs_buf_view(&csms->out)));
	if (vs_ocpp_value(vs_ocpp_member(message.payload, VS_OCPP_N_eventType)) ==
	    VS_OCPP_V_Started)
		csms->ended++;
	if (csms->ended == STATIONS && csms->worker != NULL) {
		vs_sim_worker_stop(csms->worker, false, 20000);
		csms->worker = NULL;
	}
}

static void
csms_init(struct csms *csms)
{
	struct vs_net_listener_options options = {
	    .name = "test",
	    .stack = VS_STACK_WS,
	    .address = "127.0.0.1",
	    .handler = {.request = on_request, .message = on_message, .arg = csms},
	    .is_deflate_allowed = true,
	};

	*csms = (struct csms){.ended = 0};
	vs_json_tape_init(&csms->tape);
	vs_buf_init(&csms->out, 65536);
	CHECK_OK(vs_loop_new(&csms->loop));
	CHECK_OK(vs_net_new(csms->loop, 0, &csms->net));
	CHECK_OK(vs_net_listen(csms->net, &options, &csms->port));
}

static void *
csms_run(void *arg)
{
	CHECK_OK(vs_loop_run(((struct csms *)arg)->loop));
	return NULL;
}

static void
csms_done(struct csms *csms)
{
	vs_net_free(&csms->net);
	vs_loop_free(&csms->loop);
	vs_buf_done(&csms->out);
	vs_json_tape_done(&csms->tape);
}

/* --- the stations ----------------------------------------------------------------------------- */

struct seen {
	atomic_uint failures, stops, complaints;
	atomic_int exit_status;
	char complaint[256];
	struct vs_sim_worker *worker; /* to stop at the first complaint */
};

static void
failed(void *arg, int exit_status, const char *text)
{
	(void)text;
	atomic_fetch_add(&((struct seen *)arg)->failures, 1);
	atomic_store(&((struct seen *)arg)->exit_status, exit_status);
}

static void
stopped(void *arg)
{
	atomic_fetch_add(&((struct seen *)arg)->stops, 1);
}

static void
complaint(void *arg, const char *identity, const char *text, int exit_status)
{
	struct seen *seen = arg;

	if (atomic_fetch_add(&seen->complaints, 1) == 0)
		(void)snprintf(seen->complaint, sizeof(seen->complaint), "%s: %s (%d)", identity,
		               text, exit_status);
	if (seen->worker != NULL)
		vs_sim_worker_stop(seen->worker, true, 0);
}

static void
make_plan(struct vs_sim_plan *plan, struct vs_sim_target *target,
          struct vs_sim_credentials *credentials, struct seen *seen, uint16_t port)
{
	char url[64];
	size_t line = 0;

	(void)snprintf(url, sizeof(url), "ws://127.0.0.1:%u/ocpp/", port);
	CHECK_OK(vs_sim_target_parse(url, target));
	CHECK_OK(vs_sim_target_resolve(target, url, sizeof(url)));
	CHECK_OK(vs_sim_credentials_parse(
	    vs_bytes_from_text("CS 1,password one\nCS 2,password two\nCS 3,password three\n"),
	    credentials, &line));
	*plan = (struct vs_sim_plan){
	    .target = target,
	    .credentials = credentials,
	    .scenario = VS_SIM_SCENARIO_busy,
	    .stations = STATIONS,
	    .workers = 1,
	    .seed = 1,
	    .is_deflate_offered = true,
	    .failed = failed,
	    .stopped = stopped,
	    .complaint = complaint,
	    .arg = seen,
	};
}

static unsigned
count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned count = 0;
	int c;

	CHECK(file != NULL);
	while ((c = fgetc(file)) != EOF)
		count += c == '\n';
	CHECK(fclose(file) == 0);
	return count;
}

/* Boot, charge, stop in order: nothing is lost, and the ledger holds what was answered. */
static void
test_charge_and_stop(void)
{
	static struct csms csms;
	struct vs_sim_target target;
	struct vs_sim_credentials credentials;
	struct vs_sim_plan plan;
	struct vs_sim_stats stats;
	struct seen seen = {.complaint = ""};
	char ledger_path[] = "/tmp/voltseal-ledger-XXXXXX", reason[128];
	int fd = mkstemp(ledger_path);
	pthread_t thread;

	CHECK(fd >= 0 && close(fd) == 0);
	csms_init(&csms);
	make_plan(&plan, &target, &credentials, &seen, csms.port);
	CHECK_OK(vs_sim_ledger_open(ledger_path, &plan.ledger));
	CHECK_OK(vs_sim_worker_new(&plan, 0, reason, sizeof(reason), &csms.worker));
	struct vs_sim_worker *worker = csms.worker;
	CHECK(pthread_create(&thread, NULL, csms_run, &csms) == 0);
	CHECK_OK(vs_sim_worker_run(worker));
	vs_loop_stop(csms.loop);
	CHECK(pthread_join(thread, NULL) == 0);
	vs_sim_worker_stats(worker, &stats);
	CHECK(atomic_load(&seen.failures) == 0 && atomic_load(&seen.stops) == 1);
	CHECK(stats.stations == STATIONS && stats.connects == STATIONS && stats.failures == 0);
	CHECK(stats.counts.transactions >= STATIONS && stats.queued == 0 && stats.counts.lost == 0);
	CHECK(stats.counts.security_events == STATIONS && stats.counts.bad_out == 0);
	CHECK(vs_sim_stats_percentile(&stats, 500) > 0);
	CHECK(csms.opened == STATIONS && csms.authorized == 1);
	CHECK(count_lines(ledger_path) == stats.counts.tx_events + stats.counts.security_events);
	vs_sim_worker_free(&worker);
	vs_sim_ledger_close(&plan.ledger);
	vs_sim_credentials_done(&credentials);
	csms_done(&csms);
	CHECK(unlink(ledger_path) == 0);
}

/* A refused upgrade is explained, and ends a program that wanted only one station. */
static void
test_refused(void)
{
	static struct csms csms;
	struct vs_sim_target target;
	struct vs_sim_credentials credentials;
	struct vs_sim_plan plan;
	struct seen seen = {.complaint = ""};
	char reason[128];
	pthread_t thread;

	csms_init(&csms);
	csms.refuse_status = 401;
	make_plan(&plan, &target, &credentials, &seen, csms.port);
	plan.stations = 1;
	CHECK_OK(vs_sim_worker_new(&plan, 0, reason, sizeof(reason), &seen.worker));
	struct vs_sim_worker *worker = seen.worker;
	CHECK(pthread_create(&thread, NULL, csms_run, &csms) == 0);
	CHECK_OK(vs_sim_worker_run(worker));
	vs_loop_stop(csms.loop);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(strncmp(seen.complaint, "CS 1: upgrade: HTTP 401: identity, password", 43) == 0);
	CHECK(strstr(seen.complaint, "(77)") != NULL);
	vs_sim_worker_free(&worker);
	vs_sim_credentials_done(&credentials);
	csms_done(&csms);
}

/* Nobody listens. */
static void
test_no_server(void)
{
	static struct csms csms;
	struct vs_sim_target target;
	struct vs_sim_credentials credentials;
	struct vs_sim_plan plan;
	struct seen seen = {.complaint = ""};
	char reason[128];

	csms_init(&csms);
	make_plan(&plan, &target, &credentials, &seen, csms.port);
	csms_done(&csms);
	CHECK_OK(vs_sim_worker_new(&plan, 0, reason, sizeof(reason), &seen.worker));
	struct vs_sim_worker *worker = seen.worker;
	CHECK_OK(vs_sim_worker_run(worker));
	(void)fprintf(stderr, "  %s\n", seen.complaint);
	CHECK(strstr(seen.complaint, "TCP: 127.0.0.1 port ") != NULL &&
	      strstr(seen.complaint, "(69)") != NULL);
	vs_sim_worker_free(&worker);
	vs_sim_credentials_done(&credentials);
}

static void
test_bad_certificate_file(void)
{
	struct vs_sim_target target;
	struct vs_sim_credentials credentials;
	struct vs_sim_plan plan;
	struct seen seen = {.complaint = ""};
	struct vs_sim_worker *worker = NULL;
	char reason[128] = "";

	make_plan(&plan, &target, &credentials, &seen, 1);
	target.is_tls = true;
	plan.ca_file = "/nonexistent.pem";
	CHECK_ERR(vs_sim_worker_new(&plan, 0, reason, sizeof(reason), &worker), CONFIG);
	CHECK(worker == NULL && strstr(reason, "/nonexistent.pem") != NULL);
	vs_sim_worker_free(&worker);
	vs_sim_credentials_done(&credentials);
}

int
main(void)
{
	CASE(test_charge_and_stop);
	CASE(test_refused);
	CASE(test_no_server);
	CASE(test_bad_certificate_file);
	return 0;
}
