/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of the daemon, one row of options.def each. A later layer outweighs an earlier one, and
 * each value knows where it came from:
 *
 *   preset < configuration file < conf.d < environment (VOLTSEAL_SECTION_KEY) < flag
 *
 * Flags are --name VALUE or --name=VALUE; files and the environment are daemon/config.h's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

enum vs_daemon_option {
#define VS_OPTION(name, section, key, type, preset, min, max, choices, of, reload, help)           \
	VS_OPTION_##name,
#include "daemon/options.def"
#undef VS_OPTION
	VS_OPTION_COUNT
};

/* Whose command line it is; a row may be for several. */
enum vs_daemon_mode { VS_DAEMON_DEV = 1, VS_DAEMON_RUN = 2, VS_DAEMON_INIT = 4 };

enum vs_daemon_option_type {
	VS_OPTION_TEXT,
	VS_OPTION_NUMBER,
	VS_OPTION_SWITCH,
	VS_OPTION_CHOICE,
	VS_OPTION_RATE,    /* vs_throttle_rate_read */
	VS_OPTION_SOURCES, /* vs_throttle_set_trusted, or "none" */
};

struct vs_daemon_option_row {
	const char *name;          /* of the flag, with underscores */
	const char *section, *key; /* "": a flag only */
	enum vs_daemon_option_type type;
	const char *preset;
	int64_t min, max;
	const char *choices;
	unsigned modes;
	bool is_live;
	const char *help;
};

struct vs_daemon_options {
	const char *text[VS_OPTION_COUNT]; /* ours */
	int64_t number[VS_OPTION_COUNT];   /* NUMBER; SWITCH: 0 or 1; CHOICE: the word's place */
	char *origin[VS_OPTION_COUNT]; /* "flag --state", "/etc/x.ini:3"; ours; NULL: the preset */
};

const struct vs_daemon_option_row *vs_daemon_option_row(enum vs_daemon_option option);
/* "[ocpp] port" or "--config", for a person. */
void vs_daemon_option_print(const struct vs_daemon_option_row *row, char *text, size_t size);

/* All presets. */
VS_RESULT vs_daemon_options_init(struct vs_daemon_options *options);
void vs_daemon_options_done(struct vs_daemon_options *options);
/* CONFIG_VALUE: `reason` says what would be right. */
VS_RESULT vs_daemon_option_set(struct vs_daemon_options *options, enum vs_daemon_option option,
                               const char *value, const char *origin, char *reason,
                               size_t reason_size);
/* The flags, on top of what is there. CONFIG_UNKNOWN and CONFIG_VALUE: `reason` says which is
 * wrong, why, and what would be right; what came before it is set. */
VS_RESULT vs_daemon_options_parse(enum vs_daemon_mode mode, int argc, char *const *argv,
                                  char *reason, size_t reason_size,
                                  struct vs_daemon_options *options);
void vs_daemon_options_help(FILE *stream, enum vs_daemon_mode mode);
