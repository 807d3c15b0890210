/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody does about themselves: password, one-time codes, sessions. Whatever weakens or
 * replaces a way in asks for the password once more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/users.h"
#include "base/random.h"

#define ANSWER_SIZE_MAX 1024
#define NOT_A_PERSON    "this is for a person who has logged in"

void
vs_api_on_me_show(struct vs_api *api, const struct vs_api_request *request)
{
	static const char *const proofs[] = {"", "admin-token", "api-token", "session"};
	struct vs_api_object answer;
	struct vs_json_writer *json = &answer.json;

	(void)api;
	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	vs_api_write_text(json, "tenant", request->principal.tenant);
	vs_api_write_text(json, "user", request->principal.user);
	vs_api_write_text(json, "role", vs_core_role_text(request->principal.role));
	vs_api_write_text(json, "proof", proofs[request->principal.proof]);
	vs_json_write_key(json, "platform");
	vs_json_write_bool(json, vs_api_principal_is_platform(&request->principal));
	vs_api_object_answer(&answer, request, vs_api_object_end(&answer), NULL);
}

/* A user in a session of theirs, and not a token. */
static bool
is_person(const struct vs_api_request *request)
{
	return request->principal.proof == VS_API_PROOF_SESSION &&
	       request->principal.user[0] != '\0';
}

bool
vs_api_me_is_nobody(const struct vs_api_request *request)
{
	if (is_person(request))
		return false;
	vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(FORBIDDEN), NOT_A_PERSON);
	return true;
}

/* NULL, and it was answered: only a person in their own session has a self here. */
struct vs_api_user_job *
vs_api_me_job(const struct vs_api_request *request, const struct vs_api_field *more, size_t count,
              vs_result (*change)(struct vs_api_read *, struct vs_api_user_job *))
{
	struct vs_api_user_job *job = calloc(1, sizeof(*job));
	char detail[VS_API_DETAIL_SIZE] = "";
	vs_result r = VS_FAIL(NO_MEMORY);

	if (job != NULL) {
		struct vs_api_field fields[VS_API_ME_FIELDS] = {
		    {.name = "current", .size = sizeof(job->current), .target = job->current},
		    {.name = "password", .size = sizeof(job->password), .target = job->password},
		    {.name = "code", .size = sizeof(job->code), .target = job->code},
		};

		for (size_t i = 0; i < count; i++)
			fields[3 + i] = more[i];
		r = vs_api_body_read(request->body, fields, 3 + count, detail);
		if (r.code == VS_E_OK && !is_person(request)) {
			(void)snprintf(detail, sizeof(detail), NOT_A_PERSON);
			r = VS_FAIL(FORBIDDEN);
		}
	}
	if (r.code != VS_E_OK) {
		if (job != NULL)
			explicit_bzero(job, sizeof(*job));
		free(job);
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
		return NULL;
	}
	memcpy(job->user.tenant, request->principal.tenant, sizeof(job->user.tenant));
	memcpy(job->user.id, request->principal.user, sizeof(job->user.id));
	job->change = change;
	job->token = VS_API_THEN_OK;
	return job;
}

/* --- in the pool ------------------------------------------------------------------------------ */

vs_result
vs_api_me_current(struct vs_api_read *read, const struct vs_api_user_job *job)
{
	if (job->secrets.password[0] != '\0' &&
	    vs_userhash_check(vs_bytes_from_text(job->current), job->secrets.password).code ==
	        VS_E_OK)
		return VS_OK;
	(void)snprintf(read->detail, sizeof(read->detail), "current: this is not your password");
	return VS_FAIL(FORBIDDEN);
}

static vs_result
set_password(struct vs_api_read *read, struct vs_api_user_job *job)
{
	VS_TRY(vs_api_me_current(read, job));
	VS_TRY(vs_api_password_fits(job->password, read->detail));
	return vs_userhash_make(vs_bytes_from_text(job->password), job->secrets.password);
}

static vs_result
begin_totp(struct vs_api_read *read, struct vs_api_user_job *job)
{
	VS_TRY(vs_api_me_current(read, job));
	vs_random_bytes(job->secrets.next_totp, sizeof(job->secrets.next_totp));
	job->secrets.has_next_totp = true;
	vs_totp_secret_text(job->secrets.next_totp, job->totp);
	return VS_OK;
}

/* It takes effect when it is known to work. */
static vs_result
confirm_totp(struct vs_api_read *read, struct vs_api_user_job *job)
{
	struct vs_api_secrets *secrets = &job->secrets;

	if (!secrets->has_next_totp) {
		(void)snprintf(read->detail, sizeof(read->detail), "none was begun");
		return VS_FAIL(NOT_NOW);
	}
	if (vs_totp_check(secrets->next_totp, job->now_ms / 1000, -1, vs_bytes_from_text(job->code),
	                  &secrets->totp_step)
	        .code != VS_E_OK) {
		(void)snprintf(read->detail, sizeof(read->detail),
		               "code: this is not the code of now; is the clock right?");
		return VS_FAIL(BAD_VALUE);
	}
	memcpy(secrets->totp, secrets->next_totp, sizeof(secrets->totp));
	explicit_bzero(secrets->next_totp, sizeof(secrets->next_totp));
	secrets->has_totp = true;
	secrets->has_next_totp = false;
	return VS_OK;
}

static vs_result
remove_totp(struct vs_api_read *read, struct vs_api_user_job *job)
{
	VS_TRY(vs_api_me_current(read, job));
	job->secrets.has_totp = job->secrets.has_next_totp = false;
	explicit_bzero(job->secrets.totp, sizeof(job->secrets.totp));
	return VS_OK;
}

/* --- routes ----------------------------------------------------------------------------------- */

static void
change(struct vs_api *api, const struct vs_api_request *request,
       vs_result (*how)(struct vs_api_read *, struct vs_api_user_job *))
{
	struct vs_api_user_job *job = vs_api_me_job(request, NULL, 0, how);

	if (job != NULL)
		vs_api_user_change(api, request, job, true);
}

void
vs_api_on_me_password(struct vs_api *api, const struct vs_api_request *request)
{
	change(api, request, set_password);
}

void
vs_api_on_me_totp_begin(struct vs_api *api, const struct vs_api_request *request)
{
	change(api, request, begin_totp);
}

void
vs_api_on_me_totp_confirm(struct vs_api *api, const struct vs_api_request *request)
{
	change(api, request, confirm_totp);
}

void
vs_api_on_me_totp_remove(struct vs_api *api, const struct vs_api_request *request)
{
	change(api, request, remove_totp);
}

/* This one, too. */
void
vs_api_on_me_logout(struct vs_api *api, const struct vs_api_request *request)
{
	if (vs_api_me_is_nobody(request))
		return;
	vs_api_logins_end(api, request->principal.tenant, request->principal.user);
	vs_api_answer(request->conn, request->request_id, 204, NULL, NULL,
	              (struct vs_bytes){NULL, 0});
}
