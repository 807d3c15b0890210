/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/settle.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/text.h"

#define COUNTS 1024u /* two stations that share one are taken once more than needed */

struct vs_daemon_settle {
	_Atomic uint32_t counts[COUNTS];
	struct vs_daemon_settle_row *rows;
	size_t count, capacity;
};

static size_t
slot_of(const char *identity)
{
	return vs_hash(vs_bytes_from_text(identity)) % COUNTS;
}

/* Those that write the registry's entry (store/record_write.c). */
static bool
is_of_registry(enum vs_core_record_kind kind)
{
	return kind == VS_RECORD_boot || kind == VS_RECORD_station_put ||
	       kind == VS_RECORD_station_remove || kind == VS_RECORD_enrol ||
	       kind == VS_RECORD_proved || kind == VS_RECORD_claim_station;
}

vs_result
vs_daemon_settle_new(struct vs_daemon_settle **settle_out)
{
	struct vs_daemon_settle *settle = calloc(1, sizeof(*settle));

	if (settle == NULL)
		return VS_FAIL(NO_MEMORY);
	*settle_out = settle;
	return VS_OK;
}

void
vs_daemon_settle_free(struct vs_daemon_settle **settle)
{
	if (*settle == NULL)
		return;
	free((*settle)->rows);
	free(*settle);
	*settle = NULL;
}

void
vs_daemon_settle_committed(struct vs_daemon_settle *settle, const struct vs_core_record *list)
{
	for (; list != NULL; list = list->next)
		if (is_of_registry(list->kind))
			(void)atomic_fetch_add(&settle->counts[slot_of(list->station)], 1);
}

uint32_t
vs_daemon_settle_count(const struct vs_daemon_settle *settle, const char *identity)
{
	return atomic_load(&settle->counts[slot_of(identity)]);
}

vs_result
vs_daemon_settle_taken(struct vs_daemon_settle *settle, const char *tenant, const char *identity,
                       uint32_t count, uint64_t now_ms)
{
	struct vs_daemon_settle_row *row;

	if (settle->count == settle->capacity) {
		size_t capacity = settle->capacity == 0 ? 64 : 2 * settle->capacity;
		struct vs_daemon_settle_row *rows;

		if (capacity > VS_LIMIT_SETTLING_ROWS)
			return VS_FAIL(TOO_LONG);
		rows = reallocarray(settle->rows, capacity, sizeof(*rows));
		if (rows == NULL)
			return VS_FAIL(NO_MEMORY);
		settle->rows = rows;
		settle->capacity = capacity;
	}
	row = &settle->rows[settle->count];
	*row = (struct vs_daemon_settle_row){.count = count, .taken_ms = now_ms};
	vs_text_copy(tenant, row->tenant, sizeof(row->tenant));
	vs_text_copy(identity, row->identity, sizeof(row->identity));
	settle->count++;
	return VS_OK;
}

bool
vs_daemon_settle_next(struct vs_daemon_settle *settle, uint64_t now_ms,
                      struct vs_daemon_settle_row *row_out)
{
	size_t at = 0;

	while (at < settle->count) {
		struct vs_daemon_settle_row *row = &settle->rows[at];
		bool is_due = vs_daemon_settle_count(settle, row->identity) != row->count;

		if (!is_due && now_ms < row->taken_ms + VS_DAEMON_SETTLE_MS) {
			at++;
			continue;
		}
		if (is_due)
			*row_out = *row;
		*row = settle->rows[--settle->count];
		if (is_due)
			return true;
	}
	return false;
}
