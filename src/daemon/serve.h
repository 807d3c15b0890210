/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `voltseald run`: production mode, on a state folder that `voltseald init` set up. What it refuses
 * is in production.def.
 */
#pragma once

/* Returns the exit code (sysexits). */
int vs_daemon_serve(int argc, char *const *argv);
