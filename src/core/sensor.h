/* SPDX-License-Identifier: Apache-2.0 */
/* Sensor devices and what they have sent, as the store keeps them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "core/station.h"

#define VS_CORE_SENSOR_SALT_SIZE   16
#define VS_CORE_SENSOR_WINDOW_SIZE 136 /* sensor/window.h, written down */
#define VS_CORE_SENSOR_NAME_SIZE   129 /* of what is revoked: jti or sub, with its NUL */

/* A device that may connect. */
struct vs_core_sensor {
	char tenant[VS_CORE_TENANT_SIZE];
	char device[VS_CORE_IDENTITY_SIZE];
	uint8_t token_sha256[32]; /* of its token; has_token: it has one, beside JWTs */
	uint8_t public_key[32];   /* X25519, raw: its keys are sealed to it */
	bool has_token, has_public_key, is_enabled;
	int64_t profile; /* enum vs_sensor_profile: what it has reached */
	int64_t created_ms;
};

/* One message with readings; the values are in the record's payload:
 * [{"sensor_type":..,"unit":..,"value":..},..]. */
struct vs_core_readings {
	int64_t at_ms; /* the device's time, or when it came */
	int64_t count, profile;
	int64_t epoch; /* of the device key; 0: in clear */
	/* Which message numbers were accepted, this one among them; in one commit with it. */
	bool has_window;
	bool is_raised; /* better protected than anything before it */
	uint8_t salt[VS_CORE_SENSOR_SALT_SIZE];
	uint8_t window[VS_CORE_SENSOR_WINDOW_SIZE];
	/* Which of them this one is: where several write, the store itself takes it, and refuses
	 * (CONFLICT) one that was taken. */
	int64_t number;
};

/* A token that is not taken any more: one (jti) or all of a device (sub) made before made_ms. */
struct vs_core_sensor_revoked {
	char kind[4];
	char name[VS_CORE_SENSOR_NAME_SIZE];
	int64_t made_ms, until_ms;
};
