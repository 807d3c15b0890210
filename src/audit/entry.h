/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One entry of the audit log: a line of JSON without white space, with all members, in this order
 * (which is that of their names):
 *
 *   {"actor":{"id":"..","k":".."},"cnt":1,"corr":"..","ev":"key.rotate","n":7,"node":"..",
 *    "obj":{..},"res":"ok","sev":"info","src":"..","tenant":"..","ts":"..","v":1,"why":".."}
 *
 * obj has texts and whole numbers, its names sorted. Whoever writes an entry leaves `n` out; the
 * log puts it in. No I/O; any thread.
 */
#pragma once

#include "audit/tree.h"
#include "wire/json.h"

#define VS_AUDIT_FIELDS    16 /* of obj */
#define VS_AUDIT_TIME_SIZE 31 /* "2026-11-20T13:38:25.123456789Z" and NUL */

#define VS_AUDIT_LOCAL "local" /* the source of what nobody on a wire asked for */

struct vs_audit_field {
	const char *name;
	const char *text; /* NULL: the number */
	int64_t number;
};

struct vs_audit_entry {
	int64_t at_ns;      /* since 1970-01-01T00:00:00Z */
	const char *node;   /* which daemon */
	const char *tenant; /* "": none */
	const char *actor_kind, *actor_id;
	const char *source; /* an address, VS_AUDIT_LOCAL */
	const char *event, *severity, *result;
	const char *why;  /* a stable word when the result is not ok */
	const char *corr; /* what belongs together */
	uint64_t count;   /* so many alike */
	struct vs_audit_field fields[VS_AUDIT_FIELDS];
	size_t field_count;
};

/* Appends the line, without `n` and without a newline. NULL texts are "". TOO_LONG past
 * VS_AUDIT_ENTRY_SIZE less the room for `n`, BAD_UTF8, BAD_VALUE: fields twice. */
VS_RESULT vs_audit_entry_print(const struct vs_audit_entry *entry, struct vs_buf *line);
/* Check a line that has no `n`, and append it with one. BAD_MESSAGE: not such a line. */
VS_RESULT vs_audit_entry_number(struct vs_bytes line, uint64_t n, struct vs_buf *numbered);
/* Check a line of the log and parse it; *n_out is its place. */
VS_RESULT vs_audit_entry_parse(struct vs_bytes line, struct vs_json_tape *tape, uint64_t *n_out);
