/* SPDX-License-Identifier: Apache-2.0 */
/* Between attack.c and the attacks. */
#pragma once

#include "sim/attack_line.h"

#define VS_SIM_ATTACK_TEXT_SIZE 128

enum vs_sim_attack_outcome {
	VS_SIM_ATTACK_REFUSED, /* it was stopped */
	VS_SIM_ATTACK_THROUGH, /* it was not */
	VS_SIM_ATTACK_FAILED,  /* it could not be tried */
};
typedef enum vs_sim_attack_outcome vs_sim_attack(struct vs_sim_attacker *attacker,
                                                 char said[static VS_SIM_ATTACK_TEXT_SIZE]);

#define VS_ATTACK(name, function, needs, help) vs_sim_attack vs_sim_attack_##function;
#include "sim/attacks.def"
#undef VS_ATTACK
