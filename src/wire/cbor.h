/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pull reader for CBOR (RFC 8949) as authenticators write it (CTAP2 canonical form): definite
 * lengths, shortest heads, integers, byte and text strings, arrays, maps, true, false and null.
 * Tags, floats and indefinite lengths are BAD_MESSAGE. Pure; views point into the input.
 */
#pragma once

#include "base/bytes.h"

enum vs_cbor_type {
	VS_CBOR_UNSIGNED, /* number */
	VS_CBOR_NEGATIVE, /* -1 - number */
	VS_CBOR_BYTES,
	VS_CBOR_TEXT,  /* UTF-8 that was checked */
	VS_CBOR_ARRAY, /* number of items that follow */
	VS_CBOR_MAP,   /* number of pairs that follow */
	VS_CBOR_FALSE,
	VS_CBOR_TRUE,
	VS_CBOR_NULL,
};

struct vs_cbor_item {
	enum vs_cbor_type type;
	uint64_t number;
	struct vs_bytes bytes; /* of BYTES and TEXT */
};

#define VS_CBOR_DEPTH_MAX 4 /* CTAP2 canonical form */

/* The head of the next item, and what is in a string; *rest goes on behind it. TRUNCATED,
 * BAD_MESSAGE, BAD_UTF8. On failure *rest is as it was. */
VS_RESULT vs_cbor_next(struct vs_bytes *rest, struct vs_cbor_item *item_out);
/* The whole next item with all that is in it. TOO_DEEP beyond VS_CBOR_DEPTH_MAX. */
VS_RESULT vs_cbor_skip(struct vs_bytes *rest);
/* An integer that fits. WRONG_TYPE, OUT_OF_RANGE. */
VS_RESULT vs_cbor_int(struct vs_bytes *rest, int64_t *value_out);
