/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record_write.h"

#include "fixture.h"

#define SET(member, text) ((void)snprintf((member), sizeof(member), "%s", (text)))

static struct vs_core_record *
station_record(const char *identity)
{
	struct vs_core_record *record = record_new(VS_RECORD_station_put, identity, "");

	SET(record->u.station_put.tenant, VS_CORE_TENANT_DEFAULT);
	SET(record->u.station_put.identity, identity);
	record->u.station_put.is_enabled = true;
	record->u.station_put.created_ms = 5;
	return record;
}

static void
a_transaction_event_is_stored_once(void)
{
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, tx_record("CS1", "tx-1", 0, VS_CORE_TX_STARTED));
	fixture_put(&f, tx_record("CS1", "tx-1", 0, VS_CORE_TX_STARTED));
	CHECK(f.duplicates == 1 && f.failed == 0);
	fixture_put(&f, tx_record("CS2", "tx-1", 0, VS_CORE_TX_STARTED)); /* another station's */
	fixture_put(&f, tx_record("CS1", "tx-2", 0, VS_CORE_TX_STARTED));
	CHECK(f.duplicates == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 3);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == 0);
	fixture_reopen(&f);
	fixture_put(&f, tx_record("CS1", "tx-1", 0, VS_CORE_TX_STARTED));
	CHECK(f.duplicates == 2);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 3);
	CHECK(fixture_ask(&f, "SELECT sum(event_count) FROM tx") == 3);
	fixture_done(&f);
}

/* For the live view: a later connection of the station did not hear the start. */
static void
a_transaction_event_comes_back_with_the_first_register(void)
{
	static const int64_t registers[] = {VS_CORE_ABSENT, 2000, 2600, 1500};
	static const int64_t seqs[] = {3, 4, 6, 1};
	static const int64_t firsts[] = {VS_CORE_ABSENT, 2000, 2000, 1500};
	struct fixture f;

	fixture_start(&f);
	for (size_t i = 0; i < 4; i++) {
		struct vs_core_record *record =
		    tx_record("CS1", "tx-1", seqs[i], VS_CORE_TX_UPDATED);

		record->u.tx_event.energy_wh = registers[i];
		fixture_put(&f, record);
		CHECK(f.first->u.tx_event.first_wh == firsts[i]);
		fixture_forget(&f);
		if (i == 1)
			fixture_reopen(&f);
	}
	fixture_done(&f);
}

static void
the_same_seq_no_with_other_content_is_a_conflict(void)
{
	struct fixture f;
	struct vs_core_record *record;

	fixture_start(&f);
	record = tx_record("CS1", "tx-1", 3, VS_CORE_TX_UPDATED);
	record->u.tx_event.energy_wh = 1000;
	fixture_put(&f, record);
	for (int i = 0; i < 2; i++) { /* also the conflicting one is sent again */
		record = tx_record("CS1", "tx-1", 3, VS_CORE_TX_UPDATED);
		record->u.tx_event.energy_wh = 9999;
		record->message_hash = 77;
		fixture_put(&f, record);
	}
	CHECK(f.duplicates == 2 && f.taken == 2 && f.failed == 0);
	CHECK(fixture_ask(&f, "SELECT energy_wh FROM tx_event") == 1000);
	CHECK(fixture_ask(&f, "SELECT energy_last_wh FROM tx") == 1000);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event WHERE type = 'TransactionEventConflict' "
	                      "AND severity = 2"
	                      " AND plain('event', 'payload', tenant, payload, id)"
	                      " = '{\"transactionId\":\"tx-1\",\"seqNo\":3}'") == 1);
	/* Queued meanwhile: the same message now says offline. That is no conflict. */
	record = tx_record("CS1", "tx-1", 3, VS_CORE_TX_UPDATED);
	vs_core_record_free(&record);
	record = record_new(VS_RECORD_tx_event, "CS1", "{\"offline\":true}");
	struct vs_core_record *same = tx_record("CS1", "tx-1", 3, VS_CORE_TX_UPDATED);
	record->u.tx_event = same->u.tx_event;
	vs_core_record_free(&same);
	record->u.tx_event.energy_wh = 1000;
	record->u.tx_event.is_offline = true;
	record->message_hash = 78;
	fixture_put(&f, record);
	CHECK(f.duplicates == 3 && f.taken == 2);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == 1);
	fixture_done(&f);
}

