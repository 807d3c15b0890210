/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON (RFC 8259): a tape of what was read, look-ups on it, and a writer. The pull reader
 * below both the tape and the table-driven validators is in wire/json_read.h.
 *
 * Strict means: UTF-8 is checked, numbers follow the grammar and are at most
 * VS_LIMIT_JSON_NUMBER_SIZE long, lone surrogates are refused, an object has each member once and
 * at most VS_LIMIT_JSON_MEMBERS, a member name holds no NUL, nesting ends at VS_LIMIT_JSON_DEPTH,
 * and only white space follows the value.
 *
 * A tape is one array of nodes in the order of the text; a container is followed by its content. So
 * the first child of a node is node + 1, its next sibling node + node->span, and no pointer is
 * stored. Nodes and views point into the tape and the text: they are valid until either changes.
 */
#pragma once

#include "base/bytes.h"
#include "base/limits.h"

enum vs_json_type {
	VS_JSON_NULL = 1,
	VS_JSON_BOOL,
	VS_JSON_NUMBER,
	VS_JSON_STRING,
	VS_JSON_ARRAY,
	VS_JSON_OBJECT,
};

enum vs_json_flag {
	VS_JSON_ESCAPED = 1,     /* the string holds escapes: its raw text is not its value */
	VS_JSON_KEY_ESCAPED = 2, /* so does its member name */
	VS_JSON_INTEGER = 4,     /* a number written without fraction and exponent */
	VS_JSON_TRUE = 8,        /* the boolean is true */
	VS_JSON_EXPONENT =
	    32, /* a number written with an exponent: only such may be too large for a double */
	VS_JSON_ASCII = 16, /* a string without escapes and without bytes above 0x7f */
};

struct vs_json_node {
	uint32_t start; /* raw text in the tape's text; of a string what is between the quotes */
	uint32_t size;
	uint32_t span;      /* nodes of this value, itself included */
	uint32_t key_start; /* the member name between its quotes; size 0 and start 0 when not a
	                       member */
	uint16_t key_size;
	uint16_t name;  /* interned member name, given by a validator; 0 when not known */
	uint16_t value; /* interned value of an enumerated string, likewise */
	uint8_t type;   /* enum vs_json_type */
	uint8_t flags;  /* of enum vs_json_flag */
};

struct vs_json_tape {
	struct vs_bytes text;       /* what was parsed; borrowed */
	struct vs_json_node *nodes; /* nodes[0] is the value itself */
	uint32_t count;
	uint32_t capacity;
	uint32_t fault_at; /* after a failed parse: the offset where it failed */
	bool is_fixed;     /* nodes belong to the caller: full is TOO_LONG */
};

/* A tape that grows up to VS_LIMIT_JSON_NODES; it allocates nothing before its first parse and
 * keeps its memory from one parse to the next. */
void vs_json_tape_init(struct vs_json_tape *tape);
/* A tape on the caller's nodes; it never allocates. */
void vs_json_tape_init_fixed(struct vs_json_tape *tape, struct vs_json_node *nodes,
                             uint32_t capacity);
void vs_json_tape_done(struct vs_json_tape *tape);

/* Parse one value. On failure: one of TRUNCATED, TRAILING, BAD_MESSAGE (not JSON), BAD_UTF8,
 * BAD_ESCAPE, BAD_CHARACTER, BAD_NUMBER, DUPLICATE_KEY, TOO_DEEP, TOO_LONG (a limit), NO_MEMORY;
 * tape->fault_at says where, and the tape holds no value. */
VS_RESULT vs_json_parse(struct vs_bytes text, struct vs_json_tape *tape);

/* The value that was parsed, or NULL. */
const struct vs_json_node *vs_json_root(const struct vs_json_tape *tape);

/* Members and items. All of these take NULL and a node of another type, and then give NULL or 0. */
const struct vs_json_node *vs_json_member(const struct vs_json_tape *tape,
                                          const struct vs_json_node *object, const char *key);
const struct vs_json_node *vs_json_member_named(const struct vs_json_node *object, uint16_t name);
/* Visit members or items: start with NULL, ends with NULL. */
const struct vs_json_node *vs_json_next(const struct vs_json_node *container,
                                        const struct vs_json_node *child);
