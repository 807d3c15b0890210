/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/seal.h"

#include "test.h"

#define NOW INT64_C(1790000000000)

static const uint8_t key[VS_BUS_KEY_SIZE] = {1, 2, 3}, other[VS_BUS_KEY_SIZE] = {1, 2, 4};
static struct vs_bus_seal *a, *b, *stranger;
static struct vs_buf sealed, text;

static vs_result
open_at(struct vs_bus_seal *seal, const char *place, int64_t now_ms, int64_t age_ms)
{
	vs_buf_reset(&text);
	return vs_bus_seal_open(seal, place, now_ms, age_ms, vs_buf_view(&sealed), &text);
}

static void
one_node_seals_and_another_opens(void)
{
	vs_buf_reset(&sealed);
	CHECK_OK(
	    vs_bus_seal_close(a, "cmd.acme.CS1", NOW, VS_BYTES_LITERAL("{\"do\":1}"), &sealed));
	CHECK(sealed.size == 8 + VS_BUS_SEAL_MORE);
	CHECK(memmem(sealed.data, sealed.size, "do", 2) == NULL);
	CHECK_OK(open_at(b, "cmd.acme.CS1", NOW + 5, VS_BUS_SEAL_AGE_MS));
	CHECK(vs_bytes_equal_text(vs_buf_view(&text), "{\"do\":1}"));
	/* Of nothing, too. */
	vs_buf_reset(&sealed);
	CHECK_OK(vs_bus_seal_close(a, "x", NOW, vs_bytes_from(NULL, 0), &sealed));
	CHECK_OK(open_at(b, "x", NOW, 0));
	CHECK(text.size == 0);
}

static void
nowhere_else_and_not_for_long(void)
{
	vs_buf_reset(&sealed);
	CHECK_OK(vs_bus_seal_close(a, "cmd.acme.CS1", NOW, VS_BYTES_LITERAL("x"), &sealed));
	CHECK_ERR(open_at(b, "cmd.acme.CS2", NOW, 0), NOT_AUTHENTIC);
	CHECK_ERR(open_at(stranger, "cmd.acme.CS1", NOW, 0), NOT_AUTHENTIC);
	CHECK(text.size == 0);
	CHECK_OK(open_at(b, "cmd.acme.CS1", NOW + 30000, VS_BUS_SEAL_AGE_MS));
	CHECK_ERR(open_at(b, "cmd.acme.CS1", NOW + 30001, VS_BUS_SEAL_AGE_MS), STALE);
	CHECK_ERR(open_at(b, "cmd.acme.CS1", NOW - 30001, VS_BUS_SEAL_AGE_MS), STALE);
	CHECK_OK(open_at(b, "cmd.acme.CS1", NOW + INT64_C(86400000), 0)); /* a value of a bucket */
}

static void
every_bit_counts(void)
{
	vs_buf_reset(&sealed);
	CHECK_OK(vs_bus_seal_close(a, "p", NOW, VS_BYTES_LITERAL("hello"), &sealed));
	for (size_t i = 0; i < sealed.size * 8; i++) {
		sealed.data[i / 8] ^= (uint8_t)(1u << i % 8);
		CHECK_ERR(open_at(b, "p", NOW, 0), NOT_AUTHENTIC);
		sealed.data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	CHECK_OK(open_at(b, "p", NOW, 0));
	for (; sealed.size > 0; sealed.size--) {
		struct vs_bytes cut = vs_bytes_from(sealed.data, sealed.size - 1);

		vs_buf_reset(&text);
		CHECK_ERR(vs_bus_seal_open(b, "p", NOW, 0, cut, &text), NOT_AUTHENTIC);
	}
}

static void
no_nonce_comes_twice(void)
{
	uint8_t nonces[64][12];

	for (size_t i = 0; i < 64; i++) {
		vs_buf_reset(&sealed);
		CHECK_OK(vs_bus_seal_close(i % 2 == 0 ? a : b, "p", NOW, VS_BYTES_LITERAL("x"),
		                           &sealed));
		memcpy(nonces[i], sealed.data + 1, 12);
		for (size_t j = 0; j < i; j++)
			CHECK(memcmp(nonces[i], nonces[j], 12) != 0);
	}
}

int
main(void)
{
	vs_buf_init(&sealed, 4096);
	vs_buf_init(&text, 4096);
	CHECK_OK(vs_bus_seal_new(key, &a));
	CHECK_OK(vs_bus_seal_new(key, &b));
	CHECK_OK(vs_bus_seal_new(other, &stranger));
	CASE(one_node_seals_and_another_opens);
	CASE(nowhere_else_and_not_for_long);
	CASE(every_bit_counts);
	CASE(no_nonce_comes_twice);
	vs_bus_seal_free(&a);
	vs_bus_seal_free(&b);
	vs_bus_seal_free(&stranger);
	vs_buf_done(&sealed);
	vs_buf_done(&text);
	return 0;
}
