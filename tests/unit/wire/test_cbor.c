/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/cbor.h"

#include <string.h>

#include "../../test.h"
#include "wire/base64.h"

static uint8_t data[256];

static struct vs_bytes
hex(const char *text)
{
	size_t size = 0;

	CHECK_OK(vs_hex_decode(vs_bytes_from_text(text), data, sizeof(data), &size));
	return vs_bytes_from(data, size);
}

/* RFC 8949 appendix A, what of it is canonical here. */
static void
items_of_the_rfc(void)
{
	static const struct {
		const char *hex;
		enum vs_cbor_type type;
		uint64_t number;
	} known[] = {
	    {"00", VS_CBOR_UNSIGNED, 0},
	    {"17", VS_CBOR_UNSIGNED, 23},
	    {"1818", VS_CBOR_UNSIGNED, 24},
	    {"1903e8", VS_CBOR_UNSIGNED, 1000},
	    {"1a000f4240", VS_CBOR_UNSIGNED, 1000000},
	    {"1bffffffffffffffff", VS_CBOR_UNSIGNED, UINT64_MAX},
	    {"20", VS_CBOR_NEGATIVE, 0},
	    {"3863", VS_CBOR_NEGATIVE, 99},
	    {"f4", VS_CBOR_FALSE, 20},
	    {"f5", VS_CBOR_TRUE, 21},
	    {"f6", VS_CBOR_NULL, 22},
	    {"80", VS_CBOR_ARRAY, 0},
	    {"a0", VS_CBOR_MAP, 0},
	    {"83", VS_CBOR_ARRAY, 3},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct vs_bytes rest = hex(known[i].hex);
		struct vs_cbor_item item;

		CHECK_OK(vs_cbor_next(&rest, &item));
		CHECK(item.type == known[i].type && item.number == known[i].number);
		CHECK(rest.size == 0);
	}
}

static void
strings(void)
{
	struct vs_bytes rest = hex("4401020304"
	                           "6449455446");
	struct vs_cbor_item item;

	CHECK_OK(vs_cbor_next(&rest, &item));
	CHECK(item.type == VS_CBOR_BYTES && item.bytes.size == 4 && item.bytes.data[3] == 4);
	CHECK_OK(vs_cbor_next(&rest, &item));
	CHECK(item.type == VS_CBOR_TEXT && vs_bytes_equal_text(item.bytes, "IETF"));
	CHECK_ERR(vs_cbor_next(&rest, &item), TRUNCATED);
}

/* Longer heads than need be, indefinite lengths, tags, floats, undefined, broken text. */
static void
what_is_not_canonical(void)
{
	static const char *const bad[] = {
	    "1800", "1817", "190017", "1a0000ffff", "1b00000000ffffffff", "5f", "9f",
	    "bf",   "c074", "f90000", "fa00000000", "fb0000000000000000", "f7", "f820",
	    "ff",   "1c",   "fc"};
	struct vs_cbor_item item = {.number = 7};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vs_bytes rest = hex(bad[i]);
		const size_t size = rest.size;

		CHECK_ERR(vs_cbor_next(&rest, &item), BAD_MESSAGE);
		CHECK(rest.size == size && item.number == 7);
	}
	{
		struct vs_bytes rest = hex("62c328");

		CHECK_ERR(vs_cbor_next(&rest, &item), BAD_UTF8);
	}
	for (size_t size = 0; size < 9; size++) {
		struct vs_bytes rest = hex("1bffffffffffffffff");

		rest.size = size;
		CHECK_ERR(vs_cbor_next(&rest, &item), TRUNCATED);
	}
}

static void
skips_whole_items(void)
{
	struct vs_bytes rest = hex("a201020326"
	                           "8301820203820405"
	                           "f6");
	struct vs_cbor_item item;

	CHECK_OK(vs_cbor_skip(&rest));
	CHECK_OK(vs_cbor_skip(&rest));
	CHECK_OK(vs_cbor_next(&rest, &item));
	CHECK(item.type == VS_CBOR_NULL && rest.size == 0);
	CHECK_ERR(vs_cbor_skip(&rest), TRUNCATED);
	rest = hex("8181818100");
	CHECK_OK(vs_cbor_skip(&rest));
	rest = hex("818181818100");
	CHECK_ERR(vs_cbor_skip(&rest), TOO_DEEP);
	/* A count that nothing can follow, and one that overflows when doubled. */
	rest = hex("9a7fffffff");
	CHECK_ERR(vs_cbor_skip(&rest), TRUNCATED);
	rest = hex("bb8000000000000000");
	CHECK_ERR(vs_cbor_skip(&rest), TRUNCATED);
	rest = hex("a201");
	CHECK_ERR(vs_cbor_skip(&rest), TRUNCATED);
	CHECK(rest.size == 2);
}

static void
integers(void)
{
	struct vs_bytes rest = hex("26"
	                           "1b7fffffffffffffff"
	                           "3b7fffffffffffffff");
	int64_t value = 0;

	CHECK_OK(vs_cbor_int(&rest, &value));
	CHECK(value == -7);
	CHECK_OK(vs_cbor_int(&rest, &value));
	CHECK(value == INT64_MAX);
	CHECK_OK(vs_cbor_int(&rest, &value));
	CHECK(value == INT64_MIN);
	rest = hex("1b8000000000000000");
	CHECK_ERR(vs_cbor_int(&rest, &value), OUT_OF_RANGE);
	rest = hex("4100");
	CHECK_ERR(vs_cbor_int(&rest, &value), WRONG_TYPE);
	CHECK(rest.size == 2);
}

int
main(void)
{
	CASE(items_of_the_rfc);
	CASE(strings);
	CASE(what_is_not_canonical);
	CASE(skips_whole_items);
	CASE(integers);
	return 0;
}
