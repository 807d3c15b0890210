/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our primitives cost beside the same calls of OpenSSL written by hand: keyed contexts that
 * are kept, algorithms that are fetched once, nothing checked that OpenSSL does not check itself.
 *
 * bench_crypto SECONDS: so long for each row, ours and by hand in turn in slices of some
 * milliseconds. Prints {"row": {"ours_ns": MEDIAN, "hand_ns": MEDIAN, "speed": MEDIAN}, ...}, CPU
 * time per call; speed is that of ours where the hand-written one is 1, of the two slices of a
 * turn.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "crypto/aead.h"
#include "crypto/fernet.h"
#include "turns.h"

#define FERNET   256
#define AAD_SIZE 80 /* as long as the AAD of a reading */
#define NOW_S    1790000000

static const uint8_t key[32] = "thirty-two bytes that are a key.";
static uint8_t plain[1024], aad[AAD_SIZE], nonce[12];

/* --- ours --------------------------------------------------------------------------------------
 */

static struct vs_fernet *fernet;
static struct vs_aead *aead;
static struct vs_buf token, opened;
static uint8_t sealed[sizeof(plain) + 16], back[sizeof(plain)];

static void
our_fernet_seal(size_t size)
{
	vs_buf_reset(&token);
	must(vs_fernet_seal(fernet, vs_bytes_from(plain, size), NOW_S, &token).code == VS_E_OK,
	     "vs_fernet_seal");
}

static void
our_fernet_open(size_t size)
{
	static const struct vs_fernet_window window = {NOW_S, 60, 60};

	vs_buf_reset(&opened);
	must(vs_fernet_open(fernet, vs_buf_view(&token), &window, &opened, NULL).code == VS_E_OK &&
	         opened.size == size,
	     "vs_fernet_open");
}

static void
our_field_seal(size_t size)
{
	nonce[0]++;
	must(vs_aead_seal(aead, nonce, vs_bytes_from(aad, AAD_SIZE), vs_bytes_from(plain, size),
	                  sealed)
	             .code == VS_E_OK,
	     "vs_aead_seal");
}

static void
our_field_open(size_t size)
{
	must(vs_aead_open(aead, nonce, vs_bytes_from(aad, AAD_SIZE),
	                  vs_bytes_from(sealed, size + 16), back)
	             .code == VS_E_OK,
	     "vs_aead_open");
}

/* --- by hand ------------------------------------------------------------------------------------
 */

static EVP_CIPHER_CTX *gcm_seal, *gcm_open, *cbc_seal, *cbc_open;
static EVP_MAC_CTX *hmac;
static uint8_t raw[1 + 8 + 16 + FERNET + 16 + 32 + 8];
static char text[sizeof(raw) / 3 * 4 + 8];
static int text_size;

static EVP_CIPHER_CTX *
context(const char *name, const uint8_t *with, int direction)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	must(cipher != NULL && ctx != NULL &&
	         EVP_CipherInit_ex2(ctx, cipher, with, NULL, direction, NULL) == 1,
	     name);
	EVP_CIPHER_free(cipher);
	return ctx;
}

static void
set_up_by_hand(void)
{
	char digest[] = "SHA2-256";
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	                       OSSL_PARAM_construct_end()};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	gcm_seal = context("AES-256-GCM", key, 1);
	gcm_open = context("AES-256-GCM", key, 0);
	cbc_seal = context("AES-128-CBC", key + 16, 1);
	cbc_open = context("AES-128-CBC", key + 16, 0);
	hmac = EVP_MAC_CTX_new(mac);
	must(hmac != NULL && EVP_MAC_init(hmac, key, 16, params) == 1, "HMAC");
	EVP_MAC_free(mac);
}

static void
hand_mac(size_t size, uint8_t *mac_out)
{
	size_t mac_size = 0;

	must(EVP_MAC_init(hmac, NULL, 0, NULL) == 1 && EVP_MAC_update(hmac, raw, size) == 1 &&
	         EVP_MAC_final(hmac, mac_out, &mac_size, 32) == 1,
	     "EVP_MAC");
}

static void
hand_fernet_seal(size_t size)
{
	int n = 0, last = 0, total;

	raw[0] = 0x80;
	for (int i = 0; i < 8; i++)
		raw[1 + i] = (uint8_t)((uint64_t)NOW_S >> (56 - 8 * i));
	must(RAND_bytes(raw + 9, 16) == 1, "RAND_bytes");
	must(EVP_EncryptInit_ex2(cbc_seal, NULL, NULL, raw + 9, NULL) == 1 &&
	         EVP_EncryptUpdate(cbc_seal, raw + 25, &n, plain, (int)size) == 1 &&
	         EVP_EncryptFinal_ex(cbc_seal, raw + 25 + n, &last) == 1,
	     "EVP_Encrypt");
	total = 25 + n + last;
	hand_mac((size_t)total, raw + total);
	text_size = EVP_EncodeBlock((uint8_t *)text, raw, total + 32);
	for (int i = 0; i < text_size; i++)
		text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
}

