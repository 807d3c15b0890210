/* SPDX-License-Identifier: Apache-2.0 */
/* How this daemon itself is: what an operator looks at before blaming a station. */
#include "api/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metric.h"
#include "keys/client.h"

#define SAMPLE_MS 2000

static int64_t
cpu_us(void)
{
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) != 0)
		return 0;
	return (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
	       used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

void
vs_api_node_init(struct vs_api_node *node)
{
	node->since_ms = node->at_ms = (int64_t)vs_clock_mono_ms();
	node->cpu_us = cpu_us();
	atomic_init(&node->cpu_permille, 0);
}

/* The second number of /proc/self/statm, in pages; ABSENT when it cannot be read. */
static int64_t
memory_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	const char *resident;
	char line[128] = "";

	if (file == NULL)
		return VS_CORE_ABSENT;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	(void)fclose(file);
	resident = strchr(line, ' ');
	return resident != NULL ? strtoll(resident, NULL, 10) * sysconf(_SC_PAGESIZE)
	                        : VS_CORE_ABSENT;
}

static void
look(const struct vs_api *api, struct vs_core_health_row *row)
{
	*row = (struct vs_core_health_row){
	    .is_audited = vs_metric_read(VS_METRIC_audit_healthy) == 1,
	    .uptime_s = ((int64_t)vs_clock_mono_ms() - api->node.since_ms) / 1000,
	    .cpu_permille = atomic_load(&api->node.cpu_permille),
	    .cores = sysconf(_SC_NPROCESSORS_ONLN),
	    .memory_bytes = memory_bytes(),
	    .store_queue = vs_metric_read(VS_METRIC_store_queue),
	    .store_lag_ms = vs_metric_read(VS_METRIC_store_lag_milliseconds),
	    .store_errors = vs_metric_read(VS_METRIC_store_errors_total),
	};
	(void)snprintf(row->version, sizeof(row->version), "%.31s", api->version);
}

void
vs_api_node_tick(struct vs_api *api)
{
	const struct vs_port_health *health = &api->options.health;
	struct vs_api_node *node = &api->node;
	int64_t now_ms = (int64_t)vs_clock_mono_ms(), used;
	struct vs_core_health_row row;

	if (now_ms - node->at_ms < SAMPLE_MS)
		return;
	used = cpu_us();
	atomic_store(&node->cpu_permille, (used - node->cpu_us) / (now_ms - node->at_ms));
	node->at_ms = now_ms;
	node->cpu_us = used;
	if (health->self == NULL)
		return;
	look(api, &row);
	health->say(health->self, &row);
}

/* Of any node. */
static void
members(struct vs_json_writer *json, const struct vs_core_health_row *row)
{
	vs_api_write_int(json, "uptime_s", row->uptime_s);
	vs_api_write_int(json, "cpu_permille", row->cpu_permille);
	vs_api_write_int(json, "cores", row->cores);
	vs_api_write_int(json, "memory_bytes", row->memory_bytes);
	vs_api_write_int(json, "store_queue", row->store_queue);
	vs_api_write_int(json, "store_lag_ms", row->store_lag_ms);
	vs_api_write_int(json, "store_errors", row->store_errors);
	vs_api_write_text(json, "audit", row->is_audited ? "ok" : "failed");
}

void
vs_api_write_node(struct vs_json_writer *json, const struct vs_api *api)
{
	const struct vs_port_nodes *nodes = &api->options.nodes;
	int64_t asked_us = (int64_t)vs_clock_mono_us();
	struct vs_keys_status status;
	struct vs_core_health_row row;
	bool is_known = api->options.key_process != NULL;
	bool is_well =
	    is_known && vs_keys_client_status(api->options.key_process, &status).code == VS_E_OK;

	vs_json_write_key(json, "node");
	vs_json_write_object(json);
	vs_json_write_key(json, "draining");
	vs_json_write_bool(json, nodes->is_draining != NULL && nodes->is_draining(nodes->self));
	look(api, &row);
	members(json, &row);
	vs_api_write_text(json, "key_process", !is_known ? "" : is_well ? "ok" : "failed");
	vs_api_write_int(json, "key_process_us",
	                 is_well ? (int64_t)vs_clock_mono_us() - asked_us : VS_CORE_ABSENT);
	vs_json_write_object_end(json);
}

static void
flag(struct vs_json_writer *json, const char *key, bool value)
{
	vs_json_write_key(json, key);
	vs_json_write_bool(json, value);
}

void
vs_api_write_nodes(struct vs_json_writer *json, const struct vs_api *api)
{
	const struct vs_port_health *health = &api->options.health;
	struct vs_core_health_row *rows;
	size_t count;

	if (health->self == NULL)
		return;
	rows = calloc(VS_LIMIT_BUS_NODES, sizeof(*rows));
	if (rows == NULL)
		return;
	count = health->list(health->self, rows, VS_LIMIT_BUS_NODES);
	vs_json_write_key(json, "nodes");
	vs_json_write_array(json);
	for (size_t i = 0; i < count; i++) {
		vs_json_write_object(json);
		vs_api_write_text(json, "name", rows[i].name);
		flag(json, "self", rows[i].is_self);
		flag(json, "alive", rows[i].is_alive);
		flag(json, "draining", rows[i].is_draining);
		vs_api_write_int(json, "silent_ms", rows[i].silent_ms);
		vs_api_write_int(json, "stations", rows[i].stations);
		vs_api_write_text(json, "version", rows[i].version);
		members(json, &rows[i]);
		vs_json_write_object_end(json);
	}
	vs_json_write_array_end(json);
	free(rows);
}
