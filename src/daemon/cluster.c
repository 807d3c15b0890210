/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/charge.h"
#include "daemon/cluster_inside.h"
#include "daemon/daemon_inside.h"
#include "daemon/drain.h"
#include "daemon/feed.h"
#include "daemon/history.h"
#include "daemon/shown.h"

#define LAST_TURNS 64

vs_result
vs_daemon_cluster_settings(const struct vs_daemon_options *options, char *reason,
                           size_t reason_size, struct vs_daemon_cluster_setup *setup_out)
{
	const struct vs_daemon_cluster_setup setup = {
	    .node = options->text[VS_OPTION_node],
	    .urls = options->text[VS_OPTION_nats],
	    .ca = options->text[VS_OPTION_nats_ca],
	    .cert = options->text[VS_OPTION_nats_cert],
	    .key = options->text[VS_OPTION_nats_key],
	    .history = options->text[VS_OPTION_history],
	    .replicas = (uint32_t)options->number[VS_OPTION_nats_replicas],
	    .drain_s = (uint32_t)options->number[VS_OPTION_drain],
	    .is_clear = options->number[VS_OPTION_insecure_nats] != 0,
	};

	if (setup.urls[0] != '\0' && !vs_bus_node_is_valid(setup.node)) {
		(void)snprintf(reason, reason_size,
		               "--nats needs --node, of letters, digits, - and _, at most 32");
		return VS_FAIL(CONFIG);
	}
	*setup_out = setup;
	return VS_OK;
}

/* --- what the bus asks of the other rooms, in its thread ----------------------------------------
 */

static vs_result
local_send(void *self, const char *tenant, const char *station, const char *command_id,
           const char *action, struct vs_bytes payload, uint32_t timeout_ms, char *fault,
           size_t fault_size)
{
	const struct vs_port_commands port = vs_daemon_charge_commands(self);

	return port.send(port.self, tenant, station, command_id, action, payload, timeout_ms, fault,
	                 fault_size);
}

static bool
local_is_connected(void *self, const char *tenant, const char *station)
{
	const struct vs_port_commands port = vs_daemon_charge_commands(self);

	return port.is_connected(port.self, tenant, station);
}

static void
local_disconnect(void *self, const char *tenant, const char *station, const char *reason)
{
	const struct vs_port_commands port = vs_daemon_charge_commands(self);

	port.disconnect(port.self, tenant, station, reason);
}

/* The framed network is not handed from node to node: what is here is ours. */
static vs_result
may_send(void *arg, const char *tenant, const char *station)
{
	struct vs_daemon_cluster *cluster = arg;
	const struct vs_port_commands central = vs_central_commands(cluster->daemon->central);

	if (!central.is_connected(central.self, tenant, station))
		return VS_OK;
	return vs_presence_may_send(cluster->presence, tenant, station);
}

static bool
is_elsewhere(void *arg, const char *tenant, const char *station)
{
	struct vs_daemon_cluster *cluster = arg;

	return vs_presence_is_elsewhere(cluster->presence, tenant, station);
}

static void
owns(void *arg, const char *tenant, const char *station, uint64_t epoch)
{
	struct vs_daemon_cluster *cluster = arg;

	const struct vs_daemon_history_line line = {"owns", tenant, station, epoch, 0};

	vs_daemon_history_write(cluster->history, &line);
}

static void
lets(void *arg, const char *tenant, const char *station, uint64_t epoch, uint64_t ago_ms)
{
	struct vs_daemon_cluster *cluster = arg;
	const struct vs_daemon_history_line line = {"lets", tenant, station, epoch, ago_ms};

	vs_daemon_history_write(cluster->history, &line);
}

static void
here(void *arg, const char *tenant, const char *station, bool is_here)
{
	struct vs_daemon_cluster *cluster = arg;
	vs_result r = VS_OK;

	if (is_here)
		r = vs_route_own(cluster->route, tenant, station);
	else
		vs_route_disown(cluster->route, tenant, station);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "cluster.not_reachable", vs_bytes_from_text(station), VS_LOG_ERR(r));
}

