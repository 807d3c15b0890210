/* SPDX-License-Identifier: Apache-2.0 */
#include "api/openapi.h"

#include "api/state.h"

void
vs_api_on_openapi(struct vs_api *api, const struct vs_api_request *request)
{
	(void)api;
	vs_api_answer(request->conn, request->request_id, 200, "application/json", NULL,
	              vs_bytes_from(vs_api_openapi, vs_api_openapi_size));
}
