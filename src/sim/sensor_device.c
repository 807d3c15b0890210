/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/sensor_device.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define NAME_SIZE 49
#define FLIGHT    VS_LIMIT_SIM_SENSOR_FLIGHT
#define MEMORY    VS_LIMIT_SIM_SENSOR_MEMORY

/* A message: what was measured, and how it was sent. */
struct message {
	int64_t ts_ms;
	uint64_t n, sent_us;
	bool is_sent, is_answered;
	struct vs_buf text; /* sealed; empty: not yet, or to be sealed anew */
	double values[VS_SIM_SENSOR_READINGS_MAX];
};

struct kept {
	int64_t ts_ms;
	float values[VS_SIM_SENSOR_READINGS_MAX];
};

struct vs_sim_sensor_device {
	struct vs_sim_sensor_plan plan;
	char name[NAME_SIZE], tenant[VS_FIELD_TENANT_SIZE];
	const struct vs_pkey *private_key;
	struct vs_sim_signal signals[VS_SIM_SIGNALS];
	struct vs_sim_sensor_counts counts;
	bool is_open; /* device_info has come */
	uint32_t epoch;
	uint64_t next_n;
	uint8_t salt[VS_FIELD_SALT_SIZE];
	struct vs_field_d2 *d2;
	struct vs_field_compat *compat;
	/* In flight, the oldest first; [head, tail) modulo FLIGHT. */
	struct message flight[FLIGHT];
	size_t head, tail;
	/* Measured and not in flight yet. */
	struct kept *memory;
	size_t first, count;
};

/* --- measuring -------------------------------------------------------------------------------- */

void
vs_sim_sensor_device_measure(struct vs_sim_sensor_device *device, int64_t wall_ms)
{
	struct kept *kept;

	assert(device != NULL);
	device->counts.measured += device->plan.readings;
	if (device->count == MEMORY) { /* the oldest is given up */
		device->first = (device->first + 1) % MEMORY;
		device->count--;
		device->counts.lost += device->plan.readings;
	}
	kept = &device->memory[(device->first + device->count++) % MEMORY];
	kept->ts_ms = wall_ms;
	for (unsigned i = 0; i < device->plan.readings; i++)
		kept->values[i] =
		    (float)vs_sim_signal_read(&device->signals[i % VS_SIM_SIGNALS], wall_ms);
}

/* --- sending ---------------------------------------------------------------------------------- */

static vs_result
seal(struct vs_sim_sensor_device *device, struct message *message)
{
	char texts[VS_SIM_SENSOR_READINGS_MAX][VS_SIM_SIGNAL_TEXT_SIZE];
	struct vs_field_sample samples[VS_SIM_SENSOR_READINGS_MAX];
	struct vs_field_draft draft = {.profile = device->plan.profile,
	                               .tenant = device->tenant,
	                               .device = device->name,
	                               .samples = samples,
	                               .count = device->plan.readings,
	                               .ts_ms = (uint64_t)message->ts_ms,
	                               .epoch = device->epoch,
	                               .salt = device->salt,
	                               .d2 = device->d2,
	                               .compat = device->compat};

	for (unsigned i = 0; i < device->plan.readings; i++) {
		enum vs_sim_signal_kind kind = i % VS_SIM_SIGNALS;
		size_t size = vs_sim_signal_format(kind, message->values[i], texts[i]);

		samples[i] = (struct vs_field_sample){vs_bytes_from_text(vs_sim_signal_type(kind)),
		                                      vs_bytes_from_text(vs_sim_signal_unit(kind)),
		                                      vs_bytes_from(texts[i], size)};
	}
	/* D1m: a number must be above all before it, also those of an earlier run. */
	if (device->plan.profile == VS_FIELD_D1M && device->next_n == 0)
		device->next_n = (uint64_t)message->ts_ms;
	message->n = draft.n = device->next_n++;
	return vs_field_compose(&draft, &message->text);
}

/* Out of the memory into the flight. */
static void
take_off(struct vs_sim_sensor_device *device)
{
	const struct kept *kept = &device->memory[device->first];
	struct message *message = &device->flight[device->tail++ % FLIGHT];

	message->ts_ms = kept->ts_ms;
	message->is_sent = message->is_answered = false;
	vs_buf_reset(&message->text);
	for (unsigned i = 0; i < device->plan.readings; i++)
		message->values[i] = (double)kept->values[i];
	/* Empty, it begins anew: a memory that is not needed is not touched. */
	device->first = --device->count == 0 ? 0 : (device->first + 1) % MEMORY;
}

