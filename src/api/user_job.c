/* SPDX-License-Identifier: Apache-2.0 */
#include "api/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "wire/base64.h"

#define SECRETS_SIZE_MAX 16384
#define ANSWER_SIZE_MAX  4096

void
vs_api_user_id(char id_out[static VS_CORE_USER_ID_SIZE])
{
	uint8_t bytes[8];

	vs_random_bytes(bytes, sizeof(bytes));
	id_out[0] = 'u';
	id_out[1] = ':';
	(void)vs_hex_encode(vs_bytes_from(bytes, sizeof(bytes)), id_out + 2,
	                    VS_CORE_USER_ID_SIZE - 2);
}

void
vs_api_write_user(struct vs_json_writer *json, const struct vs_core_user *user)
{
	vs_api_write_text(json, "id", user->id);
	vs_api_write_text(json, "tenant", user->tenant);
	vs_api_write_text(json, "login", user->login);
	vs_api_write_text(json, "role", vs_core_role_text(user->role));
	vs_json_write_key(json, "enabled");
	vs_json_write_bool(json, user->is_enabled);
	vs_api_write_time(json, "created_at", user->created_ms);
	vs_api_write_time(json, "changed_at", user->changed_ms);
}

vs_result
vs_api_password_fits(const char *password, char detail[static VS_API_DETAIL_SIZE])
{
	if (strlen(password) >= VS_API_PASSWORD_LEAST)
		return VS_OK;
	(void)snprintf(detail, VS_API_DETAIL_SIZE, "password: %d characters at least are expected",
	               VS_API_PASSWORD_LEAST);
	return VS_FAIL(BAD_VALUE);
}

vs_result
vs_api_invite(struct vs_core_user *user, struct vs_api_secrets *secrets, int64_t now_ms,
              char text_out[static VS_API_INVITATION_SIZE])
{
	char text[VS_API_INVITATION_SIZE], random[44];
	vs_result r;

	vs_random_text(random, sizeof(random));
	(void)snprintf(text, sizeof(text), VS_API_INVITATION_PREFIX "%.16s_%s", user->id + 2,
	               random);
	r = vs_crypto_sha256(vs_bytes_from_text(text), secrets->invitation);
	if (r.code == VS_E_OK) {
		secrets->has_invitation = true;
		secrets->invited_until_ms = now_ms + VS_API_INVITED_MS;
		memcpy(text_out, text, sizeof(text));
	}
	explicit_bzero(text, sizeof(text));
	explicit_bzero(random, sizeof(random));
	return r;
}

/* --- reading and writing ---------------------------------------------------------------------- */

struct one {
	struct vs_core_user *user;
	struct vs_api_secrets *secrets;
	vs_result result;
};

static void
take_row(const struct vs_core_user_row *row, void *arg)
{
	struct one *one = arg;

	*one->user = row->user;
	/* What cannot be opened any more is no way in; a new invitation is. */
	one->result = row->reading == VS_CORE_READ_WHOLE
	                  ? vs_api_secrets_read(row->secrets, one->secrets)
	                  : VS_FAIL(NOT_AUTHENTIC);
}

vs_result
vs_api_user_read(struct vs_api_read *read, const char *tenant, const char *id, const char *login,
                 struct vs_core_user *user_out, struct vs_api_secrets *secrets_out)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct one one = {user_out, secrets_out, VS_OK};

	VS_TRY(reader->user(reader->self, tenant, id, login, take_row, &one));
	return one.result;
}

/* The record that writes them; json: the answer, or empty. */
static vs_result
record_make(const struct vs_core_user *user, const struct vs_api_secrets *secrets, int64_t now_ms,
            struct vs_bytes json, struct vs_core_record **record_out)
{
	struct vs_core_record *record = NULL;
	struct vs_buf text;
	vs_result r;

	vs_buf_init(&text, SECRETS_SIZE_MAX);
	r = vs_api_secrets_write(secrets, &text);
	/* Its id is the subject that its secrets are sealed for. */
	if (r.code == VS_E_OK)
		r = vs_core_record_new(VS_RECORD_user_put, user->tenant, user->id, now_ms,
		                       vs_buf_view(&text), json, &record);
	if (text.data != NULL)
		explicit_bzero(text.data, text.capacity);
	vs_buf_done(&text);
	if (r.code != VS_E_OK)
		return r;
	record->u.user_put = *user;
	*record_out = record;
	return VS_OK;
}

