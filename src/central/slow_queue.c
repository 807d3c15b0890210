/* SPDX-License-Identifier: Apache-2.0 */
#include "central/slow_queue.h"

#include <assert.h>

#include "base/limits.h"

#define GUESS_US 50000u /* bcrypt, cost 10, before anything was measured */

void
vs_slow_queue_init(struct vs_slow_queue *queue, unsigned threads)
{
	assert(queue != NULL && threads > 0);
	*queue = (struct vs_slow_queue){.threads = threads, .average_us = GUESS_US};
	queue->waiting_end = &queue->waiting;
}

static uint64_t
work_ms(const struct vs_slow_queue *queue, size_t count)
{
	return count * queue->average_us / 1000 / queue->threads;
}

static size_t
count_of_source(const struct vs_slow_queue *queue, uint64_t source)
{
	size_t count = 0;

	for (const struct vs_slow_entry *e = queue->waiting; e != NULL; e = e->next)
		count += e->source == source;
	return count;
}

vs_result
vs_slow_queue_add(struct vs_slow_queue *queue, struct vs_slow_entry *entry, uint64_t *retry_ms_out)
{
	assert(queue != NULL && entry != NULL && retry_ms_out != NULL);
	if (work_ms(queue, queue->waiting_count + 1) > VS_SLOW_WAIT_MS ||
	    queue->waiting_count >= VS_LIMIT_SLOW_VERDICTS ||
	    (!entry->is_trusted && count_of_source(queue, entry->source) >= VS_LIMIT_SLOW_SOURCE)) {
		*retry_ms_out = work_ms(queue, queue->waiting_count + queue->running_count);
		return VS_FAIL(BUSY);
	}
	entry->next = NULL;
	*queue->waiting_end = entry;
	queue->waiting_end = &entry->next;
	queue->waiting_count++;
	return VS_OK;
}

static bool
may_begin(const struct vs_slow_queue *queue, const struct vs_slow_entry *entry)
{
	for (const struct vs_slow_entry *e = queue->running; e != NULL; e = e->next) {
		if (e->identity == entry->identity ||
		    (e->source == entry->source && !e->is_trusted))
			return false;
	}
	return true;
}

static void
take_out(struct vs_slow_queue *queue, struct vs_slow_entry **at)
{
	struct vs_slow_entry *entry = *at;

	*at = entry->next;
	if (queue->waiting_end == &entry->next)
		queue->waiting_end = at;
	entry->next = NULL;
	queue->waiting_count--;
}

struct vs_slow_entry *
vs_slow_queue_next(struct vs_slow_queue *queue, uint64_t now_ms, bool *is_late_out)
{
	assert(queue != NULL && is_late_out != NULL);
	*is_late_out = false;
	for (struct vs_slow_entry **at = &queue->waiting; *at != NULL; at = &(*at)->next) {
		struct vs_slow_entry *entry = *at;

		*is_late_out = now_ms >= entry->due_ms;
		if (!*is_late_out &&
		    (queue->running_count >= queue->threads || !may_begin(queue, entry)))
			continue;
		take_out(queue, at);
		if (*is_late_out)
			return entry;
		entry->next = queue->running;
		queue->running = entry;
		queue->running_count++;
		return entry;
	}
	*is_late_out = false;
	return NULL;
}

void
vs_slow_queue_done(struct vs_slow_queue *queue, struct vs_slow_entry *entry, uint64_t took_us)
{
	struct vs_slow_entry **at = &queue->running;

	assert(queue != NULL && entry != NULL);
	while (*at != entry) {
		assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = entry->next;
	entry->next = NULL;
	queue->running_count--;
	if (took_us > 0)
		queue->average_us = (queue->average_us * 7 + took_us) / 8;
}
