/* SPDX-License-Identifier: Apache-2.0 */
/* Users of a tenant, for its administrators. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/etag.h"
#include "api/users.h"
#include "base/text.h"
#include "keys/keys.h"

/* --- lists ------------------------------------------------------------------------------------ */

void
vs_api_write_user_ways(struct vs_json_writer *json, const struct vs_core_user *user,
                       const struct vs_api_secrets *secrets)
{
	vs_api_write_user(json, user);
	vs_json_write_key(json, "has_password");
	vs_json_write_bool(json, secrets->password[0] != '\0');
	vs_json_write_key(json, "has_totp");
	vs_json_write_bool(json, secrets->has_totp);
	vs_api_write_int(json, "passkeys", (int64_t)secrets->passkey_count);
}

static void
members_write(struct vs_json_writer *json, const struct vs_core_user_row *row)
{
	struct vs_api_secrets secrets = {.password = ""};

	if (row->reading != VS_CORE_READ_WHOLE ||
	    vs_api_secrets_read(row->secrets, &secrets).code != VS_E_OK)
		explicit_bzero(&secrets, sizeof(secrets));
	vs_api_write_user_ways(json, &row->user, &secrets);
	explicit_bzero(&secrets, sizeof(secrets));
}

static bool
row_write(const struct vs_core_user_row *row, void *arg)
{
	struct vs_api_page *page = arg;

	if (!vs_api_page_row(page, row->user.id))
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
	VS_TRY(reader->users(reader->self, read->tenant, read->list.text, read->list.limit + 1,
	                     row_write, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_users_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

static void
show_row(const struct vs_core_user_row *row, void *arg)
{
	struct vs_api_read *read = arg;
	char etag[VS_API_ETAG_SIZE];

	vs_json_write_object(&read->json);
	members_write(&read->json, row);
	vs_json_write_object_end(&read->json);
	if (vs_api_etag_of_user(&row->user, etag).code == VS_E_OK)
		(void)snprintf(read->headers, sizeof(read->headers), "ETag: %s\r\n", etag);
}

static vs_result
show_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;

	vs_json_write_begin(&read->json, &read->body);
	VS_TRY(reader->user(reader->self, read->tenant, read->id, NULL, show_row, read));
	return vs_json_write_end(&read->json);
}

void
vs_api_on_user_show(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}

/* --- changes ---------------------------------------------------------------------------------- */

static struct vs_api_user_job *
job_new(const struct vs_api_request *request, const char *id,
        vs_result (*change)(struct vs_api_read *, struct vs_api_user_job *))
{
	struct vs_api_user_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	(void)snprintf(job->user.tenant, sizeof(job->user.tenant), "%s", request->tenant);
	/* One that does not fit is nobody's, and so is the empty one. */
	if (!vs_bytes_copy_text(vs_bytes_from_text(id), job->user.id, sizeof(job->user.id)))
		job->user.id[0] = '\0';
	job->change = change;
	job->token = VS_API_THEN_OK;
	return job;
}

static vs_result
invite(struct vs_api_read *read, struct vs_api_user_job *job)
{
	(void)read;
	return vs_api_invite(&job->user, &job->secrets, job->now_ms, job->invitation);
}

static vs_result
role_read(const char *word, enum vs_core_role *role, char detail[static VS_API_DETAIL_SIZE])
{
	if (vs_core_role_parse(vs_bytes_from_text(word), role).code == VS_E_OK)
		return VS_OK;
	(void)snprintf(detail, VS_API_DETAIL_SIZE,
	               "role: viewer, operator, auditor or administrator is expected");
	return VS_FAIL(BAD_VALUE);
}

static vs_result
login_check(const char *login, char detail[static VS_API_DETAIL_SIZE])
{
	if (vs_core_login_is_valid(vs_bytes_from_text(login)))
		return VS_OK;
	(void)snprintf(detail, VS_API_DETAIL_SIZE,
	               "login: 1 to 64 characters of A-Z a-z 0-9 . _ @ + - are expected");
	return VS_FAIL(BAD_VALUE);
}

void
vs_api_user_add(struct vs_api *api, const struct vs_api_request *request, const char *tenant,
                const char *login, enum vs_core_role role)
{
	char id[VS_CORE_USER_ID_SIZE];
	struct vs_api_user_job *job;

	vs_api_user_id(id);
	job = job_new(request, id, invite);
	if (job == NULL) {
		vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(NO_MEMORY), NULL);
		return;
	}
	job->is_new = job->user.is_enabled = true;
	job->user.role = role;
	job->user.created_ms = request->now_ms;
	job->secrets.totp_step = -1;
	job->token = VS_API_THEN_CREATED;
	(void)snprintf(job->user.tenant, sizeof(job->user.tenant), "%s", tenant);
	(void)snprintf(job->user.login, sizeof(job->user.login), "%s", login);
	vs_api_user_change(api, request, job, false);
}

void
vs_api_on_user_add(struct vs_api *api, const struct vs_api_request *request)
{
	char login[VS_CORE_LOGIN_SIZE] = "", word[16] = "viewer", detail[VS_API_DETAIL_SIZE] = "";
	enum vs_core_role role = VS_ROLE_VIEWER;
	struct vs_api_field fields[] = {
	    {.name = "login", .is_required = true, .size = sizeof(login), .target = login},
	    {.name = "role", .size = sizeof(word), .target = word},
	};
	vs_result r = vs_api_body_read(request->body, fields, 2, detail);

	if (r.code == VS_E_OK)
		r = login_check(login, detail);
	if (r.code == VS_E_OK)
		r = role_read(word, &role, detail);
	if (r.code == VS_E_OK)
		vs_api_user_add(api, request, request->tenant, login, role);
	else
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

/* user.role and user.is_enabled as they shall be are kept where reading does not reach. */
static vs_result
change(struct vs_api_read *read, struct vs_api_user_job *job)
{
	(void)read;
	if (job->code[0] != '\0')
		job->user.role = (enum vs_core_role)job->code[0];
	if (job->code[1] != '\0')
		job->user.is_enabled = job->code[1] == 'y';
	return VS_OK;
}

/* Whoever takes the last administrator away would lock the tenant. */
static vs_result
keeps_an_administrator(const struct vs_api *api, const struct vs_api_request *request,
                       char detail[static VS_API_DETAIL_SIZE])
{
	const struct vs_api_person *person =
	    vs_api_access_user(&api->auth.access, request->tenant, request->id);

	if (person == NULL || person->user.role != VS_ROLE_ADMINISTRATOR ||
	    !person->user.is_enabled || request->principal.proof == VS_API_PROOF_ADMIN_TOKEN ||
	    vs_api_access_count(&api->auth.access, request->tenant, VS_ROLE_ADMINISTRATOR,
	                        request->id) > 0)
		return VS_OK;
	(void)snprintf(detail, VS_API_DETAIL_SIZE, "the tenant would have no administrator left");
	return VS_FAIL(NOT_NOW);
}

void
vs_api_on_user_change(struct vs_api *api, const struct vs_api_request *request)
{
	char word[16] = "", detail[VS_API_DETAIL_SIZE] = "";
	enum vs_core_role role = VS_ROLE_ANYONE;
	bool is_enabled = true;
	struct vs_api_field fields[] = {
	    {.name = "role", .size = sizeof(word), .target = word},
	    {.name = "enabled", .type = VS_API_FIELD_BOOL, .target = &is_enabled},
	};
	struct vs_api_user_job *job = NULL;
	vs_result r = vs_api_body_read(request->body, fields, 2, detail);

	if (r.code == VS_E_OK && fields[0].is_present)
		r = role_read(word, &role, detail);
	if (r.code == VS_E_OK &&
	    (!is_enabled || (role != VS_ROLE_ANYONE && role != VS_ROLE_ADMINISTRATOR)))
		r = keeps_an_administrator(api, request, detail);
	if (r.code == VS_E_OK) {
		job = job_new(request, request->id, change);
		if (job == NULL)
			r = VS_FAIL(NO_MEMORY);
	}
	if (r.code != VS_E_OK) {
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
		return;
	}
	job->code[0] = (char)role;
	job->code[1] = '\0';
	if (fields[1].is_present)
		job->code[1] = is_enabled ? 'y' : 'n';
	job->ends_sessions = !is_enabled;
	vs_api_user_change(api, request, job, false);
}

void
vs_api_on_user_invite(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_api_user_job *job = job_new(request, request->id, invite);

	if (job != NULL)
		vs_api_user_change(api, request, job, false);
	else
		vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(NO_MEMORY), NULL);
}

/* --- removal: the keys first, then the row ---------------------------------------------------- */

struct removal {
	uint64_t number;
	int64_t now_ms;
};

static vs_result
erase_build(struct vs_api_read *read)
{
	struct vs_keys *keys = read->api->options.keys;
	int64_t job_id = 0;
	vs_result r;

	if (keys == NULL)
		return VS_OK;
	r = vs_keys_erase_device(keys, read->tenant, read->id, &read->behalf, &job_id);
	return r.code == VS_E_NOT_FOUND ? VS_OK : r;
}

static void
erase_finish(struct vs_api_read *read, vs_result result)
{
	const struct removal *removal = read->arg;
	struct vs_api_request request = vs_api_read_request(read, removal->number, removal->now_ms);
	struct vs_core_record *record = NULL;

	if (result.code == VS_E_OK)
		result = vs_core_record_new(VS_RECORD_user_remove, read->tenant, "",
		                            removal->now_ms, (struct vs_bytes){NULL, 0},
		                            (struct vs_bytes){NULL, 0}, &record);
	if (result.code == VS_E_OK) {
		vs_text_copy(read->id, record->u.user_put.id, sizeof(record->u.user_put.id));
		record->token = VS_API_THEN_NO_CONTENT;
		vs_api_submit(read->api, &request, record);
	} else if (request.conn != NULL) {
		vs_api_answer_problem(request.conn, request.request_id, result, NULL);
	}
}

void
vs_api_on_user_remove(struct vs_api *api, const struct vs_api_request *request)
{
	struct removal *removal = NULL;
	char detail[VS_API_DETAIL_SIZE] = "";
	vs_result r = VS_FAIL(NOT_FOUND);

	if (vs_api_access_user(&api->auth.access, request->tenant, request->id) != NULL)
		r = VS_OK;
	if (r.code == VS_E_OK)
		r = keeps_an_administrator(api, request, detail);
	if (r.code == VS_E_OK) {
		removal = calloc(1, sizeof(*removal));
		r = VS_FAIL(NO_MEMORY);
	}
	if (removal != NULL) {
		*removal = (struct removal){request->number, request->now_ms};
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      request->tenant, request->id, erase_build, erase_finish,
		                      removal);
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}
