/* SPDX-License-Identifier: Apache-2.0 */
/* ETag and If-Match (RFC 9110 8.8.3, 13.1.1) of what can be changed: a station's registry entry. */
#pragma once

#include "api/state.h"

#define VS_API_ETAG_SIZE 35 /* "32 digits" with its quotes */

/* Of what an operator can change and what boots told; not of whether it is connected. */
VS_RESULT vs_api_etag_of(const struct vs_core_station *station,
                         char etag_out[static VS_API_ETAG_SIZE]);
/* OK without If-Match, with "*", or when one of its tags is the station's. PRECONDITION. */
VS_RESULT vs_api_etag_check(const struct vs_http_request *http,
                            const struct vs_core_station *station);
