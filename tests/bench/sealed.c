/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one OCPP message costs beyond TLS, in nanoseconds of one core: validated; with the look for
 * a signature and for a replay; opened from a sealed channel, and its answer sealed into one.
 * Beside them, in the same run, what does not depend on us: the bare walk over its JSON, and
 * AES-256-GCM by hand over so many bytes. A clock that is half as fast changes all of them alike.
 * usage: bench_sealed SECONDS
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/map.h"
#include "central/recent.h"
#include "ocpp/sealed.h"
#include "ocpp/signed.h"

#define BATCH 256u

static const struct row {
	const char *name, *text;
} rows[] = {
    {"Heartbeat", "[2,\"4711\",\"Heartbeat\",{}]"},
    {"MeterValues",
     "[2,\"19223201-0001\",\"MeterValues\",{\"evseId\":1,\"meterValue\":[{\"timestamp\":"
     "\"2026-11-20T13:38:25.123Z\",\"sampledValue\":[{\"value\":11042.5,\"measurand\":"
     "\"Power.Active.Import\",\"unitOfMeasure\":{\"unit\":\"W\"}},{\"value\":48211.25,"
     "\"measurand\":\"Energy.Active.Import.Register\",\"context\":\"Sample.Periodic\","
     "\"unitOfMeasure\":{\"unit\":\"Wh\"}},{\"value\":231.4,\"measurand\":\"Voltage\",\"phase\":"
     "\"L1-N\"}]}]}]"},
    {"TransactionEvent",
     "[2,\"17\",\"TransactionEvent\",{\"eventType\":\"Updated\",\"timestamp\":"
     "\"2026-11-20T13:38:25.123Z\",\"triggerReason\":\"MeterValuePeriodic\",\"seqNo\":17,"
     "\"transactionInfo\":{\"transactionId\":\"a7b9c\",\"chargingState\":\"Charging\"},\"evse\":{"
     "\"id\":1},\"meterValue\":[{\"timestamp\":\"2026-11-20T13:38:25Z\",\"sampledValue\":[{"
     "\"value\":48211}]}]}]"},
};
static const char answer[] = "[3,\"19223201-0001\",{\"currentTime\":\"2026-11-20T13:38:25.123Z\"}]";

static const uint8_t secret[VS_NOISE_PSK_SIZE] = {1};
static struct vs_json_tape tape;
static struct vs_ocpp_sealed *station, *central;
static struct vs_buf out, plain, frames[BATCH];
static struct vs_central_recent recent;
static const uint8_t hash_key[16] = {7};

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "bench_sealed: %s\n", what);
	exit(1);
}

static double
cpu_ns(void)
{
	struct timespec now = {0};

	must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0, "clock");
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void
validate(struct vs_bytes text, struct vs_ocpp_message *message)
{
	struct vs_ocpp_fault fault;

	must(vs_ocpp_message_parse(VS_OCPP_201, VS_OCPP_STATION, text, NULL, &tape, message, &fault)
	             .code == VS_E_OK,
	     "the message is refused");
}

static void
run_validated(struct vs_bytes text)
{
	struct vs_ocpp_message message;

	for (unsigned i = 0; i < BATCH; i++)
		validate(text, &message);
}

/* As central/signing.c and session.c do for each message that is not signed. */
static void
run_checked(struct vs_bytes text)
{
	struct vs_ocpp_message message;
	uint64_t id, content;

	for (unsigned i = 0; i < BATCH; i++) {
		must(!vs_ocpp_signed_looks(text), "it is signed");
		validate(text, &message);
		id = vs_hash_keyed(message.id, hash_key) + (uint64_t)i * UINT64_C(0x100000001);
		content = vs_hash_long(vs_json_raw(message.tape, message.payload), hash_key) ^
		          (uint64_t)message.action;
		(void)vs_central_recent_note(&recent, id, content);
	}
}

static void
run_opened(struct vs_bytes text)
{
	enum vs_ocpp_sealed_fault fault;
	enum vs_ocpp_sealed_word word;

	(void)text;
	for (unsigned i = 0; i < BATCH; i++)
		must(vs_ocpp_sealed_receive(central, vs_buf_view(&frames[i]), &plain, &word, &fault)
		             .code == VS_E_OK,
		     "it does not open");
}

static void
run_sealed(struct vs_bytes text)
{
	(void)text;
	for (unsigned i = 0; i < BATCH; i++) {
		vs_buf_reset(&out);
		must(vs_ocpp_sealed_seal(central, vs_bytes_from_text(answer), &out).code == VS_E_OK,
		     "the answer is not sealed");
	}
}

static void
run_walked(struct vs_bytes text)
{
	for (unsigned i = 0; i < BATCH; i++)
		must(vs_json_parse(text, &tape).code == VS_E_OK, "it is no JSON");
}

/* As long as what is sealed of it, opened with everything that a message needs: a nonce, what is
 * authenticated beside it, the tag. */
