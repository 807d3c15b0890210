/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/enc.h"

#include "test.h"

static struct vs_bytes
view_of(const struct vs_enc *enc)
{
	struct vs_bytes view;

	CHECK_OK(vs_enc_view(enc, &view));
	return view;
}

static void
fields_are_encoded_as_written(void)
{
	static const uint8_t expected[] = "voltseal/x\0"
					  "\0\3abc"
					  "\0\2\0\xff"
					  "\x12\x34"
					  "\1\2\3\4"
					  "\xff\xee\xdd\xcc\xbb\xaa\x99\x88"
					  "\0";
	struct vs_enc enc;

	vs_enc_init(&enc, "voltseal/x");
	vs_enc_text(&enc, "abc");
	vs_enc_bytes(&enc, vs_bytes_from("\0\xff", 2));
	vs_enc_u16(&enc, 0x1234);
	vs_enc_u32(&enc, 0x01020304);
	vs_enc_u64(&enc, 0xffeeddccbbaa9988);
	vs_enc_bytes(&enc, vs_bytes_from(NULL, 0));
	CHECK(vs_bytes_equal(view_of(&enc), vs_bytes_from(expected, sizeof(expected))));
}

/* What a plain concatenation would not tell apart. */
static void
moved_borders_are_told_apart(void)
{
	static const char *const lists[][2] = {{"ab", "c"}, {"a", "bc"}, {"", "abc"}, {"abc", ""}};
	struct vs_enc enc[4];

	for (size_t i = 0; i < 4; i++) {
		vs_enc_init(&enc[i], "l");
		vs_enc_text(&enc[i], lists[i][0]);
		vs_enc_text(&enc[i], lists[i][1]);
		for (size_t k = 0; k < i; k++)
			CHECK(!vs_bytes_equal(view_of(&enc[i]), view_of(&enc[k])));
	}
}

static void
labels_are_told_apart(void)
{
	struct vs_enc a, b;

	vs_enc_init(&a, "voltseal/a");
	vs_enc_init(&b, "voltseal/ab");
	CHECK(!vs_bytes_equal(view_of(&a), view_of(&b)));
	CHECK(view_of(&a).size == 11);
}

static void
what_does_not_fit_is_told(void)
{
	static const uint8_t zeros[UINT16_MAX + 1];
	struct vs_bytes view;
	struct vs_enc enc;

	vs_enc_init(&enc, "l");
	vs_enc_bytes(&enc, vs_bytes_from(zeros, VS_ENC_SIZE_MAX - 4)); /* exactly full */
	CHECK(view_of(&enc).size == VS_ENC_SIZE_MAX);
	vs_enc_bytes(&enc, vs_bytes_from(NULL, 0));
	CHECK_ERR(vs_enc_view(&enc, &view), TOO_LONG);
	CHECK(view.size == 0);
	/* It stays so: a later field that would fit must not make a shorter list of it. */
	vs_enc_init(&enc, "l");
	vs_enc_bytes(&enc, vs_bytes_from(zeros, VS_ENC_SIZE_MAX - 3));
	vs_enc_u16(&enc, 1);
	CHECK_ERR(vs_enc_view(&enc, &view), TOO_LONG);
	vs_enc_init(&enc, "l");
	vs_enc_bytes(&enc, vs_bytes_from(zeros, sizeof(zeros))); /* would wrap to a length of 0 */
	CHECK_ERR(vs_enc_view(&enc, &view), TOO_LONG);
}

static void
done_wipes(void)
{
	static const struct vs_enc zero;
	struct vs_enc enc;

	vs_enc_init(&enc, "l");
	vs_enc_text(&enc, "secret");
	vs_enc_done(&enc);
	CHECK(memcmp(&enc, &zero, sizeof(enc)) == 0);
}

int
main(void)
{
	CASE(fields_are_encoded_as_written);
	CASE(moved_borders_are_told_apart);
	CASE(labels_are_told_apart);
	CASE(what_does_not_fit_is_told);
	CASE(done_wipes);
	return 0;
}
