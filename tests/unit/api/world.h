/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world for the API without sockets and threads: connections that remember what they were sent, a
 * pool whose jobs run when told, a store of a few rows, a writer that hands records back when told.
 * The functions of net/net.h and event/pool.h that the API calls are defined here, so that nothing
 * of net is linked.
 */
#pragma once

#include <inttypes.h>
#include <stdarg.h>

#include "../../test.h"
#include "api/api.h"
#include "api/state.h"
#include "base/clock.h"
#include "crypto/password.h"
#include "net/throttle.h"
#include "wire/json.h"

#define WORLD_TOKEN    "admin-token-of-the-test"
#define WORLD_LINK     "one-time-link-of-the-test"
#define WORLD_BEARER   "Authorization: Bearer " WORLD_TOKEN "\r\n"
#define WORLD_CONNS    300
#define WORLD_TEXT_MAX 65536

struct vs_conn {
	vs_conn_id id;
	int status;
	char content_type[64], headers[2048];
	char body[WORLD_TEXT_MAX]; /* of the answer, or all of the stream */
	size_t body_size;
	bool is_stream, is_closed, is_slow;
	int answer_count;
	void *user;
};

struct world_job {
	vs_result (*run)(void *argument);
	void (*finish)(struct vs_loop *loop, vs_result result, void *argument);
	void *argument;
};

static struct {
	struct vs_loop *loop;
	struct vs_core_registry *registry;
	struct vs_secret *pepper;
	struct vs_api *api;
	struct vs_conn conns[WORLD_CONNS];
	size_t conn_count;
	struct world_job jobs[512];
	size_t job_count, hash_jobs; /* the latter: of the pool for password hashes */
	bool is_pool_full, is_writer_full, is_pepper_gone, is_pool_slow;
	struct vs_core_record *written; /* newest first */
	enum vs_err command_error;
	char command_action[VS_CORE_NAME_SIZE], command_payload[256], command_id[VS_CORE_UUID_SIZE];
	enum vs_core_command_state command_state;
	bool is_command_stored;
	int disconnect_count;
	char disconnected[VS_CORE_IDENTITY_SIZE];
	const struct vs_core_tx_row *txs;
	size_t tx_count;
	const char *said;             /* by the last event of any transaction; NULL: nothing */
	struct vs_port_frames frames; /* of the next API that is made */
	struct vs_port_audit audit;   /* of the next API that is made, as is this: */
	const char *audit_dir;
	vs_result read_result;
	struct vs_core_login logins[4]; /* sessions that the store has at start */
	size_t login_count;
	uint64_t throttle_us;
	int throttle_taken, throttle_charged;
	struct vs_core_user user;
	char user_secrets[2048]; /* of the one user; "": there is none */
} world;

/* --- net --------------------------------------------------------------------------------- */

struct vs_conn *
vs_net_find(struct vs_net *net, vs_conn_id id)
{
	(void)net;
	if (id == 0 || id > world.conn_count || world.conns[id - 1].is_closed)
		return NULL;
	return &world.conns[id - 1];
}

struct vs_loop *
vs_net_loop(struct vs_net *net)
{
	(void)net;
	return world.loop;
}

void
vs_conn_peer_text(const struct vs_conn *conn, char text[static VS_NET_PEER_TEXT_SIZE])
{
	(void)conn;
	(void)snprintf(text, VS_NET_PEER_TEXT_SIZE, "192.0.2.1:443");
}

void
vs_conn_set_user(struct vs_conn *conn, void *user)
{
	conn->user = user;
}

void *
vs_conn_user(const struct vs_conn *conn)
{
	return conn->user;
}

vs_conn_id
vs_conn_get_id(const struct vs_conn *conn)
{
	return conn->id;
}

static void
world_append(struct vs_conn *conn, struct vs_bytes piece)
{
	CHECK(conn->body_size + piece.size < sizeof(conn->body));
	if (piece.size > 0)
		memcpy(conn->body + conn->body_size, piece.data, piece.size);
	conn->body_size += piece.size;
	conn->body[conn->body_size] = '\0';
}