bool
vs_sim_sensor_device_next(struct vs_sim_sensor_device *device, uint64_t now_us, struct vs_buf *text)
{
	struct message *message = NULL;

	assert(device != NULL);
	if (!device->is_open)
		return false;
	for (size_t at = device->head; at != device->tail && message == NULL; at++) {
		message = &device->flight[at % FLIGHT];
		if (message->is_sent)
			message = NULL;
	}
	if (message == NULL && device->count > 0 && device->tail - device->head < FLIGHT) {
		take_off(device);
		message = &device->flight[(device->tail - 1) % FLIGHT];
	}
	if (message == NULL)
		return false;
	if (message->text.size > 0)
		device->counts.again++;
	else if (seal(device, message).code != VS_E_OK)
		return false;
	if (vs_buf_append_bytes(text, vs_buf_view(&message->text)).code != VS_E_OK)
		return false;
	message->is_sent = true;
	message->sent_us = now_us;
	device->counts.sent++;
	return true;
}

/* --- what is told ----------------------------------------------------------------------------- */

/* Another salt: what was sealed under the last one and is not answered is sealed again. */
static vs_result
begin_salt(struct vs_sim_sensor_device *device, const uint8_t key[static VS_FIELD_KEY_SIZE])
{
	vs_field_d2_free(&device->d2);
	vs_random_bytes(device->salt, sizeof(device->salt));
	device->next_n = 0;
	return vs_field_d2_new(key, device->tenant, device->name, device->epoch, device->salt,
	                       &device->d2);
}

static void
seal_anew(struct vs_sim_sensor_device *device)
{
	for (size_t at = device->head; at != device->tail; at++) {
		struct message *message = &device->flight[at % FLIGHT];

		if (message->is_answered)
			continue;
		vs_buf_reset(&message->text);
		message->is_sent = false;
	}
}

static vs_result
take_key(struct vs_sim_sensor_device *device, struct vs_field_told *told)
{
	const struct vs_field_delivery delivery = {
	    .tenant = device->tenant, .device = device->name, .epoch = told->epoch};
	bool is_same = told->epoch == device->epoch && device->compat != NULL;

	if (!told->is_bare) {
		if (device->private_key == NULL)
			return VS_FAIL(NOT_AUTHENTIC);
		VS_TRY(vs_field_delivery_open(&delivery, device->private_key, told->enc, told->ct,
		                              told->key));
	}
	if (is_same)
		return VS_OK;
	device->counts.keys++;
	device->epoch = told->epoch;
	vs_field_compat_free(&device->compat);
	VS_TRY(vs_field_compat_new(told->key, &device->compat));
	if (device->plan.profile == VS_FIELD_D2)
		return begin_salt(device, told->key);
	/* These are opened with the key of the connection alone. */
	seal_anew(device);
	return VS_OK;
}

static vs_result
take_info(struct vs_sim_sensor_device *device, struct vs_field_told *told,
          enum vs_sim_sensor_word *word)
{
	memcpy(device->tenant, told->tenant, sizeof(device->tenant));
	if (told->is_sealed)
		VS_TRY(take_key(device, told));
	else if (device->plan.profile != VS_FIELD_CLEAR)
		return VS_FAIL(NOT_NOW);
	device->is_open = true;
	if (told->least > device->plan.profile)
		*word = VS_SIM_SENSOR_WEAKER;
	return VS_OK;
}

/* Which message an answer is for: the one with its number, else the oldest that waits. */
static struct message *
find_answered(struct vs_sim_sensor_device *device, const struct vs_field_told *told)
{
	for (size_t at = device->head; at != device->tail; at++) {
		struct message *message = &device->flight[at % FLIGHT];

		if (message->is_sent && !message->is_answered &&
		    (!told->has_n || message->n == told->n))
			return message;
	}
	return NULL;
}

static void
land(struct vs_sim_sensor_device *device)
{
	while (device->head != device->tail && device->flight[device->head % FLIGHT].is_answered)
		device->head++;
	if (device->head == device->tail)
		device->head = device->tail = 0;
}

static vs_result
take_answer(struct vs_sim_sensor_device *device, const struct vs_field_told *told, uint64_t now_us,
            uint64_t *passed_us)
{
	struct message *message = find_answered(device, told);
	uint64_t readings = device->plan.readings;

	if (message == NULL)
		return VS_OK; /* of an ACK */
	*passed_us = now_us - message->sent_us;
	if (told->kind == VS_FIELD_TOLD_REFUSED &&
	    (strcmp(told->code, "resync") == 0 || strcmp(told->code, "unknown_key") == 0 ||
	     strcmp(told->code, "salts") == 0 || strcmp(told->code, "busy") == 0)) {
		/* A key comes with the next device_info, and with it a salt. */
		message->is_sent = false;
		if (strcmp(told->code, "busy") != 0)
			device->epoch = 0;
		return strcmp(told->code, "busy") == 0 ? VS_OK : VS_FAIL(NOT_CONNECTED);
	}
	message->is_answered = true;
	if (told->kind == VS_FIELD_TOLD_TAKEN)
		device->counts.taken += readings;
	else if (strcmp(told->code, "duplicate") == 0)
		device->counts.duplicate += readings;
	else
		device->counts.refused += readings;
	land(device);
	return VS_OK;
}

