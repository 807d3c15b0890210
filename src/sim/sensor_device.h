/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated sensor device between its sensors and its connection: what it has measured and not
 * delivered, its keys, its message numbers. What was not answered is sent again in the next
 * connection, with the same bytes in D1m and D2: the daemon stores it once.
 *
 * No I/O; the time is given. Keys are wiped.
 */
#pragma once

#include "base/limits.h"
#include "field/compose.h"
#include "field/told.h"
#include "sim/sensor_signal.h"

#define VS_SIM_SENSOR_READINGS_MAX 64u

struct vs_sim_sensor_counts {
	uint64_t measured; /* readings, as all up to `lost` */
	uint64_t taken, duplicate, refused;
	uint64_t lost; /* its memory was full */
	uint64_t sent, again, keys;
};

struct vs_sim_sensor_plan {
	enum vs_field_profile profile;
	unsigned readings; /* of a message */
	unsigned faults;
	uint64_t seed;
};

enum vs_sim_sensor_word {
	VS_SIM_SENSOR_HEARD,  /* go on */
	VS_SIM_SENSOR_SAY,    /* `text` has what is to be sent first */
	VS_SIM_SENSOR_WEAKER, /* the daemon asks for more than the plan's profile */
};

struct vs_sim_sensor_device;

/* name is copied; key is borrowed: X25519, to which the daemon seals, or NULL. */
VS_RESULT vs_sim_sensor_device_new(const struct vs_sim_sensor_plan *plan, const char *name,
                                   const struct vs_pkey *key,
                                   struct vs_sim_sensor_device **device_out);
void vs_sim_sensor_device_free(struct vs_sim_sensor_device **device);

/* One message is measured and kept. */
void vs_sim_sensor_device_measure(struct vs_sim_sensor_device *device, int64_t wall_ms);
/* The next message to be sent: appended to `text`. False: none now. */
bool vs_sim_sensor_device_next(struct vs_sim_sensor_device *device, uint64_t now_us,
                               struct vs_buf *text);
/* Something came. passed_us_out: how long an answer took, or 0. The errors of
 * vs_field_told_read, NOT_AUTHENTIC: the key cannot be opened. */
VS_RESULT vs_sim_sensor_device_hear(struct vs_sim_sensor_device *device, struct vs_json_tape *tape,
                                    struct vs_bytes heard, uint64_t now_us, struct vs_buf *text,
                                    enum vs_sim_sensor_word *word_out, uint64_t *passed_us_out);
/* The connection is gone: what was not answered is to be sent again. */
void vs_sim_sensor_device_closed(struct vs_sim_sensor_device *device);

const struct vs_sim_sensor_counts *
vs_sim_sensor_device_counts(const struct vs_sim_sensor_device *device);
/* Messages that are not answered yet. */
size_t vs_sim_sensor_device_waiting(const struct vs_sim_sensor_device *device);
bool vs_sim_sensor_device_is_open(const struct vs_sim_sensor_device *device);
const char *vs_sim_sensor_device_name(const struct vs_sim_sensor_device *device);
