/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/note.h"

#include <assert.h>
#include <string.h>

#include "crypto/sign.h"
#include "wire/base64.h"
#include "wire/utf8.h"

#define DASH           "\xe2\x80\x94 " /* U+2014 and a space begin a signature line */
#define SIGNATURE_SIZE 64
#define STAMP_SIZE     8

static bool
is_name(struct vs_bytes name)
{
	if (name.size == 0 || name.size >= VS_AUDIT_NAME_SIZE)
		return false;
	for (size_t i = 0; i < name.size; i++) {
		if (name.data[i] <= ' ' || name.data[i] >= 0x7f || name.data[i] == '+')
			return false;
	}
	return true;
}

/* --- keys ------------------------------------------------------------------------------------ */

static vs_result
key_id(const struct vs_audit_vkey *vkey, uint8_t id_out[static 4])
{
	uint8_t text[VS_AUDIT_NAME_SIZE + 2 + 32], digest[VS_SHA256_SIZE];
	size_t size = strlen(vkey->name);

	memcpy(text, vkey->name, size);
	text[size++] = '\n';
	text[size++] = (uint8_t)vkey->kind;
	memcpy(text + size, vkey->public, sizeof(vkey->public));
	VS_TRY(vs_crypto_sha256(vs_bytes_from(text, size + sizeof(vkey->public)), digest));
	memcpy(id_out, digest, 4);
	return VS_OK;
}

static bool
is_id(const uint8_t *id, const struct vs_audit_vkey *vkey)
{
	return vs_bytes_equal(vs_bytes_from(id, sizeof(vkey->id)),
	                      vs_bytes_from(vkey->id, sizeof(vkey->id)));
}

vs_result
vs_audit_vkey_make(const char *name, enum vs_audit_key_kind kind, const struct vs_pkey *key,
                   struct vs_audit_vkey *vkey_out)
{
	struct vs_audit_vkey vkey = {.kind = kind};
	uint8_t raw[VS_PKEY_PUBLIC_SIZE_MAX];
	size_t size;

	assert(name != NULL && key != NULL && vkey_out != NULL);
	if (!is_name(vs_bytes_from_text(name)) || vs_pkey_kind_of(key) != VS_PKEY_ED25519)
		return VS_FAIL(BAD_VALUE);
	memcpy(vkey.name, name, strlen(name) + 1);
	VS_TRY(vs_pkey_raw_public(key, raw, &size));
	memcpy(vkey.public, raw, sizeof(vkey.public));
	VS_TRY(key_id(&vkey, vkey.id));
	*vkey_out = vkey;
	return VS_OK;
}

vs_result
vs_audit_vkey_parse(struct vs_bytes text, struct vs_audit_vkey *vkey_out)
{
	const uint8_t *plus = memchr(text.data, '+', text.size);
	struct vs_audit_vkey vkey = {.name = ""};
	uint8_t id[4], key[33], real[4];
	size_t name_size, size;

	if (plus == NULL)
		return VS_FAIL(BAD_VALUE);
	name_size = (size_t)(plus - text.data);
	if (!is_name(vs_bytes_from(text.data, name_size)) || text.size < name_size + 10 ||
	    plus[9] != '+')
		return VS_FAIL(BAD_VALUE);
	(void)vs_bytes_copy_text(vs_bytes_from(text.data, name_size), vkey.name, sizeof(vkey.name));
	VS_TRY(vs_hex_decode(vs_bytes_from(plus + 1, 8), id, sizeof(id), &size));
	VS_TRY(vs_base64_decode(VS_BASE64, vs_bytes_from(plus + 10, text.size - name_size - 10),
	                        key, sizeof(key), &size));
	if (size != sizeof(key) || (key[0] != VS_AUDIT_SIGNER && key[0] != VS_AUDIT_WITNESS))
		return VS_FAIL(BAD_VALUE);
	vkey.kind = key[0] == VS_AUDIT_SIGNER ? VS_AUDIT_SIGNER : VS_AUDIT_WITNESS;
	memcpy(vkey.id, id, sizeof(id));
	memcpy(vkey.public, key + 1, sizeof(vkey.public));
	VS_TRY(key_id(&vkey, real));
	if (!is_id(real, &vkey))
		return VS_FAIL(BAD_VALUE);
	*vkey_out = vkey;
	return VS_OK;
}

