/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message of the framed network from one end to the other, sealed and opened: by our code, with
 * all that it checks (order, replay, reflection, time, grammar of the frame), and by OpenSSL calls
 * written by hand that make and open the same tokens and frames and check nothing but their MACs.
 *
 * bench_framed SECONDS: so long for each row; prints what bench_crypto prints.
 */
#include "framed/token.h"
#include "hand.h"
#include "ocpp/sealed.h"

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
	int64_t now_s = HAND_NOW_S + (int64_t)(token_count++ / PER_SECOND);
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

static void
hand_token(size_t size)
{
	uint8_t back[sizeof(MESSAGE) + PAD];

	hand_fernet_seal((const uint8_t *)MESSAGE, size);
	hand_fernet_open(back, size);
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
static uint8_t aad[AAD_SIZE], nonce[12];

static void
hand_frame(size_t size)
{
	char frame[512], *at = NULL;
	uint8_t padded[PAD], back[PAD];
	int total;

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, MESSAGE, size);
	frame_count++;
	for (int i = 0; i < 8; i++)
		nonce[4 + i] = aad[AAD_SIZE - 8 + i] = (uint8_t)(frame_count >> (56 - 8 * i));
	hand_gcm_seal(nonce, vs_bytes_from(aad, AAD_SIZE), padded, PAD, hand_raw);
	hand_encode(PAD + 16);
	must(snprintf(frame, sizeof(frame), "E2#1#%llu#%.*s", (unsigned long long)frame_count,
	              hand_text_size, hand_text) > 0,
	     "snprintf");
	must(strncmp(frame, "E2#1#", 5) == 0 && strtoull(frame + 5, &at, 10) == frame_count &&
	         *at == '#',
	     "its number");
	hand_text_size = (int)strlen(at + 1);
	memcpy(hand_text, at + 1, (size_t)hand_text_size);
	must(hand_decode() == PAD + 16, "EVP_DecodeBlock");
	hand_gcm_open(nonce, vs_bytes_from(aad, AAD_SIZE), hand_raw, PAD, back);
	for (total = PAD; total > 0 && back[total - 1] == ' '; total--)
		;
	must((size_t)total == size, "padding");
}

/* --- setting up ---------------------------------------------------------------------------------
 */

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
	hand_begin(key);
	turns_measure_all(rows, sizeof(rows) / sizeof(rows[0]), strtod(argv[1], NULL));
	hand_end();
	vs_framed_tokens_free(&device);
	vs_framed_tokens_free(&central);
	vs_ocpp_sealed_free(&station);
	vs_ocpp_sealed_free(&server);
	vs_buf_done(&data);
	vs_buf_done(&opened);
	return 0;
}
