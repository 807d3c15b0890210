/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"
#include "api/etag.h"

#define READ_DEADLINE_MS 10000
#define FILTERS_SIZE     (3 * (3 * VS_API_FILTER_SIZE + 12) + 64)

static void
read_free(struct vs_api_read **read)
{
	if (*read == NULL)
		return;
	if ((*read)->link != NULL) {
		*(*read)->link = (*read)->next;
		if ((*read)->next != NULL)
			(*read)->next->link = (*read)->link;
	}
	vs_buf_done(&(*read)->body);
	free((*read)->arg);
	free(*read);
	*read = NULL;
}

static void
answer(struct vs_api_read *read, vs_result result)
{
	struct vs_conn *conn = vs_net_find(read->api->net, read->conn);

	if (conn == NULL)
		return;
	if (result.code == VS_E_OK && read->is_tagged)
		result = vs_api_etag_add(vs_buf_view(&read->body), read->headers);
	if (result.code == VS_E_OK)
		vs_api_answer(conn, read->request_id, read->status, "application/json",
		              read->headers, vs_buf_view(&read->body));
	else
		vs_api_answer_problem(conn, read->request_id, result, read->detail);
}

static vs_result
run(void *argument)
{
	struct vs_api_read *read = argument;

	return read->build(read);
}

static void
finished(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_api_read *read = argument;

	(void)loop;
	if (read->finish != NULL)
		read->finish(read, result);
	else
		answer(read, result);
	vs_api_audit_part_end(read->api, read->request_id, VS_AUDIT_RESULT_UNKNOWN);
	read_free(&read);
}

static size_t
read_count(const struct vs_api *api)
{
	size_t count = 0;

	for (const struct vs_api_read *read = api->reads; read != NULL; read = read->next)
		count++;
	return count;
}

static vs_result
read_new(struct vs_api *api, vs_conn_id conn, const char *request_id, const char *tenant,
         const char *id, struct vs_api_read **read_out)
{
	const struct vs_conn *asking = vs_net_find(api->net, conn);
	struct vs_api_read *read;

	if (read_count(api) >= VS_LIMIT_API_READS)
		return VS_FAIL(BUSY);
	read = calloc(1, sizeof(*read));
	if (read == NULL)
		return VS_FAIL(NO_MEMORY);
	read->api = api;
	read->conn = conn;
	read->status = 200;
	read->behalf.name = "api";
	if (asking != NULL)
		vs_api_audit_behalf(asking, &read->behalf);
	(void)snprintf(read->request_id, sizeof(read->request_id), "%s", request_id);
	(void)snprintf(read->tenant, sizeof(read->tenant), "%s", tenant);
	(void)snprintf(read->id, sizeof(read->id), "%s", id);
	vs_buf_init(&read->body, VS_LIMIT_API_ANSWER_SIZE);
	read->next = api->reads;
	read->link = &api->reads;
	if (api->reads != NULL)
		api->reads->link = &read->next;
	api->reads = read;
	*read_out = read;
	return VS_OK;
}

static vs_result
submit(struct vs_pool *pool, struct vs_api_read **read)
{
	vs_result r =
	    vs_pool_submit(pool, (*read)->api->loop, READ_DEADLINE_MS, run, finished, *read);

	if (r.code != VS_E_OK)
		read_free(read);
	else
		vs_api_audit_part_begin((*read)->api, (*read)->request_id);
	return r;
}

void
vs_api_read(struct vs_api *api, const struct vs_api_request *request, enum vs_api_list_key key,
            vs_result (*build)(struct vs_api_read *read))
{
	struct vs_api_read *read = NULL;
	const char *fault = NULL;
	struct vs_api_list list;
	vs_result r;

	r = vs_api_list_parse(request->http->query, key, &list, &fault);
	if (r.code == VS_E_OK)
		r = read_new(api, vs_conn_get_id(request->conn), request->request_id,
		             request->tenant, request->id, &read);
	if (r.code == VS_E_OK) {
		read->list = list;
		read->build = build;
		read->is_tagged = vs_api_etag_is_shown(request->route);
		(void)vs_bytes_copy_text(request->http->path, read->path, sizeof(read->path));
		r = submit(api->options.pool, &read);
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, fault);
}

/* What both ways of a job have in common. */
struct start {
	struct vs_api *api;
	struct vs_pool *pool;
	vs_conn_id conn;
	const char *request_id, *tenant, *id;
};

static vs_result
start(const struct start *how, vs_result (*build)(struct vs_api_read *read),
      void (*finish)(struct vs_api_read *read, vs_result result), void *arg)
{
	struct vs_api_read *read = NULL;
	vs_result r = read_new(how->api, how->conn, how->request_id, how->tenant, how->id, &read);

	if (r.code != VS_E_OK) {
		free(arg);
		return r;
	}
	read->build = build;
	read->finish = finish;
	read->arg = arg;
	return submit(how->pool, &read);
}

