/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a transaction after one more of its events. No I/O, no clock.
 *
 * Events may come in any order (a backlog after being offline, Ended before Started) and with gaps:
 * what counts is seqNo, not arrival. Each event is folded once; the caller has dropped the repeated
 * ones.
 */
#pragma once

#include "core/record.h"

struct vs_store_tx {
	struct {
#define VS_TX_NUMBER(name) int64_t name;
#include "store/tx_columns.def"
#undef VS_TX_NUMBER
	} n;
	char charging_state[21], stopped_reason[21], token[VS_CORE_TOKEN_SIZE];
};
#define VS_STORE_TX_NUMBERS (sizeof(((struct vs_store_tx *)0)->n) / sizeof(int64_t))

void vs_store_tx_init(struct vs_store_tx *tx); /* nothing known: all ABSENT, no events, running */
void vs_store_tx_fold(struct vs_store_tx *tx, const struct vs_core_tx_event *event);
