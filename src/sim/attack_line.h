/* SPDX-License-Identifier: Apache-2.0 */
/* A connection of an attacker: what it does is asked for and waited for, in one thread. */
#pragma once

#include "sim/sealing.h"
#include "sim/target.h"

#define VS_SIM_ATTACK_WAIT_MS 15000u

struct vs_sim_attacker {
	struct vs_loop *loop;
	struct vs_net *net;
	struct vs_sim_target target;
	struct vs_tls_client *tls, *stolen; /* stolen: with --cert; NULL: none */
	const char *identity, *other, *psk_file, *tenant;
	char password[128];
};

struct vs_sim_line {
	struct vs_sim_attacker *attacker;
	struct vs_sim_sealing *sealing; /* NULL: in clear */
	vs_conn_id conn;
	bool is_open, is_closed;
	int http_status;
	uint16_t ws_code;
	char why[96];
	struct vs_buf heard; /* the last message, opened */
	unsigned count;      /* of messages */
	char path[VS_LIMIT_HTTP_PATH_SIZE];
	char authorization[512];
};

struct vs_sim_line_wishes {
	const char *identity; /* of the URL; NULL: its own */
	const char *password; /* NULL: its own */
	const char *subprotocols;
	bool is_sealed, is_stolen, has_deflate;
};

/* Begin; vs_sim_line_wait for what comes of it. */
VS_RESULT vs_sim_line_begin(struct vs_sim_attacker *attacker,
                            const struct vs_sim_line_wishes *wishes, struct vs_sim_line *line);
/* Until it is open (and its sealed channel too) or closed; true: open. */
bool vs_sim_line_open(struct vs_sim_line *line);
/* A text as it is. */
VS_RESULT vs_sim_line_send(struct vs_sim_line *line, struct vs_bytes text);
/* Seal it, if the line is sealed, and append; nothing is sent. */
VS_RESULT vs_sim_line_seal(struct vs_sim_line *line, const char *text, struct vs_buf *frame);
VS_RESULT vs_sim_line_say(struct vs_sim_line *line, const char *text);
/* Another message, within the time; false: none, or closed. */
bool vs_sim_line_hear(struct vs_sim_line *line, unsigned wait_ms);
bool vs_sim_line_is_closed(struct vs_sim_line *line, unsigned wait_ms); /* waits for it */
void vs_sim_line_end(struct vs_sim_line *line);
