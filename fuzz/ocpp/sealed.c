/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes in on a sealed channel, at either end, before and after the handshake. Whatever it is,
 * nothing that the peer did not seal comes out, and after a fault nothing comes out any more. The
 * first byte chooses the end and the state; with bit 3 the rest is sealed first, as an insider's.
 */
#include <string.h>

#include "ocpp/sealed.h"

#include "../crypto/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pair {
	struct vs_ocpp_sealed *station, *central;
	struct vs_buf frame, plain;
};

static vs_result
known_key(void *user, struct vs_pkey **key_out)
{
	(void)user;
	return vs_pkey_read_raw_private(VS_PKEY_X25519,
	                                vs_bytes_from(fuzz_scalar, sizeof(fuzz_scalar)), key_out);
}

static vs_result
pass(struct pair *pair, struct vs_ocpp_sealed *to, enum vs_ocpp_sealed_word *word)
{
	enum vs_ocpp_sealed_fault fault;
	vs_result r =
	    vs_ocpp_sealed_receive(to, vs_buf_view(&pair->frame), &pair->plain, word, &fault);

	vs_buf_reset(&pair->frame);
	return r;
}

static void
open_both(struct pair *pair)
{
	struct vs_ocpp_sealed_keys *keys = NULL;
	struct vs_ocpp_sealed_hello hello;
	enum vs_ocpp_sealed_word word;

	fuzz_must(vs_ocpp_sealed_greet(pair->station, 1, fuzz_secret, known_key, NULL, &pair->frame)
	              .code == VS_E_OK);
	fuzz_must(pass(pair, pair->central, &word).code == VS_E_OK);
	vs_ocpp_sealed_get_hello(pair->central, &hello);
	fuzz_must(vs_ocpp_sealed_respond(&hello, fuzz_secret, known_key, NULL, &keys).code ==
	          VS_E_OK);
	fuzz_must(vs_ocpp_sealed_accept(pair->central, &keys, &pair->frame).code == VS_E_OK);
	fuzz_must(pass(pair, pair->station, &word).code == VS_E_OK);
}

static void
receive(struct pair *pair, unsigned choice, struct vs_bytes text)
{
	struct vs_ocpp_sealed *to = (choice & 1) != 0 ? pair->station : pair->central;
	struct vs_ocpp_sealed *from = to == pair->station ? pair->central : pair->station;
	enum vs_ocpp_sealed_fault fault = VS_OCPP_SEALED_FINE;
	enum vs_ocpp_sealed_word word = VS_OCPP_SEALED_TEXT;
	bool is_insider = (choice & 4) != 0 && (choice & 2) != 0;
	vs_result r;

	if (is_insider) {
		if (vs_ocpp_sealed_seal(from, text, &pair->frame).code != VS_E_OK)
			return;
		text = vs_buf_view(&pair->frame);
	}
	r = vs_ocpp_sealed_receive(to, text, &pair->plain, &word, &fault);
	if (r.code == VS_E_OK) {
		fuzz_must(is_insider || word == VS_OCPP_SEALED_HELLO);
		return;
	}
	fuzz_must(fault != VS_OCPP_SEALED_FINE && pair->plain.size == 0);
	fuzz_must(!vs_ocpp_sealed_is_open(to));
	fuzz_must(vs_ocpp_sealed_receive(to, text, &pair->plain, &word, &fault).code != VS_E_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vs_ocpp_sealed_names names = {
	    .tenant = "default", .identity = "CS-1", .subprotocol = "ocpp2.0.1+e2"};
	struct pair pair = {.station = NULL};

	if (size == 0)
		return 0;
	vs_buf_init(&pair.frame, 1u << 20);
	vs_buf_init(&pair.plain, 1u << 20);
	fuzz_must(vs_ocpp_sealed_new(VS_NOISE_INITIATOR, &names, &pair.station).code == VS_E_OK);
	fuzz_must(vs_ocpp_sealed_new(VS_NOISE_RESPONDER, &names, &pair.central).code == VS_E_OK);
	if ((data[0] & 2) != 0)
		open_both(&pair);
	receive(&pair, data[0], vs_bytes_from(data + 1, size - 1));
	vs_ocpp_sealed_free(&pair.station);
	vs_ocpp_sealed_free(&pair.central);
	vs_buf_done(&pair.frame);
	vs_buf_done(&pair.plain);
	return 0;
}
