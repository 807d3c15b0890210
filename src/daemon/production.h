/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What production mode refuses: rows of production.def. All that apply are told, not the first one
 * only, each with its code and the way out. Blocking: reads files.
 */
#pragma once

#include "daemon/options.h"
#include "keys/ca_rules.h"

enum vs_daemon_refusal {
#define VS_PRODUCTION(name, code, phase, what, mend) VS_DAEMON_REFUSAL_##name,
#include "daemon/production.def"
#undef VS_PRODUCTION
	VS_DAEMON_REFUSALS
};

enum vs_daemon_production_phase {
	VS_DAEMON_PRODUCTION_OPTIONS,
	VS_DAEMON_PRODUCTION_STATE,
	VS_DAEMON_PRODUCTION_CA
};

struct vs_daemon_refusal_row {
	const char *name;
	int code; /* VS-1601 */
	enum vs_daemon_production_phase phase;
	const char *what, *mend;
};

/* What is looked at; what belongs to a later phase may be empty. */
struct vs_daemon_production_facts {
	const struct vs_daemon_options *options;
	const char *config_file; /* "": none */
	const char *state_dir;
	const char *keyd_fault;           /* why the key process did not start; NULL: it runs */
	const struct vs_keys_ca_view *ca; /* NULL: there is none */
};

#define VS_DAEMON_SUBJECT_SIZE 512

/* `told` gets each row that applies, and what it is about: a file, an option. Returns how many. */
size_t vs_daemon_production_check(enum vs_daemon_production_phase phase,
                                  const struct vs_daemon_production_facts *facts,
                                  void (*told)(void *arg, const struct vs_daemon_refusal_row *row,
                                               const char *subject),
                                  void *arg);

/* STATE/mode says that `voltseald init` was finished there. Written last of all. */
VS_RESULT vs_daemon_production_mark(const char *state_dir);
bool vs_daemon_production_is_marked(const char *state_dir);
