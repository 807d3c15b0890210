/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_CAPACITY_MIN 256u

struct vs_bytes
vs_bytes_from(const void *data, size_t size)
{
	assert(data != NULL || size == 0);
	return (struct vs_bytes){data, size};
}

struct vs_bytes
vs_bytes_from_text(const char *text)
{
	if (text == NULL)
		return (struct vs_bytes){NULL, 0};
	return (struct vs_bytes){(const uint8_t *)text, strlen(text)};
}

bool
vs_bytes_equal(struct vs_bytes a, struct vs_bytes b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool
vs_bytes_equal_text(struct vs_bytes a, const char *text)
{
	return vs_bytes_equal(a, vs_bytes_from_text(text));
}

static uint8_t
lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

bool
vs_bytes_equal_nocase(struct vs_bytes a, const char *text)
{
	struct vs_bytes b = vs_bytes_from_text(text);

	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++) {
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	}
	return true;
}

bool
vs_bytes_copy_text(struct vs_bytes view, char *text, size_t size)
{
	size_t used = 0;
	bool is_whole = true;

	assert(text != NULL && size > 0);
	if (view.size > 0) {
		const uint8_t *nul = memchr(view.data, 0, view.size);

		used = nul == NULL ? view.size : (size_t)(nul - view.data);
		is_whole = nul == NULL;
	}
	if (used > size - 1) {
		used = size - 1;
		is_whole = false;
	}
	if (used > 0)
		memcpy(text, view.data, used);
	text[used] = 0;
	return is_whole;
}

void
vs_buf_init(struct vs_buf *buf, size_t size_max)
{
	assert(buf != NULL);
	*buf = (struct vs_buf){.size_max = size_max};
}

void
vs_buf_done(struct vs_buf *buf)
{
	if (buf == NULL)
		return;
	free(buf->data);
	vs_buf_init(buf, buf->size_max);
}

void
vs_buf_reset(struct vs_buf *buf)
{
	assert(buf != NULL);
	buf->size = 0;
}

/* Room for `size` more bytes, wherever size_max lies: one more than it is needed for printf's NUL.
 */
static vs_result
grow(struct vs_buf *buf, size_t size)
{
	size_t needed, capacity;
	uint8_t *data;

	if (__builtin_add_overflow(buf->size, size, &needed))
		return VS_FAIL(TOO_LONG);
	if (needed <= buf->capacity)
		return VS_OK;
	capacity = buf->capacity <= SIZE_MAX / 2 ? buf->capacity * 2 : SIZE_MAX;
	if (capacity < BUF_CAPACITY_MIN)
		capacity = BUF_CAPACITY_MIN;
	if (capacity > buf->size_max)
		capacity = buf->size_max;
	if (capacity < needed)
		capacity = needed;
	data = realloc(buf->data, capacity);
	if (data == NULL)
		return VS_FAIL(NO_MEMORY);
	buf->data = data;
	buf->capacity = capacity;
	return VS_OK;
}

vs_result
vs_buf_reserve(struct vs_buf *buf, size_t size, uint8_t **room_out)
{
	assert(buf != NULL && room_out != NULL);
	assert(buf->size <= buf->size_max);
	if (size > buf->size_max - buf->size)
		return VS_FAIL(TOO_LONG);
	VS_TRY(grow(buf, size));
	*room_out = buf->data == NULL ? NULL : buf->data + buf->size;
	return VS_OK;
}

vs_result
vs_buf_append(struct vs_buf *buf, const void *data, size_t size)
{
	uint8_t *room = NULL;

	assert(data != NULL || size == 0);
	if (size == 0)
		return VS_OK;
	VS_TRY(vs_buf_reserve(buf, size, &room));
	assert(room != NULL);
	memcpy(room, data, size);
	buf->size += size;
	return VS_OK;
}

vs_result
vs_buf_append_bytes(struct vs_buf *buf, struct vs_bytes view)
{
	return vs_buf_append(buf, view.data, view.size);
}

vs_result
vs_buf_append_text(struct vs_buf *buf, const char *text)
{
	return vs_buf_append_bytes(buf, vs_bytes_from_text(text));
}

vs_result
vs_buf_append_byte(struct vs_buf *buf, uint8_t byte)
{
	return vs_buf_append(buf, &byte, 1);
}

vs_result
vs_buf_printf(struct vs_buf *buf, const char *format, ...)
{
	va_list args;
	int size;

	assert(buf != NULL && format != NULL);
	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (size < 0)
		return VS_FAIL(INTERNAL);
	if ((size_t)size > buf->size_max - buf->size)
		return VS_FAIL(TOO_LONG);
	VS_TRY(grow(buf, (size_t)size + 1));
	va_start(args, format);
	(void)vsnprintf((char *)buf->data + buf->size, (size_t)size + 1, format, args);
	va_end(args);
	buf->size += (size_t)size;
	return VS_OK;
}

void
vs_buf_consume(struct vs_buf *buf, size_t size)
{
	assert(buf != NULL && size <= buf->size);
	if (size == 0)
		return;
	buf->size -= size;
	if (buf->size > 0)
		memmove(buf->data, buf->data + size, buf->size);
}

struct vs_bytes
vs_buf_view(const struct vs_buf *buf)
{
	assert(buf != NULL);
	return (struct vs_bytes){buf->data, buf->size};
}
