/* SPDX-License-Identifier: Apache-2.0 */
#include "central/v21_stream.h"

#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "base/metric.h"
#include "base/random.h"
#include "central/command.h"
#include "central/handler.h"
#include "central/held.h"

enum { ASK_TIMEOUT_MS = 30000, DETAIL_SIZE = 64 };

/* A value that is further from its message than this has no time of its own. */
static const double offset_max_s = 366.0 * 86400;

/* --- what is open ------------------------------------------------------------------------------
 */

/* Whose values: left out when the monitor is not known here. */
static void
put_names(struct vs_json_writer *writer, const struct vs_central_stream *stream)
{
	if (stream->component[0] == '\0')
		return;
	vs_json_write_key(writer, "component");
	vs_json_write_raw(writer, vs_bytes_from_text(stream->component));
	vs_json_write_key(writer, "variable");
	vs_json_write_raw(writer, vs_bytes_from_text(stream->variable));
}

static void
put_stream(struct vs_json_writer *writer, const struct vs_central_stream *stream)
{
	vs_json_write_key(writer, "id");
	vs_json_write_int(writer, stream->id);
	vs_json_write_key(writer, "variableMonitoringId");
	vs_json_write_int(writer, stream->monitor);
	put_names(writer, stream);
}

void
vs_central_stream_hold(struct vs_central_context *context, const struct vs_central_session *session,
                       const struct vs_central_stream *stream, struct vs_bytes params)
{
	struct vs_json_writer writer;

	vs_buf_reset(&context->made);
	vs_json_write_begin(&writer, &context->made);
	vs_json_write_object(&writer);
	put_stream(&writer, stream);
	vs_json_write_key(&writer, "params");
	vs_json_write_raw(&writer, params);
	vs_json_write_object_end(&writer);
	if (vs_json_write_end(&writer).code == VS_E_OK)
		vs_central_hold(context, session, VS_HELD_stream, stream->id,
		                vs_buf_view(&context->made));
}

vs_result
vs_central_stream_take(struct vs_central_context *context, const struct vs_central_session *session,
                       const struct vs_json_tape *tape, const struct vs_json_node *data)
{
	struct vs_central_stream stream;
	int64_t id = 0, monitor = 0;

	if (context->streams == NULL)
		return VS_FAIL(NOT_NOW);
	VS_TRY(vs_json_int(tape, vs_ocpp_member(data, VS_OCPP_N_id), &id));
	VS_TRY(vs_json_int(tape, vs_ocpp_member(data, VS_OCPP_N_variableMonitoringId), &monitor));
	VS_TRY(vs_central_streams_open(context->streams, session->identity, id, monitor));
	if (vs_central_streams_find(context->streams, session->identity, id, &stream))
		vs_central_stream_hold(context, session, &stream,
		                       vs_json_raw(tape, vs_ocpp_member(data, VS_OCPP_N_params)));
	return VS_OK;
}

/* N11 */
vs_result
vs_central_on_v21_open_stream(struct vs_central_call *call)
{
	vs_result r = vs_central_stream_take(
	    call->context, call->session, call->message->tape,
	    vs_ocpp_member(call->message->payload, VS_OCPP_N_constantStreamData));

	if (r.code == VS_E_OK)
		return vs_central_answer_status(call, "Accepted");
	VS_LOG(WARN, "stream.refused", vs_bytes_from_text(call->session->identity), VS_LOG_ERR(r));
	vs_central_record_event(call, VS_CORE_NOTICE, call->context->now_ms);
	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "status");
	vs_json_write_text(call->writer, "Rejected");
	vs_json_write_key(call->writer, "statusInfo");
	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "reasonCode");
	vs_json_write_text(call->writer, r.code == VS_E_TOO_LONG ? "TooManyStreams" : "NoStreams");
	vs_json_write_object_end(call->writer);
	vs_json_write_object_end(call->writer);
	return VS_OK;
}

/* N13: one that was not open is closed, too. */
vs_result
vs_central_on_v21_close_stream(struct vs_central_call *call)
{
	int64_t id = vs_central_int(call, vs_ocpp_member(call->message->payload, VS_OCPP_N_id));

	if (id != VS_CORE_ABSENT && call->context->streams != NULL)
		(void)vs_central_streams_close(call->context->streams, call->session->identity, id);
	if (id != VS_CORE_ABSENT)
		vs_central_let_go(call->context, call->session, VS_HELD_stream, id);
	vs_central_record_event(call, VS_CORE_INFO, call->context->now_ms);
	vs_central_answer_empty(call);
	return VS_OK;
}

/* --- what it brings ----------------------------------------------------------------------------
 */

