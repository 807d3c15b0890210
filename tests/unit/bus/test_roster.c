/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/roster.h"

#include <string.h>

#include "test.h"

static struct vs_core_node_row rows[8];

static struct vs_presence_row
lease(const char *name, bool is_alive)
{
	struct vs_presence_row row = {.is_alive = is_alive, .incarnation = 12, .stations = 3};

	(void)snprintf(row.name, sizeof(row.name), "%s", name);
	return row;
}

static struct vs_health_row
beat(const char *name, bool is_alive)
{
	struct vs_health_row row = {.is_alive = is_alive,
	                            .silent_ms = is_alive ? 900 : 11000,
	                            .stations = 5,
	                            .health = {.version = "1.2", .is_audited = true, .cores = 4}};

	(void)snprintf(row.name, sizeof(row.name), "%s", name);
	return row;
}

/* A row of one node of which both, one or nothing is known. */
static const struct vs_core_node_row *
one(const struct vs_presence_row *lease_row, const struct vs_health_row *beat_row)
{
	CHECK(vs_roster_join(lease_row, lease_row != NULL, beat_row, beat_row != NULL, rows, 8) ==
	      1);
	return &rows[0];
}

static void
what_a_node_does(void)
{
	struct vs_presence_row held = lease("a", true), over = lease("a", false);
	struct vs_health_row loud = beat("a", true), quiet = beat("a", false);
	const struct vs_core_node_row *row = one(&held, &loud);

	CHECK(row->state == VS_CORE_NODE_SERVING && row->lease == 12 && row->stations == 3);
	CHECK(row->silent_ms == 900 && row->health.cores == 4 && row->health.is_audited);
	held.is_draining = true;
	CHECK(one(&held, &loud)->state == VS_CORE_NODE_DRAINING);
	CHECK(one(&held, &quiet)->state == VS_CORE_NODE_SILENT && rows[0].silent_ms == 11000);
	/* The lease alone decides who drains: it is written before the answer to who asked. */
	held.is_draining = false;
	loud.is_draining = true;
	CHECK(one(&held, &loud)->state == VS_CORE_NODE_SERVING);
	row = one(&over, &loud);
	CHECK(row->state == VS_CORE_NODE_NO_LEASE && row->lease == 0 && row->stations == 5);
	CHECK(one(&over, &quiet)->state == VS_CORE_NODE_GONE && rows[0].stations == 3);
}

static void
what_is_not_known(void)
{
	struct vs_presence_row held = lease("a", true), over = lease("a", false);
	struct vs_health_row loud = beat("a", true), quiet = beat("a", false);
	const struct vs_core_node_row *row = one(&held, NULL);

	/* Of one that was not heard yet: not silent, and no number is made up. */
	CHECK(row->state == VS_CORE_NODE_SERVING && row->silent_ms == VS_CORE_ABSENT);
	CHECK(row->health.version[0] == '\0' && row->health.uptime_s == VS_CORE_ABSENT);
	CHECK(row->health.cpu_permille == VS_CORE_ABSENT && row->health.cores == VS_CORE_ABSENT);
	CHECK(row->health.memory_bytes == VS_CORE_ABSENT &&
	      row->health.store_queue == VS_CORE_ABSENT);
	CHECK(row->health.store_lag_ms == VS_CORE_ABSENT &&
	      row->health.store_errors == VS_CORE_ABSENT);
	CHECK(one(&over, NULL)->state == VS_CORE_NODE_GONE);
	loud.stations = VS_CORE_ABSENT;
	CHECK(one(NULL, &loud)->state == VS_CORE_NODE_NO_LEASE && rows[0].stations == 0);
	CHECK(one(NULL, &quiet)->state == VS_CORE_NODE_GONE && strcmp(rows[0].name, "a") == 0);
	CHECK(vs_roster_join(NULL, 0, NULL, 0, rows, 8) == 0);
}

static void
each_is_there_once_and_in_order(void)
{
	struct vs_presence_row leases[] = {lease("m", true), lease("z", true), lease("c", false)};
	struct vs_health_row beats[] = {beat("b", true), beat("m", true), beat("z", true)};

	leases[0].is_self = beats[1].is_self = true;
	CHECK(vs_roster_join(leases, 3, beats, 3, rows, 8) == 4);
	CHECK(rows[0].is_self && strcmp(rows[0].name, "m") == 0);
	CHECK(strcmp(rows[1].name, "b") == 0 && strcmp(rows[2].name, "c") == 0);
	CHECK(strcmp(rows[3].name, "z") == 0 && rows[3].health.cores == 4);
	CHECK(!rows[1].is_self && rows[2].health.cores == VS_CORE_ABSENT);
	for (size_t max = 0; max < 4; max++) {
		rows[max].name[0] = '?';
		CHECK(vs_roster_join(leases, 3, beats, 3, rows, max) == max);
		CHECK(rows[max].name[0] == '?');
	}
}

int
main(void)
{
	CASE(what_a_node_does);
	CASE(what_is_not_known);
	CASE(each_is_there_once_and_in_order);
	return 0;
}
