/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root keys of several nodes, between the key service and the store: who has which, and what is
 * done here when another node has changed them.
 */
#pragma once

#include "base/result.h"

struct vs_daemon;

/* When the feed is there; nothing when this daemon is alone. */
void vs_daemon_nodes_make(struct vs_daemon *daemon);
/* In the feed's thread, or before it: the previous root key goes when it is destroyed for all.
 * ROOT_BEHIND, which is logged: one is in use that is not here. */
VS_RESULT vs_daemon_nodes_root(struct vs_daemon *daemon);