vs_result
vs_api_user_save(struct vs_api *api, const struct vs_core_user *user,
                 const struct vs_api_secrets *secrets, int64_t now_ms)
{
	struct vs_core_record *record = NULL;
	vs_result r;

	VS_TRY(record_make(user, secrets, now_ms, (struct vs_bytes){NULL, 0}, &record));
	r = vs_api_submit_alone(api, record);
	if (r.code != VS_E_OK)
		vs_core_record_free(&record);
	return r;
}

/* --- the job ---------------------------------------------------------------------------------- */

static vs_result
build(struct vs_api_read *read)
{
	struct vs_api_user_job *job = read->arg;

	if (!job->is_new)
		VS_TRY(vs_api_user_read(read, read->tenant, read->id, NULL, &job->user,
		                        &job->secrets));
	return job->change(read, job);
}

static void
members_write(const struct vs_api_user_job *job, struct vs_json_writer *json)
{
	vs_api_write_user_ways(json, &job->user, &job->secrets);
	if (job->invitation[0] != '\0') {
		vs_api_write_text(json, "invitation", job->invitation);
		vs_api_write_time(json, "invited_until", job->secrets.invited_until_ms);
	}
	if (job->totp[0] != '\0')
		vs_api_write_text(json, "totp_secret", job->totp);
}

static vs_result
submit(struct vs_api *api, const struct vs_api_request *request, struct vs_api_user_job *job)
{
	struct vs_core_record *record = NULL;
	struct vs_api_object answer;
	vs_result r;

	job->user.changed_ms = job->now_ms;
	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	members_write(job, &answer.json);
	r = vs_api_object_end(&answer);
	if (r.code == VS_E_OK)
		r = record_make(&job->user, &job->secrets, job->now_ms, vs_buf_view(&answer.text),
		                &record);
	vs_api_object_done(&answer);
	if (r.code != VS_E_OK)
		return r;
	record->token = job->token | (job->ends_sessions ? VS_API_THEN_DISCONNECT : 0);
	vs_api_submit(api, request, record);
	return VS_OK;
}

static void
finish(struct vs_api_read *read, vs_result result)
{
	struct vs_api_user_job *job = read->arg;
	struct vs_api_request request = vs_api_read_request(read, job->number, job->now_ms);

	(void)vs_map_remove(read->api->changing, vs_bytes_from_text(read->id));
	/* Nobody would see what is shown once: then it is not made either. */
	if (request.conn != NULL) {
		if (result.code == VS_E_OK)
			result = submit(read->api, &request, job);
		if (result.code != VS_E_OK)
			vs_api_answer_problem(request.conn, request.request_id, result,
			                      read->detail[0] != '\0' ? read->detail : NULL);
	}
	explicit_bzero(job, sizeof(*job));
}

void
vs_api_user_change(struct vs_api *api, const struct vs_api_request *request,
                   struct vs_api_user_job *job, bool is_slow)
{
	struct vs_bytes key = vs_bytes_from_text(job->user.id);
	const char *tenant = job->user.tenant;
	char id[VS_CORE_USER_ID_SIZE];
	vs_result r = VS_OK;

	memcpy(id, job->user.id, sizeof(id));
	if (!job->is_new && vs_api_access_user(&api->auth.access, tenant, id) == NULL)
		r = VS_FAIL(NOT_FOUND);
	else if (vs_map_get(api->changing, key) != NULL)
		r = VS_FAIL(NOT_NOW);
	if (r.code == VS_E_OK)
		r = vs_map_put(api->changing, key, api, NULL);
	if (r.code != VS_E_OK) {
		explicit_bzero(job, sizeof(*job));
		free(job);
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
		return;
	}
	job->number = request->number;
	job->now_ms = request->now_ms;
	r = is_slow ? vs_api_hash_start(api, request, id, build, finish, job)
	            : vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
	                                tenant, id, build, finish, job);
	if (r.code != VS_E_OK) {
		(void)vs_map_remove(api->changing, vs_bytes_from_text(id));
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
	}
}
