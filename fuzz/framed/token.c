/* SPDX-License-Identifier: Apache-2.0 */
/* Anything as DATA of mode A1: only the tokens that the other end made are opened, and each once.
 * The first byte chooses whether what follows is hostile, or the plain text of an honest one. */
#include <stdlib.h>
#include <string.h>

#include "framed/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1700000000

static const char key[] = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";

static void
honest(struct vs_framed_tokens *from, struct vs_framed_tokens *to, struct vs_bytes text,
       enum vs_framed_form form)
{
	enum vs_framed_fault fault;
	enum vs_framed_form seen;
	struct vs_buf data, plain;

	vs_buf_init(&data, 10000);
	vs_buf_init(&plain, 20000);
	if (vs_framed_tokens_seal(from, form, text, NOW, &data).code != VS_E_OK ||
	    vs_framed_tokens_open(to, vs_buf_view(&data), NOW, &plain, &seen, &fault).code !=
	        VS_E_OK ||
	    seen != form || !vs_bytes_equal(vs_buf_view(&plain), text))
		abort();
	if (vs_framed_tokens_open(to, vs_buf_view(&data), NOW, &plain, &seen, &fault).code !=
	        VS_E_EXISTS ||
	    vs_framed_tokens_open(from, vs_buf_view(&data), NOW, &plain, &seen, &fault).code !=
	        VS_E_NOT_AUTHENTIC)
		abort();
	vs_buf_done(&data);
	vs_buf_done(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_framed_tokens *from = NULL, *to = NULL;
	enum vs_framed_fault fault;
	enum vs_framed_form form;
	struct vs_buf plain;

	if (size < 1 || size > 4000)
		return 0;
	if (vs_framed_tokens_new(VS_BYTES_LITERAL(key), &from).code != VS_E_OK ||
	    vs_framed_tokens_new(VS_BYTES_LITERAL(key), &to).code != VS_E_OK)
		abort();
	if (data[0] % 2 == 0) {
		honest(from, to, vs_bytes_from(data + 1, size - 1),
		       data[0] % 4 == 0 ? VS_FRAMED_BARE : VS_FRAMED_OBJECT);
	} else {
		vs_buf_init(&plain, 20000);
		if (vs_framed_tokens_open(to, vs_bytes_from(data + 1, size - 1), NOW, &plain, &form,
		                          &fault)
		            .code != VS_E_OK &&
		    plain.size != 0)
			abort();
		vs_buf_done(&plain);
	}
	vs_framed_tokens_free(&from);
	vs_framed_tokens_free(&to);
	return 0;
}
