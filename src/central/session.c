/* SPDX-License-Identifier: Apache-2.0 */
#include "central/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "base/metric.h"
#include "central/command.h"
#include "central/customdata.h"
#include "central/follow.h"
#include "central/frame.h"
#include "central/handler.h"
#include "central/nonce.h"
#include "central/odd.h"
#include "central/repeat.h"
#include "central/v16.h"
#include "core/audit.h"
#include "crypto/tls_identity.h"

#define OUT_SIZE_MAX (2u * VS_LIMIT_WS_MESSAGE_SIZE)

static_assert(VS_CORE_QUIRK_COUNT <= 8, "the quirks of a session fit its mask");

static const struct vs_bytes unknown_id = {(const uint8_t *)"-1", 2};

static enum vs_ocpp_version
version_of(const struct vs_central_session *session)
{
	return (enum vs_ocpp_version)session->version;
}

void
vs_central_context_init(struct vs_central_context *context, uint8_t origin)
{
	assert(context != NULL);
	vs_journal_init(&context->journal, origin);
	vs_json_tape_init(&context->tape);
	vs_buf_init(&context->out, OUT_SIZE_MAX);
	for (size_t i = 0; i < 2; i++)
		vs_buf_init(&context->mended[i], OUT_SIZE_MAX);
	vs_buf_init(&context->made, OUT_SIZE_MAX);
}

void
vs_central_context_done(struct vs_central_context *context)
{
	assert(context != NULL);
	vs_journal_done(&context->journal);
	vs_json_tape_done(&context->tape);
	vs_buf_done(&context->out);
	for (size_t i = 0; i < 2; i++)
		vs_buf_done(&context->mended[i]);
	vs_buf_done(&context->made);
}

vs_result
vs_central_session_new(const struct vs_central_context *context,
                       const struct vs_core_station *station, uint64_t conn, const char *peer,
                       struct vs_central_session **session_out)
{
	struct vs_central_session *session = calloc(1, sizeof(*session));

	assert(context != NULL && station != NULL && session_out != NULL);
	if (session == NULL)
		return VS_FAIL(NO_MEMORY);
	session->kind = VS_CENTRAL_STATION;
	session->version = VS_OCPP_201;
	vs_ocpp_calls_init(&session->calls);
	session->conn = conn;
	session->registration = (uint8_t)station->registration;
	session->identity_hash =
	    vs_hash_keyed(vs_bytes_from_text(station->identity), context->hash_key);
	(void)vs_bytes_copy_text(vs_bytes_from_text(station->tenant), session->tenant,
	                         sizeof(session->tenant));
	(void)vs_bytes_copy_text(vs_bytes_from_text(station->identity), session->identity,
	                         sizeof(session->identity));
	(void)vs_bytes_copy_text(vs_bytes_from_text(peer), session->peer, sizeof(session->peer));
	*session_out = session;
	return VS_OK;
}

void
vs_central_session_speak(const struct vs_central_context *context,
                         struct vs_central_session *session, enum vs_ocpp_version version,
                         const struct vs_core_policy *policy)
{
	uint64_t parts[2];

	assert(context != NULL && session != NULL && policy != NULL);
	session->version = (uint8_t)version;
	session->quirks = (uint8_t)policy->quirks;
	/* In 1.6 ids are unique on one connection only; in 2.x on all of them (Part 4 4.1.4). */
	if (version != VS_OCPP_16 && !vs_core_policy_forgives(policy, VS_CORE_QUIRK_OLD_IDS))
		return;
	parts[0] = session->conn;
	parts[1] = (uint64_t)context->now_ms;
	session->epoch =
	    (uint32_t)vs_hash_keyed(vs_bytes_from(parts, sizeof(parts)), context->hash_key) | 1;
}

void
vs_central_session_free(struct vs_central_session **session)
{
	assert(session != NULL);
	if (*session == NULL)
		return;
	assert((*session)->channel == NULL && (*session)->signing == NULL &&
	       (*session)->link == NULL && (*session)->watched_link == NULL);
	vs_tls_identity_unref(&(*session)->certificate);
	vs_ocpp_calls_done(&(*session)->calls);
	vs_central_pages_free(&(*session)->pages);
	free((*session)->live), free((*session)->nonce), free((*session)->recent);
	free((*session)->v16);
	free(*session);
	*session = NULL;
}

void
vs_central_session_security(struct vs_central_context *context,
                            const struct vs_central_session *session, const char *type,
                            enum vs_core_severity severity, struct vs_bytes detail)
{
	struct vs_core_record *record = NULL;

