/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What several nodes share of their keys (keys/share.h), at the start and for the commands of a
 * stopped daemon: the database's value is taken before anything looks at CA and pepper. Nothing of
 * it is done on SQLite, nor where there is no value and this daemon has no name.
 */
#pragma once

#include "daemon/system.h"

/* After the key process was started; again after the CA was made, when there was none. The hash of
 * the admin token goes along with the first value when it is known. */
VS_RESULT vs_daemon_share_start(struct vs_daemon_system *system);
/* A command has changed the vault: for the others, too. */
VS_RESULT vs_daemon_share_write(struct vs_daemon_system *system, const char *actor);

/* `voltseald init --join`: a state folder for another node of what is in the database, by its root
 * key alone. The key process runs afterwards, and STATE/admin.sha256 is written. */
VS_RESULT vs_daemon_share_join(struct vs_daemon_system *system);