static void
a_message_is_known_by_its_hash_also_after_a_restart(void)
{
	static const enum vs_core_record_kind kinds[] = {
	    VS_RECORD_boot,           VS_RECORD_status, VS_RECORD_meter_values,
	    VS_RECORD_security_event, VS_RECORD_event,  VS_RECORD_report};
	const size_t count = sizeof(kinds) / sizeof(kinds[0]);
	struct fixture f;

	fixture_start(&f);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < count; i++) {
			struct vs_core_record *record = record_new(kinds[i], "CS1", "[]");

			record->message_hash = UINT64_C(0xf000000000000000) + i;
			fixture_put(&f, record);
			CHECK(f.failed == 0);
			CHECK(f.duplicates ==
			      (round == 0 ? 0 : (size_t)(round - 1) * count + i + 1));
		}
		if (round == 1)
			fixture_reopen(&f);
	}
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == 2);
	CHECK(fixture_ask(&f, "SELECT sum(value) FROM total") ==
	      5); /* pages of a report are not counted */
	/* Without a hash it is not a message, and each counts. */
	fixture_put(&f, meter_record("CS1", 0));
	fixture_put(&f, meter_record("CS1", 0));
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == 3);
	fixture_done(&f);
}

static void
what_is_older_than_the_window_is_not_loaded(void)
{
	struct fixture f;
	struct vs_core_record *record = meter_record("CS1", 5);

	fixture_start(&f);
	record->received_ms -= VS_STORE_DEDUP_WINDOW_MS + 60000;
	fixture_put(&f, record);
	fixture_reopen(&f);
	fixture_put(&f, meter_record("CS1", 5));
	CHECK(f.duplicates == 0);
	fixture_done(&f);
}

static void
twice_in_one_commit_is_once(void)
{
	struct fixture f;
	struct vs_core_record *list = meter_record("CS1", 9);

	fixture_start(&f);
	list->next = meter_record("CS1", 9);
	list->next->next = tx_record("CS1", "tx", 1, VS_CORE_TX_UPDATED);
	list->next->next->next = tx_record("CS1", "tx", 1, VS_CORE_TX_UPDATED);
	CHECK_OK(f.writer.submit(f.writer.self, list, 4));
	fixture_wait(&f, 4);
	CHECK(f.duplicates == 2 && f.failed == 0);
	CHECK(!f.first->was_duplicate && f.first->next->was_duplicate);
	CHECK(fixture_ask(
		  &f,
		  "SELECT (SELECT count(*) FROM meter_values) + (SELECT count(*) FROM tx_event)") ==
	      2);
	fixture_done(&f);
}

