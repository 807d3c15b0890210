/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/format.h"

#include <string.h>

#define EXPONENT_MAX 1000000 /* beyond it only its sign matters */

static bool
is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool
is_hex(uint8_t byte)
{
	return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

bool
vs_ocpp_text_is_uri(struct vs_bytes text)
{
	size_t at = 0;

	if (text.size == 0 || !is_letter(text.data[0]))
		return false;
	while (at < text.size && (is_letter(text.data[at]) || is_digit(text.data[at]) ||
	                          (text.data[at] != 0 && strchr("+-.", text.data[at]) != NULL)))
		at++;
	if (at == text.size || text.data[at] != ':')
		return false;
	for (at++; at < text.size; at++) {
		uint8_t byte = text.data[at];

		if (byte == '%') {
			if (text.size - at < 3 || !is_hex(text.data[at + 1]) ||
			    !is_hex(text.data[at + 2]))
				return false;
		} else if (!is_letter(byte) && !is_digit(byte) &&
		           (byte == 0 || strchr("-._~:/?#[]@!$&'()*+,;=", byte) == NULL)) {
			return false;
		}
	}
	return true;
}

/* The power of ten after the 'e'. */
static int
read_exponent(struct vs_bytes number, size_t at)
{
	bool is_negative = at < number.size && number.data[at] == '-';
	int exponent = 0;

	if (at < number.size && (number.data[at] == '-' || number.data[at] == '+'))
		at++;
	for (; at < number.size; at++) {
		if (exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (number.data[at] - '0');
	}
	return is_negative ? -exponent : exponent;
}

bool
vs_ocpp_number_is_tenths(struct vs_bytes number)
{
	int zeros = 0;    /* at the end of the digits so far */
	int decimals = 0; /* digits behind the point */
	bool is_zero = true;
	bool is_fraction = false;
	size_t at;

	for (at = 0; at < number.size && (number.data[at] | 0x20) != 'e'; at++) {
		uint8_t byte = number.data[at];

		if (byte == '.') {
			is_fraction = true;
		} else if (is_digit(byte)) {
			is_zero = is_zero && byte == '0';
			zeros = byte == '0' ? zeros + 1 : 0;
			decimals += is_fraction ? 1 : 0;
		}
	}
	if (is_zero)
		return true;
	/* the last digit that is not 0 stands for 10^(zeros - decimals + exponent) */
	return zeros - decimals + read_exponent(number, at < number.size ? at + 1 : at) >= -1;
}
