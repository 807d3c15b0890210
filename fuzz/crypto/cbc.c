/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as IV and cipher text, and as the value of a reading whose MAC is right: nothing but
 * NOT_AUTHENTIC or the plain text, which seals to the same bytes again.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/cbc.h"
#include "crypto/v1m.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_HERE 4096u

static const uint8_t key[VS_CBC_KEY_SIZE] = "a key of thirty-two bytes, fixed";

static void
must(bool is_so)
{
	if (!is_so)
		abort();
}

static void
open_raw(struct vs_cbc *cbc, struct vs_bytes sealed)
{
	struct vs_buf plain, again;
	vs_result r;

	vs_buf_init(&plain, SIZE_MAX_HERE);
	vs_buf_init(&again, SIZE_MAX_HERE + 64);
	r = vs_cbc_open(cbc, sealed, &plain);
	if (r.code == VS_E_OK) {
		must(vs_cbc_seal_with(cbc, sealed.data, vs_buf_view(&plain), &again).code ==
		     VS_E_OK);
		must(vs_bytes_equal(vs_buf_view(&again), sealed));
	} else {
		must(r.code == VS_E_NOT_AUTHENTIC && plain.size == 0);
	}
	vs_buf_done(&plain);
	vs_buf_done(&again);
}

static void
open_reading(struct vs_v1m *v1m, struct vs_bytes value)
{
	struct vs_v1m_reading readings[2] = {
	    {VS_BYTES_LITERAL("a"), VS_BYTES_LITERAL("u"),
	     VS_BYTES_LITERAL("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")},
	    {VS_BYTES_LITERAL("b"), VS_BYTES_LITERAL("u"), value}};
	struct vs_v1m_message message = {VS_BYTES_LITERAL("t"), VS_BYTES_LITERAL("d"), 1, readings,
	                                 2};
	uint8_t mac[VS_V1M_MAC_SIZE];
	struct vs_buf good, plain;
	size_t sizes[2];
	vs_result r;

	vs_buf_init(&good, SIZE_MAX_HERE);
	vs_buf_init(&plain, SIZE_MAX_HERE);
	must(vs_v1m_seal_value(v1m, VS_BYTES_LITERAL("21.5"), &good).code == VS_E_OK);
	readings[0].value = vs_buf_view(&good);
	must(vs_v1m_mac(v1m, &message, mac).code == VS_E_OK);
	r = vs_v1m_open(v1m, &message, vs_bytes_from(mac, sizeof(mac)), &plain, sizes);
	if (r.code == VS_E_OK)
		must(sizes[0] == 4 && plain.size == sizes[0] + sizes[1]);
	else
		must(r.code == VS_E_NOT_AUTHENTIC && plain.size == 0);
	mac[0] ^= 1;
	must(vs_v1m_open(v1m, &message, vs_bytes_from(mac, sizeof(mac)), &plain, sizes).code ==
	     VS_E_NOT_AUTHENTIC);
	vs_buf_done(&good);
	vs_buf_done(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vs_cbc *cbc;
	static struct vs_v1m *v1m;

	if (size > SIZE_MAX_HERE)
		return 0;
	if (cbc == NULL) {
		must(vs_cbc_new(key, &cbc).code == VS_E_OK);
		must(vs_v1m_new(key, &v1m).code == VS_E_OK);
	}
	open_raw(cbc, vs_bytes_from(data, size));
	open_reading(v1m, vs_bytes_from(data, size));
	return 0;
}