static void
changed(bool is_connected, void *arg)
{
	struct vs_daemon_cluster *cluster = arg;

	if (is_connected)
		VS_LOG(INFO, "cluster.connected",
		       vs_bytes_from_text(cluster->daemon->setup.cluster.node));
	else
		VS_LOG(WARN, "cluster.lost",
		       vs_bytes_from_text(cluster->daemon->setup.cluster.node),
		       VS_LOG_STR("means", "stations of other nodes get no commands from here"));
}

/* --- commands that no node took ------------------------------------------------------------------
 */

static vs_result
record_state(struct vs_daemon *daemon, const struct vs_route_command *command,
             enum vs_core_command_state state, struct vs_core_record **record_out)
{
	struct vs_core_record *record = NULL;
	struct vs_bytes nothing = {NULL, 0};

	(void)daemon;
	VS_TRY(vs_core_record_new(VS_RECORD_command, command->tenant, command->station,
	                          vs_clock_wall_ms(), nothing, nothing, &record));
	record->origin = VS_DAEMON_ORIGIN_CLUSTER;
	(void)vs_bytes_copy_text(vs_bytes_from_text(command->id), record->u.command.id,
	                         sizeof(record->u.command.id));
	(void)vs_bytes_copy_text(vs_bytes_from_text(command->action), record->u.command.action,
	                         sizeof(record->u.command.action));
	record->u.command.state = state;
	record->u.command.is_final = state == VS_CORE_COMMAND_FAILED;
	record->u.command.error = state == VS_CORE_COMMAND_FAILED ? command->result.code : VS_E_OK;
	*record_out = record;
	return VS_OK;
}

/* Its payload is not kept: it may hold what only the station is to know. */
static void
failed(void *arg, const struct vs_route_command *command)
{
	struct vs_daemon_cluster *cluster = arg;
	const struct vs_port_writer writer = vs_daemon_writer(cluster->daemon);
	struct vs_core_record *first = NULL, *last = NULL;
	vs_result r = record_state(cluster->daemon, command, VS_CORE_COMMAND_QUEUED, &first);

	if (r.code == VS_E_OK)
		r = record_state(cluster->daemon, command, VS_CORE_COMMAND_FAILED, &last);
	if (r.code == VS_E_OK) {
		first->next = last;
		r = writer.submit(writer.self, first, 2);
	}
	VS_LOG(WARN, "command.not_taken", vs_bytes_from_text(command->station),
	       VS_LOG_STR("action", command->action), VS_LOG_STR("fault", command->fault),
	       VS_LOG_STR("why", vs_err_name(command->result.code)));
	if (r.code == VS_E_OK)
		return;
	VS_LOG(ERROR, "command.not_kept", vs_bytes_from_text(command->station), VS_LOG_ERR(r));
	vs_core_record_free(&first);
	vs_core_record_free(&last);
}

void
vs_daemon_cluster_committed(struct vs_daemon *daemon, struct vs_core_record *list)
{
	const struct vs_port_events events = vs_bus_publisher(daemon->bus);
	struct vs_core_event event;

	while (list != NULL) {
		struct vs_core_record *record = list;

		list = record->next;
		if (record->outcome == VS_E_OK && vs_core_event_from_record(record, &event))
			events.publish(events.self, &event);
		vs_core_record_free(&record);
		(void)atomic_fetch_sub(&daemon->in_flight, 1);
	}
}

/* --- what the reactors tell ----------------------------------------------------------------------
 */

static void
port_came(void *self, const char *tenant, const char *station, const char *peer,
          const char *protocol)
{
	struct vs_daemon_cluster *cluster = self;
	const struct vs_presence_socket socket = {.tenant = tenant,
	                                          .station = station,
	                                          .ip = peer,
	                                          .protocol = protocol,
	                                          .fingerprint = "",
	                                          .since_ms = vs_clock_wall_ms()};
	vs_result r = vs_presence_came(cluster->presence, &socket);

	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "cluster.not_claimed", vs_bytes_from_text(station), VS_LOG_ERR(r));
}

