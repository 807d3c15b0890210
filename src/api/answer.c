/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/audit.h"
#include "api/repeat.h"
#include "base/metric.h"

#define PROBLEM_SIZE_MAX 4096

void
vs_api_request_id(uint64_t number, char text[static VS_API_REQUEST_ID_SIZE])
{
	(void)snprintf(text, VS_API_REQUEST_ID_SIZE, "%012" PRIx64,
	               number & UINT64_C(0xffffffffffff));
}

void
vs_api_answer(struct vs_conn *conn, const char *request_id, int status, const char *content_type,
              const char *headers, struct vs_bytes body)
{
	struct vs_buf all;
	vs_result r;

	if (vs_api_audit_hold(conn, request_id, status, content_type, headers, body))
		return;
	vs_api_repeat_answered(request_id, status, content_type, headers, body);

	vs_buf_init(&all, 4096);
	r = vs_buf_printf(&all,
	                  "X-Request-Id: %s\r\nCache-Control: no-store\r\n"
	                  "X-Content-Type-Options: nosniff\r\n%s",
	                  request_id, headers == NULL ? "" : headers);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&all, 0);
	if (r.code == VS_E_OK)
		r = vs_conn_respond(conn, status, content_type, (const char *)all.data, body,
		                    false);
	if (r.code != VS_E_OK)
		vs_conn_close(conn, false); /* half an answer is worse than none */
	vs_buf_done(&all);
	vs_metric_add(VS_METRIC_api_requests_total, 1);
}

vs_result
vs_api_problem_write(struct vs_buf *out, vs_result why, const char *detail, const char *request_id)
{
	struct vs_json_writer json;
	char code[16], type[48];

	(void)snprintf(code, sizeof(code), "VS-%d", vs_err_code(why.code));
	(void)snprintf(type, sizeof(type), "urn:voltseal:error:%s", code);
	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_api_write_text(&json, "type", type);
	vs_api_write_text(&json, "title", vs_err_text(why.code));
	vs_api_write_int(&json, "status", vs_err_http(why.code));
	if (detail != NULL && detail[0] != '\0')
		vs_api_write_text(&json, "detail", detail);
	vs_api_write_text(&json, "code", code);
	vs_api_write_text(&json, "name", vs_err_name(why.code));
	vs_api_write_text(&json, "request_id", request_id);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

void
vs_api_answer_problem(struct vs_conn *conn, const char *request_id, vs_result why,
                      const char *detail)
{
	const char *headers = NULL;
	struct vs_buf body;
	vs_result r;

	vs_buf_init(&body, PROBLEM_SIZE_MAX);
	r = vs_api_problem_write(&body, why, detail, request_id);
	if (r.code != VS_E_OK) /* a detail that quotes what is not UTF-8 */
		r = vs_api_problem_write(&body, why, NULL, request_id);
	if (why.code == VS_E_NOT_AUTHENTIC)
		headers = "WWW-Authenticate: Bearer realm=\"voltseal\"\r\n";
	else if (why.code == VS_E_BUSY || why.code == VS_E_RATE_LIMITED)
		headers = "Retry-After: 1\r\n";
	if (r.code == VS_E_OK)
		vs_api_answer(conn, request_id, vs_err_http(why.code), "application/problem+json",
		              headers, vs_buf_view(&body));
	else
		vs_conn_close(conn, false);
	vs_buf_done(&body);
}
