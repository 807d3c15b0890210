/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What another node has to say before a request is answered: asked in the api's thread, said in any
 * thread, gone on with in the api's. Nobody waits in between. Not for other folders.
 */
#pragma once

#include "api/state.h"

struct vs_api_later;

/* Once, in the api's thread. `arg` is freed after it. */
typedef void vs_api_later_fn(struct vs_api *api, void *arg, vs_result result, const char *fault);

/* Send a command, and `then` go on with what `send` of core/ports.h would have said; within this
 * call when that is known here. request_id: what it is a part of, for the audit log. arg: from
 * malloc, wiped by `then` if it has to be; freed. */
void vs_api_command(struct vs_api *api, const char *request_id,
                    const struct vs_port_command *command, vs_api_later_fn *then, void *arg);

/* The same of a node that is to drain over so many seconds, or (is_on false) to resume. */
void vs_api_drain(struct vs_api *api, const char *request_id, const char *node, bool is_on,
                  uint32_t over_s, vs_api_later_fn *then, void *arg);

/* A state of this command is on disk, which its answer may come after. */
void vs_api_laters_kept(struct vs_api *api, const char *id);
