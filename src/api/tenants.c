/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants, for who looks after the installation. Nothing of what is in them is seen from here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/etag.h"
#include "api/users.h"
#include "base/log.h"
#include "keys/keys.h"

#define ANSWER_SIZE_MAX 1024
#define PAGE            256

static void
members_write(struct vs_json_writer *json, const struct vs_core_tenant *tenant)
{
	vs_api_write_text(json, "id", tenant->tenant);
	vs_api_write_text(json, "label", tenant->label);
	vs_api_write_text(json, "state", vs_core_tenant_state_text(tenant->state));
	vs_api_write_time(json, "created_at",
	                  tenant->created_ms != 0 ? tenant->created_ms : VS_CORE_ABSENT);
	vs_api_write_time(json, "changed_at",
	                  tenant->changed_ms != 0 ? tenant->changed_ms : VS_CORE_ABSENT);
}

static bool
row_write(const struct vs_core_tenant *row, void *arg)
{
	struct vs_api_page *page = arg;

	if (!vs_api_page_row(page, row->tenant))
		return false;
	members_write(&page->read->json, row);
	vs_json_write_object_end(&page->read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_api_page page;

	vs_api_page_begin(&page, read);
	VS_TRY(
	    reader->tenants(reader->self, read->list.text, read->list.limit + 1, row_write, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_tenants_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

static void
answer_begin(struct vs_api_object *answer, const struct vs_core_tenant *tenant)
{
	vs_api_object_begin(answer, ANSWER_SIZE_MAX);
	members_write(&answer->json, tenant);
}

void
vs_api_on_tenant_show(struct vs_api *api, const struct vs_api_request *request)
{
	const struct vs_core_tenant *tenant = vs_api_access_tenant(&api->auth.access, request->id);
	char headers[VS_API_HEADERS_SIZE] = "";
	struct vs_api_object answer;
	vs_result r;

	if (tenant == NULL) {
		vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(NOT_FOUND), NULL);
		return;
	}
	answer_begin(&answer, tenant);
	r = vs_api_object_end(&answer);
	if (r.code == VS_E_OK)
		r = vs_api_etag_add(vs_buf_view(&answer.text), headers);
	vs_api_object_answer(&answer, request, r, headers);
}

static void
submit(struct vs_api *api, const struct vs_api_request *request,
       const struct vs_core_tenant *tenant, uint64_t token)
{
	struct vs_core_record *record = NULL;
	struct vs_api_object answer;
	vs_result r;

	answer_begin(&answer, tenant);
	r = vs_api_object_record(&answer, VS_RECORD_tenant_put, tenant->tenant, "", request->now_ms,
	                         &record);
	if (r.code == VS_E_OK) {
		record->u.tenant_put = *tenant;
		record->u.tenant_put.changed_ms = request->now_ms;
		record->token = token;
	}
	vs_api_submit_or_answer(api, request, r, record, NULL);
}

/* --- a new one: its keys first, so that it exists only with them ------------------------------ */

struct adding {
	struct vs_core_tenant tenant;
	uint64_t number;
	int64_t now_ms;
};

static vs_result
keys_build(struct vs_api_read *read)
{
	uint8_t key[VS_KEYS_KEY_SIZE];
	vs_result r;

	if (read->api->options.keys == NULL)
		return VS_OK;
	/* Its first key makes the KEK that wraps it. */
	r = vs_keys_index_key(read->api->options.keys, read->tenant, key);
	explicit_bzero(key, sizeof(key));
	return r;
}

static void
keys_finish(struct vs_api_read *read, vs_result result)
{
	const struct adding *adding = read->arg;
	struct vs_api_request request = vs_api_read_request(read, adding->number, adding->now_ms);

	if (request.conn == NULL)
		return;
	if (result.code == VS_E_OK &&
	    vs_api_access_tenant(&read->api->auth.access, read->tenant) != NULL)
		result = VS_FAIL(EXISTS);
	if (result.code == VS_E_OK)
		submit(read->api, &request, &adding->tenant, VS_API_THEN_CREATED);
	else
		vs_api_answer_problem(request.conn, request.request_id, result, NULL);
}

static vs_result
add_read(const struct vs_api *api, const struct vs_api_request *request,
         struct vs_core_tenant *tenant, char detail[static VS_API_DETAIL_SIZE])
{
	struct vs_api_field fields[] = {
	    {.name = "id",
	     .is_required = true,
	     .size = sizeof(tenant->tenant),
	     .target = tenant->tenant},
	    {.name = "label", .size = sizeof(tenant->label), .target = tenant->label},
	};

	VS_TRY(vs_api_body_read(request->body, fields, 2, detail));
	if (!vs_core_tenant_is_valid(vs_bytes_from_text(tenant->tenant))) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "id: 1 to 32 characters of a-z 0-9 and inner - are expected");
		return VS_FAIL(BAD_VALUE);
	}
	if (vs_api_access_tenant(&api->auth.access, tenant->tenant) == NULL)
		return VS_OK;
	(void)snprintf(detail, VS_API_DETAIL_SIZE,
	               "there is, or was, a tenant of this name; it is never used again");
	return VS_FAIL(EXISTS);
}

void
vs_api_on_tenant_add(struct vs_api *api, const struct vs_api_request *request)
{
	struct adding *adding = calloc(1, sizeof(*adding));
	char detail[VS_API_DETAIL_SIZE] = "";
	vs_result r = VS_FAIL(NO_MEMORY);

	if (adding != NULL) {
		r = add_read(api, request, &adding->tenant, detail);
		adding->tenant.created_ms = adding->tenant.changed_ms = request->now_ms;
		adding->number = request->number;
		adding->now_ms = request->now_ms;
	}
	if (r.code == VS_E_OK)
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      adding->tenant.tenant, "", keys_build, keys_finish, adding);
	else
		free(adding);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

/* --- changes ---------------------------------------------------------------------------------- */

/* The installation's own is never closed: nobody could open it again. */
static vs_result
find(const struct vs_api *api, const struct vs_api_request *request, struct vs_core_tenant *tenant)
{
	const struct vs_core_tenant *found = vs_api_access_tenant(&api->auth.access, request->id);

	if (found == NULL || found->state == VS_CORE_TENANT_ERASED)
		return VS_FAIL(NOT_FOUND);
	*tenant = *found;
	return VS_OK;
}

void
vs_api_on_tenant_change(struct vs_api *api, const struct vs_api_request *request)
{
	char label[VS_CORE_LABEL_SIZE] = "", detail[VS_API_DETAIL_SIZE] = "";
	struct vs_core_tenant tenant;
	bool is_enabled = true;
	struct vs_api_field fields[] = {
	    {.name = "label", .size = sizeof(label), .target = label},
	    {.name = "enabled", .type = VS_API_FIELD_BOOL, .target = &is_enabled},
	};
	vs_result r = find(api, request, &tenant);

	if (r.code == VS_E_OK)
		r = vs_api_body_read(request->body, fields, 2, detail);
	if (r.code == VS_E_OK && !is_enabled && strcmp(request->id, VS_CORE_TENANT_DEFAULT) == 0) {
		(void)snprintf(detail, sizeof(detail),
		               "enabled: the installation's own tenant stays open");
		r = VS_FAIL(BAD_VALUE);
	}
	if (r.code != VS_E_OK) {
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
		return;
	}
	if (fields[0].is_present)
		memcpy(tenant.label, label, sizeof(tenant.label));
	if (fields[1].is_present)
		tenant.state = is_enabled ? VS_CORE_TENANT_ACTIVE : VS_CORE_TENANT_DISABLED;
	submit(api, request, &tenant, VS_API_THEN_OK);
}

/* Its keys are destroyed first: when that fails nothing has changed, and when the rest fails it can
 * be asked for again. */
static vs_result
erase_build(struct vs_api_read *read)
{
	struct vs_keys *keys = read->api->options.keys;
	int64_t job_id = 0;
	vs_result r;

	if (keys == NULL)
		return VS_FAIL(UNSUPPORTED);
	r = vs_keys_erase_tenant(keys, read->tenant, &read->behalf, &job_id);
	return r.code == VS_E_NOT_FOUND || r.code == VS_E_FORBIDDEN ? VS_OK : r;
}

static void
erase_finish(struct vs_api_read *read, vs_result result)
{
	struct adding *adding = read->arg;
	struct vs_api_request request = vs_api_read_request(read, adding->number, adding->now_ms);

	adding->tenant.state = VS_CORE_TENANT_ERASED;
	adding->tenant.label[0] = '\0';
	if (request.conn == NULL) {
		VS_LOG(WARN, "tenant.erase_unfinished", vs_bytes_from_text(read->tenant),
		       VS_LOG_STR("why", "the client is gone: ask again"));
		return;
	}
	if (result.code == VS_E_OK)
		submit(read->api, &request, &adding->tenant, VS_API_THEN_OK);
	else
		vs_api_answer_problem(request.conn, request.request_id, result, NULL);
}

void
vs_api_on_tenant_erase(struct vs_api *api, const struct vs_api_request *request)
{
	char confirm[VS_CORE_TENANT_SIZE] = "", detail[VS_API_DETAIL_SIZE] = "";
	struct vs_api_field fields[] = {
	    {.name = "confirm", .is_required = true, .size = sizeof(confirm), .target = confirm},
	};
	struct adding *erasing = calloc(1, sizeof(*erasing));
	vs_result r = erasing == NULL ? VS_FAIL(NO_MEMORY) : find(api, request, &erasing->tenant);

	if (r.code == VS_E_OK)
		r = vs_api_body_read(request->body, fields, 1, detail);
	if (r.code == VS_E_OK &&
	    (strcmp(confirm, request->id) != 0 || strcmp(confirm, VS_CORE_TENANT_DEFAULT) == 0)) {
		(void)snprintf(detail, sizeof(detail),
		               "confirm: write the tenant's name once more (the installation's own "
		               "cannot be erased here); what is erased cannot be read again");
		r = VS_FAIL(BAD_VALUE);
	}
	if (r.code != VS_E_OK) {
		free(erasing);
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
		return;
	}
	erasing->number = request->number;
	erasing->now_ms = request->now_ms;
	r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id, request->id,
	                      "", erase_build, erase_finish, erasing);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}

