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
	CHECK_OK(vs_api_session_add(&sessions, NOW, text));
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
	uint8_t hash[VS_SHA256_SIZE], named[VS_SHA256_SIZE];

	memset(&sessions, 0, sizeof(sessions));
	CHECK_OK(vs_api_session_add(&sessions, NOW, text));
	CHECK_OK(vs_api_session_add(&sessions, NOW, other));
	CHECK(strcmp(text, other) != 0);
	CHECK(memmem(&sessions, sizeof(sessions), text, 16) == NULL);
	CHECK_OK(vs_crypto_sha256(vs_bytes_from_text(text), hash));
	CHECK_OK(vs_api_session_use(&sessions, vs_bytes_from_text(text), NOW, named));
	CHECK(memcmp(hash, named, sizeof(hash)) == 0);
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
	CHECK_OK(vs_api_session_add(&sessions, NOW, first));
	for (int i = 1; i < VS_LIMIT_API_SESSIONS; i++)
		CHECK_OK(vs_api_session_add(&sessions, NOW + i, text));
	CHECK_OK(vs_api_session_add(&sessions, NOW + 100, text));
	CHECK_ERR(vs_api_session_use(&sessions, vs_bytes_from_text(first), NOW + 100, NULL),
	          NOT_AUTHENTIC);
	CHECK_OK(vs_api_session_use(&sessions, vs_bytes_from_text(text), NOW + 100, NULL));
}

static void
the_file_brings_them_back(void)
{
	static struct vs_api_sessions again;
	char text[VS_API_SESSION_TEXT_SIZE];
	struct vs_buf file;

	memset(&sessions, 0, sizeof(sessions));
	vs_buf_init(&file, 65536);
	CHECK_OK(vs_api_session_add(&sessions, NOW, text));
	CHECK_OK(vs_api_sessions_write(&sessions, &file));
	CHECK(memmem(file.data, file.size, text, 16) == NULL);
	CHECK_OK(vs_buf_append_text(&file, "zz not a line\n\n00 1 2\n"));
	vs_api_sessions_read(&again, vs_buf_view(&file), NOW + 5);
	CHECK_OK(vs_api_session_use(&again, vs_bytes_from_text(text), NOW + 5, NULL));
	CHECK(again.items[1].created_ms == 0);
	/* What expired meanwhile stays out, and so does what comes from the future. */
	vs_api_sessions_read(&again, vs_buf_view(&file), NOW + VS_API_SESSION_IDLE_MS);
	CHECK(again.items[0].created_ms == 0);
	vs_api_sessions_read(&again, vs_buf_view(&file), NOW - VS_API_SESSION_AGE_MS);
	CHECK(again.items[0].created_ms == 0);
	for (size_t size = 0; size < 100; size++)
		vs_api_sessions_read(&again, vs_bytes_from(file.data, size), NOW);
	vs_buf_done(&file);
}

int
main(void)
{
	CASE(a_session_lives_while_used);
	CASE(only_its_hash_is_kept);
	CASE(the_oldest_gives_way);
	CASE(the_file_brings_them_back);
	return 0;
}
