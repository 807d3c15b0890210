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

/* N07: a monitor has noticed something. An alert is worth more than a periodic value. */
vs_result
vs_central_on_notify_event(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	const struct vs_json_node *list = vs_ocpp_member(payload, VS_OCPP_N_eventData),
				  *item = NULL;
	enum vs_core_severity severity = VS_CORE_INFO;

	while ((item = vs_json_next(list, item)) != NULL) {
		if (vs_json_is(call->message->tape, vs_ocpp_member(item, VS_OCPP_N_trigger),
		               "Alerting"))
			severity = VS_CORE_WARNING;
	}
	vs_central_record_event(
	    call, severity, vs_central_time(call, vs_ocpp_member(payload, VS_OCPP_N_generatedAt)));
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
