/* SPDX-License-Identifier: Apache-2.0 */
/* A signed message has an effect once: whatever node takes it, after whatever end of another one.
 */
#include "store/signed_write.h"

#include "base/metric.h"
#include "fixture.h"

#define SIGNER UINT64_C(0x8000000000000001)

static void
sign(struct vs_core_record *record, int64_t seq, uint64_t message)
{
	record->signature = (struct vs_core_signature){
	    .signer = SIGNER, .seq = seq, .message = message, .until_ms = 9000};
}

static struct vs_core_record *
signed_record(enum vs_core_record_kind kind, int64_t seq, uint64_t message)
{
	struct vs_core_record *record = record_new(kind, "CS1", "{}");

	sign(record, seq, message);
	return record;
}

static struct vs_core_record *
signed_event(int64_t seq, uint64_t message)
{
	return signed_record(VS_RECORD_security_event, seq, message);
}

static struct vs_core_record *
signed_tx(int64_t seq, uint64_t message)
{
	struct vs_core_record *record = tx_record("CS1", "tx", seq, VS_CORE_TX_UPDATED);

	sign(record, seq, message);
	return record;
}

static struct vs_core_record *
hashed(struct vs_core_record *record, uint64_t hash)
{
	record->message_hash = hash;
	return record;
}

static int64_t
floor_of(struct fixture *f)
{
	int64_t seq = -1;
	vs_result r = f->reader.floor(f->reader.self, VS_CORE_TENANT_DEFAULT, SIGNER, &seq);

	CHECK(r.code == VS_E_OK || r.code == VS_E_NOT_FOUND);
	return seq;
}

/* What came back of the last record. */
static bool
is_taken(struct fixture *f, struct vs_core_record *record)
{
	fixture_forget(f);
	fixture_put(f, record);
	CHECK(f->last_outcome == VS_E_OK || f->last_outcome == VS_E_EXISTS);
	return f->last_outcome == VS_E_OK;
}

static void
a_number_is_taken_once(void)
{
	struct fixture f;

	fixture_start(&f);
	CHECK(floor_of(&f) == -1);
	CHECK(is_taken(&f, signed_event(5, 100)));
	CHECK(floor_of(&f) == 5);
	CHECK(!is_taken(&f, signed_event(5, 101))); /* the same, played again */
	CHECK(!is_taken(&f, signed_event(4, 102)));
	CHECK(!is_taken(&f, signed_tx(5, 103)));
	CHECK(!is_taken(&f, signed_record(VS_RECORD_signer_floor, 5, 104)));
	CHECK(is_taken(&f, signed_event(6, 105)));
	CHECK(is_taken(&f, record_new(VS_RECORD_security_event, "CS1", "{}"))); /* unsigned */
	fixture_reopen(&f);
	CHECK(floor_of(&f) == 6);
	CHECK(!is_taken(&f, signed_event(6, 106)));
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == 3);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 0);
	CHECK(fixture_ask(&f, "SELECT value FROM total WHERE name = 'events'") == 3);
	CHECK(fixture_ask(&f, "SELECT until_ms FROM signer_floor") == 9000);
	/* Another signer has numbers of its own, and another tenant sees nothing of these. */
	struct vs_core_record *other = signed_event(1, 107);
	int64_t seq;

	other->signature.signer = 3;
	CHECK(is_taken(&f, other));
	CHECK_ERR(f.reader.floor(f.reader.self, "other", SIGNER, &seq), NOT_FOUND);
	fixture_done(&f);
}

/* One message may lead to several records; they may be committed apart. */
static void
all_records_of_a_message(void)
{
	struct vs_core_record *list[4] = {signed_event(1, 10), signed_tx(1, 10),
	                                  signed_event(2, 11),
	                                  signed_record(VS_RECORD_status, 2, 11)};
	struct fixture f;

	fixture_start(&f);
	for (size_t i = 0; i + 1 < 4; i++)
		list[i]->next = list[i + 1];
	fixture_put_all(&f, list[0], 4);
	CHECK(f.failed == 0);
	CHECK(is_taken(&f, signed_event(2, 11)));
	CHECK(!is_taken(&f, signed_event(2, 12)));
	CHECK(floor_of(&f) == 2);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == 3);
	fixture_done(&f);
}

