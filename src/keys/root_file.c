/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/root_file.h"

#include <assert.h>
#include <string.h>

#include "wire/base64.h"
#include "wire/json.h"

#define FORMAT        1
#define TEXT_SIZE_MAX 8192
#define HEX_SIZE_MAX  (2 * VS_KEYS_WRAPPED_SIZE)

static bool
is_id(const char *id)
{
	return strlen(id) == VS_KEYS_ROOT_ID_SIZE - 1 &&
	       strspn(id, "0123456789abcdef") == VS_KEYS_ROOT_ID_SIZE - 1;
}

/* --- reading --------------------------------------------------------------------------------- */

/* An absent member leaves "". */
static vs_result
read_text(const struct vs_json_tape *tape, const struct vs_json_node *object, const char *key,
          char *text, size_t size)
{
	const struct vs_json_node *node = vs_json_member(tape, object, key);

	text[0] = '\0';
	return node == NULL ? VS_OK : vs_json_copy_text(tape, node, text, size);
}

static vs_result
read_hex(const struct vs_json_tape *tape, const struct vs_json_node *object, const char *key,
         uint8_t *data, size_t size, size_t *size_out)
{
	char text[HEX_SIZE_MAX + 1];

	VS_TRY(read_text(tape, object, key, text, sizeof(text)));
	return vs_hex_decode(vs_bytes_from_text(text), data, size, size_out);
}

static vs_result
read_u32(const struct vs_json_tape *tape, const struct vs_json_node *object, const char *key,
         uint32_t *number)
{
	const struct vs_json_node *node = vs_json_member(tape, object, key);
	int64_t value = 0;

	if (node != NULL)
		VS_TRY(vs_json_int(tape, node, &value));
	if (value < 0 || value > UINT32_MAX)
		return VS_FAIL(OUT_OF_RANGE);
	*number = (uint32_t)value;
	return VS_OK;
}

static vs_result
read_slot(const struct vs_json_tape *tape, const struct vs_json_node *slot,
          struct vs_keys_source *source, char id[static VS_KEYS_ROOT_ID_SIZE])
{
	char provider[VS_KEYS_LABEL_SIZE];
	size_t salt_size = 0;

	VS_TRY(read_text(tape, slot, "id", id, VS_KEYS_ROOT_ID_SIZE));
	VS_TRY(read_text(tape, slot, "provider", provider, sizeof(provider)));
	if (!is_id(id) ||
	    vs_keys_provider_find(vs_bytes_from_text(provider), &source->provider).code != VS_E_OK)
		return VS_FAIL(CONFIG);
	VS_TRY(read_text(tape, slot, "file", source->file, sizeof(source->file)));
	VS_TRY(read_text(tape, slot, "name", source->name, sizeof(source->name)));
	VS_TRY(read_text(tape, slot, "label", source->label, sizeof(source->label)));
	VS_TRY(read_u32(tape, slot, "memory_kib", &source->memory_kib));
	VS_TRY(read_u32(tape, slot, "passes", &source->passes));
	VS_TRY(read_hex(tape, slot, "salt", source->salt, sizeof(source->salt), &salt_size));
	if (salt_size != 0 && salt_size != sizeof(source->salt))
		return VS_FAIL(CONFIG);
	return read_hex(tape, slot, "wrapped", source->wrapped, sizeof(source->wrapped),
	                &source->wrapped_size);
}

static vs_result
read_file(const struct vs_json_tape *tape, struct vs_keys_root_file *file)
{
	const struct vs_json_node *root = vs_json_root(tape);
	const struct vs_json_node *previous = vs_json_member(tape, root, "previous");
	int64_t format = 0;

	VS_TRY(vs_json_int(tape, vs_json_member(tape, root, "format"), &format));
	if (format != FORMAT)
		return VS_FAIL(CONFIG);
	VS_TRY(read_slot(tape, vs_json_member(tape, root, "current"), &file->current,
	                 file->current_id));
	return previous == NULL ? VS_OK
	                        : read_slot(tape, previous, &file->previous, file->previous_id);
}

