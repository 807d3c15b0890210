/* SPDX-License-Identifier: Apache-2.0 */
/* Who listens to a stream (WHATWG HTML 9.2): one list for those that hear events and those that
 * watch the messages of one station, sensor device or claim. In the api's reactor. Not for other
 * folders. */
#pragma once

#include "api/state.h"

struct vs_api_live {
	struct vs_api_live *next;
	vs_conn_id conn;
	uint64_t at; /* number of the next event, or message */
	char tenant[VS_CORE_TENANT_SIZE];
	char subject[VS_CORE_IDENTITY_SIZE]; /* whose messages; "": events */
	bool is_blocked; /* it took no more: asked again at the next tick, not at each event */
	struct vs_api_principal principal;
	unsigned silent_count;
};

/* Is there room for one more of this kind? BUSY. */
VS_RESULT vs_api_live_room(const struct vs_api *api, bool is_of_events);
/* The head of a stream, and one more in the list; subject "": events. NULL: it was answered. */
struct vs_api_live *vs_api_live_add(struct vs_api *api, struct vs_conn *conn,
                                    const char *request_id,
                                    const struct vs_api_principal *principal, const char *tenant,
                                    const char *subject);
/* Where does this client go on? The header is the browser's own; the parameter is for a page that
 * takes the stream over from another tab. False: it says nothing. */
bool vs_api_live_last_id(const struct vs_http_request *http, struct vs_bytes *id_out);
