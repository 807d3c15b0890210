/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keystore.h"

#include "keystore_fixture.h"

static void
what_is_added_comes_back_after_a_restart(void)
{
	struct keystore_fixture k;
	struct vs_keystore_change change = new_key(1, VS_KEYS_ACTIVE);
	struct vs_keystore_key key;
	struct vs_keystore_kek kek;

	start(&k);
	add_parents(&k);
	memset(change.u.key.oid, 7, sizeof(change.u.key.oid));
	CHECK_OK(apply_one(&k, &change));
	CHECK(change.u.key.key_id == 1);
	vs_store_keystore_close(&k.keystore);
	open_it(&k);
	CHECK_OK(k.port.key(k.port.self, 1, &key));
	CHECK(key.state == VS_KEYS_ACTIVE && key.version == 1 && key.kek_version == 1);
	CHECK(strcmp(key.owner, "CS-0001") == 0 && strcmp(key.kind, "device/field") == 0);
	CHECK(key.wrapped.size == 62 && memcmp(&key.wrapped, &change.u.key.wrapped, 63) == 0);
	CHECK(memcmp(key.oid, change.u.key.oid, sizeof(key.oid)) == 0);
	CHECK(key.created_ms == 10 && key.offered_ms == VS_KEYS_NEVER);
	CHECK_OK(k.port.find(k.port.self, "t", "device/field", "CS-0001", "", 0, &key));
	CHECK_OK(k.port.find(k.port.self, "t", "device/field", "CS-0001", "", 1, &key));
	CHECK_ERR(k.port.find(k.port.self, "t", "device/field", "CS-0001", "", 2, &key), NOT_FOUND);
	CHECK_ERR(k.port.find(k.port.self, "u", "device/field", "CS-0001", "", 1, &key), NOT_FOUND);
	CHECK_OK(k.port.find_state(k.port.self, "t", "device/field", "CS-0001", "", VS_KEYS_ACTIVE,
	                           &key));
	CHECK_ERR(k.port.find_state(k.port.self, "t", "device/field", "CS-0001", "",
	                            VS_KEYS_REVOKED, &key),
	          NOT_FOUND);
	CHECK_OK(k.port.kek(k.port.self, "t", 0, &kek));
	CHECK(kek.kek.version == 1 && strcmp(kek.kek.root_id, "0123456789abcdef") == 0);
	CHECK_ERR(k.port.kek(k.port.self, "t", 2, &kek), NOT_FOUND);
	done(&k);
}

static void
all_of_a_transaction_or_nothing(void)
{
	struct keystore_fixture k;
	struct vs_keystore_audit rows[2] = {audit("a"), audit("b")};
	struct vs_keystore_change changes[2] = {new_key(1, VS_KEYS_ACTIVE),
	                                        new_key(3, VS_KEYS_PRE_ACTIVE)};

	start(&k);
	add_parents(&k);
	CHECK_ERR(k.port.apply(k.port.self, changes, 2, rows, 2), CONFLICT);
	CHECK(fixture_ask(&k.f, "SELECT count(*) FROM key") == 0);
	CHECK(fixture_ask(&k.f, "SELECT count(*) FROM audit") == 2);
	changes[1] = new_key(2, VS_KEYS_PRE_ACTIVE);
	CHECK_OK(k.port.apply(k.port.self, changes, 2, rows, 2));
	CHECK(fixture_ask(&k.f, "SELECT count(*) FROM key") == 2);
	done(&k);
}

/* The rules of the schema, whatever the program thinks. */
static void
the_schema_keeps_the_rules(void)
{
	struct keystore_fixture k;
	struct vs_keystore_change change = new_key(1, VS_KEYS_ACTIVE);
	int64_t second;

	start(&k);
	change.u.key.kek_version = 1;
	CHECK_ERR(apply_one(&k, &change), CONFLICT); /* no tenant KEK */
	add_parents(&k);
	CHECK_OK(apply_one(&k, &change));
	CHECK_ERR(apply_one(&k, &change), CONFLICT); /* a version twice */
	change = new_key(3, VS_KEYS_PRE_ACTIVE);
	CHECK_ERR(apply_one(&k, &change), CONFLICT); /* a gap */
	change = new_key(2, VS_KEYS_ACTIVE);
	CHECK_ERR(apply_one(&k, &change), CONFLICT); /* two active ones */
	change = new_key(2, VS_KEYS_PRE_ACTIVE);
	CHECK_OK(apply_one(&k, &change));
	second = change.u.key.key_id;
	change = new_key(3, VS_KEYS_PRE_ACTIVE);
	CHECK_ERR(apply_one(&k, &change), CONFLICT); /* two pre-active ones */
	CHECK_ERR(step(&k, second, VS_KEYS_ACTIVE, VS_KEYS_REVOKED),
	          CONFLICT); /* it is not active */
	CHECK_OK(step(&k, second, VS_KEYS_PRE_ACTIVE, VS_KEYS_REVOKED));
	CHECK_ERR(step(&k, second, VS_KEYS_REVOKED, VS_KEYS_ACTIVE), CONFLICT);
	CHECK_OK(step(&k, second, VS_KEYS_REVOKED, VS_KEYS_DESTROYED));
	CHECK_ERR(step(&k, second, VS_KEYS_DESTROYED, VS_KEYS_REVOKED), CONFLICT);
	/* Another key for the same epoch. */
	change = new_key(1, VS_KEYS_ACTIVE);
	change.kind = VS_KEYSTORE_KEY_REWRAP;
	change.u.key.key_id = 1;
	change.from_version = 1;
	wrapped_fill(&change.u.key.wrapped, 0x77);
	CHECK_ERR(apply_one(&k, &change), CONFLICT);
	/* A KEK that keys hang on. */
	change = (struct vs_keystore_change){.kind = VS_KEYSTORE_KEK_STEP, .from = VS_KEYS_ACTIVE};
	CHECK_OK(k.port.kek(k.port.self, "t", 1, &change.u.kek));
	change.u.kek.state = VS_KEYS_DESTROYED;
	CHECK_ERR(apply_one(&k, &change), CONFLICT);
	done(&k);
}

