/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before a commit: the data keys of everybody whose records are in it are made ready at once, in
 * one transaction of the keystore, rather than one by one between the rows.
 */
#pragma once

#include "base/limits.h"
#include "store/seal.h"

#define VS_STORE_PREPARE_SLOTS 16384u /* a power of two, twice a batch or more */

struct vs_store_prepare {
	struct vs_core_subject subjects[VS_LIMIT_STORE_BATCH];
	size_t count;
	uint16_t slots[VS_STORE_PREPARE_SLOTS]; /* 1 + index of a subject; 0: free */
};

/* At most VS_LIMIT_STORE_BATCH records. Borrows from them until it returns. */
VS_RESULT vs_store_prepare(struct vs_store_prepare *prepare, const struct vs_store_seal *seal,
                           const struct vs_core_record *list, bool is_strict);
