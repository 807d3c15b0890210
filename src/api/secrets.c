/* SPDX-License-Identifier: Apache-2.0 */
#include "api/secrets.h"

#include <string.h>

#include "wire/base64.h"
#include "wire/json.h"

#define TEXT_SIZE VS_BASE64_TEXT_SIZE(VS_WEBAUTHN_ID_SIZE_MAX)

/* --- writing ---------------------------------------------------------------------------------- */

static void
write_bytes(struct vs_json_writer *json, const char *key, const uint8_t *data, size_t size)
{
	char text[TEXT_SIZE];

	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(data, size), text, sizeof(text));
	vs_json_write_key(json, key);
	vs_json_write_text(json, text);
	explicit_bzero(text, sizeof(text));
}

static void
write_int(struct vs_json_writer *json, const char *key, int64_t value)
{
	vs_json_write_key(json, key);
	vs_json_write_int(json, value);
}

static void
write_passkey(struct vs_json_writer *json, const struct vs_api_passkey *passkey)
{
	vs_json_write_object(json);
	write_bytes(json, "id", passkey->key.id, passkey->key.id_size);
	write_bytes(json, "key", passkey->key.public, passkey->key.public_size);
	write_int(json, "alg", passkey->key.alg);
	write_int(json, "count", passkey->key.count);
	vs_json_write_key(json, "label");
	vs_json_write_text(json, passkey->label);
	write_int(json, "created", passkey->created_ms);
	vs_json_write_object_end(json);
}

vs_result
vs_api_secrets_write(const struct vs_api_secrets *secrets, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "password");
	vs_json_write_text(&json, secrets->password);
	if (secrets->has_totp)
		write_bytes(&json, "totp", secrets->totp, sizeof(secrets->totp));
	if (secrets->has_next_totp)
		write_bytes(&json, "next_totp", secrets->next_totp, sizeof(secrets->next_totp));
	write_int(&json, "totp_step", secrets->totp_step);
	if (secrets->has_invitation) {
		write_bytes(&json, "invitation", secrets->invitation, sizeof(secrets->invitation));
		write_int(&json, "invited_until", secrets->invited_until_ms);
	}
	vs_json_write_key(&json, "passkeys");
	vs_json_write_array(&json);
	for (size_t i = 0; i < secrets->passkey_count; i++)
		write_passkey(&json, &secrets->passkeys[i]);
	vs_json_write_array_end(&json);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Exactly `least` to `most` bytes. */
static vs_result
read_bytes(const struct vs_json_tape *tape, const struct vs_json_node *node, uint8_t *data,
           size_t least, size_t most, size_t *size_out)
{
	struct vs_bytes text;

	VS_TRY(vs_json_text(tape, node, NULL, 0, &text));
	VS_TRY(vs_base64_decode(VS_BASE64_URL, text, data, most, size_out));
	return *size_out >= least ? VS_OK : VS_FAIL(BAD_VALUE);
}

static vs_result
read_passkey(const struct vs_json_tape *tape, const struct vs_json_node *node,
             struct vs_api_passkey *passkey)
{
	struct vs_webauthn_key *key = &passkey->key;
	int64_t alg = 0, count = 0;

	VS_TRY(read_bytes(tape, vs_json_member(tape, node, "id"), key->id, 1, sizeof(key->id),
	                  &key->id_size));
	VS_TRY(read_bytes(tape, vs_json_member(tape, node, "key"), key->public, 32,
	                  sizeof(key->public), &key->public_size));
	VS_TRY(vs_json_int(tape, vs_json_member(tape, node, "alg"), &alg));
	VS_TRY(vs_json_int(tape, vs_json_member(tape, node, "count"), &count));
	VS_TRY(vs_json_copy_text(tape, vs_json_member(tape, node, "label"), passkey->label,
	                         sizeof(passkey->label)));
	VS_TRY(vs_json_int(tape, vs_json_member(tape, node, "created"), &passkey->created_ms));
	key->alg = (int)alg;
	key->count = (uint32_t)count;
	return VS_OK;
}

static vs_result
read_optional(const struct vs_json_tape *tape, const char *name, uint8_t *data, size_t size,
              bool *has)
{
	const struct vs_json_node *node = vs_json_member(tape, vs_json_root(tape), name);
	size_t got = 0;

	*has = node != NULL;
	return node == NULL ? VS_OK : read_bytes(tape, node, data, size, size, &got);
}

static vs_result
read_all(const struct vs_json_tape *tape, struct vs_api_secrets *secrets)
{
	const struct vs_json_node *root = vs_json_root(tape);
	const struct vs_json_node *list = vs_json_member(tape, root, "passkeys");

	VS_TRY(vs_json_copy_text(tape, vs_json_member(tape, root, "password"), secrets->password,
	                         sizeof(secrets->password)));
	VS_TRY(
	    read_optional(tape, "totp", secrets->totp, sizeof(secrets->totp), &secrets->has_totp));
	VS_TRY(read_optional(tape, "next_totp", secrets->next_totp, sizeof(secrets->next_totp),
	                     &secrets->has_next_totp));
	VS_TRY(vs_json_int(tape, vs_json_member(tape, root, "totp_step"), &secrets->totp_step));
	VS_TRY(read_optional(tape, "invitation", secrets->invitation, sizeof(secrets->invitation),
	                     &secrets->has_invitation));
	if (secrets->has_invitation)
		VS_TRY(vs_json_int(tape, vs_json_member(tape, root, "invited_until"),
		                   &secrets->invited_until_ms));
	for (const struct vs_json_node *item = vs_json_next(list, NULL); item != NULL;
	     item = vs_json_next(list, item)) {
		if (secrets->passkey_count == VS_LIMIT_PASSKEYS)
			return VS_FAIL(TOO_LONG);
		VS_TRY(read_passkey(tape, item, &secrets->passkeys[secrets->passkey_count]));
		secrets->passkey_count++;
	}
	return VS_OK;
}

vs_result
vs_api_secrets_read(struct vs_bytes text, struct vs_api_secrets *secrets_out)
{
	struct vs_api_secrets secrets = {.totp_step = -1};
	struct vs_json_tape tape;
	vs_result r = VS_OK;

	if (text.size > 0) {
		vs_json_tape_init(&tape);
		r = vs_json_parse(text, &tape);
		if (r.code == VS_E_OK)
			r = read_all(&tape, &secrets);
		vs_json_tape_done(&tape);
	}
	if (r.code == VS_E_OK)
		*secrets_out = secrets;
	explicit_bzero(&secrets, sizeof(secrets));
	return r.code == VS_E_OK ? r : VS_FAIL(BAD_MESSAGE);
}
