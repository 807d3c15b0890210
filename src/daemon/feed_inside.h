/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of daemon/feed.h, for feed.c and feed_take.c. */
#pragma once

#include "daemon/daemon_inside.h"
#include "daemon/feed.h"
#include "daemon/settle.h"
#include "store/feed.h"

struct vs_daemon_feed {
	struct vs_daemon *daemon;
	struct vs_store_feed *feed;
	struct vs_poke *poke; /* NULL: there is no bus */
	struct vs_port_reader reader;
	struct vs_daemon_settle *settle;
	struct vs_timer look;
	bool is_behind; /* as it was told */
};

/* For vs_store_feed_options; the argument is the feed. */
vs_result vs_daemon_feed_changed(void *arg, const struct vs_store_change *change);
vs_result vs_daemon_feed_reload(void *arg);
vs_result vs_daemon_feed_settle(void *arg);
/* A security event of this node. */
void vs_daemon_feed_publish(struct vs_daemon_feed *self, enum vs_core_severity severity,
                            const char *type, const char *detail);
