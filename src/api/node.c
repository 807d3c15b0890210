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

void
vs_api_node_look(const struct vs_api *api, struct vs_core_node_health *health_out)
{
	*health_out = (struct vs_core_node_health){
	    .is_audited = vs_metric_read(VS_METRIC_audit_healthy) == 1,
	    .uptime_s = ((int64_t)vs_clock_mono_ms() - api->node.since_ms) / 1000,
	    .cpu_permille = atomic_load(&api->node.cpu_permille),
	    .cores = sysconf(_SC_NPROCESSORS_ONLN),
	    .memory_bytes = memory_bytes(),
	    .store_queue = vs_metric_read(VS_METRIC_store_queue),
	    .store_lag_ms = vs_metric_read(VS_METRIC_store_lag_milliseconds),
	    .store_errors = vs_metric_read(VS_METRIC_store_errors_total),
	};
	(void)snprintf(health_out->version, sizeof(health_out->version), "%.31s", api->version);
}

void
vs_api_node_tick(struct vs_api *api)
{
	const struct vs_port_nodes *nodes = &api->options.nodes;
	struct vs_api_node *node = &api->node;
	int64_t now_ms = (int64_t)vs_clock_mono_ms(), used;
	struct vs_core_node_health health;

	if (now_ms - node->at_ms < SAMPLE_MS)
		return;
	used = cpu_us();
	atomic_store(&node->cpu_permille, (used - node->cpu_us) / (now_ms - node->at_ms));
	node->at_ms = now_ms;
	node->cpu_us = used;
	if (nodes->say == NULL)
		return;
	vs_api_node_look(api, &health);
	nodes->say(nodes->self, &health);
}

void
vs_api_write_key_process(struct vs_json_writer *json, const struct vs_api *api)
{
	int64_t asked_us = (int64_t)vs_clock_mono_us();
	struct vs_keys_status status;
	bool is_known = api->options.key_process != NULL;
	bool is_well =
	    is_known && vs_keys_client_status(api->options.key_process, &status).code == VS_E_OK;

	vs_api_write_text(json, "key_process", !is_known ? "" : is_well ? "ok" : "failed");
	vs_api_write_int(json, "key_process_us",
	                 is_well ? (int64_t)vs_clock_mono_us() - asked_us : VS_CORE_ABSENT);
}