static void
a_registry_entry_changes_and_goes(void)
{
	struct fixture f;
	struct vs_core_record *record = station_record("CS1");
	struct vs_core_station_row row;

	fixture_start(&f);
	record->u.station_put.has_verifier = true;
	memset(record->u.station_put.verifier, 7, VS_CORE_PEPPERED_SIZE);
	record->u.station_put.pepper_version = 3;
	fixture_put(&f, record);
	record = record_new(VS_RECORD_boot, "CS1", "");
	SET(record->u.boot.vendor, "Acme");
	record->u.boot.registration = VS_CORE_REGISTRATION_ACCEPTED;
	fixture_put(&f, record);
	CHECK_OK(f.reader.station(f.reader.self, VS_CORE_TENANT_DEFAULT, "CS1", &row));
	CHECK(row.station.verifier_kind == VS_CORE_VERIFIER_PEPPERED &&
	      row.station.pepper_version == 3);
	CHECK(row.station.has_verifier && row.station.verifier[31] == 7 &&
	      !row.station.has_fingerprint);
	CHECK(row.station.registration == VS_CORE_REGISTRATION_ACCEPTED && row.last_seen_ms > 0);
	CHECK(strcmp(row.station.vendor, "Acme") == 0);

	record = station_record("CS1"); /* another kind of verifier */
	CHECK(vs_core_station_verifier_set(
	    &record->u.station_put, VS_CORE_VERIFIER_BCRYPT, 4,
	    VS_BYTES_LITERAL("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
	fixture_put(&f, record);
	CHECK_OK(f.reader.station(f.reader.self, VS_CORE_TENANT_DEFAULT, "CS1", &row));
	CHECK(row.station.has_verifier && row.station.verifier_kind == VS_CORE_VERIFIER_BCRYPT &&
	      row.station.pepper_version == 4);
	CHECK(vs_core_station_verifier_size(&row.station) == 60 &&
	      strncmp((const char *)row.station.verifier, "$2b$05$CCCC", 11) == 0);

	record = station_record("CS1"); /* changed: what boot told and when it was made stay */
	record->u.station_put.created_ms = 6;
	record->u.station_put.auth = VS_CORE_AUTH_MTLS;
	record->u.station_put.has_fingerprint = true;
	record->u.station_put.registration = VS_CORE_REGISTRATION_ACCEPTED;
	fixture_put(&f, record);
	CHECK_OK(f.reader.station(f.reader.self, VS_CORE_TENANT_DEFAULT, "CS1", &row));
	CHECK(!row.station.has_verifier && row.station.has_fingerprint &&
	      row.station.auth == VS_CORE_AUTH_MTLS);
	CHECK(row.station.created_ms == 5 && strcmp(row.station.vendor, "Acme") == 0);

	record = record_new(VS_RECORD_status, "CS1", "");
	record->u.status.evse = record->u.status.connector = 1;
	SET(record->u.status.status, "Available");
	fixture_put(&f, record);
	fixture_put(&f, record_new(VS_RECORD_station_remove, "CS1", ""));
	CHECK_ERR(f.reader.station(f.reader.self, VS_CORE_TENANT_DEFAULT, "CS1", &row), NOT_FOUND);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM status") == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM boot") == 1); /* history stays */
	fixture_done(&f);
}

static void
a_report_becomes_variables(void)
{
	static const char page[] =
	    "[{\"component\":{\"name\":\"Connector\",\"instance\":\"x\",\"evse\":{\"id\":1,"
	    "\"connectorId\":2}},"
	    "\"variable\":{\"name\":\"Available\"},\"variableAttribute\":[{\"value\":\"true\"},"
	    "{\"type\":\"Target\",\"value\":\"a \\\"quoted\\\" "
	    "\\u00e9\",\"mutability\":\"ReadOnly\"}]},"
	    "{\"component\":{\"name\":\"OCPPCommCtrlr\"},\"variable\":{\"name\":"
	    "\"HeartbeatInterval\"},"
	    "\"variableAttribute\":[{}]}]";
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, record_new(VS_RECORD_report, "CS1", page));
	fixture_put(&f, record_new(VS_RECORD_report, "CS1", page)); /* a second report replaces */
	CHECK(f.failed == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM variable") == 3);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM variable WHERE component = 'Connector' AND "
	                      "component_instance = 'x'"
	                      " AND evse = 1 AND connector = 2 AND attribute = 'Target' AND "
	                      "mutability = 'ReadOnly'"
	                      " AND plain('variable', 'value', tenant, value, station, component,"
	                      " component_instance, evse, connector, variable, variable_instance,"
	                      " attribute) = 'a \"quoted\" \u00e9'") == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM variable WHERE evse = -1 AND attribute = "
	                      "'Actual' AND value IS NULL"
	                      " AND mutability = 'ReadWrite'") == 1);
	fixture_done(&f);
}