static void
hand_fernet_open(size_t size)
{
	char standard[sizeof(text)];
	uint8_t mac[32];
	int n = 0, last = 0, total;

	for (int i = 0; i < text_size; i++)
		standard[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	total = EVP_DecodeBlock(raw, (const uint8_t *)standard, text_size);
	for (int i = text_size; i > 0 && standard[i - 1] == '='; i--)
		total--;
	must(total > 25 + 32 && raw[0] == 0x80, "EVP_DecodeBlock");
	hand_mac((size_t)total - 32, mac);
	must(CRYPTO_memcmp(mac, raw + total - 32, 32) == 0, "the MAC");
	must(EVP_DecryptInit_ex2(cbc_open, NULL, NULL, raw + 9, NULL) == 1 &&
	         EVP_DecryptUpdate(cbc_open, back, &n, raw + 25, total - 32 - 25) == 1 &&
	         EVP_DecryptFinal_ex(cbc_open, back + n, &last) == 1 && (size_t)(n + last) == size,
	     "EVP_Decrypt");
}

static void
hand_field_seal(size_t size)
{
	uint8_t none[16];
	int n = 0;

	nonce[0]++;
	must(EVP_EncryptInit_ex(gcm_seal, NULL, NULL, NULL, nonce) == 1 &&
	         EVP_EncryptUpdate(gcm_seal, NULL, &n, aad, AAD_SIZE) == 1 &&
	         EVP_EncryptUpdate(gcm_seal, sealed, &n, plain, (int)size) == 1 &&
	         EVP_EncryptFinal_ex(gcm_seal, none, &n) == 1 &&
	         EVP_CIPHER_CTX_ctrl(gcm_seal, EVP_CTRL_AEAD_GET_TAG, 16, sealed + size) == 1,
	     "EVP_Encrypt");
}

static void
hand_field_open(size_t size)
{
	uint8_t none[16];
	int n = 0;

	must(EVP_DecryptInit_ex(gcm_open, NULL, NULL, NULL, nonce) == 1 &&
	         EVP_DecryptUpdate(gcm_open, NULL, &n, aad, AAD_SIZE) == 1 &&
	         EVP_DecryptUpdate(gcm_open, back, &n, sealed, (int)size) == 1 &&
	         EVP_CIPHER_CTX_ctrl(gcm_open, EVP_CTRL_AEAD_SET_TAG, 16, sealed + size) == 1 &&
	         EVP_DecryptFinal_ex(gcm_open, none, &n) == 1,
	     "EVP_Decrypt");
}

static const struct turns_row rows[] = {
    {"Fernet seal, 256 B", our_fernet_seal, hand_fernet_seal, FERNET},
    {"Fernet open, 256 B", our_fernet_open, hand_fernet_open, FERNET},
    {"field seal, 32 B", our_field_seal, hand_field_seal, 32},
    {"field open, 32 B", our_field_open, hand_field_open, 32},
    {"field seal, 1 KiB", our_field_seal, hand_field_seal, 1024},
    {"field open, 1 KiB", our_field_open, hand_field_open, 1024},
};

int
main(int argc, char **argv)
{
	must(argc == 2 && strtod(argv[1], NULL) > 0, "usage: bench_crypto SECONDS");
	vs_buf_init(&token, 4096);
	vs_buf_init(&opened, 4096);
	must(vs_fernet_new(key, &fernet).code == VS_E_OK, "vs_fernet_new");
	must(vs_aead_new(VS_AEAD_AES256GCM, key, &aead).code == VS_E_OK, "vs_aead_new");
	set_up_by_hand();
	(void)printf("{");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)printf("%s", i > 0 ? ", " : "");
		turns_measure(&rows[i], strtod(argv[1], NULL));
	}
	(void)printf("}\n");
	vs_fernet_free(&fernet);
	vs_aead_free(&aead);
	vs_buf_done(&token);
	vs_buf_done(&opened);
	EVP_CIPHER_CTX_free(gcm_seal);
	EVP_CIPHER_CTX_free(gcm_open);
	EVP_CIPHER_CTX_free(cbc_seal);
	EVP_CIPHER_CTX_free(cbc_open);
	EVP_MAC_CTX_free(hmac);
	return 0;
}
