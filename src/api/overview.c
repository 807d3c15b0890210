/* SPDX-License-Identifier: Apache-2.0 */
#include "api/node.h"

#include <string.h>

#include "base/clock.h"

/* More stations than this are not asked one by one: the answer then says that it is partial. */
#define STATIONS_MAX 20000
#define RUNNING_MAX  100000

struct sums {
	struct vs_api_read *read;
	int64_t stations, asked, online, charging, faulted, power_w, running;
};

static bool
is_connected(const struct sums *sums, const char *station)
{
	const struct vs_port_commands *commands = &sums->read->api->options.commands;

	return commands->is_connected(commands->self, sums->read->tenant, station);
}

static bool
station_count(const char *identity, void *arg)
{
	struct sums *sums = arg;

	sums->asked++;
	sums->online += is_connected(sums, identity);
	return true;
}

static bool
tx_count(const struct vs_core_running_row *row, void *arg)
{
	struct sums *sums = arg;

	sums->running++;
	sums->charging += strcmp(row->charging_state, "Charging") == 0;
	/* What a station drew before it was lost tells nothing about now. */
	if (row->power_w != VS_CORE_ABSENT && is_connected(sums, row->station))
		sums->power_w += row->power_w;
	return true;
}

/* Nothing of a row but what is added up: it is asked every few seconds, by every page. */
static vs_result
sums_read(struct sums *sums)
{
	const struct vs_api_read *read = sums->read;
	const struct vs_port_reader *reader = &read->api->options.reader;

	VS_TRY(reader->station_count(reader->self, read->tenant, &sums->stations));
	VS_TRY(
	    reader->identities(reader->self, read->tenant, "", STATIONS_MAX, station_count, sums));
	VS_TRY(reader->faulted(reader->self, read->tenant, &sums->faulted));
	return reader->running(reader->self, read->tenant, RUNNING_MAX, tx_count, sums);
}

/* How much the whole installation holds is its own tenant's to know. */
static vs_result
counts_read(const struct vs_api_read *read, struct vs_core_counts *counts)
{
	const struct vs_port_reader *reader = &read->api->options.reader;

	if (strcmp(read->tenant, VS_CORE_TENANT_DEFAULT) == 0)
		return reader->counts(reader->self, counts);
	*counts = (struct vs_core_counts){.transactions = VS_CORE_ABSENT,
	                                  .tx_events = VS_CORE_ABSENT,
	                                  .meter_values = VS_CORE_ABSENT,
	                                  .events = VS_CORE_ABSENT,
	                                  .statuses = VS_CORE_ABSENT,
	                                  .boots = VS_CORE_ABSENT};
	return reader->station_count(reader->self, read->tenant, &counts->stations);
}

static void
counts_write(struct vs_json_writer *json, const struct vs_core_counts *counts)
{
	vs_json_write_key(json, "counts");
	vs_json_write_object(json);
	vs_api_write_int(json, "stations", counts->stations);
	vs_api_write_int(json, "transactions", counts->transactions);
	vs_api_write_int(json, "tx_events", counts->tx_events);
	vs_api_write_int(json, "meter_values", counts->meter_values);
	vs_api_write_int(json, "events", counts->events);
	vs_api_write_int(json, "statuses", counts->statuses);
	vs_api_write_int(json, "boots", counts->boots);
	vs_json_write_object_end(json);
}

static vs_result
build(struct vs_api_read *read)
{
	struct sums sums = {.read = read};
	struct vs_core_counts counts;
	struct vs_json_writer *json = &read->json;

	VS_TRY(sums_read(&sums));
	VS_TRY(counts_read(read, &counts));
	vs_json_write_begin(json, &read->body);
	vs_json_write_object(json);
	vs_api_write_int(json, "stations", sums.stations);
	vs_api_write_int(json, "online", sums.online);
	vs_api_write_int(json, "charging", sums.charging);
	vs_api_write_int(json, "faulted", sums.faulted);
	vs_api_write_int(json, "power_w", sums.power_w);
	vs_api_write_int(json, "running", sums.running);
	vs_api_write_text(json, "version", read->api->version);
	vs_api_write_text(json, "station_url", read->api->station_url);
	vs_api_write_text(json, "ca_file", read->api->ca_file);
	vs_api_write_time(json, "at", vs_clock_wall_ms());
	vs_json_write_key(json, "partial");
	vs_json_write_bool(json, sums.asked < sums.stations);
	counts_write(json, &counts);
	/* How the machine is, is the installation's to know. */
	if (strcmp(read->tenant, VS_CORE_TENANT_DEFAULT) == 0) {
		vs_api_write_key_process(json, read->api);
		if (read->api->options.nodes.list != NULL) {
			vs_json_write_key(json, "nodes");
			vs_json_write_array(json);
			VS_TRY(vs_api_write_nodes(json, read->api));
			vs_json_write_array_end(json);
		}
	}
	vs_json_write_object_end(json);
	return vs_json_write_end(json);
}

void
vs_api_on_overview(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, build);
}
