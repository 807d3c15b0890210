/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/frames.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/text.h"

#define ALIGNMENT 8u
/* How many frames back the call of an answer is looked for. */
#define PAIRING_MAX 512u

/* One frame in the ring; its text follows. */
struct slot {
	uint64_t owner; /* hash of tenant and station */
	int64_t at_ms, latency_us;
	uint64_t mono_us;
	uint32_t size, text_size;
	uint8_t type, channel;
	bool is_received, is_sealed, is_signed, is_cut, is_far;
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	char id[VS_CORE_FRAME_ID_SIZE], action[VS_CORE_FRAME_ACTION_SIZE];
	char verdict[VS_CORE_FRAME_VERDICT_SIZE];
};

/* Who watches a station asks again and again: each question keeps its place for a while. */
struct watch {
	_Atomic uint64_t owner;
	_Atomic int64_t until_ms;
};

/* Frames lie one behind the other in `bytes`, and begin again at its start. */
struct vs_frames {
	pthread_mutex_t lock;
	uint8_t *bytes;       /* VS_LIMIT_FRAME_LOG_SIZE */
	uint32_t *places;     /* VS_LIMIT_FRAME_LOG; of frame n at n % that */
	uint64_t first, next; /* numbers: [first, next) are here */
	size_t end;           /* behind the newest */
	/* Without the lock: reactors ask for each message. */
	_Atomic int64_t second; /* of the clock that `wants` is given */
	_Atomic uint32_t noted; /* in it */
	struct watch watches[VS_LIMIT_FRAME_WATCHES];
};

static struct slot *
slot_at(const struct vs_frames *frames, uint64_t number)
{
	return (struct slot *)(void *)(frames->bytes + frames->places[number % VS_LIMIT_FRAME_LOG]);
}

