/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device says: readings (several, or one), another token, the ACK of a key. Read by the
 * table message.def; doc/protocol/sensors.md shows the messages.
 *
 * Names that the table does not know are refused in messages that are authenticated (D1m, D2) and
 * passed over in the others, as the programs of the relatives send some. No I/O, no clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "field/profile.h"
#include "wire/json.h"

#define VS_FIELD_SALT_SIZE 16
#define VS_FIELD_ROOM_SIZE 8192 /* for texts that are written with escapes */

enum vs_field_kind { VS_FIELD_READINGS, VS_FIELD_REAUTH, VS_FIELD_ACK };

struct vs_field_reading {
	struct vs_bytes type, unit;
	struct vs_bytes value; /* sealed: the text of the string; else the JSON scalar as sent */
	bool is_sealed;
};

/* Views point into the text, or into room. */
struct vs_field_message {
	enum vs_field_kind kind;
	enum vs_field_profile profile; /* of readings: how they claim to be protected */
	struct vs_bytes device;        /* empty: not said */
	struct vs_bytes token;
	uint64_t v, epoch, n, ts_ms;
	bool has_ts, has_n, has_mac, has_r, has_enc;
	bool is_single; /* one reading without a list */
	uint8_t salt[VS_FIELD_SALT_SIZE], r[VS_FIELD_SALT_SIZE], mac[16], oid[16], proof[32];
	struct vs_field_reading readings[VS_LIMIT_SENSOR_READINGS];
	size_t count;
	size_t room_used;
	char room[VS_FIELD_ROOM_SIZE];
};

/* The errors of vs_json_parse; MISSING, UNEXPECTED, WRONG_TYPE, OUT_OF_RANGE, BAD_ENCODING,
 * TOO_LONG, WRONG_COUNT (of readings), UNKNOWN_TYPE; CONFLICT: its readings, or they and the rest
 * of the message, are not protected in one way. *message_out is undefined on failure. */
VS_RESULT vs_field_message_read(struct vs_json_tape *tape, struct vs_bytes text,
                                struct vs_field_message *message_out);
