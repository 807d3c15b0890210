/* SPDX-License-Identifier: Apache-2.0 */
/* How this daemon itself is, and the list of all nodes. Not for other folders. */
#pragma once

#include "api/state.h"

void vs_api_node_init(struct vs_api_node *node);
/* In the api's reactor, often: the processor is looked at every two seconds, and the other nodes
 * are told. */
void vs_api_node_tick(struct vs_api *api);
/* Any thread. */
void vs_api_node_look(const struct vs_api *api, struct vs_core_node_health *health_out);
/* "key_process":"ok","key_process_us":... In the pool: it is asked, and for how long that takes. */
void vs_api_write_key_process(struct vs_json_writer *json, const struct vs_api *api);

/* nodes.c: each node as an object, into an array; in the pool. UNSUPPORTED, NO_MEMORY. */
VS_RESULT vs_api_write_nodes(struct vs_json_writer *json, const struct vs_api *api);
