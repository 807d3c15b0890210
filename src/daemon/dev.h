/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `voltseald dev`: a whole system on loopback without configuration. Own PKI, own store, stations
 * with credentials, a dashboard and a one-time admin link. Everything lies in one folder; a restart
 * finds it again.
 */
#pragma once

/* Returns the exit code (sysexits). */
int vs_daemon_dev(int argc, char *const *argv);
