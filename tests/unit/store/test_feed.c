/* SPDX-License-Identifier: Apache-2.0 */
/* Two nodes at one database: what one changes the other hears, once, and nothing is left out. */
#include "store/feed.h"

#include "fixture.h"

static struct fixture a, b; /* b is at the database of a */

struct heard {
	struct vs_store_feed *feed;
	pthread_mutex_t lock;
	char words[4096]; /* under lock */
	size_t settled;   /* of words */
	unsigned reloads, failures, settles;
};

static vs_result
hear(void *arg, const struct vs_store_change *change)
{
	struct heard *heard = arg;
	size_t at;

	(void)pthread_mutex_lock(&heard->lock);
	if (heard->failures > 0) {
		heard->failures--;
		(void)pthread_mutex_unlock(&heard->lock);
		return VS_FAIL(IO);
	}
	at = strlen(heard->words);
	(void)snprintf(heard->words + at, sizeof(heard->words) - at, "%s:%s/%s ", change->kind,
	               change->tenant, change->subject);
	(void)pthread_mutex_unlock(&heard->lock);
	return VS_OK;
}

static vs_result
reload(void *arg)
{
	struct heard *heard = arg;

	(void)pthread_mutex_lock(&heard->lock);
	heard->reloads++;
	(void)pthread_mutex_unlock(&heard->lock);
	return VS_OK;
}

/* After what was told: as many times as there are readings. */
static vs_result
settle(void *arg)
{
	struct heard *heard = arg;

	(void)pthread_mutex_lock(&heard->lock);
	heard->settled = strlen(heard->words);
	heard->settles++;
	(void)pthread_mutex_unlock(&heard->lock);
	return VS_OK;
}

static bool
is_settled(struct heard *heard)
{
	bool is;

	(void)pthread_mutex_lock(&heard->lock);
	is = heard->settles > 0 && heard->settled == strlen(heard->words);
	(void)pthread_mutex_unlock(&heard->lock);
	return is;
}

static unsigned
times(struct heard *heard, const char *word)
{
	unsigned count = 0;

	(void)pthread_mutex_lock(&heard->lock);
	for (const char *at = strstr(heard->words, word); at != NULL; at = strstr(at + 1, word))
		count++;
	(void)pthread_mutex_unlock(&heard->lock);
	return count;
}