static void
port_left(void *self, const char *tenant, const char *station)
{
	struct vs_daemon_cluster *cluster = self;
	vs_result r = vs_presence_left(cluster->presence, tenant, station);

	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "cluster.not_left", vs_bytes_from_text(station), VS_LOG_ERR(r));
}

static vs_result
port_may_send(void *self, const char *tenant, const char *station)
{
	return vs_presence_may_send(((struct vs_daemon_cluster *)self)->presence, tenant, station);
}

struct vs_port_presence
vs_daemon_cluster_presence(struct vs_daemon *daemon)
{
	struct vs_port_presence none = {.self = NULL};

	if (daemon->cluster == NULL)
		return none;
	return (struct vs_port_presence){daemon->cluster, port_came, port_left, port_may_send};
}

struct vs_port_commands
vs_daemon_cluster_commands(struct vs_daemon *daemon)
{
	return daemon->cluster != NULL ? vs_route_commands(daemon->cluster->route)
	                               : vs_daemon_charge_commands(daemon);
}

/* In the loop, which runs when the central is there. */
static void
look(void *arg, struct vs_health_row *row)
{
	const struct vs_daemon_cluster *cluster = arg;

	row->stations = (int64_t)vs_central_connected_count(cluster->daemon->central);
	row->is_draining = vs_daemon_drain_is_on(cluster->daemon);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static vs_result
make_parts(struct vs_daemon_cluster *cluster, char *reason, size_t reason_size)
{
	struct vs_daemon *daemon = cluster->daemon;
	const struct vs_daemon_cluster_setup *setup = &daemon->setup.cluster;
	const struct vs_port_commands local = {.self = daemon,
	                                       .send = local_send,
	                                       .is_connected = local_is_connected,
	                                       .disconnect = local_disconnect};
	const struct vs_nats_options nats = {.urls = setup->urls,
	                                     .node = setup->node,
	                                     .ca_file = setup->ca,
	                                     .cert_file = setup->cert,
	                                     .key_file = setup->key,
	                                     .is_clear = setup->is_clear,
	                                     .seal = cluster->seal,
	                                     .loop = cluster->loop};
	struct vs_presence_options presence = {.node = setup->node,
	                                       .replicas = setup->replicas,
	                                       .local = local,
	                                       .owns = owns,
	                                       .lets = lets,
	                                       .here = here,
	                                       .is_dead = vs_daemon_cluster_is_dead,
	                                       .arg = cluster,
	                                       .process = cluster->life.word};
	struct vs_control_options control = {
	    .node = setup->node, .heard = vs_daemon_cluster_heard, .arg = cluster};
	struct vs_came_options came = {
	    .node = setup->node, .heard = vs_daemon_cluster_heard_came, .arg = cluster};
	struct vs_route_options route = {.local = local,
	                                 .node = setup->node,
	                                 .may_send = may_send,
	                                 .is_elsewhere = is_elsewhere,
	                                 .failed = failed,
	                                 .arg = cluster};
	struct vs_daemon_shown_options shown = {.bus = daemon->bus,
	                                        .frames = daemon->frames,
	                                        .registry = daemon->registry,
	                                        .node = setup->node,
	                                        .replicas = setup->replicas,
	                                        .is_elsewhere = is_elsewhere,
	                                        .look = look,
	                                        .arg = cluster};
	vs_result r = vs_nats_new(&nats, reason, reason_size, &cluster->nats);

	if (r.code != VS_E_OK)
		return r;
	presence.nats = cluster->nats;
	route.nats = cluster->nats;
	control.nats = cluster->nats;
	came.nats = cluster->nats;
	shown.nats = cluster->nats;
	VS_TRY(vs_nats_on_change(cluster->nats, changed, cluster));
	VS_TRY(vs_route_new(&route, &cluster->route));
	VS_TRY(vs_control_new(&control, &cluster->control));
	VS_TRY(vs_came_new(&came, &cluster->came));
	VS_TRY(vs_daemon_shown_make(&shown, &cluster->shown));
	VS_TRY(vs_daemon_feed_join(daemon, cluster->nats));
	VS_TRY(vs_daemon_cluster_share_failures(cluster));
	return vs_presence_new(&presence, &cluster->presence);
}

/* Of the store that the nodes share. */
static vs_result
make_seal(struct vs_daemon_cluster *cluster, char *reason, size_t reason_size)
{
	uint8_t key[VS_BUS_KEY_SIZE];
	vs_result r = VS_FAIL(CONFIG);

	if (vs_store_bus_key(cluster->daemon->store, key))
		r = vs_bus_seal_new(key, &cluster->seal);
	else
		(void)snprintf(reason, reason_size, "--nats needs [store] engine = postgres");
	explicit_bzero(key, sizeof(key));
	return r;
}

vs_result
vs_daemon_cluster_make(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	const struct vs_daemon_cluster_setup *setup = &daemon->setup.cluster;
	struct vs_daemon_cluster *cluster;

	if (setup->urls[0] == '\0')
		return VS_OK;
	cluster = calloc(1, sizeof(*cluster));
	if (cluster == NULL)
		return VS_FAIL(NO_MEMORY);
	cluster->daemon = daemon;
	daemon->cluster = cluster;
	vs_daemon_cluster_begin_life(cluster);
	VS_TRY(make_seal(cluster, reason, reason_size));
	VS_TRY(vs_loop_new(&cluster->loop));
	if (setup->history[0] != '\0' &&
	    vs_daemon_history_open(setup->history, setup->node, &cluster->history).code !=
	        VS_E_OK) {
		(void)snprintf(reason, reason_size, "--history: %s cannot be written",
		               setup->history);
		return VS_FAIL(CONFIG);
	}
	if (setup->is_clear)
		VS_LOG(WARN, "cluster.insecure", vs_bytes_from_text(setup->node),
		       VS_LOG_STR("option", "--insecure-nats"));
	return make_parts(cluster, reason, reason_size);
}

static void *
thread_main(void *argument)
{
	struct vs_daemon_cluster *cluster = argument;

	(void)pthread_setname_np(pthread_self(), "vs-bus");
	if (vs_loop_run(cluster->loop).code != VS_E_OK)
		VS_LOG(ERROR, "cluster.failed", VS_BYTES_LITERAL("voltseald"));
	return NULL;
}

vs_result
vs_daemon_cluster_run(struct vs_daemon *daemon)
{
	struct vs_daemon_cluster *cluster = daemon->cluster;

	if (cluster == NULL)
		return VS_OK;
	cluster->is_started = pthread_create(&cluster->thread, NULL, thread_main, cluster) == 0;
	return cluster->is_started ? VS_OK : VS_FAIL(NO_MEMORY);
}

void
vs_daemon_cluster_halt(struct vs_daemon *daemon)
{
	struct vs_daemon_cluster *cluster = daemon->cluster;

	if (cluster == NULL || cluster->nats == NULL)
		return;
	if (cluster->is_started) {
		vs_loop_stop(cluster->loop);
		(void)pthread_join(cluster->thread, NULL);
	}
	cluster->is_started = false;
	if (cluster->presence != NULL)
		vs_presence_stop(cluster->presence);
	if (cluster->shown != NULL)
		vs_daemon_shown_stop(cluster->shown);
	/* What reactors told it at the end: as long as there is a connection, for the timers of its
	 * users look at it. */
	for (int i = 0; i < LAST_TURNS; i++)
		(void)vs_loop_turn(cluster->loop, 0).code;
	vs_nats_free(&cluster->nats);
}

void
vs_daemon_cluster_free(struct vs_daemon *daemon)
{
	struct vs_daemon_cluster *cluster = daemon->cluster;

	if (cluster == NULL)
		return;
	vs_nats_free(&cluster->nats);
	vs_route_free(&cluster->route);
	vs_control_free(&cluster->control);
	vs_came_free(&cluster->came);
	vs_daemon_shown_free(&cluster->shown);
	vs_failures_free(&cluster->failures);
	vs_presence_free(&cluster->presence);
	vs_daemon_history_close(&cluster->history);
	vs_daemon_life_end(&cluster->life);
	vs_bus_seal_free(&cluster->seal);
	vs_loop_free(&cluster->loop);
	free(cluster);
	daemon->cluster = NULL;
}
