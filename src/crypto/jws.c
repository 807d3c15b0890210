/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jws.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "wire/base64.h"

#define PARTS 3

enum part { PROTECTED, PAYLOAD, SIGNATURE };

static const char *const part_names[PARTS] = {"protected", "payload", "signature"};

struct vs_jws {
	struct vs_buf text;           /* a copy; the parts point into it */
	struct vs_bytes parts[PARTS]; /* base64url */
	struct vs_buf header, payload;
	struct vs_json_tape tape; /* of the header */
	struct vs_bytes kid;
	enum vs_sign_alg alg;
};

/* --- read ---------------------------------------------------------------------------------------
 */

static vs_result
split_compact(struct vs_jws *jws)
{
	struct vs_bytes rest = vs_buf_view(&jws->text);

	for (unsigned i = 0; i < PARTS - 1; i++) {
		const uint8_t *dot = rest.size > 0 ? memchr(rest.data, '.', rest.size) : NULL;
		size_t size;

		if (dot == NULL)
			return VS_FAIL(BAD_MESSAGE);
		size = (size_t)(dot - rest.data);
		jws->parts[i] = vs_bytes_from(rest.data, size);
		rest = vs_bytes_from(dot + 1, rest.size - size - 1);
	}
	jws->parts[SIGNATURE] = rest; /* a dot in it is not base64url */
	return VS_OK;
}

static vs_result
split_flattened(struct vs_jws *jws)
{
	struct vs_json_tape tape;
	const struct vs_json_node *root = NULL;
	vs_result r;

	vs_json_tape_init(&tape);
	r = vs_json_parse(vs_buf_view(&jws->text), &tape);
	root = vs_json_root(&tape);
	if (r.code == VS_E_OK && vs_json_count(root) != PARTS)
		r = VS_FAIL(BAD_MESSAGE);
	for (unsigned i = 0; i < PARTS && r.code == VS_E_OK; i++)
		r = vs_json_text(&tape, vs_json_member(&tape, root, part_names[i]), NULL, 0,
		                 &jws->parts[i]);
	vs_json_tape_done(&tape);
	return r;
}

static vs_result
decode(struct vs_bytes text, size_t size_max, struct vs_buf *data)
{
	size_t room_size = text.size / 4 * 3 + 3, size = 0;
	uint8_t *room = NULL;

	if (room_size > size_max)
		room_size = size_max;
	vs_buf_init(data, size_max);
	VS_TRY(vs_buf_reserve(data, room_size, &room));
	VS_TRY(vs_base64_decode(VS_BASE64_URL, text, room, room_size, &size));
	data->size = size;
	return VS_OK;
}

static vs_result
read_header(struct vs_jws *jws)
{
	const struct vs_json_node *root = NULL, *kid = NULL;
	struct vs_bytes alg;

	VS_TRY(decode(jws->parts[PROTECTED], VS_LIMIT_JOSE_HEADER_SIZE, &jws->header));
	VS_TRY(vs_json_parse(vs_buf_view(&jws->header), &jws->tape));
	root = vs_json_root(&jws->tape);
	if (root->type != VS_JSON_OBJECT)
		return VS_FAIL(BAD_MESSAGE);
	/* What we do not understand but must (RFC 7515 4.1.11); and RFC 7797 changes what is
	 * signed. */
	if (vs_json_member(&jws->tape, root, "crit") != NULL ||
	    vs_json_member(&jws->tape, root, "b64") != NULL)
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(vs_json_text(&jws->tape, vs_json_member(&jws->tape, root, "alg"), NULL, 0, &alg));
	if (vs_sign_find(alg, &jws->alg).code != VS_E_OK)
		return VS_FAIL(NOT_AUTHENTIC);
	kid = vs_json_member(&jws->tape, root, "kid");
	if (kid != NULL)
		VS_TRY(vs_json_text(&jws->tape, kid, NULL, 0, &jws->kid));
	return VS_OK;
}