static vs_result
take(struct vs_sim_sensor_device *device, struct vs_field_told *told, uint64_t now_us,
     struct vs_buf *text, enum vs_sim_sensor_word *word, uint64_t *passed_us)
{
	struct vs_field_delivery delivery = {
	    .tenant = device->tenant, .device = device->name, .epoch = told->epoch};

	switch (told->kind) {
	case VS_FIELD_TOLD_INFO:
		return take_info(device, told, word);
	case VS_FIELD_TOLD_KEY:
		/* D1 and D1m stay with the key of the connection (doc/protocol/sensors.md). */
		if (device->plan.profile != VS_FIELD_D2)
			return VS_OK;
		VS_TRY(take_key(device, told));
		delivery.key = told->key;
		*word = VS_SIM_SENSOR_SAY;
		return vs_field_compose_ack(&delivery, told->oid, text);
	case VS_FIELD_TOLD_TAKEN:
	case VS_FIELD_TOLD_REFUSED:
		return take_answer(device, told, now_us, passed_us);
	}
	return VS_FAIL(INTERNAL);
}

vs_result
vs_sim_sensor_device_hear(struct vs_sim_sensor_device *device, struct vs_json_tape *tape,
                          struct vs_bytes heard, uint64_t now_us, struct vs_buf *text,
                          enum vs_sim_sensor_word *word_out, uint64_t *passed_us_out)
{
	enum vs_sim_sensor_word word = VS_SIM_SENSOR_HEARD;
	struct vs_field_told told;
	uint64_t passed_us = 0;
	vs_result r = vs_field_told_read(tape, heard, &told);

	if (r.code == VS_E_OK)
		r = take(device, &told, now_us, text, &word, &passed_us);
	explicit_bzero(&told, sizeof(told));
	if (r.code != VS_E_OK)
		return r;
	*word_out = word;
	*passed_us_out = passed_us;
	return VS_OK;
}

void
vs_sim_sensor_device_closed(struct vs_sim_sensor_device *device)
{
	device->is_open = false;
	for (size_t at = device->head; at != device->tail; at++)
		device->flight[at % FLIGHT].is_sent = device->flight[at % FLIGHT].is_answered;
	if (device->epoch == 0) /* it was told that its salt or key is not taken any more */
		seal_anew(device);
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_sim_sensor_device_new(const struct vs_sim_sensor_plan *plan, const char *name,
                         const struct vs_pkey *key, struct vs_sim_sensor_device **device_out)
{
	struct vs_sim_sensor_device *device = calloc(1, sizeof(*device));

	assert(plan != NULL && name != NULL && device_out != NULL);
	if (device == NULL)
		return VS_FAIL(NO_MEMORY);
	for (size_t i = 0; i < FLIGHT; i++)
		vs_buf_init(&device->flight[i].text, VS_LIMIT_SENSOR_MESSAGE_SIZE);
	device->plan = *plan;
	device->private_key = key;
	device->memory = calloc(MEMORY, sizeof(*device->memory));
	if (device->memory == NULL || plan->readings == 0 ||
	    plan->readings > VS_SIM_SENSOR_READINGS_MAX ||
	    !vs_bytes_copy_text(vs_bytes_from_text(name), device->name, sizeof(device->name))) {
		vs_result r = device->memory == NULL ? VS_FAIL(NO_MEMORY) : VS_FAIL(BAD_VALUE);

		vs_sim_sensor_device_free(&device);
		return r;
	}
	for (unsigned i = 0; i < VS_SIM_SIGNALS; i++)
		vs_sim_signal_init(&device->signals[i], i, plan->faults, plan->seed);
	*device_out = device;
	return VS_OK;
}

void
vs_sim_sensor_device_free(struct vs_sim_sensor_device **device)
{
	assert(device != NULL);
	if (*device == NULL)
		return;
	for (size_t i = 0; i < FLIGHT; i++)
		vs_buf_done(&(*device)->flight[i].text);
	vs_field_d2_free(&(*device)->d2);
	vs_field_compat_free(&(*device)->compat);
	free((*device)->memory);
	free(*device);
	*device = NULL;
}

const struct vs_sim_sensor_counts *
vs_sim_sensor_device_counts(const struct vs_sim_sensor_device *device)
{
	return &device->counts;
}

size_t
vs_sim_sensor_device_waiting(const struct vs_sim_sensor_device *device)
{
	return device->tail - device->head + device->count;
}

bool
vs_sim_sensor_device_is_open(const struct vs_sim_sensor_device *device)
{
	return device->is_open;
}

const char *
vs_sim_sensor_device_name(const struct vs_sim_sensor_device *device)
{
	return device->name;
}
