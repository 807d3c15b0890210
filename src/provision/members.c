/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/members.h"

#include <assert.h>
#include <string.h>

#include "wire/base64.h"

#define BLOB_SIZE_MAX 64

static vs_result
read_blob(const struct vs_json_tape *tape, const struct vs_json_node *node,
          const struct vs_provision_member *member)
{
	struct vs_bytes text;
	size_t size = 0;

	VS_TRY(vs_json_text(tape, node, NULL, 0, &text));
	VS_TRY(vs_base64_decode(VS_BASE64_URL, text, member->target, member->size, &size));
	return size == member->size ? VS_OK : VS_FAIL(BAD_VALUE);
}

static vs_result
read_buf(const struct vs_json_tape *tape, const struct vs_json_node *node, struct vs_buf *buf)
{
	uint8_t *room;
	struct vs_bytes text;

	if (node->size == 0)
		return vs_json_text(tape, node, NULL, 0, &text);
	VS_TRY(vs_buf_reserve(buf, node->size, &room));
	VS_TRY(vs_json_text(tape, node, (char *)room, node->size, &text));
	if (text.data != room)
		memcpy(room, text.data, text.size);
	if (memchr(room, '\0', text.size) != NULL)
		return VS_FAIL(BAD_VALUE);
	buf->size += text.size;
	return VS_OK;
}

static vs_result
read_one(const struct vs_json_tape *tape, const struct vs_json_node *node,
         const struct vs_provision_member *member)
{
	int64_t *number = member->target;

	switch (member->type) {
	case VS_PROVISION_TEXT:
		return vs_json_copy_text(tape, node, member->target, member->size);
	case VS_PROVISION_BUF:
		return read_buf(tape, node, member->target);
	case VS_PROVISION_BLOB:
		return read_blob(tape, node, member);
	case VS_PROVISION_NUMBER:
		VS_TRY(vs_json_int(tape, node, number));
		return *number >= 0 && *number <= VS_PROVISION_NUMBER_MAX ? VS_OK
		                                                          : VS_FAIL(OUT_OF_RANGE);
	case VS_PROVISION_TIME:
		return vs_json_time(tape, node, number);
	}
	return VS_FAIL(INTERNAL);
}

static vs_result
read_all(const struct vs_json_tape *tape, const struct vs_provision_member *members, size_t count)
{
	const struct vs_json_node *root = vs_json_root(tape);
	uint32_t found = 0;

	if (root == NULL || root->type != VS_JSON_OBJECT)
		return VS_FAIL(WRONG_TYPE);
	for (size_t i = 0; i < count; i++) {
		const struct vs_json_node *node = vs_json_member(tape, root, members[i].name);

		if (node == NULL && members[i].is_required)
			return VS_FAIL(MISSING);
		if (node == NULL)
			continue;
		VS_TRY(read_one(tape, node, &members[i]));
		found++;
	}
	return found == vs_json_count(root) ? VS_OK : VS_FAIL(UNEXPECTED);
}

vs_result
vs_provision_members_read(struct vs_bytes text, const struct vs_provision_member *members,
                          size_t count)
{
	struct vs_json_node nodes[VS_PROVISION_MEMBERS_MAX + 1];
	struct vs_json_tape tape;

	assert(members != NULL && count <= VS_PROVISION_MEMBERS_MAX);
	vs_json_tape_init_fixed(&tape, nodes, VS_PROVISION_MEMBERS_MAX + 1);
	VS_TRY(vs_json_parse(text, &tape));
	return read_all(&tape, members, count);
}

static bool
is_zero(const uint8_t *bytes, size_t size)
{
	uint8_t any = 0;

	for (size_t i = 0; i < size; i++)
		any |= bytes[i];
	return any == 0;
}

static bool
is_empty(const struct vs_provision_member *member)
{
	const int64_t *number = member->target;
	const struct vs_buf *buf = member->target;
	const char *text = member->target;

	switch (member->type) {
	case VS_PROVISION_TEXT:
		return text[0] == '\0';
	case VS_PROVISION_BUF:
		return buf->size == 0;
	case VS_PROVISION_BLOB:
		return is_zero(member->target, member->size);
	case VS_PROVISION_NUMBER:
	case VS_PROVISION_TIME:
		return *number == 0;
	}
	return true;
}

static void
write_one(struct vs_json_writer *json, const struct vs_provision_member *member)
{
	const int64_t *number = member->target;
	char text[VS_BASE64_TEXT_SIZE(BLOB_SIZE_MAX)];

	vs_json_write_key(json, member->name);
	switch (member->type) {
	case VS_PROVISION_TEXT:
		vs_json_write_text(json, member->target);
		break;
	case VS_PROVISION_BUF:
		vs_json_write_string(json, vs_buf_view(member->target));
		break;
	case VS_PROVISION_BLOB:
		assert(member->size <= BLOB_SIZE_MAX);
		(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(member->target, member->size),
		                       text, sizeof(text));
		vs_json_write_text(json, text);
		explicit_bzero(text, sizeof(text));
		break;
	case VS_PROVISION_NUMBER:
		vs_json_write_int(json, *number);
		break;
	case VS_PROVISION_TIME:
		vs_json_write_time(json, *number);
		break;
	}
}

vs_result
vs_provision_members_write(const struct vs_provision_member *members, size_t count,
                           struct vs_buf *text)
{
	struct vs_json_writer json;

	assert(members != NULL && count <= VS_PROVISION_MEMBERS_MAX && text != NULL);
	vs_json_write_begin(&json, text);
	vs_json_write_object(&json);
	for (size_t i = 0; i < count; i++) {
		if (members[i].is_required || !is_empty(&members[i]))
			write_one(&json, &members[i]);
	}
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}
