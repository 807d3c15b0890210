/* SPDX-License-Identifier: Apache-2.0 */
/* What a scanner makes of it is the library's matter; here: that it is whole, light on the outside
 * and as wide as it is high. */
#include "cli/qr.h"

#include "test.h"

static void
drawn(void)
{
	static const char full[] = "\xe2\x96\x88";
	size_t lines = 0, cells = 0;
	struct vs_buf out;

	vs_buf_init(&out, 1u << 16);
	CHECK_OK(vs_cli_qr(&out, VS_BYTES_LITERAL("hello")));
	for (size_t i = 0; i < out.size; i++) {
		lines += out.data[i] == '\n';
		cells += out.data[i] == ' ' || out.data[i] == 0xe2;
	}
	/* Version 1: 21 modules and two light ones on each side, two in a line. */
	CHECK(lines == 13 && cells == lines * 25);
	for (size_t i = 0; i < 25; i++)
		CHECK(memcmp(out.data + i * 3, full, 3) == 0);
	vs_buf_done(&out);
}

static void
too_much(void)
{
	static const uint8_t data[2332];
	struct vs_buf out;

	vs_buf_init(&out, 1u << 20);
	CHECK_ERR(vs_cli_qr(&out, vs_bytes_from(data, sizeof(data))), TOO_LONG);
	CHECK_ERR(vs_cli_qr(&out, vs_bytes_from(data, 0)), TOO_LONG);
	CHECK_OK(vs_cli_qr(&out, vs_bytes_from(data, 2331)));
	vs_buf_done(&out);
	vs_buf_init(&out, 64);
	CHECK_ERR(vs_cli_qr(&out, VS_BYTES_LITERAL("hello")), TOO_LONG);
	vs_buf_done(&out);
}

int
main(void)
{
	CASE(drawn);
	CASE(too_much);
	return 0;
}
