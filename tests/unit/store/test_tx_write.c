/* SPDX-License-Identifier: Apache-2.0 */
/* What test_record_write.c does not ask of it. */
#include "store/tx_write.h"

#include "core/transaction.h"
#include "fixture.h"

/* OCPP 1.6: each station has its own numbers; what another one says about one is its own affair. */
static void
a_number_that_was_never_given_is_told(void)
{
	static const struct {
		const char *station;
		enum vs_core_tx_type type;
	} rows[] = {
	    {"CS1", VS_CORE_TX_STARTED}, {"CS2", VS_CORE_TX_ENDED}, {"CS1", VS_CORE_TX_UPDATED}};
	struct fixture f;

	fixture_start(&f);
	for (size_t i = 0; i < 3; i++)
		fixture_put(&f,
		            tx_record(rows[i].station, "1234",
		                      vs_core_tx_seq_by_time(1000 + (int64_t)i, rows[i].type, 1),
		                      rows[i].type));
	CHECK(f.failed == 0 && f.duplicates == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx WHERE tx_id = '1234'") == 2);
	CHECK(fixture_ask(&f, "SELECT is_active FROM tx WHERE station = 'CS1'") == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event WHERE type = 'TransactionUnknown'"
	                      " AND station = 'CS2'") == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == 1);
	fixture_done(&f);
}

static struct vs_core_record *
start_of(const char *station, int64_t number, uint64_t start)
{
	char id[24];
	struct vs_core_record *record;

	(void)snprintf(id, sizeof(id), "%lld", (long long)number);
	record = tx_record(station, id,
	                   vs_core_tx_seq_by_time(1000, VS_CORE_TX_STARTED, (uint32_t)start),
	                   VS_CORE_TX_STARTED);
	record->u.tx_event.number = number;
	record->u.tx_event.start = start;
	return record;
}

/* A number is given once, whatever the station and however long ago; the same start again is the
 * same transaction. */
static void
a_number_is_of_one_transaction(void)
{
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, start_of("CS1", 77, 5));
	CHECK(f.failed == 0 && f.duplicates == 0);
	fixture_put(&f, start_of("CS1", 77, 5));
	CHECK(f.failed == 0 && f.duplicates == 1);
	fixture_put(&f, start_of("CS1", 77, 6)); /* of this station */
	CHECK(f.failed == 1 && f.last_outcome == VS_E_CONFLICT);
	fixture_put(&f, start_of("CS2", 77, 7)); /* of another one */
	CHECK(f.failed == 2 && f.last_outcome == VS_E_CONFLICT);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx") == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 1);
	CHECK(fixture_ask(&f, "SELECT start FROM tx WHERE number = 77") == 5);
	fixture_put(&f, start_of("CS2", 78, 7));
	CHECK(f.failed == 2 && fixture_ask(&f, "SELECT count(*) FROM tx") == 2);
	fixture_done(&f);
}

int
main(void)
{
	CASE(a_number_that_was_never_given_is_told);
	CASE(a_number_is_of_one_transaction);
	return 0;
}
