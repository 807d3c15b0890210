/* SPDX-License-Identifier: Apache-2.0 */
/* OCPP 1.6: BootNotification, StatusNotification, Authorize. */
#include <string.h>

#include "central/v16.h"
#include "core/authorise.h"

#define TAG_SIZE_MAX 20u /* of CiString20Type */

/* 4.2. As vs_central_on_boot_notification, with other names. */
vs_result
vs_central_on_v16_boot(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	const struct vs_json_node *serial =
	    vs_ocpp_member(payload, VS_OCPP_N_chargePointSerialNumber);
	struct vs_core_boot_answer answer;
	struct vs_core_station station;

	VS_TRY(vs_core_registry_find(call->context->registry,
	                             vs_bytes_from_text(call->session->identity), &station));
	answer = vs_core_boot_decide(station.registration, &call->context->boot);
	vs_central_record(call, VS_RECORD_boot, payload);
	call->record->u.boot.registration = answer.registration;
	if (serial == NULL)
		serial = vs_ocpp_member(payload, VS_OCPP_N_chargeBoxSerialNumber);
	vs_central_text(call, vs_ocpp_member(payload, VS_OCPP_N_chargePointVendor),
	                call->record->u.boot.vendor, sizeof(call->record->u.boot.vendor));
	vs_central_text(call, vs_ocpp_member(payload, VS_OCPP_N_chargePointModel),
	                call->record->u.boot.model, sizeof(call->record->u.boot.model));
	vs_central_text(call, serial, call->record->u.boot.serial,
	                sizeof(call->record->u.boot.serial));
	vs_central_text(call, vs_ocpp_member(payload, VS_OCPP_N_firmwareVersion),
	                call->record->u.boot.firmware, sizeof(call->record->u.boot.firmware));
	vs_central_answer_boot(call, &answer);
	return VS_OK;
}

/* A fault of the station is worth a line of its own beside the status. */
static void
note_error(struct vs_central_call *call, int64_t at_ms)
{
	const struct vs_json_node *payload = call->message->payload;
	struct vs_core_record *record = NULL;

	if (vs_ocpp_value(vs_ocpp_member(payload, VS_OCPP_N_errorCode)) == VS_OCPP_V_NoError)
		return;
	if (vs_core_record_new(VS_RECORD_event, call->session->tenant, call->session->identity,
	                       call->context->now_ms, vs_json_raw(call->message->tape, payload),
	                       vs_bytes_from(NULL, 0), &record)
	        .code != VS_E_OK)
		return;
	(void)vs_bytes_copy_text(VS_BYTES_LITERAL("StatusNotification"), record->u.event.type,
	                         sizeof(record->u.event.type));
	record->u.event.severity = VS_CORE_WARNING;
	record->u.event.at_ms = at_ms;
	vs_journal_add(&call->context->journal, record);
}

/* 4.9. Connector 0 is the station itself. */
vs_result
vs_central_on_v16_status(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	int64_t connector = vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_connectorId));
	int64_t at_ms = vs_central_time(call, vs_ocpp_member(payload, VS_OCPP_N_timestamp));

	vs_central_record(call, VS_RECORD_status, NULL);
	call->record->u.status.evse = connector;
	call->record->u.status.connector = connector > 0 ? 1 : 0;
	call->record->u.status.at_ms = at_ms;
	vs_central_text(call, vs_ocpp_member(payload, VS_OCPP_N_status),
	                call->record->u.status.status, sizeof(call->record->u.status.status));
	note_error(call, at_ms);
	vs_central_answer_empty(call);
	return VS_OK;
}

const char *
vs_central_v16_tag_status(const char *status)
{
	static const char *const same[] = {"Accepted", "Blocked", "Expired", "Invalid",
	                                   "ConcurrentTx"};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		if (strcmp(status, same[i]) == 0)
			return same[i];
	}
	/* without credit it is known and may not charge; the rest is not for this station */
	return strcmp(status, "NoCredit") == 0 ? "Blocked" : "Invalid";
}

void
vs_central_v16_answer_tag(struct vs_central_call *call, const struct vs_json_node *id_tag,
                          char token[static VS_CORE_TOKEN_SIZE])
{
	struct vs_core_authorisation answer;

	vs_central_token(call, id_tag, token);
	vs_core_authorise(call->context->registry, call->session->tenant, "", token,
	                  call->context->now_ms, &answer);
	vs_json_write_key(call->writer, "idTagInfo");
	vs_json_write_object(call->writer);
	vs_json_write_key(call->writer, "status");
	vs_json_write_text(call->writer, vs_central_v16_tag_status(answer.status));
	if (answer.group[0] != '\0' && strlen(answer.group) <= TAG_SIZE_MAX) {
		vs_json_write_key(call->writer, "parentIdTag");
		vs_json_write_text(call->writer, answer.group);
	}
	vs_json_write_object_end(call->writer);
}

/* 4.1 */
vs_result
vs_central_on_v16_authorize(struct vs_central_call *call)
{
	char token[VS_CORE_TOKEN_SIZE];

	vs_json_write_object(call->writer);
	vs_central_v16_answer_tag(call, vs_ocpp_member(call->message->payload, VS_OCPP_N_idTag),
	                          token);
	vs_json_write_object_end(call->writer);
	return VS_OK;
}
