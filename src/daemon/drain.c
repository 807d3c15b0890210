/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/drain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "daemon/charge.h"
#include "daemon/cluster_inside.h"
#include "daemon/daemon_inside.h"

/* As long as a command may take that says nothing of it (api/commands.c), and a little. */
#define GRACE_MS 35000u

/* --- this node -------------------------------------------------------------------------------- */

static const char *
name_of(const struct vs_daemon *daemon)
{
	if (daemon->setup.cluster.node != NULL && daemon->setup.cluster.node[0] != '\0')
		return daemon->setup.cluster.node;
	return "local";
}

static void
tell(struct vs_daemon *daemon, bool is_on, uint32_t over_s)
{
	const struct vs_port_events events = vs_bus_publisher(daemon->bus);
	struct vs_core_event event;

	VS_LOG(WARN, is_on ? "node.draining" : "node.resumed", vs_bytes_from_text(name_of(daemon)),
	       VS_LOG_NUM("over_s", over_s),
	       VS_LOG_NUM("stations", vs_central_connected_count(daemon->central)),
	       VS_LOG_NUM("connections", vs_daemon_drain_left(daemon)));
	vs_core_event_init(&event, VS_EVENT_SECURITY, vs_clock_wall_ms());
	event.severity = VS_CORE_NOTICE;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.type, sizeof(event.type), "%s",
	               is_on ? "node.draining" : "node.resumed");
	(void)snprintf(event.detail, sizeof(event.detail), "%s %s", name_of(daemon),
	               is_on ? "takes no stations and devices, and closes those that are connected"
	                     : "takes stations and devices again");
	events.publish(events.self, &event);
}

static void
set(struct vs_daemon *daemon, bool is_on, uint32_t over_s, uint32_t grace_ms)
{
	bool was_on = atomic_exchange(&daemon->is_draining, is_on);

	if (is_on)
		vs_central_drain(daemon->central, over_s * 1000, grace_ms);
	else
		vs_central_resume(daemon->central);
	vs_daemon_sensor_drain(daemon, is_on, over_s * 1000, grace_ms);
	vs_daemon_charge_drain(daemon, is_on, over_s * 1000, grace_ms);
	if (daemon->cluster != NULL)
		vs_presence_set_draining(daemon->cluster->presence, is_on);
	if (was_on == is_on)
		return;
	vs_metric_add(VS_METRIC_node_draining, is_on ? 1 : -1);
	tell(daemon, is_on, over_s);
}

void
vs_daemon_drain(struct vs_daemon *daemon, bool is_on, uint32_t over_s)
{
	set(daemon, is_on, over_s, GRACE_MS);
}

void
vs_daemon_drain_to_end(struct vs_daemon *daemon, uint32_t over_s)
{
	set(daemon, true, over_s, VS_DAEMON_DRAIN_END_MS);
}

size_t
vs_daemon_drain_left(const struct vs_daemon *daemon)
{
	return vs_central_connected_count(daemon->central) + vs_daemon_sensor_count(daemon) +
	       (daemon->charge != NULL ? vs_charge_connected_count(daemon->charge) : 0);
}

bool
vs_daemon_drain_is_on(const struct vs_daemon *daemon)
{
	return atomic_load(&daemon->is_draining);
}

/* --- all of them ------------------------------------------------------------------------------ */

static size_t
read_rows(struct vs_daemon *daemon, struct vs_presence_row **rows_out)
{
	*rows_out = calloc(VS_LIMIT_BUS_NODES, sizeof(**rows_out));
	if (*rows_out == NULL)
		return 0;
	return vs_presence_nodes(daemon->cluster->presence, *rows_out, VS_LIMIT_BUS_NODES);
}

bool
vs_daemon_drain_has_others(struct vs_daemon *daemon)
{
	struct vs_presence_row *rows = NULL;
	size_t count = daemon->cluster != NULL ? read_rows(daemon, &rows) : 0;
	bool has = false;

	for (size_t i = 0; i < count; i++)
		has = has || (!rows[i].is_self && rows[i].is_alive && !rows[i].is_draining);
	free(rows);
	return has;
}

static void
alone(struct vs_daemon *daemon, struct vs_core_node_row *row)
{
	row->is_self = true;
	row->state = vs_daemon_drain_is_on(daemon) ? VS_CORE_NODE_DRAINING : VS_CORE_NODE_SERVING;
	(void)snprintf(row->name, sizeof(row->name), "%s", name_of(daemon));
}

static vs_result
port_list(void *self, void (*row)(const struct vs_core_node_row *row, void *arg), void *arg)
{
	struct vs_daemon *daemon = self;
	struct vs_core_node_row *rows = calloc(VS_LIMIT_BUS_NODES, sizeof(*rows));
	size_t count = 1;

	if (rows != NULL && daemon->cluster == NULL)
		alone(daemon, &rows[0]);
	else if (rows != NULL)
		count = vs_daemon_cluster_nodes(daemon, rows, VS_LIMIT_BUS_NODES);
	if (rows == NULL || count == 0) {
		free(rows);
		return VS_FAIL(NO_MEMORY);
	}
	for (size_t i = 0; i < count; i++) {
		/* Of those that are here the others hear a moment later. */
		if (rows[i].is_self)
			rows[i].stations = (int64_t)vs_central_connected_count(daemon->central);
		row(&rows[i], arg);
	}
	free(rows);
	return VS_OK;
}

static void
port_say(void *self, const struct vs_core_node_health *health)
{
	struct vs_daemon *daemon = self;

	if (daemon->cluster != NULL)
		vs_daemon_cluster_say(daemon, health);
}

static bool
port_is_draining(void *self)
{
	return vs_daemon_drain_is_on(self);
}

static vs_result
port_drain(void *self, const char *node, bool is_on, uint32_t over_s,
           void (*said)(void *arg, vs_result result, const char *fault), void *arg,
           bool *is_later_out)
{
	struct vs_daemon *daemon = self;
	const struct vs_control_word word = {.kind = is_on ? VS_CONTROL_DRAIN : VS_CONTROL_RESUME,
	                                     .over_s = over_s};
	struct vs_presence_row *rows = NULL;
	vs_result r = VS_FAIL(NOT_FOUND);
	size_t count;

	*is_later_out = false;
	if (strcmp(node, name_of(daemon)) == 0) {
		vs_daemon_drain(daemon, is_on, over_s);
		return VS_OK;
	}
	if (daemon->cluster == NULL)
		return r;
	count = read_rows(daemon, &rows);
	for (size_t i = 0; i < count && r.code != VS_E_OK; i++)
		if (strcmp(rows[i].name, node) == 0)
			r = rows[i].is_alive ? VS_OK : VS_FAIL(NOT_CONNECTED);
	free(rows);
	if (r.code == VS_E_OK)
		r = vs_control_ask(daemon->cluster->control, node, &word, said, arg);
	*is_later_out = r.code == VS_E_OK;
	return r;
}

struct vs_port_nodes
vs_daemon_nodes(struct vs_daemon *daemon)
{
	return (struct vs_port_nodes){daemon, port_list, port_is_draining, port_say, port_drain};
}
