/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sensor_device.h"

#include <stdio.h>

#include "test.h"

#define AT_MS INT64_C(1795000000000)
#define INFO(epoch, key)                                                                           \
	"{\"type\":\"device_info\",\"device_uuid\":\"d\",\"tenant\":\"t\",\"encryption_enabled\":" \
	"true,\"alg\":\"d2\",\"least\":\"d2\",\"epoch\":" epoch                                    \
	",\"key_delivery\":\"tls\",\"encryption_key\":\"" key "\",\"sn\":"                         \
	"\"AAAAAAAAAAAAAAAAAAAAAA\"}"
#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B "BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static struct vs_sim_sensor_device *device;
static struct vs_json_tape tape, read_tape;
static struct vs_field_message message;
static struct vs_buf text;
static enum vs_sim_sensor_word word;

static void
begin(enum vs_field_profile profile)
{
	const struct vs_sim_sensor_plan plan = {.profile = profile, .readings = 3, .seed = 5};

	CHECK_OK(vs_sim_sensor_device_new(&plan, "d", NULL, &device));
	word = VS_SIM_SENSOR_HEARD;
}

static vs_result
hear(const char *said)
{
	uint64_t passed_us = 0;

	vs_buf_reset(&text);
	return vs_sim_sensor_device_hear(device, &tape, vs_bytes_from_text(said), 2000, &text,
	                                 &word, &passed_us);
}

/* What it says next, read as the daemon reads it. */
static bool
next(void)
{
	vs_buf_reset(&text);
	if (!vs_sim_sensor_device_next(device, 1000, &text))
		return false;
	CHECK_OK(vs_field_message_read(&read_tape, vs_buf_view(&text), &message));
	return true;
}

/* code NULL: taken. */
static vs_result
answer(const char *code, uint64_t n)
{
	char said[128];

	(void)snprintf(said, sizeof(said), "{\"status\":\"%s\",\"code\":\"%s\",\"n\":%llu}",
	               code == NULL ? "success" : "error", code == NULL ? "" : code,
	               (unsigned long long)n);
	return hear(said);
}

/* Nothing before the key; then each once; after a broken link the same bytes again. */
static void
delivers(void)
{
	const struct vs_sim_sensor_counts *counts;
	uint8_t salt[VS_FIELD_SALT_SIZE];

	begin(VS_FIELD_D2);
	counts = vs_sim_sensor_device_counts(device);
	vs_sim_sensor_device_measure(device, AT_MS);
	vs_sim_sensor_device_measure(device, AT_MS + 1000);
	CHECK(!next());
	CHECK_OK(hear(INFO("7", KEY_A)));
	CHECK(next() && message.profile == VS_FIELD_D2 && message.n == 0 && message.epoch == 7);
	CHECK(message.ts_ms == (uint64_t)AT_MS && message.count == 3);
	memcpy(salt, message.salt, sizeof(salt));
	CHECK(next() && message.n == 1 && !next());
	CHECK_OK(answer(NULL, 0));
	CHECK(counts->taken == 3 && vs_sim_sensor_device_waiting(device) == 1);
	vs_sim_sensor_device_closed(device);
	CHECK(!next());
	CHECK_OK(hear(INFO("7", KEY_A)));
	CHECK(next() && message.n == 1 && memcmp(salt, message.salt, sizeof(salt)) == 0 && !next());
	CHECK_OK(answer("duplicate", 1));
	CHECK(counts->taken == 3 && counts->duplicate == 3 && counts->measured == 6);
	CHECK(counts->again == 1 && counts->keys == 1);
	CHECK(vs_sim_sensor_device_waiting(device) == 0);
	vs_sim_sensor_device_free(&device);
}

/* Nobody knows whether it was stored: it is sealed anew, under another salt. */
static void
resync(void)
{
	uint8_t salt[VS_FIELD_SALT_SIZE];

	begin(VS_FIELD_D2);
	vs_sim_sensor_device_measure(device, AT_MS);
	CHECK_OK(hear(INFO("7", KEY_A)));
	CHECK(next());
	memcpy(salt, message.salt, sizeof(salt));
	CHECK_ERR(answer("resync", 0), NOT_CONNECTED);
	vs_sim_sensor_device_closed(device);
	CHECK_OK(hear(INFO("7", KEY_A)));
	CHECK(next() && message.n == 0 && memcmp(salt, message.salt, sizeof(salt)) != 0);
	vs_sim_sensor_device_free(&device);
}

static void
another_key(void)
{
	begin(VS_FIELD_D2);
	CHECK_OK(hear(INFO("7", KEY_A)));
	CHECK_OK(hear("{\"type\":\"key_update\",\"epoch\":8,\"key_delivery\":\"tls\","
	              "\"encryption_key\":\"" KEY_B "\",\"oid\":\"AAECAwQFBgcICQoLDA0ODw\"}"));
	CHECK(word == VS_SIM_SENSOR_SAY);
	CHECK_OK(vs_field_message_read(&read_tape, vs_buf_view(&text), &message));
	CHECK(message.kind == VS_FIELD_ACK && message.epoch == 8);
	vs_sim_sensor_device_measure(device, AT_MS);
	CHECK(next() && message.epoch == 8 && message.n == 0);
	vs_sim_sensor_device_free(&device);
}

static void
compatible_ones(void)
{
	begin(VS_FIELD_D1M);
	vs_sim_sensor_device_measure(device, AT_MS);
	CHECK_OK(hear(INFO("7", KEY_A)));
	CHECK(word == VS_SIM_SENSOR_WEAKER);
	CHECK(next() && message.profile == VS_FIELD_D1M && message.n == (uint64_t)AT_MS);
	vs_sim_sensor_device_free(&device);
	begin(VS_FIELD_D1);
	vs_sim_sensor_device_measure(device, AT_MS);
	CHECK_OK(hear(INFO("7", KEY_A)));
	CHECK(next() && message.profile == VS_FIELD_D1 && !message.has_n);
	CHECK_OK(hear("{\"status\":\"success\",\"message\":\"\"}"));
	CHECK(vs_sim_sensor_device_waiting(device) == 0);
	vs_sim_sensor_device_free(&device);
}

static void
limits(void)
{
	const struct vs_sim_sensor_plan empty = {.profile = VS_FIELD_D2, .readings = 0};
	unsigned said = 0;

	CHECK_ERR(vs_sim_sensor_device_new(&empty, "d", NULL, &device), BAD_VALUE);
	begin(VS_FIELD_D2);
	for (unsigned i = 0; i < VS_LIMIT_SIM_SENSOR_MEMORY + 5; i++)
		vs_sim_sensor_device_measure(device, AT_MS + i);
	CHECK(vs_sim_sensor_device_counts(device)->lost == 15);
	CHECK_OK(hear(INFO("7", KEY_A)));
	while (next())
		said++;
	CHECK(said == VS_LIMIT_SIM_SENSOR_FLIGHT);
	CHECK_OK(answer(NULL, 0));
	CHECK(next() && !next());
	CHECK_ERR(hear("{}"), UNKNOWN_TYPE);
	vs_sim_sensor_device_free(&device);
}

int
main(void)
{
	vs_json_tape_init(&tape);
	vs_json_tape_init(&read_tape);
	vs_buf_init(&text, VS_LIMIT_SENSOR_MESSAGE_SIZE);
	CASE(delivers);
	CASE(resync);
	CASE(another_key);
	CASE(compatible_ones);
	CASE(limits);
	vs_buf_done(&text);
	vs_json_tape_done(&read_tape);
	vs_json_tape_done(&tape);
	return 0;
}
