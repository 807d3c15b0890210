/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <inttypes.h>
#include <stdio.h>

static struct vs_api_field *
field_find(const struct vs_json_tape *tape, const struct vs_json_node *member,
           struct vs_api_field *fields, size_t count)
{
	if ((member->flags & VS_JSON_KEY_ESCAPED) != 0)
		return NULL; /* none of our names needs an escape */
	for (size_t i = 0; i < count; i++)
		if (vs_bytes_equal_text(vs_json_key(tape, member), fields[i].name))
			return &fields[i];
	return NULL;
}

static vs_result
int_read(const struct vs_json_tape *tape, const struct vs_json_node *node,
         const struct vs_api_field *field)
{
	int64_t value;

	VS_TRY(vs_json_int(tape, node, &value));
	if (value < field->low || value > field->high)
		return VS_FAIL(OUT_OF_RANGE);
	*(int64_t *)field->target = value;
	return VS_OK;
}

static vs_result
value_read(const struct vs_json_tape *tape, const struct vs_json_node *node,
           struct vs_api_field *field)
{
	field->is_present = true;
	field->is_null = node->type == VS_JSON_NULL;
	if (field->is_null)
		return field->is_required ? VS_FAIL(MISSING) : VS_OK;
	switch (field->type) {
	case VS_API_FIELD_TEXT:
		return vs_json_copy_text(tape, node, field->target, field->size);
	case VS_API_FIELD_INT:
		return int_read(tape, node, field);
	case VS_API_FIELD_BOOL:
		return vs_json_bool(node, field->target);
	case VS_API_FIELD_TIME:
		return vs_json_time(tape, node, field->target);
	case VS_API_FIELD_OBJECT:
		if (node->type != VS_JSON_OBJECT)
			return VS_FAIL(WRONG_TYPE);
		*(struct vs_bytes *)field->target = vs_json_raw(tape, node);
		return VS_OK;
	}
	return VS_FAIL(INTERNAL);
}

static void
value_explain(const struct vs_api_field *field, vs_result why,
              char detail[static VS_API_DETAIL_SIZE])
{
	if (why.code == VS_E_OUT_OF_RANGE)
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "%s: a number from %" PRId64 " to %" PRId64 " is expected",
		               field->name, field->low, field->high);
	else if (why.code == VS_E_TOO_LONG)
		(void)snprintf(detail, VS_API_DETAIL_SIZE, "%s: at most %zu bytes are allowed",
		               field->name, field->size - 1);
	else
		(void)snprintf(detail, VS_API_DETAIL_SIZE, "%s: %s", field->name,
		               vs_err_text(why.code));
}

static vs_result
object_read(const struct vs_json_tape *tape, struct vs_api_field *fields, size_t count,
            char detail[static VS_API_DETAIL_SIZE])
{
	const struct vs_json_node *root = vs_json_root(tape);
	const struct vs_json_node *member = NULL;

	if (root->type != VS_JSON_OBJECT) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE, "the body must be a JSON object");
		return VS_FAIL(WRONG_TYPE);
	}
	while ((member = vs_json_next(root, member)) != NULL) {
		struct vs_api_field *field = field_find(tape, member, fields, count);
		vs_result r;

		if (field == NULL) {
			struct vs_bytes key = vs_json_key(tape, member);

			if (key.size > 40)
				key.size = 0;
			(void)snprintf(detail, VS_API_DETAIL_SIZE,
			               "%.*s: this member is not known here", VS_BYTES_PRINTF(key));
			return VS_FAIL(UNEXPECTED);
		}
		r = value_read(tape, member, field);
		if (r.code != VS_E_OK) {
			value_explain(field, r, detail);
			return r;
		}
	}
	return VS_OK;
}

vs_result
vs_api_body_read(struct vs_bytes body, struct vs_api_field *fields, size_t count,
                 char detail[static VS_API_DETAIL_SIZE])
{
	struct vs_json_tape tape;
	vs_result r = VS_OK;

	detail[0] = '\0';
	vs_json_tape_init(&tape);
	if (body.size > 0) {
		r = vs_json_parse(body, &tape);
		if (r.code == VS_E_OK)
			r = object_read(&tape, fields, count, detail);
		else
			(void)snprintf(detail, VS_API_DETAIL_SIZE,
			               "the body is not JSON: byte %" PRIu32, tape.fault_at);
	}
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++) {
		if (!fields[i].is_required || fields[i].is_present)
			continue;
		r = VS_FAIL(MISSING);
		value_explain(&fields[i], r, detail);
	}
	vs_json_tape_done(&tape);
	return r;
}
