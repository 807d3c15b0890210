/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/local_message.h"

#include <assert.h>
#include <string.h>

#include "wire/base64.h"

#define VERSION "1"
#define FIELDS  5

static const char *const words[VS_SIM_LOCAL_WORDS] = {
    [VS_SIM_LOCAL_HELLO] = "HELLO",         [VS_SIM_LOCAL_KEY] = "KEY",
    [VS_SIM_LOCAL_KEY_BAD] = "KEY_BAD",     [VS_SIM_LOCAL_HEALTH_CHECK] = "HEALTH_CHECK",
    [VS_SIM_LOCAL_HEALTH_OK] = "HEALTH_OK", [VS_SIM_LOCAL_HEALTH_KO] = "HEALTH_KO",
};

static size_t
split(struct vs_bytes text, struct vs_bytes *fields)
{
	size_t count = 0, start = 0;

	for (size_t at = 0; at <= text.size; at++) {
		if (at < text.size && text.data[at] != '#')
			continue;
		if (count == FIELDS)
			return 0;
		fields[count++] = vs_bytes_from(text.data + start, at - start);
		start = at + 1;
	}
	return count;
}

static vs_result
read_number(struct vs_bytes text, uint32_t *number_out)
{
	uint32_t number = 0;

	if (text.size == 0 || text.size > 9)
		return VS_FAIL(BAD_VALUE);
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return VS_FAIL(BAD_VALUE);
		number = number * 10 + (uint32_t)(text.data[i] - '0');
	}
	*number_out = number;
	return VS_OK;
}

static vs_result
read_key(const struct vs_bytes *fields, struct vs_sim_key *key)
{
	size_t size = 0;

	key->is_compat = vs_bytes_equal_text(fields[0], "A1");
	if (!key->is_compat && !vs_bytes_equal_text(fields[0], "A2"))
		return VS_FAIL(BAD_VALUE);
	VS_TRY(read_number(fields[1], &key->number));
	VS_TRY(vs_base64_decode(VS_BASE64_URL, fields[2], key->key, sizeof(key->key), &size));
	return size == sizeof(key->key) && key->number > 0 ? VS_OK : VS_FAIL(BAD_VALUE);
}

static vs_result
read_fields(struct vs_sim_local_message *message, const struct vs_bytes *fields, size_t count)
{
	if (message->word == VS_SIM_LOCAL_KEY)
		return count == 3 ? read_key(fields, &message->key) : VS_FAIL(BAD_VALUE);
	if (count != 1)
		return VS_FAIL(BAD_VALUE);
	if (message->word == VS_SIM_LOCAL_KEY_BAD)
		return read_number(fields[0], &message->key.number);
	return fields[0].size > 0 &&
	               vs_bytes_copy_text(fields[0], message->name, sizeof(message->name))
	           ? VS_OK
	           : VS_FAIL(BAD_VALUE);
}

vs_result
vs_sim_local_read(struct vs_bytes text, struct vs_sim_local_message *message_out)
{
	struct vs_sim_local_message message = {.word = VS_SIM_LOCAL_WORDS};
	struct vs_bytes fields[FIELDS];
	size_t count;
	vs_result r;

	assert(message_out != NULL);
	count = text.size <= VS_SIM_LOCAL_SIZE_MAX ? split(text, fields) : 0;
	if (count < 3 || !vs_bytes_equal_text(fields[0], VERSION))
		return VS_FAIL(BAD_MESSAGE);
	for (unsigned i = 0; i < VS_SIM_LOCAL_WORDS; i++) {
		if (vs_bytes_equal_text(fields[1], words[i]))
			message.word = (enum vs_sim_local_word)i;
	}
	if (message.word == VS_SIM_LOCAL_WORDS)
		return VS_FAIL(BAD_MESSAGE);
	r = read_fields(&message, fields + 2, count - 2);
	if (r.code == VS_E_OK)
		*message_out = message;
	explicit_bzero(&message.key, sizeof(message.key));
	return r;
}

vs_result
vs_sim_local_write(const struct vs_sim_local_message *message, struct vs_buf *out)
{
	char key[VS_BASE64_TEXT_SIZE(VS_SIM_LOCAL_KEY_SIZE)];
	vs_result r;

	assert(message != NULL && message->word < VS_SIM_LOCAL_WORDS && out != NULL);
	VS_TRY(vs_buf_printf(out, VERSION "#%s#", words[message->word]));
	if (message->word == VS_SIM_LOCAL_KEY_BAD)
		return vs_buf_printf(out, "%u", (unsigned)message->key.number);
	if (message->word != VS_SIM_LOCAL_KEY)
		return vs_buf_append_text(out, message->name);
	(void)vs_base64_encode(VS_BASE64_URL,
	                       vs_bytes_from(message->key.key, sizeof(message->key.key)), key,
	                       sizeof(key));
	r = vs_buf_printf(out, "%s#%u#%s", message->key.is_compat ? "A1" : "A2",
	                  (unsigned)message->key.number, key);
	explicit_bzero(key, sizeof(key));
	return r;
}
