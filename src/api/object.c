/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api/state.h"

void
vs_api_object_begin(struct vs_api_object *object, size_t size_max)
{
	vs_buf_init(&object->text, size_max);
	vs_json_write_begin(&object->json, &object->text);
	vs_json_write_object(&object->json);
}

vs_result
vs_api_object_end(struct vs_api_object *object)
{
	vs_json_write_object_end(&object->json);
	return vs_json_write_end(&object->json);
}

void
vs_api_object_done(struct vs_api_object *object)
{
	if (object->text.data != NULL)
		explicit_bzero(object->text.data, object->text.capacity);
	vs_buf_done(&object->text);
}

vs_result
vs_api_object_record(struct vs_api_object *object, enum vs_core_record_kind kind,
                     const char *tenant, const char *station, int64_t now_ms,
                     struct vs_core_record **record_out)
{
	vs_result r = vs_api_object_end(object);

	if (r.code == VS_E_OK)
		r = vs_core_record_new(kind, tenant, station, now_ms, (struct vs_bytes){NULL, 0},
		                       vs_buf_view(&object->text), record_out);
	vs_api_object_done(object);
	return r;
}

void
vs_api_object_answer(struct vs_api_object *object, const struct vs_api_request *request,
                     vs_result r, const char *headers)
{
	if (r.code == VS_E_OK)
		vs_api_answer(request->conn, request->request_id, 200, "application/json", headers,
		              vs_buf_view(&object->text));
	else
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
	vs_api_object_done(object);
}
