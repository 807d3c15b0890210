/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of one statement of PostgreSQL that takes a whole column in each parameter (T, I, B of
 * queries.def): they are collected as they will be sent, and borrow from nobody.
 */
#pragma once

#include "store/db.h"

#define VS_STORE_MANY_COLUMNS 27u

struct vs_store_many {
	enum vs_store_query query;
	uint32_t rows;
	struct vs_buf columns[VS_STORE_MANY_COLUMNS];
};

void vs_store_many_init(struct vs_store_many *many, enum vs_store_query query);
void vs_store_many_done(struct vs_store_many *many);
void vs_store_many_reset(struct vs_store_many *many);
/* One row: as many values as the statement has parameters. TOO_LONG, NO_MEMORY: nothing is left. */
VS_RESULT vs_store_many_add(struct vs_store_many *many, const struct vs_store_value *values,
                            size_t count);
/* Run it when there are rows, and forget them. */
VS_RESULT vs_store_many_run(struct vs_store_many *many, struct vs_store_db *db);
/* The same for a statement that answers with rows. */
VS_RESULT vs_store_many_bind(struct vs_store_many *many, struct vs_store_db *db,
                             struct vs_store_statement **statement_out);
