/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session.h"

#include <string.h>

#include "base/random.h"
#include "wire/base64.h"

static bool
is_alive(const struct vs_api_session *session, int64_t now_ms)
{
	const struct vs_core_login *login = &session->login;

	return login->created_ms != 0 && now_ms - login->created_ms < VS_API_SESSION_AGE_MS &&
	       now_ms - login->used_ms < VS_API_SESSION_IDLE_MS &&
	       login->created_ms <= now_ms + VS_API_SESSION_IDLE_MS;
}

vs_result
vs_api_session_make(int64_t now_ms, struct vs_core_login *login,
                    char text[static VS_API_SESSION_TEXT_SIZE])
{
	uint8_t id[32];
	vs_result r;

	vs_random_bytes(id, sizeof(id));
	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(id, sizeof(id)), text,
	                       VS_API_SESSION_TEXT_SIZE);
	r = vs_crypto_sha256(vs_bytes_from_text(text), login->sha256);
	explicit_bzero(id, sizeof(id));
	login->created_ms = login->used_ms = now_ms;
	return r;
}

/* Visits all of them whatever is found, so that the duration does not tell which one it was. */
static struct vs_api_session *
session_find(struct vs_api_sessions *sessions, const uint8_t hash[static VS_SHA256_SIZE],
             int64_t now_ms)
{
	struct vs_api_session *found = NULL;

	for (size_t i = 0; i < VS_LIMIT_API_SESSIONS; i++)
		if (vs_crypto_equal(sessions->items[i].login.sha256, hash, VS_SHA256_SIZE) &&
		    is_alive(&sessions->items[i], now_ms))
			found = &sessions->items[i];
	return found;
}

void
vs_api_session_put(struct vs_api_sessions *sessions, const struct vs_core_login *login,
                   int64_t now_ms)
{
	struct vs_api_session *place = &sessions->items[0];
	struct vs_api_session *known = session_find(sessions, login->sha256, now_ms);

	if (known != NULL && known->login.used_ms >= login->used_ms)
		return;
	if (known != NULL)
		memset(known, 0, sizeof(*known));

	for (size_t i = 0; i < VS_LIMIT_API_SESSIONS; i++) {
		struct vs_api_session *item = &sessions->items[i];

		if (!is_alive(item, now_ms)) {
			place = item;
			break;
		}
		if (item->login.used_ms < place->login.used_ms)
			place = item;
	}
	place->login = *login;
	place->saved_ms = login->used_ms;
}

static vs_result
session_touch(struct vs_api_sessions *sessions, const uint8_t hash[static VS_SHA256_SIZE],
              int64_t now_ms, struct vs_core_login *login_out)
{
	struct vs_api_session *session = session_find(sessions, hash, now_ms);

	if (session == NULL)
		return VS_FAIL(NOT_AUTHENTIC);
	session->login.used_ms = now_ms;
	if (login_out != NULL)
		*login_out = session->login;
	return VS_OK;
}

vs_result
vs_api_session_use(struct vs_api_sessions *sessions, struct vs_bytes text, int64_t now_ms,
                   struct vs_core_login *login_out)
{
	uint8_t hash[VS_SHA256_SIZE];

	if (text.size != VS_API_SESSION_TEXT_SIZE - 1)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(vs_crypto_sha256(text, hash));
	return session_touch(sessions, hash, now_ms, login_out);
}

vs_result
vs_api_session_touch(struct vs_api_sessions *sessions, const uint8_t hash[static VS_SHA256_SIZE],
                     int64_t now_ms)
{
	return session_touch(sessions, hash, now_ms, NULL);
}

void
vs_api_session_remove(struct vs_api_sessions *sessions, const uint8_t hash[static VS_SHA256_SIZE])
{
	for (size_t i = 0; i < VS_LIMIT_API_SESSIONS; i++)
		if (vs_crypto_equal(sessions->items[i].login.sha256, hash, VS_SHA256_SIZE))
			explicit_bzero(&sessions->items[i], sizeof(sessions->items[i]));
}

void
vs_api_session_remove_of(struct vs_api_sessions *sessions, const char *tenant, const char *user)
{
	for (size_t i = 0; i < VS_LIMIT_API_SESSIONS; i++) {
		const struct vs_core_login *login = &sessions->items[i].login;

		if (strcmp(login->tenant, tenant) == 0 &&
		    (user == NULL || strcmp(login->user, user) == 0))
			explicit_bzero(&sessions->items[i], sizeof(sessions->items[i]));
	}
}

const struct vs_core_login *
vs_api_session_unsaved(struct vs_api_sessions *sessions, int64_t now_ms)
{
	for (size_t i = 0; i < VS_LIMIT_API_SESSIONS; i++) {
		struct vs_api_session *item = &sessions->items[i];

		if (!is_alive(item, now_ms) || item->saved_ms == item->login.used_ms)
			continue;
		item->saved_ms = item->login.used_ms;
		return &item->login;
	}
	return NULL;
}

void
vs_api_session_replace(struct vs_api_sessions *sessions, struct vs_api_sessions *stored,
                       int64_t now_ms)
{
	for (size_t i = 0; i < VS_LIMIT_API_SESSIONS; i++) {
		const struct vs_api_session *old = &sessions->items[i];
		struct vs_api_session *item = NULL;

		if (is_alive(old, now_ms))
			item = session_find(stored, old->login.sha256, now_ms);
		if (item != NULL && item->login.used_ms < old->login.used_ms)
			item->login.used_ms = old->login.used_ms;
	}
	*sessions = *stored;
	explicit_bzero(stored, sizeof(*stored));
}
