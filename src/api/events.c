/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <inttypes.h>
#include <stdio.h>

/* A payload larger than this is left out of a list (it stays in the store). */
#define PAYLOAD_SHOWN_MAX 65536u

struct progress {
	struct vs_api_read *read;
	size_t count;
	int64_t last_id;
	bool has_more;
};

static bool
row_write(const struct vs_core_event_row *row, void *arg)
{
	struct progress *progress = arg;
	struct vs_api_read *read = progress->read;
	struct vs_core_event_row shown = *row;

	if (progress->count >= read->list.limit || read->body.size > VS_LIMIT_API_ANSWER_SIZE / 2) {
		progress->has_more = true;
		return false;
	}
	if (shown.payload.size > PAYLOAD_SHOWN_MAX)
		shown.payload.size = 0;
	progress->count++;
	progress->last_id = row->id;
	vs_json_write_object(&read->json);
	vs_api_write_event(&read->json, &shown);
	vs_json_write_object_end(&read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct progress progress = {.read = read};
	char cursor[VS_API_CURSOR_SIZE] = "";

	vs_api_read_list_begin(read);
	VS_TRY(reader->events(reader->self, read->tenant, read->list.station, read->list.number,
	                      read->list.limit + 1, row_write, &progress));
	if (progress.has_more && progress.count > 0)
		(void)snprintf(cursor, sizeof(cursor), "%" PRId64, progress.last_id);
	return vs_api_read_list_end(read, cursor);
}

void
vs_api_on_events_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_ID, list_build);
}
