/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person comes in: by password (and one-time code), or by an invitation that sets the first
 * password. Whatever is wrong, the answer is the same; the log says what it was.
 *
 * Failures are throttled by source, and by login and source: an account that many sources try to
 * guess stays open to each source that has not failed itself lately.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/coming.h"
#include "base/clock.h"
#include "base/log.h"

#define NAME_SIZE 128

/* --- throttling ------------------------------------------------------------------------------- */

static struct vs_bytes
throttle_key(const struct vs_api_coming *coming, char room[static NAME_SIZE])
{
	int size = snprintf(room, NAME_SIZE, "operator:%s/%s", coming->tenant,
	                    coming->id[0] != '\0' ? coming->id : coming->login);

	return vs_bytes_from(room, (size_t)size);
}

/* 0, or how long to wait. */
static uint64_t
throttle(const struct vs_api *api, const struct vs_api_coming *coming)
{
	struct vs_throttle *t = api->options.throttle;
	const struct vs_bytes none = {NULL, 0};
	uint64_t now = vs_clock_mono_us(), wait;
	char room[NAME_SIZE];
	struct vs_bytes key = throttle_key(coming, room);

	wait = vs_throttle_look(t, VS_THROTTLE_AUTH_SOURCE, &coming->source, none, now);
	if (wait == 0 &&
	    vs_throttle_look(t, VS_THROTTLE_AUTH_IDENTITY, &coming->source, key, now) > 0)
		wait =
		    vs_throttle_look_strictly(t, VS_THROTTLE_AUTH_NEAR, &coming->source, key, now);
	return wait > 0 ? wait
	                : vs_throttle_take(t, VS_THROTTLE_AUTH_NEAR, &coming->source, key, now);
}

static void
settle(const struct vs_api *api, const struct vs_api_coming *coming, bool is_in)
{
	struct vs_throttle *t = api->options.throttle;
	uint64_t now = vs_clock_mono_us();
	char room[NAME_SIZE];
	struct vs_bytes key = throttle_key(coming, room);

	if (is_in)
		vs_throttle_refund(t, VS_THROTTLE_AUTH_NEAR, &coming->source, key, now);
	else
		vs_throttle_fail(t, &coming->source, key, now);
}

static void
wait_answer(const struct vs_api_request *request, uint64_t wait_us)
{
	char headers[64];
	struct vs_buf body;

	vs_throttle_count(VS_THROTTLE_AUTH_NEAR);
	(void)snprintf(headers, sizeof(headers), "Retry-After: %llu\r\n",
	               (unsigned long long)wait_us / 1000000 + 1);
	vs_buf_init(&body, 1024);
	if (vs_api_problem_write(&body, VS_FAIL(RATE_LIMITED), NULL, request->request_id).code ==
	    VS_E_OK)
		vs_api_answer(request->conn, request->request_id, vs_err_http(VS_E_RATE_LIMITED),
		              "application/problem+json", headers, vs_buf_view(&body));
	else
		vs_conn_close(request->conn, false);
	vs_buf_done(&body);
}

vs_result
vs_api_coming_refuse(struct vs_api_coming *coming, const char *reason)
{
	coming->reason = reason;
	return VS_FAIL(NOT_AUTHENTIC);
}

/* --- in the pool for hashes ------------------------------------------------------------------- */

/* As much work as a check, with the same end. */
static vs_result
refuse(struct vs_api_coming *coming, const char *reason, bool is_work_due)
{
	char text[VS_USERHASH_TEXT_SIZE];

	if (is_work_due)
		(void)vs_userhash_make(vs_bytes_from_text(coming->password), text).code;
	coming->reason = reason;
	return VS_FAIL(NOT_AUTHENTIC);
}

