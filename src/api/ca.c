/* SPDX-License-Identifier: Apache-2.0 */
/* The CA: what it is, what it publishes, and the rotation of its root. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/certificates.h"

#define PAGE 256

enum what { BEGIN, CONFIRM, FINISH, ABORT };

struct order {
	enum what what;
	char station[VS_CORE_IDENTITY_SIZE];
	bool is_forced;
};

/* --- what it is ------------------------------------------------------------------------------ */

static vs_result
show_build(struct vs_api_read *read)
{
	struct vs_certs *certs = read->api->options.certs;
	struct vs_keys_ca_view view;
	struct vs_buf pem;
	vs_result r;

	vs_certs_view(certs, &view);
	vs_buf_init(&pem, 65536);
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	vs_api_write_int(&read->json, "generation", view.current);
	vs_api_write_int(&read->json, "next_generation",
	                 view.next != 0 ? (int64_t)view.next : VS_CORE_ABSENT);
	vs_api_write_text(&read->json, "organisation", view.organisation);
	vs_api_write_text(&read->json, "hosts", view.hosts);
	vs_api_write_text(&read->json, "url", view.url);
	vs_json_write_key(&read->json, "development");
	vs_json_write_bool(&read->json, view.is_development);
	r = vs_certs_roots(certs, &pem);
	vs_json_write_key(&read->json, "roots");
	vs_json_write_string(&read->json, vs_buf_view(&pem));
	vs_buf_reset(&pem);
	if (r.code == VS_E_OK)
		r = vs_certs_issuers(certs, &pem);
	vs_json_write_key(&read->json, "issuing");
	vs_json_write_string(&read->json, vs_buf_view(&pem));
	vs_json_write_object_end(&read->json);
	vs_buf_done(&pem);
	VS_TRY(r);
	return vs_json_write_end(&read->json);
}

void
vs_api_on_ca_show(struct vs_api *api, const struct vs_api_request *request)
{
	if (!vs_api_certs_missing(api, request))
		vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}

/* --- rotation of the root -------------------------------------------------------------------- */

struct waiting {
	struct vs_certs *certs;
	const char *tenant;
	int64_t stations, missing;
	size_t seen;
	char last[VS_CORE_IDENTITY_SIZE];
	vs_result result;
};

static bool
count_station(const struct vs_core_station_row *row, void *arg)
{
	struct waiting *waiting = arg;
	bool is_confirmed = false;

	waiting->seen++;
	memcpy(waiting->last, row->station.identity, sizeof(waiting->last));
	if (!row->station.is_enabled)
		return true;
	waiting->result = vs_certs_rotation_confirmed(waiting->certs, waiting->tenant,
	                                              row->station.identity, &is_confirmed);
	waiting->stations++;
	waiting->missing += !is_confirmed;
	return waiting->result.code == VS_E_OK;
}

/* How many stations there are, and how many have not confirmed. */
static vs_result
count_missing(struct vs_api_read *read, struct waiting *waiting)
{
	const struct vs_port_reader *reader = &read->api->options.reader;

	*waiting = (struct waiting){
	    .certs = read->api->options.certs, .tenant = read->tenant, .result = VS_OK};
	do {
		waiting->seen = 0;
		VS_TRY(reader->stations(reader->self, read->tenant, waiting->last, PAGE,
		                        count_station, waiting));
		VS_TRY(waiting->result);
	} while (waiting->seen == PAGE);
	return VS_OK;
}

