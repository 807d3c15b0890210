/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/message.h"

#include <assert.h>
#include <string.h>

/* --- reading --------------------------------------------------------------------------------- */

void
vs_keys_reader_init(struct vs_keys_reader *reader, struct vs_bytes bytes)
{
	assert(reader != NULL);
	*reader = (struct vs_keys_reader){.bytes = bytes};
}

/* The next `size` bytes, or NULL when they are not there; after that nothing is. */
static const uint8_t *
take(struct vs_keys_reader *reader, size_t size)
{
	const uint8_t *data;

	if (reader->is_bad || size > reader->bytes.size - reader->at) {
		reader->is_bad = true;
		return NULL;
	}
	data = reader->bytes.data + reader->at;
	reader->at += size;
	return data;
}

static uint64_t
take_number(struct vs_keys_reader *reader, size_t size)
{
	const uint8_t *data = take(reader, size);
	uint64_t value = 0;

	for (size_t i = 0; data != NULL && i < size; i++)
		value = value << 8 | data[i];
	return value;
}

uint8_t
vs_keys_read_u8(struct vs_keys_reader *reader)
{
	return (uint8_t)take_number(reader, 1);
}

uint16_t
vs_keys_read_u16(struct vs_keys_reader *reader)
{
	return (uint16_t)take_number(reader, 2);
}

uint32_t
vs_keys_read_u32(struct vs_keys_reader *reader)
{
	return (uint32_t)take_number(reader, 4);
}

uint64_t
vs_keys_read_u64(struct vs_keys_reader *reader)
{
	return take_number(reader, 8);
}

struct vs_bytes
vs_keys_read_bytes(struct vs_keys_reader *reader)
{
	size_t size = vs_keys_read_u16(reader);
	const uint8_t *data = take(reader, size);

	return data == NULL ? (struct vs_bytes){NULL, 0} : (struct vs_bytes){data, size};
}

void
vs_keys_read_fixed(struct vs_keys_reader *reader, uint8_t *data, size_t size)
{
	const uint8_t *from = take(reader, size);

	if (from != NULL)
		memcpy(data, from, size);
	else
		memset(data, 0, size);
}

void
vs_keys_read_text(struct vs_keys_reader *reader, char *text, size_t size)
{
	struct vs_bytes bytes = vs_keys_read_bytes(reader);

	if (!vs_bytes_copy_text(bytes, text, size)) {
		reader->is_bad = true;
		text[0] = '\0';
	}
}

void
vs_keys_read_wrapped(struct vs_keys_reader *reader, struct vs_keys_wrapped *wrapped)
{
	struct vs_bytes bytes = vs_keys_read_bytes(reader);

	memset(wrapped, 0, sizeof(*wrapped));
	if (bytes.size > sizeof(wrapped->data)) {
		reader->is_bad = true;
		return;
	}
	if (bytes.size > 0)
		memcpy(wrapped->data, bytes.data, bytes.size);
	wrapped->size = (uint8_t)bytes.size;
}

void
vs_keys_read_kek(struct vs_keys_reader *reader, struct vs_keys_kek *kek)
{
	vs_keys_read_text(reader, kek->tenant, sizeof(kek->tenant));
	kek->version = vs_keys_read_u32(reader);
	vs_keys_read_text(reader, kek->root_id, sizeof(kek->root_id));
	vs_keys_read_wrapped(reader, &kek->wrapped);
}

void
vs_keys_read_name(struct vs_keys_reader *reader, struct vs_keys_name_room *room,
                  struct vs_keys_name *name)
{
	vs_keys_read_text(reader, room->kind, sizeof(room->kind));
	vs_keys_read_text(reader, room->id, sizeof(room->id));
	*name = (struct vs_keys_name){room->kind, room->id, vs_keys_read_u32(reader)};
}

vs_result
vs_keys_read_end(const struct vs_keys_reader *reader)
{
	return reader->is_bad || reader->at != reader->bytes.size ? VS_FAIL(BAD_MESSAGE) : VS_OK;
}

/* --- writing --------------------------------------------------------------------------------- */

void
vs_keys_writer_init(struct vs_keys_writer *writer, uint8_t *data, size_t capacity)
{
	assert(writer != NULL && data != NULL);
	*writer = (struct vs_keys_writer){.data = data, .capacity = capacity};
}

static uint8_t *
room(struct vs_keys_writer *writer, size_t size)
{
	uint8_t *data;

	if (writer->is_full || size > writer->capacity - writer->size) {
		writer->is_full = true;
		return NULL;
	}
	data = writer->data + writer->size;
	writer->size += size;
	return data;
}

