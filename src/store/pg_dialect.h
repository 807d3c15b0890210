/* SPDX-License-Identifier: Apache-2.0 */
/* The SQL of queries.def as PostgreSQL takes it. No I/O. */
#pragma once

#include "store/db.h"

/* Appends: ? becomes $1, $2, ..., and ?n becomes $n, but not in texts and names. */
VS_RESULT vs_store_pg_sql(const char *sql, struct vs_buf *text);
/* Which parameter, from 0, is compared with the column `tenant` first; -1: none. */
int vs_store_pg_tenant(const char *sql);
/* The type (OID of pg_type) of a parameter by its letter in queries.def; of an array's elements by
 * the array's letter; 0: no such letter. */
uint32_t vs_store_pg_type(char letter);
uint32_t vs_store_pg_element(char letter);
/* What a SQLSTATE means: CONFLICT and BAD_VALUE belong to the one record, NO_MEMORY and IO to the
 * whole commit. NULL: there was no answer at all. */
VS_RESULT vs_store_pg_error(const char *sqlstate);