	if (vs_core_record_new(VS_RECORD_security_event, session->tenant, session->identity,
	                       context->now_ms, detail, vs_bytes_from(NULL, 0), &record)
	        .code != VS_E_OK)
		return;
	(void)vs_bytes_copy_text(vs_bytes_from_text(type), record->u.event.type,
	                         sizeof(record->u.event.type));
	record->u.event.severity = severity;
	record->u.event.at_ms = context->now_ms;
	vs_core_source_copy(session->peer, record->u.event.source);
	vs_journal_add(&context->journal, record);
}

void
vs_central_session_expect(struct vs_central_session *session, enum vs_ocpp_action action)
{
	session->triggered[action / 64] |= (uint64_t)1 << (action % 64);
}

static bool
is_expected(const struct vs_central_session *session, enum vs_ocpp_action action)
{
	return (session->triggered[action / 64] >> (action % 64) & 1) != 0;
}

/* --- errors --------------------------------------------------------------------------------- */

static void
send_error(struct vs_central_context *context, struct vs_central_session *session,
           struct vs_bytes id, const char *code, const char *description)
{
	vs_buf_reset(&context->out);
	if (vs_ocpp_error_write(&context->out, version_of(session), id, code, description).code ==
	    VS_E_OK)
		context->send(context, session, vs_buf_view(&context->out));
}

/* What went wrong in here (SQL, paths) is nothing the peer should read. */
static void
refuse(struct vs_central_context *context, struct vs_central_session *session, struct vs_bytes id,
       enum vs_err err)
{
	vs_metric_add(VS_METRIC_ocpp_calls_invalid_total, 1);
	send_error(context, session, id, vs_err_ocpp(err), vs_err_text(err));
}

/* Nobody waits for the answer to a notice. */
static void
refuse_call(struct vs_central_context *context, struct vs_central_session *session,
            const struct vs_ocpp_message *message, enum vs_err err)
{
	if (message->type == VS_OCPP_CALL)
		refuse(context, session, message->id, err);
	else
		vs_metric_add(VS_METRIC_ocpp_calls_invalid_total, 1);
}

static void
handle_fault(struct vs_central_context *context, struct vs_central_session *session,
             const struct vs_ocpp_fault *fault)
{
	session->faults++;
	if (fault->type == VS_OCPP_CALL)
		vs_metric_add(VS_METRIC_ocpp_calls_received_total, 1);
	vs_metric_add(fault->type == VS_OCPP_CALL ? VS_METRIC_ocpp_calls_invalid_total
	                                          : VS_METRIC_ocpp_frames_bad_total,
	              1);
	VS_LOG(DEBUG, "message.refused", vs_bytes_from_text(session->identity),
	       VS_LOG_STR("action", vs_ocpp_action_name(fault->action)),
	       VS_LOG_STR("path", fault->path), VS_LOG_STR("why", fault->description),
	       VS_LOG_NUM("at", fault->at));
	if (fault->is_outstanding)
		vs_central_command_fault(context, session, fault);
	if (!fault->wants_error)
		return;
	vs_buf_reset(&context->out);
	if (vs_ocpp_error_write_fault(&context->out, fault).code == VS_E_OK)
		context->send(context, session, vs_buf_view(&context->out));
}

/* --- calls of the station ------------------------------------------------------------------- */

enum vs_ocpp_registration
vs_central_registration_state(enum vs_core_registration registration)
{
	switch (registration) {
	case VS_CORE_REGISTRATION_NONE:
		return VS_OCPP_NEW;
	case VS_CORE_REGISTRATION_PENDING:
		return VS_OCPP_PENDING;
	case VS_CORE_REGISTRATION_ACCEPTED:
		return VS_OCPP_ACCEPTED;
	case VS_CORE_REGISTRATION_REJECTED:
	case VS_CORE_REGISTRATION_COUNT:
		break;
	}
	return VS_OCPP_REJECTED;
}

static enum vs_err
check_state(const struct vs_central_context *context, const struct vs_central_session *session,
            const struct vs_ocpp_message *message, const struct vs_central_handler_row *row)
{
	/* B01.FR.10, B02.FR.09, B03.FR.07: SecurityError. */
	if (!vs_ocpp_action_is_allowed(
		message->action,
		vs_central_registration_state((enum vs_core_registration)session->registration),
		is_expected(session, message->action)))
		return VS_E_NOT_NOW;
	if (row->handle == NULL)
		return VS_E_UNSUPPORTED;
	if (row->effect == VS_CENTRAL_RECORD && context->journal.is_blocked)
		return VS_E_BUSY;
	return VS_E_OK;
}