/* The newest of the values, and when it was measured. */
static const struct vs_json_node *
newest(const struct vs_central_call *call, int64_t *at_ms_out)
{
	const struct vs_json_node *payload = call->message->payload;
	const struct vs_json_node *list = vs_ocpp_member(payload, VS_OCPP_N_data), *item = NULL;
	const struct vs_json_node *found = NULL;
	double offset_s, most_s = 0;

	while ((item = vs_json_next(list, item)) != NULL) {
		if (vs_json_double(call->message->tape, vs_ocpp_member(item, VS_OCPP_N_t),
		                   &offset_s)
		            .code != VS_E_OK ||
		    fabs(offset_s) > offset_max_s)
			offset_s = 0;
		if (found != NULL && offset_s < most_s)
			continue;
		found = item;
		most_s = offset_s;
	}
	*at_ms_out = vs_central_time(call, vs_ocpp_member(payload, VS_OCPP_N_basetime)) +
	             (int64_t)(most_s * 1000);
	return found;
}

/* The variable has this value now, as if the station had reported it (B07); whether it can be
 * written is what the last report said. */
static vs_result
record_value(struct vs_central_call *call, const struct vs_central_stream *stream,
             const struct vs_json_node *value)
{
	struct vs_central_context *context = call->context;
	struct vs_core_record *record = NULL;
	struct vs_json_writer writer;

	vs_buf_reset(&context->made);
	vs_json_write_begin(&writer, &context->made);
	vs_json_write_array(&writer);
	vs_json_write_object(&writer);
	put_names(&writer, stream);
	vs_json_write_key(&writer, "variableAttribute");
	vs_json_write_array(&writer);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "value");
	vs_json_write_raw(&writer, vs_json_raw(call->message->tape, value));
	vs_json_write_key(&writer, "mutability");
	vs_json_write_text(&writer, "");
	vs_json_write_object_end(&writer);
	vs_json_write_array_end(&writer);
	vs_json_write_object_end(&writer);
	vs_json_write_array_end(&writer);
	VS_TRY(vs_json_write_end(&writer));
	VS_TRY(vs_core_record_new(VS_RECORD_report, call->session->tenant, call->session->identity,
	                          context->now_ms, vs_buf_view(&context->made),
	                          vs_bytes_from(NULL, 0), &record));
	record->u.report.request_id = record->u.report.seq_no = VS_CORE_ABSENT;
	record->next = call->more;
	call->more = record;
	return VS_OK;
}

/* The message, with what its stream is of. */
static vs_result
write_message(const struct vs_central_call *call, const struct vs_central_stream *stream)
{
	static const enum vs_ocpp_name names[] = {VS_OCPP_N_pending, VS_OCPP_N_basetime,
	                                          VS_OCPP_N_data};
	struct vs_buf *made = &call->context->made;
	struct vs_json_writer writer;

	vs_buf_reset(made);
	vs_json_write_begin(&writer, made);
	vs_json_write_object(&writer);
	put_stream(&writer, stream);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		vs_json_write_key(&writer, vs_ocpp_name_text(names[i]));
		vs_json_write_raw(&writer,
		                  vs_json_raw(call->message->tape,
		                              vs_ocpp_member(call->message->payload, names[i])));
	}
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

/* Nobody answers a SEND, so the station is asked what it has open: it may have been opened at
 * another node. Once for each connection. */
static vs_result
refuse(const struct vs_central_call *call, int64_t id)
{
	struct vs_central_context *context = call->context;
	struct vs_central_session *session = call->session;
	struct vs_central_request request = {.action = VS_OCPP_GetPeriodicEventStream,
	                                     .timeout_ms = ASK_TIMEOUT_MS,
	                                     .payload = VS_BYTES_LITERAL("{}")};
	char detail[DETAIL_SIZE];
	int size = snprintf(detail, sizeof(detail), "{\"id\":%lld}", (long long)id);

	vs_metric_add(VS_METRIC_streams_refused_total, 1);
	if (session->is_stream_told)
		return VS_FAIL(NOT_FOUND);
	session->is_stream_told = true;
	vs_central_tell(context, session, "EventStreamRefused", VS_CORE_WARNING,
	                vs_bytes_from(detail, (size_t)size));
	vs_uuid_new(context->now_ms, request.id);
	(void)snprintf(request.tenant, sizeof(request.tenant), "%s", session->tenant);
	(void)snprintf(request.station, sizeof(request.station), "%s", session->identity);
	vs_central_command_begin(context, session, &request);
	return VS_FAIL(NOT_FOUND);
}

/* N15: one event with all values, and the newest one as the value of the variable. */
vs_result
vs_central_on_v21_stream(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	int64_t id = vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_id)), at_ms = 0;
	struct vs_central_stream stream;
	const struct vs_json_node *item;

	if (call->context->streams == NULL ||
	    !vs_central_streams_find(call->context->streams, call->session->identity, id, &stream))
		return refuse(call, id);
	item = newest(call, &at_ms);
	if (stream.component[0] != '\0' && item != NULL)
		VS_TRY(record_value(call, &stream, vs_ocpp_member(item, VS_OCPP_N_v)));
	VS_TRY(write_message(call, &stream));
	vs_central_record_event(call, VS_CORE_INFO, at_ms);
	call->record->payload = vs_buf_view(&call->context->made);
	vs_metric_add(VS_METRIC_stream_values_total,
	              vs_json_count(vs_ocpp_member(payload, VS_OCPP_N_data)));
	vs_central_answer_empty(call);
	return VS_OK;
}
