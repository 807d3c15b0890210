/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#define NOW INT64_C(1763645905000)

static struct vs_api_sessions sessions;

static void
a_session_lives_while_used(void)
{
	char text[VS_API_SESSION_TEXT_SIZE];
	struct vs_bytes id;
	int64_t now = NOW;

	memset(&sessions, 0, sizeof(sessions));
	world_session(&sessions, "", NOW, text);
	id = vs_bytes_from_text(text);
	CHECK(id.size == VS_API_SESSION_TEXT_SIZE - 1);
	/* Idle 30 min, absolute 12 h. */
	CHECK_OK(vs_api_session_use(&sessions, id, now += VS_API_SESSION_IDLE_MS - 1, NULL));
	CHECK_OK(vs_api_session_use(&sessions, id, now += VS_API_SESSION_IDLE_MS - 1, NULL));
	CHECK_ERR(vs_api_session_use(&sessions, id, now + VS_API_SESSION_IDLE_MS, NULL),
	          NOT_AUTHENTIC);
	while (now + VS_API_SESSION_IDLE_MS - 1 < NOW + VS_API_SESSION_AGE_MS)
		CHECK_OK(
		    vs_api_session_use(&sessions, id, now += VS_API_SESSION_IDLE_MS - 1, NULL));
	CHECK_ERR(vs_api_session_use(&sessions, id, NOW + VS_API_SESSION_AGE_MS, NULL),
	          NOT_AUTHENTIC);
}

static void
only_its_hash_is_kept(void)
{
	char text[VS_API_SESSION_TEXT_SIZE], other[VS_API_SESSION_TEXT_SIZE];
	uint8_t hash[VS_SHA256_SIZE];
	struct vs_core_login named;

	memset(&sessions, 0, sizeof(sessions));
	world_session(&sessions, "", NOW, text);
	world_session(&sessions, "", NOW, other);
	CHECK(strcmp(text, other) != 0);
	CHECK(memmem(&sessions, sizeof(sessions), text, 16) == NULL);
	CHECK_OK(vs_crypto_sha256(vs_bytes_from_text(text), hash));
	CHECK_OK(vs_api_session_use(&sessions, vs_bytes_from_text(text), NOW, &named));
	CHECK(memcmp(hash, named.sha256, sizeof(hash)) == 0 &&
	      strcmp(named.tenant, "default") == 0);
	vs_api_session_remove(&sessions, hash);
	CHECK_ERR(vs_api_session_use(&sessions, vs_bytes_from_text(text), NOW, NULL),
	          NOT_AUTHENTIC);
	CHECK_OK(vs_api_session_use(&sessions, vs_bytes_from_text(other), NOW, NULL));
	CHECK_ERR(vs_api_session_use(&sessions, VS_BYTES_LITERAL(""), NOW, NULL), NOT_AUTHENTIC);
	CHECK_ERR(vs_api_session_use(&sessions, vs_bytes_from(text, 42), NOW, NULL), NOT_AUTHENTIC);
}

static void
the_oldest_gives_way(void)
{
	char first[VS_API_SESSION_TEXT_SIZE], text[VS_API_SESSION_TEXT_SIZE];

	memset(&sessions, 0, sizeof(sessions));
	world_session(&sessions, "", NOW, first);
	for (int i = 1; i < VS_LIMIT_API_SESSIONS; i++)
		world_session(&sessions, "", NOW + i, text);
	world_session(&sessions, "", NOW + 100, text);
	CHECK_ERR(vs_api_session_use(&sessions, vs_bytes_from_text(first), NOW + 100, NULL),
	          NOT_AUTHENTIC);
	CHECK_OK(vs_api_session_use(&sessions, vs_bytes_from_text(text), NOW + 100, NULL));
}

static void
what_was_used_is_told_once(void)
{
	char one[VS_API_SESSION_TEXT_SIZE], other[VS_API_SESSION_TEXT_SIZE];
	const struct vs_core_login *login;

	memset(&sessions, 0, sizeof(sessions));
	world_session(&sessions, "u:1", NOW, one);
	world_session(&sessions, "u:2", NOW, other);
	CHECK(vs_api_session_unsaved(&sessions, NOW) == NULL);
	CHECK_OK(vs_api_session_use(&sessions, vs_bytes_from_text(other), NOW + 5, NULL));
	login = vs_api_session_unsaved(&sessions, NOW + 5);
	CHECK(login != NULL && strcmp(login->user, "u:2") == 0 && login->used_ms == NOW + 5);
	CHECK(vs_api_session_unsaved(&sessions, NOW + 5) == NULL);
}

static void
all_of_somebody_end(void)
{
	char one[VS_API_SESSION_TEXT_SIZE], two[VS_API_SESSION_TEXT_SIZE],
	    other[VS_API_SESSION_TEXT_SIZE];

	memset(&sessions, 0, sizeof(sessions));
	world_session(&sessions, "u:1", NOW, one);
	world_session(&sessions, "u:2", NOW, other);
	world_session(&sessions, "u:1", NOW, two);
	vs_api_session_remove_of(&sessions, "acme", NULL);
	vs_api_session_remove_of(&sessions, "acme", "u:1");
	CHECK_OK(vs_api_session_use(&sessions, vs_bytes_from_text(one), NOW, NULL));
	vs_api_session_remove_of(&sessions, "default", "u:1");
	CHECK_ERR(vs_api_session_use(&sessions, vs_bytes_from_text(one), NOW, NULL), NOT_AUTHENTIC);
	CHECK_ERR(vs_api_session_use(&sessions, vs_bytes_from_text(two), NOW, NULL), NOT_AUTHENTIC);
	CHECK_OK(vs_api_session_use(&sessions, vs_bytes_from_text(other), NOW, NULL));
	vs_api_session_remove_of(&sessions, "default", NULL);
	CHECK_ERR(vs_api_session_use(&sessions, vs_bytes_from_text(other), NOW, NULL),
	          NOT_AUTHENTIC);
}

/* Read anew: what the store has no longer ends, what is used here stays used. */
static void
what_is_stored_takes_its_place(void)
{
	static struct vs_api_sessions stored;
	char kept[VS_API_SESSION_TEXT_SIZE], gone[VS_API_SESSION_TEXT_SIZE];
	int64_t later = NOW + VS_API_SESSION_IDLE_MS - 1;

	memset(&sessions, 0, sizeof(sessions));
	world_session(&sessions, "", NOW, kept);
	vs_api_session_put(&sessions, &sessions.items[0].login, NOW); /* told twice: it is one */
	CHECK(sessions.items[1].login.created_ms == 0);
	stored = sessions;
	world_session(&sessions, "", NOW, gone);
	CHECK_OK(vs_api_session_use(&sessions, vs_bytes_from_text(kept), later, NULL));
	vs_api_session_replace(&sessions, &stored, later);
	CHECK_ERR(vs_api_session_use(&sessions, vs_bytes_from_text(gone), later, NULL),
	          NOT_AUTHENTIC);
	CHECK_OK(vs_api_session_use(&sessions, vs_bytes_from_text(kept),
	                            later + VS_API_SESSION_IDLE_MS - 1, NULL));
}

int
main(void)
{
	CASE(what_is_stored_takes_its_place);
	CASE(a_session_lives_while_used);
	CASE(only_its_hash_is_kept);
	CASE(the_oldest_gives_way);
	CASE(what_was_used_is_told_once);
	CASE(all_of_somebody_end);
	return 0;
}
