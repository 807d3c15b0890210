/* SPDX-License-Identifier: Apache-2.0 */
/*
 * D1 and D1m: the values of devices that have AES-CBC only, with the device key itself
 * (crypto/cbc.h, crypto/v1m.h). D1 is not authenticated: only inside TLS, with a budget of failures
 * (budget.h), and with one and the same answer for whatever is wrong.
 */
#pragma once

#include "sensor/field.h"

struct vs_sensor_compat;

VS_RESULT vs_sensor_compat_new(const uint8_t key[static VS_SENSOR_KEY_SIZE],
                               struct vs_sensor_compat **compat_out);
void vs_sensor_compat_free(struct vs_sensor_compat **compat);

/* All readings of a D1 or D1m message. NOT_AUTHENTIC, whatever is wrong: base64, length, padding,
 * text, MAC. Every value of a D1 message is opened, also behind one that cannot be. */
VS_RESULT vs_sensor_compat_open(struct vs_sensor_compat *compat, const char *tenant,
                                const char *device, const struct vs_sensor_message *message,
                                struct vs_sensor_values *values);