static vs_result
password_build(struct vs_api_read *read)
{
	struct vs_api_coming *coming = read->arg;
	struct vs_api_secrets *secrets = &coming->secrets;
	vs_result r;

	if (!coming->is_possible)
		return refuse(coming, "the tenant is not open", true);
	r = vs_api_user_read(read, coming->tenant, NULL, coming->login, &coming->user, secrets);
	if (r.code == VS_E_NOT_FOUND || r.code == VS_E_NOT_AUTHENTIC)
		return refuse(coming, "there is no such user", true);
	VS_TRY(r);
	if (secrets->password[0] == '\0')
		return refuse(coming, "the user has no password", true);
	r = vs_userhash_check(vs_bytes_from_text(coming->password), secrets->password);
	if (r.code == VS_E_NOT_AUTHENTIC)
		return refuse(coming, "the password is wrong", false);
	VS_TRY(r);
	if (!coming->user.is_enabled)
		return refuse(coming, "the user is disabled", false);
	if (!secrets->has_totp)
		return VS_OK;
	coming->has_new_secrets = coming->has_used_code = true;
	if (vs_totp_check(secrets->totp, coming->now_ms / 1000, secrets->totp_step,
	                  vs_bytes_from_text(coming->code), &secrets->totp_step)
	        .code != VS_E_OK)
		return refuse(coming, "the code is wrong, or was used", false);
	return VS_OK;
}

static vs_result
invitation_build(struct vs_api_read *read)
{
	struct vs_api_coming *coming = read->arg;
	struct vs_api_secrets *secrets = &coming->secrets;
	vs_result r;

	if (!coming->is_possible)
		return refuse(coming, "there is no such user", true);
	r = vs_api_user_read(read, coming->tenant, coming->id, NULL, &coming->user, secrets);
	if (r.code == VS_E_NOT_FOUND)
		return refuse(coming, "there is no such user", true);
	VS_TRY(r);
	if (!secrets->has_invitation || secrets->invited_until_ms <= coming->now_ms ||
	    !vs_crypto_equal(secrets->invitation, coming->invitation, VS_SHA256_SIZE))
		return refuse(coming, "the invitation is wrong, used or too old", true);
	if (!coming->user.is_enabled)
		return refuse(coming, "the user is disabled", true);
	VS_TRY(vs_userhash_make(vs_bytes_from_text(coming->password), secrets->password));
	/* Who could not come in any more begins anew. */
	secrets->has_invitation = secrets->has_totp = secrets->has_next_totp = false;
	secrets->passkey_count = 0;
	coming->has_new_secrets = true;
	return VS_OK;
}

/* --- in the reactor --------------------------------------------------------------------------- */

/* Two logins may have been judged by one code at a time: the first back has used it. */
static vs_result
use_code(struct vs_api *api, const struct vs_api_coming *coming)
{
	struct vs_api_person *person =
	    vs_api_access_user(&api->auth.access, coming->tenant, coming->user.id);

	if (person == NULL || !person->user.is_enabled)
		return VS_FAIL(NOT_AUTHENTIC);
	if (!coming->has_used_code)
		return VS_OK;
	if (coming->secrets.totp_step <= person->totp_step)
		return VS_FAIL(NOT_AUTHENTIC);
	person->totp_step = coming->secrets.totp_step;
	return VS_OK;
}

static void
finish(struct vs_api_read *read, vs_result result)
{
	struct vs_api_coming *coming = read->arg;
	struct vs_api_request request = vs_api_read_request(read, coming->number, coming->now_ms);
	struct vs_core_login who = {.role = coming->user.role};

	memcpy(request.tenant, coming->tenant, sizeof(request.tenant));
	if (result.code == VS_E_OK)
		result = use_code(read->api, coming);
	if (result.code == VS_E_OK && coming->has_new_secrets)
		result =
		    vs_api_user_save(read->api, &coming->user, &coming->secrets, coming->now_ms);
	if (result.code == VS_E_OK || result.code == VS_E_NOT_AUTHENTIC)
		settle(read->api, coming, result.code == VS_E_OK);
	if (request.conn == NULL) {
		explicit_bzero(coming, sizeof(*coming));
		return;
	}
	if (result.code == VS_E_OK) {
		memcpy(who.tenant, coming->tenant, sizeof(who.tenant));
		memcpy(who.user, coming->user.id, sizeof(who.user));
		VS_LOG(INFO, "api.login", vs_bytes_from_text(coming->user.id));
		vs_api_login_begin(read->api, &request, &who, false);
	} else {
		VS_LOG(WARN, "api.login_refused", vs_bytes_from_text(coming->tenant),
		       VS_LOG_STR("why", coming->reason != NULL ? coming->reason : ""),
		       VS_LOG_ERR(result));
		vs_api_answer_problem(request.conn, request.request_id, result, NULL);
	}
	explicit_bzero(coming, sizeof(*coming));
}