vs_result
vs_conn_respond(struct vs_conn *conn, int status, const char *content_type, const char *headers,
                struct vs_bytes body, bool is_last)
{
	(void)is_last;
	CHECK(conn->answer_count++ == 0);
	conn->status = status;
	(void)snprintf(conn->content_type, sizeof(conn->content_type), "%s",
	               content_type == NULL ? "" : content_type);
	(void)snprintf(conn->headers, sizeof(conn->headers), "%s", headers == NULL ? "" : headers);
	world_append(conn, body);
	return VS_OK;
}

vs_result
vs_conn_stream_begin(struct vs_conn *conn, int status, const char *content_type,
                     const char *headers)
{
	conn->is_stream = true;
	return vs_conn_respond(conn, status, content_type, headers, (struct vs_bytes){NULL, 0},
	                       false);
}

vs_result
vs_conn_stream_write(struct vs_conn *conn, struct vs_bytes piece)
{
	CHECK(conn->is_stream);
	if (conn->is_slow)
		return VS_FAIL(BUSY);
	world_append(conn, piece);
	return VS_OK;
}

void
vs_conn_close(struct vs_conn *conn, bool is_abrupt)
{
	(void)is_abrupt;
	conn->is_closed = true;
}

#include "world_more.h"

/* --- pool -------------------------------------------------------------------------------- */

vs_result
vs_pool_submit(struct vs_pool *pool, struct vs_loop *loop, uint32_t deadline_ms,
               vs_result (*run)(void *argument),
               void (*finish)(struct vs_loop *loop, vs_result result, void *argument),
               void *argument)
{
	world.hash_jobs += pool == (struct vs_pool *)&world.hash_jobs;
	(void)loop;
	CHECK(deadline_ms > 0);
	if (world.is_pool_full)
		return VS_FAIL(BUSY);
	CHECK(world.job_count < 512);
	world.jobs[world.job_count++] = (struct world_job){run, finish, argument};
	return VS_OK;
}

static inline void
world_run_jobs(void)
{
	while (world.job_count > 0) {
		struct world_job job = world.jobs[0];

		memmove(world.jobs, world.jobs + 1, --world.job_count * sizeof(world.jobs[0]));
		job.finish(world.loop, job.run(job.argument), job.argument);
	}
}

/* --- store ------------------------------------------------------------------------------- */

static vs_result
world_submit(void *self, struct vs_core_record *list, size_t count)
{
	(void)self;
	CHECK(count == 1);
	if (world.is_writer_full)
		return VS_FAIL(BUSY);
	list->next = world.written;
	world.written = list;
	return VS_OK;
}

static inline void
world_commit(enum vs_err outcome)
{
	struct vs_core_record *list = world.written;

	world.written = NULL;
	for (struct vs_core_record *record = list; record != NULL; record = record->next)
		record->outcome = outcome;
	vs_api_committed(world.api, list);
}

static vs_result
world_station(void *self, const char *tenant, const char *identity,
              struct vs_core_station_row *row_out)
{
	(void)self;
	(void)tenant;
	if (strcmp(identity, "CS-1") != 0)
		return VS_FAIL(NOT_FOUND);
	*row_out = (struct vs_core_station_row){.last_seen_ms = VS_CORE_ABSENT};
	(void)snprintf(row_out->station.identity, sizeof(row_out->station.identity), "%s",
	               identity);
	return VS_OK;
}

static vs_result
world_statuses_between(void *self, const char *tenant, const char *first, const char *last,
                       bool (*row)(const struct vs_core_status_row *, void *), void *arg)
{
	struct vs_core_status_row status = {
	    .evse = 1, .connector = 1, .at_ms = 5000, .status = "Faulted"};

	(void)self;
	(void)tenant;
	(void)last;
	(void)snprintf(status.station, sizeof(status.station), "%s", first);
	(void)row(&status, arg);
	return VS_OK;
}

static vs_result
world_statuses(void *self, const char *tenant, const char *station,
               bool (*row)(const struct vs_core_status_row *, void *), void *arg)
{
	return world_statuses_between(self, tenant, station, station, row, arg);
}

