/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine on its connection: the machine of framed_engine.h between Central, the clock and the
 * file that what was delivered is written down in. `voltseal-sim engine` and `charge` are this, the
 * second with its monitor's words on the same connection.
 */
#pragma once

#include "sim/framed_engine.h"
#include "sim/framed_link.h"
#include "sim/view.h"

struct vs_sim_framed_point {
	struct vs_sim_framed link;
	struct vs_sim_engine engine;
	struct vs_sim_view view;
	struct vs_timer second;
	uint64_t last_ms;
	unsigned since_end; /* seconds */
	const char *state_file;
	bool is_monitor_too;
	/* KEY_INVALID: the key was taken back. May be NULL. */
	void (*invalid)(void *arg);
	void *arg;
};

/* Reads --price, --power, --state. CONFIG: `reason` says what. */
VS_RESULT vs_sim_framed_point_init(struct vs_sim_framed_point *point,
                                   const struct vs_sim_options *options, enum vs_sim_seal_mode mode,
                                   const char *title, char *reason, size_t reason_size);
VS_RESULT vs_sim_framed_point_run(struct vs_sim_framed_point *point);
void vs_sim_framed_point_done(struct vs_sim_framed_point *point);
