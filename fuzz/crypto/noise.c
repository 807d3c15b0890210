/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern and a side, then a message: the responder reads it as the first, the initiator, whose
 * own first message is always the same, as the second. It is read or is NOT_AUTHENTIC; after the
 * first one of NNpsk0 nothing was agreed on yet, whichever it is.
 */
#include "crypto/noise.h"
#include "keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static vs_result
fixed_key(void *user, struct vs_pkey **key_out)
{
	(void)user;
	return vs_pkey_read_raw_private(VS_PKEY_X25519, vs_bytes_from(fuzz_secret, 32), key_out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t public[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_noise_options options = {
	    .prologue = VS_BYTES_LITERAL("prologue"), .psk = fuzz_secret, .key_source = fixed_key};
	struct vs_noise *noise = NULL;
	struct vs_buf buf;
	size_t public_size = 0;
	vs_result r;

	if (size < 1)
		return 0;
	vs_buf_init(&buf, VS_NOISE_MESSAGE_SIZE_MAX);
	options.pattern = (data[0] & 1) != 0 ? VS_NOISE_KKPSK0 : VS_NOISE_NNPSK0;
	options.role = (data[0] & 2) != 0 ? VS_NOISE_INITIATOR : VS_NOISE_RESPONDER;
	if (options.pattern == VS_NOISE_KKPSK0) {
		options.own = fuzz_key(VS_PKEY_X25519); /* both sides have the same */
		fuzz_must(vs_pkey_raw_public(options.own, public, &public_size).code == VS_E_OK);
		options.peer_public = vs_bytes_from(public, public_size);
	}
	fuzz_must(vs_noise_new(&options, &noise).code == VS_E_OK);
	if (options.role == VS_NOISE_INITIATOR)
		fuzz_must(vs_noise_write(noise, vs_bytes_from(NULL, 0), &buf).code == VS_E_OK);
	vs_buf_reset(&buf);
	r = vs_noise_read(noise, vs_bytes_from(data + 1, size - 1), &buf);
	fuzz_must(r.code == VS_E_OK || r.code == VS_E_NOT_AUTHENTIC);
	fuzz_must(buf.size == (r.code == VS_E_OK ? size - 1 - VS_NOISE_OVERHEAD : 0));
	if (options.pattern == VS_NOISE_NNPSK0 && options.role == VS_NOISE_RESPONDER)
		fuzz_must(vs_noise_agreements(noise) == 0);
	vs_noise_free(&noise);
	vs_buf_done(&buf);
	return 0;
}
