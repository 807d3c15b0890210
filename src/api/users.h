/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of users, one at a time for each: read with its secrets in the pool, changed there, then
 * written as one record. Not for other folders. */
#pragma once

#include "api/secrets.h"
#include "api/state.h"

#define VS_API_INVITATION_PREFIX "vsi_"
/* "vsi_", the digits of the user's id, "_", 43 characters */
#define VS_API_INVITATION_SIZE 65
#define VS_API_INVITED_MS      ((int64_t)72 * 3600 * 1000)
#define VS_API_PASSWORD_LEAST  12 /* bytes of a user's password */

/* From calloc; wiped and freed by whoever runs it. */
struct vs_api_user_job {
	/* In the pool, or NULL. What it changes is written; an error is answered with read->detail.
	 */
	vs_result (*change)(struct vs_api_read *read, struct vs_api_user_job *job);
	struct vs_core_user user;
	struct vs_api_secrets secrets;
	bool is_new, ends_sessions;
	uint64_t number, token; /* of the request; enum vs_api_then */
	int64_t now_ms;
	/* What the change is made of. */
	char password[VS_LIMIT_PASSWORD_SIZE + 1], current[VS_LIMIT_PASSWORD_SIZE + 1], code[8];
	struct vs_api_passkey passkey;
	/* What the answer shows this once; "": nothing. */
	char invitation[VS_API_INVITATION_SIZE], totp[VS_TOTP_SECRET_TEXT_SIZE];
};

/* Takes the job; is_slow: it hashes a password. user and id are the job's, the user's present entry
 * is read over it unless it is new. Answers in any case. */
void vs_api_user_change(struct vs_api *api, const struct vs_api_request *request,
                        struct vs_api_user_job *job, bool is_slow);
/* Reads the user and the secrets. In the pool. login: when id is NULL. */
VS_RESULT vs_api_user_read(struct vs_api_read *read, const char *tenant, const char *id,
                           const char *login, struct vs_core_user *user_out,
                           struct vs_api_secrets *secrets_out);
/* Writes what a login has used up: code, count. NOT_NOW: it is being changed. */
VS_RESULT vs_api_user_save(struct vs_api *api, const struct vs_core_user *user,
                           const struct vs_api_secrets *secrets, int64_t now_ms);
/* A one-time link's token, into secrets and text. */
VS_RESULT vs_api_invite(struct vs_core_user *user, struct vs_api_secrets *secrets, int64_t now_ms,
                        char text_out[static VS_API_INVITATION_SIZE]);
/* --- me.c ------------------------------------------------------------------------------------- */

#define VS_API_ME_FIELDS 8
/* Not one: then it was answered. */
bool vs_api_me_is_nobody(const struct vs_api_request *request);
/* A change of who asks themselves; the body has current, password, code and `more` (at most five).
 * NULL, and it was answered: only a person in a session of theirs has a self here. */
struct vs_api_user_job *
vs_api_me_job(const struct vs_api_request *request, const struct vs_api_field *more, size_t count,
              vs_result (*change)(struct vs_api_read *, struct vs_api_user_job *));
/* In the pool: is job->current the password? FORBIDDEN. */
VS_RESULT vs_api_me_current(struct vs_api_read *read, const struct vs_api_user_job *job);

/* --- users.c ---------------------------------------------------------------------------------- */

/* A new user of this tenant with an invitation. Answers in any case. */
void vs_api_user_add(struct vs_api *api, const struct vs_api_request *request, const char *tenant,
                     const char *login, enum vs_core_role role);
/* A new id. */
void vs_api_user_id(char id_out[static VS_CORE_USER_ID_SIZE]);
void vs_api_write_user(struct vs_json_writer *json, const struct vs_core_user *user);
/* And which ways in there are. */
void vs_api_write_user_ways(struct vs_json_writer *json, const struct vs_core_user *user,
                            const struct vs_api_secrets *secrets);
/* BAD_VALUE, with detail: shorter or longer than a password may be. */
VS_RESULT vs_api_password_fits(const char *password, char detail[static VS_API_DETAIL_SIZE]);
