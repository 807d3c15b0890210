/* SPDX-License-Identifier: Apache-2.0 */
#include "central/handler.h"

/* B01.FR.11, 12: with a certificate the serial number is its common name, which is the identity
 * (A00.FR.511). */
static bool
is_other_serial(const struct vs_central_call *call, const struct vs_json_node *serial)
{
	return call->session->certificate != NULL && serial != NULL &&
	       (call->session->quirks & 1u << VS_CORE_QUIRK_OTHER_SERIAL) == 0 &&
	       !vs_json_is(call->message->tape, serial, call->session->identity);
}

/* B01 to B03. The new registration holds from its commit on: what is pipelined behind it is still
 * refused. */
vs_result
vs_central_on_boot_notification(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	const struct vs_json_node *about = vs_ocpp_member(payload, VS_OCPP_N_chargingStation);
	struct vs_core_boot_answer answer;
	struct vs_core_station station;

	/* Asked anew: an operator may have accepted it since it connected. */
	VS_TRY(vs_core_registry_find(call->context->registry,
	                             vs_bytes_from_text(call->session->identity), &station));
	if (is_other_serial(call, vs_ocpp_member(about, VS_OCPP_N_serialNumber))) {
		vs_central_session_security(call->context, call->session, "SerialNumberMismatch",
		                            VS_CORE_CRITICAL, VS_BYTES_LITERAL("{}"));
		call->ends = "its serial number is not the name in its certificate";
		return VS_FAIL(NOT_AUTHENTIC);
	}
	answer = vs_core_boot_decide(station.registration, &call->context->boot);
	vs_central_record(call, VS_RECORD_boot, payload);
	call->record->u.boot.registration = answer.registration;
	vs_central_text(call, vs_ocpp_member(payload, VS_OCPP_N_reason),
	                call->record->u.boot.reason, sizeof(call->record->u.boot.reason));
	vs_central_text(call, vs_ocpp_member(about, VS_OCPP_N_vendorName),
	                call->record->u.boot.vendor, sizeof(call->record->u.boot.vendor));
	vs_central_text(call, vs_ocpp_member(about, VS_OCPP_N_model), call->record->u.boot.model,
	                sizeof(call->record->u.boot.model));
	vs_central_text(call, vs_ocpp_member(about, VS_OCPP_N_serialNumber),
	                call->record->u.boot.serial, sizeof(call->record->u.boot.serial));
	vs_central_text(call, vs_ocpp_member(about, VS_OCPP_N_firmwareVersion),
	                call->record->u.boot.firmware, sizeof(call->record->u.boot.firmware));
	vs_central_answer_boot(call, &answer);
	return VS_OK;
}
