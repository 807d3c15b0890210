/* SPDX-License-Identifier: Apache-2.0 */
/* What one message of a sensor device costs: three readings in D2, D1m and D1, read, opened,
 * checked, written as the store keeps them and sealed again. bench_sensor SECONDS: one JSON object,
 * nanoseconds of this thread for a message. sensor_cost.py does the same in Python. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crypto/aead.h"
#include "crypto/enc.h"
#include "field/compose.h"

#define BATCH 256u

static const uint8_t key[VS_FIELD_KEY_SIZE] = {1}, salt[VS_FIELD_SALT_SIZE] = {2};
static struct vs_json_tape tape;
static struct vs_field_message message;
static struct vs_field_values values;
static struct vs_field_d2 *d2;
static struct vs_field_compat *compat;
static struct vs_aead *rest;
static struct vs_buf texts[BATCH], payload, sealed;

static void
must(bool is, const char *what)
{
	if (is)
		return;
	(void)fprintf(stderr, "bench_sensor: %s\n", what);
	exit(1);
}

static double
cpu_ns(void)
{
	struct timespec now = {0, 0};

	must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0, "no clock");
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* As sensor/readings.c writes a message for the store. */
static void
write_payload(void)
{
	struct vs_json_writer json;

	vs_buf_reset(&payload);
	vs_json_write_begin(&json, &payload);
	vs_json_write_array(&json);
	for (size_t i = 0; i < message.count; i++) {
		vs_json_write_object(&json);
		vs_json_write_key(&json, "sensor_type");
		vs_json_write_string(&json, message.readings[i].type);
		vs_json_write_key(&json, "unit");
		vs_json_write_string(&json, message.readings[i].unit);
		vs_json_write_key(&json, "value");
		vs_json_write_raw(&json, vs_field_values_at(&values, i));
		vs_json_write_object_end(&json);
	}
	vs_json_write_array_end(&json);
	must(vs_json_write_end(&json).code == VS_E_OK, "it is not written");
}

/* As keys/rest.c seals a value, its name included. */
static void
seal_again(uint64_t row)
{
	uint8_t nonce[VS_AEAD_NONCE_SIZE] = {0}, number[8], *room = NULL;
	struct vs_bytes aad = {NULL, 0};
	struct vs_enc enc;

	memcpy(nonce, &row, sizeof(row));
	memcpy(number, &row, sizeof(row));
	vs_enc_init(&enc, "voltseal/rest/v1");
	vs_enc_text(&enc, "default");
	vs_enc_text(&enc, "reading");
	vs_enc_text(&enc, "payload");
	vs_enc_bytes(&enc, vs_bytes_from(number, sizeof(number)));
	vs_enc_u32(&enc, 7);
	vs_buf_reset(&sealed);
	must(vs_enc_view(&enc, &aad).code == VS_E_OK &&
	         vs_buf_reserve(&sealed, payload.size + VS_AEAD_TAG_SIZE, &room).code == VS_E_OK &&
	         vs_aead_seal(rest, nonce, aad, vs_buf_view(&payload), room).code == VS_E_OK,
	     "it is not sealed");
}

static void
run(void)
{
	for (unsigned i = 0; i < BATCH; i++) {
		vs_result r = vs_field_message_read(&tape, vs_buf_view(&texts[i]), &message);

		must(r.code == VS_E_OK, "it is not read");
		r = message.profile == VS_FIELD_D2
		        ? vs_field_d2_open(d2, &message, &values)
		        : vs_field_compat_open(compat, "default", "press-7", &message, &values);
		must(r.code == VS_E_OK && values.count == 3, "it does not open");
		write_payload();
		seal_again(i);
		vs_field_values_reset(&values);
	}
}

static void
prepare(enum vs_field_profile profile)
{
	const struct vs_field_sample samples[] = {
	    {VS_BYTES_LITERAL("temperature"), VS_BYTES_LITERAL("C"), VS_BYTES_LITERAL("25.4")},
	    {VS_BYTES_LITERAL("pressure"), VS_BYTES_LITERAL("hPa"), VS_BYTES_LITERAL("1013.25")},
	    {VS_BYTES_LITERAL("humidity"), VS_BYTES_LITERAL("%"), VS_BYTES_LITERAL("65.2")}};
	struct vs_field_draft draft = {.profile = profile,
	                               .tenant = "default",
	                               .device = "press-7",
	                               .samples = samples,
	                               .count = 3,
	                               .ts_ms = 1795000000000,
	                               .epoch = 7,
	                               .salt = salt,
	                               .d2 = d2,
	                               .compat = compat};

	for (unsigned i = 0; i < BATCH; i++) {
		draft.n = i;
		vs_buf_reset(&texts[i]);
		must(vs_field_compose(&draft, &texts[i]).code == VS_E_OK, "it is not composed");
	}
}

/* The best of many turns: on a busy machine the others measure the neighbours. */
static double
best_ns(double seconds)
{
	double best = 1e18, end = cpu_ns() + seconds * 1e9;

	while (cpu_ns() < end) {
		double start = cpu_ns(), spent;

		run();
		spent = (cpu_ns() - start) / BATCH;
		best = spent < best ? spent : best;
	}
	return best;
}

int
main(int argc, char **argv)
{
	double seconds = argc == 2 ? strtod(argv[1], NULL) / 3 : 0;

	must(seconds > 0, "usage: bench_sensor SECONDS");
	vs_json_tape_init(&tape);
	vs_field_values_init(&values);
	vs_buf_init(&payload, 1u << 16);
	vs_buf_init(&sealed, 1u << 16);
	for (unsigned i = 0; i < BATCH; i++)
		vs_buf_init(&texts[i], 1u << 16);
	must(vs_field_d2_new(key, "default", "press-7", 7, salt, &d2).code == VS_E_OK &&
	         vs_field_compat_new(key, &compat).code == VS_E_OK &&
	         vs_aead_new(VS_AEAD_AES256GCM, key, &rest).code == VS_E_OK,
	     "no keys");
	(void)printf("{");
	for (unsigned profile = VS_FIELD_D1; profile < VS_FIELD_PROFILES; profile++) {
		prepare(profile);
		(void)printf("%s\"%s_ns\": %.1f", profile > VS_FIELD_D1 ? ", " : "",
		             vs_field_profile_word(profile), best_ns(seconds));
	}
	(void)printf(", \"message\": ");
	(void)fwrite(texts[0].data, 1, texts[0].size, stdout);
	(void)printf("}\n");
	for (unsigned i = 0; i < BATCH; i++)
		vs_buf_done(&texts[i]);
	vs_buf_done(&payload);
	vs_buf_done(&sealed);
	vs_field_values_done(&values);
	vs_json_tape_done(&tape);
	vs_aead_free(&rest);
	vs_field_d2_free(&d2);
	vs_field_compat_free(&compat);
	return 0;
}
