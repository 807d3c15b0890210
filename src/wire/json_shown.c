/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_shown.h"

struct shown {
	struct vs_json_writer *writer;
	const struct vs_json_tape *tape;
	const char *const *names;
	size_t count;
};

static bool
is_named(const struct shown *shown, struct vs_bytes name)
{
	for (size_t i = 0; i < shown->count; i++)
		if (vs_bytes_equal_text(name, shown->names[i]))
			return true;
	return false;
}

/* As deep as the parser let it be. */
static void
write_value(const struct shown *shown, const struct vs_json_node *node, struct vs_bytes name)
{
	const struct vs_json_node *child = NULL;

	if (node->type == VS_JSON_OBJECT) {
		vs_json_write_object(shown->writer);
		while ((child = vs_json_next(node, child)) != NULL) {
			struct vs_bytes key = vs_json_key(shown->tape, child);
			bool is_plain = (child->flags & VS_JSON_KEY_ESCAPED) == 0;

			vs_json_write_key_bytes(shown->writer,
			                        is_plain ? key : VS_BYTES_LITERAL("?"));
			write_value(shown, child, is_plain ? key : vs_bytes_from(NULL, 0));
			if (!is_plain) /* two of them would be one name twice */
				break;
		}
		vs_json_write_object_end(shown->writer);
	} else if (node->type == VS_JSON_ARRAY) {
		vs_json_write_array(shown->writer);
		while ((child = vs_json_next(node, child)) != NULL)
			write_value(shown, child, name);
		vs_json_write_array_end(shown->writer);
	} else if (is_named(shown, name)) {
		vs_json_write_raw(shown->writer, vs_json_raw(shown->tape, node));
	} else {
		vs_json_write_text(shown->writer, VS_JSON_LEFT_OUT);
	}
}

void
vs_json_write_shown(struct vs_json_writer *writer, const struct vs_json_tape *tape,
                    const struct vs_json_node *node, const char *const *names, size_t count)
{
	const struct shown shown = {writer, tape, names, count};

	if (node == NULL)
		vs_json_write_null(writer);
	else
		write_value(&shown, node, vs_bytes_from(NULL, 0));
}
