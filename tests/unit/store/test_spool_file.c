/* SPDX-License-Identifier: Apache-2.0 */
#include "store/spool_file.h"

#include "base/file.h"
#include "fixture.h"

static void
it_is_made_once_and_for_its_owner_alone(void)
{
	struct fixture f;
	struct sqlite3 *sqlite = NULL;
	struct stat st;
	int64_t last = -1, mode = -1;

	fixture_init(&f);
	CHECK_OK(vs_store_spool_file_open(f.path, f.reason, sizeof(f.reason), &sqlite));
	CHECK(stat(f.path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK_OK(vs_store_spool_ask(sqlite, "SELECT last FROM file", &last));
	CHECK_OK(vs_store_spool_ask(sqlite, "PRAGMA synchronous", &mode));
	CHECK(last == 0 && mode == 2); /* FULL */
	CHECK(sqlite3_exec(sqlite, "UPDATE file SET last = 7", NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(sqlite) == SQLITE_OK);
	CHECK_OK(vs_store_spool_file_open(f.path, f.reason, sizeof(f.reason), &sqlite));
	CHECK_OK(vs_store_spool_ask(sqlite, "SELECT last FROM file", &last));
	CHECK(last == 7);
	CHECK_ERR(vs_store_spool_ask(sqlite, "SELECT last FROM nothing", &last), IO);
	CHECK(sqlite3_close(sqlite) == SQLITE_OK);
	fixture_done(&f);
}

static void
other_files_are_refused(void)
{
	static const char *const marks[] = {"PRAGMA user_version = 99",
	                                    "PRAGMA application_id = 4711"};
	struct fixture f;
	struct sqlite3 *sqlite = NULL;

	fixture_init(&f);
	for (size_t i = 0; i < 2; i++) {
		CHECK_OK(vs_store_spool_file_open(f.path, f.reason, sizeof(f.reason), &sqlite));
		CHECK(sqlite3_exec(sqlite, marks[i], NULL, NULL, NULL) == SQLITE_OK);
		CHECK(sqlite3_close(sqlite) == SQLITE_OK);
		CHECK_ERR(vs_store_spool_file_open(f.path, f.reason, sizeof(f.reason), &sqlite),
		          CONFIG);
		CHECK(strstr(f.reason, "program") != NULL);
		CHECK(unlink(f.path) == 0);
	}
	CHECK_OK(vs_file_write(f.path, VS_BYTES_LITERAL("this is not a database at all, but text"
	                                                " that is long enough for a header....."
	                                                "......................................")));
	CHECK_ERR(vs_store_spool_file_open(f.path, f.reason, sizeof(f.reason), &sqlite), CONFIG);
	(void)snprintf(f.path, sizeof(f.path), "%s/no/folder", f.dir);
	CHECK_ERR(vs_store_spool_file_open(f.path, f.reason, sizeof(f.reason), &sqlite), IO);
	fixture_done(&f);
}

int
main(void)
{
	CASE(it_is_made_once_and_for_its_owner_alone);
	CASE(other_files_are_refused);
	return 0;
}
