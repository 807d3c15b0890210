/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jwt.h"

#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "wire/base64.h"

static const char *const fault_texts[] = {
#define VS_JWT_FAULT(name, text) [VS_JWT_##name] = text,
#include "crypto/jwt.def"
#undef VS_JWT_FAULT
};
static_assert(sizeof(fault_texts) / sizeof(fault_texts[0]) == VS_JWT_FAULTS, "a text for each");

const char *
vs_jwt_fault_text(enum vs_jwt_fault fault)
{
	assert(fault < VS_JWT_FAULTS);
	return fault_texts[fault];
}

static const struct vs_json_node *
claim(const struct vs_json_tape *tape, const char *name)
{
	return vs_json_member(tape, vs_json_root(tape), name);
}

/* Required, 1 to VS_JWT_TEXT_SIZE - 1 bytes, no NUL. */
static bool
read_text(const struct vs_json_tape *tape, const char *name, char text[static VS_JWT_TEXT_SIZE])
{
	return vs_json_copy_text(tape, claim(tape, name), text, VS_JWT_TEXT_SIZE).code == VS_E_OK &&
	       text[0] != '\0';
}

/* aud is one name or an array of names (RFC 7519 4.1.3). */
static bool
is_for(const struct vs_json_tape *tape, const char *audience)
{
	const struct vs_json_node *node = claim(tape, "aud"), *item = NULL;

	if (node == NULL)
		return false;
	if (node->type == VS_JSON_STRING)
		return vs_json_is(tape, node, audience);
	if (node->type != VS_JSON_ARRAY)
		return false;
	while ((item = vs_json_next(node, item)) != NULL)
		if (vs_json_is(tape, item, audience))
			return true;
	return false;
}

/* A time that is not there leaves *time as it was. */
static bool
read_time(const struct vs_json_tape *tape, const char *name, int64_t *time)
{
	enum vs_err err = vs_json_int(tape, claim(tape, name), time).code;

	return (err == VS_E_OK && *time >= 0) || err == VS_E_MISSING;
}

static bool
read_thumbprint(const struct vs_json_tape *tape, struct vs_jwt_claims *claims)
{
	const struct vs_json_node *cnf = claim(tape, "cnf");
	struct vs_bytes text;
	size_t size = 0;

	if (cnf == NULL)
		return true;
	/* Another kind of confirmation is one that we cannot check, and must not ignore. */
	if (vs_json_text(tape, vs_json_member(tape, cnf, "x5t#S256"), NULL, 0, &text).code !=
	    VS_E_OK)
		return false;
	claims->has_thumbprint = vs_base64_decode(VS_BASE64_URL, text, claims->thumbprint,
	                                          sizeof(claims->thumbprint), &size)
	                                 .code == VS_E_OK &&
	                         size == sizeof(claims->thumbprint);
	return claims->has_thumbprint;
}

static enum vs_jwt_fault
check_times(const struct vs_json_tape *tape, const struct vs_jwt_demand *demand,
            struct vs_jwt_claims *claims)
{
	int64_t not_before_s = 0, now_s = demand->now_s;

	claims->expires_s = -1;
	if (!read_time(tape, "nbf", &not_before_s) || !read_time(tape, "iat", &claims->issued_s) ||
	    !read_time(tape, "exp", &claims->expires_s))
		return VS_JWT_CLAIMS;
	if (claims->expires_s < 0)
		return VS_JWT_LIFE;
	/* Differences, not sums: the times are not negative, and so neither side overflows. */
	if (now_s - claims->expires_s >= demand->skew_max_s)
		return VS_JWT_EXPIRED;
	if (not_before_s - now_s > demand->skew_max_s ||
	    claims->issued_s - now_s > demand->skew_max_s)
		return VS_JWT_NOT_YET;
	if (claims->expires_s - now_s > demand->life_max_s)
		return VS_JWT_LIFE;
	return VS_JWT_NONE;
}