static vs_result
read_parts(struct vs_jws *jws, struct vs_bytes text)
{
	uint8_t signature[VS_SIGN_SIZE_MAX];
	size_t size = 0;

	VS_TRY(vs_buf_append_bytes(&jws->text, text));
	VS_TRY(text.data[0] == '{' ? split_flattened(jws) : split_compact(jws));
	VS_TRY(vs_base64_decode(VS_BASE64_URL, jws->parts[SIGNATURE], signature, sizeof(signature),
	                        &size));
	VS_TRY(decode(jws->parts[PAYLOAD], VS_LIMIT_JWS_SIZE, &jws->payload));
	return read_header(jws);
}

vs_result
vs_jws_read(struct vs_bytes text, struct vs_jws **jws_out)
{
	struct vs_jws *jws = NULL;
	vs_result r;

	assert(jws_out != NULL);
	if (text.size == 0)
		return VS_FAIL(BAD_MESSAGE);
	if (text.size > VS_LIMIT_JWS_SIZE)
		return VS_FAIL(TOO_LONG);
	jws = calloc(1, sizeof(*jws));
	if (jws == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_buf_init(&jws->text, VS_LIMIT_JWS_SIZE);
	vs_json_tape_init(&jws->tape);
	r = read_parts(jws, text);
	if (r.code == VS_E_OK) {
		*jws_out = jws;
		jws = NULL;
	}
	vs_jws_free(&jws);
	return r;
}

void
vs_jws_free(struct vs_jws **jws)
{
	assert(jws != NULL);
	if (*jws == NULL)
		return;
	vs_json_tape_done(&(*jws)->tape);
	vs_buf_done(&(*jws)->payload);
	vs_buf_done(&(*jws)->header);
	vs_buf_done(&(*jws)->text);
	free(*jws);
	*jws = NULL;
}

enum vs_sign_alg
vs_jws_alg(const struct vs_jws *jws)
{
	assert(jws != NULL);
	return jws->alg;
}

const struct vs_json_tape *
vs_jws_header(const struct vs_jws *jws)
{
	assert(jws != NULL);
	return &jws->tape;
}

struct vs_bytes
vs_jws_kid(const struct vs_jws *jws)
{
	assert(jws != NULL);
	return jws->kid;
}

vs_result
vs_jws_check(const struct vs_jws *jws, const struct vs_jose_key *key, struct vs_bytes *payload_out)
{
	const char *kid = NULL;

	assert(jws != NULL && key != NULL && payload_out != NULL);
	kid = vs_jose_key_kid(key);
	if (!vs_jose_key_allows(key, jws->alg))
		return VS_FAIL(NOT_AUTHENTIC);
	if (kid[0] != '\0' && jws->kid.size > 0 && !vs_bytes_equal_text(jws->kid, kid))
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(vs_jose_key_check(key, jws->alg, jws->parts[PROTECTED], jws->parts[PAYLOAD],
	                         jws->parts[SIGNATURE]));
	*payload_out = vs_buf_view(&jws->payload);
	return VS_OK;
}

/* --- make ---------------------------------------------------------------------------------------
 */

static vs_result
write_more_members(struct vs_bytes more, struct vs_json_writer *writer)
{
	static const char *const ours[] = {"alg", "kid", "crit", "b64"};
	const struct vs_json_node *root = NULL, *member = NULL;
	struct vs_json_tape tape;
	vs_result r;

	vs_json_tape_init(&tape);
	r = vs_json_parse(more, &tape);
	root = vs_json_root(&tape);
	if (r.code == VS_E_OK && root->type != VS_JSON_OBJECT)
		r = VS_FAIL(BAD_VALUE);
	for (unsigned i = 0; i < sizeof(ours) / sizeof(ours[0]) && r.code == VS_E_OK; i++)
		if (vs_json_member(&tape, root, ours[i]) != NULL)
			r = VS_FAIL(BAD_VALUE);
	while (r.code == VS_E_OK && (member = vs_json_next(root, member)) != NULL) {
		if ((member->flags & VS_JSON_KEY_ESCAPED) != 0)
			r = VS_FAIL(BAD_VALUE);
		vs_json_write_key_bytes(writer, vs_json_key(&tape, member));
		vs_json_write_raw(writer, vs_json_raw(&tape, member));
	}
	vs_json_tape_done(&tape);
	return r;
}

static vs_result
write_header(const struct vs_jose_key *key, enum vs_sign_alg alg, struct vs_bytes more,
             struct vs_buf *header)
{
	const char *kid = vs_jose_key_kid(key);
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, header);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "alg");
	vs_json_write_text(&writer, vs_sign_name(alg));
	if (kid[0] != '\0') {
		vs_json_write_key(&writer, "kid");
		vs_json_write_text(&writer, kid);
	}
	if (more.size > 0)
		VS_TRY(write_more_members(more, &writer));
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

