/* SPDX-License-Identifier: Apache-2.0 */
/* Between noise.c and noise_cipher.c: a CipherState (Noise 5.1), with a key or without. */
#pragma once

#include "crypto/aead.h"
#include "crypto/noise.h"

struct vs_noise_cipher {
	struct vs_aead *aead; /* NULL: no key yet */
	uint64_t count;       /* the nonce of the next message */
};

/* InitializeKey: another key, counting from 0. */
VS_RESULT vs_noise_cipher_key(struct vs_noise_cipher *cipher,
                              const uint8_t key[static VS_AEAD_KEY_SIZE]);
VS_RESULT vs_noise_cipher_new(const uint8_t key[static VS_AEAD_KEY_SIZE],
                              struct vs_noise_cipher **cipher_out);