vs_result
vs_keys_root_file_parse(struct vs_bytes text, struct vs_keys_root_file *file_out)
{
	struct vs_keys_root_file file = {.current_id = ""};
	struct vs_json_tape tape;
	vs_result r;

	assert(file_out != NULL);
	vs_json_tape_init(&tape);
	r = vs_json_parse(text, &tape);
	if (r.code == VS_E_OK)
		r = read_file(&tape, &file);
	vs_json_tape_done(&tape);
	if (r.code != VS_E_OK)
		return r.code == VS_E_NO_MEMORY ? r : VS_FAIL(CONFIG);
	*file_out = file;
	return VS_OK;
}

/* --- writing --------------------------------------------------------------------------------- */

static void
write_text(struct vs_json_writer *json, const char *key, const char *text)
{
	if (text[0] == '\0')
		return;
	vs_json_write_key(json, key);
	vs_json_write_text(json, text);
}

static void
write_hex(struct vs_json_writer *json, const char *key, const uint8_t *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char text[HEX_SIZE_MAX + 1];

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[2 * size] = '\0';
	write_text(json, key, text);
}

static void
write_number(struct vs_json_writer *json, const char *key, uint32_t number)
{
	if (number == 0)
		return;
	vs_json_write_key(json, key);
	vs_json_write_int(json, number);
}

static void
write_slot(struct vs_json_writer *json, const char *key, const struct vs_keys_source *source,
           const char *id)
{
	vs_json_write_key(json, key);
	vs_json_write_object(json);
	write_text(json, "id", id);
	write_text(json, "provider", vs_keys_provider_row(source->provider)->name);
	write_text(json, "file", source->file);
	write_text(json, "name", source->name);
	write_text(json, "label", source->label);
	write_number(json, "memory_kib", source->memory_kib);
	write_number(json, "passes", source->passes);
	if (source->passes > 0)
		write_hex(json, "salt", source->salt, sizeof(source->salt));
	write_hex(json, "wrapped", source->wrapped, source->wrapped_size);
	vs_json_write_object_end(json);
}

vs_result
vs_keys_root_file_print(const struct vs_keys_root_file *file, struct vs_buf *text)
{
	struct vs_json_writer json;

	assert(file != NULL && text != NULL);
	vs_json_write_begin(&json, text);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "format");
	vs_json_write_int(&json, FORMAT);
	write_slot(&json, "current", &file->current, file->current_id);
	if (file->previous_id[0] != '\0')
		write_slot(&json, "previous", &file->previous, file->previous_id);
	vs_json_write_object_end(&json);
	VS_TRY(vs_json_write_end(&json));
	return vs_buf_append_byte(text, '\n');
}

/* --- the file -------------------------------------------------------------------------------- */

bool
vs_keys_root_file_exists(const char *dir)
{
	char path[VS_PATH_SIZE];

	return vs_path_join(dir, "root.json", path).code == VS_E_OK && vs_file_exists(path);
}

vs_result
vs_keys_root_file_read(const char *dir, struct vs_keys_root_file *file_out)
{
	char path[VS_PATH_SIZE];
	struct vs_buf text;
	vs_result r;

	VS_TRY(vs_path_join(dir, "root.json", path));
	vs_buf_init(&text, TEXT_SIZE_MAX);
	r = vs_file_read(path, &text);
	if (r.code == VS_E_OK)
		r = vs_keys_root_file_parse(vs_buf_view(&text), file_out);
	vs_buf_done(&text);
	return r;
}

vs_result
vs_keys_root_file_write(const char *dir, const struct vs_keys_root_file *file)
{
	char path[VS_PATH_SIZE];
	struct vs_buf text;
	vs_result r;

	VS_TRY(vs_path_join(dir, "root.json", path));
	vs_buf_init(&text, TEXT_SIZE_MAX);
	r = vs_keys_root_file_print(file, &text);
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_buf_view(&text));
	vs_buf_done(&text);
	return r;
}
