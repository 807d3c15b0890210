/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the framed charging network: text, fields apart by '#', no escaping, so no field
 * holds a '#'. messages.def says who says what to whom and when.
 *
 * Amounts are whole numbers of a millionth (of a kWh, of the currency, of a degree): what is
 * billed is never a floating-point number.
 */
#pragma once

#include "base/bytes.h"
#include "base/limits.h"

#define VS_FRAMED_FIELDS      6
#define VS_FRAMED_SIZE_MAX    512 /* of one message, AVAILABLE_CPS aside */
#define VS_FRAMED_MICRO       INT64_C(1000000)
#define VS_FRAMED_ENERGY_MAX  (INT64_C(100000) * VS_FRAMED_MICRO)
#define VS_FRAMED_PRICE_MAX   (INT64_C(1000) * VS_FRAMED_MICRO)
#define VS_FRAMED_MONEY_MAX   (INT64_C(100000000) * VS_FRAMED_MICRO)
#define VS_FRAMED_DEGREE_MAX  (INT64_C(180) * VS_FRAMED_MICRO)
#define VS_FRAMED_DECIMAL_MAX 24 /* text of a number, with its NUL */

enum vs_framed_party {
	VS_FRAMED_CP = 1,
	VS_FRAMED_MONITOR = 2,
	VS_FRAMED_DRIVER = 4,
	VS_FRAMED_CENTRAL = 8,
};

enum vs_framed_when { VS_FRAMED_FIRST, VS_FRAMED_OPEN, VS_FRAMED_LOCAL };

enum vs_framed_grammar {
	VS_FRAMED_NONE,
	VS_FRAMED_NAME, /* 1 to 48 of [A-Za-z0-9*\-_=:+|@.] */
	VS_FRAMED_WORD, /* 1 to 48 of [A-Z0-9_] */
	VS_FRAMED_TEXT, /* 1 to 64 printable characters */
	VS_FRAMED_SECRET,
	VS_FRAMED_ENERGY,
	VS_FRAMED_PRICE,
	VS_FRAMED_MONEY,
	VS_FRAMED_DEGREE,
};

enum vs_framed_type {
#define VS_FRAMED(id, name, kind, from, to, when, durable, least, fields, what) VS_FRAMED_##id,
#include "framed/messages.def"
#undef VS_FRAMED
	VS_FRAMED_TYPES /* must be last */
};

struct vs_framed_row {
	const char *name, *kind; /* kind "": has none */
	unsigned from, to;       /* of enum vs_framed_party */
	enum vs_framed_when when;
	bool is_durable, is_repeated;
	uint8_t least, most;
	uint8_t fields[VS_FRAMED_FIELDS]; /* enum vs_framed_grammar */
};
const struct vs_framed_row *vs_framed_row(enum vs_framed_type type);

struct vs_framed_message {
	enum vs_framed_type type;
	size_t count;                             /* fields that are there */
	struct vs_bytes fields[VS_FRAMED_FIELDS]; /* into the text */
	int64_t numbers[VS_FRAMED_FIELDS];        /* of ENERGY, PRICE, MONEY, DEGREE; else 0 */
	struct vs_bytes rest;                     /* of a repeated one: all of it, checked */
};

/* UNKNOWN_ACTION: no such message; WRONG_COUNT: fields; OUT_OF_RANGE: a field breaks its grammar.
 * The message points into the text. */
VS_RESULT vs_framed_read(struct vs_bytes text, struct vs_framed_message *message_out);
/* The next group of a repeated one; false: none left. */
bool vs_framed_next(struct vs_framed_message *message);

/* Append; texts come from fields, numbers from numbers, by the grammar of the row. A repeated one
 * takes its rest as it is. OUT_OF_RANGE: it could not be read again; WRONG_COUNT. */
VS_RESULT vs_framed_write(const struct vs_framed_message *message, struct vs_buf *out);

/* For logs: append the text with keys and passwords as "***"; what is no message as it is. */
VS_RESULT vs_framed_mask(struct vs_bytes text, struct vs_buf *out);

/* "-3.1", "0.714286": at most 6 digits behind the point. OUT_OF_RANGE past min or max. */
VS_RESULT vs_framed_decimal_read(struct vs_bytes text, int64_t min, int64_t max,
                                 int64_t *micro_out);
/* places: digits behind the point that are always there, rounded half up; -1: as few as needed. */
void vs_framed_decimal_write(int64_t micro, int places, char text[static VS_FRAMED_DECIMAL_MAX]);
/* What so much energy costs, rounded to the nearest millionth: 0 <= energy <= ENERGY_MAX, price
 * likewise. */
int64_t vs_framed_cost(int64_t energy, int64_t price);
