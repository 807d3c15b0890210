/* SPDX-License-Identifier: Apache-2.0 */
/* What a sensor device is told, as JSON: doc/protocol/sensors.md. */
#pragma once

#include "field/delivery.h"
#include "field/message.h"
#include "keys/key.h"

enum vs_sensor_close {
#define VS_SENSOR_CLOSE(name, code, word, help) VS_SENSOR_CLOSE_##name,
#include "sensor/closes.def"
#undef VS_SENSOR_CLOSE
	VS_SENSOR_CLOSES /* must be last; none */
};
uint16_t vs_sensor_close_code(enum vs_sensor_close why);
const char *vs_sensor_close_word(enum vs_sensor_close why);

enum vs_sensor_reply {
#define VS_SENSOR_REPLY(name, word, text) VS_SENSOR_REPLY_##name,
#include "sensor/replies.def"
#undef VS_SENSOR_REPLY
	VS_SENSOR_REPLIES /* must be last */
};
const char *vs_sensor_reply_word(enum vs_sensor_reply reply); /* "duplicate" */

#define VS_SENSOR_REPLY_SIZE_MAX 1024

struct vs_sensor_info {
	struct vs_field_delivery delivery; /* key NULL: encryption is off */
	enum vs_field_profile least;       /* what is asked of it */
	uint8_t sn[VS_FIELD_SALT_SIZE];
	int64_t expires_ms; /* of its token; 0: never */
};
/* All of these append; what holds a key is the caller's to wipe. */
VS_RESULT vs_sensor_reply_info(const struct vs_sensor_info *info, struct vs_buf *out);
VS_RESULT vs_sensor_reply_key(const struct vs_field_delivery *delivery,
                              const uint8_t oid[static VS_KEYS_OID_SIZE], int64_t until_ms,
                              struct vs_buf *out);
/* n: of a numbered message; NULL. */
VS_RESULT vs_sensor_reply_taken(size_t count, const uint64_t *n, struct vs_buf *out);
VS_RESULT vs_sensor_reply_refused(enum vs_sensor_reply reply, const uint64_t *n,
                                  struct vs_buf *out);
/* {"status":"success","message":".."} of what is no reading. */
VS_RESULT vs_sensor_reply_done(const char *message, struct vs_buf *out);
