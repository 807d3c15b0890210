/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct vs_sim_queued {
	struct vs_sim_queued *next;
	struct vs_sim_entry entry;
	size_t size;
	uint8_t frame[];
};

void
vs_sim_queue_init(struct vs_sim_queue *queue, uint32_t count_max)
{
	*queue = (struct vs_sim_queue){.count_max = count_max};
}

static void
pop(struct vs_sim_queue *queue)
{
	struct vs_sim_queued *first = queue->first;

	queue->first = first->next;
	if (queue->first == NULL)
		queue->last = NULL;
	queue->count--;
	queue->is_in_flight = false;
	free(first);
}

void
vs_sim_queue_done(struct vs_sim_queue *queue)
{
	if (queue == NULL)
		return;
	while (queue->first != NULL)
		pop(queue);
	queue->reserved = 0;
}

bool
vs_sim_queue_can_begin(const struct vs_sim_queue *queue)
{
	return queue->count + queue->reserved + 2 <= queue->count_max;
}

static bool
is_droppable(enum vs_sim_event event)
{
	return event == VS_SIM_EVENT_UPDATED || event == VS_SIM_EVENT_METER;
}

/* The 1st, 3rd, 5th Updated of those that wait. */
static void
thin_out(struct vs_sim_queue *queue)
{
	struct vs_sim_queued **link = &queue->first;
	struct vs_sim_queued *previous = NULL;
	bool is_odd = true;

	if (queue->is_in_flight && queue->first != NULL) {
		previous = queue->first;
		link = &queue->first->next;
	}
	while (*link != NULL) {
		struct vs_sim_queued *queued = *link;

		if (is_droppable(queued->entry.event) && is_odd) {
			*link = queued->next;
			free(queued);
			queue->count--;
			queue->dropped++;
			is_odd = false;
			continue;
		}
		if (is_droppable(queued->entry.event))
			is_odd = true;
		previous = queued;
		link = &queued->next;
	}
	queue->last = previous;
}

static uint32_t
places_needed(enum vs_sim_event event)
{
	switch (event) {
	case VS_SIM_EVENT_STARTED:
		return 2; /* and its end */
	case VS_SIM_EVENT_UPDATED:
	case VS_SIM_EVENT_SECURITY:
	case VS_SIM_EVENT_METER:
		return 1;
	case VS_SIM_EVENT_ENDED:
		break; /* has one already */
	}
	return 0;
}

VS_RESULT
vs_sim_queue_push(struct vs_sim_queue *queue, const struct vs_sim_entry *entry,
                  struct vs_bytes frame)
{
	struct vs_sim_queued *queued;
	uint32_t needed = places_needed(entry->event);

	if (queue->count + queue->reserved + needed > queue->count_max)
		thin_out(queue);
	if (needed != 0 && queue->count + queue->reserved + needed > queue->count_max) {
		if (is_droppable(entry->event))
			queue->dropped++;
		return VS_FAIL(BUSY);
	}
	queued = calloc(1, sizeof(*queued) + frame.size);
	if (queued == NULL)
		return VS_FAIL(NO_MEMORY);
	queued->entry = *entry;
	queued->size = frame.size;
	if (frame.size > 0)
		memcpy(queued->frame, frame.data, frame.size);
	if (queue->last != NULL)
		queue->last->next = queued;
	else
		queue->first = queued;
	queue->last = queued;
	queue->count++;
	if (entry->event == VS_SIM_EVENT_STARTED)
		queue->reserved++;
	if (entry->event == VS_SIM_EVENT_ENDED && queue->reserved > 0)
		queue->reserved--;
	return VS_OK;
}

const struct vs_sim_entry *
vs_sim_queue_peek(const struct vs_sim_queue *queue, uint64_t now_ms, struct vs_bytes *frame_out)
{
	if (vs_sim_queue_due(queue) > now_ms)
		return NULL;
	*frame_out = vs_bytes_from(queue->first->frame, queue->first->size);
	return &queue->first->entry;
}

uint64_t
vs_sim_queue_due(const struct vs_sim_queue *queue)
{
	if (queue->first == NULL || queue->is_in_flight)
		return UINT64_MAX;
	return queue->first->entry.not_before_ms;
}

void
vs_sim_queue_sent(struct vs_sim_queue *queue)
{
	assert(queue->first != NULL && !queue->is_in_flight);
	queue->is_in_flight = true;
}

const struct vs_sim_entry *
vs_sim_queue_in_flight(const struct vs_sim_queue *queue)
{
	return queue->is_in_flight ? &queue->first->entry : NULL;
}

void
vs_sim_queue_answered(struct vs_sim_queue *queue, struct vs_sim_entry *entry_out)
{
	assert(queue->is_in_flight);
	*entry_out = queue->first->entry;
	pop(queue);
}

bool
vs_sim_queue_failed(struct vs_sim_queue *queue, const struct vs_sim_retry_rule *rule,
                    uint64_t now_ms, struct vs_sim_entry *entry_out)
{
	struct vs_sim_entry *entry;

	assert(queue->is_in_flight);
	entry = &queue->first->entry;
	entry->attempts++;
	if (entry->attempts >= rule->attempts) {
		*entry_out = *entry;
		queue->discarded++;
		pop(queue);
		return true;
	}
	/* OCPP 2.0.1 E13.FR.03: the interval times the number of preceding transmissions. */
	entry->not_before_ms = now_ms + UINT64_C(1000) * rule->interval_s * entry->attempts;
	queue->is_in_flight = false;
	return false;
}

void
vs_sim_queue_unsent(struct vs_sim_queue *queue)
{
	queue->is_in_flight = false;
}

bool
vs_sim_queue_holds(const struct vs_sim_queue *queue, const char *transaction_id)
{
	for (const struct vs_sim_queued *at = queue->first; at != NULL; at = at->next)
		if (strcmp(at->entry.transaction_id, transaction_id) == 0)
			return true;
	return false;
}

void
vs_sim_queue_number(struct vs_sim_queue *queue, const char *from, const char *to)
{
	static const char room[] = "\"transactionId\":" VS_SIM_NUMBER_ROOM;
	size_t before = sizeof(room) - sizeof(VS_SIM_NUMBER_ROOM), size = strlen(to);

	for (struct vs_sim_queued *at = queue->first; at != NULL; at = at->next) {
		uint8_t *place;

		if (strcmp(at->entry.transaction_id, from) != 0)
			continue;
		vs_text_copy(to, at->entry.transaction_id, sizeof(at->entry.transaction_id));
		place = memmem(at->frame, at->size, room, sizeof(room) - 1);
		if (place == NULL || size > sizeof(VS_SIM_NUMBER_ROOM) - 1)
			continue;
		memset(place + before, ' ', sizeof(VS_SIM_NUMBER_ROOM) - 1);
		memcpy(place + before, to, size);
	}
}
