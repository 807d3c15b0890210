/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The psk of a simulated station, in a file of its own: the JSON that `voltseal key create ID
 * --channel psk --json` prints, of which "epoch" and "key" are read, and which is written again
 * when the central side has offered another one.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

#define VS_SIM_PSK_SIZE 32

struct vs_sim_psk {
	uint32_t kid; /* its epoch; 0: none */
	uint8_t key[VS_SIM_PSK_SIZE];
};

/* IO, NOT_FOUND; BAD_MESSAGE: not such a file. Wipe it after use. */
VS_RESULT vs_sim_psk_read(const char *path, struct vs_sim_psk *psk_out);
VS_RESULT vs_sim_psk_write(const char *path, const struct vs_sim_psk *psk); /* whole or not */
