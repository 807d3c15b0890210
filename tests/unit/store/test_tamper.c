/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody who can write the file, but has no key, moves sealed values about. Each is noticed, and
 * the other rows are read as if nothing had been. */
#include "fixture.h"

struct seen {
	unsigned rows, damaged, erased;
	unsigned stations_with_password;
};

static void
note(struct seen *seen, enum vs_core_reading reading)
{
	seen->rows++;
	seen->damaged += reading == VS_CORE_READ_DAMAGED;
	seen->erased += reading == VS_CORE_READ_ERASED;
}

static bool
see_station(const struct vs_core_station_row *row, void *arg)
{
	struct seen *seen = arg;

	note(seen, row->reading);
	seen->stations_with_password += row->station.has_verifier;
	return true;
}

static bool
see_tx(const struct vs_core_tx_row *row, void *arg)
{
	note(arg, row->reading);
	return true;
}

static bool
see_tx_event(const struct vs_core_tx_event *event, int64_t received_ms, void *arg)
{
	struct seen *seen = arg;

	(void)event, (void)received_ms;
	seen->rows++;
	return true;
}

static bool
see_event(const struct vs_core_event_row *row, void *arg)
{
	note(arg, row->reading);
	return true;
}

static bool
see_command(const struct vs_core_command_row *row, void *arg)
{
	note(arg, row->reading);
	return true;
}

static bool
see_token(const struct vs_core_token_row *row, void *arg)
{
	note(arg, row->reading);
	return true;
}

static bool
see_variable(const struct vs_core_variable_row *row, void *arg)
{
	note(arg, row->reading);
	return true;
}

static struct seen
read_all(struct fixture *f)
{
	static const char *const tenants[] = {"default", "other"};
	const struct vs_port_reader *r = &f->reader;
	struct seen seen = {0};

	f->damaged_count = 0;
	for (int t = 0; t < 2; t++) {
		const char *tenant = tenants[t];

		CHECK_OK(r->stations(r->self, tenant, "", 99, see_station, &seen));
		CHECK_OK(r->transactions(r->self, tenant, "", false, INT64_MAX, 99, see_tx, &seen));
		CHECK_OK(r->events(r->self, tenant, &(struct vs_core_event_filter){.station = ""},
		                   INT64_MAX, 99, see_event, &seen));
		CHECK_OK(r->commands(r->self, tenant, "", INT64_MAX, 99, see_command, &seen));
		CHECK_OK(r->tokens(r->self, tenant, "", 99, see_token, &seen));
		for (int i = 1; i <= 2; i++) {
			char station[8], tx_id[8];

			(void)snprintf(station, sizeof(station), "CS%d", i);
			(void)snprintf(tx_id, sizeof(tx_id), "tx-%d", i);
			CHECK_OK(
			    r->tx_events(r->self, tenant, station, tx_id, 99, see_tx_event, &seen));
			CHECK_OK(r->variables(r->self, tenant, station, see_variable, &seen));
		}
	}
	return seen;
}

#define SET(member, text) ((void)snprintf(member, sizeof(member), "%s", text))

static void
put(struct fixture *f, const char *tenant, struct vs_core_record *record)
{
	SET(record->tenant, tenant);
	fixture_put(f, record);
}