static void
run_raw(struct vs_bytes text)
{
	static EVP_CIPHER_CTX *ctx;
	static uint8_t bytes[4096], opened[4096], aad[64], tag[16], key[32], nonce[12];
	int size = 0, padded = (int)((text.size + 63) & ~(size_t)63);

	if (ctx == NULL) {
		ctx = EVP_CIPHER_CTX_new();
		must(ctx != NULL &&
		         EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, NULL) == 1,
		     "EVP");
	}
	must(EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, nonce) == 1 &&
	         EVP_EncryptUpdate(ctx, NULL, &size, aad, sizeof(aad)) == 1 &&
	         EVP_EncryptUpdate(ctx, bytes, &size, opened, padded) == 1 &&
	         EVP_EncryptFinal_ex(ctx, bytes, &size) == 1 &&
	         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, sizeof(tag), tag) == 1,
	     "EVP");
	for (unsigned i = 0; i < BATCH; i++)
		must(EVP_DecryptInit_ex(ctx, NULL, NULL, NULL, nonce) == 1 &&
		         EVP_DecryptUpdate(ctx, NULL, &size, aad, sizeof(aad)) == 1 &&
		         EVP_DecryptUpdate(ctx, opened, &size, bytes, padded) == 1 &&
		         EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
		         EVP_DecryptFinal_ex(ctx, opened, &size) == 1,
		     "the raw call");
}

static void
prepare_frames(struct vs_bytes text)
{
	for (unsigned i = 0; i < BATCH; i++) {
		vs_buf_reset(&frames[i]);
		must(vs_ocpp_sealed_seal(station, text, &frames[i]).code == VS_E_OK, "not sealed");
	}
}

/* The best of many turns: on a busy machine the others measure the neighbours. */
static double
best_ns(void (*run)(struct vs_bytes), struct vs_bytes text, double seconds)
{
	double best = 1e18, end = cpu_ns() + seconds * 1e9;

	while (cpu_ns() < end) {
		double start, spent;

		if (run == run_opened)
			prepare_frames(text);
		start = cpu_ns();
		run(text);
		spent = (cpu_ns() - start) / BATCH;
		best = spent < best ? spent : best;
	}
	return best;
}

static void
open_channel(void)
{
	static const struct vs_ocpp_sealed_names names = {
	    .tenant = "default", .identity = "CS-0001", .subprotocol = "ocpp2.0.1+e2"};
	struct vs_ocpp_sealed_keys *keys = NULL;
	enum vs_ocpp_sealed_fault fault;
	enum vs_ocpp_sealed_word word;
	struct vs_ocpp_sealed_hello hello;

	must(vs_ocpp_sealed_new(VS_NOISE_INITIATOR, &names, &station).code == VS_E_OK &&
	         vs_ocpp_sealed_new(VS_NOISE_RESPONDER, &names, &central).code == VS_E_OK &&
	         vs_ocpp_sealed_greet(station, 1, secret, NULL, NULL, &out).code == VS_E_OK &&
	         vs_ocpp_sealed_receive(central, vs_buf_view(&out), &plain, &word, &fault).code ==
	             VS_E_OK,
	     "the first message");
	vs_ocpp_sealed_get_hello(central, &hello);
	vs_buf_reset(&out);
	must(vs_ocpp_sealed_respond(&hello, secret, NULL, NULL, &keys).code == VS_E_OK &&
	         vs_ocpp_sealed_accept(central, &keys, &out).code == VS_E_OK &&
	         vs_ocpp_sealed_receive(station, vs_buf_view(&out), &plain, &word, &fault).code ==
	             VS_E_OK,
	     "the handshake");
}

int
main(int argc, char **argv)
{
	double seconds = argc == 2 ? strtod(argv[1], NULL) / 18 : 0;

	must(seconds > 0, "usage: bench_sealed SECONDS");
	vs_json_tape_init(&tape);
	vs_buf_init(&out, 1u << 20);
	vs_buf_init(&plain, 1u << 20);
	for (unsigned i = 0; i < BATCH; i++)
		vs_buf_init(&frames[i], 1u << 16);
	open_channel();
	(void)printf("{");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vs_bytes text = vs_bytes_from_text(rows[i].text);

		(void)printf("%s\"%s\": {\"validated_ns\": %.1f, \"checked_ns\": %.1f, "
		             "\"opened_ns\": %.1f, \"answer_ns\": %.1f, \"walked_ns\": %.1f, "
		             "\"raw_ns\": %.1f}",
		             i > 0 ? ", " : "", rows[i].name, best_ns(run_validated, text, seconds),
		             best_ns(run_checked, text, seconds),
		             best_ns(run_opened, text, seconds), best_ns(run_sealed, text, seconds),
		             best_ns(run_walked, text, seconds), best_ns(run_raw, text, seconds));
	}
	(void)printf("}\n");
	for (unsigned i = 0; i < BATCH; i++)
		vs_buf_done(&frames[i]);
	vs_ocpp_sealed_free(&station);
	vs_ocpp_sealed_free(&central);
	vs_json_tape_done(&tape);
	vs_buf_done(&out);
	vs_buf_done(&plain);
	return 0;
}
