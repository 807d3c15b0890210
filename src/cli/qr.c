/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/qr.h"

#include <assert.h>
#include <qrencode.h>

#define QUIET    2    /* modules; ISO/IEC 18004 asks for 4, and readers are content with 2 */
#define DATA_MAX 2331 /* bytes, version 40, level M */

/* Dark on light, whatever the terminal's colours: light modules are drawn. */
static bool
is_light(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return true;
	return (code->data[y * code->width + x] & 1) == 0;
}

static vs_result
draw(struct vs_buf *out, const QRcode *code)
{
	static const char *const blocks[] = {" ", "\xe2\x96\x84", "\xe2\x96\x80", "\xe2\x96\x88"};

	for (int y = -QUIET; y < code->width + QUIET; y += 2) {
		for (int x = -QUIET; x < code->width + QUIET; x++) {
			unsigned which =
			    (is_light(code, x, y) ? 2u : 0u) | (is_light(code, x, y + 1) ? 1u : 0u);

			VS_TRY(vs_buf_append_text(out, blocks[which]));
		}
		VS_TRY(vs_buf_append_byte(out, '\n'));
	}
	return VS_OK;
}

vs_result
vs_cli_qr(struct vs_buf *out, struct vs_bytes data)
{
	QRcode *code;
	vs_result r;

	assert(out != NULL);
	if (data.size == 0 || data.size > DATA_MAX)
		return VS_FAIL(TOO_LONG);
	code = QRcode_encodeData((int)data.size, data.data, 0, QR_ECLEVEL_M);
	if (code == NULL)
		return VS_FAIL(NO_MEMORY);
	r = draw(out, code);
	QRcode_free(code);
	return r;
}