static void
put_number(struct vs_keys_writer *writer, uint64_t value, size_t size)
{
	uint8_t *data = room(writer, size);

	for (size_t i = size; data != NULL && i > 0; i--) {
		data[i - 1] = (uint8_t)value;
		value >>= 8;
	}
}

void
vs_keys_write_u8(struct vs_keys_writer *writer, uint8_t value)
{
	put_number(writer, value, 1);
}

void
vs_keys_write_u16(struct vs_keys_writer *writer, uint16_t value)
{
	put_number(writer, value, 2);
}

void
vs_keys_write_u32(struct vs_keys_writer *writer, uint32_t value)
{
	put_number(writer, value, 4);
}

void
vs_keys_write_u64(struct vs_keys_writer *writer, uint64_t value)
{
	put_number(writer, value, 8);
}

void
vs_keys_write_fixed(struct vs_keys_writer *writer, const uint8_t *data, size_t size)
{
	uint8_t *to = room(writer, size);

	if (to != NULL && size > 0)
		memcpy(to, data, size);
}

void
vs_keys_write_bytes(struct vs_keys_writer *writer, struct vs_bytes bytes)
{
	if (bytes.size > UINT16_MAX) {
		writer->is_full = true;
		return;
	}
	vs_keys_write_u16(writer, (uint16_t)bytes.size);
	vs_keys_write_fixed(writer, bytes.data, bytes.size);
}

void
vs_keys_write_text(struct vs_keys_writer *writer, const char *text)
{
	vs_keys_write_bytes(writer, vs_bytes_from_text(text));
}

void
vs_keys_write_wrapped(struct vs_keys_writer *writer, const struct vs_keys_wrapped *wrapped)
{
	assert(wrapped->size <= sizeof(wrapped->data));
	vs_keys_write_bytes(writer, vs_bytes_from(wrapped->data, wrapped->size));
}

void
vs_keys_write_kek(struct vs_keys_writer *writer, const struct vs_keys_kek *kek)
{
	vs_keys_write_text(writer, kek->tenant);
	vs_keys_write_u32(writer, kek->version);
	vs_keys_write_text(writer, kek->root_id);
	vs_keys_write_wrapped(writer, &kek->wrapped);
}

void
vs_keys_write_name(struct vs_keys_writer *writer, const struct vs_keys_name *name)
{
	vs_keys_write_text(writer, name->kind);
	vs_keys_write_text(writer, name->id);
	vs_keys_write_u32(writer, name->version);
}

vs_result
vs_keys_write_end(const struct vs_keys_writer *writer)
{
	return writer->is_full ? VS_FAIL(TOO_LONG) : VS_OK;
}

/* --- heads ----------------------------------------------------------------------------------- */

void
vs_keys_write_request_head(struct vs_keys_writer *writer, const struct vs_keys_head *head)
{
	vs_keys_write_u16(writer, VS_KEYS_MESSAGE_VERSION);
	vs_keys_write_u16(writer, head->code);
	vs_keys_write_u32(writer, head->serial);
}

void
vs_keys_write_answer_head(struct vs_keys_writer *writer, const struct vs_keys_head *head)
{
	vs_keys_write_request_head(writer, head);
	vs_keys_write_u16(writer, (uint16_t)vs_err_code(head->error));
}

vs_result
vs_keys_read_request_head(struct vs_keys_reader *reader, struct vs_keys_head *head_out)
{
	struct vs_keys_head head = {.error = VS_E_OK};
	uint16_t version = vs_keys_read_u16(reader);

	head.code = vs_keys_read_u16(reader);
	head.serial = vs_keys_read_u32(reader);
	if (reader->is_bad || version != VS_KEYS_MESSAGE_VERSION)
		return VS_FAIL(BAD_MESSAGE);
	*head_out = head;
	return VS_OK;
}

static enum vs_err
error_of(uint16_t number)
{
	for (int err = 0; err < VS_E_COUNT; err++) {
		if (vs_err_code((enum vs_err)err) == number)
			return (enum vs_err)err;
	}
	return VS_E_INTERNAL;
}

vs_result
vs_keys_read_answer_head(struct vs_keys_reader *reader, struct vs_keys_head *head_out)
{
	struct vs_keys_head head = {0};

	VS_TRY(vs_keys_read_request_head(reader, &head));
	head.error = error_of(vs_keys_read_u16(reader));
	if (reader->is_bad)
		return VS_FAIL(BAD_MESSAGE);
	*head_out = head;
	return VS_OK;
}
