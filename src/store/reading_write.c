/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reading_write.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

#define SLOTS     16384u /* a power of two, twice a batch or more */
#define HEAD_SIZE 23u    /* of a message in a chunk */

static_assert(SLOTS >= 2 * VS_LIMIT_STORE_BATCH, "half of the slots stay free");

/* Messages of one row. */
struct group {
	const struct vs_core_record *first;
	uint16_t head, tail; /* 1 + index of the first and the last of its entries */
	uint16_t count;
	size_t size;
};

struct vs_store_readings {
	const struct vs_core_record *entries[VS_LIMIT_STORE_BATCH];
	uint16_t
	    nexts[VS_LIMIT_STORE_BATCH]; /* 1 + index of the next one in its group; 0: the last */
	size_t entry_count;
	struct group groups[VS_LIMIT_STORE_BATCH];
	size_t group_count;
	uint16_t group_slots[SLOTS];                                /* 1 + index; 0: free */
	const struct vs_core_record *windows[VS_LIMIT_STORE_BATCH]; /* the last of each salt */
	size_t window_count;
	uint16_t window_slots[SLOTS];
	struct vs_buf plain, room;
};

vs_result
vs_store_readings_new(struct vs_store_readings **readings_out)
{
	struct vs_store_readings *readings = calloc(1, sizeof(*readings));

	assert(readings_out != NULL);
	if (readings == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_buf_init(&readings->plain, VS_STORE_PLAIN_SIZE_MAX);
	vs_buf_init(&readings->room, VS_STORE_PLAIN_SIZE_MAX);
	*readings_out = readings;
	return VS_OK;
}

void
vs_store_readings_free(struct vs_store_readings **readings)
{
	assert(readings != NULL);
	if (*readings == NULL)
		return;
	vs_store_plain_done(&(*readings)->plain);
	vs_buf_done(&(*readings)->room);
	free(*readings);
	*readings = NULL;
}

void
vs_store_readings_begin(struct vs_store_readings *readings)
{
	assert(readings != NULL);
	if (readings->entry_count == 0)
		return;
	readings->entry_count = readings->group_count = readings->window_count = 0;
	memset(readings->group_slots, 0, sizeof(readings->group_slots));
	memset(readings->window_slots, 0, sizeof(readings->window_slots));
}

/* --- which belong together -------------------------------------------------------------------- */

static int64_t
span_of(const struct vs_core_record *record)
{
	int64_t at_ms = record->u.readings.at_ms;

	return at_ms / VS_STORE_CHUNK_SPAN_MS - (at_ms < 0);
}

static bool
is_of_group(const struct group *group, const struct vs_core_record *record)
{
	return span_of(group->first) == span_of(record) &&
	       strcmp(group->first->station, record->station) == 0 &&
	       strcmp(group->first->tenant, record->tenant) == 0;
}

static void
group_add(struct vs_store_readings *readings, const struct vs_core_record *record)
{
	size_t at =
	    (vs_hash(vs_bytes_from_text(record->station)) + (uint64_t)span_of(record)) % SLOTS;
	size_t size = HEAD_SIZE + record->payload.size;
	uint16_t entry;
	struct group *group;

	while (readings->group_slots[at] != 0 &&
	       !is_of_group(&readings->groups[readings->group_slots[at] - 1], record))
		at = (at + 1) % SLOTS;
	readings->entries[readings->entry_count] = record;
	readings->nexts[readings->entry_count] = 0;
	entry = (uint16_t)++readings->entry_count;
	if (readings->group_slots[at] != 0) {
		group = &readings->groups[readings->group_slots[at] - 1];
		if (group->size + size <= VS_STORE_CHUNK_SIZE_MAX) {
			readings->nexts[group->tail - 1] = entry;
			group->tail = entry;
			group->count++;
			group->size += size;
			return;
		}
	}
	/* The first, or full: another row takes its place. */
	group = &readings->groups[readings->group_count++];
	*group = (struct group){
	    .first = record, .head = entry, .tail = entry, .count = 1, .size = 1 + size};
	readings->group_slots[at] = (uint16_t)readings->group_count;
}

static bool
is_of_window(const struct vs_core_record *a, const struct vs_core_record *b)
{
	return a->u.readings.epoch == b->u.readings.epoch &&
	       vs_bytes_equal(vs_bytes_from(a->u.readings.salt, sizeof(a->u.readings.salt)),
	                      vs_bytes_from(b->u.readings.salt, sizeof(b->u.readings.salt))) &&
	       strcmp(a->station, b->station) == 0 && strcmp(a->tenant, b->tenant) == 0;
}

/* A window holds all numbers that were accepted before it: the last says it all. */
static void
window_add(struct vs_store_readings *readings, const struct vs_core_record *record)
{
	size_t at =
	    (vs_hash(vs_bytes_from_text(record->station)) ^
	     vs_hash(vs_bytes_from(record->u.readings.salt, sizeof(record->u.readings.salt)))) %
	    SLOTS;

	for (; readings->window_slots[at] != 0; at = (at + 1) % SLOTS) {
		const struct vs_core_record **there =
		    &readings->windows[readings->window_slots[at] - 1];

		if (is_of_window(*there, record)) {
			*there = record;
			return;
		}
	}
	readings->windows[readings->window_count++] = record;
	readings->window_slots[at] = (uint16_t)readings->window_count;
}

void
vs_store_readings_hold(struct vs_store_readings *readings, const struct vs_core_record *record)
{
	assert(readings != NULL && record != NULL && record->kind == VS_RECORD_readings);
	assert(readings->entry_count < VS_LIMIT_STORE_BATCH);
	group_add(readings, record);
	if (record->u.readings.has_window)
		window_add(readings, record);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void
put_number(uint8_t *at, uint64_t number, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(number >> 8 * (size - 1 - i));
}

static vs_result
put_message(struct vs_buf *plain, const struct vs_core_record *record)
{
	const struct vs_core_readings *readings = &record->u.readings;
	uint8_t head[HEAD_SIZE];

	put_number(head, (uint64_t)readings->at_ms, 8);
	put_number(head + 8, (uint64_t)record->received_ms, 8);
	put_number(head + 16, (uint64_t)readings->profile, 1);
	put_number(head + 17, (uint64_t)readings->count, 2);
	put_number(head + 19, record->payload.size, 4);
	VS_TRY(vs_buf_append(plain, head, sizeof(head)));
	return vs_buf_append_bytes(plain, record->payload);
}

static vs_result
make_plain(struct vs_store_readings *readings, const struct group *group, int64_t *at_ms,
           int64_t *count, struct vs_bytes *plain_out)
{
	*at_ms = group->first->u.readings.at_ms;
	*count = group->first->u.readings.count;
	*plain_out = group->first->payload;
	if (group->count == 1)
		return VS_OK;
	*count = 0;
	vs_buf_reset(&readings->plain);
	VS_TRY(vs_buf_append_byte(&readings->plain, VS_STORE_CHUNK));
	for (uint16_t at = group->head; at != 0; at = readings->nexts[at - 1]) {
		const struct vs_core_record *record = readings->entries[at - 1];

		VS_TRY(put_message(&readings->plain, record));
		*count += record->u.readings.count;
		if (record->u.readings.at_ms < *at_ms)
			*at_ms = record->u.readings.at_ms;
	}
	*plain_out = vs_buf_view(&readings->plain);
	return VS_OK;
}

static vs_result
write_group(struct vs_store_readings *readings, const struct group *group, struct vs_store_db *db,
            const struct vs_store_seal *seal, int64_t id)
{
	const struct vs_core_record *first = group->first;
	struct vs_store_value sealed;
	struct vs_store_row row;
	struct vs_bytes plain = {NULL, 0};
	int64_t at_ms = 0, count = 0;
	vs_result r = make_plain(readings, group, &at_ms, &count, &plain);

	vs_store_row_begin(&row);
	vs_store_row_number(&row, id);
	if (r.code == VS_E_OK)
		r = vs_store_room(&readings->room, plain.size, 1);
	if (r.code == VS_E_OK)
		r = vs_store_seal_value(seal, VS_STORE_CELL_reading_payload, first->tenant,
		                        first->station, &row, first->received_ms, plain,
		                        &readings->room, &sealed);
	if (readings->plain.size > 0)
		explicit_bzero(readings->plain.data, readings->plain.size);
	vs_buf_reset(&readings->plain);
	VS_TRY(r);
	const struct vs_store_value values[] = {vs_store_number(id),
	                                        vs_store_text(first->tenant),
	                                        vs_store_text(first->station),
	                                        vs_store_number(at_ms),
	                                        vs_store_number(first->received_ms),
	                                        vs_store_number(count),
	                                        vs_store_number(first->u.readings.profile),
	                                        sealed};

	return vs_store_run(db, VS_QUERY_reading_add, values, sizeof(values) / sizeof(values[0]));
}

static vs_result
write_window(const struct vs_core_record *record, struct vs_store_db *db)
{
	const struct vs_core_readings *readings = &record->u.readings;
	const struct vs_store_value values[] = {
	    vs_store_text(record->tenant),
	    vs_store_text(record->station),
	    vs_store_number(readings->epoch),
	    vs_store_blob(readings->salt, sizeof(readings->salt)),
	    vs_store_blob(readings->window, sizeof(readings->window)),
	    vs_store_number(record->received_ms),
	    vs_store_number(1)};

	return vs_store_run(db, VS_QUERY_sensor_window_put, values,
	                    sizeof(values) / sizeof(values[0]));
}

/* The table's own row decides, in the transaction of what the number let in. */
static vs_result
take_number(const struct vs_core_record *record, struct vs_store_db *db)
{
	const struct vs_core_readings *readings = &record->u.readings;
	const struct vs_store_value values[] = {
	    vs_store_text(record->tenant),
	    vs_store_text(record->station),
	    vs_store_number(readings->epoch),
	    vs_store_blob(readings->salt, sizeof(readings->salt)),
	    vs_store_number(readings->number),
	    vs_store_number(record->received_ms)};

	return vs_store_run(db, VS_QUERY_sensor_take, values, sizeof(values) / sizeof(values[0]));
}

static vs_result
write_windows(struct vs_store_readings *readings, struct vs_store_db *db)
{
	if (vs_store_db_node(db)[0] == '\0') {
		for (size_t i = 0; i < readings->window_count; i++)
			VS_TRY(write_window(readings->windows[i], db));
		return VS_OK;
	}
	for (size_t i = 0; i < readings->entry_count; i++)
		if (readings->entries[i]->u.readings.has_window)
			VS_TRY(take_number(readings->entries[i], db));
	return VS_OK;
}

static vs_result
write_reached(const struct vs_core_record *record, struct vs_store_db *db)
{
	const struct vs_store_value values[] = {vs_store_number(record->u.readings.profile),
	                                        vs_store_text(record->tenant),
	                                        vs_store_text(record->station)};

	return vs_store_run(db, VS_QUERY_sensor_reached, values, 3);
}

vs_result
vs_store_readings_write(struct vs_store_readings *readings, struct vs_store_db *db,
                        const struct vs_store_seal *seal, int64_t *id)
{
	assert(readings != NULL && db != NULL && seal != NULL && id != NULL);
	for (size_t i = 0; i < readings->group_count; i++)
		VS_TRY(write_group(readings, &readings->groups[i], db, seal, ++*id));
	VS_TRY(write_windows(readings, db));
	for (size_t i = 0; i < readings->entry_count; i++)
		if (readings->entries[i]->u.readings.is_raised)
			VS_TRY(write_reached(readings->entries[i], db));
	vs_store_readings_begin(readings);
	return VS_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

static uint64_t
get_number(const uint8_t *at, unsigned size)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < size; i++)
		number = number << 8 | at[i];
	return number;
}

bool
vs_store_chunk_next(struct vs_bytes chunk, size_t *at, struct vs_store_chunk_message *message_out)
{
	const uint8_t *head;
	size_t size;

	if (*at == 0)
		*at = chunk.size > 0 && chunk.data[0] == VS_STORE_CHUNK ? 1 : chunk.size;
	if (*at >= chunk.size || chunk.size - *at < HEAD_SIZE)
		return false;
	head = chunk.data + *at;
	size = (size_t)get_number(head + 19, 4);
	if (size > chunk.size - *at - HEAD_SIZE)
		return false;
	*message_out =
	    (struct vs_store_chunk_message){.at_ms = (int64_t)get_number(head, 8),
	                                    .received_ms = (int64_t)get_number(head + 8, 8),
	                                    .profile = (int64_t)get_number(head + 16, 1),
	                                    .count = (int64_t)get_number(head + 17, 2),
	                                    .payload = vs_bytes_from(head + HEAD_SIZE, size)};
	*at += HEAD_SIZE + size;
	return true;
}
