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

static vs_result
bind_again(struct vs_store_db *db, void *arg)
{
	struct fixture *f = arg;

	CHECK_OK(vs_store_bind_keystore(db, "s.db", "a", f->reason, sizeof(f->reason)));
	CHECK_OK(vs_store_bind_keystore(db, "s.db", "a", f->reason, sizeof(f->reason)));
	return vs_store_bind_keystore(db, "s.db", "A", f->reason, sizeof(f->reason));
}

static void
the_words_name_the_file(void)
{
	struct fixture f;

	fixture_start(&f);
	CHECK_ERR(vs_store_do(f.store, bind_again, &f), CONFIG);
	CHECK(strncmp(f.reason, "s.db ", 5) == 0);
	fixture_done(&f);
}

int
main(void)
{
	CASE(a_store_stays_with_its_keystore);
	CASE(the_words_name_the_file);
	return 0;
}
