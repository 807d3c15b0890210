/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "fixture.h"

static void
opens_private_and_keeps_its_key(void)
{
	struct fixture f;
	struct stat st;
	uint8_t first[16], second[16], zero[16] = {0};

	fixture_start(&f);
	CHECK(on_postgres() || (stat(f.path, &st) == 0 && (st.st_mode & 0777) == 0600));
	vs_store_hash_key(f.store, first);
	CHECK(memcmp(first, zero, 16) != 0);
	fixture_put(&f, meter_record("CS1", 1));
	char wal[128];
	(void)snprintf(wal, sizeof(wal), "%s-wal", f.path);
	CHECK(on_postgres() || (stat(wal, &st) == 0 && (st.st_mode & 0777) == 0600));
	fixture_reopen(&f);
	vs_store_hash_key(f.store, second);
	CHECK(memcmp(first, second, 16) == 0);
	fixture_done(&f);
}

static void
tightens_a_file_that_others_could_read(void)
{
	struct fixture f;
	struct stat st;

	fixture_start(&f);
	vs_store_close(&f.store);
	CHECK(chmod(f.path, 0644) == 0);
	CHECK_OK(fixture_open(&f));
	CHECK(stat(f.path, &st) == 0 && (st.st_mode & 0777) == 0600);
	fixture_done(&f);
}

static void
refuses_a_second_process(void)
{
	struct fixture f;
	struct vs_store *second = NULL;
	char reason[256];

	fixture_start(&f);
	const struct vs_store_options options = fixture_options(&f);
	CHECK_ERR(vs_store_open(&options, reason, sizeof(reason), &second), CONFIG);
	CHECK(second == NULL && strstr(reason, "another process") != NULL);
	fixture_done(&f);
}