static enum vs_jwt_fault
check_claims(const struct vs_json_tape *tape, const struct vs_jwt_demand *demand,
             struct vs_jwt_claims *claims)
{
	if (vs_json_root(tape)->type != VS_JSON_OBJECT || !read_thumbprint(tape, claims))
		return VS_JWT_CLAIMS;
	if (claim(tape, "tid") != NULL && !read_text(tape, "tid", claims->tenant))
		return VS_JWT_CLAIMS;
	if (!vs_json_is(tape, claim(tape, "iss"), demand->issuer))
		return VS_JWT_ISSUER;
	if (!is_for(tape, demand->audience))
		return VS_JWT_AUDIENCE;
	if (!read_text(tape, "sub", claims->subject))
		return VS_JWT_SUBJECT;
	if (!read_text(tape, "jti", claims->id))
		return VS_JWT_ID;
	return check_times(tape, demand, claims);
}

static enum vs_jwt_fault
find_fault(const struct vs_jws *jws, const struct vs_jose_key *key,
           const struct vs_jwt_demand *demand, struct vs_jwt_claims *claims)
{
	enum vs_jwt_fault fault = VS_JWT_CLAIMS;
	struct vs_json_tape tape;
	struct vs_bytes payload;

	if (vs_jws_check(jws, key, &payload).code != VS_E_OK)
		return VS_JWT_SIGNATURE;
	vs_json_tape_init(&tape);
	if (vs_json_parse(payload, &tape).code == VS_E_OK)
		fault = check_claims(&tape, demand, claims);
	vs_json_tape_done(&tape);
	return fault;
}

vs_result
vs_jwt_check(const struct vs_jws *jws, const struct vs_jose_key *key,
             const struct vs_jwt_demand *demand, struct vs_jwt_claims *claims_out,
             enum vs_jwt_fault *fault_out)
{
	struct vs_jwt_claims claims = {.expires_s = 0};
	enum vs_jwt_fault fault;

	assert(jws != NULL && key != NULL && demand != NULL && claims_out != NULL);
	assert(demand->now_s >= 0 && demand->skew_max_s >= 0 && demand->life_max_s >= 0);
	fault = find_fault(jws, key, demand, &claims);
	if (fault_out != NULL)
		*fault_out = fault;
	if (fault != VS_JWT_NONE)
		return VS_FAIL(NOT_AUTHENTIC);
	*claims_out = claims;
	return VS_OK;
}

static void
write_text(struct vs_json_writer *writer, const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	vs_json_write_key(writer, name);
	vs_json_write_text(writer, text);
}

static void
write_int(struct vs_json_writer *writer, const char *name, int64_t value)
{
	vs_json_write_key(writer, name);
	vs_json_write_int(writer, value);
}

static vs_result
write_claims(const char *issuer, const char *audience, const struct vs_jwt_claims *claims,
             struct vs_buf *payload)
{
	char thumbprint[VS_BASE64_TEXT_SIZE(VS_JWT_THUMBPRINT_SIZE)];
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, payload);
	vs_json_write_object(&writer);
	write_text(&writer, "iss", issuer);
	write_text(&writer, "aud", audience);
	write_text(&writer, "sub", claims->subject);
	write_text(&writer, "tid", claims->tenant);
	write_text(&writer, "jti", claims->id);
	write_int(&writer, "iat", claims->issued_s);
	write_int(&writer, "nbf", claims->issued_s);
	write_int(&writer, "exp", claims->expires_s);
	if (claims->has_thumbprint) {
		(void)vs_base64_encode(
		    VS_BASE64_URL, vs_bytes_from(claims->thumbprint, sizeof(claims->thumbprint)),
		    thumbprint, sizeof(thumbprint));
		vs_json_write_key(&writer, "cnf");
		vs_json_write_object(&writer);
		write_text(&writer, "x5t#S256", thumbprint);
		vs_json_write_object_end(&writer);
	}
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

vs_result
vs_jwt_make(const struct vs_jose_key *key, enum vs_sign_alg alg, const char *issuer,
            const char *audience, const struct vs_jwt_claims *claims, struct vs_buf *token)
{
	struct vs_buf payload;
	vs_result r;

	assert(key != NULL && issuer != NULL && audience != NULL && claims != NULL);
	vs_buf_init(&payload, VS_LIMIT_JOSE_HEADER_SIZE);
	r = write_claims(issuer, audience, claims, &payload);
	if (r.code == VS_E_OK)
		r = vs_jws_make(key, alg, VS_JWS_COMPACT, VS_BYTES_LITERAL("{\"typ\":\"JWT\"}"),
		                vs_buf_view(&payload), token);
	vs_buf_done(&payload);
	return r;
}
