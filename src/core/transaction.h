/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stored TransactionEvent means for whoever watches now. The store keeps every event in
 * whatever order it comes (E04, E12: offline queues arrive late); the live view follows seqNo and
 * never goes back.
 *
 * A table holds the running transactions of one connected station; when it is full the one that was
 * silent longest makes room, and its next event begins anew without the energy since its start.
 */
#pragma once

#include "core/record.h"

#define VS_CORE_LIVE_TRANSACTIONS 8

struct vs_core_live_tx {
	char tx_id[VS_CORE_TX_ID_SIZE];
	int64_t first_seq_no, last_seq_no, count; /* of the events that were seen */
	int64_t base_wh; /* the register at the start, ABSENT when neither Started nor the store
	                    told it */
	uint64_t used;   /* order of last use */
};

struct vs_core_live {
	uint64_t uses;
	uint32_t count;
	int64_t missing; /* events of the transaction that the last one applied has ended; else 0 */
	struct vs_core_live_tx slots[VS_CORE_LIVE_TRANSACTIONS];
};

enum vs_core_live_verdict {
	VS_CORE_LIVE_NEW,  /* the newest of its transaction: show it */
	VS_CORE_LIVE_LATE, /* an older or a repeated one: history, not news */
};

/* OCPP 1.6 has no seqNo: what takes its place orders events by their time, then by what they are,
 * and tells two of one moment apart by their content. It is above every seqNo of a station. */
#define VS_CORE_SEQ_BY_TIME (INT64_C(1) << 50)
int64_t vs_core_tx_seq_by_time(int64_t at_ms, enum vs_core_tx_type type, uint32_t content);
/* Has every event come? With a seqNo: no gap between the start and the end. By time a gap cannot be
 * told: both ends are there. */
bool vs_core_tx_is_complete(bool has_started, bool has_ended, int64_t first_seq_no,
                            int64_t last_seq_no, int64_t event_count);

const char *vs_core_tx_type_text(enum vs_core_tx_type type); /* "Started", "Updated", "Ended" */

void vs_core_live_init(struct vs_core_live *live);
/* *energy_wh_out: energy since the start of the transaction, ABSENT when that cannot be told. */
enum vs_core_live_verdict vs_core_live_apply(struct vs_core_live *live,
                                             const struct vs_core_tx_event *event,
                                             int64_t *energy_wh_out);
