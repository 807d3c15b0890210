/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device is told: device_info, key_update, and the answers to its messages
 * (doc/protocol/sensors.md). Names that are not known are passed over. No I/O, no clock.
 */
#pragma once

#include "field/delivery.h"
#include "field/message.h"

#define VS_FIELD_CODE_SIZE   24 /* of an answer, with its NUL */
#define VS_FIELD_TENANT_SIZE 33

enum vs_field_told_kind {
	VS_FIELD_TOLD_INFO,
	VS_FIELD_TOLD_KEY,
	VS_FIELD_TOLD_TAKEN,  /* "status":"success" */
	VS_FIELD_TOLD_REFUSED /* "status":"error": code says why */
};

/* It may hold a key: to be wiped. */
struct vs_field_told {
	enum vs_field_told_kind kind;
	bool is_sealed; /* INFO: it has a key, and readings are to be sealed with it */
	bool is_bare;   /* the key is within; else enc and ct are what it was sealed into */
	bool has_n;     /* of the message that is answered */
	uint64_t n;
	uint32_t epoch;
	enum vs_field_profile least;
	char tenant[VS_FIELD_TENANT_SIZE];
	char code[VS_FIELD_CODE_SIZE];
	uint8_t key[VS_FIELD_KEY_SIZE];
	uint8_t enc[VS_FIELD_PUBLIC_KEY_SIZE], ct[VS_FIELD_SEALED_KEY_SIZE];
	uint8_t sn[VS_FIELD_SALT_SIZE], oid[VS_FIELD_OID_SIZE];
};

/* The errors of vs_json_parse; MISSING, WRONG_TYPE, OUT_OF_RANGE, BAD_ENCODING, BAD_VALUE,
 * UNKNOWN_TYPE. */
VS_RESULT vs_field_told_read(struct vs_json_tape *tape, struct vs_bytes text,
                             struct vs_field_told *told_out);
