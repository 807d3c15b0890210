/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that look at messages of provisioning, so that many devices share a commit of the store
 * and a sync of the key process instead of waiting for one after the other. The messages of one
 * topic's owner are looked at in the order in which they came, by one thread.
 */
#pragma once

#include "base/bytes.h"

struct vs_daemon_provision_work;

/* Makes the threads; `look` is called in them. NO_MEMORY. */
VS_RESULT vs_daemon_provision_work_new(void (*look)(void *arg, struct vs_bytes topic,
                                                    struct vs_bytes payload),
                                       void *arg, struct vs_daemon_provision_work **work_out);
/* Copies. TOO_LONG: VS_LIMIT_PROVISION_QUEUE messages wait already. */
VS_RESULT vs_daemon_provision_work_add(struct vs_daemon_provision_work *work, struct vs_bytes topic,
                                       struct vs_bytes payload);
/* Ends the threads; what has not begun is thrown away. */
void vs_daemon_provision_work_free(struct vs_daemon_provision_work **work);