/* Nothing that is not JSON gets here (wire has read it), but if it did, it would fail alone. */
static void
a_record_that_cannot_be_stored_fails_alone(void)
{
	struct fixture f;
	struct vs_core_record *list = meter_record("CS1", 21);
	struct vs_core_record **end = &list->next;
	static const char *const bad[] = {
	    "{not json", "[{\"component\":{},\"variable\":{},\"variableAttribute\":[{}]}]"};

	fixture_start(&f);
	for (size_t i = 0; i < 2; i++) {
		*end = record_new(VS_RECORD_report, "CS1", bad[i]);
		(*end)->message_hash = 30 + i;
		end = &(*end)->next;
		*end = tx_record("CS1", "tx", (int64_t)i, VS_CORE_TX_UPDATED);
		end = &(*end)->next;
	}
	*end = record_new(VS_RECORD_status, "CS1", "");
	(*end)->u.status.evse = VS_CORE_ABSENT; /* not given where it must be */
	CHECK_OK(f.writer.submit(f.writer.self, list, 6));
	fixture_wait(&f, 6);
	CHECK(f.failed == 3 && f.duplicates == 0);
	CHECK(f.first->outcome == VS_E_OK);
	CHECK(f.first->next->outcome == VS_E_BAD_VALUE);
	CHECK(f.first->next->next->outcome == VS_E_OK);
	CHECK(f.first->next->next->next->outcome == VS_E_CONFLICT);
	CHECK(f.last_outcome == VS_E_CONFLICT);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM report") == 0); /* not half of it */
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 2);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == 1);
	CHECK(fixture_ask(
		  &f, "SELECT coalesce(sum(value), 0) FROM total WHERE name = 'statuses'") == 0);
	CHECK(fixture_ask(&f, "SELECT value FROM total WHERE name = 'tx_events'") == 2);
	/* It was not remembered as stored: mended, it goes in under the same hash. */
	struct vs_core_record *record = record_new(VS_RECORD_report, "CS1", "[]");
	record->message_hash = 30;
	fixture_put(&f, record);
	CHECK(f.duplicates == 0);
	fixture_put(&f, meter_record("CS1", 21));
	CHECK(f.duplicates == 1);
	fixture_done(&f);
}

static void
put_command(struct fixture *f, enum vs_core_command_state state, enum vs_err error,
            const char *payload)
{
	struct vs_core_record *record = record_new(VS_RECORD_command, "CS1", payload);

	SET(record->u.command.id, "0192-c");
	SET(record->u.command.action, "Reset");
	record->u.command.state = state;
	record->u.command.error = error;
	fixture_put(f, record);
}

static void
a_command_goes_through_its_states(void)
{
	struct fixture f;

	fixture_start(&f);
	put_command(&f, VS_CORE_COMMAND_QUEUED, VS_E_OK, "{\"type\":\"Immediate\"}");
	put_command(&f, VS_CORE_COMMAND_SENT, VS_E_OK, "");
	put_command(&f, VS_CORE_COMMAND_ANSWERED, VS_E_OK, "{\"status\":\"Accepted\"}");
	put_command(&f, VS_CORE_COMMAND_FAILED, VS_E_TIMEOUT, ""); /* too late: it is final */
	CHECK(f.failed == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM command WHERE state = 2 AND error = 0"
	                      " AND plain('command', 'request', tenant, request, id) ="
	                      " '{\"type\":\"Immediate\"}' AND"
	                      " plain('command', 'result', tenant, result, id) ="
	                      " '{\"status\":\"Accepted\"}'") == 1);
	fixture_done(&f);
}

/* More rows than one statement takes, between others, and some of them come again. */
#define MANY (VS_STORE_TOGETHER * 2 + 5)

static struct vs_core_record *
many_records(void)
{
	struct vs_core_record *list = NULL;

	for (uint64_t i = MANY; i > 0; i--) {
		char text[32];
		struct vs_core_record *record;

		(void)snprintf(text, sizeof(text), "CS%d", (int)i);
		record = meter_record(text, i);
		record->received_ms = (int64_t)(vs_clock_wall_ms() / 1000 * 1000) + (int64_t)i;
		record->u.meter_values.evse = i % 2 == 0 ? VS_CORE_ABSENT : (int64_t)i;
		record->next = list;
		list = record;
	}
	return list;
}

static void
put_list(struct fixture *f, struct vs_core_record *list)
{
	size_t count = 0, before = f->back;

	for (const struct vs_core_record *r = list; r != NULL; r = r->next)
		count++;
	CHECK_OK(f->writer.submit(f->writer.self, list, count));
	fixture_wait(f, before + count);
}

static void
rows_that_go_in_together_are_each_their_own(void)
{
	struct fixture f;
	struct vs_core_record *list = many_records(), *again = many_records(), *last;

	fixture_start(&f);
	for (last = list; last->next != NULL; last = last->next)
		continue;
	last->next = tx_record("CS1", "tx-1", 0, VS_CORE_TX_STARTED);
	last->next->next = again; /* in the same commit */
	put_list(&f, list);
	CHECK(f.failed == 0 && f.duplicates == MANY);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == MANY);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values WHERE id = message_hash"
	                      " AND tenant = 'default' AND station = 'CS' || id"
	                      " AND evse IS iif(id % 2 = 0, NULL, id) AND received_ms % 1000 = id"
	                      " AND payload = '[{\"sampledValue\":[]}]'") == MANY);
	CHECK(fixture_ask(&f, "SELECT value FROM total WHERE name = 'meter_values'") == MANY);
	fixture_reopen(&f);
	put_list(&f, many_records());
	CHECK(f.failed == 0 && f.duplicates == 2 * MANY);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == MANY);
	fixture_done(&f);
}