static void
refuses_what_is_not_a_store(void)
{
	struct fixture f;
	sqlite3 *sqlite = NULL;
	int fd;

	fixture_init(&f);
	fd = open(f.path, O_CREAT | O_WRONLY, 0600);
	CHECK(fd >= 0);
	for (int i = 0; i < 100; i++)
		CHECK(write(fd, "this is a letter to my aunt, not a database. ", 45) == 45);
	CHECK(close(fd) == 0);
	CHECK_ERR(fixture_open(&f), CONFIG);
	CHECK(f.reason[0] != '\0' && f.store == NULL);
	CHECK(unlink(f.path) == 0);

	CHECK(sqlite3_open(f.path, &sqlite) == SQLITE_OK);
	CHECK(sqlite3_exec(sqlite, "CREATE TABLE other(a)", NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(sqlite) == SQLITE_OK);
	CHECK_ERR(fixture_open(&f), CONFIG);
	CHECK(strstr(f.reason, "another program") != NULL);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM sqlite_schema") == 1);

	struct vs_store_options nowhere = fixture_options(&f);

	nowhere.path = "/nonexistent/dir/s.db";
	CHECK_ERR(vs_store_open(&nowhere, f.reason, sizeof(f.reason), &f.store), CONFIG);
	fixture_done(&f);
}

static void
fails_commands_that_a_dead_process_left(void)
{
	struct fixture f;
	struct vs_core_record *record;

	fixture_start(&f);
	record = record_new(VS_RECORD_command, "CS1", "{\"type\":\"Immediate\"}");
	(void)snprintf(record->u.command.id, sizeof(record->u.command.id), "c-1");
	(void)snprintf(record->u.command.action, sizeof(record->u.command.action), "Reset");
	record->u.command.state = VS_CORE_COMMAND_QUEUED;
	fixture_put(&f, record);
	CHECK(fixture_ask(&f, "SELECT state FROM command") == VS_CORE_COMMAND_QUEUED);
	fixture_reopen(&f);
	CHECK(fixture_ask(&f, "SELECT state FROM command") == VS_CORE_COMMAND_FAILED);
	CHECK(fixture_ask(&f, "SELECT error FROM command") == vs_err_code(VS_E_CLOSED));
	fixture_done(&f);
}

static void
closing_commits_what_is_queued(void)
{
	struct fixture f;
	struct vs_core_record *list = NULL;

	fixture_init(&f);
	f.interval_ms = 60000;
	CHECK_OK(fixture_open(&f));
	for (uint64_t i = 1; i <= 300; i++) {
		struct vs_core_record *record = meter_record("CS1", i);

		record->next = list;
		list = record;
	}
	CHECK_OK(f.writer.submit(f.writer.self, list, 300));
	vs_store_close(&f.store);
	CHECK(f.back == 300 && f.failed == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == 300);
	fixture_done(&f);
}

/* --- kill -9 ---------------------------------------------------------------------------------- */

static int reports[2]; /* the child writes one number for each commit it was told of */

static void
child_committed(void *arg, uint8_t origin, struct vs_core_record *list)
{
	(void)arg, (void)origin;
	while (list != NULL) {
		struct vs_core_record *record = list;
		uint64_t number = record->token;

		list = record->next;
		if (record->outcome == VS_E_OK)
			CHECK(write(reports[1], &number, sizeof(number)) == sizeof(number));
		vs_core_record_free(&record);
	}
}

static void
child(const struct fixture *f, uint64_t from)
{
	char reason[256];
	struct vs_store *store = NULL;
	struct test_seal seal = {0};
	const struct vs_store_options options = {.path = f->path,
	                                         .postgres = f->place.postgres,
	                                         .committed = child_committed,
	                                         .commit_interval_ms = 1,
	                                         .seal = test_seal_port(&seal)};
	struct vs_port_writer writer;

	if (vs_store_open(&options, reason, sizeof(reason), &store).code != VS_E_OK)
		_exit(3);
	writer = vs_store_writer(store);
	for (uint64_t i = from;; i++) {
		struct vs_core_record *record =
		    i % 2 == 0 ? meter_record("CS1", i)
			       : tx_record("CS1", "tx", (int64_t)i, VS_CORE_TX_UPDATED);

		record->message_hash = i;
		record->token = i;
		while (writer.submit(writer.self, record, 1).code != VS_E_OK)
			(void)usleep(100);
	}
}

/* Each number the child reported must be in the file exactly once, however it died. */
static void
a_killed_process_loses_nothing_it_reported(void)
{
	struct fixture f;
	uint64_t next = 1;

	fixture_init(&f);
	for (int round = 0; round < 5; round++) {
		uint64_t number = 0, count = 0;
		int status = 0;
		pid_t pid;

		CHECK(pipe(reports) == 0);
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0)
			child(&f, next);
		(void)close(reports[1]);
		while (count < 2000 + (uint64_t)round * 777) {
			CHECK(read(reports[0], &number, sizeof(number)) == sizeof(number));
			count++;
		}
		CHECK(kill(pid, SIGKILL) == 0);
		while (read(reports[0], &number, sizeof(number)) == sizeof(number))
			count++;
		CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
		(void)close(reports[0]);

		CHECK_OK(fixture_open(&f)); /* the lock died with the process */
		/* Numbers are reported in order of submission, so `number` is the highest. */
		char sql[512];
		(void)snprintf(
		    sql, sizeof(sql),
		    "SELECT (SELECT count(*) FROM meter_values WHERE message_hash <= %lld) + "
		    "(SELECT count(*) FROM tx_event WHERE seq_no <= %lld)",
		    (long long)number, (long long)number);
		CHECK(fixture_ask(&f, sql) == (int64_t)number);
		CHECK(fixture_ask(
			  &f, "SELECT count(*) - count(DISTINCT message_hash) FROM meter_values") ==
		      0);
		CHECK(
		    fixture_ask(
			&f,
			"SELECT (SELECT event_count FROM tx) = (SELECT count(*) FROM tx_event)") ==
		    1);
		CHECK(fixture_ask(&f,
		                  "SELECT (SELECT value FROM total WHERE name = 'meter_values') ="
		                  " (SELECT count(*) FROM meter_values)") == 1);
		/* The last one again, as a station would after the reconnect: answered, stored
		 * once. */
		fixture_put(&f, number % 2 == 0
		                    ? meter_record("CS1", number)
		                    : tx_record("CS1", "tx", (int64_t)number, VS_CORE_TX_UPDATED));
		CHECK(f.duplicates == 1 && f.failed == 0);
		CHECK(fixture_ask(&f, sql) == (int64_t)number);
		fixture_forget(&f);
		vs_store_close(&f.store);
		next = (uint64_t)fixture_ask(
		    &f, "SELECT max((SELECT max(message_hash) FROM meter_values),"
			" (SELECT max(seq_no) FROM tx_event)) + 1");
		CHECK(fixture_ask(&f, "SELECT (SELECT count(*) FROM meter_values) + (SELECT "
		                      "count(*) FROM tx_event) + 1") == (int64_t)next);
	}
	fixture_done(&f);
}

int
main(void)
{
	CASE(a_killed_process_loses_nothing_it_reported);
	CASE(opens_private_and_keeps_its_key);
	CASE_OF_SQLITE(tightens_a_file_that_others_could_read);
	CASE(refuses_a_second_process);
	CASE_OF_SQLITE(refuses_what_is_not_a_store);
	CASE(fails_commands_that_a_dead_process_left);
	CASE(closing_commits_what_is_queued);
	return 0;
}
