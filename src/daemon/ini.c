/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ini.h"

#include <assert.h>
#include <string.h>

static struct vs_bytes
trim(struct vs_bytes text)
{
	while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
		text.data++;
		text.size--;
	}
	while (text.size > 0 &&
	       (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t' ||
	        text.data[text.size - 1] == '\r'))
		text.size--;
	return text;
}

static bool
copy_name(struct vs_bytes name, char *out)
{
	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_')
			return false;
	}
	return name.size > 0 && vs_bytes_copy_text(name, out, VS_DAEMON_INI_NAME_SIZE);
}

static bool
is_clean(struct vs_bytes line)
{
	for (size_t i = 0; i < line.size; i++) {
		if (line.data[i] == 0x7F || (line.data[i] < ' ' && line.data[i] != '\t'))
			return false;
	}
	return true;
}

/* NULL, or why it is malformed. */
static const char *
read_line(struct vs_bytes line, struct vs_daemon_ini_entry *entry, bool *is_entry)
{
	const uint8_t *equals;
	size_t key_size;

	*is_entry = false;
	line = trim(line);
	if (!is_clean(line))
		return "it holds a control character";
	if (line.size == 0 || line.data[0] == '#' || line.data[0] == ';')
		return NULL;
	if (line.data[0] == '[') {
		if (line.data[line.size - 1] != ']' ||
		    !copy_name(trim(vs_bytes_from(line.data + 1, line.size - 2)), entry->section))
			return "it is not [section]";
		return NULL;
	}
	equals = memchr(line.data, '=', line.size);
	if (equals == NULL)
		return "it is not key = value";
	key_size = (size_t)(equals - line.data);
	if (!copy_name(trim(vs_bytes_from(line.data, key_size)), entry->key))
		return "the key is not a name";
	if (!vs_bytes_copy_text(trim(vs_bytes_from(equals + 1, line.size - key_size - 1)),
	                        entry->value, sizeof(entry->value)))
		return "the value is too long";
	if (entry->section[0] == '\0')
		return "it stands before the first [section]";
	*is_entry = true;
	return NULL;
}

vs_result
vs_daemon_ini_parse(struct vs_bytes text,
                    vs_result (*take)(void *arg, const struct vs_daemon_ini_entry *entry),
                    void *arg, size_t *line_out, const char **why_out)
{
	struct vs_daemon_ini_entry entry = {.line = 0};

	assert(take != NULL && line_out != NULL && why_out != NULL);
	while (text.size > 0) {
		const uint8_t *end = memchr(text.data, '\n', text.size);
		size_t size = end != NULL ? (size_t)(end - text.data) : text.size;
		size_t used = end != NULL ? size + 1 : size;
		const char *why;
		bool is_entry;

		entry.line++;
		why = read_line(vs_bytes_from(text.data, size), &entry, &is_entry);
		if (why != NULL) {
			*line_out = entry.line;
			*why_out = why;
			return VS_FAIL(CONFIG_SYNTAX);
		}
		if (is_entry)
			VS_TRY(take(arg, &entry));
		text = vs_bytes_from(text.data + used, text.size - used);
	}
	return VS_OK;
}
