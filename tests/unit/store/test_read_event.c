/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#define TENANT VS_CORE_TENANT_DEFAULT

static char seen[256];
static int64_t last_id;

static bool
see(const struct vs_core_event_row *row, void *arg)
{
	size_t used = strlen(seen);

	(void)arg;
	last_id = row->id;
	CHECK(row->received_ms > 0 && row->at_ms == 7 && row->severity == VS_CORE_CRITICAL);
	(void)snprintf(seen + used, sizeof(seen) - used, "%s:%s%.*s ", row->station, row->type,
	               VS_BYTES_PRINTF(row->payload));
	return true;
}

static void
put(struct fixture *f, const char *station, const char *type)
{
	struct vs_core_record *record = record_new(VS_RECORD_security_event, station, "{}");

	(void)snprintf(record->u.event.type, sizeof(record->u.event.type), "%s", type);
	record->u.event.severity = VS_CORE_CRITICAL;
	record->u.event.at_ms = 7;
	fixture_put(f, record);
}

static void
lists_newest_first_by_id(void)
{
	struct fixture f;

	fixture_start(&f);
	put(&f, "CS1", "a");
	put(&f, "CS2", "b");
	put(&f, "CS1", "c");
	CHECK_OK(f.reader.events(f.reader.self, TENANT,
	                         &(struct vs_core_event_filter){.station = ""}, INT64_MAX, 2, see,
	                         NULL));
	CHECK(strcmp(seen, "CS1:c{} CS2:b{} ") == 0);
	CHECK_OK(f.reader.events(f.reader.self, TENANT,
	                         &(struct vs_core_event_filter){.station = ""}, last_id, 2, see,
	                         NULL));
	CHECK(strcmp(seen, "CS1:c{} CS2:b{} CS1:a{} ") == 0);
	seen[0] = '\0';
	CHECK_OK(f.reader.events(f.reader.self, TENANT,
	                         &(struct vs_core_event_filter){.station = "CS1"}, INT64_MAX, 9,
	                         see, NULL));
	CHECK(strcmp(seen, "CS1:c{} CS1:a{} ") == 0);
	CHECK_OK(f.reader.events(f.reader.self, "other",
	                         &(struct vs_core_event_filter){.station = ""}, INT64_MAX, 9, see,
	                         NULL));
	CHECK(strcmp(seen, "CS1:c{} CS1:a{} ") == 0);
	fixture_done(&f);
}

int
main(void)
{
	CASE(lists_newest_first_by_id);
	return 0;
}
