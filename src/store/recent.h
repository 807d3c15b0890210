/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions of PostgreSQL as this writer left them with its last commits, so that the next event
 * of one need not ask for it first. Whoever else changes one is found out when it is saved: a
 * transaction counts its events, and it is saved only when it has as many as it is remembered with
 * (tx_save_many); then all of this is forgotten and asked for anew.
 */
#pragma once

#include "core/record.h"
#include "store/tx_fold.h"

struct vs_store_recent;

struct vs_store_recent_tx {
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE], tx_id[VS_CORE_TX_ID_SIZE];
	int64_t id; /* 0: nothing is here */
	struct vs_store_tx tx;
};

VS_RESULT vs_store_recent_new(struct vs_store_recent **recent_out);
void vs_store_recent_free(struct vs_store_recent **recent);
/* Of the transaction of an event; NULL. Until the next call of another function. */
const struct vs_store_recent_tx *vs_store_recent_find(const struct vs_store_recent *recent,
                                                      const struct vs_core_record *record);
/* One that has ended is not expected again. */
void vs_store_recent_put(struct vs_store_recent *recent, const struct vs_core_record *record,
                         int64_t id, const struct vs_store_tx *tx);
void vs_store_recent_clear(struct vs_store_recent *recent);
