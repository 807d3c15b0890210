/* SPDX-License-Identifier: Apache-2.0 */
#include "api/session.h"

#include <inttypes.h>
#include <string.h>

#include "base/random.h"
#include "wire/base64.h"

static bool
is_alive(const struct vs_api_session *session, int64_t now_ms)
{
	return session->created_ms != 0 && now_ms - session->created_ms < VS_API_SESSION_AGE_MS &&
	       now_ms - session->used_ms < VS_API_SESSION_IDLE_MS &&
	       session->created_ms <= now_ms + VS_API_SESSION_IDLE_MS;
}

vs_result
vs_api_session_add(struct vs_api_sessions *sessions, int64_t now_ms,
                   char text[static VS_API_SESSION_TEXT_SIZE])
{
	struct vs_api_session *place = &sessions->items[0];
	uint8_t id[32], hash[VS_SHA256_SIZE];
	vs_result r;

	for (size_t i = 0; i < VS_LIMIT_API_SESSIONS; i++) {
		struct vs_api_session *item = &sessions->items[i];

		if (!is_alive(item, now_ms)) {
			place = item;
			break;
		}
		if (item->used_ms < place->used_ms)
			place = item;
	}
	vs_random_bytes(id, sizeof(id));
	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(id, sizeof(id)), text,
	                       VS_API_SESSION_TEXT_SIZE);
	r = vs_crypto_sha256(vs_bytes_from_text(text), hash);
	explicit_bzero(id, sizeof(id));
	if (r.code != VS_E_OK)
		return r;
	memcpy(place->hash, hash, sizeof(hash));
	place->created_ms = now_ms;
	place->used_ms = now_ms;
	return VS_OK;
}

/* Visits all of them whatever is found, so that the duration does not tell which one it was. */
static struct vs_api_session *
session_find(struct vs_api_sessions *sessions, const uint8_t hash[static VS_SHA256_SIZE],
             int64_t now_ms)
{
	struct vs_api_session *found = NULL;

	for (size_t i = 0; i < VS_LIMIT_API_SESSIONS; i++)
		if (vs_crypto_equal(sessions->items[i].hash, hash, VS_SHA256_SIZE) &&
		    is_alive(&sessions->items[i], now_ms))
			found = &sessions->items[i];
	return found;
}

vs_result
vs_api_session_use(struct vs_api_sessions *sessions, struct vs_bytes text, int64_t now_ms,
                   uint8_t *hash_out)
{
	uint8_t hash[VS_SHA256_SIZE];

	if (text.size != VS_API_SESSION_TEXT_SIZE - 1)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(vs_crypto_sha256(text, hash));
	VS_TRY(vs_api_session_touch(sessions, hash, now_ms));
	if (hash_out != NULL)
		memcpy(hash_out, hash, sizeof(hash));
	return VS_OK;
}

vs_result
vs_api_session_touch(struct vs_api_sessions *sessions, const uint8_t hash[static VS_SHA256_SIZE],
                     int64_t now_ms)
{
	struct vs_api_session *session = session_find(sessions, hash, now_ms);

	if (session == NULL)
		return VS_FAIL(NOT_AUTHENTIC);
	session->used_ms = now_ms;
	return VS_OK;
}

void
vs_api_session_remove(struct vs_api_sessions *sessions, const uint8_t hash[static VS_SHA256_SIZE])
{
	for (size_t i = 0; i < VS_LIMIT_API_SESSIONS; i++)
		if (vs_crypto_equal(sessions->items[i].hash, hash, VS_SHA256_SIZE))
			explicit_bzero(&sessions->items[i], sizeof(sessions->items[i]));
}

vs_result
vs_api_sessions_write(const struct vs_api_sessions *sessions, struct vs_buf *out)
{
	for (size_t i = 0; i < VS_LIMIT_API_SESSIONS; i++) {
		const struct vs_api_session *item = &sessions->items[i];
		char hex[2 * VS_SHA256_SIZE + 1];

		if (item->created_ms == 0)
			continue;
		(void)vs_hex_encode(vs_bytes_from(item->hash, sizeof(item->hash)), hex,
		                    sizeof(hex));
		VS_TRY(vs_buf_printf(out, "%s %" PRId64 " %" PRId64 "\n", hex, item->created_ms,
		                     item->used_ms));
	}
	return VS_OK;
}

/* Take a decimal number and the byte after it. */
static bool
number_take(struct vs_bytes *line, int64_t *value_out)
{
	int64_t value = 0;
	size_t i = 0;

	while (i < line->size && i < 15 && line->data[i] >= '0' && line->data[i] <= '9')
		value = value * 10 + (line->data[i++] - '0');
	if (i == 0 || (i < line->size && line->data[i] != ' '))
		return false;
	i += i < line->size;
	line->data += i;
	line->size -= i;
	*value_out = value;
	return true;
}

static bool
line_read(struct vs_bytes line, struct vs_api_session *session_out)
{
	struct vs_api_session session = {.created_ms = 0};
	size_t size;

	if (line.size < 2 * VS_SHA256_SIZE + 1 || line.data[2 * VS_SHA256_SIZE] != ' ')
		return false;
	if (vs_hex_decode(vs_bytes_from(line.data, 2 * VS_SHA256_SIZE), session.hash,
	                  sizeof(session.hash), &size)
	        .code != VS_E_OK)
		return false;
	line.data += 2 * VS_SHA256_SIZE + 1;
	line.size -= 2 * VS_SHA256_SIZE + 1;
	if (!number_take(&line, &session.created_ms) || !number_take(&line, &session.used_ms) ||
	    line.size != 0)
		return false;
	*session_out = session;
	return true;
}

void
vs_api_sessions_read(struct vs_api_sessions *sessions, struct vs_bytes text, int64_t now_ms)
{
	size_t count = 0;

	explicit_bzero(sessions, sizeof(*sessions));
	while (text.size > 0 && count < VS_LIMIT_API_SESSIONS) {
		const uint8_t *end = memchr(text.data, '\n', text.size);
		size_t size = end == NULL ? text.size : (size_t)(end - text.data);
		struct vs_api_session session;

		if (line_read(vs_bytes_from(text.data, size), &session) &&
		    is_alive(&session, now_ms))
			sessions->items[count++] = session;
		size += end != NULL;
		text.data += size;
		text.size -= size;
	}
}