/* Two rows of each table for each of two tenants. */
static void
fill(struct fixture *f)
{
	static const char *const tenants[] = {"default", "other"};

	for (int i = 0; i < 4; i++) {
		const char *tenant = tenants[i / 2];
		struct vs_core_record *record;
		char station[8], tx_id[8];

		(void)snprintf(station, sizeof(station), "CS%d", i % 2 + 1);
		record = record_new(VS_RECORD_station_put, station, "");
		SET(record->u.station_put.tenant, tenant);
		SET(record->u.station_put.identity, station);
		record->u.station_put.has_verifier = true;
		memset(record->u.station_put.verifier, i, VS_CORE_VERIFIER_SIZE);
		put(f, tenant, record);
		record = record_new(VS_RECORD_token_put, "", "");
		(void)snprintf(record->u.token_put.token_text, VS_CORE_TOKEN_SIZE, "04E2-%d", i);
		SET(record->u.token_put.group, "fleet");
		record->u.token_put.expires_ms = VS_CORE_ABSENT;
		put(f, tenant, record);
		(void)snprintf(tx_id, sizeof(tx_id), "tx-%d", i % 2 + 1);
		record = tx_record(station, tx_id, 0, VS_CORE_TX_STARTED);
		SET(record->u.tx_event.token, "04E2");
		put(f, tenant, record);
		put(f, tenant, record_new(VS_RECORD_event, station, "{\"a\":1}"));
		record = record_new(VS_RECORD_command, station, "{\"password\":\"x\"}");
		(void)snprintf(record->u.command.id, VS_CORE_UUID_SIZE, "c-%d", i);
		put(f, tenant, record);
		record = record_new(VS_RECORD_command, station, "{\"status\":\"y\"}");
		(void)snprintf(record->u.command.id, VS_CORE_UUID_SIZE, "c-%d", i);
		record->u.command.state = VS_CORE_COMMAND_ANSWERED;
		put(f, tenant, record);
		put(f, tenant,
		    record_new(VS_RECORD_report, station,
		               "[{\"component\":{\"name\":\"C\"},\"variable\":{\"name\":\"V\"},"
		               "\"variableAttribute\":[{\"value\":\"secret\"}]}]"));
		record = record_new(VS_RECORD_session, station, "");
		SET(record->u.session.peer, "192.0.2.1:5000");
		put(f, tenant, record);
	}
	CHECK(f->failed == 0);
}

#define ROWS (7u * 4u) /* sessions are not read */

static void
start(struct fixture *f)
{
	struct seen seen;

	fixture_start(f);
	fill(f);
	seen = read_all(f);
	CHECK(seen.rows == ROWS && seen.damaged == 0 && seen.stations_with_password == 4);
	CHECK(f->damaged_count == 0);
}

/* Columns that a reader opens, and with what. */
static const struct {
	const char *table, *column, *one, *two, *foreign; /* WHERE of rows; foreign: other tenant */
} cells[] = {
    {"station", "verifier", "tenant = 'default' AND identity = 'CS1'",
     "tenant = 'default' AND identity = 'CS2'", "tenant = 'other' AND identity = 'CS1'"},
    {"token", "token", "id = 1", "id = 2", "id = 3"},
    {"token", "group_id", "id = 1", "id = 2", "id = 3"},
    {"tx", "token", "id = 1", "id = 2", "id = 3"},
    {"tx_event", "token", "tx = 1", "tx = 2", "tx = 3"},
    {"event", "payload", "id = 1", "id = 2", "id = 3"},
    {"command", "request", "id = 'c-0'", "id = 'c-1'", "id = 'c-2'"},
    {"command", "result", "id = 'c-0'", "id = 'c-1'", "id = 'c-2'"},
    {"variable", "value", "tenant = 'default' AND station = 'CS1'",
     "tenant = 'default' AND station = 'CS2'", "tenant = 'other' AND station = 'CS1'"},
};
#define CELLS (sizeof(cells) / sizeof(cells[0]))

/* The value of `from` in the place of cells[i]'s first row, then back again. */
static void
moved(struct fixture *f, size_t i, size_t from, const char *where)
{
	char sql[512], name[64];
	struct seen seen;

	(void)snprintf(sql, sizeof(sql),
	               "CREATE TABLE kept(v bytea); INSERT INTO kept SELECT %s FROM %s WHERE %s;"
	               "UPDATE %s SET %s = (SELECT %s FROM %s WHERE %s) WHERE %s",
	               cells[i].column, cells[i].table, cells[i].one, cells[i].table,
	               cells[i].column, cells[from].column, cells[from].table, where, cells[i].one);
	fixture_do(f, sql);
	seen = read_all(f);
	(void)snprintf(name, sizeof(name), "%s.%s", cells[i].table, cells[i].column);
	CHECK(seen.rows == ROWS && f->damaged_count == 1 && strcmp(f->damaged, name) == 0);
	/* An event of a transaction has no place to say so; its idToken is not shown. */
	CHECK(seen.damaged == (strcmp(cells[i].table, "tx_event") == 0 ? 0u : 1u));
	CHECK(seen.stations_with_password == 4u - (i == 0));
	(void)snprintf(sql, sizeof(sql),
	               "UPDATE %s SET %s = (SELECT v FROM kept) WHERE %s; DROP TABLE kept",
	               cells[i].table, cells[i].column, cells[i].one);
	fixture_do(f, sql);
	seen = read_all(f);
	CHECK(seen.damaged == 0 && f->damaged_count == 0);
}

