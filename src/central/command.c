/* SPDX-License-Identifier: Apache-2.0 */
#include "central/command.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/metric.h"
#include "base/text.h"
#include "central/follow.h"
#include "central/mask.h"

/* Belongs to the queue: its address is the call's token until the call's outcome. */
struct command {
	char id[VS_CORE_UUID_SIZE];
	size_t request_size; /* of the payload that is kept for what follows from the answer */
	uint8_t request[];
};

enum vs_ocpp_action
vs_central_command_expects(enum vs_ocpp_action action, const struct vs_json_tape *tape)
{
	/* MessageTriggerEnumType names those that are no action. */
	static const char *const signing[] = {
	    "SignChargingStationCertificate", "SignV2GCertificate", "SignV2G20Certificate",
	    "SignCombinedCertificate", "SignChargePointCertificate"};
	const struct vs_json_node *requested;
	struct vs_bytes text;

	if (action == VS_OCPP_GetBaseReport || action == VS_OCPP_GetReport)
		return VS_OCPP_NotifyReport;
	if (action != VS_OCPP_TriggerMessage && action != VS_OCPP_ExtendedTriggerMessage)
		return VS_OCPP_NONE;
	requested = vs_json_member(tape, vs_json_root(tape), "requestedMessage");
	for (size_t i = 0; i < sizeof(signing) / sizeof(signing[0]); i++) {
		if (vs_json_is(tape, requested, signing[i]))
			return VS_OCPP_SignCertificate;
	}
	if (vs_json_text(tape, requested, NULL, 0, &text).code != VS_E_OK)
		return VS_OCPP_NONE;
	return vs_ocpp_action_find(text);
}

bool
vs_central_command_id_is_valid(const char *id)
{
	size_t size = strnlen(id, VS_CORE_UUID_SIZE);

	if (size == 0 || size >= VS_CORE_UUID_SIZE)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (id[i] <= ' ' || id[i] > '~' || id[i] == '"' || id[i] == '\\')
			return false;
	}
	return true;
}

/* --- records -------------------------------------------------------------------------------- */

struct state {
	const char *tenant, *station, *id;
	enum vs_ocpp_action action;
	enum vs_core_command_state state;
	enum vs_err error;
};

/* A state that cannot be written down for want of memory is lost; the command itself goes on. */
static void
note(struct vs_central_context *context, const struct state *state, struct vs_bytes payload)
{
	struct vs_core_record *record = NULL;

	if (vs_core_record_new(VS_RECORD_command, state->tenant, state->station, context->now_ms,
	                       payload, vs_bytes_from(NULL, 0), &record)
	        .code != VS_E_OK)
		return;
	vs_text_copy(state->id, record->u.command.id, sizeof(record->u.command.id));
	vs_text_copy(vs_ocpp_action_name(state->action), record->u.command.action,
	             sizeof(record->u.command.action));
	record->u.command.state = state->state;
	record->u.command.error = state->error;
	record->u.command.is_final =
	    state->state != VS_CORE_COMMAND_QUEUED && state->state != VS_CORE_COMMAND_SENT;
	vs_journal_add(&context->journal, record);
}

static struct state
state_of(const struct vs_central_session *session, const char *id, enum vs_ocpp_action action,
         enum vs_core_command_state state, enum vs_err error)
{
	return (struct state){session->tenant, session->identity, id, action, state, error};
}

/* --- the list of sessions with calls -------------------------------------------------------- */

static void
list_update(struct vs_central_context *context, struct vs_central_session *session)
{
	bool is_calling = session->calls.count > 0;

	if (is_calling && session->link == NULL) {
		session->next = context->calling;
		session->link = &context->calling;
		if (session->next != NULL)
			session->next->link = &session->next;
		context->calling = session;
	} else if (!is_calling && session->link != NULL) {
		*session->link = session->next;
		if (session->next != NULL)
			session->next->link = session->link;
		session->next = NULL;
		session->link = NULL;
	}
}

/* --- the queue ------------------------------------------------------------------------------ */

static struct command *
command_of(uint64_t token)
{
	return (struct command *)(uintptr_t)token;
}

