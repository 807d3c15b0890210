/* SPDX-License-Identifier: Apache-2.0 */
#include "store/spool_record.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define FORMAT      1
#define NUMBER_SIZE 8u

#define RECORD ((const struct vs_core_record *)NULL)

static const struct field {
	enum vs_core_record_kind kind;
	enum { TEXT, SIGNED, UNSIGNED, ENUM, BOOL } type;
	size_t at, size;
} fields[] = {
#define VS_SPOOL(kind, member)                                                                     \
	{VS_RECORD_##kind,                                                                         \
	 _Generic(RECORD->member, const char *: TEXT, int64_t: SIGNED, uint64_t: UNSIGNED,         \
	          bool: BOOL, unsigned: ENUM),                                                     \
	 offsetof(struct vs_core_record, member), sizeof(RECORD->member)},
#include "store/spool_fields.def"
#undef VS_SPOOL
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

/* The numbers of errors.def move when a row is put between others. */
static bool
is_error(const struct field *field)
{
	return field->kind == VS_RECORD_command &&
	       field->at == offsetof(struct vs_core_record, u.command.error);
}

static size_t
count_of(enum vs_core_record_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < FIELD_COUNT; i++)
		count += fields[i].kind == kind;
	return count;
}

/* --- to bytes --------------------------------------------------------------------------------- */

