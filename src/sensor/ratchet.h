/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ratchet of a device: how well it protects its readings only ever gets better, and only a
 * person can turn it back. Pure.
 */
#pragma once

#include "field/profile.h"

enum vs_sensor_verdict { VS_SENSOR_TAKE, VS_SENSOR_RAISE, VS_SENSOR_REFUSE };

/* `least` is what the settings of the installation ask of every device. */
enum vs_sensor_verdict vs_sensor_ratchet(enum vs_field_profile reached, enum vs_field_profile least,
                                         enum vs_field_profile sent);
