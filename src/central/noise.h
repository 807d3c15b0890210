/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many refusals of one source become one event a minute. A small table that forgets the quietest;
 * no clock, no lock.
 */
#pragma once

#include "net/throttle.h"

#define VS_NOISE_SOURCES   64u
#define VS_NOISE_PERIOD_MS 60000u

struct vs_noise {
	struct vs_noise_row {
		struct vs_source source;
		uint64_t told_ms; /* 0: empty */
		uint32_t count;   /* since then */
	} rows[VS_NOISE_SOURCES];
};

/* One more. 0: nothing to tell now; else how many there have been since the last time. now_ms is
 * not 0. */
uint32_t vs_noise_add(struct vs_noise *noise, const struct vs_source *source, uint64_t now_ms);
