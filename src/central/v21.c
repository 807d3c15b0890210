/* SPDX-License-Identifier: Apache-2.0 */
/* What stations of OCPP 2.1 ask and report beyond 2.0.1. */
#include "central/handler.h"
#include "central/known.h"

/* K28: the latest values that it was given, or that its profile began with. */
vs_result
vs_central_on_v21_pull(struct vs_central_call *call)
{
	const struct vs_json_node *node =
	    vs_ocpp_member(call->message->payload, VS_OCPP_N_chargingProfileId);
	double limit = 0;

	if (call->context->known == NULL ||
	    !vs_central_known_dynamic(call->context->known, call->session->identity,
	                              vs_central_int(call, node), &limit))
		return vs_central_answer_status(call, "Rejected");
	vs_central_record_event(call, VS_CORE_INFO, call->context->now_ms);
	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "status");
	vs_json_write_text(call->writer, "Accepted");
	vs_json_write_key(call->writer, "scheduleUpdate");
	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "limit");
	vs_json_write_double(call->writer, limit);
	vs_json_write_object_end(call->writer);
	vs_json_write_object_end(call->writer);
	return VS_OK;
}

/* C25: numbers are not looked up here, so that none is vouched for. */
vs_result
vs_central_on_v21_vat_number(struct vs_central_call *call)
{
	const struct vs_json_node *number =
	    vs_ocpp_member(call->message->payload, VS_OCPP_N_vatNumber);

	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "vatNumber");
	vs_json_write_raw(call->writer, vs_json_raw(call->message->tape, number));
	vs_json_write_key(call->writer, "status");
	vs_json_write_text(call->writer, "Rejected");
	vs_json_write_object_end(call->writer);
	return VS_OK;
}

/* C24: money has moved; the station has its own receipt. */
vs_result
vs_central_on_v21_settled(struct vs_central_call *call)
{
	vs_central_record_event(call, VS_CORE_NOTICE,
	                        vs_central_time(call, vs_ocpp_member(call->message->payload,
	                                                             VS_OCPP_N_settlementTime)));
	vs_central_answer_empty(call);
	return VS_OK;
}

/* R08: of the grid, and its end. */
vs_result
vs_central_on_v21_alarm(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	bool is_ended = false;

	if (vs_json_bool(vs_ocpp_member(payload, VS_OCPP_N_alarmEnded), &is_ended).code != VS_E_OK)
		is_ended = false;
	vs_central_record_event(
	    call, is_ended ? VS_CORE_NOTICE : VS_CORE_WARNING,
	    vs_central_time(call, vs_ocpp_member(payload, VS_OCPP_N_timestamp)));
	vs_central_answer_empty(call);
	return VS_OK;
}
