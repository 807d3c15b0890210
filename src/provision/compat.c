/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/compat.h"

#include <assert.h>
#include <string.h>

#include "provision/members.h"
#include "wire/base64.h"

#define PART_COUNT 4
enum part { SESSION_KEY, CIPHERTEXT, NONCE, TAG };

struct parts {
	struct vs_buf text[PART_COUNT];
};

static void
parts_init(struct parts *parts)
{
	for (size_t i = 0; i < PART_COUNT; i++)
		vs_buf_init(&parts->text[i], VS_PROVISION_E1_SIZE_MAX);
}

static void
parts_done(struct parts *parts)
{
	for (size_t i = 0; i < PART_COUNT; i++)
		vs_buf_done(&parts->text[i]);
}

static void
parts_list(struct parts *parts, struct vs_provision_member members[static PART_COUNT])
{
	const struct vs_provision_member all[PART_COUNT] = {
	    {"session_key", VS_PROVISION_BUF, true, 0, &parts->text[SESSION_KEY]},
	    {"ciphertext", VS_PROVISION_BUF, true, 0, &parts->text[CIPHERTEXT]},
	    {"nonce", VS_PROVISION_BUF, true, 0, &parts->text[NONCE]},
	    {"tag", VS_PROVISION_BUF, true, 0, &parts->text[TAG]},
	};

	memcpy(members, all, sizeof(all));
}

static vs_result
encode(struct vs_bytes data, struct vs_buf *text)
{
	size_t room_size = vs_base64_text_size(VS_BASE64, data.size) + 1;
	uint8_t *room;

	VS_TRY(vs_buf_reserve(text, room_size, &room));
	text->size += vs_base64_encode(VS_BASE64, data, (char *)room, room_size);
	return VS_OK;
}

/* In place: base64 never grows. */
static vs_result
decode(struct vs_buf *text, struct vs_bytes *data_out)
{
	uint8_t data[VS_PROVISION_E1_SIZE_MAX];
	size_t size = 0;

	VS_TRY(vs_base64_decode(VS_BASE64, vs_buf_view(text), data, sizeof(data), &size));
	vs_buf_reset(text);
	VS_TRY(vs_buf_append(text, data, size));
	*data_out = vs_buf_view(text);
	return VS_OK;
}

vs_result
vs_provision_e1_seal(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
                     struct vs_bytes plain, struct vs_buf *text)
{
	struct vs_provision_member members[PART_COUNT];
	struct vs_envelope envelope = {.wrapped_size = 0};
	struct vs_buf sealed;
	struct parts parts;
	vs_result r;

	assert(receiver != NULL && form != NULL && text != NULL);
	parts_init(&parts);
	parts_list(&parts, members);
	vs_buf_init(&sealed, VS_PROVISION_E1_SIZE_MAX);
	r = vs_envelope_seal(receiver, form, (struct vs_bytes){NULL, 0}, plain, &envelope, &sealed);
	if (r.code == VS_E_OK)
		r = encode(vs_bytes_from(envelope.wrapped, envelope.wrapped_size),
		           &parts.text[SESSION_KEY]);
	if (r.code == VS_E_OK)
		r = encode(vs_buf_view(&sealed), &parts.text[CIPHERTEXT]);
	if (r.code == VS_E_OK)
		r = encode(vs_bytes_from(envelope.nonce, form->nonce_size), &parts.text[NONCE]);
	if (r.code == VS_E_OK)
		r = encode(vs_bytes_from(envelope.tag, sizeof(envelope.tag)), &parts.text[TAG]);
	if (r.code == VS_E_OK)
		r = vs_provision_members_write(members, PART_COUNT, text);
	vs_buf_done(&sealed);
	parts_done(&parts);
	return r;
}

static vs_result
open_parts(const struct vs_pkey *receiver, const struct vs_envelope_form *form, struct parts *parts,
           struct vs_buf *plain)
{
	struct vs_envelope_view view;

	VS_TRY(decode(&parts->text[SESSION_KEY], &view.wrapped));
	VS_TRY(decode(&parts->text[CIPHERTEXT], &view.sealed));
	VS_TRY(decode(&parts->text[NONCE], &view.nonce));
	VS_TRY(decode(&parts->text[TAG], &view.tag));
	return vs_envelope_open(receiver, form, (struct vs_bytes){NULL, 0}, &view, plain);
}

vs_result
vs_provision_e1_open(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
                     struct vs_bytes text, struct vs_buf *plain)
{
	struct vs_provision_member members[PART_COUNT];
	struct parts parts;
	vs_result r;

	assert(receiver != NULL && form != NULL && plain != NULL);
	if (text.size > VS_PROVISION_E1_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	parts_init(&parts);
	parts_list(&parts, members);
	r = vs_provision_members_read(text, members, PART_COUNT);
	if (r.code == VS_E_OK)
		r = open_parts(receiver, form, &parts, plain);
	parts_done(&parts);
	return r;
}