void
vs_audit_vkey_text(const struct vs_audit_vkey *vkey, char text_out[static VS_AUDIT_VKEY_SIZE])
{
	uint8_t key[33];
	size_t at = strlen(vkey->name);

	memcpy(text_out, vkey->name, at);
	text_out[at++] = '+';
	at += vs_hex_encode(vs_bytes_from(vkey->id, sizeof(vkey->id)), text_out + at,
	                    VS_AUDIT_VKEY_SIZE - at);
	text_out[at++] = '+';
	key[0] = (uint8_t)vkey->kind;
	memcpy(key + 1, vkey->public, sizeof(vkey->public));
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(key, sizeof(key)), text_out + at,
	                       VS_AUDIT_VKEY_SIZE - at);
}

/* --- notes ----------------------------------------------------------------------------------- */

/* One line off the front, without its newline. */
static bool
take_line(struct vs_bytes *rest, struct vs_bytes *line_out)
{
	const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;

	if (end == NULL)
		return false;
	*line_out = vs_bytes_from(rest->data, (size_t)(end - rest->data));
	rest->data += line_out->size + 1;
	rest->size -= line_out->size + 1;
	return true;
}

struct signature {
	struct vs_bytes name;
	uint8_t bytes[4 + STAMP_SIZE + SIGNATURE_SIZE]; /* the key's id first */
	size_t size;
};

/* A signature line of another algorithm may be longer than ours: size 0 then. */
static vs_result
read_signature(struct vs_bytes line, struct signature *signature)
{
	const size_t dash = sizeof(DASH) - 1;
	const uint8_t *space;
	struct vs_bytes name, text;
	vs_result r;

	if (line.size <= dash || !vs_bytes_equal_text(vs_bytes_from(line.data, dash), DASH))
		return VS_FAIL(BAD_MESSAGE);
	space = memchr(line.data + dash, ' ', line.size - dash);
	if (space == NULL)
		return VS_FAIL(BAD_MESSAGE);
	name = vs_bytes_from(line.data + dash, (size_t)(space - line.data) - dash);
	text = vs_bytes_from(space + 1, line.size - dash - name.size - 1);
	if (!is_name(name) || text.size == 0)
		return VS_FAIL(BAD_MESSAGE);
	r = vs_base64_decode(VS_BASE64, text, signature->bytes, sizeof(signature->bytes),
	                     &signature->size);
	if (r.code == VS_E_TOO_LONG)
		signature->size = 0;
	else if (r.code != VS_E_OK || signature->size <= 4)
		return VS_FAIL(BAD_MESSAGE);
	signature->name = name;
	return VS_OK;
}

/* The text's lines have no control characters but their ends. */
static vs_result
check_text(struct vs_bytes text)
{
	if (!vs_utf8_is_valid(text))
		return VS_FAIL(BAD_UTF8);
	for (size_t i = 0; i < text.size; i++) {
		if ((text.data[i] < ' ' && text.data[i] != '\n') || text.data[i] == 0x7f)
			return VS_FAIL(BAD_MESSAGE);
	}
	return VS_OK;
}

vs_result
vs_audit_note_parse(struct vs_bytes bytes, struct vs_audit_note *note_out)
{
	struct vs_audit_note note;
	struct signature signature;
	struct vs_bytes rest, line;
	size_t end = bytes.size;

	assert(note_out != NULL);
	if (bytes.size > VS_AUDIT_NOTE_SIZE)
		return VS_FAIL(TOO_LONG);
	if (bytes.size < 3 || bytes.data[bytes.size - 1] != '\n')
		return VS_FAIL(BAD_MESSAGE);
	/* The last empty line: the text itself may hold some. */
	while (end >= 2 && (bytes.data[end - 1] != '\n' || bytes.data[end - 2] != '\n'))
		end--;
	if (end < 3 || end == bytes.size)
		return VS_FAIL(BAD_MESSAGE);
	note.text = vs_bytes_from(bytes.data, end - 1);
	note.signatures = vs_bytes_from(bytes.data + end, bytes.size - end);
	VS_TRY(check_text(bytes));
	rest = note.signatures;
	while (take_line(&rest, &line))
		VS_TRY(read_signature(line, &signature));
	*note_out = note;
	return VS_OK;
}

