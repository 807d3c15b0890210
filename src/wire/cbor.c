/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/cbor.h"

#include "wire/utf8.h"

enum { MAJOR_BYTES = 2, MAJOR_TEXT = 3, MAJOR_TAG = 6, MAJOR_SIMPLE = 7 };

/* Initial byte and argument (RFC 8949 3). The shortest form is the only one. */
static vs_result
head_take(struct vs_bytes *rest, unsigned *major_out, unsigned *info_out, uint64_t *number_out)
{
	static const uint64_t least[] = {24, 0x100, 0x10000, UINT64_C(0x100000000)};
	unsigned info, size = 0;
	uint64_t number;

	if (rest->size == 0)
		return VS_FAIL(TRUNCATED);
	info = rest->data[0] & 31u;
	number = info;
	if (info >= 28)
		return VS_FAIL(BAD_MESSAGE);
	if (info >= 24) {
		size = 1u << (info - 24);
		if (rest->size < 1 + size)
			return VS_FAIL(TRUNCATED);
		number = 0;
		for (unsigned i = 0; i < size; i++)
			number = number << 8 | rest->data[1 + i];
		if (number < least[info - 24])
			return VS_FAIL(BAD_MESSAGE);
	}
	*major_out = rest->data[0] >> 5;
	*info_out = info;
	*number_out = number;
	rest->data += 1 + size;
	rest->size -= 1 + size;
	return VS_OK;
}

static vs_result
simple_take(unsigned info, struct vs_cbor_item *item)
{
	if (info < 20 || info > 22)
		return VS_FAIL(BAD_MESSAGE);
	item->type = (enum vs_cbor_type)(VS_CBOR_FALSE + (info - 20));
	return VS_OK;
}

vs_result
vs_cbor_next(struct vs_bytes *rest, struct vs_cbor_item *item_out)
{
	struct vs_cbor_item item = {.bytes = {NULL, 0}};
	struct vs_bytes left = *rest;
	unsigned major = 0, info = 0;

	VS_TRY(head_take(&left, &major, &info, &item.number));
	if (major == MAJOR_TAG)
		return VS_FAIL(BAD_MESSAGE);
	if (major == MAJOR_SIMPLE) {
		VS_TRY(simple_take(info, &item));
	} else {
		item.type = (enum vs_cbor_type)major;
	}
	if (major == MAJOR_BYTES || major == MAJOR_TEXT) {
		if (item.number > left.size)
			return VS_FAIL(TRUNCATED);
		item.bytes = vs_bytes_from(left.data, (size_t)item.number);
		left.data += item.number;
		left.size -= (size_t)item.number;
		if (major == MAJOR_TEXT && !vs_utf8_is_valid(item.bytes))
			return VS_FAIL(BAD_UTF8);
	}
	*item_out = item;
	*rest = left;
	return VS_OK;
}

vs_result
vs_cbor_skip(struct vs_bytes *rest)
{
	uint64_t open[VS_CBOR_DEPTH_MAX + 1] = {1}; /* items that are missing, by depth */
	struct vs_bytes left = *rest;
	unsigned depth = 0;

	for (;;) {
		struct vs_cbor_item item;

		while (open[depth] == 0) {
			if (depth-- == 0) {
				*rest = left;
				return VS_OK;
			}
		}
		open[depth]--;
		VS_TRY(vs_cbor_next(&left, &item));
		if (item.type != VS_CBOR_ARRAY && item.type != VS_CBOR_MAP)
			continue;
		/* An item is one byte at least, so no more than there are bytes can follow. */
		if (item.number > left.size)
			return VS_FAIL(TRUNCATED);
		if (depth == VS_CBOR_DEPTH_MAX)
			return VS_FAIL(TOO_DEEP);
		open[++depth] = item.type == VS_CBOR_MAP ? 2 * item.number : item.number;
	}
}

vs_result
vs_cbor_int(struct vs_bytes *rest, int64_t *value_out)
{
	struct vs_bytes left = *rest;
	struct vs_cbor_item item;

	VS_TRY(vs_cbor_next(&left, &item));
	if (item.type != VS_CBOR_UNSIGNED && item.type != VS_CBOR_NEGATIVE)
		return VS_FAIL(WRONG_TYPE);
	if (item.number > INT64_MAX)
		return VS_FAIL(OUT_OF_RANGE);
	*value_out =
	    item.type == VS_CBOR_UNSIGNED ? (int64_t)item.number : -1 - (int64_t)item.number;
	*rest = left;
	return VS_OK;
}