void
vs_api_come(struct vs_api *api, const struct vs_api_request *request, struct vs_api_coming *coming,
            vs_result (*build)(struct vs_api_read *))
{
	uint64_t wait_us;
	vs_result r;

	vs_conn_source(request->conn, &coming->source);
	vs_throttle_trust(api->options.throttle, &coming->source);
	wait_us = throttle(api, coming);
	if (wait_us > 0) {
		wait_answer(request, wait_us);
		explicit_bzero(coming, sizeof(*coming));
		free(coming);
		return;
	}
	coming->number = request->number;
	coming->now_ms = request->now_ms;
	r = vs_api_hash_start(api, request, "", build, finish, coming);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}

void
vs_api_coming_turn_away(const struct vs_api_request *request, struct vs_api_coming *coming,
                        vs_result r, const char *detail)
{
	if (coming != NULL)
		explicit_bzero(coming, sizeof(*coming));
	free(coming);
	vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

void
vs_api_on_login_password(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_api_coming *coming = calloc(1, sizeof(*coming));
	char detail[VS_API_DETAIL_SIZE] = "";
	vs_result r = VS_FAIL(NO_MEMORY);

	if (coming != NULL) {
		struct vs_api_field fields[] = {
		    {.name = "tenant", .size = sizeof(coming->tenant), .target = coming->tenant},
		    {.name = "login",
		     .is_required = true,
		     .size = sizeof(coming->login),
		     .target = coming->login},
		    {.name = "password",
		     .is_required = true,
		     .size = sizeof(coming->password),
		     .target = coming->password},
		    {.name = "code", .size = sizeof(coming->code), .target = coming->code},
		};

		(void)snprintf(coming->tenant, sizeof(coming->tenant), VS_CORE_TENANT_DEFAULT);
		r = vs_api_auth_is_same_origin(request->http) ? VS_OK : VS_FAIL(FORBIDDEN);
		if (r.code == VS_E_OK)
			r = vs_api_body_read(request->body, fields, 4, detail);
	}
	if (r.code != VS_E_OK) {
		vs_api_coming_turn_away(request, coming, r, detail);
		return;
	}
	coming->is_possible = vs_api_access_is_active(&api->auth.access, coming->tenant) &&
	                      vs_core_login_is_valid(vs_bytes_from_text(coming->login));
	vs_api_come(api, request, coming, password_build);
}

void
vs_api_on_login_invitation(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_api_coming *coming = calloc(1, sizeof(*coming));
	char detail[VS_API_DETAIL_SIZE] = "", token[VS_API_INVITATION_SIZE] = "";
	const size_t prefix = sizeof(VS_API_INVITATION_PREFIX) - 1;
	const struct vs_api_person *person = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	if (coming != NULL) {
		struct vs_api_field fields[] = {
		    {.name = "invitation",
		     .is_required = true,
		     .size = sizeof(token),
		     .target = token},
		    {.name = "password",
		     .is_required = true,
		     .size = sizeof(coming->password),
		     .target = coming->password},
		};

		r = vs_api_auth_is_same_origin(request->http) ? VS_OK : VS_FAIL(FORBIDDEN);
		if (r.code == VS_E_OK)
			r = vs_api_body_read(request->body, fields, 2, detail);
		if (r.code == VS_E_OK)
			r = vs_api_password_fits(coming->password, detail);
		if (r.code == VS_E_OK)
			r = vs_crypto_sha256(vs_bytes_from_text(token), coming->invitation);
	}
	if (r.code != VS_E_OK) {
		explicit_bzero(token, sizeof(token));
		vs_api_coming_turn_away(request, coming, r, detail);
		return;
	}
	if (strlen(token) == sizeof(token) - 1) {
		(void)snprintf(coming->id, sizeof(coming->id), "u:%.16s", token + prefix);
		person = vs_api_access_user(&api->auth.access, NULL, coming->id);
	}
	if (person != NULL)
		memcpy(coming->tenant, person->user.tenant, sizeof(coming->tenant));
	coming->is_possible =
	    person != NULL && vs_api_access_is_active(&api->auth.access, coming->tenant);
	explicit_bzero(token, sizeof(token));
	vs_api_come(api, request, coming, invitation_build);
}