/* What a key signs: the text, for a witness below two lines of its own. */
static vs_result
signed_text(struct vs_bytes text, const struct vs_audit_vkey *vkey, uint64_t time_s,
            struct vs_buf *message)
{
	if (vkey->kind == VS_AUDIT_WITNESS)
		VS_TRY(vs_buf_printf(message, "cosignature/v1\ntime %llu\n",
		                     (unsigned long long)time_s));
	return vs_buf_append_bytes(message, text);
}

static vs_result
check_signature(struct vs_bytes text, const struct vs_audit_vkey *vkey,
                const struct signature *signature, uint64_t *time_out)
{
	size_t stamp = vkey->kind == VS_AUDIT_WITNESS ? STAMP_SIZE : 0;
	struct vs_pkey *key = NULL;
	struct vs_buf message;
	uint64_t time_s = 0;
	vs_result r;

	if (signature->size != 4 + stamp + SIGNATURE_SIZE)
		return VS_FAIL(NOT_AUTHENTIC);
	for (size_t i = 0; i < stamp; i++)
		time_s = time_s << 8 | signature->bytes[4 + i];
	VS_TRY(vs_pkey_read_raw_public(VS_PKEY_ED25519,
	                               vs_bytes_from(vkey->public, sizeof(vkey->public)), &key));
	vs_buf_init(&message, VS_AUDIT_NOTE_SIZE + 64);
	r = signed_text(text, vkey, time_s, &message);
	if (r.code == VS_E_OK)
		r = vs_sign_check(key, VS_SIGN_EDDSA, VS_SIGN_RAW, vs_buf_view(&message),
		                  vs_bytes_from(signature->bytes + 4 + stamp, SIGNATURE_SIZE));
	vs_buf_done(&message);
	vs_pkey_free(&key);
	if (r.code == VS_E_OK && time_out != NULL)
		*time_out = time_s;
	return r;
}

vs_result
vs_audit_note_check(const struct vs_audit_note *note, const struct vs_audit_vkey *vkey,
                    uint64_t *time_out)
{
	struct vs_bytes rest = note->signatures, line;
	struct signature signature;

	assert(vkey != NULL);
	while (take_line(&rest, &line)) {
		VS_TRY(read_signature(line, &signature));
		if (signature.size > 4 && vs_bytes_equal_text(signature.name, vkey->name) &&
		    is_id(signature.bytes, vkey))
			return check_signature(note->text, vkey, &signature, time_out);
	}
	return VS_FAIL(NOT_FOUND);
}

vs_result
vs_audit_note_sign(struct vs_bytes text, const struct vs_audit_vkey *vkey,
                   const struct vs_pkey *key, uint64_t time_s, struct vs_buf *lines)
{
	char line[VS_BASE64_TEXT_SIZE(4 + STAMP_SIZE + SIGNATURE_SIZE)];
	size_t stamp = vkey->kind == VS_AUDIT_WITNESS ? STAMP_SIZE : 0;
	uint8_t bytes[4 + STAMP_SIZE + SIGNATURE_SIZE];
	struct vs_buf message, signature;
	vs_result r;

	memcpy(bytes, vkey->id, 4);
	for (size_t i = 0; i < stamp; i++)
		bytes[4 + i] = (uint8_t)(time_s >> (8 * (STAMP_SIZE - 1 - i)));
	vs_buf_init(&message, VS_AUDIT_NOTE_SIZE + 64);
	vs_buf_init(&signature, VS_SIGN_SIZE_MAX);
	r = signed_text(text, vkey, time_s, &message);
	if (r.code == VS_E_OK)
		r = vs_sign_make(key, VS_SIGN_EDDSA, VS_SIGN_RAW, vs_buf_view(&message),
		                 &signature);
	if (r.code == VS_E_OK) {
		memcpy(bytes + 4 + stamp, signature.data, SIGNATURE_SIZE);
		(void)vs_base64_encode(VS_BASE64, vs_bytes_from(bytes, 4 + stamp + SIGNATURE_SIZE),
		                       line, sizeof(line));
		r = vs_buf_printf(lines, DASH "%s %s\n", vkey->name, line);
	}
	vs_buf_done(&message);
	vs_buf_done(&signature);
	return r;
}

