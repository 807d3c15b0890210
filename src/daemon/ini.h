/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of a configuration file, without its meaning:
 *
 *   # or ; at the begin of a line: a comment
 *   [section]
 *   key = value        the value is the rest of the line, without the blanks around it
 *
 * Names are lower case letters, digits and underscores. There is no quoting, no continuation and no
 * comment after a value. Pure: no I/O, nothing allocated.
 */
#pragma once

#include <stddef.h>

#include "base/bytes.h"

#define VS_DAEMON_INI_NAME_SIZE  32
#define VS_DAEMON_INI_VALUE_SIZE 1024

struct vs_daemon_ini_entry {
	size_t line; /* from 1 */
	char section[VS_DAEMON_INI_NAME_SIZE], key[VS_DAEMON_INI_NAME_SIZE];
	char value[VS_DAEMON_INI_VALUE_SIZE];
};

/* Each entry in turn; what `entry` answers other than OK ends it and is the result. CONFIG_SYNTAX:
 * *line_out and *why_out say where and why, a static text. */
VS_RESULT vs_daemon_ini_parse(struct vs_bytes text,
                              vs_result (*entry)(void *arg,
                                                 const struct vs_daemon_ini_entry *entry),
                              void *arg, size_t *line_out, const char **why_out);
