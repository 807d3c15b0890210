/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What monitor and engine of one charge point say to each other over their Unix socket, one packet
 * for each: text, fields apart by '#', the version of these words first.
 *
 *   1#HELLO#CP-001              both, first: whose it is
 *   1#KEY#A2#7#<base64url>      monitor: use this key with Central from now on; 7: its number
 *   1#KEY_BAD#7                 engine: Central does not take the key of this number; 0: it has
 * none 1#HEALTH_CHECK#CP-001       monitor, every second 1#HEALTH_OK#CP-001          engine; or
 * HEALTH_KO
 *
 * Pure.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

#define VS_SIM_LOCAL_SIZE_MAX 256
#define VS_SIM_LOCAL_NAME     49
#define VS_SIM_LOCAL_KEY_SIZE 32

enum vs_sim_local_word {
	VS_SIM_LOCAL_HELLO,
	VS_SIM_LOCAL_KEY,
	VS_SIM_LOCAL_KEY_BAD,
	VS_SIM_LOCAL_HEALTH_CHECK,
	VS_SIM_LOCAL_HEALTH_OK,
	VS_SIM_LOCAL_HEALTH_KO,
	VS_SIM_LOCAL_WORDS /* must be last */
};

/* A key of Central's, and what it is for. Wipe it after use. */
struct vs_sim_key {
	bool is_compat;  /* A1: a Fernet key; else A2: a psk */
	uint32_t number; /* of the monitor's counting, from 1; 0: none */
	uint8_t key[VS_SIM_LOCAL_KEY_SIZE];
};

struct vs_sim_local_message {
	enum vs_sim_local_word word;
	char name[VS_SIM_LOCAL_NAME]; /* of HELLO, HEALTH_* */
	struct vs_sim_key key;        /* of KEY; of KEY_BAD its number */
};

/* BAD_MESSAGE: no such word, or another version; BAD_VALUE: a field; BAD_ENCODING: the key. */
VS_RESULT vs_sim_local_read(struct vs_bytes text, struct vs_sim_local_message *message_out);
VS_RESULT vs_sim_local_write(const struct vs_sim_local_message *message, struct vs_buf *out);
