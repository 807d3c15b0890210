/* SPDX-License-Identifier: Apache-2.0 */
/* The CA: what it is, what it publishes, and the rotation of its root. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/certificates.h"

#define EXCEPT_SIZE 97 /* all of them stand in the audit record */

enum what { BEGIN, CONFIRM, FINISH, ABORT };

struct order {
	enum what what;
	char station[VS_CORE_IDENTITY_SIZE];
	char except[EXCEPT_SIZE]; /* of FINISH: stations that are not waited for, commas between */
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

#define NAMES_MAX 20 /* of those that are waited for, shown */

struct waiting {
	const struct order *order; /* NULL: nobody is left out */
	struct name {
		char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	} * names; /* of all that are enabled; then of those that are missing */
	size_t count, capacity;
	int64_t stations, missing, excepted;
};

static bool
keep_name(const struct vs_core_station *station, void *arg)
{
	struct waiting *waiting = arg;
	struct name *name;

	if (!station->is_enabled || waiting->count == waiting->capacity)
		return true;
	name = &waiting->names[waiting->count++];
	memcpy(name->tenant, station->tenant, sizeof(name->tenant));
	memcpy(name->station, station->identity, sizeof(name->station));
	return true;
}

/* One of the names between commas? */
static bool
is_named(const char *list, const char *name)
{
	size_t size = strlen(name);

	while (*list != '\0') {
		size_t item = strcspn(list, ",");

		if (item == size && strncmp(list, name, size) == 0)
			return true;
		list += item + (list[item] == ',');
	}
	return false;
}

/* How many stations there are, of all tenants, and how many have not confirmed. */
static vs_result
count_missing(struct vs_api_read *read, struct waiting *waiting)
{
	struct vs_certs *certs = read->api->options.certs;
	size_t missing = 0;

	/* One that is added meanwhile connects by the roots of that time. */
	waiting->capacity = vs_core_registry_count(read->api->options.registry) + 1;
	waiting->names = calloc(waiting->capacity, sizeof(*waiting->names));
	if (waiting->names == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_core_registry_each(read->api->options.registry, keep_name, waiting);
	waiting->stations = (int64_t)waiting->count;
	for (size_t i = 0; i < waiting->count; i++) {
		const struct name *name = &waiting->names[i];
		bool is_confirmed = false;

		VS_TRY(
		    vs_certs_rotation_confirmed(certs, name->tenant, name->station, &is_confirmed));
		if (is_confirmed)
			continue;
		if (waiting->order != NULL && is_named(waiting->order->except, name->station))
			waiting->excepted++;
		else
			waiting->names[missing++] = *name;
	}
	waiting->count = missing;
	waiting->missing = (int64_t)missing;
	return VS_OK;
}

static vs_result
write_status(struct vs_api_read *read)
{
	struct waiting waiting = {.order = NULL};
	struct vs_certs_rotation rotation;
	vs_result r;

	VS_TRY(vs_certs_rotation_status(read->api->options.certs, &rotation));
	r = count_missing(read, &waiting);
	if (r.code != VS_E_OK) {
		free(waiting.names);
		return r;
	}
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
	vs_json_write_key(&read->json, "waiting_for");
	vs_json_write_array(&read->json);
	for (size_t i = 0; i < waiting.count && i < NAMES_MAX; i++)
		vs_json_write_text(&read->json, waiting.names[i].station);
	vs_json_write_array_end(&read->json);
	free(waiting.names);
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
	struct waiting waiting = {.order = order};
	vs_result r = VS_FAIL(INTERNAL);

	switch (order->what) {
	case BEGIN:
		r = vs_certs_rotation_begin(certs, &read->behalf, &rotation);
		if (r.code == VS_E_NOT_FOUND)
			(void)snprintf(read->detail, sizeof(read->detail),
			               "the root's key is off line: bring it back first");
		break;
	case CONFIRM:
		VS_TRY(read->api->options.reader.station(read->api->options.reader.self,
		                                         read->tenant, order->station, &station));
		r = vs_certs_rotation_confirm(certs, read->tenant, order->station, &read->behalf);
		break;
	case FINISH:
		r = count_missing(read, &waiting);
		free(waiting.names);
		if (r.code == VS_E_OK)
			r = vs_certs_rotation_finish(certs, waiting.missing, order->is_forced,
			                             order->except, &read->behalf);
		if (r.code == VS_E_NOT_NOW)
			(void)snprintf(read->detail, sizeof(read->detail),
			               "%lld stations have not confirmed the new root",
			               (long long)waiting.missing);
		break;
	case ABORT:
		r = vs_certs_rotation_abort(certs, &read->behalf);
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
		struct vs_api_field finish[] = {
		    {.name = "force", .type = VS_API_FIELD_BOOL, .target = &order->is_forced},
		    {.name = "except", .size = sizeof(order->except), .target = order->except},
		};

		order->what = what;
		r = vs_api_body_read(request->body, what == CONFIRM ? &station : finish,
		                     what == CONFIRM  ? 1
		                     : what == FINISH ? 2
		                                      : 0,
		                     detail);
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
