/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of a tenant (central/tenants.h) over several nodes: every second each says how many
 * connections of each tenant it has, and hears of the others (store/share.h).
 */
#pragma once

#include <stdbool.h>

#include "base/result.h"

struct vs_daemon;
struct vs_daemon_quota;

/* Before the reactors run; nothing when it is alone. */
VS_RESULT vs_daemon_quota_run(struct vs_daemon *daemon);
/* In the first reactor's thread, or when it has ended; before the pool and the store go. */
void vs_daemon_quota_stop(struct vs_daemon *daemon);
/* Nothing of it is in the pool, in the first reactor's thread. */
bool vs_daemon_quota_is_idle(const struct vs_daemon *daemon);
void vs_daemon_quota_free(struct vs_daemon *daemon); /* after the pool and the loops */
