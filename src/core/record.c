/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Room for both views; more than any message that a limit lets through. */
#define BODY_SIZE_MAX (4u * VS_LIMIT_WS_MESSAGE_SIZE)

enum { AT_ONCE, AFTER_COMMIT };
enum { KEPT_THERE, SPOOLED };

static const struct {
	const char *name;
	bool is_after_commit, is_spooled;
} rows[] = {
#define VS_RECORD(name, reply, away, what)                                                         \
	[VS_RECORD_##name] = {#name, reply == AFTER_COMMIT, away == SPOOLED},
#include "core/records.def"
#undef VS_RECORD
};
static_assert(sizeof(rows) / sizeof(rows[0]) == VS_RECORD_COUNT, "a row for each kind of record");

static struct vs_bytes
place(uint8_t **at, struct vs_bytes view)
{
	struct vs_bytes copy = {NULL, 0};

	if (view.size > 0) {
		memcpy(*at, view.data, view.size);
		copy = vs_bytes_from(*at, view.size);
		*at += view.size;
	}
	return copy;
}

vs_result
vs_core_record_new(enum vs_core_record_kind kind, const char *tenant, const char *station,
                   int64_t received_ms, struct vs_bytes payload, struct vs_bytes reply,
                   struct vs_core_record **record_out)
{
	struct vs_core_record *record;
	uint8_t *body;

	assert(kind < VS_RECORD_COUNT && record_out != NULL);
	if (payload.size > BODY_SIZE_MAX || reply.size > BODY_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	record = malloc(sizeof(*record) + payload.size + reply.size);
	if (record == NULL)
		return VS_FAIL(NO_MEMORY);
	memset(record, 0, sizeof(*record));
	body = (uint8_t *)(record + 1);
	record->kind = kind;
	record->received_ms = received_ms;
	vs_text_copy(tenant, record->tenant, sizeof(record->tenant));
	vs_text_copy(station, record->station, sizeof(record->station));
	record->payload = place(&body, payload);
	record->reply = place(&body, reply);
	*record_out = record;
	return VS_OK;
}

void
vs_core_record_free(struct vs_core_record **record)
{
	assert(record != NULL);
	free(*record);
	*record = NULL;
}

bool
vs_core_record_is_after_commit(enum vs_core_record_kind kind)
{
	assert(kind < VS_RECORD_COUNT);
	return rows[kind].is_after_commit;
}

/* What somebody wants of a station is a promise of the database; what became of it is news. */
bool
vs_core_record_is_spooled(const struct vs_core_record *record)
{
	assert(record != NULL && record->kind < VS_RECORD_COUNT);
	return rows[record->kind].is_spooled && (record->kind != VS_RECORD_command ||
	                                         record->u.command.state != VS_CORE_COMMAND_QUEUED);
}

const char *
vs_core_record_name(enum vs_core_record_kind kind)
{
	assert(kind < VS_RECORD_COUNT);
	return rows[kind].name;
}

const char *
vs_core_command_state_text(enum vs_core_command_state state)
{
	switch (state) {
	case VS_CORE_COMMAND_QUEUED:
		return "queued";
	case VS_CORE_COMMAND_SENT:
		return "sent";
	case VS_CORE_COMMAND_ANSWERED:
		return "answered";
	case VS_CORE_COMMAND_REFUSED:
		return "refused";
	case VS_CORE_COMMAND_FAILED:
		return "failed";
	case VS_CORE_COMMAND_STATE_COUNT:
		break;
	}
	return "";
}

const char *
vs_core_reading_text(enum vs_core_reading reading)
{
	switch (reading) {
	case VS_CORE_READ_WHOLE:
		break;
	case VS_CORE_READ_ERASED:
		return "erased";
	case VS_CORE_READ_DAMAGED:
		return "damaged";
	}
	return "";
}
