/* SPDX-License-Identifier: Apache-2.0 */
#include "store/tx_fold.h"

#include <assert.h>
#include <string.h>

void
vs_store_tx_init(struct vs_store_tx *tx)
{
	assert(tx != NULL);
	memset(tx, 0, sizeof(*tx));
#define VS_TX_NUMBER(name) tx->n.name = VS_CORE_ABSENT;
#include "store/tx_columns.def"
#undef VS_TX_NUMBER
	tx->n.event_count = 0;
	tx->n.is_active = 1;
}

/* The value of the highest seqNo that gave one. ABSENT is the smallest number there is. */
static void
take_latest(int64_t *value, int64_t *seq, int64_t given, int64_t given_seq)
{
	if (given == VS_CORE_ABSENT || given_seq < *seq)
		return;
	*value = given;
	*seq = given_seq;
}

static void
take_first(int64_t *value, int64_t *seq, int64_t given, int64_t given_seq)
{
	if (given == VS_CORE_ABSENT || (*seq != VS_CORE_ABSENT && given_seq > *seq))
		return;
	*value = given;
	*seq = given_seq;
}

static void
fold_time(struct vs_store_tx *tx, const struct vs_core_tx_event *event)
{
	if (tx->n.last_ms == VS_CORE_ABSENT || event->at_ms > tx->n.last_ms)
		tx->n.last_ms = event->at_ms;
	if (tx->n.order_ms == VS_CORE_ABSENT || event->at_ms < tx->n.order_ms)
		tx->n.order_ms = event->at_ms;
	switch (event->type) {
	case VS_CORE_TX_STARTED:
		tx->n.started_ms = event->at_ms;
		break;
	case VS_CORE_TX_UPDATED:
		break;
	case VS_CORE_TX_ENDED:
		tx->n.ended_ms = event->at_ms;
		tx->n.is_active = 0;
		memcpy(tx->stopped_reason, event->stopped_reason, sizeof(tx->stopped_reason));
		break;
	}
	if (tx->n.started_ms != VS_CORE_ABSENT)
		tx->n.order_ms = tx->n.started_ms;
}

void
vs_store_tx_fold(struct vs_store_tx *tx, const struct vs_core_tx_event *event)
{
	int64_t seq;
	bool is_latest;

	assert(tx != NULL && event != NULL);
	seq = event->seq_no;
	is_latest = tx->n.last_seq_no == VS_CORE_ABSENT || seq > tx->n.last_seq_no;
	fold_time(tx, event);
	if (event->evse != VS_CORE_ABSENT && (is_latest || tx->n.evse == VS_CORE_ABSENT))
		tx->n.evse = event->evse;
	if (event->connector != VS_CORE_ABSENT && (is_latest || tx->n.connector == VS_CORE_ABSENT))
		tx->n.connector = event->connector;
	if (tx->n.first_seq_no == VS_CORE_ABSENT || seq < tx->n.first_seq_no)
		tx->n.first_seq_no = seq;
	if (is_latest)
		tx->n.last_seq_no = seq;
	tx->n.event_count++;
	take_first(&tx->n.energy_first_wh, &tx->n.energy_first_seq, event->energy_wh, seq);
	take_latest(&tx->n.energy_last_wh, &tx->n.energy_last_seq, event->energy_wh, seq);
	take_latest(&tx->n.power_w, &tx->n.power_seq, event->power_w, seq);
	take_latest(&tx->n.soc_percent, &tx->n.soc_seq, event->soc_percent, seq);
	if (event->charging_state[0] != '\0' && seq >= tx->n.state_seq) {
		memcpy(tx->charging_state, event->charging_state, sizeof(tx->charging_state));
		tx->n.state_seq = seq;
	}
	/* Who began it; who stopped it may be another (OCPP 2.0.1 E07). */
	if (event->token[0] != '\0' &&
	    (tx->n.token_seq == VS_CORE_ABSENT || seq < tx->n.token_seq)) {
		memcpy(tx->token, event->token, sizeof(tx->token));
		tx->n.token_seq = seq;
	}
}
