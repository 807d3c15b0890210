/* SPDX-License-Identifier: Apache-2.0 */
#include "core/seldom.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "test.h"

static struct vs_core_event
refused(const char *station, const char *source, const char *why)
{
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_REFUSED, 1000);
	(void)snprintf(event.tenant, sizeof(event.tenant), "default");
	(void)snprintf(event.station, sizeof(event.station), "%s", station);
	(void)snprintf(event.source, sizeof(event.source), "%s", source);
	(void)snprintf(event.type, sizeof(event.type), "%s", why);
	return event;
}

static void
once_a_minute_and_then_how_often(void)
{
	struct vs_core_event one = refused("CS-1", "192.0.2.1", "wrong_password");
	struct vs_core_event other = refused("CS-1", "192.0.2.2", "wrong_password"), due;
	struct vs_seldom *seldom = NULL;
	uint32_t count = 0;

	CHECK_OK(vs_seldom_new(&seldom));
	CHECK(!vs_seldom_waits(seldom));
	CHECK(vs_seldom_add(seldom, &one, true, 1) == 1); /* the first at once */
	CHECK(!vs_seldom_waits(seldom));
	for (int i = 0; i < 9; i++)
		CHECK(vs_seldom_add(seldom, &one, true, 2) == 0);
	CHECK(vs_seldom_waits(seldom));
	CHECK(vs_seldom_add(seldom, &other, true, 3) == 1); /* from elsewhere */
	CHECK(!vs_seldom_due(seldom, VS_SELDOM_PERIOD_MS, &due, &count));
	CHECK(vs_seldom_due(seldom, VS_SELDOM_PERIOD_MS + 1, &due, &count));
	CHECK(count == 9 && strcmp(due.source, "192.0.2.1") == 0);
	CHECK(!vs_seldom_due(seldom, VS_SELDOM_PERIOD_MS + 1, &due, &count));
	/* nobody looked in time: the next one tells of all */
	CHECK(vs_seldom_add(seldom, &one, true, VS_SELDOM_PERIOD_MS + 2) == 0);
	CHECK(vs_seldom_add(seldom, &one, true, 2 * VS_SELDOM_PERIOD_MS + 1) == 2);
	vs_seldom_free(&seldom);
	CHECK(seldom == NULL);
}

static void
strangers_share_a_few_rows(void)
{
	struct vs_core_event event, due;
	struct vs_seldom *seldom = NULL;
	char name[32];
	uint32_t count = 0;

	CHECK_OK(vs_seldom_new(&seldom));
	for (unsigned i = 0; i < VS_LIMIT_REFUSAL_STRANGERS; i++) {
		(void)snprintf(name, sizeof(name), "X-%u", i);
		event = refused(name, "192.0.2.1", "unknown_identity");
		CHECK(vs_seldom_add(seldom, &event, false, 1) == 1);
	}
	for (unsigned i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "Y-%u", i);
		event = refused(name, "192.0.2.1", "unknown_identity");
		CHECK(vs_seldom_add(seldom, &event, false, 2) == 0);
	}
	/* a station that is registered is not crowded out by them */
	event = refused("CS-1", "192.0.2.7", "certificate_revoked");
	CHECK(vs_seldom_add(seldom, &event, true, 3) == 1);
	CHECK(vs_seldom_due(seldom, VS_SELDOM_PERIOD_MS + 2, &due, &count));
	CHECK(count == 5 && strcmp(due.type, VS_SELDOM_MORE) == 0 && due.station[0] == '\0');
	CHECK(!vs_seldom_due(seldom, 2 * VS_SELDOM_PERIOD_MS, &due, &count));
	/* their minute is over: there is room again */
	event = refused("Z", "192.0.2.1", "unknown_identity");
	CHECK(vs_seldom_add(seldom, &event, false, VS_SELDOM_PERIOD_MS + 3) == 1);
	vs_seldom_free(&seldom);
}

static void
a_full_table_counts(void)
{
	struct vs_core_event event, due;
	struct vs_seldom *seldom = NULL;
	char name[32];
	uint32_t count = 0;

	CHECK_OK(vs_seldom_new(&seldom));
	for (unsigned i = 0; i < VS_LIMIT_REFUSAL_ROWS + 3; i++) {
		(void)snprintf(name, sizeof(name), "CS-%u", i);
		event = refused(name, "192.0.2.1", "certificate_expired");
		CHECK(vs_seldom_add(seldom, &event, true, 1) == (i < VS_LIMIT_REFUSAL_ROWS));
	}
	CHECK(vs_seldom_due(seldom, VS_SELDOM_PERIOD_MS + 1, &due, &count) && count == 3);
	vs_seldom_free(&seldom);
}

int
main(void)
{
	CASE(once_a_minute_and_then_how_often);
	CASE(strangers_share_a_few_rows);
	CASE(a_full_table_counts);
	return 0;
}
