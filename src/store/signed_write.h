/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of signed messages, in the transaction of what the messages bring.
 *
 * Of each signer the highest number is kept (signer_floor), and of several nodes the gaps between
 * what one took last and the next one first (signer_gap): there may be more to come from a node
 * that could not reach the database. A number is taken above the highest, or out of a gap; so each
 * is taken once, and none of them is lost because another node was quicker.
 */
#pragma once

#include "store/record_write.h"

/* Nothing of this transaction, or since its savepoint, was taken. */
void vs_store_signed_begin(struct vs_store_batch *batch);
/* The number of the record's message, when it has one. EXISTS: it was taken, or is below what is
 * taken; PostgreSQL says so when the batch is flushed. Out of the spool a transaction event is not
 * refused, for it has a key of its own; nor is what lies between two numbers of another node, for
 * nobody may have taken it: then the hash of the message decides (dedup.h). */
VS_RESULT vs_store_signed_take(struct vs_store_batch *batch, const struct vs_core_record *record);
/* A signed_block: numbers above all that any node was given for the station. Sets `first`. */
VS_RESULT vs_store_signed_block_write(struct vs_store_batch *batch, struct vs_core_record *record);