uint32_t vs_json_count(const struct vs_json_node *container);

/* Values. All take NULL (a member that is not there): MISSING. Another type is WRONG_TYPE. */

/* A string: a view of the text when it has no escapes, else unescaped into room[0..size)
 * (TOO_LONG). room may be NULL with size 0 where escapes cannot be or shall be refused. The value
 * may hold NUL. */
VS_RESULT vs_json_text(const struct vs_json_tape *tape, const struct vs_json_node *node, char *room,
                       size_t size, struct vs_bytes *text_out);
/* A string as a C string in text[0..size). TOO_LONG when it does not fit, BAD_VALUE when it holds a
 * NUL. */
VS_RESULT vs_json_copy_text(const struct vs_json_tape *tape, const struct vs_json_node *node,
                            char *text, size_t size);
/* Exact: 1.0 and 1e2 are integers, 1.5 is WRONG_TYPE, what does not fit is OUT_OF_RANGE. */
VS_RESULT vs_json_int(const struct vs_json_tape *tape, const struct vs_json_node *node,
                      int64_t *value_out);
/* The nearest double; OUT_OF_RANGE when that is infinite. */
VS_RESULT vs_json_double(const struct vs_json_tape *tape, const struct vs_json_node *node,
                         double *value_out);
VS_RESULT vs_json_bool(const struct vs_json_node *node, bool *value_out);
/* An RFC 3339 date-time, see vs_time_parse. BAD_TIME. */
VS_RESULT vs_json_time(const struct vs_json_tape *tape, const struct vs_json_node *node,
                       int64_t *wall_ms_out);
/* Equal to a C string after unescaping; false for NULL and other types. */
bool vs_json_is(const struct vs_json_tape *tape, const struct vs_json_node *node, const char *text);
/* The raw JSON of a value as it stood in the text, quotes included: to store or to pass on. */
struct vs_bytes vs_json_raw(const struct vs_json_tape *tape, const struct vs_json_node *node);
/* The raw member name (may hold escapes, see VS_JSON_KEY_ESCAPED); empty when not a member. */
struct vs_bytes vs_json_key(const struct vs_json_tape *tape, const struct vs_json_node *node);

/*
 * The writer: appends one value to a buffer, puts the commas itself, remembers its first error and
 * is asked once at the end. Strings must be UTF-8 (BAD_UTF8), numbers finite (BAD_VALUE), names and
 * nesting in order (INTERNAL). On failure what was appended is taken back.
 */
struct vs_json_writer {
	struct vs_buf *buf;
	size_t start;     /* of the value in buf */
	uint64_t objects; /* one bit for each open container: it is an object */
	enum vs_err err;
	uint8_t depth;
	bool needs_comma;
	bool has_key;
	bool is_complete;
};

void vs_json_write_begin(struct vs_json_writer *writer, struct vs_buf *buf);
/* The first error, or OK when exactly one value is complete. */
VS_RESULT vs_json_write_end(struct vs_json_writer *writer);

void vs_json_write_object(struct vs_json_writer *writer);
void vs_json_write_object_end(struct vs_json_writer *writer);
void vs_json_write_array(struct vs_json_writer *writer);
void vs_json_write_array_end(struct vs_json_writer *writer);
void vs_json_write_key(struct vs_json_writer *writer, const char *key);
void vs_json_write_key_bytes(struct vs_json_writer *writer, struct vs_bytes key);

void vs_json_write_string(struct vs_json_writer *writer, struct vs_bytes text);
void vs_json_write_text(struct vs_json_writer *writer, const char *text);
void vs_json_write_int(struct vs_json_writer *writer, int64_t value);
void vs_json_write_double(struct vs_json_writer *writer,
                          double value); /* shortest that reads back equal */
void vs_json_write_bool(struct vs_json_writer *writer, bool value);
void vs_json_write_null(struct vs_json_writer *writer);
void vs_json_write_time(struct vs_json_writer *writer,
                        int64_t wall_ms); /* "2026-11-20T13:38:25.123Z" */
/* A value that is JSON already; it is trusted, not checked. */
void vs_json_write_raw(struct vs_json_writer *writer, struct vs_bytes json);
