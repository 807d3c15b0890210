/* SPDX-License-Identifier: Apache-2.0 */
#include "field/told.h"

#include <assert.h>
#include <string.h>

#include "wire/base64.h"

static vs_result
read_fixed(const struct vs_json_tape *tape, const struct vs_json_node *node, enum vs_base64 kind,
           uint8_t *data, size_t size)
{
	struct vs_bytes text = {NULL, 0};
	size_t got = 0;

	VS_TRY(vs_json_text(tape, node, NULL, 0, &text));
	VS_TRY(vs_base64_decode(kind, text, data, size, &got));
	return got == size ? VS_OK : VS_FAIL(BAD_ENCODING);
}

static vs_result
read_key(const struct vs_json_tape *tape, const struct vs_json_node *root,
         struct vs_field_told *told)
{
	const struct vs_json_node *sealed = vs_json_member(tape, root, "key");
	int64_t epoch = 0;

	VS_TRY(vs_json_int(tape, vs_json_member(tape, root, "epoch"), &epoch));
	if (epoch < 1 || epoch > UINT32_MAX)
		return VS_FAIL(OUT_OF_RANGE);
	told->epoch = (uint32_t)epoch;
	told->is_bare = vs_json_is(tape, vs_json_member(tape, root, "key_delivery"), "tls");
	if (told->is_bare)
		return read_fixed(tape, vs_json_member(tape, root, "encryption_key"), VS_BASE64,
		                  told->key, sizeof(told->key));
	VS_TRY(read_fixed(tape, vs_json_member(tape, sealed, "enc"), VS_BASE64_URL, told->enc,
	                  sizeof(told->enc)));
	return read_fixed(tape, vs_json_member(tape, sealed, "ct"), VS_BASE64_URL, told->ct,
	                  sizeof(told->ct));
}

static vs_result
read_info(const struct vs_json_tape *tape, const struct vs_json_node *root,
          struct vs_field_told *told)
{
	struct vs_bytes least = {NULL, 0};

	told->kind = VS_FIELD_TOLD_INFO;
	VS_TRY(vs_json_bool(vs_json_member(tape, root, "encryption_enabled"), &told->is_sealed));
	VS_TRY(vs_json_copy_text(tape, vs_json_member(tape, root, "tenant"), told->tenant,
	                         sizeof(told->tenant)));
	VS_TRY(vs_json_text(tape, vs_json_member(tape, root, "least"), NULL, 0, &least));
	VS_TRY(vs_field_profile_parse(least, &told->least));
	VS_TRY(read_fixed(tape, vs_json_member(tape, root, "sn"), VS_BASE64_URL, told->sn,
	                  sizeof(told->sn)));
	return told->is_sealed ? read_key(tape, root, told) : VS_OK;
}

static vs_result
read_answer(const struct vs_json_tape *tape, const struct vs_json_node *root,
            struct vs_field_told *told)
{
	const struct vs_json_node *status = vs_json_member(tape, root, "status");
	const struct vs_json_node *n = vs_json_member(tape, root, "n");
	int64_t number = 0;

	told->has_n = n != NULL;
	if (n != NULL) {
		VS_TRY(vs_json_int(tape, n, &number));
		if (number < 0)
			return VS_FAIL(OUT_OF_RANGE);
		told->n = (uint64_t)number;
	}
	told->kind = VS_FIELD_TOLD_TAKEN;
	if (vs_json_is(tape, status, "success"))
		return VS_OK;
	told->kind = VS_FIELD_TOLD_REFUSED;
	if (!vs_json_is(tape, status, "error"))
		return VS_FAIL(UNKNOWN_TYPE);
	return vs_json_copy_text(tape, vs_json_member(tape, root, "code"), told->code,
	                         sizeof(told->code));
}

vs_result
vs_field_told_read(struct vs_json_tape *tape, struct vs_bytes text, struct vs_field_told *told_out)
{
	const struct vs_json_node *root, *type;

	assert(tape != NULL && told_out != NULL);
	*told_out = (struct vs_field_told){.epoch = 0};
	VS_TRY(vs_json_parse(text, tape));
	root = vs_json_root(tape);
	type = vs_json_member(tape, root, "type");
	if (type == NULL)
		return read_answer(tape, root, told_out);
	if (vs_json_is(tape, type, "device_info"))
		return read_info(tape, root, told_out);
	if (!vs_json_is(tape, type, "key_update"))
		return VS_FAIL(UNKNOWN_TYPE);
	told_out->kind = VS_FIELD_TOLD_KEY;
	VS_TRY(read_key(tape, root, told_out));
	return read_fixed(tape, vs_json_member(tape, root, "oid"), VS_BASE64_URL, told_out->oid,
	                  sizeof(told_out->oid));
}
