/* SPDX-License-Identifier: Apache-2.0 */
#include "api/etag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static void
station_begin(struct vs_api_read *read, const struct vs_core_station_row *row)
{
	const struct vs_port_commands *commands = &read->api->options.commands;
	const char *identity = row->station.identity;
	bool is_connected = commands->is_connected(commands->self, read->tenant, identity);
	struct vs_core_station station = row->station, now;

	/* What is known only while we run. */
	if (vs_core_registry_find(read->api->options.registry, vs_bytes_from_text(identity), &now)
	        .code == VS_E_OK) {
		station.spoken = now.spoken;
		station.refused = now.refused;
		station.refused_ms = now.refused_ms;
	}
	vs_json_write_object(&read->json);
	vs_api_write_station(&read->json, &station, is_connected);
	/* The store learns when a connection begins and ends; while it lasts, we see the station.
	 */
	vs_api_write_time(&read->json, "last_seen",
	                  is_connected ? vs_clock_wall_ms() : row->last_seen_ms);
	vs_json_write_key(&read->json, "connectors");
	vs_json_write_array(&read->json);
}

static void
station_end(struct vs_api_read *read)
{
	vs_json_write_array_end(&read->json);
	vs_json_write_object_end(&read->json);
}

static bool
status_write(const struct vs_core_status_row *row, void *arg)
{
	struct vs_json_writer *json = arg;

	vs_json_write_object(json);
	vs_api_write_status(json, row);
	vs_json_write_object_end(json);
	return true;
}

static vs_result
station_write(struct vs_api_read *read, const struct vs_core_station_row *row)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	vs_result r;

	station_begin(read, row);
	r = reader->statuses(reader->self, read->tenant, row->station.identity, status_write,
	                     &read->json);
	station_end(read);
	return r;
}

/* --- a page ------------------------------------------------------------------------------------
 */

/* The rows of a page, and which of them stands open: the connectors of all come in one question. */
struct page {
	struct vs_api_read *read;
	struct vs_core_station_row *rows;
	size_t count, capacity;
	size_t written; /* the last of these is open, unless it is full */
	bool is_full;
};

static bool
row_keep(const struct vs_core_station_row *row, void *arg)
{
	struct page *page = arg;

	if (page->count < page->capacity)
		page->rows[page->count++] = *row;
	return page->count < page->capacity;
}

static size_t
page_size(const struct page *page)
{
	return page->count < page->read->list.limit ? page->count : page->read->list.limit;
}

/* Up to the row with this number, that one too. False: the answer is long enough. */
static bool
write_up_to(struct page *page, size_t last)
{
	for (; !page->is_full && page->written <= last; page->written++) {
		if (page->written > 0)
			station_end(page->read);
		page->is_full = page->read->body.size > VS_LIMIT_API_ANSWER_SIZE / 2;
		if (page->is_full)
			break;
		station_begin(page->read, &page->rows[page->written]);
	}
	return !page->is_full;
}

static bool
page_status(const struct vs_core_status_row *row, void *arg)
{
	struct page *page = arg;
	size_t at = page->written > 0 ? page->written - 1 : 0;

	while (at < page_size(page) && strcmp(page->rows[at].station.identity, row->station) != 0)
		at++;
	if (at == page_size(page)) /* of a station that is gone */
		return true;
	return write_up_to(page, at) && status_write(row, &page->read->json);
}

static vs_result
page_write(struct page *page)
{
	struct vs_api_read *read = page->read;
	const struct vs_port_reader *reader = &read->api->options.reader;
	size_t size = page_size(page);

	vs_api_read_list_begin(read);
	if (size > 0) {
		VS_TRY(reader->statuses_between(
		    reader->self, read->tenant, page->rows[0].station.identity,
		    page->rows[size - 1].station.identity, page_status, page));
		if (write_up_to(page, size - 1))
			station_end(read);
	}
	return vs_api_read_list_end(read, page->written > 0 && page->written < page->count
	                                      ? page->rows[page->written - 1].station.identity
	                                      : "");
}

/* A page is collected first: a row function must not ask the reader again. One row more than asked
 * tells whether there is a next page. */
static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct page page = {.read = read, .capacity = read->list.limit + 1};
	vs_result r = VS_FAIL(NO_MEMORY);

	page.rows = calloc(page.capacity, sizeof(*page.rows));
	if (page.rows == NULL)
		return r;
	r = reader->stations_shown(reader->self, read->tenant, read->list.text, page.capacity,
	                           row_keep, &page);
	if (r.code == VS_E_OK)
		r = page_write(&page);
	free(page.rows);
	return r;
}

void
vs_api_on_stations_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

/* Of the entry in the registry: that is what a change is compared with. */
static vs_result
tag_write(struct vs_api_read *read, const struct vs_core_station_row *row)
{
	struct vs_core_station now;
	char etag[VS_API_ETAG_SIZE];

	if (vs_core_registry_find(read->api->options.registry,
	                          vs_bytes_from_text(row->station.identity), &now)
	        .code != VS_E_OK)
		now = row->station;
	VS_TRY(vs_api_etag_of(&now, etag));
	(void)snprintf(read->headers, sizeof(read->headers), "ETag: %s\r\n", etag);
	return VS_OK;
}

static vs_result
show_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_station_row row;

	VS_TRY(reader->station(reader->self, read->tenant, read->id, &row));
	vs_json_write_begin(&read->json, &read->body);
	VS_TRY(station_write(read, &row));
	VS_TRY(tag_write(read, &row));
	return vs_json_write_end(&read->json);
}

void
vs_api_on_station_show(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}

static bool
variable_write(const struct vs_core_variable_row *row, void *arg)
{
	struct vs_api_read *read = arg;

	vs_json_write_object(&read->json);
	vs_api_write_variable(&read->json, row);
	vs_json_write_object_end(&read->json);
	return true;
}

static vs_result
variables_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_station_row row;

	VS_TRY(reader->station(reader->self, read->tenant, read->id, &row));
	vs_api_read_list_begin(read);
	VS_TRY(reader->variables(reader->self, read->tenant, read->id, variable_write, read));
	return vs_api_read_list_end(read, "");
}

void
vs_api_on_station_variables(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, variables_build);
}

static bool
held_write(const struct vs_core_held_row *row, void *arg)
{
	struct vs_api_read *read = arg;

	vs_json_write_object(&read->json);
	vs_api_write_held(&read->json, row);
	vs_json_write_object_end(&read->json);
	return true;
}

static vs_result
held_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_station_row row;

	VS_TRY(reader->station(reader->self, read->tenant, read->id, &row));
	vs_api_read_list_begin(read);
	VS_TRY(reader->held(reader->self, read->tenant, read->id, held_write, read));
	return vs_api_read_list_end(read, "");
}

void
vs_api_on_station_held(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, held_build);
}
