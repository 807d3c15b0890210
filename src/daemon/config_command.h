/* SPDX-License-Identifier: Apache-2.0 */
/* `voltseald config check|show|template`: is the configuration right, what is in force and from
 * where, and a file to start from. */
#pragma once

/* A sysexits.h code; argv after "config". */
int vs_daemon_config_command(int argc, char *const *argv);
