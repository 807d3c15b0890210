/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of the messages of one station. In the api's reactor. Not for other folders. */
#pragma once

#include "api/state.h"

void vs_api_watch_tick(struct vs_api *api, bool is_comment_due);
void vs_api_watch_closed(struct vs_api *api, vs_conn_id conn);
void vs_api_watches_free(struct vs_api *api);