static size_t
room_of(size_t text_size)
{
	return (sizeof(struct slot) + text_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static uint64_t
owner_of(const char *tenant, const char *station)
{
	char text[VS_CORE_TENANT_SIZE + VS_CORE_IDENTITY_SIZE];
	size_t size = strlen(tenant), more = strlen(station);

	assert(size < VS_CORE_TENANT_SIZE && more < VS_CORE_IDENTITY_SIZE);
	memcpy(text, tenant, size + 1);
	memcpy(text + size + 1, station, more);
	return vs_hash(vs_bytes_from(text, size + 1 + more));
}

static bool
is_of(const struct slot *slot, uint64_t owner, const char *tenant, const char *station)
{
	return slot->owner == owner && strcmp(slot->station, station) == 0 &&
	       strcmp(slot->tenant, tenant) == 0;
}

/* Do the bytes of the oldest frame lie in [begin, begin + size)? */
static bool
is_in_the_way(const struct vs_frames *frames, size_t begin, size_t size)
{
	size_t place = frames->places[frames->first % VS_LIMIT_FRAME_LOG];

	return place < begin + size &&
	       begin < place + room_of(slot_at(frames, frames->first)->text_size);
}

static struct slot *
slot_take(struct vs_frames *frames, size_t text_size)
{
	size_t room = room_of(text_size);

	assert(room <= VS_LIMIT_FRAME_LOG_SIZE);
	if (frames->end + room > VS_LIMIT_FRAME_LOG_SIZE) {
		/* What lies behind the end until the wrap is older than what is at the start. */
		while (frames->first < frames->next &&
		       frames->places[frames->first % VS_LIMIT_FRAME_LOG] >= frames->end)
			frames->first++;
		frames->end = 0;
	}
	while (frames->first < frames->next &&
	       (frames->next - frames->first >= VS_LIMIT_FRAME_LOG ||
	        is_in_the_way(frames, frames->end, room)))
		frames->first++;
	frames->places[frames->next % VS_LIMIT_FRAME_LOG] = (uint32_t)frames->end;
	frames->end += room;
	return slot_at(frames, frames->next++);
}

/* The largest size up to the cap that ends at a character. */
static size_t
cut(struct vs_bytes text)
{
	size_t size = text.size;

	if (size <= VS_CORE_FRAME_TEXT_SIZE)
		return size;
	size = VS_CORE_FRAME_TEXT_SIZE;
	while (size > 0 && (text.data[size] & 0xc0) == 0x80)
		size--;
	return size;
}

/* An answer has the action of its call, and says how long it took. */
static void
pair(const struct vs_frames *frames, struct slot *slot)
{
	uint64_t own = frames->next - 1, last = frames->first;

	if (slot->type != VS_CORE_FRAME_RESULT && slot->type != VS_CORE_FRAME_ERROR)
		return;
	if (own - last > PAIRING_MAX)
		last = own - PAIRING_MAX;
	for (uint64_t number = own; number > last; number--) {
		const struct slot *call = slot_at(frames, number - 1);

		if (call->type != VS_CORE_FRAME_CALL || call->is_received == slot->is_received ||
		    !is_of(call, slot->owner, slot->tenant, slot->station) ||
		    strcmp(call->id, slot->id) != 0)
			continue;
		memcpy(slot->action, call->action, sizeof(slot->action));
		slot->latency_us = (int64_t)(slot->mono_us - call->mono_us);
		return;
	}
}

/* --- what is worth it ------------------------------------------------------------------------ */

static bool
is_watched(struct vs_frames *frames, const char *tenant, const char *station, int64_t now_ms)
{
	uint64_t owner = 0;

	for (size_t i = 0; i < VS_LIMIT_FRAME_WATCHES; i++) {
		struct watch *watch = &frames->watches[i];

		if (atomic_load_explicit(&watch->until_ms, memory_order_relaxed) < now_ms)
			continue;
		if (owner == 0)
			owner = owner_of(tenant, station);
		if (atomic_load_explicit(&watch->owner, memory_order_relaxed) == owner)
			return true;
	}
	return false;
}

/* Two reactors that meet here may note a few more or less: it is a budget, not an account. */
static bool
wants(void *self, const char *tenant, const char *station, int64_t now_ms)
{
	struct vs_frames *frames = self;
	int64_t second = now_ms / 1000;

	if (atomic_load_explicit(&frames->second, memory_order_relaxed) != second) {
		atomic_store_explicit(&frames->second, second, memory_order_relaxed);
		atomic_store_explicit(&frames->noted, 0, memory_order_relaxed);
	}
	if (atomic_load_explicit(&frames->noted, memory_order_relaxed) < VS_LIMIT_FRAME_LOG_RATE) {
		atomic_fetch_add_explicit(&frames->noted, 1, memory_order_relaxed);
		return true;
	}
	return is_watched(frames, tenant, station, now_ms);
}

/* Its own place, or that of the one who has not asked for the longest time. */
static void
watch(struct vs_frames *frames, uint64_t owner, int64_t now_ms)
{
	struct watch *place = &frames->watches[0];

	for (size_t i = 0; i < VS_LIMIT_FRAME_WATCHES; i++) {
		struct watch *other = &frames->watches[i];

		if (atomic_load(&other->owner) == owner) {
			place = other;
			break;
		}
		if (atomic_load(&other->until_ms) < atomic_load(&place->until_ms))
			place = other;
	}
	atomic_store(&place->owner, owner);
	atomic_store(&place->until_ms, now_ms + VS_LIMIT_FRAME_WATCH_MS);
}

/* --- noting ---------------------------------------------------------------------------------- */

static void
note(void *self, const struct vs_core_frame *frame)
{
	struct vs_frames *frames = self;
	struct vs_core_frame_head head;
	size_t text_size = cut(frame->text);
	struct slot new = {.owner = owner_of(frame->tenant, frame->station),
	                   .at_ms = frame->at_ms,
	                   .latency_us = VS_CORE_ABSENT,
	                   .mono_us = frame->mono_us,
	                   .size = (uint32_t)frame->size,
	                   .text_size = (uint32_t)text_size,
	                   .channel = (uint8_t)frame->channel,
	                   .is_received = frame->is_received,
	                   .is_sealed = frame->is_sealed,
	                   .is_signed = frame->is_signed,
	                   .is_cut = text_size < frame->text.size};
	struct slot *slot;

	vs_core_frame_head(frame->text, &head);
	new.type = (uint8_t)head.type;
	vs_text_copy(frame->tenant, new.tenant, sizeof(new.tenant));
	vs_text_copy(frame->station, new.station, sizeof(new.station));
	vs_text_copy(frame->verdict, new.verdict, sizeof(new.verdict));
	(void)vs_bytes_copy_text(head.id, new.id, sizeof(new.id));
	(void)vs_bytes_copy_text(head.action, new.action, sizeof(new.action));
	if (frame->action[0] != '\0')
		vs_text_copy(frame->action, new.action, sizeof(new.action));
	(void)pthread_mutex_lock(&frames->lock);
	slot = slot_take(frames, text_size);
	*slot = new;
	if (text_size > 0)
		memcpy(slot + 1, frame->text.data, text_size);
	pair(frames, slot);
	(void)pthread_mutex_unlock(&frames->lock);
}

void
vs_frames_put(struct vs_frames *frames, const char *tenant, const char *station,
              const struct vs_core_frame_row *row)
{
	struct slot new = {.owner = owner_of(tenant, station),
	                   .at_ms = row->at_ms,
	                   .latency_us = row->latency_us,
	                   .size = row->size,
	                   .text_size = row->text_size,
	                   .type = (uint8_t)row->type,
	                   .channel = (uint8_t)row->channel,
	                   .is_received = row->is_received,
	                   .is_sealed = row->is_sealed,
	                   .is_signed = row->is_signed,
	                   .is_cut = row->is_cut,
	                   .is_far = true};
	struct slot *slot;

	assert(row->text_size <= VS_CORE_FRAME_TEXT_SIZE);
	vs_text_copy(tenant, new.tenant, sizeof(new.tenant));
	vs_text_copy(station, new.station, sizeof(new.station));
	memcpy(new.id, row->id, sizeof(new.id));
	memcpy(new.action, row->action, sizeof(new.action));
	memcpy(new.verdict, row->verdict, sizeof(new.verdict));
	(void)pthread_mutex_lock(&frames->lock);
	slot = slot_take(frames, row->text_size);
	*slot = new;
	memcpy(slot + 1, row->text, row->text_size);
	(void)pthread_mutex_unlock(&frames->lock);
}

static void
row_fill(const struct slot *slot, uint64_t number, struct vs_core_frame_row *row)
{
	row->number = number;
	row->at_ms = slot->at_ms;
	row->latency_us = slot->latency_us;
	row->size = slot->size;
	row->text_size = slot->text_size;
	row->type = (enum vs_core_frame_type)slot->type;
	row->channel = (enum vs_core_frame_channel)slot->channel;
	row->is_received = slot->is_received;
	row->is_sealed = slot->is_sealed;
	row->is_signed = slot->is_signed;
	row->is_cut = slot->is_cut;
	row->is_far = slot->is_far;
	memcpy(row->id, slot->id, sizeof(row->id));
	memcpy(row->action, slot->action, sizeof(row->action));
	memcpy(row->verdict, slot->verdict, sizeof(row->verdict));
	memcpy(row->text, slot + 1, slot->text_size);
}

static size_t
before(void *self, const char *tenant, const char *station, uint64_t number,
       struct vs_core_frame_row *rows, size_t count)
{
	struct vs_frames *frames = self;
	uint64_t owner = owner_of(tenant, station);
	size_t found = 0;

	(void)pthread_mutex_lock(&frames->lock);
	if (number > frames->next)
		number = frames->next;
	for (; number > frames->first && found < count; number--) {
		const struct slot *slot = slot_at(frames, number - 1);

		if (is_of(slot, owner, tenant, station))
			row_fill(slot, number - 1, &rows[found++]);
	}
	(void)pthread_mutex_unlock(&frames->lock);
	return found;
}

size_t
vs_frames_from(struct vs_frames *frames, const char *tenant, const char *station, uint64_t *number,
               struct vs_core_frame_row *rows, size_t count, bool *has_missed_out)
{
	uint64_t owner = owner_of(tenant, station);
	size_t found = 0;

	(void)pthread_mutex_lock(&frames->lock);
	watch(frames, owner, vs_clock_wall_ms());
	*has_missed_out = *number < frames->first;
	if (*has_missed_out)
		*number = frames->first;
	for (; *number < frames->next && found < count; ++*number) {
		const struct slot *slot = slot_at(frames, *number);

		if (is_of(slot, owner, tenant, station))
			row_fill(slot, *number, &rows[found++]);
	}
	if (*number > frames->next)
		*number = frames->next;
	(void)pthread_mutex_unlock(&frames->lock);
	return found;
}

static size_t
from(void *self, const char *tenant, const char *station, uint64_t *number,
     struct vs_core_frame_row *rows, size_t count)
{
	bool has_missed;

	return vs_frames_from(self, tenant, station, number, rows, count, &has_missed);
}

vs_result
vs_frames_new(uint64_t first, struct vs_frames **frames_out)
{
	struct vs_frames *frames = calloc(1, sizeof(*frames));

	static_assert(VS_LIMIT_FRAME_LOG_SIZE > 4 * (sizeof(struct slot) + VS_CORE_FRAME_TEXT_SIZE),
	              "the longest frames fit");
	assert(frames_out != NULL && first > 0);
	if (frames == NULL)
		return VS_FAIL(NO_MEMORY);
	(void)pthread_mutex_init(&frames->lock, NULL);
	frames->first = frames->next = first;
	frames->bytes = calloc(1, VS_LIMIT_FRAME_LOG_SIZE); /* pages come as they are written */
	frames->places = calloc(VS_LIMIT_FRAME_LOG, sizeof(*frames->places));
	if (frames->bytes == NULL || frames->places == NULL) {
		vs_frames_free(&frames);
		return VS_FAIL(NO_MEMORY);
	}
	*frames_out = frames;
	return VS_OK;
}

void
vs_frames_free(struct vs_frames **frames)
{
	if (frames == NULL || *frames == NULL)
		return;
	(void)pthread_mutex_destroy(&(*frames)->lock);
	free((*frames)->bytes);
	free((*frames)->places);
	free(*frames);
	*frames = NULL;
}

struct vs_port_frames
vs_frames_port(struct vs_frames *frames)
{
	return (struct vs_port_frames){
	    .self = frames, .wants = wants, .note = note, .before = before, .from = from};
}
