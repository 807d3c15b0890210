/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/share.h"

#include <sqlite3.h>

#include "shared_house.h"

static void
one_machine_shares_nothing(void)
{
	struct vs_keys_share_news news;
	struct vs_keys_share share;
	struct vs_keys_share_step step;
	struct vs_keystore_vault row;
	struct vs_buf sealed;
	struct house house;

	house_begin(&house);
	share = share_of(&house);
	share.is_first = false;
	CHECK_OK(vs_keys_share_follow(&share, &news));
	CHECK(!news.is_shared && !news.is_changed);
	CHECK_OK(vs_keys_share_prepare(&share, false, &step));
	CHECK(!step.is_shared);
	CHECK_OK(vs_keys_share_settle(&share, &step, VS_OK));
	CHECK_OK(vs_keys_share_write(&share, false, "test"));
	vs_buf_init(&sealed, VS_KEYSTORE_VAULT_SIZE);
	CHECK_ERR(house.keystore.vault(house.keystore.self, &sealed, NULL, &row), NOT_FOUND);
	vs_buf_done(&sealed);
	house_end(&house);
}

/* Before there is a CA there is nothing to give. */
static void
nothing_is_written_without_a_ca(void)
{
	struct vs_keys_share_news news;
	struct vs_keys_share share;
	struct house house;

	house_open(&house);
	share = share_of(&house);
	CHECK_OK(vs_keys_share_follow(&share, &news));
	CHECK(!news.is_shared);
	house_end(&house);
}

static void
the_second_takes_what_the_first_wrote(void)
{
	struct vs_keys_share_news news;
	struct vs_keystore_vault row;
	struct vs_keys_share share;
	struct vs_buf sealed, root;
	struct two two;

	two_make(&two);
	two_join(&two);
	CHECK(view_of(&two.b).current == 1);
	share = share_of(&two.b);
	CHECK_OK(vs_keys_share_follow(&share, &news));
	CHECK(news.is_shared && !news.is_changed);
	vs_buf_init(&sealed, VS_KEYSTORE_VAULT_SIZE);
	vs_buf_init(&root, 100);
	CHECK_OK(two.a.keystore.vault(two.a.keystore.self, &sealed, &root, &row));
	CHECK(row.version == 1 && vs_bytes_equal_text(row.root, "{\"format\":1}"));
	vs_buf_done(&root);
	vs_buf_done(&sealed);
	two_end(&two);
}

static void
what_a_command_changed_is_written(void)
{
	struct vs_keys_share a, b;
	struct vs_keys_share_news news;
	struct two two;

	two_make(&two);
	two_join(&two);
	a = share_of(&two.a);
	b = share_of(&two.b);
	CHECK_OK(vs_keys_client_ca_next(two.a.client));
	CHECK_OK(vs_keys_share_write(&a, false, "test"));
	CHECK(version_of(&two.a) == 2 && view_of(&two.b).next == 0);
	CHECK_OK(vs_keys_share_follow(&b, &news));
	CHECK(news.is_changed && news.version == 2 && view_of(&two.b).next == 2);
	two_end(&two);
}

/* It was done here and written nowhere: stopped in between, or refused. */
static void
what_was_not_written_is_taken_back(void)
{
	struct vs_keys_share share;
	struct vs_keys_share_news news;
	struct vs_keys_share_step step;
	struct two two;

	two_make(&two);
	share = share_of(&two.a);
	CHECK_OK(vs_keys_client_ca_next(two.a.client));
	CHECK_OK(vs_keys_share_follow(&share, &news));
	CHECK(news.is_changed && view_of(&two.a).next == 0 && version_of(&two.a) == 1);
	CHECK_OK(vs_keys_client_ca_next(two.a.client));
	CHECK_OK(vs_keys_share_prepare(&share, false, &step));
	CHECK(step.is_shared && step.change.from_version == 1);
	CHECK_ERR(vs_keys_share_settle(&share, &step, VS_FAIL(AUDIT_UNAVAILABLE)),
	          AUDIT_UNAVAILABLE);
	CHECK(view_of(&two.a).next == 0 && version_of(&two.a) == 1);
	two_end(&two);
}

static void
of_two_at_once_one_is_told(void)
{
	struct vs_keystore_audit audit = {
	    .at_ms = 1, .tenant = "", .actor = "test", .event = "t", .result = "ok"};
	struct vs_keys_share a, b;
	struct vs_keys_share_step of_a, of_b;
	struct two two;
	vs_result r;

	two_make(&two);
	two_join(&two);
	a = share_of(&two.a);
	b = share_of(&two.b);
	CHECK_OK(vs_keys_client_ca_next(two.a.client));
	CHECK_OK(vs_keys_client_ca_next(two.b.client));
	CHECK_OK(vs_keys_share_prepare(&a, false, &of_a));
	CHECK_OK(vs_keys_share_prepare(&b, false, &of_b));
	r = vs_keystore_apply(&two.b.keystore, &of_b.change, 1, &audit, 1);
	CHECK_OK(vs_keys_share_settle(&b, &of_b, r));
	r = vs_keystore_apply(&two.a.keystore, &of_a.change, 1, &audit, 1);
	CHECK_ERR(vs_keys_share_settle(&a, &of_a, r), CONFLICT);
	CHECK(version_of(&two.a) == 2 && view_of(&two.a).next == 2);
	CHECK_OK(vs_keys_client_ca_promote(two.a.client)); /* with b's keys */
	CHECK_OK(vs_keys_share_write(&a, false, "test"));
	two_end(&two);
}

/* A keystore of an older backup: what this node has is newer, and written again. */
static void
an_older_store_gets_what_is_here(void)
{
	static const char reset[] = "DROP TRIGGER vault_deleted; DELETE FROM vault;";
	struct vs_keys_share share;
	struct vs_keys_share_news news;
	char path[VS_PATH_SIZE];
	sqlite3 *file = NULL;
	struct two two;

	two_make(&two);
	share = share_of(&two.a);
	CHECK_OK(vs_keys_share_write(&share, false, "test"));
	CHECK_OK(vs_keys_share_write(&share, false, "test"));
	CHECK(version_of(&two.a) == 3);
	CHECK_OK(vs_path_join(two.a.rig.dir, "keystore.db", path));
	CHECK(sqlite3_open(path, &file) == SQLITE_OK);
	CHECK(sqlite3_exec(file, reset, NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(file) == SQLITE_OK);
	CHECK_OK(vs_keys_share_follow(&share, &news));
	CHECK(news.is_shared && version_of(&two.a) == 4);
	two_end(&two);
}

int
main(void)
{
	CASE(one_machine_shares_nothing);
	CASE(nothing_is_written_without_a_ca);
	CASE(the_second_takes_what_the_first_wrote);
	CASE(what_a_command_changed_is_written);
	CASE(what_was_not_written_is_taken_back);
	CASE(of_two_at_once_one_is_told);
	CASE(an_older_store_gets_what_is_here);
	return 0;
}
