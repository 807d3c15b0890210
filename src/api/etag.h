/* SPDX-License-Identifier: Apache-2.0 */
/* ETag and If-Match (RFC 9110 8.8.3, 13.1.1) of what can be changed in its place: the entries
 * of stations, users and tenants. */
#pragma once

#include "api/state.h"

#define VS_API_ETAG_SIZE 35 /* "32 digits" with its quotes */

/* Of what an operator can change and what boots told; not of whether it is connected. */
VS_RESULT vs_api_etag_of(const struct vs_core_station *station,
                         char etag_out[static VS_API_ETAG_SIZE]);
VS_RESULT vs_api_etag_of_user(const struct vs_core_user *user,
                              char etag_out[static VS_API_ETAG_SIZE]);
/* OK without If-Match, with "*", or when one of its tags is this one. PRECONDITION. */
VS_RESULT vs_api_etag_match(const struct vs_http_request *http, const char *etag);
/* The GET that shows what a route changes, by route_tags.def; NULL: it has no row. */
const struct vs_api_route *vs_api_etag_shown_by(const struct vs_api_route *route);
/* Is it such a GET? Its answers have tags. */
bool vs_api_etag_is_shown(const struct vs_api_route *route);
/* The ETag among these lines of a head. False: there is none. */
bool vs_api_etag_find(const char *headers, char etag_out[static VS_API_ETAG_SIZE]);
/* One of the body, unless there is one. */
VS_RESULT vs_api_etag_add(struct vs_bytes body, char headers[static VS_API_HEADERS_SIZE]);
