/* SPDX-License-Identifier: Apache-2.0 */
/* What is older than its retention is removed (store/retained.def): every ten minutes, in small
 * steps between the writer's groups, with an entry of the audit log for each table. */
#pragma once

#include "daemon/options.h"
#include "store/retain.h"

struct vs_daemon;
struct vs_daemon_retain;

struct vs_daemon_retention {
	int64_t days[VS_STORE_RETAINED_COUNT]; /* 0: kept for good */
};
struct vs_daemon_retention vs_daemon_retain_settings(const struct vs_daemon_options *options);

/* Before the reactors run. */
VS_RESULT vs_daemon_retain_make(struct vs_daemon *daemon);
bool vs_daemon_retain_is_idle(const struct vs_daemon *daemon); /* in the first reactor */
void vs_daemon_retain_free(struct vs_daemon *daemon); /* after the pool, before the loops */
