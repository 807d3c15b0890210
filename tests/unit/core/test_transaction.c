/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transaction.h"

#include "test.h"

static struct vs_core_tx_event
event(const char *tx_id, enum vs_core_tx_type type, int64_t seq_no, int64_t energy_wh)
{
	struct vs_core_tx_event e = {
	    .type = type, .seq_no = seq_no, .energy_wh = energy_wh, .first_wh = VS_CORE_ABSENT};

	(void)snprintf(e.tx_id, sizeof(e.tx_id), "%s", tx_id);
	return e;
}

static void
apply(struct vs_core_live *live, struct vs_core_tx_event e, enum vs_core_live_verdict verdict,
      int64_t energy_wh)
{
	int64_t energy = 0;

	CHECK(vs_core_live_apply(live, &e, &energy) == verdict);
	CHECK(energy == energy_wh);
}

static void
energy_since_the_start(void)
{
	struct vs_core_live live;

	vs_core_live_init(&live);
	apply(&live, event("T", VS_CORE_TX_STARTED, 0, 1000), VS_CORE_LIVE_NEW, 0);
	apply(&live, event("T", VS_CORE_TX_UPDATED, 1, 1500), VS_CORE_LIVE_NEW, 500);
	apply(&live, event("T", VS_CORE_TX_UPDATED, 2, VS_CORE_ABSENT), VS_CORE_LIVE_NEW,
	      VS_CORE_ABSENT);
	apply(&live, event("T", VS_CORE_TX_UPDATED, 3, 900), VS_CORE_LIVE_NEW, VS_CORE_ABSENT);
	apply(&live, event("T", VS_CORE_TX_ENDED, 4, 3000), VS_CORE_LIVE_NEW, 2000);
	CHECK(live.count == 0);
}

static void
never_goes_back(void)
{
	struct vs_core_live live;

	vs_core_live_init(&live);
	apply(&live, event("T", VS_CORE_TX_UPDATED, 5, 2000), VS_CORE_LIVE_NEW, VS_CORE_ABSENT);
	apply(&live, event("T", VS_CORE_TX_UPDATED, 5, 2000), VS_CORE_LIVE_LATE, VS_CORE_ABSENT);
	/* E12: the offline queue brings the start later; it is history, but tells where the
	 * register stood. */
	apply(&live, event("T", VS_CORE_TX_STARTED, 0, 1500), VS_CORE_LIVE_LATE, VS_CORE_ABSENT);
	apply(&live, event("T", VS_CORE_TX_UPDATED, 6, 2100), VS_CORE_LIVE_NEW, 600);
	/* A gap is no reason to be silent. */
	apply(&live, event("T", VS_CORE_TX_UPDATED, 60, 2200), VS_CORE_LIVE_NEW, 700);
}

static void
a_full_table_forgets_the_silent_one(void)
{
	struct vs_core_live live;
	char id[8];

	vs_core_live_init(&live);
	for (int i = 0; i < VS_CORE_LIVE_TRANSACTIONS; i++) {
		(void)snprintf(id, sizeof(id), "T%d", i);
		apply(&live, event(id, VS_CORE_TX_STARTED, 0, 100), VS_CORE_LIVE_NEW, 0);
	}
	apply(&live, event("T0", VS_CORE_TX_UPDATED, 1, 150), VS_CORE_LIVE_NEW, 50);
	apply(&live, event("NEW", VS_CORE_TX_STARTED, 0, 0), VS_CORE_LIVE_NEW, 0);
	CHECK(live.count == VS_CORE_LIVE_TRANSACTIONS);
	apply(&live, event("T0", VS_CORE_TX_UPDATED, 2, 160), VS_CORE_LIVE_NEW, 60);
	apply(&live, event("T1", VS_CORE_TX_UPDATED, 1, 150), VS_CORE_LIVE_NEW, VS_CORE_ABSENT);
}

/* A station that lost its connection goes on charging: the start was told over another one. */
static void
the_store_knows_the_start(void)
{
	struct vs_core_live live;
	struct vs_core_tx_event e = event("T", VS_CORE_TX_UPDATED, 7, 2500);

	vs_core_live_init(&live);
	e.first_wh = 1000;
	apply(&live, e, VS_CORE_LIVE_NEW, 1500);
	/* Remembered when a later event comes without it. */
	apply(&live, event("T", VS_CORE_TX_UPDATED, 8, 2600), VS_CORE_LIVE_NEW, 1600);
	/* The queue brought an earlier one: the start lies further back. */
	e = event("T", VS_CORE_TX_UPDATED, 9, 2700);
	e.first_wh = 500;
	apply(&live, e, VS_CORE_LIVE_NEW, 2200);
}

static void
types(void)
{
	CHECK(strcmp(vs_core_tx_type_text(VS_CORE_TX_STARTED), "Started") == 0);
	CHECK(strcmp(vs_core_tx_type_text(VS_CORE_TX_UPDATED), "Updated") == 0);
	CHECK(strcmp(vs_core_tx_type_text(VS_CORE_TX_ENDED), "Ended") == 0);
}

/* The place of a seqNo in OCPP 1.6. */
static void
orders_by_time_what_has_no_number(void)
{
	int64_t start = vs_core_tx_seq_by_time(1000, VS_CORE_TX_STARTED, 5);

	CHECK(start > VS_CORE_SEQ_BY_TIME &&
	      start == vs_core_tx_seq_by_time(1000, VS_CORE_TX_STARTED, 5));
	CHECK(start != vs_core_tx_seq_by_time(1000, VS_CORE_TX_STARTED, 6));
	CHECK(start < vs_core_tx_seq_by_time(1000, VS_CORE_TX_UPDATED, 0));
	CHECK(vs_core_tx_seq_by_time(1000, VS_CORE_TX_UPDATED, UINT32_MAX) <
	      vs_core_tx_seq_by_time(1000, VS_CORE_TX_ENDED, 0));
	CHECK(vs_core_tx_seq_by_time(1000, VS_CORE_TX_ENDED, UINT32_MAX) <
	      vs_core_tx_seq_by_time(1001, VS_CORE_TX_STARTED, 0));
	CHECK(vs_core_tx_seq_by_time(-5, VS_CORE_TX_STARTED, 0) == VS_CORE_SEQ_BY_TIME);
	CHECK(vs_core_tx_seq_by_time(INT64_MAX, VS_CORE_TX_ENDED, UINT32_MAX) > start);
	CHECK(vs_core_tx_is_complete(true, true, start, start + 1000000, 2));
	CHECK(!vs_core_tx_is_complete(false, true, start, start + 1, 2));
	CHECK(vs_core_tx_is_complete(true, true, 3, 5, 3));
	CHECK(!vs_core_tx_is_complete(true, true, 3, 6, 3));
	CHECK(!vs_core_tx_is_complete(true, false, 3, 5, 3));
	CHECK(!vs_core_tx_is_complete(true, true, VS_CORE_ABSENT, 5, 3));
}

int
main(void)
{
	CASE(energy_since_the_start);
	CASE(never_goes_back);
	CASE(a_full_table_forgets_the_silent_one);
	CASE(the_store_knows_the_start);
	CASE(types);
	CASE(orders_by_time_what_has_no_number);
	return 0;
}
