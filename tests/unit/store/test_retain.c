/* SPDX-License-Identifier: Apache-2.0 */
#include "store/retain.h"

#include "fixture.h"

#define OTHER "other"

static struct fixture f;

/* At a time, of a tenant. */
static void
put(struct vs_core_record *record, const char *tenant, int64_t received_ms)
{
	(void)snprintf(record->tenant, sizeof(record->tenant), "%s", tenant);
	record->received_ms = received_ms;
	fixture_put(&f, record);
	CHECK(f.last_outcome == VS_E_OK);
}

/* All that is older, in as many steps as it takes. */
static int64_t
retain(enum vs_store_retained what, int64_t before_ms)
{
	int64_t count = 0, removed = 0;
	bool is_more = true;

	while (is_more) {
		CHECK_OK(vs_store_retain(f.store, what, before_ms, &removed, &is_more));
		count += removed;
	}
	return count;
}

static struct vs_core_record *
session_record(void)
{
	struct vs_core_record *record = record_new(VS_RECORD_session, "CS1", "");

	(void)snprintf(record->u.session.peer, sizeof(record->u.session.peer), "192.0.2.1:1");
	return record;
}

static struct vs_core_record *
command_record(const char *id, enum vs_core_command_state state)
{
	struct vs_core_record *record = record_new(VS_RECORD_command, "CS1", "{}");

	(void)snprintf(record->u.command.id, sizeof(record->u.command.id), "%s", id);
	(void)snprintf(record->u.command.action, sizeof(record->u.command.action), "Reset");
	record->u.command.state = state;
	return record;
}

static struct vs_core_record *
readings_record(void)
{
	struct vs_core_record *record = record_new(VS_RECORD_readings, "press", "[]");

	record->u.readings = (struct vs_core_readings){.at_ms = 1, .count = 1, .profile = 3};
	return record;
}

/* Those that have a time of their own and one row for each record. */
static struct vs_core_record *
make(int what, int i)
{
	static const char *const ids[] = {"01", "02", "03", "04"};

	if (what == VS_STORE_RETAINED_boot)
		return record_new(VS_RECORD_boot, "CS1", "");
	if (what == VS_STORE_RETAINED_report)
		return record_new(VS_RECORD_report, "CS1", "[]");
	if (what == VS_STORE_RETAINED_meter_values)
		return meter_record("CS1", 0);
	if (what == VS_STORE_RETAINED_event)
		return record_new(VS_RECORD_event, "CS1", "{}");
	if (what == VS_STORE_RETAINED_session)
		return session_record();
	if (what == VS_STORE_RETAINED_command)
		return command_record(ids[i], VS_CORE_COMMAND_QUEUED);
	if (what == VS_STORE_RETAINED_reading)
		return readings_record();
	return NULL;
}

/* Of every tenant what is older, and the last row stays: the next number is told from it. */
static void
what_is_older_goes(void)
{
	static const char *const tables[] = {
#define VS_RETAINED(name, setting, days, rows, what) #name,
#include "store/retained.def"
#undef VS_RETAINED
	};
	struct vs_core_record *first;
	char sql[128];

	fixture_start(&f);
	for (int what = 0; what < VS_STORE_RETAINED_COUNT; what++) {
		int64_t kept = what == VS_STORE_RETAINED_command ? 0 : 1;

		CHECK(strcmp(vs_store_retained_name((enum vs_store_retained)what), tables[what]) ==
		      0);
		first = make(what, 0);
		if (first == NULL)
			continue;
		put(first, VS_CORE_TENANT_DEFAULT, 1000);
		put(make(what, 1), OTHER, 2000);
		put(make(what, 2), VS_CORE_TENANT_DEFAULT, 3000);
		put(make(what, 3), OTHER, 4000);
		CHECK(retain((enum vs_store_retained)what, 1000) == 0);
		CHECK(retain((enum vs_store_retained)what, 3000) == 2);
		(void)snprintf(sql, sizeof(sql), "SELECT min(%s) FROM %s",
		               what == VS_STORE_RETAINED_command ? "changed_ms" : "received_ms",
		               tables[what]);
		CHECK(fixture_ask(&f, sql) == 3000);
		CHECK(retain((enum vs_store_retained)what, INT64_MAX) == 2 - kept);
		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", tables[what]);
		CHECK(fixture_ask(&f, sql) == kept);
	}
	fixture_done(&f);
}

