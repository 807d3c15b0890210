/* SPDX-License-Identifier: Apache-2.0 */
#include "store/seal.h"

#include "fixture.h"
#include "store/migrate.h"

static struct test_seal keys;
static struct vs_store_seal seal;
static char damaged[64];

static void
on_damaged(void *arg, const char *tenant, const char *table, const char *column)
{
	CHECK(arg == damaged);
	(void)snprintf(damaged, sizeof(damaged), "%s %s.%s", tenant, table, column);
}

static void
begin(void)
{
	memset(&keys, 0, sizeof(keys));
	damaged[0] = '\0';
	seal = (struct vs_store_seal){test_seal_port(&keys), on_damaged, damaged};
}

static void
a_row_s_key_is_unambiguous(void)
{
	static const uint8_t bytes[] = {0, 2, 'C', 'S', 0, 0, 0, 0, 0, 0, 0, 0, 1, 2};
	struct vs_store_row a, b;

	vs_store_row_begin(&a);
	vs_store_row_text(&a, "CS");
	vs_store_row_text(&a, "");
	vs_store_row_number(&a, 0x0102);
	CHECK(a.size == sizeof(bytes) && memcmp(a.data, bytes, sizeof(bytes)) == 0);
	vs_store_row_begin(&b);
	vs_store_row_text(&b, "C");
	vs_store_row_text(&b, "S");
	vs_store_row_number(&b, 0x0102);
	CHECK(a.size != b.size || memcmp(a.data, b.data, a.size) != 0);
	vs_store_row_begin(&a);
	for (int i = 0; i < 1000 && !a.is_full; i++)
		vs_store_row_text(&a, "123456");
	CHECK(a.is_full && a.size <= VS_STORE_ROW_SIZE);
	vs_store_row_number(&a, 1);
	CHECK(a.is_full);
}

static void
seals_for_a_cell_and_opens_there_only(void)
{
	enum vs_core_reading reading = VS_CORE_READ_WHOLE;
	struct vs_store_value first, second, none;
	struct vs_store_row row;
	struct vs_buf room;
	char text[8];

	begin();
	vs_buf_init(&room, 4096);
	vs_store_row_begin(&row);
	vs_store_row_text(&row, "CS1");
	CHECK_OK(vs_store_room(&room, 10, 2));
	CHECK_OK(vs_store_seal_value(&seal, VS_STORE_CELL_tx_token, "default", "CS1", &row, 1,
	                             VS_BYTES_LITERAL("04E2"), &room, &first));
	CHECK_OK(vs_store_seal_value(&seal, VS_STORE_CELL_tx_event_token, "default", "CS1", &row, 1,
	                             VS_BYTES_LITERAL("04E2"), &room, &second));
	CHECK(first.type == VS_STORE_SEALED && first.bytes.size == 4 + 34);
	CHECK(!vs_bytes_equal(first.bytes, second.bytes));
	CHECK_OK(vs_store_open_text(&seal, VS_STORE_CELL_tx_token, "default", &row, first.bytes,
	                            text, sizeof(text), &reading));
	CHECK(strcmp(text, "04E2") == 0 && reading == VS_CORE_READ_WHOLE);
	CHECK_OK(vs_store_open_text(&seal, VS_STORE_CELL_tx_token, "default", &row, second.bytes,
	                            text, sizeof(text), &reading));
	CHECK(text[0] == '\0' && reading == VS_CORE_READ_DAMAGED);
	CHECK(strcmp(damaged, "default tx.token") == 0);
	/* Nothing is NULL, and is whole. */
	reading = VS_CORE_READ_WHOLE;
	CHECK_OK(vs_store_seal_value(&seal, VS_STORE_CELL_tx_token, "default", "CS1", &row, 1,
	                             vs_bytes_from(NULL, 0), &room, &none));
	CHECK(none.type == VS_STORE_SEALED && none.bytes.data == NULL);
	CHECK_OK(vs_store_open_text(&seal, VS_STORE_CELL_tx_token, "default", &row, none.bytes,
	                            text, sizeof(text), &reading));
	CHECK(text[0] == '\0' && reading == VS_CORE_READ_WHOLE);
	vs_buf_done(&room);
}

static void
erased_is_not_damaged_and_an_error_is_an_error(void)
{
	enum vs_core_reading reading = VS_CORE_READ_WHOLE;
	struct vs_store_value value;
	struct vs_store_row row;
	struct vs_buf room;
	char text[8];

	begin();
	vs_buf_init(&room, 4096);
	vs_store_row_begin(&row);
	CHECK_OK(vs_store_room(&room, 4, 1));
	CHECK_OK(vs_store_seal_value(&seal, VS_STORE_CELL_tx_token, "default", "CS1", &row, 1,
	                             VS_BYTES_LITERAL("04E2"), &room, &value));
	keys.erased = test_seal_dek("CS1");
	CHECK_OK(vs_store_open_text(&seal, VS_STORE_CELL_tx_token, "default", &row, value.bytes,
	                            text, sizeof(text), &reading));
	CHECK(reading == VS_CORE_READ_ERASED && damaged[0] == '\0');
	reading = VS_CORE_READ_DAMAGED; /* of another column of the row: the worse stays */
	CHECK_OK(vs_store_open_text(&seal, VS_STORE_CELL_tx_token, "default", &row, value.bytes,
	                            text, sizeof(text), &reading));
	CHECK(reading == VS_CORE_READ_DAMAGED);
	keys.fails = VS_E_CLOSED;
	CHECK_ERR(vs_store_seal_value(&seal, VS_STORE_CELL_tx_token, "default", "CS1", &row, 1,
	                              VS_BYTES_LITERAL("04E2"), &room, &value),
	          CLOSED);
	row.is_full = true;
	CHECK_ERR(vs_store_seal_value(&seal, VS_STORE_CELL_tx_token, "default", "CS1", &row, 1,
	                              VS_BYTES_LITERAL("04E2"), &room, &value),
	          TOO_LONG);
	vs_buf_done(&room);
}

