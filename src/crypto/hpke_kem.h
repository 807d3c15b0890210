/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between hpke.c and hpke_kem.c: DHKEM (RFC 9180 4.1) and the labeled halves of HKDF (RFC 9180 4).
 */
#pragma once

#include "crypto/hpke.h"

#define VS_HPKE_SECRET_SIZE   32 /* Nsecret of both KEMs, Nh of the KDF */
#define VS_HPKE_SUITE_ID_SIZE 10

/* "KEM" kem or "HPKE" kem kdf aead. */
struct vs_hpke_suite_id {
	uint8_t data[VS_HPKE_SUITE_ID_SIZE];
	size_t size;
};

struct vs_hpke_suite_id vs_hpke_suite_id_of_kem(enum vs_hpke_kem kem);

VS_RESULT vs_hpke_extract(const struct vs_hpke_suite_id *suite, struct vs_bytes salt,
                          const char *label, struct vs_bytes ikm,
                          uint8_t prk_out[static VS_HPKE_SECRET_SIZE]);
VS_RESULT vs_hpke_expand(const struct vs_hpke_suite_id *suite,
                         const uint8_t prk[static VS_HPKE_SECRET_SIZE], const char *label,
                         struct vs_bytes info, uint8_t *key_out, size_t size);

/* setup->sender or setup->sender_public says whether the sender is authenticated. */
VS_RESULT vs_hpke_encapsulate(const struct vs_hpke_setup *setup, struct vs_bytes receiver_public,
                              uint8_t secret_out[static VS_HPKE_SECRET_SIZE],
                              uint8_t enc_out[static VS_HPKE_ENCAPSULATED_SIZE_MAX],
                              size_t *enc_size_out);
VS_RESULT vs_hpke_decapsulate(const struct vs_hpke_setup *setup, const struct vs_pkey *receiver,
                              struct vs_bytes enc, uint8_t secret_out[static VS_HPKE_SECRET_SIZE]);