static vs_result
put_number(struct vs_buf *bytes, uint64_t number, unsigned size)
{
	uint8_t *room = NULL;

	VS_TRY(vs_buf_reserve(bytes, size, &room));
	for (unsigned i = 0; i < size; i++)
		room[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
	bytes->size += size;
	return VS_OK;
}

static vs_result
put_text(struct vs_buf *bytes, const char *text)
{
	size_t size = strlen(text);

	assert(size <= UINT16_MAX);
	VS_TRY(put_number(bytes, size, 2));
	return vs_buf_append(bytes, text, size);
}

static uint64_t
number_of(const struct field *field, const void *at)
{
	unsigned value;

	switch (field->type) {
	case SIGNED:
	case UNSIGNED: {
		uint64_t number;

		memcpy(&number, at, sizeof(number));
		return number;
	}
	case BOOL:
		return *(const bool *)at;
	case ENUM:
		memcpy(&value, at, sizeof(value));
		return is_error(field) ? (uint64_t)vs_err_code((enum vs_err)value) : value;
	case TEXT:
		break;
	}
	assert(false); /* a text is no number */
	return 0;
}

static vs_result
put_field(struct vs_buf *bytes, const struct vs_core_record *record, const struct field *field)
{
	const char *at = (const char *)record + field->at;

	VS_TRY(vs_buf_append_byte(bytes, field->type == TEXT ? 't' : 'n'));
	return field->type == TEXT ? put_text(bytes, at)
	                           : put_number(bytes, number_of(field, at), NUMBER_SIZE);
}

vs_result
vs_store_spool_encode(const struct vs_core_record *record, struct vs_buf *bytes)
{
	assert(record != NULL && vs_core_record_is_spooled(record));
	VS_TRY(vs_buf_append_byte(bytes, FORMAT));
	VS_TRY(put_text(bytes, vs_core_record_name(record->kind)));
	VS_TRY(put_text(bytes, record->tenant));
	VS_TRY(put_text(bytes, record->station));
	VS_TRY(put_number(bytes, (uint64_t)record->received_ms, NUMBER_SIZE));
	VS_TRY(put_number(bytes, record->message_hash, NUMBER_SIZE));
	VS_TRY(put_number(bytes, count_of(record->kind), 2));
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (fields[i].kind == record->kind)
			VS_TRY(put_field(bytes, record, &fields[i]));
	VS_TRY(put_number(bytes, record->payload.size, 4));
	return vs_buf_append_bytes(bytes, record->payload);
}

/* --- and back --------------------------------------------------------------------------------- */

struct reader {
	struct vs_bytes rest;
	bool is_bad;
};

static struct vs_bytes
take(struct reader *reader, size_t size)
{
	struct vs_bytes bytes = {reader->rest.data, size};

	if (reader->is_bad || size > reader->rest.size) {
		reader->is_bad = true;
		return vs_bytes_from(NULL, 0);
	}
	reader->rest = vs_bytes_from(reader->rest.data + size, reader->rest.size - size);
	return bytes;
}

static uint64_t
take_number(struct reader *reader, unsigned size)
{
	struct vs_bytes bytes = take(reader, size);
	uint64_t number = 0;

	for (size_t i = 0; i < bytes.size; i++)
		number = number << 8 | bytes.data[i];
	return number;
}

static void
take_text(struct reader *reader, char *text, size_t size)
{
	struct vs_bytes bytes = take(reader, (size_t)take_number(reader, 2));

	if (!vs_bytes_copy_text(bytes, text, size))
		reader->is_bad = true;
}

static unsigned
error_of(uint64_t code)
{
	for (unsigned i = 0; i < VS_E_COUNT; i++)
		if ((uint64_t)vs_err_code((enum vs_err)i) == code)
			return i;
	return VS_E_INTERNAL;
}

static void
set_number(struct vs_core_record *record, const struct field *field, uint64_t number)
{
	char *at = (char *)record + field->at;
	unsigned value = is_error(field) ? error_of(number) : (unsigned)number;
	bool is_true = number != 0;

	if (field->type == BOOL)
		memcpy(at, &is_true, sizeof(is_true));
	else if (field->type == ENUM)
		memcpy(at, &value, sizeof(value));
	else
		memcpy(at, &number, sizeof(number));
}

static void
take_fields(struct reader *reader, struct vs_core_record *record)
{
	uint64_t left = take_number(reader, 2);

	for (size_t i = 0; i < FIELD_COUNT && left > 0 && !reader->is_bad; i++) {
		const struct field *field = &fields[i];

		if (field->kind != record->kind)
			continue;
		if (take_number(reader, 1) != (field->type == TEXT ? 't' : 'n'))
			reader->is_bad = true;
		else if (field->type == TEXT)
			take_text(reader, (char *)record + field->at, field->size);
		else
			set_number(record, field, take_number(reader, NUMBER_SIZE));
		left--;
	}
	reader->is_bad = reader->is_bad || left > 0;
}

static bool
find_kind(const char *name, enum vs_core_record_kind *kind_out)
{
	for (unsigned i = 0; i < VS_RECORD_COUNT; i++) {
		if (strcmp(vs_core_record_name((enum vs_core_record_kind)i), name) == 0) {
			*kind_out = (enum vs_core_record_kind)i;
			return true;
		}
	}
	return false;
}

vs_result
vs_store_spool_decode(struct vs_bytes bytes, struct vs_core_record **record_out)
{
	struct reader reader = {bytes, false};
	struct vs_core_record head = {.station = ""}, *record = NULL;
	char kind[VS_CORE_NAME_SIZE] = "";

	if (take_number(&reader, 1) != FORMAT)
		return VS_FAIL(BAD_MESSAGE);
	take_text(&reader, kind, sizeof(kind));
	take_text(&reader, head.tenant, sizeof(head.tenant));
	take_text(&reader, head.station, sizeof(head.station));
	head.received_ms = (int64_t)take_number(&reader, NUMBER_SIZE);
	head.message_hash = take_number(&reader, NUMBER_SIZE);
	if (reader.is_bad || !find_kind(kind, &head.kind))
		return VS_FAIL(BAD_MESSAGE);
	take_fields(&reader, &head);
	head.payload = take(&reader, (size_t)take_number(&reader, 4));
	if (reader.is_bad || reader.rest.size > 0 || !vs_core_record_is_spooled(&head))
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(vs_core_record_new(head.kind, head.tenant, head.station, head.received_ms,
	                          head.payload, vs_bytes_from(NULL, 0), &record));
	record->message_hash = head.message_hash;
	record->signature = head.signature;
	record->u = head.u;
	/* The store looks at it when it is stored. */
	if (record->kind == VS_RECORD_tx_event)
		record->u.tx_event.first_wh = VS_CORE_ABSENT;
	*record_out = record;
	return VS_OK;
}
