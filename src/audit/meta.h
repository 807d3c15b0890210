/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shard and its meta.json: one month of the log, or what follows a fork within it.
 *
 *   {"format":1,"fork":false,"first_ts":"..","origin":"..","previous":"2026-10",
 *    "previous_checkpoint":"..","vkey":".."}
 *
 * A shard is "2026-11", the ones after a fork "2026-11.2" and so on. Pure; any thread.
 */
#pragma once

#include "audit/note.h"

#define VS_AUDIT_SHARD_SIZE 16 /* with NUL */

struct vs_audit_meta {
	bool is_fork;                       /* it does not go on with what the previous one holds */
	int64_t first_ms;                   /* when it began */
	struct vs_audit_vkey vkey;          /* its name is the origin */
	char previous[VS_AUDIT_SHARD_SIZE]; /* "": this is the first */
	char previous_checkpoint[VS_AUDIT_NOTE_SIZE / 8]; /* its last signed note; may be "" */
};

VS_RESULT vs_audit_meta_print(const struct vs_audit_meta *meta, struct vs_buf *text);
/* CONFIG: not such a file. */
VS_RESULT vs_audit_meta_parse(struct vs_bytes text, struct vs_audit_meta *meta_out);

/* year 1970 .. 9999, month 1 .. 12, part from 1 on. */
struct vs_audit_shard_name {
	unsigned year, month, part;
};
void vs_audit_shard_of(int64_t at_ns, struct vs_audit_shard_name *name_out); /* part 1 */
void vs_audit_shard_text(const struct vs_audit_shard_name *name,
                         char text_out[static VS_AUDIT_SHARD_SIZE]);
/* BAD_VALUE */
VS_RESULT vs_audit_shard_parse(const char *text, struct vs_audit_shard_name *name_out);
/* Below 0: a is before b. */
int vs_audit_shard_compare(const struct vs_audit_shard_name *a,
                           const struct vs_audit_shard_name *b);
