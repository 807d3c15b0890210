/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reencrypt.h"

#include "fixture.h"

#define STEPS_MAX 2000

/* How many values in the whole file were sealed with this data key. */
static int64_t
count_of(struct fixture *f, uint32_t dek_id)
{
	int64_t count = 0;

	for (unsigned i = 0; i < VS_STORE_CELL_COUNT; i++) {
		char sql[256];

		(void)snprintf(sql, sizeof(sql),
		               "SELECT count(*) FROM %s WHERE substr(%s, 3, 4) = x'%08x'",
		               vs_store_cells[i].table, vs_store_cells[i].column, dek_id);
		count += fixture_ask(f, sql);
	}
	return count;
}

static size_t
reencrypt(struct fixture *f, uint32_t dek_id, size_t limit, unsigned *steps_out)
{
	int64_t cursor = 0;
	size_t moved = 0;
	bool is_over = false;

	for (*steps_out = 0; !is_over; (*steps_out)++) {
		size_t count = 0;

		CHECK(*steps_out < STEPS_MAX);
		CHECK_OK(vs_store_reencrypt_step(f->store, "default", dek_id, limit, &cursor,
		                                 &count, &is_over));
		moved += count;
	}
	return moved;
}

static void
fill(struct fixture *f, const char *station, int events)
{
	struct vs_core_record *record = record_new(VS_RECORD_station_put, station, "");

	(void)snprintf(record->u.station_put.tenant, VS_CORE_TENANT_SIZE, "default");
	(void)snprintf(record->u.station_put.identity, VS_CORE_IDENTITY_SIZE, "%s", station);
	record->u.station_put.has_verifier = true;
	fixture_put(f, record);
	record = record_new(VS_RECORD_token_put, "", "");
	(void)snprintf(record->u.token_put.token_text, VS_CORE_TOKEN_SIZE, "T-%s", station);
	fixture_put(f, record);
	for (int i = 0; i < events; i++) {
		fixture_put(f, record_new(VS_RECORD_event, station, "{}"));
		fixture_put(f, tx_record(station, "tx-1", i, VS_CORE_TX_UPDATED));
	}
	record = record_new(VS_RECORD_command, station, "{}");
	(void)snprintf(record->u.command.id, VS_CORE_UUID_SIZE, "c-%s", station);
	fixture_put(f, record);
	fixture_put(f, record_new(VS_RECORD_report, station,
	                          "[{\"component\":{\"name\":\"C\"},\"variable\":{\"name\":\"V\"},"
	                          "\"variableAttribute\":[{\"value\":\"1\"}]}]"));
	CHECK(f->failed == 0);
}

static bool
see(const struct vs_core_event_row *row, void *arg)
{
	unsigned *whole = arg;

	*whole += row->reading == VS_CORE_READ_WHOLE && row->payload.size == 2;
	return true;
}

static void
all_of_one_key_is_moved_and_nothing_else(void)
{
	struct fixture f;
	uint32_t one = test_seal_dek("CS1"), two = test_seal_dek("CS2");
	unsigned steps = 0, whole = 0;

	fixture_start(&f);
	fill(&f, "CS1", 25);
	fill(&f, "CS2", 5);
	CHECK(count_of(&f, one) == 1 + 25 + 25 + 1 + 1 && count_of(&f, two) == 13);
	f.seal.version = 1;
	CHECK(reencrypt(&f, one, 10, &steps) == 53);
	CHECK(on_postgres() ||
	      steps == VS_STORE_CELL_COUNT + 4); /* 25 events are three times ten */
	CHECK(count_of(&f, one) == 0 && count_of(&f, one + 2000003u) == 53);
	CHECK(count_of(&f, two) == 13);
	f.seal.erased = one; /* as the job does when it is over */
	CHECK_OK(f.reader.events(f.reader.self, "default",
	                         &(struct vs_core_event_filter){.station = ""}, INT64_MAX, 99, see,
	                         &whole));
	CHECK(whole == 30);
	CHECK(reencrypt(&f, one, 10, &steps) == 0);
	CHECK(reencrypt(&f, test_seal_dek(VS_STORE_OF_TOKENS), 10, &steps) == 2);
	/* The key of the hashes, and of nodes that of the bus. */
	CHECK(reencrypt(&f, test_seal_dek(VS_STORE_OF_CENTRAL), 10, &steps) ==
	      (on_postgres() ? 2 : 1));
	fixture_reopen(&f); /* the key of the hashes is still there */
	CHECK(f.damaged_count == 0);
	fixture_done(&f);
}

static void
what_does_not_open_is_left_and_told(void)
{
	struct fixture f;
	uint32_t one = test_seal_dek("CS1");
	unsigned steps = 0;

	fixture_start(&f);
	fill(&f, "CS1", 3);
	fixture_do(
	    &f, "UPDATE event SET payload = (SELECT payload FROM event WHERE id = 1) WHERE id = 2");
	f.seal.version = 1;
	CHECK(reencrypt(&f, one, 10, &steps) == 8);
	CHECK(f.damaged_count == 1 && count_of(&f, one) == 1);
	fixture_done(&f);
}

static void
an_error_takes_the_step_back(void)
{
	struct fixture f;
	int64_t cursor = 0;
	size_t count = 0;
	bool is_over = false;
	vs_result r = VS_OK;

	fixture_start(&f);
	fill(&f, "CS1", 3);
	f.seal.fails = VS_E_CLOSED;
	while (r.code == VS_E_OK && !is_over)
		r = vs_store_reencrypt_step(f.store, "default", test_seal_dek("CS1"), 10, &cursor,
		                            &count, &is_over);
	CHECK_ERR(r, CLOSED);
	CHECK(count_of(&f, test_seal_dek("CS1")) == 9);
	f.seal.fails = VS_E_OK;
	fixture_put(&f, record_new(VS_RECORD_event, "CS1", "{}")); /* the writer goes on */
	CHECK(f.failed == 0);
	cursor = INT64_MAX;
	CHECK_ERR(vs_store_reencrypt_step(f.store, "default", 1, 10, &cursor, &count, &is_over),
	          BAD_VALUE);
	fixture_done(&f);
}

int
main(void)
{
	CASE(all_of_one_key_is_moved_and_nothing_else);
	CASE(what_does_not_open_is_left_and_told);
	CASE(an_error_takes_the_step_back);
	return 0;
}