/* --- checkpoints ----------------------------------------------------------------------------- */

static bool
read_size(struct vs_bytes line, uint64_t *size_out)
{
	uint64_t size = 0;

	if (line.size == 0 || line.size > 19 || (line.data[0] == '0' && line.size > 1))
		return false;
	for (size_t i = 0; i < line.size; i++) {
		if (line.data[i] < '0' || line.data[i] > '9')
			return false;
		size = 10 * size + (uint64_t)(line.data[i] - '0');
	}
	*size_out = size;
	return true;
}

vs_result
vs_audit_checkpoint_parse(struct vs_bytes text, struct vs_audit_checkpoint *checkpoint_out)
{
	struct vs_audit_checkpoint checkpoint = {.size = 0};
	struct vs_bytes rest = text, origin, size, root;
	size_t root_size;

	assert(checkpoint_out != NULL);
	if (!take_line(&rest, &origin) || !take_line(&rest, &size) || !take_line(&rest, &root) ||
	    !is_name(origin) || !read_size(size, &checkpoint.size))
		return VS_FAIL(BAD_MESSAGE);
	(void)vs_bytes_copy_text(origin, checkpoint.origin, sizeof(checkpoint.origin));
	VS_TRY(vs_base64_decode(VS_BASE64, root, checkpoint.root.bytes,
	                        sizeof(checkpoint.root.bytes), &root_size));
	if (root_size != VS_SHA256_SIZE)
		return VS_FAIL(BAD_MESSAGE);
	*checkpoint_out = checkpoint;
	return VS_OK;
}

vs_result
vs_audit_checkpoint_print(const struct vs_audit_checkpoint *checkpoint, struct vs_buf *text)
{
	char root[VS_BASE64_TEXT_SIZE(VS_SHA256_SIZE)];

	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(checkpoint->root.bytes, VS_SHA256_SIZE),
	                       root, sizeof(root));
	return vs_buf_printf(text, "%s\n%llu\n%s\n", checkpoint->origin,
	                     (unsigned long long)checkpoint->size, root);
}

vs_result
vs_audit_checkpoint_sign(const struct vs_audit_checkpoint *checkpoint,
                         const struct vs_audit_vkey *vkey, const struct vs_pkey *key,
                         struct vs_buf *note)
{
	size_t start = note->size;
	struct vs_buf lines;
	vs_result r = vs_audit_checkpoint_print(checkpoint, note);

	vs_buf_init(&lines, 1024);
	if (r.code == VS_E_OK)
		r = vs_audit_note_sign(vs_bytes_from(note->data + start, note->size - start), vkey,
		                       key, 0, &lines);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(note, '\n');
	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(note, vs_buf_view(&lines));
	vs_buf_done(&lines);
	if (r.code != VS_E_OK)
		note->size = start;
	return r;
}

vs_result
vs_audit_checkpoint_open(struct vs_bytes bytes, const struct vs_audit_vkey *vkey,
                         struct vs_audit_checkpoint *checkpoint_out)
{
	struct vs_audit_checkpoint checkpoint = {.size = 0};
	struct vs_audit_note note;

	VS_TRY(vs_audit_note_parse(bytes, &note));
	VS_TRY(vs_audit_note_check(&note, vkey, NULL));
	VS_TRY(vs_audit_checkpoint_parse(note.text, &checkpoint));
	if (strcmp(checkpoint.origin, vkey->name) != 0)
		return VS_FAIL(NOT_AUTHENTIC);
	*checkpoint_out = checkpoint;
	return VS_OK;
}