static vs_result
world_transactions(void *self, const char *tenant, const char *station, bool only_active,
                   int64_t before_ms, size_t limit,
                   bool (*row)(const struct vs_core_tx_row *, void *), void *arg)
{
	(void)self;
	(void)tenant;
	(void)station;
	for (size_t i = 0; i < world.tx_count; i++) {
		if (world.txs[i].started_ms >= before_ms ||
		    (only_active && !world.txs[i].is_active))
			continue;
		if (limit-- == 0 || !row(&world.txs[i], arg))
			break;
	}
	return VS_OK;
}

static vs_result
world_transaction(void *self, const char *tenant, const char *station, const char *tx_id,
                  struct vs_core_tx_row *row_out)
{
	(void)self;
	(void)tenant;
	(void)station;
	for (size_t i = 0; i < world.tx_count; i++)
		if (strcmp(world.txs[i].tx_id, tx_id) == 0) {
			*row_out = world.txs[i];
			return VS_OK;
		}
	return VS_FAIL(NOT_FOUND);
}

static inline vs_result
world_tx_said(void *self, const char *tenant, const char *station, const char *tx_id,
              struct vs_buf *payload)
{
	(void)self;
	(void)tenant;
	(void)station;
	(void)tx_id;
	return world.said != NULL ? vs_buf_append_text(payload, world.said) : VS_FAIL(NOT_FOUND);
}

/* Three measured values of a register that did not begin at zero, and one event without a value. */
static vs_result
world_tx_events(void *self, const char *tenant, const char *station, const char *tx_id,
                size_t limit,
                bool (*row)(const struct vs_core_tx_event *, int64_t received_ms, void *),
                void *arg)
{
	static const int64_t energies[] = {VS_CORE_ABSENT, 5000, 5010, VS_CORE_ABSENT, 5025};

	(void)self;
	(void)tenant;
	(void)station;
	(void)tx_id;
	for (int64_t i = 0; i < 5 && limit-- > 0; i++) {
		struct vs_core_tx_event event = {.seq_no = i,
		                                 .at_ms = 1000 * i,
		                                 .power_w = 7000,
		                                 .energy_wh = energies[i],
		                                 .soc_percent = VS_CORE_ABSENT,
		                                 .type = i == 0 ? VS_CORE_TX_STARTED
		                                                : VS_CORE_TX_UPDATED};

		if (!row(&event, 0, arg))
			break;
	}
	return VS_OK;
}

static vs_result
world_command(void *self, const char *tenant, const char *id,
              void (*row)(const struct vs_core_command_row *, void *), void *arg)
{
	struct vs_core_command_row command = {
	    .state = world.command_state, .station = "CS-1", .action = "Reset"};

	(void)self;
	(void)tenant;
	if (!world.is_command_stored)
		return VS_FAIL(NOT_FOUND);
	(void)snprintf(command.id, sizeof(command.id), "%s", id);
	command.result = VS_BYTES_LITERAL("{\"status\":\"Accepted\"}");
	row(&command, arg);
	return VS_OK;
}

static vs_result
world_counts(void *self, struct vs_core_counts *counts_out)
{
	(void)self;
	*counts_out = (struct vs_core_counts){.stations = 7, .boots = 3};
	return world.read_result;
}

/* --- pepper ------------------------------------------------------------------------------ */

static vs_result
world_verifier(void *self, uint32_t version, struct vs_bytes tenant, struct vs_bytes identity,
               struct vs_bytes password, uint8_t verifier_out[static VS_CORE_PEPPERED_SIZE],
               uint32_t *version_out)
{
	(void)self;
	CHECK(version == 0 && version_out != NULL);
	if (world.is_pepper_gone)
		return VS_FAIL(CLOSED);
	*version_out = 3;
	return vs_crypto_password_verifier(world.pepper, tenant, identity, password, verifier_out);
}

