/* SPDX-License-Identifier: Apache-2.0 */
/* How this daemon itself is, for the overview. Not for other folders. */
#pragma once

#include "api/state.h"

void vs_api_node_init(struct vs_api_node *node);
/* In the api's reactor, often: the processor is looked at every two seconds, and the other nodes
 * are told. */
void vs_api_node_tick(struct vs_api *api);
/* "node":{...}. In the pool: it asks the key process, and for how long that takes. */
void vs_api_write_node(struct vs_json_writer *json, const struct vs_api *api);
/* "nodes":[...], when there are several. */
void vs_api_write_nodes(struct vs_json_writer *json, const struct vs_api *api);
