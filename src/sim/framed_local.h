/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Unix socket between monitor and engine of one charge point. The engine listens, mode 0600;
 * both ends look at the other's credentials (SO_PEERCRED): only programs of the same user talk.
 * A newer monitor displaces the one before. One thread.
 */
#pragma once

#include "event/loop.h"
#include "sim/local_message.h"

struct vs_sim_local_handler {
	void (*up)(void *arg); /* the other end is there and has said whose it is */
	void (*down)(void *arg);
	void (*heard)(const struct vs_sim_local_message *message, void *arg);
	void *arg;
};

struct vs_sim_local; /* one end */

/* identity is borrowed. The engine: CONFIG: the socket cannot be made there. */
VS_RESULT vs_sim_local_listen(struct vs_loop *loop, const char *path, const char *identity,
                              const struct vs_sim_local_handler *handler,
                              struct vs_sim_local **local_out);
/* The monitor; path is borrowed. Connects when vs_sim_local_try is asked. */
VS_RESULT vs_sim_local_client(struct vs_loop *loop, const char *path, const char *identity,
                              const struct vs_sim_local_handler *handler,
                              struct vs_sim_local **local_out);
void vs_sim_local_free(struct vs_sim_local **local);

/* Nothing happens when it is connected already, or nobody listens. */
void vs_sim_local_try(struct vs_sim_local *local);
bool vs_sim_local_is_up(const struct vs_sim_local *local);
/* NOT_CONNECTED; one that does not read is let go. */
VS_RESULT vs_sim_local_say(struct vs_sim_local *local, const struct vs_sim_local_message *message);