static vs_result
write_status(struct vs_api_read *read)
{
	struct vs_certs_rotation rotation;
	struct waiting waiting;

	VS_TRY(vs_certs_rotation_status(read->api->options.certs, &rotation));
	VS_TRY(count_missing(read, &waiting));
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	vs_api_write_int(&read->json, "id", rotation.row.rotation_id);
	vs_api_write_text(&read->json, "state", vs_cert_rotation_text(rotation.row.state));
	vs_api_write_int(&read->json, "from", rotation.row.from);
	vs_api_write_int(&read->json, "to", rotation.row.to);
	vs_api_write_time(&read->json, "began_at", rotation.row.began_ms);
	vs_api_write_time(&read->json, "ended_at", rotation.row.ended_ms);
	vs_api_write_int(&read->json, "stations", waiting.stations);
	vs_api_write_int(&read->json, "confirmed", rotation.confirmed);
	vs_api_write_int(&read->json, "missing", waiting.missing);
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

static vs_result
change_build(struct vs_api_read *read)
{
	struct vs_certs *certs = read->api->options.certs;
	const struct order *order = read->arg;
	struct vs_certs_rotation rotation;
	struct vs_core_station_row station;
	struct waiting waiting;
	vs_result r = VS_FAIL(INTERNAL);

	switch (order->what) {
	case BEGIN:
		r = vs_certs_rotation_begin(certs, "api", &rotation);
		if (r.code == VS_E_NOT_FOUND)
			(void)snprintf(read->detail, sizeof(read->detail),
			               "the root's key is off line: bring it back first");
		break;
	case CONFIRM:
		VS_TRY(read->api->options.reader.station(read->api->options.reader.self,
		                                         read->tenant, order->station, &station));
		r = vs_certs_rotation_confirm(certs, read->tenant, order->station, "api");
		break;
	case FINISH:
		VS_TRY(count_missing(read, &waiting));
		r = vs_certs_rotation_finish(certs, waiting.missing, order->is_forced, "api");
		if (r.code == VS_E_NOT_NOW)
			(void)snprintf(read->detail, sizeof(read->detail),
			               "%lld stations have not confirmed the new root",
			               (long long)waiting.missing);
		break;
	case ABORT:
		r = vs_certs_rotation_abort(certs, "api");
		break;
	}
	VS_TRY(r);
	return write_status(read);
}

static void
change(struct vs_api *api, const struct vs_api_request *request, enum what what)
{
	struct order *order = NULL;
	char detail[VS_API_DETAIL_SIZE] = "";
	vs_result r = VS_FAIL(NO_MEMORY);

	if (vs_api_certs_missing(api, request))
		return;
	order = calloc(1, sizeof(*order));
	if (order != NULL) {
		struct vs_api_field station = {.name = "station",
		                               .is_required = true,
		                               .size = sizeof(order->station),
		                               .target = order->station};
		struct vs_api_field force = {
		    .name = "force", .type = VS_API_FIELD_BOOL, .target = &order->is_forced};

		order->what = what;
		r = vs_api_body_read(request->body, what == CONFIRM ? &station : &force,
		                     what == CONFIRM || what == FINISH ? 1 : 0, detail);
		if (r.code == VS_E_OK)
			r = vs_api_read_start(api, vs_conn_get_id(request->conn),
			                      request->request_id, request->tenant, "",
			                      change_build, NULL, order);
		else
			free(order);
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

void
vs_api_on_rotation_show(struct vs_api *api, const struct vs_api_request *request)
{
	if (!vs_api_certs_missing(api, request))
		vs_api_read(api, request, VS_API_KEY_NONE, write_status);
}

void
vs_api_on_rotation_begin(struct vs_api *api, const struct vs_api_request *request)
{
	change(api, request, BEGIN);
}

void
vs_api_on_rotation_confirm(struct vs_api *api, const struct vs_api_request *request)
{
	change(api, request, CONFIRM);
}

void
vs_api_on_rotation_finish(struct vs_api *api, const struct vs_api_request *request)
{
	change(api, request, FINISH);
}

void
vs_api_on_rotation_abort(struct vs_api *api, const struct vs_api_request *request)
{
	change(api, request, ABORT);
}

/* --- what it publishes ----------------------------------------------------------------------- */

static vs_result
crl_build(struct vs_api_read *read)
{
	vs_buf_done(&read->body);
	vs_buf_init(&read->body, VS_LIMIT_HTTP_RESPONSE_SIZE);
	return vs_certs_crl(read->api->options.certs, 0, &read->body);
}

static void
answer_as(struct vs_api_read *read, vs_result result, const char *content_type)
{
	struct vs_conn *conn = vs_net_find(read->api->net, read->conn);

	if (conn == NULL)
		return;
	if (result.code == VS_E_OK)
		vs_api_answer(conn, read->request_id, 200, content_type, NULL,
		              vs_buf_view(&read->body));
	else
		vs_api_answer_problem(conn, read->request_id, result, NULL);
}

/* RFC 2585 4.2 */
static void
crl_finish(struct vs_api_read *read, vs_result result)
{
	answer_as(read, result, "application/pkix-crl");
}

void
vs_api_on_crl(struct vs_api *api, const struct vs_api_request *request)
{
	vs_result r;

	if (vs_api_certs_missing(api, request))
		return;
	r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id, "", "",
	                      crl_build, crl_finish, NULL);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}

struct question {
	size_t size;
	uint8_t der[VS_LIMIT_OCSP_REQUEST_SIZE];
};

static vs_result
ocsp_build(struct vs_api_read *read)
{
	const struct question *question = read->arg;

	return vs_certs_ocsp(read->api->options.certs, vs_bytes_from(question->der, question->size),
	                     &read->body);
}

/* RFC 6960 A.2 */
static void
ocsp_finish(struct vs_api_read *read, vs_result result)
{
	answer_as(read, result, "application/ocsp-response");
}

void
vs_api_on_ocsp(struct vs_api *api, const struct vs_api_request *request)
{
	struct question *question = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	if (vs_api_certs_missing(api, request))
		return;
	question = calloc(1, sizeof(*question));
	if (question != NULL) {
		question->size = request->body.size; /* at most the route's body */
		if (request->body.size > 0)
			memcpy(question->der, request->body.data, request->body.size);
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id, "",
		                      "", ocsp_build, ocsp_finish, question);
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}