/* --- the world --------------------------------------------------------------------------- */
static inline void
world_api_new(void)
{
	struct vs_api_options options = {
	    .registry = world.registry,
	    .writer = {.submit = world_submit},
	    .reader = {.stations = world_stations,
	               .stations_shown = world_stations,
	               .station = world_station,
	               .identities = world_identities,
	               .statuses = world_statuses,
	               .statuses_between = world_statuses_between,
	               .faulted = world_faulted,
	               .running = world_running,
	               .transactions = world_transactions,
	               .transaction = world_transaction,
	               .tx_events = world_tx_events,
	               .tx_said = world_tx_said,
	               .command = world_command,
	               .counts = world_counts,
	               .station_count = world_station_count,
	               .tenants = world_tenants,
	               .users = world_users,
	               .user = world_user,
	               .api_tokens = world_api_tokens,
	               .logins = world_logins},
	    .frames = world.frames,
	    .commands = {.send = world_send,
	                 .is_connected = world_is_connected,
	                 .disconnect = world_disconnect},
	    .hash_pool = (struct vs_pool *)&world.hash_jobs,
	    .pepper = {NULL, world_verifier},
	    .audit = world.audit,
	    .audit_dir = world.audit_dir,
	    .origin = 3,
	    .station_url = "wss://127.0.0.1:9443/ocpp/",
	    .ca_file = "/state/pki/ca.pem",
	    .version = "1.2.3",
	};

	CHECK_OK(vs_crypto_sha256(VS_BYTES_LITERAL(WORLD_TOKEN), options.admin_token_sha256));
	CHECK_OK(vs_crypto_sha256(VS_BYTES_LITERAL(WORLD_LINK), options.login_token_sha256));
	CHECK_OK(vs_api_new(&options, NULL, &world.api));
}

static inline void
world_begin(void)
{
	memset(&world, 0, sizeof(world));
	CHECK_OK(vs_loop_new(&world.loop));
	CHECK_OK(vs_core_registry_new(&world.registry));
	CHECK_OK(vs_secret_new(32, &world.pepper));
	world_api_new();
}

static inline void
world_end(void)
{
	vs_api_free(&world.api);
	vs_secret_free(&world.pepper);
	vs_core_registry_free(&world.registry);
	vs_loop_free(&world.loop);
	CHECK(world.written == NULL);
}

/* A session of the installation's own, or of the world's user, as after a login. */
static inline void
world_session(struct vs_api_sessions *sessions, const char *user, int64_t at_ms,
              char text[static VS_API_SESSION_TEXT_SIZE])
{
	struct vs_core_login login = {.tenant = "default", .role = VS_ROLE_ADMINISTRATOR};

	(void)snprintf(login.user, sizeof(login.user), "%s", user);
	CHECK_OK(vs_api_session_make(at_ms, &login, text));
	vs_api_session_put(sessions, &login, at_ms);
}

/* A station that is registered already. */
static inline void
world_register(const char *identity, bool is_enabled)
{
	struct vs_core_station station = {
	    .auth = VS_CORE_AUTH_BASIC, .is_enabled = is_enabled, .has_verifier = true};

	(void)snprintf(station.tenant, sizeof(station.tenant), "default");
	(void)snprintf(station.identity, sizeof(station.identity), "%s", identity);
	CHECK_OK(vs_core_registry_put(world.registry, &station));
}

/* One request on a connection of its own; headers: whole lines. What the pool has to do is done. */
static inline struct vs_conn *
world_ask(const char *line, const char *headers, const char *body)
{
	struct vs_net_handler handler = vs_api_handler(world.api);
	struct vs_http_request request;
	struct vs_conn *conn = &world.conns[world.conn_count];
	char head[4096];

	CHECK(world.conn_count < WORLD_CONNS);
	*conn = (struct vs_conn){.id = ++world.conn_count};
	(void)snprintf(head, sizeof(head), "%s HTTP/1.1\r\nHost: localhost:9444\r\n%s\r\n", line,
	               headers);
	CHECK_OK(vs_http_request_parse(vs_bytes_from_text(head), &request));
	handler.request(conn, &request, vs_bytes_from_text(body), handler.arg);
	if (!world.is_pool_slow)
		world_run_jobs();
	return conn;
}

/* A state of a command is on disk. */
static inline void
world_command_is(const char *id, enum vs_core_command_state state)
{
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_COMMAND, 0);
	(void)snprintf(event.id, sizeof(event.id), "%s", id);
	(void)snprintf(event.type, sizeof(event.type), "%s", vs_core_command_state_text(state));
	vs_api_deliver(&event, 1, 0, world.api);
}

static inline bool
world_says(const struct vs_conn *conn, const char *text)
{
	return strstr(conn->body, text) != NULL;
}
#define world_has_header(conn, text) (strstr((conn)->headers, text) != NULL)
