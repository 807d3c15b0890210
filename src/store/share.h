/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections of each tenant the nodes have (table share): each writes its own now and
 * then, and reads those of the others that live.
 */
#pragma once

#include "core/station.h"
#include "store/store.h"

struct vs_store_share {
	char tenant[VS_CORE_TENANT_SIZE];
	int64_t connections;
};

/* Write those of this node, all of them, and read the sums of the others: `other` is called for
 * each tenant of which they have some. Blocking; any thread but the writer's. NOT_NOW: this is the
 * only daemon here. */
VS_RESULT vs_store_share_exchange(struct vs_store *store, const struct vs_store_share *own,
                                  size_t count,
                                  void (*other)(void *arg, const struct vs_store_share *share),
                                  void *arg);