static void
an_index_is_of_the_token_in_any_case(void)
{
	uint8_t a[VS_STORE_INDEX_SIZE], b[VS_STORE_INDEX_SIZE], long_one[300] = {0};

	begin();
	CHECK_OK(vs_store_token_index(&seal, "default", VS_BYTES_LITERAL("04E2aZ[@"), a));
	CHECK_OK(vs_store_token_index(&seal, "default", VS_BYTES_LITERAL("04e2Az[@"), b));
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	CHECK_OK(vs_store_token_index(&seal, "default", VS_BYTES_LITERAL("04e2az{`"), b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	CHECK_OK(vs_store_token_index(&seal, "other", VS_BYTES_LITERAL("04E2aZ[@"), b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	CHECK_ERR(vs_store_token_index(&seal, "default", vs_bytes_from(long_one, 300), a),
	          BAD_VALUE);
}

static int64_t
ask(sqlite3 *sqlite, const char *sql, const char *table, const char *column)
{
	sqlite3_stmt *statement = NULL;
	int64_t number;

	CHECK(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK);
	CHECK(sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC) == SQLITE_OK);
	CHECK(sqlite3_bind_text(statement, 2, column, -1, SQLITE_STATIC) == SQLITE_OK);
	CHECK(sqlite3_step(statement) == SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	CHECK(sqlite3_finalize(statement) == SQLITE_OK);
	return number;
}

/* Text that somebody binds to one of them by mistake is refused by the file itself: STRICT BLOB. */
static void
each_cell_is_a_blob_with_a_key_that_is_there(void)
{
	static const char of_table[] = "SELECT count(*) FROM pragma_table_info(?) WHERE name = ?";
	sqlite3 *sqlite = NULL;
	char reason[256] = "";

	CHECK(sqlite3_open(":memory:", &sqlite) == SQLITE_OK);
	CHECK_OK(vs_store_migrate(sqlite, VS_STORE_APPLICATION_ID, vs_store_migrations,
	                          vs_store_migration_count, reason, sizeof(reason)));
	for (unsigned i = 0; i < VS_STORE_CELL_COUNT; i++) {
		const struct vs_store_cell_info *cell = &vs_store_cells[i];
		char index[64];

		CHECK(ask(sqlite,
		          "SELECT count(*) FROM pragma_table_info(?) WHERE name = ? AND type = "
		          "'BLOB'",
		          cell->table, cell->column) == 1);
		for (const char *name = cell->key; *name != '\0';) {
			char column[64];
			size_t size = strcspn(name, ",");

			CHECK(size > 0 && size < sizeof(column));
			memcpy(column, name, size);
			column[size] = '\0';
			/* tx_event has its station and transaction through its tx. */
			CHECK(ask(sqlite, of_table, cell->table, column) == 1 ||
			      (strcmp(cell->table, "tx_event") == 0 &&
			       ask(sqlite, of_table, "tx", column) == 1));
			name += size;
			name += strspn(name, ", ");
		}
		(void)snprintf(index, sizeof(index), "%s_index", cell->column);
		CHECK(ask(sqlite, of_table, cell->table, index) == cell->is_blind);
	}
	/* All other blobs are known to be no secret: the hash of a certificate, a blind index,
	 * the hash of a one-time token where it is made and where it was used, the hash of a
	 * device's token, its public key, salts and windows of message numbers, the blind index of
	 * what an operator logs in with, the hashes of API tokens and sessions, the public key of a
	 * provisioned device and the digests of its last message and answer. */
	CHECK(ask(sqlite,
	          "SELECT count(*) FROM pragma_table_list AS t, pragma_table_info(t.name) AS c"
	          " WHERE t.schema = 'main' AND c.type = 'BLOB' AND t.name NOT LIKE 'plain_%'"
	          " AND ?1 = ?1 AND ?2 = ?2",
	          "", "") == VS_STORE_CELL_COUNT + 14);
	(void)sqlite3_close(sqlite);
}

static void
nobody_s_subject_is_a_station(void)
{
	CHECK(strcmp(vs_store_subject_of(VS_STORE_CELL_tx_token, "CS1"), "CS1") == 0);
	CHECK(strcmp(vs_store_subject_of(VS_STORE_CELL_event_payload, ""), ":central") == 0);
	CHECK(strcmp(vs_store_subject_of(VS_STORE_CELL_token_token, "CS1"), ":token") == 0);
	CHECK(strcmp(vs_store_subject_of(VS_STORE_CELL_installation_value, ""), ":central") == 0);
	CHECK(!vs_core_identity_is_valid(vs_bytes_from_text(VS_STORE_OF_TOKENS)));
	CHECK(!vs_core_identity_is_valid(vs_bytes_from_text(VS_STORE_OF_CENTRAL)));
}

int
main(void)
{
	CASE(a_row_s_key_is_unambiguous);
	CASE(seals_for_a_cell_and_opens_there_only);
	CASE(erased_is_not_damaged_and_an_error_is_an_error);
	CASE(an_index_is_of_the_token_in_any_case);
	CASE(each_cell_is_a_blob_with_a_key_that_is_there);
	CASE(nobody_s_subject_is_a_station);
	return 0;
}
