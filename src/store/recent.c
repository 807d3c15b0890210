/* SPDX-License-Identifier: Apache-2.0 */
#include "store/recent.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"

#define WAYS 4u /* places where one may be; the oldest of them goes */
#define SETS (VS_LIMIT_STORE_RECENT / WAYS)

static_assert(VS_LIMIT_STORE_RECENT % WAYS == 0, "whole sets");

struct vs_store_recent {
	struct vs_store_recent_tx sets[SETS][WAYS];
	uint8_t next[SETS];
	bool is_empty;
};

vs_result
vs_store_recent_new(struct vs_store_recent **recent_out)
{
	struct vs_store_recent *recent = calloc(1, sizeof(*recent));

	assert(recent_out != NULL);
	if (recent == NULL)
		return VS_FAIL(NO_MEMORY);
	recent->is_empty = true;
	*recent_out = recent;
	return VS_OK;
}

void
vs_store_recent_free(struct vs_store_recent **recent)
{
	free(*recent);
	*recent = NULL;
}

static size_t
set_of(const struct vs_core_record *record)
{
	return (size_t)(vs_hash(vs_bytes_from_text(record->station)) ^
	                vs_hash(vs_bytes_from_text(record->u.tx_event.tx_id))) %
	       SETS;
}

/* WAYS: it is in none of them. */
static size_t
find(const struct vs_store_recent_tx *set, const struct vs_core_record *record)
{
	size_t i = 0;

	while (i < WAYS && (set[i].id == 0 || strcmp(set[i].station, record->station) != 0 ||
	                    strcmp(set[i].tx_id, record->u.tx_event.tx_id) != 0 ||
	                    strcmp(set[i].tenant, record->tenant) != 0))
		i++;
	return i;
}

const struct vs_store_recent_tx *
vs_store_recent_find(const struct vs_store_recent *recent, const struct vs_core_record *record)
{
	const struct vs_store_recent_tx *set;
	size_t way;

	assert(recent != NULL && record->kind == VS_RECORD_tx_event);
	if (recent->is_empty)
		return NULL;
	set = recent->sets[set_of(record)];
	way = find(set, record);
	return way < WAYS ? &set[way] : NULL;
}

void
vs_store_recent_put(struct vs_store_recent *recent, const struct vs_core_record *record, int64_t id,
                    const struct vs_store_tx *tx)
{
	size_t at = set_of(record), way = find(recent->sets[at], record);
	struct vs_store_recent_tx *place;

	assert(id != 0);
	if (tx->n.is_active == 0) {
		if (way < WAYS)
			recent->sets[at][way].id = 0;
		return;
	}
	if (way == WAYS)
		way = recent->next[at]++ % WAYS;
	place = &recent->sets[at][way];
	recent->is_empty = false;
	memcpy(place->tenant, record->tenant, sizeof(place->tenant));
	memcpy(place->station, record->station, sizeof(place->station));
	memcpy(place->tx_id, record->u.tx_event.tx_id, sizeof(place->tx_id));
	place->id = id;
	place->tx = *tx;
}

void
vs_store_recent_clear(struct vs_store_recent *recent)
{
	if (recent->is_empty)
		return;
	for (size_t set = 0; set < SETS; set++)
		for (size_t i = 0; i < WAYS; i++)
			recent->sets[set][i].id = 0;
	recent->is_empty = true;
}
