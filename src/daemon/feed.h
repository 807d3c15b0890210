/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several daemons at one database, as the daemon sees it: what another node changed goes the way
 * that a change of this one goes after its commit (store/feed.h, feed_kinds.def). While the feed
 * cannot be read, no station is let in; those that are connected stay.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"

struct vs_daemon;

/* After the store was opened and before anything is loaded from it. Nothing when it is alone. */
VS_RESULT vs_daemon_feed_make(struct vs_daemon *daemon, char *reason, size_t reason_size);
/* When everybody who hears of a change is there. */
VS_RESULT vs_daemon_feed_run(struct vs_daemon *daemon);
/* Before any of them goes. It is current from then on: what was let in is to be kept. */
void vs_daemon_feed_halt(struct vs_daemon *daemon);
/* When nobody asks any more, and the bus is left, whose loop is still there. */
void vs_daemon_feed_free(struct vs_daemon *daemon);

/* Over the bus nodes tell each other to look at once (bus/poke.h). Before the threads start. */
struct vs_nats;
VS_RESULT vs_daemon_feed_join(struct vs_daemon *daemon, struct vs_nats *nats);
/* What was committed, before it is applied: the others are told if they keep it, too. Any thread.
 */
struct vs_core_record;
void vs_daemon_feed_note(struct vs_daemon *daemon, const struct vs_core_record *list);
/* What is done once for all nodes is done here. Any thread. */
bool vs_daemon_is_leader(const struct vs_daemon *daemon);
/* For vs_central_options.is_current. Any thread. */
bool vs_daemon_is_current(void *daemon);
