/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/manifest.h"

#include <assert.h>
#include <string.h>

#include "crypto/jws.h"
#include "wire/base64.h"

#define SUITE     "0020-0001-0002" /* X25519, HKDF-SHA256, AES-256-GCM: RFC 9180 7 */
#define NODES_MAX 64
#define KID       "prov-root"

static void
write_key(struct vs_json_writer *json, const struct vs_provision_manifest_key *key)
{
	char text[VS_BASE64_TEXT_SIZE(VS_PROVISION_KEM_SIZE)];

	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(key->pub, sizeof(key->pub)), text,
	                       sizeof(text));
	vs_json_write_object(json);
	vs_json_write_key(json, "kid");
	vs_json_write_text(json, key->kid);
	vs_json_write_key(json, "suite");
	vs_json_write_text(json, SUITE);
	vs_json_write_key(json, "pub");
	vs_json_write_text(json, text);
	vs_json_write_key(json, "st");
	vs_json_write_text(json, key->state);
	vs_json_write_object_end(json);
}

static vs_result
write_payload(const struct vs_provision_manifest *manifest, struct vs_buf *payload)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, payload);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "v");
	vs_json_write_int(&json, manifest->version);
	vs_json_write_key(&json, "nbf");
	vs_json_write_time(&json, manifest->not_before_ms);
	vs_json_write_key(&json, "exp");
	vs_json_write_time(&json, manifest->expires_ms);
	vs_json_write_key(&json, "keys");
	vs_json_write_array(&json);
	for (size_t i = 0; i < manifest->count; i++)
		write_key(&json, &manifest->keys[i]);
	vs_json_write_array_end(&json);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_provision_manifest_sign(const struct vs_provision_manifest *manifest, const struct vs_pkey *root,
                           struct vs_buf *text)
{
	struct vs_jose_key *key = NULL;
	struct vs_buf payload;
	vs_result r;

	assert(manifest != NULL && manifest->count <= VS_PROVISION_MANIFEST_KEYS);
	vs_buf_init(&payload, VS_PROVISION_MANIFEST_MAX);
	r = vs_jose_key_new(root, VS_JOSE_ALLOW(VS_SIGN_EDDSA), KID, &key);
	if (r.code == VS_E_OK)
		r = write_payload(manifest, &payload);
	if (r.code == VS_E_OK)
		r = vs_jws_make(key, VS_SIGN_EDDSA, VS_JWS_COMPACT, (struct vs_bytes){NULL, 0},
		                vs_buf_view(&payload), text);
	vs_buf_done(&payload);
	vs_jose_key_free(&key);
	return r;
}

/* --- reading
 * -------------------------------------------------------------------------------------- */

static vs_result
read_key(const struct vs_json_tape *tape, const struct vs_json_node *node,
         struct vs_provision_manifest_key *key)
{
	struct vs_bytes pub;
	size_t size = 0;

	if (!vs_json_is(tape, vs_json_member(tape, node, "suite"), SUITE))
		return VS_FAIL(UNSUPPORTED);
	VS_TRY(
	    vs_json_copy_text(tape, vs_json_member(tape, node, "kid"), key->kid, sizeof(key->kid)));
	VS_TRY(vs_json_copy_text(tape, vs_json_member(tape, node, "st"), key->state,
	                         sizeof(key->state)));
	VS_TRY(vs_json_text(tape, vs_json_member(tape, node, "pub"), NULL, 0, &pub));
	VS_TRY(vs_base64_decode(VS_BASE64_URL, pub, key->pub, sizeof(key->pub), &size));
	return size == sizeof(key->pub) ? VS_OK : VS_FAIL(BAD_VALUE);
}

static vs_result
read_payload(const struct vs_json_tape *tape, struct vs_provision_manifest *manifest)
{
	const struct vs_json_node *root = vs_json_root(tape), *item = NULL;
	const struct vs_json_node *keys = vs_json_member(tape, root, "keys");

	VS_TRY(vs_json_int(tape, vs_json_member(tape, root, "v"), &manifest->version));
	VS_TRY(vs_json_time(tape, vs_json_member(tape, root, "nbf"), &manifest->not_before_ms));
	VS_TRY(vs_json_time(tape, vs_json_member(tape, root, "exp"), &manifest->expires_ms));
	if (keys == NULL || keys->type != VS_JSON_ARRAY || manifest->version < 1)
		return VS_FAIL(BAD_VALUE);
	while ((item = vs_json_next(keys, item)) != NULL) {
		if (manifest->count == VS_PROVISION_MANIFEST_KEYS)
			return VS_FAIL(WRONG_COUNT);
		VS_TRY(read_key(tape, item, &manifest->keys[manifest->count]));
		manifest->count++;
	}
	return VS_OK;
}

static vs_result
check_signed(struct vs_bytes text, const struct vs_jose_key *key,
             struct vs_provision_manifest *manifest)
{
	struct vs_json_node nodes[NODES_MAX];
	struct vs_json_tape tape;
	struct vs_jws *jws = NULL;
	struct vs_bytes payload;
	vs_result r = vs_jws_read(text, &jws);

	if (r.code == VS_E_OK)
		r = vs_jws_check(jws, key, &payload);
	vs_json_tape_init_fixed(&tape, nodes, NODES_MAX);
	if (r.code == VS_E_OK)
		r = vs_json_parse(payload, &tape);
	if (r.code == VS_E_OK)
		r = read_payload(&tape, manifest);
	vs_jws_free(&jws);
	return r;
}

vs_result
vs_provision_manifest_check(struct vs_bytes text, const uint8_t root[static VS_PROVISION_ROOT_SIZE],
                            int64_t version_seen, int64_t now_ms,
                            struct vs_provision_manifest *manifest_out)
{
	struct vs_provision_manifest manifest = {.count = 0};
	struct vs_jose_key *key = NULL;
	struct vs_pkey *pkey = NULL;
	vs_result r = VS_FAIL(TOO_LONG);

	assert(manifest_out != NULL);
	if (text.size <= VS_PROVISION_MANIFEST_MAX)
		r = vs_pkey_read_raw_public(VS_PKEY_ED25519,
		                            vs_bytes_from(root, VS_PROVISION_ROOT_SIZE), &pkey);
	if (r.code == VS_E_OK)
		r = vs_jose_key_new(pkey, VS_JOSE_ALLOW(VS_SIGN_EDDSA), KID, &key);
	if (r.code == VS_E_OK)
		r = check_signed(text, key, &manifest);
	if (r.code == VS_E_OK && (manifest.version < version_seen ||
	                          now_ms < manifest.not_before_ms || now_ms >= manifest.expires_ms))
		r = VS_FAIL(STALE);
	if (r.code == VS_E_OK)
		*manifest_out = manifest;
	vs_jose_key_free(&key);
	vs_pkey_free(&pkey);
	return r;
}

const struct vs_provision_manifest_key *
vs_provision_manifest_active(const struct vs_provision_manifest *manifest)
{
	assert(manifest != NULL);
	for (size_t i = 0; i < manifest->count; i++) {
		if (strcmp(manifest->keys[i].state, "active") == 0)
			return &manifest->keys[i];
	}
	return NULL;
}
