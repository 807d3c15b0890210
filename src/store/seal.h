/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed columns: which they are (sealed.def), the key of their row, and the only way to make a
 * value that a statement takes for one of them.
 */
#pragma once

#include "core/ports.h"
#include "store/db.h"

enum vs_store_cell {
#define VS_SEALED(table, column, subject, blind, key, what) VS_STORE_CELL_##table##_##column,
#include "store/sealed.def"
#undef VS_SEALED
	VS_STORE_CELL_COUNT
};

enum vs_store_subject {
	VS_STORE_SUBJECT_STATION,
	VS_STORE_SUBJECT_TOKEN,
	VS_STORE_SUBJECT_CENTRAL
};

/* No identity of a station has a colon. */
#define VS_STORE_OF_TOKENS  ":token"
#define VS_STORE_OF_CENTRAL ":central"

struct vs_store_cell_info {
	const char *table, *column;
	enum vs_store_subject subject;
	bool is_blind;
	const char *key; /* columns of the row's key, "a, b" */
};
extern const struct vs_store_cell_info vs_store_cells[VS_STORE_CELL_COUNT];

#define VS_STORE_ROW_SIZE 896u /* eight names of OCPP at their longest */

/* The key of a row within its table: bytes and text as u16be length, bytes; numbers as u64be. Texts
 * in the file may be longer than their member in C: give the column's bytes. */
struct vs_store_row {
	uint8_t data[VS_STORE_ROW_SIZE];
	size_t size;
	bool is_full; /* it did not fit: sealing and opening fail with TOO_LONG */
};
void vs_store_row_begin(struct vs_store_row *row);
void vs_store_row_bytes(struct vs_store_row *row, struct vs_bytes bytes);
void vs_store_row_text(struct vs_store_row *row, const char *text);
void vs_store_row_number(struct vs_store_row *row, int64_t number);

struct vs_store_seal {
	struct vs_port_seal port;
	/* A value did not open: altered or moved. Any thread. */
	void (*damaged)(void *arg, const char *tenant, const char *table, const char *column);
	void *arg;
};

const char *vs_store_subject_of(enum vs_store_cell cell, const char *station);

#define VS_STORE_PLAIN_SIZE_MAX (32u << 20)     /* the largest payload */
void vs_store_plain_done(struct vs_buf *plain); /* wipes */

/* Forget what is in the room and make sure that `size` bytes in `count` values can be sealed into
 * it without moving the first ones. */
VS_RESULT vs_store_room(struct vs_buf *room, size_t size, size_t count);
/* Seal into the room, which the value borrows from until it is used again. Empty is NULL and is not
 * sealed. TOO_LONG: the row's key. Others as of the port. */
VS_RESULT vs_store_seal_value(const struct vs_store_seal *seal, enum vs_store_cell cell,
                              const char *tenant, const char *station,
                              const struct vs_store_row *row, int64_t at_ms, struct vs_bytes plain,
                              struct vs_buf *room, struct vs_store_value *value_out);
/* Appends what a column of a row says. What was erased or does not belong there is empty, is
 * counted, and lowers *reading, which the caller sets to WHOLE for each row of a list. An error is
 * an error of the list. */
VS_RESULT vs_store_open_value(const struct vs_store_seal *seal, enum vs_store_cell cell,
                              const char *tenant, const struct vs_store_row *row,
                              struct vs_bytes sealed, struct vs_buf *plain,
                              enum vs_core_reading *reading);
/* The same for a text that fits. */
VS_RESULT vs_store_open_text(const struct vs_store_seal *seal, enum vs_store_cell cell,
                             const char *tenant, const struct vs_store_row *row,
                             struct vs_bytes sealed, char *text, size_t size,
                             enum vs_core_reading *reading);

#define VS_STORE_INDEX_SIZE 16u
/* The blind index of an idToken, without regard to the case of its letters. */
VS_RESULT vs_store_token_index(const struct vs_store_seal *seal, const char *tenant,
                               struct vs_bytes token,
                               uint8_t index_out[static VS_STORE_INDEX_SIZE]);
/* The same of what an operator logs in with. */
VS_RESULT vs_store_login_index(const struct vs_store_seal *seal, const char *tenant,
                               struct vs_bytes login,
                               uint8_t index_out[static VS_STORE_INDEX_SIZE]);