static vs_result
sql(struct keystore_fixture *k, const char *text)
{
	sqlite3 *sqlite = NULL;
	int rc;

	if (on_postgres())
		return postgres_try(k->f.database, text) ? VS_OK : VS_FAIL(CONFLICT);
	CHECK(sqlite3_open(k->f.path, &sqlite) == SQLITE_OK);
	rc = sqlite3_exec(sqlite, text, NULL, NULL, NULL);
	CHECK(sqlite3_close(sqlite) == SQLITE_OK);
	return rc == SQLITE_OK ? VS_OK : VS_FAIL(CONFLICT);
}

static void
no_change_without_an_audit_record(void)
{
	struct keystore_fixture k;
	struct vs_keystore_change change = new_key(1, VS_KEYS_ACTIVE);

	start(&k);
	add_parents(&k);
	CHECK_OK(apply_one(&k, &change));
	CHECK_ERR(sql(&k, "UPDATE key SET state = 'revoked'"), CONFLICT);
	CHECK_ERR(sql(&k, "UPDATE key SET state = 'revoked', audit_id = 99"), CONFLICT);
	CHECK_ERR(sql(&k, "UPDATE key SET owner = 'x', audit_id = (SELECT max(id) FROM audit)"),
	          CONFLICT);
	CHECK_ERR(sql(&k, "UPDATE tenant_kek SET state = 'decrypt-only'"), CONFLICT);
	CHECK_ERR(sql(&k, "UPDATE audit SET event = 'x'"), CONFLICT);
	CHECK_ERR(sql(&k, "DELETE FROM audit"), CONFLICT);
	CHECK_ERR(sql(&k, "DELETE FROM key"), CONFLICT);
	CHECK_ERR(sql(&k, "DELETE FROM tenant_kek"), CONFLICT);
	CHECK_OK(sql(&k, "UPDATE key SET seq_floor = 64")); /* no change of the key */
	done(&k);
}

