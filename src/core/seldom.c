/* SPDX-License-Identifier: Apache-2.0 */
#include "core/seldom.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

struct row {
	struct vs_core_event event; /* the last of them */
	uint64_t told_ms;           /* 0: empty */
	uint32_t count;             /* since then */
	bool is_known;
};

struct vs_seldom {
	struct row rows[VS_LIMIT_REFUSAL_ROWS];
	uint64_t more_ms; /* when the first of those that found no place came */
	uint32_t more;
	int64_t more_at_ms;
};

vs_result
vs_seldom_new(struct vs_seldom **seldom_out)
{
	struct vs_seldom *seldom = calloc(1, sizeof(*seldom));

	assert(seldom_out != NULL);
	if (seldom == NULL)
		return VS_FAIL(NO_MEMORY);
	*seldom_out = seldom;
	return VS_OK;
}

void
vs_seldom_free(struct vs_seldom **seldom)
{
	assert(seldom != NULL);
	free(*seldom);
	*seldom = NULL;
}

static bool
is_over(const struct row *row, uint64_t now_ms)
{
	return now_ms >= row->told_ms + VS_SELDOM_PERIOD_MS;
}

static bool
is_alike(const struct vs_core_event *a, const struct vs_core_event *b)
{
	return a->kind == b->kind && strcmp(a->type, b->type) == 0 &&
	       strcmp(a->station, b->station) == 0 && strcmp(a->source, b->source) == 0 &&
	       strcmp(a->tenant, b->tenant) == 0;
}

static uint32_t
find_no_place(struct vs_seldom *seldom, const struct vs_core_event *event, uint64_t now_ms)
{
	if (seldom->more++ == 0)
		seldom->more_ms = now_ms;
	seldom->more_at_ms = event->at_ms;
	return 0;
}

uint32_t
vs_seldom_add(struct vs_seldom *seldom, const struct vs_core_event *event, bool is_known,
              uint64_t now_ms)
{
	struct row *room = NULL;
	size_t strangers = 0;
	uint32_t count;

	assert(seldom != NULL && event != NULL && now_ms > 0);
	for (size_t i = 0; i < VS_LIMIT_REFUSAL_ROWS; i++) {
		struct row *row = &seldom->rows[i];

		if (row->told_ms == 0 || (row->count == 0 && is_over(row, now_ms))) {
			room = room != NULL ? room : row;
			continue;
		}
		strangers += !row->is_known;
		if (!is_alike(&row->event, event))
			continue;
		row->event = *event;
		row->count++;
		if (!is_over(row, now_ms))
			return 0;
		count = row->count;
		row->count = 0;
		row->told_ms = now_ms;
		return count;
	}
	if (room == NULL || (!is_known && strangers >= VS_LIMIT_REFUSAL_STRANGERS))
		return find_no_place(seldom, event, now_ms);
	*room = (struct row){*event, now_ms, 0, is_known};
	return 1;
}

bool
vs_seldom_due(struct vs_seldom *seldom, uint64_t now_ms, struct vs_core_event *event_out,
              uint32_t *count_out)
{
	assert(seldom != NULL && event_out != NULL && count_out != NULL);
	for (size_t i = 0; i < VS_LIMIT_REFUSAL_ROWS; i++) {
		struct row *row = &seldom->rows[i];

		if (row->count == 0 || !is_over(row, now_ms))
			continue;
		*event_out = row->event;
		*count_out = row->count;
		row->count = 0;
		row->told_ms = now_ms;
		return true;
	}
	if (seldom->more == 0 || now_ms < seldom->more_ms + VS_SELDOM_PERIOD_MS)
		return false;
	vs_core_event_init(event_out, VS_EVENT_REFUSED, seldom->more_at_ms);
	event_out->severity = VS_CORE_WARNING;
	(void)vs_bytes_copy_text(VS_BYTES_LITERAL(VS_CORE_TENANT_DEFAULT), event_out->tenant,
	                         sizeof(event_out->tenant));
	(void)vs_bytes_copy_text(VS_BYTES_LITERAL(VS_SELDOM_MORE), event_out->type,
	                         sizeof(event_out->type));
	*count_out = seldom->more;
	seldom->more = 0;
	return true;
}

bool
vs_seldom_waits(const struct vs_seldom *seldom)
{
	bool waits = seldom->more > 0;

	for (size_t i = 0; i < VS_LIMIT_REFUSAL_ROWS && !waits; i++)
		waits = seldom->rows[i].count > 0;
	return waits;
}