static vs_result
append_base64(struct vs_buf *text, struct vs_bytes data)
{
	size_t size = vs_base64_text_size(VS_BASE64_URL, data.size);
	uint8_t *room = NULL;

	VS_TRY(vs_buf_reserve(text, size + 1, &room));
	text->size += vs_base64_encode(VS_BASE64_URL, data, (char *)room, size + 1);
	return VS_OK;
}

/* Before, between and after the three parts. */
static const char *const frames[][PARTS + 1] = {
    [VS_JWS_COMPACT] = {"", ".", ".", ""},
    [VS_JWS_FLATTENED] = {"{\"protected\":\"", "\",\"payload\":\"", "\",\"signature\":\"", "\"}"},
};

struct making {
	struct vs_buf header, signature, parts[PARTS];
};

static vs_result
make_parts(const struct vs_jose_key *key, enum vs_sign_alg alg, struct vs_bytes header,
           struct vs_bytes payload, struct making *making)
{
	VS_TRY(write_header(key, alg, header, &making->header));
	VS_TRY(append_base64(&making->parts[PROTECTED], vs_buf_view(&making->header)));
	VS_TRY(append_base64(&making->parts[PAYLOAD], payload));
	VS_TRY(vs_jose_key_sign(key, alg, vs_buf_view(&making->parts[PROTECTED]),
	                        vs_buf_view(&making->parts[PAYLOAD]), &making->signature));
	return append_base64(&making->parts[SIGNATURE], vs_buf_view(&making->signature));
}

vs_result
vs_jws_make(const struct vs_jose_key *key, enum vs_sign_alg alg, enum vs_jws_form form,
            struct vs_bytes header, struct vs_bytes payload, struct vs_buf *text)
{
	struct making making;
	size_t start;
	vs_result r;

	assert(key != NULL && alg < VS_SIGN_ALGS && text != NULL);
	start = text->size;
	vs_buf_init(&making.header, VS_LIMIT_JOSE_HEADER_SIZE);
	vs_buf_init(&making.signature, VS_SIGN_SIZE_MAX);
	for (unsigned i = 0; i < PARTS; i++)
		vs_buf_init(&making.parts[i], VS_LIMIT_JWS_SIZE);
	r = make_parts(key, alg, header, payload, &making);
	for (unsigned i = 0; i < PARTS && r.code == VS_E_OK; i++) {
		r = vs_buf_append_text(text, frames[form][i]);
		if (r.code == VS_E_OK)
			r = vs_buf_append_bytes(text, vs_buf_view(&making.parts[i]));
	}
	if (r.code == VS_E_OK)
		r = vs_buf_append_text(text, frames[form][PARTS]);
	if (r.code != VS_E_OK)
		text->size = start;
	for (unsigned i = 0; i < PARTS; i++)
		vs_buf_done(&making.parts[i]);
	vs_buf_done(&making.signature);
	vs_buf_done(&making.header);
	return r;
}