static void
sleep_ms(long ms)
{
	(void)nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

#define UNTIL(condition)                                                                           \
	do {                                                                                       \
		for (unsigned i_ = 0; i_ < 1500 && !(condition); i_++)                             \
			sleep_ms(20);                                                              \
		CHECK(condition);                                                                  \
	} while (0)

static void
feed_start_with(struct heard *heard, const struct fixture *f, const char *root_id)
{
	const struct vs_store_feed_options options = {.place = &f->postgres,
	                                              .changed = hear,
	                                              .reload = reload,
	                                              .settle = settle,
	                                              .arg = heard,
	                                              .root_id = root_id};
	char reason[256] = "";

	memset(heard, 0, sizeof(*heard));
	(void)pthread_mutex_init(&heard->lock, NULL);
	CHECK_OK(vs_store_feed_new(&options, reason, sizeof(reason), &heard->feed));
	CHECK_OK(vs_store_feed_run(heard->feed));
}

static void
feed_start(struct heard *heard, const struct fixture *f)
{
	feed_start_with(heard, f, NULL);
}

static void
feed_stop(struct heard *heard)
{
	vs_store_feed_free(&heard->feed);
	(void)pthread_mutex_destroy(&heard->lock);
}

static void
begin(void)
{
	fixture_init(&a);
	(void)snprintf(a.postgres.node, sizeof(a.postgres.node), "a");
	CHECK_OK(fixture_open(&a));
	fixture_init(&b);
	postgres_drop(b.database);
	memcpy(b.database, a.database, sizeof(b.database));
	b.postgres = a.postgres;
	(void)snprintf(b.postgres.node, sizeof(b.postgres.node), "b");
	CHECK_OK(fixture_open(&b));
}

static void
end(void)
{
	vs_store_close(&a.store);
	vs_store_close(&b.store);
	postgres_make(&b.postgres, b.database);
	fixture_done(&b);
	fixture_done(&a);
}

static void
station(struct fixture *f, enum vs_core_record_kind kind, const char *identity)
{
	struct vs_core_record *record = record_new(kind, identity, "");

	if (kind == VS_RECORD_station_put) {
		(void)snprintf(record->u.station_put.tenant, sizeof(record->tenant), "%s",
		               VS_CORE_TENANT_DEFAULT);
		(void)snprintf(record->u.station_put.identity, sizeof(record->station), "%s",
		               identity);
	}
	fixture_put(f, record);
	CHECK(f->failed == 0);
}

static void
what_one_changes_the_other_hears(void)
{
	struct heard ha, hb;

	begin();
	feed_start(&ha, &a);
	feed_start(&hb, &b);
	station(&a, VS_RECORD_station_put, "CS1");
	vs_store_feed_poke(hb.feed);
	UNTIL(times(&hb, "station:default/CS1 ") == 1);
	station(&b, VS_RECORD_station_put, "CS2");
	UNTIL(times(&ha, "station:default/CS2 ") == 1);
	station(&a, VS_RECORD_station_remove, "CS1");
	UNTIL(times(&hb, "station:default/CS1 ") == 2);
	/* What is only seen is no change, and nobody hears of what it did itself. */
	fixture_put(&a, record_new(VS_RECORD_session, "CS2", ""));
	station(&b, VS_RECORD_station_put, "CS3");
	UNTIL(times(&ha, "station:default/CS3 ") == 1);
	CHECK(times(&hb, "CS2") == 0 && times(&ha, "CS1") == 0 && times(&ha, "CS2") == 1);
	CHECK(ha.reloads == 0 && vs_store_feed_is_current(ha.feed));
	UNTIL(is_settled(&ha) && is_settled(&hb));
	/* What could not be taken comes again. */
	(void)pthread_mutex_lock(&hb.lock);
	hb.failures = 3;
	(void)pthread_mutex_unlock(&hb.lock);
	station(&a, VS_RECORD_station_put, "CS4");
	UNTIL(times(&hb, "station:default/CS4 ") >= 1);
	feed_stop(&hb);
	feed_stop(&ha);
	end();
}

/* A transaction that is committed late: what began after it is not held up, and it is not lost. */
static void
a_late_commit_is_no_gap(void)
{
	struct heard hb;
	PGconn *conn;

	begin();
	feed_start(&hb, &b);
	conn = postgres_connect(a.database);
	PQclear(PQexec(conn, "SET voltseal.node = 'c'; SET voltseal.tenant = '*'; BEGIN"));
	PQclear(PQexec(conn, "INSERT INTO tenant VALUES ('late', '', 0, 1, 1)"));
	CHECK(PQtransactionStatus(conn) == PQTRANS_INTRANS);
	for (int i = 0; i < 3; i++) {
		const char *const names[] = {"CS1", "CS2", "CS3"};

		station(&a, VS_RECORD_station_put, names[i]);
		UNTIL(times(&hb, "station:") == (unsigned)i + 1);
	}
	CHECK(times(&hb, "tenant:late/late ") == 0);
	PQclear(PQexec(conn, "COMMIT"));
	UNTIL(times(&hb, "tenant:late/late ") == 1);
	PQfinish(conn);
	/* The rest was not told again while it was waited for. */
	station(&a, VS_RECORD_station_put, "CS9");
	UNTIL(times(&hb, "CS9") == 1);
	CHECK(times(&hb, "station:") == 4 && times(&hb, "late/late") == 1);
	feed_stop(&hb);
	end();
}

static void
one_leads_and_another_follows(void)
{
	struct heard ha, hb;

	begin();
	feed_start(&ha, &a);
	feed_start(&hb, &b);
	CHECK(vs_store_feed_is_leader(ha.feed) && !vs_store_feed_is_leader(hb.feed));
	CHECK(vs_store_feed_is_leader(NULL) && vs_store_feed_is_current(NULL));
	feed_stop(&ha);
	UNTIL(vs_store_feed_is_leader(hb.feed));
	feed_stop(&hb);
	end();
}

/* No name twice, and nobody beside one that has none. */
static void
names_are_of_one_each(void)
{
	struct fixture c;

	begin();
	fixture_init(&c);
	postgres_drop(c.database);
	memcpy(c.database, a.database, sizeof(c.database));
	c.postgres = a.postgres;
	CHECK_ERR(fixture_open(&c), CONFIG);
	CHECK(strstr(c.reason, "its own name") != NULL);
	c.postgres.node[0] = '\0';
	CHECK_ERR(fixture_open(&c), CONFIG);
	CHECK(strstr(c.reason, "another process") != NULL);
	(void)snprintf(c.postgres.node, sizeof(c.postgres.node), "o'brien");
	CHECK_ERR(fixture_open(&c), CONFIG);
	CHECK(strstr(c.reason, "letters") != NULL);
	vs_store_close(&a.store);
	vs_store_close(&b.store);
	c.postgres.node[0] = '\0';
	CHECK_OK(fixture_open(&c));
	CHECK_ERR(fixture_open(&a), CONFIG);
	CHECK(strstr(a.reason, "without --node") != NULL);
	vs_store_close(&c.store);
	postgres_make(&c.postgres, c.database);
	fixture_done(&c);
	end();
}

/* Both are told the same events at the same time: each is there once; numbers are of one row. */
static void
both_write_at_once(void)
{
	struct fixture *const nodes[] = {&a, &b};

	begin();
	for (int64_t i = 0; i < 200; i++) {
		for (int n = 0; n < 2; n++) {
			enum vs_core_tx_type type =
			    i == 0 ? VS_CORE_TX_STARTED : VS_CORE_TX_UPDATED;
			struct vs_core_record *record = tx_record("CS1", "t1", i, type);

			CHECK_OK(nodes[n]->writer.submit(nodes[n]->writer.self, record, 1));
			record = meter_record("CS1", (uint64_t)(2 * i + n + 1));
			CHECK_OK(nodes[n]->writer.submit(nodes[n]->writer.self, record, 1));
			record = record_new(VS_RECORD_event, "CS1", "{}");
			CHECK_OK(nodes[n]->writer.submit(nodes[n]->writer.self, record, 1));
		}
	}
	fixture_wait(&a, 600);
	fixture_wait(&b, 600);
	CHECK(a.failed == 0 && b.failed == 0 && a.duplicates + b.duplicates == 200);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM tx_event") == 200);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM tx") == 1);
	CHECK(fixture_ask(&a, "SELECT event_count FROM tx") == 200);
	CHECK(fixture_ask(&a, "SELECT count(DISTINCT id) FROM event") == 400);
	CHECK(fixture_ask(&a, "SELECT count(DISTINCT id) FROM meter_values") == 400);
	CHECK(fixture_ask(&a, "SELECT value FROM total WHERE name = 'tx_events'") == 200);
	end();
}

