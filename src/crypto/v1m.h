/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readings of a device that has only AES-CBC and SHA-256 (mode 0x83): each value is sealed as in
 * crypto/cbc.h and written in base64, and one MAC covers all of them and what they mean.
 *
 *   mac key = HKDF(salt: none, key, info: enc("voltseal/v1m/mac"))
 *   mac     = HMAC-SHA256(mac key, enc("voltseal/v1m", tenant, device, u64 n, u16 count,
 *             then of each reading sensor_type, unit, value))[0..16]
 *
 * The MAC is verified before anything is decrypted: there is no other way in. n is the caller's to
 * compare: it must be larger than any before. Not for two threads at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_V1M_KEY_SIZE 32
#define VS_V1M_MAC_SIZE 16

struct vs_v1m_reading {
	struct vs_bytes sensor_type, unit;
	struct vs_bytes value; /* base64 (RFC 4648 4) of IV and cipher text, as in the message */
};
struct vs_v1m_message {
	struct vs_bytes tenant, device;
	uint64_t n;
	const struct vs_v1m_reading *readings;
	size_t count;
};

struct vs_v1m; /* one device's key, prepared once */

VS_RESULT vs_v1m_new(const uint8_t key[static VS_V1M_KEY_SIZE], struct vs_v1m **v1m_out);
void vs_v1m_free(struct vs_v1m **v1m);
/* Device side: appends the text of a value ... */
VS_RESULT vs_v1m_seal_value(struct vs_v1m *v1m, struct vs_bytes plain, struct vs_buf *value);
/* ... and when all are there, the MAC. TOO_LONG: a field or the count does not fit 16 bits. */
VS_RESULT vs_v1m_mac(struct vs_v1m *v1m, const struct vs_v1m_message *message,
                     uint8_t mac_out[static VS_V1M_MAC_SIZE]);
/* Server side: appends the plain text of each reading to `plain`, one after the other; sizes_out:
 * message->count of them. NOT_AUTHENTIC: the MAC, or a value that cannot be opened; nothing is
 * appended then. */
VS_RESULT vs_v1m_open(struct vs_v1m *v1m, const struct vs_v1m_message *message, struct vs_bytes mac,
                      struct vs_buf *plain, size_t *sizes_out);
