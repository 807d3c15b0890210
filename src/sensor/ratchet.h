/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ratchet of a device: how well it protects its readings only ever gets better, and only a
 * person can turn it back. Pure.
 */
#pragma once

#include "base/bytes.h"

enum vs_sensor_profile {
#define VS_SENSOR_PROFILE(name, word, help) VS_SENSOR_##name,
#include "sensor/profiles.def"
#undef VS_SENSOR_PROFILE
	VS_SENSOR_PROFILES /* must be last */
};

enum vs_sensor_verdict { VS_SENSOR_TAKE, VS_SENSOR_RAISE, VS_SENSOR_REFUSE };

const char *vs_sensor_profile_word(enum vs_sensor_profile profile);
VS_RESULT vs_sensor_profile_parse(struct vs_bytes word,
                                  enum vs_sensor_profile *profile_out); /* BAD_VALUE */

/* `least` is what the settings of the installation ask of every device. */
enum vs_sensor_verdict vs_sensor_ratchet(enum vs_sensor_profile reached,
                                         enum vs_sensor_profile least, enum vs_sensor_profile sent);
