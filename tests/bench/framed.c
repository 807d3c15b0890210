/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message of the framed network from one end to the other, sealed and opened: by our code, with
 * all that it checks (order, replay, reflection, time, grammar of the frame), and by OpenSSL calls
 * written by hand that make and open the same tokens and frames and check nothing but their MACs.
 *
 * bench_framed SECONDS: so long for each row; prints what bench_crypto prints.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "framed/token.h"
#include "ocpp/sealed.h"
#include "turns.h"
#include "wire/base64.h"

#define NOW_S      1790000000
#define PER_SECOND 30 /* messages: the ring is almost full, with 3 600 of two minutes */
#define PAD        64
#define AAD_SIZE   48 /* as long as the AAD of a frame */
#define MESSAGE    "SUPPLY_UPDATE#CP-001#0.003056#0.01"

static struct vs_buf data, opened;
static const uint8_t key[32] = "thirty-two bytes that are a key.";

/* --- mode A1 ------------------------------------------------------------------------------------
 */

static struct vs_framed_tokens *device, *central;
static uint64_t token_count;

static void
our_token(size_t size)
{
	int64_t now_s = NOW_S + (int64_t)(token_count++ / PER_SECOND);
	enum vs_framed_form form;
	enum vs_framed_fault fault;

	vs_buf_reset(&data);
	must(vs_framed_tokens_seal(device, VS_FRAMED_BARE, vs_bytes_from(MESSAGE, size), now_s,
	                           &data)
	             .code == VS_E_OK,
	     "vs_framed_tokens_seal");
	must(vs_framed_tokens_open(central, vs_buf_view(&data), now_s, &opened, &form, &fault)
	                 .code == VS_E_OK &&
	         opened.size == size,
	     "vs_framed_tokens_open");
}

static EVP_CIPHER_CTX *cbc_seal, *cbc_open, *gcm_seal, *gcm_open;
static EVP_MAC_CTX *hmac;
static uint8_t raw[256], back[256], aad[AAD_SIZE], nonce[12];
static char text[512], standard[512];

static void
hand_mac(size_t size, uint8_t *mac_out)
{
	size_t mac_size = 0;

	must(EVP_MAC_init(hmac, NULL, 0, NULL) == 1 && EVP_MAC_update(hmac, raw, size) == 1 &&
	         EVP_MAC_final(hmac, mac_out, &mac_size, 32) == 1,
	     "EVP_MAC");
}

/* Base64url as OpenSSL can be brought to: EVP's, and another pass for the alphabet. */
static int
encode(int size)
{
	int text_size = EVP_EncodeBlock((uint8_t *)text, raw, size);

	for (int i = 0; i < text_size; i++)
		text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
	return text_size;
}

