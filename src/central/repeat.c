/* SPDX-License-Identifier: Apache-2.0 */
#include "central/repeat.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/metric.h"
#include "central/recent.h"

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

/* The dedup key of the store. The same message has the same hash on every connection and after
 * every restart, for the key is the installation's; but one of a session with an epoch only on its
 * own connection. */
uint64_t
vs_central_repeat_hash(const struct vs_central_context *context,
                       const struct vs_central_session *session,
                       const struct vs_central_trace *trace)
{
	uint64_t parts[4] = {session->identity_hash, trace->id, trace->content, session->epoch};
	size_t size = session->epoch != 0 ? sizeof(parts) : sizeof(parts) - sizeof(parts[3]);
	uint64_t hash = vs_hash_keyed(vs_bytes_from(parts, size), context->hash_key);

	return hash != 0 ? hash : 1; /* 0 is: not a message */
}
