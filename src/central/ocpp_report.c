/* SPDX-License-Identifier: Apache-2.0 */
#include "central/handler.h"

/* B07, B08 */
vs_result
vs_central_on_notify_report(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;

	vs_central_record(call, VS_RECORD_report, vs_ocpp_member(payload, VS_OCPP_N_reportData));
	call->record->u.report.request_id =
	    vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_requestId));
	call->record->u.report.seq_no =
	    vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_seqNo));
	vs_central_answer_empty(call);
	return VS_OK;
}

/* An alert is worth more than a periodic value. */
static enum vs_core_severity
severity_of(const struct vs_central_call *call, const struct vs_json_node *data)
{
	const struct vs_json_node *trigger = vs_ocpp_member(data, VS_OCPP_N_trigger);

	return vs_json_is(call->message->tape, trigger, "Alerting") ? VS_CORE_WARNING
	                                                            : VS_CORE_INFO;
}

/* N07: monitors have noticed something. Each eventData is an event of its own, at its own time, so
 * that one alert among a hundred values is found by its severity. */
vs_result
vs_central_on_notify_event(struct vs_central_call *call)
{
	const struct vs_json_node *list =
	    vs_ocpp_member(call->message->payload, VS_OCPP_N_eventData);
	const struct vs_json_node *first = vs_json_next(list, NULL), *item = first;

	vs_central_record_event(call, severity_of(call, first),
	                        vs_central_time(call, vs_ocpp_member(first, VS_OCPP_N_timestamp)));
	call->record->payload = vs_json_raw(call->message->tape, first);
	while ((item = vs_json_next(list, item)) != NULL)
		VS_TRY(vs_central_record_more(
		    call, item, severity_of(call, item),
		    vs_central_time(call, vs_ocpp_member(item, VS_OCPP_N_timestamp))));
	vs_central_answer_empty(call);
	return VS_OK;
}

vs_result
vs_central_on_noted(struct vs_central_call *call)
{
	vs_central_record_event(call, VS_CORE_INFO, call->context->now_ms);
	vs_central_answer_empty(call);
	return VS_OK;
}