/* A reply that promises durability goes with its record and comes back after the commit; another
 * leaves now. */
static vs_result
answer(struct vs_central_call *call, const struct vs_central_trace *trace)
{
	struct vs_central_context *context = call->context;
	struct vs_central_session *session = call->session;
	const struct vs_core_record *draft = call->record;
	struct vs_bytes reply = vs_buf_view(&context->out), nothing = {NULL, 0};
	struct vs_core_record *record = NULL;
	bool waits, is_notice = call->message->type == VS_OCPP_NOTICE;

	if (draft->kind == VS_RECORD_COUNT) {
		if (!is_notice)
			context->send(context, session, reply);
		return VS_OK;
	}
	waits = !is_notice && vs_core_record_is_after_commit(draft->kind);
	VS_TRY(vs_core_record_new(draft->kind, session->tenant, session->identity, context->now_ms,
	                          draft->payload, waits ? reply : nothing, &record));
	record->u = draft->u;
	record->message_hash = vs_central_repeat_hash(context, session, trace, draft);
	record->conn = waits ? session->conn : 0;
	if (waits && session->waiting < UINT16_MAX)
		session->waiting++;
	vs_journal_add(&context->journal, record);
	vs_central_more_add(call, record->message_hash);
	if (!waits && !is_notice)
		context->send(context, session, reply);
	return VS_OK;
}

static void
handle_call(struct vs_central_context *context, struct vs_central_session *session,
            const struct vs_ocpp_message *message)
{
	const struct vs_central_handler_row *row =
	    vs_central_handler_row(version_of(session), message->action);
	struct vs_core_record draft = {.kind = VS_RECORD_COUNT};
	struct vs_json_writer writer;
	struct vs_central_call call = {context, session, message, &writer,
	                               &draft,  NULL,    false,   NULL};
	enum vs_err err;
	struct vs_central_trace trace;
	const char *refusal;
	vs_result r;

	vs_metric_add(VS_METRIC_ocpp_calls_received_total, 1);
	trace = vs_central_repeat_note(context, session, message);
	err = check_state(context, session, message, row);
	if (err != VS_E_OK) {
		refuse_call(context, session, message, err);
		return;
	}
	refusal = vs_central_customdata_check(context, session, message, trace.id ^ trace.content);
	if (refusal != NULL) {
		vs_metric_add(VS_METRIC_ocpp_calls_invalid_total, 1);
		send_error(context, session, message->id, "SecurityError", refusal);
		return;
	}
	vs_buf_reset(&context->out);
	vs_ocpp_result_begin(&writer, &context->out, message->id);
	r = row->handle(&call);
	if (r.code == VS_E_OK && call.is_deferred)
		return;
	if (r.code == VS_E_OK)
		r = vs_central_customdata_add(context, session, message->action);
	if (r.code == VS_E_OK)
		r = vs_ocpp_message_end(&writer);
	if (r.code == VS_E_OK)
		r = answer(&call, &trace);
	vs_central_more_free(&call);
	if (r.code != VS_E_OK)
		refuse_call(context, session, message, r.code);
	if (r.code != VS_E_OK && call.ends != NULL && context->hang_up != NULL)
		context->hang_up(context, session, call.ends);
}

void
vs_central_session_text(struct vs_central_context *context, struct vs_central_session *session,
                        struct vs_bytes text)
{
	struct vs_ocpp_message message;
	struct vs_ocpp_fault fault;
	vs_result r;

	assert(context != NULL && session != NULL);
	if (session->has_ended)
		return;
	r = vs_central_odd_parse(context, session, text, &message, &fault);
	vs_central_frame_received(context, session, text,
	                          r.code == VS_E_OK ? message.action : fault.action,
	                          r.code == VS_E_OK ? "" : fault.description);
	if (r.code != VS_E_OK) {
		if (fault.err != VS_E_STALE)
			vs_central_odd_tell(context, session, &fault, VS_CORE_QUIRK_COUNT, text);
		handle_fault(context, session, &fault);
	} else if (message.type == VS_OCPP_CALL || message.type == VS_OCPP_NOTICE) {
		handle_call(context, session, &message);
	} else if (message.type == VS_OCPP_RESULT_ERROR) {
		vs_central_odd_result_error(session, &message);
	} else {
		vs_central_command_answer(context, session, &message);
	}
}