static void finish(struct vs_central_context *context, struct vs_central_session *session,
                   const struct vs_ocpp_outcome *outcome);

/* Another node may send to the station, or nobody knows: what waits here is not sent, however long
 * ago it was taken. */
static void
refuse(struct vs_central_context *context, struct vs_central_session *session)
{
	const struct vs_port_presence *presence = &context->presence;
	struct vs_ocpp_outcome outcome;
	vs_result r;

	if (presence->self == NULL || session->calls.count == 0 ||
	    vs_ocpp_calls_outstanding(&session->calls) != NULL)
		return;
	r = presence->may_send(presence->self, session->tenant, session->identity);
	while (r.code != VS_E_OK && vs_ocpp_calls_close(&session->calls, &outcome)) {
		outcome.kind = VS_OCPP_INVALID;
		outcome.err = r.code;
		finish(context, session, &outcome);
	}
}

static void
pump(struct vs_central_context *context, struct vs_central_session *session)
{
	struct vs_bytes frame, nothing = {NULL, 0};

	refuse(context, session);
	if (!session->has_ended && vs_ocpp_calls_next(&session->calls, context->mono_ms, &frame)) {
		const struct vs_ocpp_outstanding *sent = vs_ocpp_calls_outstanding(&session->calls);
		struct state state =
		    state_of(session, sent->id, sent->action, VS_CORE_COMMAND_SENT, VS_E_OK);

		context->send(context, session, frame);
		vs_metric_add(VS_METRIC_ocpp_calls_sent_total, 1);
		note(context, &state, nothing);
	}
	list_update(context, session);
}

/* The CALLERROR as an object; its parts are raw JSON text. */
static vs_result
write_error(struct vs_buf *buf, const struct vs_ocpp_message *message)
{
	vs_buf_reset(buf);
	VS_TRY(vs_buf_append_text(buf, "{\"errorCode\":\""));
	VS_TRY(vs_buf_append_bytes(buf, message->error_code));
	VS_TRY(vs_buf_append_text(buf, "\",\"errorDescription\":\""));
	VS_TRY(vs_buf_append_bytes(buf, message->error_description));
	VS_TRY(vs_buf_append_text(buf, "\",\"errorDetails\":"));
	if (message->payload != NULL)
		VS_TRY(vs_buf_append_bytes(buf, vs_json_raw(message->tape, message->payload)));
	else
		VS_TRY(vs_buf_append_text(buf, "{}"));
	return vs_buf_append_text(buf, "}");
}

static void
finish(struct vs_central_context *context, struct vs_central_session *session,
       const struct vs_ocpp_outcome *outcome)
{
	struct command *command = command_of(outcome->token);
	struct vs_bytes payload = {NULL, 0};
	struct state state =
	    state_of(session, command->id, outcome->action, VS_CORE_COMMAND_FAILED, outcome->err);

	switch (outcome->kind) {
	case VS_OCPP_ANSWERED:
		state.state = VS_CORE_COMMAND_ANSWERED;
		payload = vs_json_raw(outcome->message->tape, outcome->message->payload);
		break;
	case VS_OCPP_REFUSED:
		state.state = VS_CORE_COMMAND_REFUSED;
		if (write_error(&context->out, outcome->message).code == VS_E_OK)
			payload = vs_buf_view(&context->out);
		break;
	case VS_OCPP_TIMED_OUT:
		state.error = VS_E_TIMEOUT;
		vs_metric_add(VS_METRIC_ocpp_calls_timed_out_total, 1);
		break;
	case VS_OCPP_CLOSED:
		state.error = VS_E_CLOSED;
		break;
	case VS_OCPP_INVALID:
		break;
	}
	note(context, &state, payload);
	if (outcome->kind == VS_OCPP_ANSWERED && command->request_size > 0)
		vs_central_follow(context, session, outcome->action,
		                  vs_bytes_from(command->request, command->request_size),
		                  outcome->message);
	free(command);
}

