/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens and sealed fields by OpenSSL calls written by hand: keyed contexts that are kept,
 * algorithms that are fetched once, nothing checked but the MACs. */
#pragma once

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/bytes.h"
#include "turns.h"

#define HAND_NOW_S 1790000000

static EVP_CIPHER_CTX *gcm_seal, *gcm_open, *cbc_seal, *cbc_open;
static EVP_MAC_CTX *hmac;
static uint8_t hand_raw[512];
static char hand_text[sizeof(hand_raw) / 3 * 4 + 8], hand_standard[sizeof(hand_text)];
static int hand_text_size;

static inline EVP_CIPHER_CTX *
hand_context(const char *name, const uint8_t *key, int direction)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	must(cipher != NULL && ctx != NULL &&
	         EVP_CipherInit_ex2(ctx, cipher, key, NULL, direction, NULL) == 1,
	     name);
	EVP_CIPHER_free(cipher);
	return ctx;
}

/* key: 32 bytes, as Fernet splits them, and for AES-256-GCM. */
static inline void
hand_begin(const uint8_t *key)
{
	char digest[] = "SHA2-256";
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	                       OSSL_PARAM_construct_end()};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	gcm_seal = hand_context("AES-256-GCM", key, 1);
	gcm_open = hand_context("AES-256-GCM", key, 0);
	cbc_seal = hand_context("AES-128-CBC", key + 16, 1);
	cbc_open = hand_context("AES-128-CBC", key + 16, 0);
	hmac = EVP_MAC_CTX_new(mac);
	must(hmac != NULL && EVP_MAC_init(hmac, key, 16, params) == 1, "HMAC");
	EVP_MAC_free(mac);
}

static inline void
hand_end(void)
{
	EVP_CIPHER_CTX_free(gcm_seal);
	EVP_CIPHER_CTX_free(gcm_open);
	EVP_CIPHER_CTX_free(cbc_seal);
	EVP_CIPHER_CTX_free(cbc_open);
	EVP_MAC_CTX_free(hmac);
}

static inline void
hand_mac(size_t size, uint8_t *mac_out)
{
	size_t mac_size = 0;

	must(EVP_MAC_init(hmac, NULL, 0, NULL) == 1 && EVP_MAC_update(hmac, hand_raw, size) == 1 &&
	         EVP_MAC_final(hmac, mac_out, &mac_size, 32) == 1,
	     "EVP_MAC");
}

/* hand_raw to hand_text, in base64url as OpenSSL can be brought to it: EVP's, and another pass for
 * the alphabet. */
static inline void
hand_encode(int size)
{
	hand_text_size = EVP_EncodeBlock((uint8_t *)hand_text, hand_raw, size);
	for (int i = 0; i < hand_text_size; i++)
		hand_text[i] = hand_text[i] == '+' ? '-' : hand_text[i] == '/' ? '_' : hand_text[i];
}

/* And back: how many bytes. */
static inline int
hand_decode(void)
{
	int total;

	for (int i = 0; i < hand_text_size; i++)
		hand_standard[i] = hand_text[i] == '-'   ? '+'
		                   : hand_text[i] == '_' ? '/'
		                                         : hand_text[i];
	total = EVP_DecodeBlock(hand_raw, (const uint8_t *)hand_standard, hand_text_size);
	for (int i = hand_text_size; i > 0 && hand_standard[i - 1] == '='; i--)
		total--;
	return total;
}

/* To hand_text. */
static inline void
hand_fernet_seal(const uint8_t *plain, size_t size)
{
	int n = 0, last = 0, total;

	hand_raw[0] = 0x80;
	for (int i = 0; i < 8; i++)
		hand_raw[1 + i] = (uint8_t)((uint64_t)HAND_NOW_S >> (56 - 8 * i));
	must(RAND_bytes(hand_raw + 9, 16) == 1, "RAND_bytes");
	must(EVP_EncryptInit_ex2(cbc_seal, NULL, NULL, hand_raw + 9, NULL) == 1 &&
	         EVP_EncryptUpdate(cbc_seal, hand_raw + 25, &n, plain, (int)size) == 1 &&
	         EVP_EncryptFinal_ex(cbc_seal, hand_raw + 25 + n, &last) == 1,
	     "EVP_Encrypt");
	total = 25 + n + last;
	hand_mac((size_t)total, hand_raw + total);
	hand_encode(total + 32);
}

/* From hand_text. */
static inline void
hand_fernet_open(uint8_t *back, size_t size)
{
	int n = 0, last = 0, total = hand_decode();
	uint8_t mac[32];

	must(total > 25 + 32 && hand_raw[0] == 0x80, "EVP_DecodeBlock");
	hand_mac((size_t)total - 32, mac);
	must(CRYPTO_memcmp(mac, hand_raw + total - 32, 32) == 0, "the MAC");
	must(EVP_DecryptInit_ex2(cbc_open, NULL, NULL, hand_raw + 9, NULL) == 1 &&
	         EVP_DecryptUpdate(cbc_open, back, &n, hand_raw + 25, total - 32 - 25) == 1 &&
	         EVP_DecryptFinal_ex(cbc_open, back + n, &last) == 1 && (size_t)(n + last) == size,
	     "EVP_Decrypt");
}

/* sealed_out: size bytes and a tag of 16. */
static inline void
hand_gcm_seal(const uint8_t *nonce, struct vs_bytes aad, const uint8_t *plain, int size,
              uint8_t *sealed_out)
{
	uint8_t none[16];
	int n = 0;

	must(EVP_EncryptInit_ex(gcm_seal, NULL, NULL, NULL, nonce) == 1 &&
	         EVP_EncryptUpdate(gcm_seal, NULL, &n, aad.data, (int)aad.size) == 1 &&
	         EVP_EncryptUpdate(gcm_seal, sealed_out, &n, plain, size) == 1 &&
	         EVP_EncryptFinal_ex(gcm_seal, none, &n) == 1 &&
	         EVP_CIPHER_CTX_ctrl(gcm_seal, EVP_CTRL_AEAD_GET_TAG, 16, sealed_out + size) == 1,
	     "EVP_Encrypt");
}

static inline void
hand_gcm_open(const uint8_t *nonce, struct vs_bytes aad, uint8_t *sealed, int size,
              uint8_t *plain_out)
{
	uint8_t none[16];
	int n = 0;

	must(EVP_DecryptInit_ex(gcm_open, NULL, NULL, NULL, nonce) == 1 &&
	         EVP_DecryptUpdate(gcm_open, NULL, &n, aad.data, (int)aad.size) == 1 &&
	         EVP_DecryptUpdate(gcm_open, plain_out, &n, sealed, size) == 1 &&
	         EVP_CIPHER_CTX_ctrl(gcm_open, EVP_CTRL_AEAD_SET_TAG, 16, sealed + size) == 1 &&
	         EVP_DecryptFinal_ex(gcm_open, none, &n) == 1,
	     "EVP_Decrypt");
}
