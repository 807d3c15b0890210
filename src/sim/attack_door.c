/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks of who is not to be let in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/net.h"
#include "sim/attack_kind.h"
#include "sim/attack_socket.h"

#define PLAIN       "ocpp2.0.1"
#define FLOOD       64u
#define SLOW_MAX_MS 30000u

/* One try that must be refused by the upgrade, or before it. */
static enum vs_sim_attack_outcome
knock(struct vs_sim_attacker *attacker, const struct vs_sim_line_wishes *wishes, int expected,
      char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	enum vs_sim_attack_outcome outcome = VS_SIM_ATTACK_FAILED;
	struct vs_sim_line line = {.conn = 0};

	if (vs_sim_line_begin(attacker, wishes, &line).code != VS_E_OK) {
		(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "could not be tried");
	} else if (vs_sim_line_open(&line)) {
		(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "let in");
		outcome = VS_SIM_ATTACK_THROUGH;
	} else {
		(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "HTTP %d %s", line.http_status,
		               line.why);
		if (line.http_status == expected || line.http_status == 429 ||
		    (expected == 401 && line.http_status == 0))
			outcome = VS_SIM_ATTACK_REFUSED;
	}
	vs_sim_line_end(&line);
	return outcome;
}

enum vs_sim_attack_outcome
vs_sim_attack_downgrade(struct vs_sim_attacker *attacker, char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	const struct vs_sim_line_wishes wishes = {.subprotocols = PLAIN};

	return knock(attacker, &wishes, 400, said);
}

enum vs_sim_attack_outcome
vs_sim_attack_wrong_identity(struct vs_sim_attacker *attacker,
                             char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	const struct vs_sim_line_wishes wishes = {.identity = attacker->other,
	                                          .subprotocols = PLAIN};

	return knock(attacker, &wishes, 401, said);
}

enum vs_sim_attack_outcome
vs_sim_attack_stolen_certificate(struct vs_sim_attacker *attacker,
                                 char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	const struct vs_sim_line_wishes wishes = {.subprotocols = PLAIN, .is_stolen = true};

	return knock(attacker, &wishes, 401, said);
}

/* All at once; none may come in, and from some moment on they must be turned away unheard. */
enum vs_sim_attack_outcome
vs_sim_attack_flood(struct vs_sim_attacker *attacker, char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	const struct vs_sim_line_wishes wishes = {.subprotocols = PLAIN,
	                                          .password = "not-the-password-at-all"};
	struct vs_sim_line *lines = calloc(FLOOD, sizeof(*lines));
	unsigned begun = 0, refused = 0, throttled = 0, in = 0;

	if (lines == NULL)
		return VS_SIM_ATTACK_FAILED;
	while (begun < FLOOD && vs_sim_line_begin(attacker, &wishes, &lines[begun]).code == VS_E_OK)
		begun++;
	for (unsigned i = 0; i < begun; i++) {
		in += vs_sim_line_open(&lines[i]);
		refused += lines[i].http_status == 401;
		throttled += lines[i].http_status == 429 || lines[i].http_status == 503;
	}
	for (unsigned i = 0; i < begun; i++)
		vs_sim_line_end(&lines[i]);
	free(lines);
	(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "%u of %u refused, %u throttled, %u let in",
	               refused, begun, throttled, in);
	if (in > 0)
		return VS_SIM_ATTACK_THROUGH;
	return begun == FLOOD && throttled > 0 ? VS_SIM_ATTACK_REFUSED : VS_SIM_ATTACK_FAILED;
}

enum vs_sim_attack_outcome
vs_sim_attack_slow(struct vs_sim_attacker *attacker, char said[static VS_SIM_ATTACK_TEXT_SIZE])
{
	uint64_t lasted_ms = 0;

	if (vs_sim_attack_hold(attacker->target.address, attacker->target.port, SLOW_MAX_MS,
	                       &lasted_ms)
	        .code != VS_E_OK) {
		(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "could not connect");
		return VS_SIM_ATTACK_FAILED;
	}
	(void)snprintf(said, VS_SIM_ATTACK_TEXT_SIZE, "%s after %u s",
	               lasted_ms < SLOW_MAX_MS ? "closed" : "still open",
	               (unsigned)(lasted_ms / 1000));
	return lasted_ms < SLOW_MAX_MS ? VS_SIM_ATTACK_REFUSED : VS_SIM_ATTACK_THROUGH;
}
