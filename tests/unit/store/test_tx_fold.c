/* SPDX-License-Identifier: Apache-2.0 */
#include "store/tx_fold.h"

#include "test.h"

static struct vs_core_tx_event
event(enum vs_core_tx_type type, int64_t seq_no, int64_t at_ms, int64_t energy_wh, int64_t power_w)
{
	struct vs_core_tx_event e;

	memset(&e, 0, sizeof(e));
	e.type = type;
	e.seq_no = seq_no;
	e.at_ms = at_ms;
	e.energy_wh = energy_wh;
	e.power_w = power_w;
	e.evse = e.connector = e.soc_percent = VS_CORE_ABSENT;
	return e;
}

static void
fold(struct vs_store_tx *tx, struct vs_core_tx_event e)
{
	vs_store_tx_fold(tx, &e);
}

static void
check_whole(const struct vs_store_tx *tx)
{
	CHECK(tx->n.started_ms == 1000 && tx->n.ended_ms == 4000 && tx->n.last_ms == 4000);
	CHECK(tx->n.order_ms == 1000 && tx->n.is_active == 0);
	CHECK(tx->n.first_seq_no == 0 && tx->n.last_seq_no == 3 && tx->n.event_count == 4);
	CHECK(tx->n.energy_first_wh == 500 && tx->n.energy_last_wh == 2500);
	CHECK(tx->n.power_w == 7000);
	CHECK(strcmp(tx->stopped_reason, "EVDisconnected") == 0 &&
	      strcmp(tx->token, "DRIVER") == 0);
	CHECK(strcmp(tx->charging_state, "EVConnected") == 0);
	CHECK(tx->n.evse == 2 && tx->n.connector == 1);
}

/* OCPP 2.0.1 E04: what was queued while offline may arrive late, and nothing promises its order
 * here. */
static void
any_order_tells_the_same(void)
{
	struct vs_core_tx_event e[4] = {event(VS_CORE_TX_STARTED, 0, 1000, 500, VS_CORE_ABSENT),
	                                event(VS_CORE_TX_UPDATED, 1, 2000, 1500, 3000),
	                                event(VS_CORE_TX_UPDATED, 2, 3000, VS_CORE_ABSENT, 7000),
	                                event(VS_CORE_TX_ENDED, 3, 4000, 2500, VS_CORE_ABSENT)};
	int folded = 0;

	e[0].evse = 2;
	e[0].connector = 1;
	(void)snprintf(e[0].token, sizeof(e[0].token), "DRIVER");
	(void)snprintf(e[3].token, sizeof(e[3].token), "OTHER");
	(void)snprintf(e[1].charging_state, sizeof(e[1].charging_state), "Charging");
	(void)snprintf(e[3].charging_state, sizeof(e[3].charging_state), "EVConnected");
	(void)snprintf(e[3].stopped_reason, sizeof(e[3].stopped_reason), "EVDisconnected");
	for (int code = 0; code < 256; code++) {
		int order[4] = {code & 3, (code >> 2) & 3, (code >> 4) & 3, (code >> 6) & 3};
		struct vs_store_tx tx;

		if (((1 << order[0]) | (1 << order[1]) | (1 << order[2]) | (1 << order[3])) != 15)
			continue;
		vs_store_tx_init(&tx);
		for (int i = 0; i < 4; i++)
			fold(&tx, e[order[i]]);
		check_whole(&tx);
		folded++;
	}
	CHECK(folded == 24);
}

static void
a_gap_shows(void)
{
	struct vs_store_tx tx;

	vs_store_tx_init(&tx);
	fold(&tx, event(VS_CORE_TX_STARTED, 5, 1000, VS_CORE_ABSENT, VS_CORE_ABSENT));
	fold(&tx, event(VS_CORE_TX_ENDED, 9, 2000, VS_CORE_ABSENT, VS_CORE_ABSENT));
	CHECK(tx.n.event_count == 2 && tx.n.last_seq_no - tx.n.first_seq_no + 1 == 5);
	CHECK(tx.n.energy_last_wh == VS_CORE_ABSENT && tx.n.power_w == VS_CORE_ABSENT);
}

static void
ended_alone_is_over(void)
{
	struct vs_store_tx tx;

	vs_store_tx_init(&tx);
	CHECK(tx.n.is_active == 1);
	fold(&tx, event(VS_CORE_TX_ENDED, 9, 2000, 100, VS_CORE_ABSENT));
	CHECK(tx.n.is_active == 0 && tx.n.started_ms == VS_CORE_ABSENT && tx.n.order_ms == 2000);
	CHECK(tx.n.energy_first_wh == 100 && tx.n.energy_last_wh == 100);
	fold(&tx, event(VS_CORE_TX_UPDATED, 8, 1500, 60, VS_CORE_ABSENT));
	CHECK(tx.n.is_active == 0 && tx.n.ended_ms == 2000 && tx.n.order_ms == 1500);
	CHECK(tx.n.energy_first_wh == 60 && tx.n.energy_last_wh == 100);
}

int
main(void)
{
	CASE(any_order_tells_the_same);
	CASE(a_gap_shows);
	CASE(ended_alone_is_over);
	return 0;
}