static enum vs_err
reading(struct fixture *f, int64_t number)
{
	struct vs_core_record *record = record_new(VS_RECORD_readings, "press", "[]");

	record->u.readings = (struct vs_core_readings){
	    .at_ms = 1, .count = 1, .profile = 3, .epoch = 7, .has_window = true, .number = number};
	memset(record->u.readings.salt, 5, sizeof(record->u.readings.salt));
	fixture_put(f, record);
	return f->last_outcome;
}

/* Of a device that is heard at two nodes, each message is taken once: the table decides, with the
 * readings in one transaction. */
static void
a_number_is_taken_once(void)
{
	static const int64_t numbers[] = {0, 5, 3, 70, 64, 1100, 200, 1099, 5000, 4041, 4999};

	begin();
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		CHECK(reading(i % 2 == 0 ? &a : &b, numbers[i]) == VS_E_OK);
		CHECK(reading(i % 2 == 0 ? &b : &a, numbers[i]) == VS_E_CONFLICT);
		CHECK(reading(i % 2 == 0 ? &a : &b, numbers[i]) == VS_E_CONFLICT);
	}
	CHECK(reading(&b, 4038) == VS_E_CONFLICT); /* nobody knows any more */
	CHECK(reading(&b, -1) != VS_E_OK);
	CHECK(reading(&b, 5001) == VS_E_OK);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM reading") == 12);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM sensor_window") == 1);
	end();
}

/* Before a replaced key is given up: the others that live have read of it. */
static void
the_others_are_waited_for(void)
{
	struct heard ha, hb;

	begin();
	feed_start(&ha, &a);
	feed_start(&hb, &b);
	CHECK_OK(vs_store_nodes_wait(a.store));
	feed_stop(&hb);
	CHECK_OK(vs_store_nodes_wait(a.store));
	/* One that has not read, until its lease is over. */
	postgres_exec(a.database,
	              "INSERT INTO voltseal.node SELECT 'c', 1, 0, voltseal.now_ms() - 9000, 0");
	CHECK(fixture_ask(&a, "SELECT count(*) FROM node WHERE name = 'c'") == 1);
	CHECK_OK(vs_store_nodes_wait(a.store));
	feed_stop(&ha);
	end();
}

