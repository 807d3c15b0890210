/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cbc.h"

#include "hex.h"

/* The key, IV and first blocks of SP 800-38A F.2.5; the padding computed with python3-cryptography.
 */
#define KEY "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
#define IV  "000102030405060708090a0b0c0d0e0f"

static const struct known {
	const char *plain, *sealed;
} knowns[] = {
    {"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
     IV "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
        "3a3aa5e0213db1a9901f9036cf5102d2"},
    {"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e",
     IV "f58c4c04d6e5f1ba779eabfb5f7bfbd6f25648a3ae7639f82627928d7baeb659"},
    {"", IV "7e9248e5d829ca7593f0c549db2f5b8c"},
};

static struct vs_cbc *
cbc_of(const char *key_text)
{
	struct hex key = hex(key_text);
	struct vs_cbc *cbc = NULL;

	CHECK_OK(vs_cbc_new(key.data, &cbc));
	return cbc;
}

static void
known_answers(void)
{
	struct vs_cbc *cbc = cbc_of(KEY);
	struct hex iv = hex(IV);
	struct vs_buf out;

	vs_buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(knowns) / sizeof(knowns[0]); i++) {
		struct hex plain = hex(knowns[i].plain), sealed = hex(knowns[i].sealed);

		vs_buf_reset(&out);
		CHECK_OK(vs_cbc_seal_with(cbc, iv.data, hex_view(&plain), &out));
		CHECK(hex_equal(out.data, out.size, knowns[i].sealed));
		vs_buf_reset(&out);
		CHECK_OK(vs_cbc_open(cbc, hex_view(&sealed), &out));
		CHECK(hex_equal(out.data, out.size, knowns[i].plain));
	}
	vs_buf_done(&out);
	vs_cbc_free(&cbc);
	CHECK(cbc == NULL);
	vs_cbc_free(&cbc);
}

static void
the_iv_is_new_each_time(void)
{
	struct vs_cbc *cbc = cbc_of(KEY);
	struct vs_buf a, b, plain;

	vs_buf_init(&a, 100);
	vs_buf_init(&b, 100);
	vs_buf_init(&plain, 100);
	CHECK_OK(vs_cbc_seal(cbc, VS_BYTES_LITERAL("25.4"), &a));
	CHECK_OK(vs_cbc_seal(cbc, VS_BYTES_LITERAL("25.4"), &b));
	CHECK(a.size == 32 && b.size == 32);
	CHECK(memcmp(a.data, b.data, 16) != 0 && memcmp(a.data + 16, b.data + 16, 16) != 0);
	CHECK_OK(vs_cbc_open(cbc, vs_buf_view(&b), &plain));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "25.4"));
	vs_buf_done(&a);
	vs_buf_done(&b);
	vs_buf_done(&plain);
	vs_cbc_free(&cbc);
}

static void
what_cannot_be_is_not_authentic(void)
{
	struct hex sealed = hex(knowns[0].sealed);
	struct vs_cbc *cbc = cbc_of(KEY);
	struct vs_buf out;

	vs_buf_init(&out, 100);
	for (size_t size = 0; size < sealed.size; size++)
		CHECK_ERR(vs_cbc_open(cbc, vs_bytes_from(sealed.data, size), &out), NOT_AUTHENTIC);
	sealed.data[sealed.size - 17] ^= 0x20; /* the block before the padding: its count */
	CHECK_ERR(vs_cbc_open(cbc, hex_view(&sealed), &out), NOT_AUTHENTIC);
	CHECK(out.size == 0);
	vs_buf_done(&out);
	vs_cbc_free(&cbc);
}

int
main(void)
{
	CASE(known_answers);
	CASE(the_iv_is_new_each_time);
	CASE(what_cannot_be_is_not_authentic);
	return 0;
}
