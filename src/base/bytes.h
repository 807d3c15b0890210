/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes: a borrowed view (vs_bytes) and an owned buffer with a cap (vs_buf). Secrets are in
 * secret.h.
 *
 * The type answers who frees, how big it may get and whether it may be printed. A view is passed by
 * value and lives as long as what it points into; comments say until when.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

struct vs_bytes {
	const uint8_t *data; /* may be NULL when size is 0 */
	size_t size;
};

#define VS_BYTES_LITERAL(text) ((struct vs_bytes){(const uint8_t *)(text), sizeof(text) - 1})
/* For printf: "%.*s" with VS_BYTES_PRINTF(view). Only for text that was validated. */
#define VS_BYTES_PRINTF(view) (int)(view).size, (const char *)(view).data

struct vs_bytes vs_bytes_from(const void *data, size_t size);
struct vs_bytes vs_bytes_from_text(const char *text);      /* NULL gives the empty view */
bool vs_bytes_equal(struct vs_bytes a, struct vs_bytes b); /* not for secrets: vs_crypto_equal */
bool vs_bytes_equal_text(struct vs_bytes a, const char *text);
bool vs_bytes_equal_nocase(struct vs_bytes a, const char *text); /* ASCII letters only */
/* Copy as a C string, cut to size - 1 bytes; text[0] = 0 when size is 1. Returns false when it was
 * cut or when the view holds a NUL (text then ends there). */
bool vs_bytes_copy_text(struct vs_bytes view, char *text, size_t size);

/* An owned, growing buffer that never gets larger than size_max. */
struct vs_buf {
	uint8_t *data;
	size_t size; /* bytes in use */
	size_t capacity;
	size_t size_max;
};

void vs_buf_init(struct vs_buf *buf, size_t size_max); /* allocates nothing */
void vs_buf_done(struct vs_buf *buf);                  /* frees; buf is empty and usable again */
void vs_buf_reset(struct vs_buf *buf);                 /* size = 0, memory kept */

/* All of these: TOO_LONG past size_max, NO_MEMORY; the buffer is unchanged on failure. */
VS_RESULT vs_buf_append(struct vs_buf *buf, const void *data, size_t size);
VS_RESULT vs_buf_append_bytes(struct vs_buf *buf, struct vs_bytes view);
VS_RESULT vs_buf_append_text(struct vs_buf *buf, const char *text);
VS_RESULT vs_buf_append_byte(struct vs_buf *buf, uint8_t byte);
VS_RESULT vs_buf_printf(struct vs_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Room for `size` more bytes; *room_out points at data + size. Then add to buf->size what was
 * written. */
VS_RESULT vs_buf_reserve(struct vs_buf *buf, size_t size, uint8_t **room_out);

void vs_buf_consume(struct vs_buf *buf, size_t size);  /* drop from the front; size <= buf->size */
struct vs_bytes vs_buf_view(const struct vs_buf *buf); /* until the next change of buf */
