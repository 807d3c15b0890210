/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What another node has to say before a request is answered: asked in the api's thread, said in any
 * thread, gone on with in the api's. Nobody waits in between. Not for other folders.
 */
#pragma once

#include "api/state.h"

struct vs_api_later;

/* What a request goes on with. */
struct vs_api_next {
	/* Once, in the api's thread. *arg is its own when it leaves NULL there. */
	void (*go)(struct vs_api *api, void **arg, vs_result result, const char *fault);
	void (*drop)(void *arg); /* what `go` has left, or was not asked about when the api ends */
	void *arg;
};

/* Send a command, and go on with what `send` of core/ports.h would have said; within this call when
 * that is known here. request_id: what it is a part of, for the audit log. next->arg is taken. */
void vs_api_command(struct vs_api *api, const char *request_id,
                    const struct vs_port_command *command, const struct vs_api_next *next);

/* The same of a node that is to drain over so many seconds, or (is_on false) to resume. */
void vs_api_drain(struct vs_api *api, const char *request_id, const char *node, bool is_on,
                  uint32_t over_s, const struct vs_api_next *next);

/* A state of this command is on disk, which its answer may come after. */
void vs_api_laters_kept(struct vs_api *api, const char *id);
