/* SPDX-License-Identifier: Apache-2.0 */
/* Reading configuration, certificates, CRLs and trust anew while everything runs: what whoever asks
 * for it is told, and the port to ask through. */
#pragma once

#include <stdint.h>

#include "base/result.h"

enum vs_core_reload_state {
	VS_CORE_RELOAD_SAME,  /* the files are those that are in use */
	VS_CORE_RELOAD_TAKEN, /* new ones, tried, and in use from now on */
	VS_CORE_RELOAD_KEPT,  /* new ones, bad: what was in use stays in use */
};

struct vs_core_reload_part {
	const char *name; /* "config", "ocpp", "api", "status", "crl", "trust" */
	enum vs_core_reload_state state;
	const char *reason; /* for a person: of KEPT why, of "config" what needs a restart; or "" */
};

struct vs_port_reload {
	void *self;
	/* Blocking, any thread but a reactor's; one at a time. `part` is told each. CONFIG: at
	 * least one was kept. */
	vs_result (*reload)(void *self, void (*part)(const struct vs_core_reload_part *, void *),
	                    void *arg);
};
