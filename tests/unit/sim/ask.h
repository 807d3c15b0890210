/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the station of rig.h: the tests of command_*.c. */
#pragma once

#include "rig.h"

static struct rig rig;

/* Two EVSEs; a vehicle comes after idle_s and stays. */
static inline void
begin_version(uint16_t idle_s, enum vs_ocpp_version version)
{
	rig_init(&rig);
	rig.version = version;
	rig.scenario.evses = 2;
	rig.scenario.idle = (struct vs_sim_range){idle_s, idle_s};
	rig.scenario.session = (struct vs_sim_range){20000, 20000};
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 3000);
	rig_forget(&rig);
}

static inline void
begin(uint16_t idle_s)
{
	begin_version(idle_s, VS_OCPP_201);
}

/* The first thing that goes out is the answer. */
static inline const char *
ask(const char *text)
{
	unsigned before = rig.frame_count;

	rig_receive(&rig, text);
	CHECK(rig.frame_count > before);
	return rig.frames[before];
}

static inline void
answers(const char *text, const char *wanted)
{
	const char *answer = ask(text);

	if (strstr(answer, wanted) == NULL)
		(void)fprintf(stderr, "%s\n  was answered %s\n  without %s\n", text, answer,
		              wanted);
	CHECK(strstr(answer, wanted) != NULL);
}
