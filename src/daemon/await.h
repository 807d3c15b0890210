/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A start that comes before its database does: it is tried again, 250 ms to 5 s apart, for
 * [store] wait seconds. After a power cut both come up at once, and the database takes longer.
 * What a second try would not mend (a password, a role, a schema) is not waited for.
 */
#pragma once

#include <stdint.h>

#include "daemon/system.h"

/* After the key process was started, before the first question to the store. On SQLite nothing is
 * done. STORE_AWAY: nobody answers, and the time is over. Whatever else is wrong is said by whoever
 * opens it next. Blocks; a signal ends the process as it did before. */
VS_RESULT vs_daemon_await_store(struct vs_daemon_system *system);

/* Pure: how long until the next try, after so many; never longer than what is left. `random` is any
 * number, so that nodes that lost the same server do not come at once. */
uint64_t vs_daemon_await_pause_ms(unsigned tries, uint64_t left_ms, uint32_t random);