static void
of_rows_that_go_in_together_a_bad_one_fails_alone(void)
{
	for (unsigned bad = 0; bad < MANY; bad += VS_STORE_TOGETHER - 1) {
		struct fixture f;
		struct vs_core_record *list = many_records(), *record = list;

		fixture_start(&f);
		for (unsigned i = 0; i < bad; i++)
			record = record->next;
		record->message_hash = 0;
		record->received_ms = VS_CORE_ABSENT; /* NOT NULL refuses it */
		put_list(&f, list);
		CHECK(f.failed == 1 && f.duplicates == 0);
		CHECK(record->outcome == VS_E_CONFLICT);
		CHECK(fixture_ask(&f, "SELECT count(DISTINCT station) FROM meter_values") ==
		      MANY - 1);
		CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == MANY - 1);
		CHECK(fixture_ask(&f, "SELECT value FROM total WHERE name = 'meter_values'") ==
		      MANY - 1);
		put_list(&f, many_records()); /* the bad one is well now */
		CHECK(f.failed == 1 && f.duplicates == MANY - 1);
		CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == MANY);
		fixture_done(&f);
	}
}

static void
a_transaction_is_found_where_its_events_put_it(void)
{
	struct fixture f;
	static const char running[] = "SELECT count(*) FROM tx INDEXED BY tx_running"
				      " WHERE tenant = 'default' AND is_active = 1";
	static const char order[] = "SELECT order_ms FROM tx INDEXED BY tx_by_time"
				    " WHERE tenant = 'default' AND order_ms > 0";

	fixture_start(&f);
	fixture_put(&f, tx_record("CS1", "tx-1", 2, VS_CORE_TX_UPDATED));
	CHECK(fixture_ask(&f, order) == 1002000);
	fixture_put(&f, tx_record("CS1", "tx-1", 3, VS_CORE_TX_UPDATED)); /* moves nothing */
	CHECK(fixture_ask(&f, order) == 1002000);
	CHECK(fixture_ask(&f, "SELECT last_ms FROM tx") == 1003000);
	fixture_put(&f, tx_record("CS1", "tx-1", 0, VS_CORE_TX_STARTED));
	CHECK(fixture_ask(&f, order) == 1000000);
	CHECK(fixture_ask(&f, running) == 1);
	fixture_put(&f, tx_record("CS1", "tx-1", 4, VS_CORE_TX_ENDED));
	CHECK(fixture_ask(&f, running) == 0);
	CHECK(fixture_ask(&f, "SELECT ended_ms FROM tx") == 1004000);
	CHECK(fixture_ask(&f, "SELECT event_count FROM tx") == 4);
	CHECK(fixture_ask(&f, "SELECT (SELECT * FROM pragma_integrity_check) = 'ok'") == 1);
	fixture_done(&f);
}

static void
every_total_has_a_name(void)
{
	for (unsigned i = 0; i < VS_STORE_TOTAL_COUNT; i++)
		CHECK(vs_store_total_name((enum vs_store_total)i)[0] != '\0');
}

int
main(void)
{
	CASE(a_transaction_event_is_stored_once);
	CASE(a_transaction_event_comes_back_with_the_first_register);
	CASE(the_same_seq_no_with_other_content_is_a_conflict);
	CASE(a_message_is_known_by_its_hash_also_after_a_restart);
	CASE(what_is_older_than_the_window_is_not_loaded);
	CASE(twice_in_one_commit_is_once);
	CASE(a_registry_entry_changes_and_goes);
	CASE(a_report_becomes_variables);
	CASE(a_record_that_cannot_be_stored_fails_alone);
	CASE(a_command_goes_through_its_states);
	CASE(rows_that_go_in_together_are_each_their_own);
	CASE(of_rows_that_go_in_together_a_bad_one_fails_alone);
	CASE(a_transaction_is_found_where_its_events_put_it);
	CASE(every_total_has_a_name);
	return 0;
}
