/* SPDX-License-Identifier: Apache-2.0 */
#include "central/repeat.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/metric.h"
#include "central/recent.h"

/* What a clock that was never set says is further away. */
#define CLOCK_BEHIND_MS (30 * 86400 * INT64_C(1000))
#define CLOCK_AHEAD_MS  (86400 * INT64_C(1000))

static void
tell_recurrence(struct vs_central_context *context, struct vs_central_session *session,
                const struct vs_ocpp_message *message, const char *type)
{
	char detail[VS_OCPP_ID_SIZE + 128];
	int size;

	/* An id holds nothing that JSON would escape. */
	size = snprintf(detail, sizeof(detail), "{\"messageId\":\"%.*s\",\"action\":\"%s\"}",
	                VS_BYTES_PRINTF(message->id), vs_ocpp_action_name(message->action));
	if (size < 0 || (size_t)size >= sizeof(detail))
		return;
	vs_central_session_security(context, session, type, VS_CORE_WARNING,
	                            vs_bytes_from(detail, (size_t)size));
}

/* OCPP 2.0.1 Part 4 4.1.4 with its errata: a repeated id with the same payload is a retry; with
 * another payload it is a mistake or a replay. One call is under way at a time, so a retry repeats
 * the newest one; an older one again is a replay. All are handled by their content, and stored
 * once; what is no retry is told once for each connection. */
struct vs_central_trace
vs_central_repeat_note(struct vs_central_context *context, struct vs_central_session *session,
                       const struct vs_ocpp_message *message)
{
	struct vs_bytes payload = vs_json_raw(message->tape, message->payload);
	struct vs_central_trace trace;

	trace.id = vs_hash_keyed(message->id, context->hash_key);
	trace.content = vs_hash_long(payload, context->hash_key) ^ (uint64_t)message->action;
	if (session->recent == NULL &&
	    (session->recent = calloc(1, sizeof(*session->recent))) == NULL)
		return trace;
	switch (vs_central_recent_note(session->recent, trace.id, trace.content)) {
	case VS_CENTRAL_NEW:
	case VS_CENTRAL_AGAIN:
		break;
	case VS_CENTRAL_REUSED:
		if (!session->is_reuse_told)
			tell_recurrence(context, session, message, "MessageIdReused");
		session->is_reuse_told = true;
		break;
	case VS_CENTRAL_REPLAYED:
		vs_metric_add(VS_METRIC_replays_detected_total, 1);
		if (!session->is_replay_told)
			tell_recurrence(context, session, message, "AttemptedReplayAttacks");
		session->is_replay_told = true;
		break;
	}
	return trace;
}

bool
vs_central_repeat_is_refused(const struct vs_core_record *record)
{
	return record->outcome == VS_E_EXISTS && record->signature.signer != 0;
}

void
vs_central_repeat_tell(struct vs_central_context *context, struct vs_central_session *session)
{
	vs_metric_add(VS_METRIC_replays_detected_total, 1);
	if (session == NULL || session->is_replay_told)
		return;
	session->is_replay_told = true;
	vs_central_session_security(context, session, "AttemptedReplayAttacks", VS_CORE_WARNING,
	                            VS_BYTES_LITERAL("{\"reason\":\"repeated\"}"));
}

/* Whether it says when that was, so that it can be known on another connection, too: meter values
 * that say the same are the same; an event, when its clock was set. */
static bool
says_when(const struct vs_core_record *draft, int64_t now_ms)
{
	int64_t at_ms = draft->u.event.at_ms;

	if (draft->kind == VS_RECORD_meter_values)
		return true;
	return draft->kind == VS_RECORD_security_event && at_ms != now_ms &&
	       at_ms > now_ms - CLOCK_BEHIND_MS && at_ms < now_ms + CLOCK_AHEAD_MS;
}

/* The dedup key of the store. The same message has the same hash on every connection and after
 * every restart, for the key is the installation's; but one of a session with an epoch, whose ids
 * begin anew, only on its own connection, unless it says when it was. */
uint64_t
vs_central_repeat_hash(const struct vs_central_context *context,
                       const struct vs_central_session *session,
                       const struct vs_central_trace *trace, const struct vs_core_record *draft)
{
	uint64_t parts[4] = {session->identity_hash, trace->id, trace->content, session->epoch};
	bool is_of_connection = session->epoch != 0 && !says_when(draft, context->now_ms);
	size_t size = is_of_connection ? sizeof(parts) : sizeof(parts) - sizeof(parts[3]);
	uint64_t hash = vs_hash_keyed(vs_bytes_from(parts, size), context->hash_key);

	return hash != 0 ? hash : 1; /* 0 is: not a message */
}
