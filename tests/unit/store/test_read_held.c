/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#define TENANT VS_CORE_TENANT_DEFAULT

struct seen {
	char text[512];
	size_t count;
};

static bool
see(const struct vs_core_held_row *row, void *arg)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%s/%s/%lld=%.*s ",
	               row->station, vs_core_held_text(row->kind), (long long)row->number,
	               (int)row->payload.size, (const char *)row->payload.data);
	CHECK(row->reading == VS_CORE_READ_WHOLE);
	seen->count++;
	return true;
}

static void
hold(struct fixture *f, enum vs_core_record_kind what, const char *station, enum vs_core_held kind,
     int64_t number, const char *payload)
{
	struct vs_core_record *record = record_new(what, station, payload);

	record->u.held.kind = kind;
	record->u.held.number = number;
	fixture_put(f, record);
}

static bool
reads(struct fixture *f, const char *station, const char *wanted)
{
	struct seen seen = {"", 0};

	CHECK_OK(f->reader.held(f->reader.self, TENANT, station, see, &seen));
	if (strcmp(seen.text, wanted) != 0)
		(void)fprintf(stderr, "is %s, not %s\n", seen.text, wanted);
	return strcmp(seen.text, wanted) == 0;
}

static void
keeps_the_newest_word(void)
{
	struct fixture f;

	fixture_start(&f);
	hold(&f, VS_RECORD_held_put, "CS1", VS_HELD_profile, 7, "{\"a\":1}");
	hold(&f, VS_RECORD_held_put, "CS1", VS_HELD_reservation, 7, "{\"b\":1}");
	hold(&f, VS_RECORD_held_put, "CS1", VS_HELD_profile, 7, "{\"a\":2}");
	hold(&f, VS_RECORD_held_put, "CS1", VS_HELD_profile, -1, "{}");
	hold(&f, VS_RECORD_held_put, "CS2", VS_HELD_profile, 7, "{\"c\":1}");
	CHECK(reads(&f, "CS1",
	            "CS1/reservation/7={\"b\":1} CS1/profile/-1={} CS1/profile/7={\"a\":2} "));
	CHECK(reads(&f, "",
	            "CS1/reservation/7={\"b\":1} CS1/profile/-1={} CS1/profile/7={\"a\":2} "
	            "CS2/profile/7={\"c\":1} "));
	hold(&f, VS_RECORD_held_remove, "CS1", VS_HELD_profile, 7, "");
	CHECK(reads(&f, "CS1", "CS1/reservation/7={\"b\":1} CS1/profile/-1={} "));
	hold(&f, VS_RECORD_held_put, "CS1", VS_HELD_profile, 8, "{}");
	hold(&f, VS_RECORD_held_remove, "CS1", VS_HELD_profile, VS_CORE_ABSENT, "");
	CHECK(reads(&f, "CS1", "CS1/reservation/7={\"b\":1} "));
	/* A station that leaves the registry takes all of it along. */
	fixture_put(&f, record_new(VS_RECORD_station_remove, "CS1", ""));
	CHECK(reads(&f, "", "CS2/profile/7={\"c\":1} "));
	fixture_done(&f);
}

/* Of each kind the newest 256: no station fills the disk with ids. */
static void
is_bounded(void)
{
	struct fixture f;
	struct seen seen = {"", 0};

	fixture_start(&f);
	for (int i = 0; i < 260; i++)
		hold(&f, VS_RECORD_held_put, "CS1", VS_HELD_monitor, i, "{}");
	CHECK_OK(f.reader.held(f.reader.self, TENANT, "CS1", see, &seen));
	CHECK(seen.count == 256 && strncmp(seen.text, "CS1/monitor/4=", 14) == 0);
	fixture_done(&f);
}

int
main(void)
{
	CASE(keeps_the_newest_word);
	CASE(is_bounded);
	return 0;
}
