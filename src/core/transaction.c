/* SPDX-License-Identifier: Apache-2.0 */
#include "core/transaction.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

#define TIME_MAX_MS (INT64_C(1) << 47) /* the year 6429 */

int64_t
vs_core_tx_seq_by_time(int64_t at_ms, enum vs_core_tx_type type, uint32_t content)
{
	int64_t at = at_ms < 0 ? 0 : at_ms > TIME_MAX_MS ? TIME_MAX_MS : at_ms;

	return VS_CORE_SEQ_BY_TIME + at * (1 << 15) + (int64_t)type * (1 << 13) +
	       (int64_t)(content % (1 << 13));
}

bool
vs_core_tx_is_complete(bool has_started, bool has_ended, int64_t first_seq_no, int64_t last_seq_no,
                       int64_t event_count)
{
	if (!has_started || !has_ended || first_seq_no == VS_CORE_ABSENT ||
	    last_seq_no == VS_CORE_ABSENT)
		return false;
	return first_seq_no >= VS_CORE_SEQ_BY_TIME || event_count == last_seq_no - first_seq_no + 1;
}

const char *
vs_core_tx_type_text(enum vs_core_tx_type type)
{
	switch (type) {
	case VS_CORE_TX_STARTED:
		return "Started";
	case VS_CORE_TX_UPDATED:
		return "Updated";
	case VS_CORE_TX_ENDED:
		return "Ended";
	}
	return "";
}

void
vs_core_live_init(struct vs_core_live *live)
{
	assert(live != NULL);
	memset(live, 0, sizeof(*live));
}

static struct vs_core_live_tx *
find(struct vs_core_live *live, const char *tx_id)
{
	for (uint32_t i = 0; i < live->count; i++) {
		if (strcmp(live->slots[i].tx_id, tx_id) == 0)
			return &live->slots[i];
	}
	return NULL;
}

static struct vs_core_live_tx *
take_slot(struct vs_core_live *live, const char *tx_id)
{
	struct vs_core_live_tx *slot = &live->slots[0];

	if (live->count < VS_CORE_LIVE_TRANSACTIONS) {
		slot = &live->slots[live->count++];
	} else {
		for (uint32_t i = 1; i < live->count; i++) {
			if (live->slots[i].used < slot->used)
				slot = &live->slots[i];
		}
	}
	memset(slot, 0, sizeof(*slot));
	vs_text_copy(tx_id, slot->tx_id, sizeof(slot->tx_id));
	slot->last_seq_no = VS_CORE_ABSENT;
	slot->base_wh = VS_CORE_ABSENT;
	return slot;
}

static void
remove_slot(struct vs_core_live *live, struct vs_core_live_tx *slot)
{
	*slot = live->slots[--live->count];
}

enum vs_core_live_verdict
vs_core_live_apply(struct vs_core_live *live, const struct vs_core_tx_event *event,
                   int64_t *energy_wh_out)
{
	struct vs_core_live_tx *slot;

	assert(live != NULL && event != NULL && energy_wh_out != NULL);
	slot = find(live, event->tx_id);
	if (slot == NULL)
		slot = take_slot(live, event->tx_id);
	slot->used = ++live->uses;
	/* A Started that comes late (a gap was filled) still tells where the register stood. */
	if (event->type == VS_CORE_TX_STARTED && slot->base_wh == VS_CORE_ABSENT)
		slot->base_wh = event->energy_wh;
	/* The store remembers what came over connections before this one. */
	if (event->first_wh != VS_CORE_ABSENT)
		slot->base_wh = event->first_wh;
	*energy_wh_out = VS_CORE_ABSENT;
	live->missing = 0;
	if (slot->count++ == 0)
		slot->first_seq_no = event->seq_no;
	if (slot->last_seq_no != VS_CORE_ABSENT && event->seq_no <= slot->last_seq_no)
		return VS_CORE_LIVE_LATE;
	slot->last_seq_no = event->seq_no;
	/* A register that ran backwards tells nothing about the energy since the start. */
	if (slot->base_wh != VS_CORE_ABSENT && event->energy_wh != VS_CORE_ABSENT &&
	    event->energy_wh >= slot->base_wh)
		*energy_wh_out = event->energy_wh - slot->base_wh;
	if (event->type == VS_CORE_TX_ENDED) {
		live->missing = slot->last_seq_no - slot->first_seq_no + 1 - slot->count;
		remove_slot(live, slot);
	}
	return VS_CORE_LIVE_NEW;
}
