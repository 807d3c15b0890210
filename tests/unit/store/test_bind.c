/* SPDX-License-Identifier: Apache-2.0 */
#include "store/bind.h"

#include "fixture.h"

static vs_result
open_with(struct fixture *f, const char *keystore)
{
	struct vs_store_options options = fixture_options(f);

	options.keystore = keystore;
	return vs_store_open(&options, f->reason, sizeof(f->reason), &f->store);
}

static void
a_store_stays_with_its_keystore(void)
{
	struct fixture f;
	int64_t sealed;

	fixture_init(&f);
	CHECK_OK(open_with(&f, "00aa:5"));
	vs_store_close(&f.store);
	CHECK_OK(open_with(&f, "00aa:5"));
	vs_store_close(&f.store);
	sealed = fixture_ask(&f, "SELECT total(length(value)) FROM installation");
	CHECK_ERR(open_with(&f, "00aa:6"), CONFIG);
	CHECK(f.store == NULL);
	CHECK(strstr(f.reason, "another keystore") != NULL && strstr(f.reason, f.path) != NULL);
	/* Refused before anything was sealed with the wrong keys. */
	CHECK(fixture_ask(&f, "SELECT total(length(value)) FROM installation") == sealed);
	CHECK(fixture_ask(&f, "SELECT identity = '00aa:5' FROM keystore") == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM keystore") == 1);
	CHECK_OK(open_with(&f, "00aa:5"));
	fixture_done(&f);
}

static void
the_words_name_the_file(void)
{
	char reason[256] = "";
	sqlite3 *sqlite = NULL;

	CHECK(sqlite3_open(":memory:", &sqlite) == SQLITE_OK);
	CHECK(vs_store_bind_keystore(sqlite, "s.db", "a", reason, sizeof(reason)).code !=
	      VS_E_OK); /* no table */
	CHECK(sqlite3_exec(sqlite,
	                   "CREATE TABLE keystore(id INTEGER PRIMARY KEY, identity TEXT NOT NULL)",
	                   NULL, NULL, NULL) == SQLITE_OK);
	CHECK_OK(vs_store_bind_keystore(sqlite, "s.db", "a", reason, sizeof(reason)));
	CHECK_OK(vs_store_bind_keystore(sqlite, "s.db", "a", reason, sizeof(reason)));
	CHECK_ERR(vs_store_bind_keystore(sqlite, "s.db", "A", reason, sizeof(reason)), CONFIG);
	CHECK(strncmp(reason, "s.db ", 5) == 0);
	(void)sqlite3_close(sqlite);
}

int
main(void)
{
	CASE(a_store_stays_with_its_keystore);
	CASE(the_words_name_the_file);
	return 0;
}