static void
event_of(const char *tx, int64_t seq_no, enum vs_core_tx_type type, int64_t received_ms)
{
	struct vs_core_record *record = tx_record("CS1", tx, seq_no, type);

	record->u.tx_event.at_ms = 1000 + seq_no;
	put(record, VS_CORE_TENANT_DEFAULT, received_ms);
}

/* A transaction goes when it has ended, its last event is old, and so are all of them by our clock;
 * its events before it. */
static void
transactions(void)
{
	fixture_start(&f);
	event_of("running", 0, VS_CORE_TX_STARTED, 1000);
	event_of("over", 0, VS_CORE_TX_STARTED, 1000);
	event_of("over", 1, VS_CORE_TX_UPDATED, 1001);
	event_of("over", 2, VS_CORE_TX_ENDED, 1002);
	event_of("late", 0, VS_CORE_TX_STARTED, 1000);
	event_of("late", 1, VS_CORE_TX_ENDED, 9000); /* its clock is slow, or it was offline */
	event_of("last", 0, VS_CORE_TX_STARTED, 1000);
	event_of("last", 1, VS_CORE_TX_ENDED, 1000);
	CHECK(retain(VS_STORE_RETAINED_tx, 5000) == 0); /* each has events yet */
	CHECK(retain(VS_STORE_RETAINED_tx_event, 1001) == 0);
	CHECK(retain(VS_STORE_RETAINED_tx_event, 5000) == 5);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 3);
	CHECK(retain(VS_STORE_RETAINED_tx, 5000) == 1); /* the last row stays */
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx WHERE tx_id = 'over'") == 0);
	CHECK(fixture_ask(
		  &f, "SELECT count(*) FROM tx WHERE tx_id IN ('running', 'late', 'last')") == 3);
	/* Numbers go on where they were. */
	event_of("next", 0, VS_CORE_TX_STARTED, 9000);
	CHECK(fixture_ask(&f, "SELECT id FROM tx WHERE tx_id = 'next'") == 5);
	fixture_done(&f);
}

/* More rows than go in one step. */
static void
in_steps(void)
{
	struct vs_core_record *first = NULL, **end = &first;
	int64_t removed = 0;
	bool is_more = false;

	fixture_start(&f);
	for (int i = 0; i < 2101; i++) {
		*end = meter_record("CS1", 0);
		(*end)->received_ms = 1000;
		end = &(*end)->next;
	}
	fixture_put_all(&f, first, 2101);
	CHECK_OK(
	    vs_store_retain(f.store, VS_STORE_RETAINED_meter_values, 2000, &removed, &is_more));
	CHECK(removed == 2000 && is_more);
	CHECK_OK(
	    vs_store_retain(f.store, VS_STORE_RETAINED_meter_values, 2000, &removed, &is_more));
	CHECK(removed == 100 && !is_more);
	fixture_done(&f);
}

/* Numbers that were accepted are forgotten only when another key has followed, revocations when
 * they have ended. */
static void
windows_and_revocations(void)
{
	struct vs_core_record *record;

	fixture_start(&f);
	for (int epoch = 1; epoch <= 2; epoch++) {
		record = readings_record();
		record->u.readings.epoch = epoch;
		record->u.readings.has_window = true;
		put(record, VS_CORE_TENANT_DEFAULT, 1000 * epoch);
	}
	CHECK(retain(VS_STORE_RETAINED_sensor_window, 1000) == 0);
	CHECK(retain(VS_STORE_RETAINED_sensor_window, INT64_MAX) == 1);
	CHECK(fixture_ask(&f, "SELECT epoch FROM sensor_window") == 2);
	record = record_new(VS_RECORD_sensor_revoke, "", "");
	record->u.sensor_revoke = (struct vs_core_sensor_revoked){
	    .kind = "jti", .name = "j", .made_ms = 500, .until_ms = 2000};
	put(record, OTHER, 500);
	CHECK(retain(VS_STORE_RETAINED_sensor_revoked, 2000) == 0);
	CHECK(retain(VS_STORE_RETAINED_sensor_revoked, 2001) == 1);
	fixture_done(&f);
}

int
main(void)
{
	CASE(what_is_older_goes);
	CASE(transactions);
	CASE(in_steps);
	CASE(windows_and_revocations);
	return 0;
}
