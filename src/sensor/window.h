/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which message numbers of one device, key and salt were accepted: the ring of RFC 6479, 1 024
 * bits, of which the newest 960 numbers are always known. What is older counts as seen.
 *
 * It is written down together with the readings that it let in, in one transaction: so it is exact
 * after a crash as well, and needs no number of messages that are given up. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define VS_SENSOR_WINDOW_WORDS 16u
#define VS_SENSOR_WINDOW_BITS  (64u * VS_SENSOR_WINDOW_WORDS)
#define VS_SENSOR_WINDOW_SIZE  (8u + 8u * VS_SENSOR_WINDOW_WORDS) /* written down */

/* Zero accepts every number. */
struct vs_sensor_window {
	uint64_t next; /* one more than the highest that was accepted */
	uint64_t bits[VS_SENSOR_WINDOW_WORDS];
};

enum vs_sensor_seen {
	VS_SENSOR_NEW,
	VS_SENSOR_SEEN,
	VS_SENSOR_TOO_OLD /* below the window: nobody knows */
};

/* Ask first, and take only what has proven authentic. UINT64_MAX is never new. */
enum vs_sensor_seen vs_sensor_window_look(const struct vs_sensor_window *window, uint64_t n);
void vs_sensor_window_take(struct vs_sensor_window *window, uint64_t n); /* it was NEW */

void vs_sensor_window_write(const struct vs_sensor_window *window,
                            uint8_t data_out[static VS_SENSOR_WINDOW_SIZE]);
/* BAD_MESSAGE: another size. */
VS_RESULT vs_sensor_window_read(struct vs_bytes data, struct vs_sensor_window *window_out);
