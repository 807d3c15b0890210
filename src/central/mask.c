/* SPDX-License-Identifier: Apache-2.0 */
#include "central/mask.h"

#include <assert.h>
#include <strings.h>

#define NAME_SIZE 201u /* 50 characters of four bytes, with the NUL */

/* Names are compared without regard to case, as stations do (2.0.1 part 2, 2.1.2). */
static bool
is_one_of(const struct vs_json_tape *tape, const struct vs_json_node *node,
          const char *const *names)
{
	char text[NAME_SIZE];

	if (node == NULL || vs_json_copy_text(tape, node, text, sizeof(text)).code != VS_E_OK)
		return false;
	for (; *names != NULL; names++)
		if (strcasecmp(text, *names) == 0)
			return true;
	return false;
}

/* Is this member of this object a secret? */
static bool
is_secret(enum vs_ocpp_action action, const struct vs_json_tape *tape,
          const struct vs_json_node *object, struct vs_bytes key)
{
	static const char *const variables[] = {"BasicAuthPassword", "Password", "AuthorizationKey",
	                                        NULL};
	static const char *const members[] = {"basicAuthPassword", "apnPassword", "simPin",
	                                      "password",          "key",         NULL};

	if (action == VS_OCPP_SetVariables || action == VS_OCPP_GetVariables)
		return vs_bytes_equal_text(key, "attributeValue") &&
		       is_one_of(
			   tape,
			   vs_json_member(tape, vs_json_member(tape, object, "variable"), "name"),
			   variables);
	if (action == VS_OCPP_ChangeConfiguration || action == VS_OCPP_GetConfiguration)
		return vs_bytes_equal_text(key, "value") &&
		       is_one_of(tape, vs_json_member(tape, object, "key"), variables);
	/* Who knows where a log may be uploaded may upload one. */
	if (action == VS_OCPP_GetLog || action == VS_OCPP_GetDiagnostics)
		return vs_bytes_equal_text(key, "remoteLocation") ||
		       vs_bytes_equal_text(key, "location");
	for (const char *const *member = members; *member != NULL; member++)
		if (vs_bytes_equal_text(key, *member))
			return true;
	return false;
}

/* Depth is bounded by the parser. */
static void
copy(enum vs_ocpp_action action, const struct vs_json_tape *tape, const struct vs_json_node *node,
     struct vs_json_writer *writer)
{
	const struct vs_json_node *child = NULL;
	bool is_object = node->type == VS_JSON_OBJECT;

	if (!is_object && node->type != VS_JSON_ARRAY) {
		vs_json_write_raw(writer, vs_json_raw(tape, node));
		return;
	}
	if (is_object)
		vs_json_write_object(writer);
	else
		vs_json_write_array(writer);
	while ((child = vs_json_next(node, child)) != NULL) {
		struct vs_bytes key = vs_json_key(tape, child);

		if (is_object)
			vs_json_write_key_bytes(writer, key);
		if (is_object && is_secret(action, tape, node, key))
			vs_json_write_text(writer, "***");
		else
			copy(action, tape, child, writer);
	}
	if (is_object)
		vs_json_write_object_end(writer);
	else
		vs_json_write_array_end(writer);
}

struct vs_bytes
vs_central_mask(enum vs_ocpp_action action, struct vs_bytes payload, struct vs_buf *room)
{
	const struct vs_bytes nothing = {NULL, 0};
	struct vs_json_writer writer;
	struct vs_json_tape tape;
	vs_result r;

	assert(room != NULL);
	switch ((int)action) {
	case VS_OCPP_SetVariables:
	case VS_OCPP_GetVariables:
	case VS_OCPP_ChangeConfiguration:
	case VS_OCPP_GetConfiguration:
	case VS_OCPP_SetNetworkProfile:
	case VS_OCPP_GetLog:
	case VS_OCPP_GetDiagnostics:
		break;
	default:
		return payload;
	}
	vs_buf_reset(room);
	vs_json_tape_init(&tape);
	r = vs_json_parse(payload, &tape);
	if (r.code == VS_E_OK) {
		vs_json_write_begin(&writer, room);
		copy(action, &tape, vs_json_root(&tape), &writer);
		r = vs_json_write_end(&writer);
	}
	vs_json_tape_done(&tape);
	return r.code == VS_E_OK ? vs_buf_view(room) : nothing;
}