vs_result
vs_api_read_start(struct vs_api *api, vs_conn_id conn, const char *request_id, const char *tenant,
                  const char *id, vs_result (*build)(struct vs_api_read *read),
                  void (*finish)(struct vs_api_read *read, vs_result result), void *arg)
{
	return start(&(struct start){api, api->options.pool, conn, request_id, tenant, id}, build,
	             finish, arg);
}

vs_result
vs_api_hash_start(struct vs_api *api, const struct vs_api_request *request, const char *id,
                  vs_result (*build)(struct vs_api_read *read),
                  void (*finish)(struct vs_api_read *read, vs_result result), void *arg)
{
	return start(&(struct start){api, api->options.hash_pool, vs_conn_get_id(request->conn),
	                             request->request_id, request->tenant, id},
	             build, finish, arg);
}

struct vs_api_request
vs_api_read_request(const struct vs_api_read *read, uint64_t number, int64_t now_ms)
{
	struct vs_api_request request = {
	    .conn = vs_net_find(read->api->net, read->conn), .number = number, .now_ms = now_ms};

	memcpy(request.tenant, read->tenant, sizeof(request.tenant));
	vs_api_request_id(number, request.request_id);
	return request;
}

void
vs_api_reads_free(struct vs_api *api)
{
	while (api->reads != NULL) {
		struct vs_api_read *read = api->reads;

		api->reads = read->next;
		if (read->next != NULL)
			read->next->link = &api->reads;
		read->link = NULL;
		read_free(&read);
	}
}

void
vs_api_read_list_begin(struct vs_api_read *read)
{
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	vs_json_write_key(&read->json, "items");
	vs_json_write_array(&read->json);
}

/* Everything but unreserved characters is percent-encoded (RFC 3986 2.3). */
static void
query_encode(const char *value, char *text, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	size_t used = 0;

	for (; *value != '\0' && used + 4 <= size; value++) {
		uint8_t byte = (uint8_t)*value;

		if (strchr(plain, *value) != NULL) {
			text[used++] = *value;
			continue;
		}
		text[used++] = '%';
		text[used++] = hex[byte >> 4];
		text[used++] = hex[byte & 15];
	}
	text[used] = '\0';
}

/* Those of the audit log. */
static void
filters_encode(const struct vs_api_list *list, char text[static FILTERS_SIZE])
{
	const struct {
		const char *name, *value;
	} filters[] = {
	    {"event", list->event}, {"actor", list->actor}, {"contains", list->contains}};
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (filters[i].value[0] == '\0')
			continue;
		used += (size_t)snprintf(text + used, FILTERS_SIZE - used, "&%s=", filters[i].name);
		query_encode(filters[i].value, text + used, 3 * VS_API_FILTER_SIZE);
		used += strlen(text + used);
	}
	if (list->from_ms > 0)
		used += (size_t)snprintf(text + used, FILTERS_SIZE - used, "&from=%" PRId64,
		                         list->from_ms);
	if (list->to_ms != INT64_MAX)
		(void)snprintf(text + used, FILTERS_SIZE - used, "&to=%" PRId64, list->to_ms);
}

vs_result
vs_api_read_list_end(struct vs_api_read *read, const char *next_cursor)
{
	char encoded[3 * VS_API_CURSOR_SIZE], station[3 * VS_CORE_IDENTITY_SIZE];
	char filters[FILTERS_SIZE];

	vs_json_write_array_end(&read->json);
	vs_json_write_key(&read->json, "next");
	if (next_cursor[0] == '\0') {
		vs_json_write_null(&read->json);
	} else {
		vs_json_write_text(&read->json, next_cursor);
		query_encode(next_cursor, encoded, sizeof(encoded));
		query_encode(read->list.station, station, sizeof(station));
		filters_encode(&read->list, filters);
		/* RFC 8288 */
		(void)snprintf(
		    read->headers, sizeof(read->headers),
		    "Link: <%s?limit=%zu&cursor=%s%s%s%s%s%s%s%s%s>; rel=\"next\"\r\n", read->path,
		    read->list.limit, encoded, station[0] != '\0' ? "&station=" : "", station,
		    read->list.only_active ? "&active=true" : "",
		    read->list.only_security ? "&security=true" : "",
		    read->list.only_open ? "&unacknowledged=true" : "",
		    read->list.least != VS_CORE_INFO ? "&severity=" : "",
		    read->list.least != VS_CORE_INFO ? vs_core_severity_text(read->list.least) : "",
		    filters);
	}
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}
