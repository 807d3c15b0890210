/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a list is asked for: ?limit=&cursor=&station=&active= and so on, and where it goes on.
 *
 * A cursor is the key of the last row that was shown. Where the key is a time, several rows may
 * share it: the cursor then also says how many of them were shown ("1763645905123.2").
 */
#pragma once

#include "core/record.h"

#define VS_API_LIMIT_DEFAULT 100
#define VS_API_LIMIT_MAX     500
#define VS_API_CURSOR_SIZE   97
#define VS_API_FILTER_SIZE   97

enum vs_api_list_key {
	VS_API_KEY_NONE, /* no list: limit and cursor are refused */
	VS_API_KEY_TEXT, /* ascending, after `text` */
	VS_API_KEY_ID,   /* descending, below `number` */
	VS_API_KEY_TIME, /* descending, at or before `number`, the first `skip` rows at `number`
	                    left out */
};

struct vs_api_list {
	enum vs_api_list_key key;
	size_t limit;
	char text[VS_API_CURSOR_SIZE];
	int64_t number; /* INT64_MAX: from the newest */
	size_t skip;
	char station[VS_CORE_IDENTITY_SIZE];        /* "": all */
	bool only_active, only_security, only_open; /* the latter two: of events */
	enum vs_core_severity least;                /* of events */
	/* Of the audit log; "": all. The event's word begins so, the actor is it, the entry holds
	 * it. */
	char event[VS_API_FILTER_SIZE], actor[VS_API_FILTER_SIZE], contains[VS_API_FILTER_SIZE];
	int64_t from_ms, to_ms; /* from then on, before then */
};

/* BAD_VALUE: *fault_out says which parameter, and why (static text). Unknown parameters are
 * refused. */
VS_RESULT vs_api_list_parse(struct vs_bytes query, enum vs_api_list_key key,
                            struct vs_api_list *list_out, const char **fault_out);
/* For the port functions that take before_ms: just above the rows that may still have to be shown.
 */
int64_t vs_api_list_before_ms(const struct vs_api_list *list);
/* The cursor after a row with this key, of which `shown_at` rows (earlier pages included) were
 * shown. */
void vs_api_list_cursor_time(int64_t time_ms, size_t shown_at,
                             char cursor[static VS_API_CURSOR_SIZE]);