/* OCPP 2.0.1 Part 4 4.1: messages are text. An odd one never closes the socket. */
void
vs_central_session_binary(struct vs_central_context *context, struct vs_central_session *session)
{
	assert(context != NULL && session != NULL);
	if (session->has_ended)
		return;
	vs_metric_add(VS_METRIC_ocpp_frames_bad_total, 1);
	vs_central_frame_received(context, session, (struct vs_bytes){NULL, 0}, VS_OCPP_NONE,
	                          "binary, where a message is text");
	send_error(context, session, unknown_id, "FormatViolation",
	           "a message is text, not binary");
}

/* --- after the commit ----------------------------------------------------------------------- */

/* The id in [3,"id",...]: it was read from the station and holds no escapes. */
static struct vs_bytes
reply_id(struct vs_bytes reply)
{
	const uint8_t *begin = memchr(reply.data, '"', reply.size), *end;

	if (begin == NULL)
		return unknown_id;
	begin++;
	end = memchr(begin, '"', reply.size - (size_t)(begin - reply.data));
	return end != NULL ? vs_bytes_from(begin, (size_t)(end - begin)) : unknown_id;
}

/* History that comes late, out of an offline queue, is not news. */
static bool
follow_transaction(struct vs_central_context *context, struct vs_central_session *session,
                   const struct vs_core_record *record, struct vs_core_event *event)
{
	enum vs_core_live_verdict verdict;

	if (session == NULL)
		return true;
	if (session->live == NULL) {
		session->live = calloc(1, sizeof(*session->live));
		if (session->live == NULL)
			return true;
		vs_core_live_init(session->live);
	}
	verdict = vs_core_live_apply(session->live, &record->u.tx_event, &event->energy_wh);
	if (session->live->missing > 0)
		vs_central_ask_transaction(context, session, record->u.tx_event.tx_id);
	if (session->live->count == 0) {
		free(session->live);
		session->live = NULL;
	}
	return verdict == VS_CORE_LIVE_NEW;
}

static void
take_effect(struct vs_central_context *context, struct vs_central_session *session,
            const struct vs_core_record *record)
{
	struct vs_core_event event;

	if (record->kind == VS_RECORD_boot) {
		vs_core_registry_set_boot(context->registry, record->station,
		                          record->u.boot.registration, record->u.boot.vendor,
		                          record->u.boot.model, record->u.boot.serial,
		                          record->u.boot.firmware);
		if (session != NULL)
			vs_central_odd_model(context, session, record->u.boot.vendor,
			                     record->u.boot.model);
		if (session != NULL)
			session->registration =
			    (uint8_t)(session->excused_until_ms > 0 ? VS_CORE_REGISTRATION_PENDING
			                                            : record->u.boot.registration);
	}
	if (record->was_duplicate)
		vs_metric_add(VS_METRIC_ocpp_duplicates_total, 1);
	if (record->was_duplicate && !record->was_elsewhere)
		return;
	if (!vs_core_event_from_record(record, &event))
		return;
	if (record->kind == VS_RECORD_tx_event &&
	    !follow_transaction(context, session, record, &event))
		return;
	context->events.publish(context->events.self, &event);
}

void
vs_central_session_committed(struct vs_central_context *context, struct vs_central_session *session,
                             const struct vs_core_record *record)
{
	bool is_repeat = vs_central_repeat_is_refused(record);

	assert(context != NULL && record != NULL);
	if (vs_central_v16_again(context, session, record))
		return;
	/* Others tell their connection, too, and nobody waits for their reply. */
	if (session != NULL && record->reply.size > 0 && session->waiting > 0)
		session->waiting--;
	if (is_repeat)
		vs_central_repeat_tell(context, session);
	if (record->outcome == VS_E_OK)
		take_effect(context, session, record);
	else
		VS_LOG(WARN, "record.refused", vs_bytes_from_text(record->station),
		       VS_LOG_STR("kind", vs_core_record_name(record->kind)),
		       VS_LOG_ERR(((vs_result){record->outcome})));
	if (session == NULL || session->has_ended || record->reply.size == 0)
		return;
	if (record->outcome == VS_E_OK)
		context->send(context, session, record->reply);
	else
		refuse(context, session, reply_id(record->reply),
		       is_repeat ? VS_E_NOT_AUTHENTIC : VS_E_INTERNAL);
	if (record->kind == VS_RECORD_boot && session->excused_until_ms > 0)
		vs_central_renew_certificate(context, session);
}