static bool
is_in_file(const char *path, const uint8_t *what, size_t size)
{
	static uint8_t room[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t got;

	if (file == NULL)
		return false;
	got = fread(room, 1, sizeof(room), file);
	CHECK(got < sizeof(room) && fclose(file) == 0);
	return memmem(room, got, what, size) != NULL;
}

static void
the_destroyed_are_nowhere_in_the_files(void)
{
	struct keystore_fixture k;
	struct vs_keystore_change change = new_key(1, VS_KEYS_ACTIVE);
	struct vs_keystore_key key;
	char wal[128];
	const uint8_t pattern[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

	start(&k);
	(void)snprintf(wal, sizeof(wal), "%s-wal", k.f.path);
	add_parents(&k);
	CHECK_OK(apply_one(&k, &change));
	CHECK(is_in_file(wal, pattern, 16));
	CHECK_OK(k.port.checkpoint(k.port.self));
	CHECK(is_in_file(k.f.path, pattern, 16) && !is_in_file(wal, pattern, 16));
	CHECK_OK(step(&k, 1, VS_KEYS_ACTIVE, VS_KEYS_DESTROYED));
	CHECK_OK(k.port.checkpoint(k.port.self));
	CHECK(!is_in_file(k.f.path, pattern, 16) && !is_in_file(wal, pattern, 16));
	CHECK_OK(k.port.key(k.port.self, 1, &key));
	CHECK(key.state == VS_KEYS_DESTROYED && key.wrapped.data[5] == 0 && key.destroyed_ms == 98);
	done(&k);
}

static void
the_long_destroyed_are_forgotten_but_not_the_last(void)
{
	struct keystore_fixture k;
	struct vs_keystore_change change;
	int64_t count = 0;

	start(&k);
	add_parents(&k);
	for (uint32_t version = 1; version <= 3; version++) {
		change = new_key(version, VS_KEYS_ACTIVE);
		CHECK_OK(apply_one(&k, &change));
		CHECK_OK(step(&k, version, VS_KEYS_ACTIVE, VS_KEYS_DESTROYED));
	}
	CHECK_OK(k.port.purge(k.port.self, 98, &count));
	CHECK(count == 0);
	CHECK_OK(k.port.purge(k.port.self, 99, &count));
	CHECK(count == 2);
	change = new_key(3, VS_KEYS_ACTIVE);
	CHECK_ERR(apply_one(&k, &change), CONFLICT); /* the epoch was used */
	change = new_key(4, VS_KEYS_ACTIVE);
	CHECK_OK(apply_one(&k, &change));
	done(&k);
}

/* --- files ----------------------------------------------------------------------------------- */

static void
one_process_and_only_a_keystore(void)
{
	struct keystore_fixture k;
	struct vs_store_keystore *second = NULL;
	struct stat status;

	start(&k);
	CHECK(stat(k.f.path, &status) == 0 && (status.st_mode & 0777) == 0600);
	CHECK_ERR(vs_store_keystore_open(&k.f.place, k.f.reason, sizeof(k.f.reason), &second),
	          CONFIG);
	CHECK(strstr(k.f.reason, "another process") != NULL && second == NULL);
	vs_store_keystore_close(&k.keystore);
	vs_store_keystore_close(&k.keystore);
	/* The daemon's store is no keystore, nor is this one a store. */
	CHECK_ERR(fixture_open(&k.f), CONFIG);
	CHECK(strstr(k.f.reason, "another program") != NULL);
	CHECK_ERR(vs_store_keystore_open(&(const struct vs_store_place){.path = "/nowhere/k.db"},
	                                 k.f.reason, sizeof(k.f.reason), &second),
	          CONFIG);
	CHECK(fixture_ask(
		  &k.f,
		  "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
		  " AND name NOT LIKE 'sqlite_%' AND strict = 0") == 0);
	done(&k);
}

static struct vs_keystore_change
vault_change(uint32_t from, uint32_t version, const char *sealed, const char *root)
{
	struct vs_keystore_change change = {
	    .kind = VS_KEYSTORE_VAULT_PUT,
	    .from_version = from,
	    .u.vault = {.installation = "00112233445566778899aabbccddeeff",
	                .version = version,
	                .sealed = vs_bytes_from_text(sealed),
	                .root = vs_bytes_from_text(root)},
	};

	return change;
}

/* Of two who write the same next version, the second is told; a version never falls. */
static void
the_vault_of_several_nodes(void)
{
	struct vs_keystore_change change = vault_change(0, 1, "one", "{}");
	struct vs_keystore_vault row;
	struct vs_buf sealed, root;
	struct keystore_fixture k;

	start(&k);
	vs_buf_init(&sealed, 100);
	vs_buf_init(&root, 100);
	CHECK_ERR(k.port.vault(k.port.self, &sealed, &root, &row), NOT_FOUND);
	CHECK_OK(apply_one(&k, &change));
	CHECK_ERR(apply_one(&k, &change), CONFLICT);
	change = vault_change(1, 2, "two", "");
	CHECK_OK(apply_one(&k, &change));
	CHECK_ERR(apply_one(&k, &change), CONFLICT);
	change = vault_change(2, 2, "again", "");
	CHECK_ERR(apply_one(&k, &change), CONFLICT);
	change = vault_change(2, 3, "other", "");
	change.u.vault.installation[0] = 'f';
	CHECK_ERR(apply_one(&k, &change), CONFLICT);
	CHECK_OK(k.port.vault(k.port.self, &sealed, &root, &row));
	CHECK(row.version == 2 && vs_bytes_equal_text(row.sealed, "two"));
	CHECK(vs_bytes_equal_text(row.root, "{}") && row.installation[0] == '0');
	vs_buf_done(&sealed);
	vs_buf_done(&root);
	done(&k);
}

int
main(void)
{
	CASE(what_is_added_comes_back_after_a_restart);
	CASE(all_of_a_transaction_or_nothing);
	CASE(the_schema_keeps_the_rules);
	CASE(no_change_without_an_audit_record);
	CASE_OF_SQLITE(the_destroyed_are_nowhere_in_the_files);
	CASE(the_long_destroyed_are_forgotten_but_not_the_last);
	CASE_OF_SQLITE(one_process_and_only_a_keystore);
	CASE(the_vault_of_several_nodes);
	return 0;
}