static vs_result
push(struct vs_central_context *context, struct vs_central_session *session,
     const struct vs_central_request *request)
{
	size_t size = vs_central_follows(request->action) ? request->payload.size : 0;
	struct command *command = calloc(1, sizeof(*command) + size);
	struct vs_json_writer writer;
	vs_result r = VS_FAIL(NO_MEMORY);

	if (command == NULL)
		return r;
	vs_text_copy(request->id, command->id, sizeof(command->id));
	command->request_size = size;
	if (size > 0)
		memcpy(command->request, request->payload.data, size);
	vs_buf_reset(&context->out);
	vs_ocpp_call_begin(&writer, &context->out, request->id, request->action);
	vs_json_write_raw(&writer, request->payload);
	r = vs_ocpp_message_end(&writer);
	if (r.code != VS_E_OK)
		goto out;
	r = vs_ocpp_calls_push(&session->calls, (uint64_t)(uintptr_t)command, request->action,
	                       request->id, vs_buf_view(&context->out), request->timeout_ms);
	if (r.code == VS_E_OK)
		command = NULL;
out:
	free(command);
	return r;
}

void
vs_central_command_begin(struct vs_central_context *context, struct vs_central_session *session,
                         const struct vs_central_request *request)
{
	struct vs_bytes nothing = {NULL, 0};
	struct state state;
	vs_result r;

	assert(context != NULL && session != NULL && request != NULL);
	if (session->has_ended) {
		vs_central_command_fail(context, request, VS_E_CLOSED);
		return;
	}
	state = state_of(session, request->id, request->action, VS_CORE_COMMAND_QUEUED, VS_E_OK);
	note(context, &state, vs_central_mask(request->action, request->payload, &context->out));
	r = push(context, session, request);
	if (r.code != VS_E_OK) {
		state.state = VS_CORE_COMMAND_FAILED;
		state.error = r.code;
		note(context, &state, nothing);
		return;
	}
	/* From now on, not only once it is sent: the difference is nobody's harm. */
	if (request->expects != VS_OCPP_NONE)
		vs_central_session_expect(session, request->expects);
	pump(context, session);
}

void
vs_central_command_fail(struct vs_central_context *context,
                        const struct vs_central_request *request, enum vs_err error)
{
	struct state state = {request->tenant, request->station,       request->id,
	                      request->action, VS_CORE_COMMAND_QUEUED, VS_E_OK};

	note(context, &state, vs_central_mask(request->action, request->payload, &context->out));
	state.state = VS_CORE_COMMAND_FAILED;
	state.error = error;
	note(context, &state, vs_bytes_from(NULL, 0));
}

void
vs_central_command_answer(struct vs_central_context *context, struct vs_central_session *session,
                          const struct vs_ocpp_message *message)
{
	struct vs_ocpp_outcome outcome;

	assert(context != NULL && session != NULL && message != NULL);
	if (!vs_ocpp_calls_answer(&session->calls, message, &outcome)) {
		vs_metric_add(VS_METRIC_ocpp_frames_bad_total, 1);
		return;
	}
	finish(context, session, &outcome);
	pump(context, session);
}

void
vs_central_command_fault(struct vs_central_context *context, struct vs_central_session *session,
                         const struct vs_ocpp_fault *fault)
{
	struct vs_ocpp_outcome outcome;

	assert(context != NULL && session != NULL && fault != NULL);
	if (!vs_ocpp_calls_fault(&session->calls, fault, &outcome))
		return;
	finish(context, session, &outcome);
	pump(context, session);
}

void
vs_central_command_expire(struct vs_central_context *context)
{
	struct vs_central_session *session, *next;

	assert(context != NULL);
	for (session = context->calling; session != NULL; session = next) {
		struct vs_ocpp_outcome outcome;

		next = session->next;
		if (!vs_ocpp_calls_expire(&session->calls, context->mono_ms, &outcome))
			continue;
		finish(context, session, &outcome);
		pump(context, session);
	}
}

void
vs_central_command_close(struct vs_central_context *context, struct vs_central_session *session)
{
	struct vs_ocpp_outcome outcome;

	assert(context != NULL && session != NULL);
	while (vs_ocpp_calls_close(&session->calls, &outcome))
		finish(context, session, &outcome);
	list_update(context, session);
}
