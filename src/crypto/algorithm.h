/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The algorithms of libcrypto, each fetched once for the life of the process: an implicit fetch for
 * each use takes libcrypto's locks and costs more than what it is used for. Any thread. Only for
 * the files of this folder.
 */
#pragma once

#include <openssl/types.h>

enum vs_cipher {
	VS_CIPHER_AES128_GCM,
	VS_CIPHER_AES256_GCM,
	VS_CIPHER_CHACHA20_POLY1305,
	VS_CIPHER_AES128_CBC,
	VS_CIPHER_AES256_CBC,
	VS_CIPHER_AES256_KWP, /* RFC 5649 */
	VS_CIPHER_COUNT
};
enum vs_md { VS_MD_SHA256, VS_MD_SHA384, VS_MD_SHA1, VS_MD_MD5, VS_MD_COUNT };

/* NULL when the library does not have it. */
const EVP_CIPHER *vs_algorithm_cipher(enum vs_cipher cipher);
const EVP_MD *vs_algorithm_md(enum vs_md md);
/* A context of HMAC-SHA256 without a key, owned by the caller; NULL: no memory. */
EVP_MAC_CTX *vs_algorithm_hmac_sha256(void);
/* What failed here is told by a vs_result. The queue of errors that libcrypto keeps for the thread
 * must not tell it to the next TLS connection of this thread once more. */
void vs_algorithm_forget_errors(void);