static int
decode(int text_size)
{
	int total;

	for (int i = 0; i < text_size; i++)
		standard[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	total = EVP_DecodeBlock(raw, (const uint8_t *)standard, text_size);
	for (int i = text_size; i > 0 && standard[i - 1] == '='; i--)
		total--;
	return total;
}

static void
hand_token(size_t size)
{
	int n = 0, last = 0, total;
	uint8_t mac[32];

	raw[0] = 0x80;
	for (int i = 0; i < 8; i++)
		raw[1 + i] = (uint8_t)((uint64_t)NOW_S >> (56 - 8 * i));
	must(RAND_bytes(raw + 9, 16) == 1, "RAND_bytes");
	must(EVP_EncryptInit_ex2(cbc_seal, NULL, NULL, raw + 9, NULL) == 1 &&
	         EVP_EncryptUpdate(cbc_seal, raw + 25, &n, (const uint8_t *)MESSAGE, (int)size) ==
	             1 &&
	         EVP_EncryptFinal_ex(cbc_seal, raw + 25 + n, &last) == 1,
	     "EVP_Encrypt");
	total = 25 + n + last;
	hand_mac((size_t)total, raw + total);
	total = decode(encode(total + 32));
	must(total > 25 + 32 && raw[0] == 0x80, "EVP_DecodeBlock");
	hand_mac((size_t)total - 32, mac);
	must(CRYPTO_memcmp(mac, raw + total - 32, 32) == 0, "the MAC");
	must(EVP_DecryptInit_ex2(cbc_open, NULL, NULL, raw + 9, NULL) == 1 &&
	         EVP_DecryptUpdate(cbc_open, back, &n, raw + 25, total - 32 - 25) == 1 &&
	         EVP_DecryptFinal_ex(cbc_open, back + n, &last) == 1 && (size_t)(n + last) == size,
	     "EVP_Decrypt");
}

/* --- mode A2 ------------------------------------------------------------------------------------
 */

static struct vs_ocpp_sealed *station, *server;

static void
our_frame(size_t size)
{
	enum vs_ocpp_sealed_word word;
	enum vs_ocpp_sealed_fault fault;

	vs_buf_reset(&data);
	must(vs_ocpp_sealed_seal(station, vs_bytes_from(MESSAGE, size), &data).code == VS_E_OK,
	     "vs_ocpp_sealed_seal");
	must(vs_ocpp_sealed_receive(server, vs_buf_view(&data), &opened, &word, &fault).code ==
	             VS_E_OK &&
	         opened.size == size,
	     "vs_ocpp_sealed_receive");
}

static uint64_t frame_count;

static void
hand_frame(size_t size)
{
	char frame[512], *at = NULL;
	uint8_t none[16], padded[PAD], tag[16];
	int n = 0, total;

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, MESSAGE, size);
	frame_count++;
	for (int i = 0; i < 8; i++)
		nonce[4 + i] = aad[AAD_SIZE - 8 + i] = (uint8_t)(frame_count >> (56 - 8 * i));
	must(EVP_EncryptInit_ex(gcm_seal, NULL, NULL, NULL, nonce) == 1 &&
	         EVP_EncryptUpdate(gcm_seal, NULL, &n, aad, AAD_SIZE) == 1 &&
	         EVP_EncryptUpdate(gcm_seal, raw, &n, padded, PAD) == 1 &&
	         EVP_EncryptFinal_ex(gcm_seal, none, &n) == 1 &&
	         EVP_CIPHER_CTX_ctrl(gcm_seal, EVP_CTRL_AEAD_GET_TAG, 16, raw + PAD) == 1,
	     "EVP_Encrypt");
	n = encode(PAD + 16);
	must(snprintf(frame, sizeof(frame), "E2#1#%llu#%.*s", (unsigned long long)frame_count, n,
	              text) > 0,
	     "snprintf");
	must(strncmp(frame, "E2#1#", 5) == 0 && strtoull(frame + 5, &at, 10) == frame_count &&
	         *at == '#',
	     "its number");
	n = (int)strlen(at + 1);
	memcpy(text, at + 1, (size_t)n);
	total = decode(n);
	must(total == PAD + 16, "EVP_DecodeBlock");
	memcpy(tag, raw + PAD, 16);
	must(EVP_DecryptInit_ex(gcm_open, NULL, NULL, NULL, nonce) == 1 &&
	         EVP_DecryptUpdate(gcm_open, NULL, &n, aad, AAD_SIZE) == 1 &&
	         EVP_DecryptUpdate(gcm_open, back, &n, raw, PAD) == 1 &&
	         EVP_CIPHER_CTX_ctrl(gcm_open, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1 &&
	         EVP_DecryptFinal_ex(gcm_open, none, &n) == 1,
	     "EVP_Decrypt");
	for (total = PAD; total > 0 && back[total - 1] == ' '; total--)
		;
	must((size_t)total == size, "padding");
}

/* --- setting up ---------------------------------------------------------------------------------
 */

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
set_up_ours(void)
{
	const struct vs_ocpp_sealed_names names = {.tenant = "default",
	                                           .identity = "CP-001",
	                                           .subprotocol = "framed/2",
	                                           .form = VS_OCPP_SEALED_FRAMED};
	struct vs_ocpp_sealed_keys *keys = NULL;
	struct vs_ocpp_sealed_hello hello;
	enum vs_ocpp_sealed_word word;
	enum vs_ocpp_sealed_fault fault;
	char fernet_key[VS_FRAMED_KEY_TEXT_SIZE];

	vs_framed_key_new(fernet_key);
	must(vs_framed_tokens_new(vs_bytes_from_text(fernet_key), &device).code == VS_E_OK &&
	         vs_framed_tokens_new(vs_bytes_from_text(fernet_key), &central).code == VS_E_OK,
	     "vs_framed_tokens_new");
	must(vs_ocpp_sealed_new(VS_NOISE_INITIATOR, &names, &station).code == VS_E_OK &&
	         vs_ocpp_sealed_new(VS_NOISE_RESPONDER, &names, &server).code == VS_E_OK &&
	         vs_ocpp_sealed_greet(station, 1, key, NULL, NULL, &data).code == VS_E_OK &&
	         vs_ocpp_sealed_receive(server, vs_buf_view(&data), &opened, &word, &fault).code ==
	             VS_E_OK,
	     "the handshake's first message");
	vs_ocpp_sealed_get_hello(server, &hello);
	vs_buf_reset(&data);
	must(vs_ocpp_sealed_respond(&hello, key, NULL, NULL, &keys).code == VS_E_OK &&
	         vs_ocpp_sealed_accept(server, &keys, &data).code == VS_E_OK &&
	         vs_ocpp_sealed_receive(station, vs_buf_view(&data), &opened, &word, &fault).code ==
	             VS_E_OK,
	     "the handshake's second message");
}

static const struct turns_row rows[] = {
    {"A1: token sealed and opened", our_token, hand_token, sizeof(MESSAGE) - 1},
    {"A2: frame sealed and opened", our_frame, hand_frame, sizeof(MESSAGE) - 1},
};

int
main(int argc, char **argv)
{
	must(argc == 2 && strtod(argv[1], NULL) > 0, "usage: bench_framed SECONDS");
	vs_buf_init(&data, 4096);
	vs_buf_init(&opened, 4096);
	set_up_ours();
	set_up_by_hand();
	(void)printf("{");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)printf("%s", i > 0 ? ", " : "");
		turns_measure(&rows[i], strtod(argv[1], NULL));
	}
	(void)printf("}\n");
	vs_framed_tokens_free(&device);
	vs_framed_tokens_free(&central);
	vs_ocpp_sealed_free(&station);
	vs_ocpp_sealed_free(&server);
	vs_buf_done(&data);
	vs_buf_done(&opened);
	EVP_CIPHER_CTX_free(gcm_seal);
	EVP_CIPHER_CTX_free(gcm_open);
	EVP_CIPHER_CTX_free(cbc_seal);
	EVP_CIPHER_CTX_free(cbc_open);
	EVP_MAC_CTX_free(hmac);
	return 0;
}