/* In one commit with others: it alone is left out, and what it was with is there. */
static void
a_repeat_among_others(void)
{
	struct vs_core_record *list[5];
	struct fixture f;
	size_t at = 0;

	fixture_start(&f);
	CHECK(is_taken(&f, signed_event(7, 1)));
	list[0] = record_new(VS_RECORD_boot, "CS1", "");
	list[1] = signed_event(8, 2);
	list[2] = signed_tx(7, 3);
	list[3] = signed_event(9, 4);
	list[4] = meter_record("CS1", 77);
	for (size_t i = 0; i + 1 < 5; i++)
		list[i]->next = list[i + 1];
	fixture_forget(&f);
	fixture_put_all(&f, list[0], 5);
	for (const struct vs_core_record *record = f.first; record != NULL; record = record->next)
		CHECK(record->outcome == (at++ == 2 ? VS_E_EXISTS : VS_E_OK));
	CHECK(at == 5 && f.failed == 1 && floor_of(&f) == 9);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM event") == 3);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 0);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM meter_values") == 1);
	fixture_done(&f);
}

/* What is not committed takes no number: it may be sent again. */
static void
no_effect_no_number(void)
{
	struct vs_core_record *bad = signed_tx(3, 1);
	struct fixture f;

	fixture_start(&f);
	CHECK(is_taken(&f, signed_event(2, 9)));
	(void)snprintf(bad->u.tx_event.trigger, sizeof(bad->u.tx_event.trigger), "\xff\xfe");
	if (on_postgres()) { /* SQLite takes any bytes */
		fixture_put(&f, bad);
		CHECK(f.last_outcome == VS_E_BAD_VALUE);
		CHECK(floor_of(&f) == 2);
	} else {
		vs_core_record_free(&bad);
	}
	CHECK(is_taken(&f, signed_tx(3, 2)));
	CHECK(floor_of(&f) == 3);
	fixture_done(&f);
}

/* --- two nodes ---------------------------------------------------------------------------------
 */

static struct fixture a, b;

static void
begin(bool has_spool)
{
	fixture_init(&a);
	(void)snprintf(a.postgres.node, sizeof(a.postgres.node), "a");
	if (has_spool)
		(void)snprintf(a.spool, sizeof(a.spool), "%s/spool.db", a.dir);
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
what_one_node_took_the_other_does_not(void)
{
	begin(false);
	for (int64_t seq = 1; seq <= 5; seq++)
		CHECK(is_taken(&a, signed_event(seq, (uint64_t)seq)));
	CHECK(floor_of(&b) == 5);
	for (int64_t seq = 1; seq <= 5; seq++)
		CHECK(!is_taken(&b, signed_event(seq, 100 + (uint64_t)seq)));
	CHECK(is_taken(&b, signed_event(6, 106)));
	CHECK(!is_taken(&a, signed_event(6, 107)));
	CHECK(is_taken(&a, signed_event(7, 108)));
	CHECK(fixture_ask(&a, "SELECT count(*) FROM event") == 7);
	end();
}

/* The station went from a to b, and b was quicker than what a still had in its queue. */
static void
what_came_before_comes_later(void)
{
	begin(false);
	CHECK(is_taken(&a, signed_event(4, 4)));
	CHECK(is_taken(&b, signed_event(9, 9)));
	CHECK(!is_taken(&b, signed_event(6, 60))); /* b took its own in order */
	CHECK(is_taken(&a, signed_event(6, 6)));
	CHECK(is_taken(&a, signed_event(6, 6))); /* a second record of that message */
	CHECK(!is_taken(&b, signed_event(6, 60)));
	CHECK(is_taken(&a, signed_event(5, 5))); /* below it is room as well */
	CHECK(!is_taken(&a, signed_event(5, 50)));
	CHECK(is_taken(&a, signed_event(8, 8)));
	CHECK(is_taken(&a, signed_event(7, 7)));
	for (int64_t seq = 4; seq <= 9; seq++) {
		CHECK(!is_taken(&a, signed_event(seq, 200 + (uint64_t)seq)));
		CHECK(!is_taken(&b, signed_event(seq, 300 + (uint64_t)seq)));
	}
	CHECK(floor_of(&a) == 9);
	/* Where one node alone goes on, nothing is left open. */
	CHECK(is_taken(&b, signed_event(20, 20)));
	CHECK(!is_taken(&a, signed_event(15, 15)));
	/* The last record of the last message of a, when b has gone on with the next number. */
	CHECK(is_taken(&a, signed_event(21, 21)));
	CHECK(is_taken(&b, signed_event(22, 22)));
	CHECK(is_taken(&a, signed_event(21, 21)));
	CHECK(!is_taken(&a, signed_event(21, 23)));
	end();
}

static void
cut(bool is_cut)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "ALTER DATABASE %s ALLOW_CONNECTIONS %s", a.database,
	               is_cut ? "false" : "true");
	postgres_exec(NULL, sql);
	(void)snprintf(
	    sql, sizeof(sql),
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'",
	    a.database);
	if (is_cut)
		postgres_exec(NULL, sql);
}