/* Who lives and has another root key is named; who has ended is not asked. */
static void
which_root_key_a_node_has(void)
{
	char node[VS_STORE_NODE_SIZE] = "kept";
	struct heard ha, hb;

	begin();
	feed_start_with(&ha, &a, "0011223344556677");
	feed_start_with(&hb, &b, "8899aabbccddeeff");
	CHECK_ERR(vs_store_nodes_root(a.store, "0011223344556677", node), ROOT_BEHIND);
	CHECK(strcmp(node, b.postgres.node) == 0);
	(void)snprintf(node, sizeof(node), "kept");
	feed_stop(&hb);
	CHECK_OK(vs_store_nodes_root(a.store, "0011223344556677", node));
	CHECK(strcmp(node, "kept") == 0);
	feed_start_with(&hb, &b, "0011223344556677");
	CHECK_OK(vs_store_nodes_root(a.store, "0011223344556677", node));
	CHECK_ERR(vs_store_nodes_root(a.store, "8899aabbccddeeff", node), ROOT_BEHIND);
	CHECK(strcmp(node, a.postgres.node) == 0);
	feed_stop(&hb);
	feed_stop(&ha);
	end();
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

/* What might be sealed with a key that another node has replaced is not written. */
static void
who_does_not_know_does_not_write(void)
{
	struct vs_store_options options;

	begin();
	vs_store_close(&b.store);
	options = fixture_options(&b);
	options.is_current = never;
	CHECK_OK(vs_store_open(&options, b.reason, sizeof(b.reason), &b.store));
	b.writer = vs_store_writer(b.store);
	fixture_put(&b, record_new(VS_RECORD_event, "CS1", "{}"));
	CHECK(b.failed == 1 && b.last_outcome == VS_E_IO);
	end();
}

/* Commands of a node that has ended are over; those of one that lives are not. */
static void
commands_belong_to_a_node(void)
{
	struct vs_core_record *record = record_new(VS_RECORD_command, "CS1", "{}");
	struct heard ha;

	begin();
	feed_start(&ha, &a);
	(void)snprintf(record->u.command.id, sizeof(record->u.command.id), "c1");
	(void)snprintf(record->u.command.action, sizeof(record->u.command.action), "Reset");
	record->u.command.state = VS_CORE_COMMAND_QUEUED;
	fixture_put(&a, record);
	fixture_reopen(&b);
	CHECK(fixture_ask(&a, "SELECT state FROM command") == VS_CORE_COMMAND_QUEUED);
	feed_stop(&ha);
	fixture_reopen(&b);
	CHECK(fixture_ask(&a, "SELECT state FROM command") == VS_CORE_COMMAND_FAILED);
	end();
}

/* While the database is away a node knows that it does not know; then it goes on where it was. */
static void
who_cannot_read_is_not_current(void)
{
	struct heard hb;

	begin();
	feed_start(&hb, &b);
	postgres_exec(NULL, "ALTER ROLE voltseal NOLOGIN");
	postgres_exec(NULL,
	              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "
	              "'voltseal'");
	UNTIL(!vs_store_feed_is_current(hb.feed));
	CHECK(!vs_store_feed_is_leader(hb.feed));
	postgres_exec(
	    a.database,
	    "SET voltseal.node = 'c'; INSERT INTO voltseal.tenant VALUES ('x', '', 0, 1, 1)");
	postgres_exec(NULL, "ALTER ROLE voltseal LOGIN");
	UNTIL(vs_store_feed_is_current(hb.feed));
	UNTIL(times(&hb, "tenant:x/x ") == 1);
	CHECK(hb.reloads == 0);
	feed_stop(&hb);
	end();
}

int
main(void)
{
	if (!on_postgres())
		return 0;
	CASE(what_one_changes_the_other_hears);
	CASE(a_late_commit_is_no_gap);
	CASE(one_leads_and_another_follows);
	CASE(names_are_of_one_each);
	CASE(both_write_at_once);
	CASE(commands_belong_to_a_node);
	CASE(a_number_is_taken_once);
	CASE(the_others_are_waited_for);
	CASE(who_does_not_know_does_not_write);
	CASE(which_root_key_a_node_has);
	CASE(who_cannot_read_is_not_current);
	return 0;
}
