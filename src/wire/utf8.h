/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 validation (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
 * U+0000 and noncharacters are valid; who does not want them looks for them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

bool vs_utf8_is_valid(struct vs_bytes text);

/* The place inside a sequence between two parts of a text. Zero is the start. */
struct vs_utf8 {
	uint8_t left; /* continuation bytes still to come; 0: between two characters */
	uint8_t low;  /* the range of the next one, when left > 0 */
	uint8_t high;
};

/* False as soon as no continuation can make the text valid; the state is then useless. */
bool vs_utf8_feed(struct vs_utf8 *state, struct vs_bytes part);
/* Is the text complete here? */
bool vs_utf8_is_whole(const struct vs_utf8 *state);

/* The largest size <= size_max at which the valid text can be cut without splitting a character. */
size_t vs_utf8_cut(struct vs_bytes text, size_t size_max);