/* The one way in from outside: an administrator of the tenant, who then invites the others. */
void
vs_api_on_tenant_invite(struct vs_api *api, const struct vs_api_request *request)
{
	char login[VS_CORE_LOGIN_SIZE] = "", detail[VS_API_DETAIL_SIZE] = "";
	struct vs_api_field fields[] = {
	    {.name = "login", .is_required = true, .size = sizeof(login), .target = login},
	};
	struct vs_core_tenant tenant;
	vs_result r = find(api, request, &tenant);

	if (r.code == VS_E_OK)
		r = vs_api_body_read(request->body, fields, 1, detail);
	if (r.code == VS_E_OK && !vs_core_login_is_valid(vs_bytes_from_text(login))) {
		(void)snprintf(detail, sizeof(detail),
		               "login: 1 to 64 characters of A-Z a-z 0-9 . _ @ + - are expected");
		r = VS_FAIL(BAD_VALUE);
	}
	if (r.code == VS_E_OK)
		vs_api_user_add(api, request, tenant.tenant, login, VS_ROLE_ADMINISTRATOR);
	else
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

/* --- after the commit ------------------------------------------------------------------------- */

struct closing {
	const struct vs_port_commands *commands;
	const char *tenant;
	size_t seen;
	char last[VS_CORE_IDENTITY_SIZE];
};

static bool
disconnect(const struct vs_core_station_row *row, void *arg)
{
	struct closing *closing = arg;
	const struct vs_port_commands *commands = closing->commands;

	closing->seen++;
	memcpy(closing->last, row->station.identity, sizeof(closing->last));
	if (commands->is_connected(commands->self, closing->tenant, row->station.identity))
		commands->disconnect(commands->self, closing->tenant, row->station.identity,
		                     "tenant_closed");
	return true;
}

static vs_result
close_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct closing closing = {.commands = &read->api->options.commands, .tenant = read->tenant};

	do {
		closing.seen = 0;
		VS_TRY(reader->stations_shown(reader->self, read->tenant, closing.last, PAGE,
		                              disconnect, &closing));
	} while (closing.seen == PAGE);
	return VS_OK;
}

static void
close_finish(struct vs_api_read *read, vs_result result)
{
	if (result.code != VS_E_OK)
		VS_LOG(WARN, "tenant.close_failed", vs_bytes_from_text(read->tenant),
		       VS_LOG_ERR(result));
}

void
vs_api_tenant_committed(struct vs_api *api, const struct vs_core_tenant *tenant)
{
	bool is_open = tenant->state == VS_CORE_TENANT_ACTIVE;
	vs_result r = vs_api_access_put_tenant(&api->auth.access, tenant);

	if (r.code == VS_E_OK)
		r = vs_core_registry_open_tenant(api->options.registry, tenant->tenant, is_open);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "tenant.full", vs_bytes_from_text(tenant->tenant), VS_LOG_ERR(r));
	if (is_open)
		return;
	vs_api_session_remove_of(&api->auth.sessions, tenant->tenant, NULL);
	r = vs_api_read_start(api, 0, "", tenant->tenant, "", close_build, close_finish, NULL);
	if (r.code != VS_E_OK)
		VS_LOG(WARN, "tenant.close_failed", vs_bytes_from_text(tenant->tenant),
		       VS_LOG_ERR(r));
}
