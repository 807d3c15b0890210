/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of rows when several nodes write: taken from PostgreSQL's sequences, as many as a list of
 * records can need, within its transaction. What is not used is left out.
 */
#pragma once

#include "store/record_write.h"

/* Behind whatever a daemon that was alone has numbered. */
VS_RESULT vs_store_numbers_begin(struct vs_store_batch *batch);
VS_RESULT vs_store_numbers_take(struct vs_store_batch *batch, const struct vs_core_record *list);
