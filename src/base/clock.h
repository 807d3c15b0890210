/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks and RFC 3339 date-times. Only the event loop and the ends (central, sim, daemon, cli) read
 * a clock; parsers and state machines get the time as an argument.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

uint64_t vs_clock_mono_ms(void);
uint64_t vs_clock_mono_us(void);
int64_t vs_clock_wall_ms(void); /* milliseconds since 1970-01-01T00:00:00Z */

#define VS_TIME_TEXT_SIZE 25 /* "2026-11-20T13:38:25.123Z" and its NUL */

/* RFC 3339 in UTC with milliseconds. The time must lie in the years 1970 to 9999, else it is
 * clamped. */
void vs_time_format(int64_t wall_ms, char text[static VS_TIME_TEXT_SIZE]);
/* RFC 3339 (date, 'T' or 't', time, fraction of any length, 'Z' or offset). A leap second is the
 * last millisecond before it. A date that no calendar has (2022-02-29) is BAD_TIME. */
VS_RESULT vs_time_parse(struct vs_bytes text, int64_t *wall_ms_out);