/* The database was away; a answered out of its spool and ended. The station went to b, where 7 had
 * been played before it spoke itself. */
static void
out_of_the_spool(void)
{
	int64_t before = vs_metric_read(VS_METRIC_replays_detected_total);

	begin(true);
	CHECK(is_taken(&a, signed_event(4, 4)));
	cut(true);
	for (int64_t seq = 5; seq <= 9; seq++)
		CHECK(is_taken(&a, signed_event(seq, (uint64_t)seq)));
	CHECK(is_taken(&a, signed_event(9, 9))); /* of the same message */
	CHECK(is_taken(&a, signed_tx(10, 10)));  /* kept by its own key, whatever its number */
	/* Of these two b will have taken the second. */
	CHECK(is_taken(&a, hashed(signed_event(11, 11), 1011)));
	CHECK(is_taken(&a, hashed(signed_event(12, 12), 1012)));
	CHECK(vs_metric_read(VS_METRIC_spool_records) == 9);
	vs_store_close(&a.store);
	vs_store_close(&b.store); /* its connection was cut, too */
	cut(false);
	CHECK_OK(fixture_open(&b));
	CHECK(is_taken(&b, signed_event(7, 70)));
	CHECK(is_taken(&b, signed_tx(10, 71)));
	CHECK(is_taken(&b, hashed(signed_event(12, 72), 1012)));
	CHECK(is_taken(&b, signed_event(13, 73)));
	a.is_spooling = false;
	CHECK_OK(fixture_open(&a));
	for (int i = 0; i < 1000 && vs_metric_read(VS_METRIC_spool_records) > 0; i++)
		(void)usleep(10000);
	CHECK(vs_metric_read(VS_METRIC_spool_records) == 0);
	CHECK(vs_metric_read(VS_METRIC_spool_refused_total) == 0);
	CHECK(vs_metric_read(VS_METRIC_replays_detected_total) - before == 1); /* 7 */
	/* 4 to 9 and 11 to 13 once each, 9 with both of its records. */
	CHECK(fixture_ask(&a, "SELECT count(*) FROM event") == 10);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM tx_event") == 1);
	CHECK(floor_of(&a) == 13);
	for (int64_t seq = 4; seq <= 13; seq++)
		CHECK(!is_taken(&b, signed_event(seq, 500 + (uint64_t)seq)));
	end();
}

/* --- numbers of ours ---------------------------------------------------------------------------
 */

static int64_t
block_of(struct fixture *f, const char *station, int64_t above, int64_t count)
{
	struct vs_core_record *record = record_new(VS_RECORD_signed_block, station, "");

	record->u.signed_block.above = above;
	record->u.signed_block.count = count;
	fixture_forget(f);
	fixture_put(f, record);
	CHECK(f->failed == 0 && f->first->u.signed_block.count == count);
	return f->first->u.signed_block.first;
}

static void
what_we_sign_has_numbers_of_its_own(void)
{
	struct fixture f;

	fixture_start(&f);
	CHECK(block_of(&f, "CS1", 1000, 100) == 1001);
	CHECK(block_of(&f, "CS1", 1000, 100) == 1101);
	CHECK(block_of(&f, "CS1", 0, 1) == 1201); /* a clock that was set back */
	CHECK(block_of(&f, "CS2", 7, 100) == 8);
	fixture_reopen(&f);
	CHECK(block_of(&f, "CS1", 5000, 10) == 5001);
	CHECK(block_of(&f, "CS1", 5000, 10) == 5011);
	fixture_done(&f);
	if (!on_postgres())
		return;
	begin(false);
	CHECK(block_of(&a, "CS1", 2000, 50) == 2001);
	CHECK(block_of(&b, "CS1", 1000, 50) == 2051); /* its clock is behind */
	CHECK(block_of(&a, "CS1", 2000, 50) == 2101);
	end();
}

#define CASE_OF_POSTGRES(name)                                                                     \
	do {                                                                                       \
		if (on_postgres())                                                                 \
			CASE(name);                                                                \
	} while (0)

int
main(void)
{
	CASE(a_number_is_taken_once);
	CASE(all_records_of_a_message);
	CASE(a_repeat_among_others);
	CASE(no_effect_no_number);
	CASE_OF_POSTGRES(what_one_node_took_the_other_does_not);
	CASE_OF_POSTGRES(what_came_before_comes_later);
	CASE_OF_POSTGRES(out_of_the_spool);
	CASE(what_we_sign_has_numbers_of_its_own);
	return 0;
}
