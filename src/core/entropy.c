/* SPDX-License-Identifier: Apache-2.0 */
#include "core/entropy.h"

#include <string.h>

enum kind { SMALL, CAPITAL, DIGIT, SIGN, BINARY, KINDS };

static enum kind
kind_of(uint8_t byte)
{
	if (byte >= 'a' && byte <= 'z')
		return SMALL;
	if (byte >= 'A' && byte <= 'Z')
		return CAPITAL;
	if (byte >= '0' && byte <= '9')
		return DIGIT;
	return byte >= 0x20 && byte < 0x7f ? SIGN : BINARY;
}

static size_t
distinct(struct vs_bytes password)
{
	bool is_seen[256] = {false};
	size_t count = 0;

	for (size_t i = 0; i < password.size; i++) {
		count += !is_seen[password.data[i]];
		is_seen[password.data[i]] = true;
	}
	return count;
}

static bool
is_hexadecimal(struct vs_bytes password)
{
	for (size_t i = 0; i < password.size; i++) {
		if (password.data[i] == 0 ||
		    strchr("0123456789abcdefABCDEF", password.data[i]) == NULL)
			return false;
	}
	return true;
}

bool
vs_core_password_is_random(struct vs_bytes password)
{
	size_t counts[KINDS] = {0}, changes = 0;

	for (size_t i = 0; i < password.size; i++) {
		counts[kind_of(password.data[i])]++;
		changes += i > 0 && kind_of(password.data[i]) != kind_of(password.data[i - 1]);
	}
	/* A person types text; UTF-8 of it has few other bytes. */
	if (counts[BINARY] * 3 >= password.size && password.size >= 16)
		return distinct(password) * 2 >= password.size;
	if (is_hexadecimal(password))
		return password.size >= 32 && distinct(password) >= 8 && counts[DIGIT] > 0 &&
		       counts[DIGIT] < password.size;
	/* 62 letters and digits are 5.95 bits each, and two neighbours differ in kind in 62 of 100
	 * pairs; in words they do so at the ends. */
	return counts[BINARY] == 0 && counts[SIGN] * 4 <= password.size &&
	       password.size * 595 / 100 >= VS_CORE_RANDOM_BITS && counts[SMALL] > 0 &&
	       counts[CAPITAL] > 0 && counts[DIGIT] > 0 &&
	       changes * 10 >= (password.size - 1) * 4 && distinct(password) * 2 >= password.size;
}
