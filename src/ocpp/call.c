/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/call.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct vs_ocpp_call {
	struct vs_ocpp_call *next;
	struct vs_ocpp_outstanding named; /* id and action */
	uint64_t token;
	uint64_t deadline_ms; /* once it was sent */
	uint32_t timeout_ms;
	uint32_t frame_size;
	uint8_t frame[];
};

void
vs_ocpp_calls_init(struct vs_ocpp_calls *calls)
{
	*calls = (struct vs_ocpp_calls){0};
}

/* Take the first call off the queue. */
static struct vs_ocpp_call *
take_first(struct vs_ocpp_calls *calls)
{
	struct vs_ocpp_call *call = calls->first;

	calls->first = call->next;
	if (calls->first == NULL)
		calls->last = NULL;
	calls->count--;
	calls->is_sent = false;
	return call;
}

void
vs_ocpp_calls_done(struct vs_ocpp_calls *calls)
{
	if (calls == NULL)
		return;
	while (calls->first != NULL)
		free(take_first(calls));
	vs_ocpp_calls_init(calls);
}

/* At most 36 characters and not empty. */
static bool
is_good_id(const char *id)
{
	size_t length = 0;

	for (const char *at = id; *at != 0; at++)
		length += ((uint8_t)*at & 0xc0) != 0x80 ? 1 : 0;
	return length > 0 && length <= VS_OCPP_ID_LENGTH_MAX && strlen(id) < VS_OCPP_ID_SIZE;
}

vs_result
vs_ocpp_calls_push(struct vs_ocpp_calls *calls, uint64_t token, enum vs_ocpp_action action,
                   const char *id, struct vs_bytes frame, uint32_t timeout_ms)
{
	struct vs_ocpp_call *call = NULL;

	if (!is_good_id(id) || action <= VS_OCPP_NONE || action >= VS_OCPP_ACTIONS)
		return VS_FAIL(BAD_VALUE);
	if (frame.size > VS_LIMIT_WS_MESSAGE_SIZE)
		return VS_FAIL(TOO_LONG);
	if (calls->count >= VS_LIMIT_CALL_QUEUE)
		return VS_FAIL(BUSY);
	call = calloc(1, sizeof(*call) + frame.size);
	if (call == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_text_copy(id, call->named.id, sizeof(call->named.id));
	call->named.action = action;
	call->token = token;
	call->timeout_ms = timeout_ms;
	call->frame_size = (uint32_t)frame.size;
	if (frame.size > 0)
		memcpy(call->frame, frame.data, frame.size);
	if (calls->last != NULL)
		calls->last->next = call;
	else
		calls->first = call;
	calls->last = call;
	calls->count++;
	return VS_OK;
}

bool
vs_ocpp_calls_next(struct vs_ocpp_calls *calls, uint64_t now_ms, struct vs_bytes *frame_out)
{
	if (calls->is_sent || calls->first == NULL)
		return false;
	calls->is_sent = true;
	calls->first->deadline_ms = now_ms + calls->first->timeout_ms;
	*frame_out = (struct vs_bytes){calls->first->frame, calls->first->frame_size};
	return true;
}

const struct vs_ocpp_outstanding *
vs_ocpp_calls_outstanding(const struct vs_ocpp_calls *calls)
{
	return calls->is_sent ? &calls->first->named : NULL;
}

/* The first call is over. */
static void
finish(struct vs_ocpp_calls *calls, enum vs_ocpp_outcome_kind kind, enum vs_err err,
       const struct vs_ocpp_message *message, struct vs_ocpp_outcome *outcome_out)
{
	bool was_sent = calls->is_sent;
	struct vs_ocpp_call *call = take_first(calls);

	*outcome_out = (struct vs_ocpp_outcome){.token = call->token,
	                                        .action = call->named.action,
	                                        .kind = kind,
	                                        .err = err,
	                                        .message = message,
	                                        .was_sent = was_sent};
	free(call);
}

bool
vs_ocpp_calls_answer(struct vs_ocpp_calls *calls, const struct vs_ocpp_message *message,
                     struct vs_ocpp_outcome *outcome_out)
{
	if (!calls->is_sent ||
	    (message->type != VS_OCPP_RESULT && message->type != VS_OCPP_ERROR) ||
	    !vs_bytes_equal_text(message->id, calls->first->named.id))
		return false;
	finish(calls, message->type == VS_OCPP_RESULT ? VS_OCPP_ANSWERED : VS_OCPP_REFUSED, VS_E_OK,
	       message, outcome_out);
	return true;
}

bool
vs_ocpp_calls_fault(struct vs_ocpp_calls *calls, const struct vs_ocpp_fault *fault,
                    struct vs_ocpp_outcome *outcome_out)
{
	if (!calls->is_sent || !fault->is_outstanding ||
	    strcmp(fault->id, calls->first->named.id) != 0)
		return false;
	finish(calls, VS_OCPP_INVALID, fault->err, NULL, outcome_out);
	return true;
}

uint64_t
vs_ocpp_calls_deadline(const struct vs_ocpp_calls *calls)
{
	return calls->is_sent ? calls->first->deadline_ms : UINT64_MAX;
}

bool
vs_ocpp_calls_expire(struct vs_ocpp_calls *calls, uint64_t now_ms,
                     struct vs_ocpp_outcome *outcome_out)
{
	if (!calls->is_sent || now_ms < calls->first->deadline_ms)
		return false;
	finish(calls, VS_OCPP_TIMED_OUT, VS_E_TIMEOUT, NULL, outcome_out);
	return true;
}

bool
vs_ocpp_calls_close(struct vs_ocpp_calls *calls, struct vs_ocpp_outcome *outcome_out)
{
	if (calls->first == NULL)
		return false;
	finish(calls, VS_OCPP_CLOSED, VS_E_CLOSED, NULL, outcome_out);
	return true;
}
