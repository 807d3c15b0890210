/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages between the daemon and the key process: doc/protocol/keyd.md.
 *
 * A request is u16 version, u16 code, u32 serial and its fields; an answer has a u16 error (the
 * number of an errors.def row, 0: none) before its fields. Numbers are big-endian, bytes and text
 * are a u16 length and so many bytes. Each message is one packet of a SOCK_SEQPACKET socket.
 *
 * Reader and writer remember that something went wrong and are asked once at the end. No I/O, no
 * allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "keys/key.h"

#define VS_KEYS_MESSAGE_VERSION   1
#define VS_KEYS_REQUEST_HEAD_SIZE 8
#define VS_KEYS_ANSWER_HEAD_SIZE  10

struct vs_keys_reader {
	struct vs_bytes bytes;
	size_t at;
	bool is_bad; /* a field was missing, too long or not what it should be */
};

void vs_keys_reader_init(struct vs_keys_reader *reader, struct vs_bytes bytes);
uint8_t vs_keys_read_u8(struct vs_keys_reader *reader);
uint16_t vs_keys_read_u16(struct vs_keys_reader *reader);
uint32_t vs_keys_read_u32(struct vs_keys_reader *reader);
uint64_t vs_keys_read_u64(struct vs_keys_reader *reader);
/* A view into the message; empty when bad. */
struct vs_bytes vs_keys_read_bytes(struct vs_keys_reader *reader);
void vs_keys_read_fixed(struct vs_keys_reader *reader, uint8_t *data, size_t size);
/* Bad when it does not fit with its NUL, or holds one; text is "" then. */
void vs_keys_read_text(struct vs_keys_reader *reader, char *text, size_t size);
void vs_keys_read_wrapped(struct vs_keys_reader *reader, struct vs_keys_wrapped *wrapped);
void vs_keys_read_kek(struct vs_keys_reader *reader, struct vs_keys_kek *kek);
/* kind and id are written into the room, and name points there. */
struct vs_keys_name_room {
	char kind[VS_KEYS_KIND_SIZE], id[VS_KEYS_ID_SIZE];
};
void vs_keys_read_name(struct vs_keys_reader *reader, struct vs_keys_name_room *room,
                       struct vs_keys_name *name);
/* BAD_MESSAGE when a field was bad or something is left. */
VS_RESULT vs_keys_read_end(const struct vs_keys_reader *reader);

struct vs_keys_writer {
	uint8_t *data; /* borrowed */
	size_t size, capacity;
	bool is_full; /* something did not fit */
};

void vs_keys_writer_init(struct vs_keys_writer *writer, uint8_t *data, size_t capacity);
void vs_keys_write_u8(struct vs_keys_writer *writer, uint8_t value);
void vs_keys_write_u16(struct vs_keys_writer *writer, uint16_t value);
void vs_keys_write_u32(struct vs_keys_writer *writer, uint32_t value);
void vs_keys_write_u64(struct vs_keys_writer *writer, uint64_t value);
void vs_keys_write_bytes(struct vs_keys_writer *writer, struct vs_bytes bytes);
void vs_keys_write_fixed(struct vs_keys_writer *writer, const uint8_t *data, size_t size);
void vs_keys_write_text(struct vs_keys_writer *writer, const char *text);
void vs_keys_write_wrapped(struct vs_keys_writer *writer, const struct vs_keys_wrapped *wrapped);
void vs_keys_write_kek(struct vs_keys_writer *writer, const struct vs_keys_kek *kek);
void vs_keys_write_name(struct vs_keys_writer *writer, const struct vs_keys_name *name);
/* TOO_LONG when something did not fit. */
VS_RESULT vs_keys_write_end(const struct vs_keys_writer *writer);

struct vs_keys_head {
	uint16_t code;
	uint32_t serial;
	enum vs_err error; /* of an answer */
};

void vs_keys_write_request_head(struct vs_keys_writer *writer, const struct vs_keys_head *head);
void vs_keys_write_answer_head(struct vs_keys_writer *writer, const struct vs_keys_head *head);
/* BAD_MESSAGE: too short, or another version. The reader then stands at the fields. */
VS_RESULT vs_keys_read_request_head(struct vs_keys_reader *reader, struct vs_keys_head *head_out);
/* An error number that is not known here is INTERNAL. */
VS_RESULT vs_keys_read_answer_head(struct vs_keys_reader *reader, struct vs_keys_head *head_out);
