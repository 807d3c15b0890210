/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks on what is said within a connection that was let in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/attack_kind.h"

#define SEALED     "ocpp2.0.1" VS_OCPP_SEALED_SUFFIX
#define HEAR_MS    5000u
#define FRAME_MAX  65536u
#define BOMB_SIZE  900000u /* several times what a message may be */
#define NEST_SIZE  200000u
#define NEST_DEPTH 100000u

static const char boot[] =
    "[2,\"boot\",\"BootNotification\",{\"reason\":\"PowerUp\",\"chargingStation\":{"
    "\"model\":\"attack\",\"vendorName\":\"voltseal-sim\"}}]";
static const char first[] = "[2,\"a1\",\"Heartbeat\",{}]", second[] = "[2,\"a2\",\"Heartbeat\",{}]";

/* In, and registered: the daemon takes it for an honest one. */
static bool
come_in(struct vs_sim_attacker *attacker, const struct vs_sim_line_wishes *wishes,
        struct vs_sim_line *line, char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	if (vs_sim_line_begin(attacker, wishes, line).code == VS_E_OK && vs_sim_line_open(line) &&
	    vs_sim_line_say(line, boot).code == VS_E_OK && vs_sim_line_hear(line, HEAR_MS))
		return true;
	(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "not let in: HTTP %d %s", line->http_status,
	               line->why);
	return false;
}

/* What was sent must end the connection, with the one code that all faults have. */
static enum vs_sim_attack_outcome
must_be_closed(struct vs_sim_line *line, unsigned heard_before,
               char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	if (!vs_sim_line_is_closed(line, HEAR_MS)) {
		(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "still connected, %u answers",
		               line->count - heard_before);
		return VS_SIM_ATTACK_THROUGH;
	}
	(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "closed with %u", (unsigned)line->ws_code);
	return line->ws_code == 1008 || line->ws_code == 1009 ? VS_SIM_ATTACK_REFUSED
	                                                      : VS_SIM_ATTACK_FAILED;
}

typedef vs_result deed(struct vs_sim_line *line, struct vs_buf *frame);

static enum vs_sim_attack_outcome
do_sealed(struct vs_sim_attacker *attacker, deed *act, char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	const struct vs_sim_line_wishes wishes = {.subprotocols = SEALED, .is_sealed = true};
	enum vs_sim_attack_outcome outcome = VS_SIM_ATTACK_FAILED;
	struct vs_sim_line line = {.conn = 0};
	struct vs_buf frame;

	vs_buf_init(&frame, FRAME_MAX);
	if (come_in(attacker, &wishes, &line, said)) {
		unsigned before = line.count;

		if (act(&line, &frame).code == VS_E_OK)
			outcome = must_be_closed(&line, before, said);
		else
			(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "could not be sent");
	}
	vs_sim_line_end(&line);
	vs_buf_done(&frame);
	return outcome;
}

static vs_result
send_twice(struct vs_sim_line *line, struct vs_buf *frame)
{
	VS_TRY(vs_sim_line_seal(line, first, frame));
	VS_TRY(vs_sim_line_send(line, vs_buf_view(frame)));
	if (!vs_sim_line_hear(line, HEAR_MS))
		return VS_FAIL(TIMEOUT);
	return vs_sim_line_send(line, vs_buf_view(frame));
}

static vs_result
send_later_one(struct vs_sim_line *line, struct vs_buf *frame)
{
	VS_TRY(vs_sim_line_seal(line, first, frame));
	vs_buf_reset(frame);
	VS_TRY(vs_sim_line_seal(line, second, frame));
	return vs_sim_line_send(line, vs_buf_view(frame));
}

static vs_result
send_altered(struct vs_sim_line *line, struct vs_buf *frame)
{
	uint8_t *byte;

	VS_TRY(vs_sim_line_seal(line, first, frame));
	byte = frame->data + frame->size / 2;
	*byte = *byte == 'A' ? 'B' : 'A';
	return vs_sim_line_send(line, vs_buf_view(frame));
}

enum vs_sim_attack_outcome
vs_sim_attack_replay(struct vs_sim_attacker *attacker, char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	return do_sealed(attacker, send_twice, said);
}

enum vs_sim_attack_outcome
vs_sim_attack_reorder(struct vs_sim_attacker *attacker, char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	return do_sealed(attacker, send_later_one, said);
}

enum vs_sim_attack_outcome
vs_sim_attack_tamper(struct vs_sim_attacker *attacker, char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	return do_sealed(attacker, send_altered, said);
}

/* --- bombs -------------------------------------------------------------------------------------
 */

/* Sealed sessions do not inflate, and whoever has no psk cannot nest in one: with a psk only the
 * size counts, without one both. */
static enum vs_sim_attack_outcome
explode(struct vs_sim_attacker *attacker, struct vs_bytes text, bool is_nested,
        char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	bool is_sealed = attacker->psk_file != NULL;
	const struct vs_sim_line_wishes wishes = {.subprotocols = is_sealed ? SEALED : "ocpp2.0.1",
	                                          .is_sealed = is_sealed,
	                                          .has_deflate = true};
	enum vs_sim_attack_outcome outcome = VS_SIM_ATTACK_FAILED;
	struct vs_sim_line line = {.conn = 0};

	if (come_in(attacker, &wishes, &line, said)) {
		unsigned before = line.count;

		(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "could not be sent");
		if (vs_sim_line_send(&line, text).code == VS_E_OK) {
			if (is_nested && vs_sim_line_hear(&line, HEAR_MS) && line.heard.size > 1 &&
			    line.heard.data[1] == '4') {
				(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "CALLERROR");
				outcome = VS_SIM_ATTACK_REFUSED;
			} else {
				outcome = must_be_closed(&line, before, said);
			}
		}
	}
	vs_sim_line_end(&line);
	return outcome;
}

enum vs_sim_attack_outcome
vs_sim_attack_bomb(struct vs_sim_attacker *attacker, char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	static const char head[] = "[2,\"b\",\"DataTransfer\",{\"vendorId\":\"x\",\"data\":";
	char nested[VS_SIM_ATTACK_TEXT_SIZE] = "", inflated[VS_SIM_ATTACK_TEXT_SIZE] = "";
	enum vs_sim_attack_outcome outcome = VS_SIM_ATTACK_FAILED, other;
	char *text = calloc(1, BOMB_SIZE);

	if (text == NULL)
		return outcome;
	memset(text, ' ', BOMB_SIZE);
	memcpy(text, first, sizeof(first) - 1);
	outcome = explode(attacker, vs_bytes_from(text, BOMB_SIZE), false, inflated);
	memset(text, '[', NEST_SIZE);
	memcpy(text, head, sizeof(head) - 1);
	memset(text + sizeof(head) - 1 + NEST_DEPTH, ']', NEST_SIZE - NEST_DEPTH - sizeof(head));
	other = explode(attacker, vs_bytes_from(text, NEST_SIZE), true, nested);
	free(text);
	(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "inflated: %.50s; nested: %.50s", inflated,
	               nested);
	return outcome > other ? outcome : other;
}
