/* SPDX-License-Identifier: Apache-2.0 */
#include "central/handler.h"

/* G02 */
vs_result
vs_central_on_heartbeat(struct vs_central_call *call)
{
	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "currentTime");
	vs_json_write_time(call->writer, call->context->now_ms);
	vs_json_write_object_end(call->writer);
	return VS_OK;
}

/* G01 */
vs_result
vs_central_on_status_notification(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;

	vs_central_record(call, VS_RECORD_status, NULL);
	call->record->u.status.evse =
	    vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_evseId));
	call->record->u.status.connector =
	    vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_connectorId));
	call->record->u.status.at_ms =
	    vs_central_time(call, vs_ocpp_member(payload, VS_OCPP_N_timestamp));
	vs_central_text(call, vs_ocpp_member(payload, VS_OCPP_N_connectorStatus),
	                call->record->u.status.status, sizeof(call->record->u.status.status));
	vs_central_answer_empty(call);
	return VS_OK;
}
