/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the files of a stopped daemon to PostgreSQL:
 *
 *   store copy    everything into an empty database, then each row compared
 *   store check   only compared, before the daemon is started on the copy
 */
#pragma once

/* A sysexits.h code; argv after the noun. */
int vs_daemon_store(int argc, char *const *argv);
