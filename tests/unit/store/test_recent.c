/* SPDX-License-Identifier: Apache-2.0 */
#include "store/recent.h"

#include "base/limits.h"
#include "base/metric.h"
#include "fixture.h"

static struct vs_store_tx
tx_with(int64_t count, bool is_active)
{
	struct vs_store_tx tx;

	vs_store_tx_init(&tx);
	tx.n.event_count = count;
	tx.n.is_active = is_active;
	return tx;
}

static void
it_remembers_what_runs(void)
{
	struct vs_store_recent *recent = NULL;
	struct vs_core_record *one = tx_record("CS1", "tx-1", 1, VS_CORE_TX_UPDATED);
	struct vs_core_record *other = tx_record("CS2", "tx-1", 1, VS_CORE_TX_UPDATED);
	struct vs_core_record *foreign = tx_record("CS1", "tx-1", 1, VS_CORE_TX_UPDATED);
	struct vs_store_tx tx = tx_with(3, true), more = tx_with(4, true), over = tx_with(5, false);

	(void)snprintf(foreign->tenant, sizeof(foreign->tenant), "acme");
	CHECK_OK(vs_store_recent_new(&recent));
	CHECK(vs_store_recent_find(recent, one) == NULL);
	vs_store_recent_put(recent, one, 17, &tx);
	CHECK(vs_store_recent_find(recent, one)->id == 17);
	CHECK(vs_store_recent_find(recent, one)->tx.n.event_count == 3);
	CHECK(vs_store_recent_find(recent, other) == NULL);
	CHECK(vs_store_recent_find(recent, foreign) == NULL);
	vs_store_recent_put(recent, one, 17, &more);
	vs_store_recent_put(recent, other, 18, &tx);
	CHECK(vs_store_recent_find(recent, one)->tx.n.event_count == 4);
	CHECK(vs_store_recent_find(recent, other)->id == 18);
	vs_store_recent_put(recent, one, 17, &over); /* it has ended */
	CHECK(vs_store_recent_find(recent, one) == NULL);
	vs_store_recent_clear(recent);
	CHECK(vs_store_recent_find(recent, other) == NULL);
	vs_store_recent_free(&recent);
	vs_core_record_free(&one);
	vs_core_record_free(&other);
	vs_core_record_free(&foreign);
}

static void
it_is_bounded(void)
{
	struct vs_store_recent *recent = NULL;
	struct vs_core_record *record = tx_record("CS1", "tx", 1, VS_CORE_TX_UPDATED);
	struct vs_store_tx tx = tx_with(1, true);
	int64_t kept = 0;

	CHECK_OK(vs_store_recent_new(&recent));
	for (int64_t i = 1; i <= 2 * VS_LIMIT_STORE_RECENT; i++) {
		(void)snprintf(record->station, sizeof(record->station), "CS%d", (int)i);
		vs_store_recent_put(recent, record, i, &tx);
		CHECK(vs_store_recent_find(recent, record)->id == i);
	}
	for (int64_t i = 1; i <= 2 * VS_LIMIT_STORE_RECENT; i++) {
		(void)snprintf(record->station, sizeof(record->station), "CS%d", (int)i);
		kept += vs_store_recent_find(recent, record) != NULL;
	}
	CHECK(kept > VS_LIMIT_STORE_RECENT * 9 / 10 && kept <= VS_LIMIT_STORE_RECENT);
	vs_store_recent_free(&recent);
	vs_core_record_free(&record);
}

/* Somebody else has changed the transaction, or removed it: it is found out, and what is said now
 * is put on top of what is there. */
static void
what_somebody_else_changed_is_read_again(void)
{
	struct fixture f;

	fixture_start(&f);
	for (int64_t i = 1; i <= 3; i++)
		fixture_put(&f, tx_record("CS1", "tx", i, VS_CORE_TX_UPDATED));
	fixture_do(&f, "UPDATE tx SET event_count = 7, last_seq_no = 9");
	fixture_put(&f, tx_record("CS1", "tx", 4, VS_CORE_TX_UPDATED));
	CHECK(f.failed == 0 && f.duplicates == 0);
	CHECK(fixture_ask(&f, "SELECT event_count FROM tx") == 8);
	CHECK(fixture_ask(&f, "SELECT last_seq_no FROM tx") == 9);
	fixture_put(&f, tx_record("CS1", "tx", 5, VS_CORE_TX_UPDATED));
	CHECK(fixture_ask(&f, "SELECT event_count FROM tx") == 9);
	/* An event that another daemon has stored, of a transaction that is remembered here. */
	fixture_do(&f, "UPDATE tx_event SET seq_no = 12 WHERE seq_no = 5");
	fixture_do(&f, "UPDATE tx SET last_seq_no = 12, event_count = event_count + 1");
	fixture_put(&f, tx_record("CS1", "tx", 12, VS_CORE_TX_UPDATED));
	CHECK(f.failed == 0 && f.duplicates == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event WHERE seq_no = 12") == 1);
	fixture_do(&f, "DELETE FROM tx_event");
	fixture_do(&f, "DELETE FROM tx");
	fixture_put(&f, tx_record("CS1", "tx", 13, VS_CORE_TX_ENDED));
	CHECK(f.failed == 0);
	CHECK(fixture_ask(&f, "SELECT event_count FROM tx") == 1);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == 1);
	fixture_done(&f);
}

/* What was folded and not committed is not remembered. */
static void
a_commit_that_failed_is_forgotten(void)
{
	struct fixture f;
	struct vs_core_record *list = tx_record("CS1", "tx", 2, VS_CORE_TX_UPDATED);

	fixture_start(&f);
	fixture_put(&f, tx_record("CS1", "tx", 1, VS_CORE_TX_STARTED));
	list->next = tx_record("CS1", "tx", 3, VS_CORE_TX_UPDATED);
	(void)snprintf(list->next->u.tx_event.trigger, sizeof(list->u.tx_event.trigger), "\xff");
	fixture_put_all(&f, list, 2);
	CHECK(f.failed == (on_postgres() ? 1u : 0u)); /* no text for PostgreSQL */
	fixture_put(&f, tx_record("CS1", "tx", 4, VS_CORE_TX_ENDED));
	CHECK(fixture_ask(&f, "SELECT event_count FROM tx") == (on_postgres() ? 3 : 4));
	CHECK(fixture_ask(&f, "SELECT count(*) FROM tx_event") == (on_postgres() ? 3 : 4));
	fixture_done(&f);
}

int
main(void)
{
	CASE(it_remembers_what_runs);
	CASE(it_is_bounded);
	CASE(what_somebody_else_changed_is_read_again);
	CASE(a_commit_that_failed_is_forgotten);
	return 0;
}