static void
a_value_of_another_row_is_refused(void)
{
	struct fixture f;

	start(&f);
	for (size_t i = 0; i < CELLS; i++)
		moved(&f, i, i, cells[i].two);
	fixture_done(&f);
}

static void
a_value_of_another_tenant_is_refused(void)
{
	struct fixture f;

	start(&f);
	for (size_t i = 0; i < CELLS; i++)
		moved(&f, i, i, cells[i].foreign);
	fixture_done(&f);
}

/* Among them tx.token and tx_event.token, command.request and command.result of one row. */
static void
a_value_of_another_column_or_table_is_refused(void)
{
	struct fixture f;

	start(&f);
	for (size_t i = 0; i < CELLS; i++)
		for (size_t from = 0; from < CELLS; from++)
			if (from != i)
				moved(&f, i, from, cells[from].one);
	fixture_done(&f);
}

static void
one_flipped_bit_is_refused(void)
{
	struct fixture f;
	struct seen seen;

	start(&f);
	if (on_postgres())
		fixture_do(&f, "UPDATE event SET payload = set_byte(payload, length(payload) - 1,"
		               " 1 - get_byte(payload, length(payload) - 1) % 2) WHERE id = 2");
	else
		fixture_do(
		    &f, "UPDATE event SET payload = CAST(substr(payload, 1, length(payload) - 1) ||"
			" iif(substr(payload, -1) = x'00', x'01', x'00') AS BLOB) WHERE id = 2");
	seen = read_all(&f);
	CHECK(seen.rows == ROWS && seen.damaged == 1 && f.damaged_count == 1);
	fixture_done(&f);
}

static void
what_is_erased_is_listed_as_erased(void)
{
	struct fixture f;
	struct seen seen;

	start(&f);
	f.seal.erased = test_seal_dek("CS1");
	seen = read_all(&f);
	/* station, tx, event, command, variable of CS1 of both tenants (a test key is not of one)
	 */
	CHECK(seen.rows == ROWS && seen.erased == 10 && seen.damaged == 0);
	CHECK(seen.stations_with_password == 2 && f.damaged_count == 0);
	fixture_done(&f);
}

static void
plain_text_is_refused_by_the_file(void)
{
	struct fixture f;

	start(&f);
	for (size_t i = 0; i < CELLS; i++) {
		sqlite3 *sqlite = NULL;
		char sql[256];

		if (on_postgres()) {
			(void)snprintf(sql, sizeof(sql), "UPDATE %s SET %s = 'plain'",
			               cells[i].table, cells[i].column);
			CHECK(!postgres_try(f.database, sql));
			continue;
		}
		CHECK(sqlite3_open_v2(f.path, &sqlite, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
		(void)snprintf(sql, sizeof(sql), "UPDATE %s SET %s = 'plain'", cells[i].table,
		               cells[i].column);
		CHECK(sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_CONSTRAINT);
		(void)snprintf(sql, sizeof(sql), "UPDATE %s SET %s = x'706c61696e'", cells[i].table,
		               cells[i].column);
		CHECK(sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_CONSTRAINT);
		(void)sqlite3_close(sqlite);
	}
	fixture_done(&f);
}

int
main(void)
{
	CASE(a_value_of_another_row_is_refused);
	CASE(a_value_of_another_tenant_is_refused);
	CASE(a_value_of_another_column_or_table_is_refused);
	CASE(one_flipped_bit_is_refused);
	CASE(what_is_erased_is_listed_as_erased);
	CASE(plain_text_is_refused_by_the_file);
	return 0;
}
