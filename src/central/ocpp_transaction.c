/* SPDX-License-Identifier: Apache-2.0 */
#include "central/handler.h"
#include "central/held.h"
#include "central/known.h"
#include "core/metering.h"

static void
read_evse(struct vs_central_call *call, const struct vs_json_node *evse,
          struct vs_core_tx_event *event)
{
	event->evse = vs_central_int(call, vs_ocpp_member(evse, VS_OCPP_N_id));
	event->connector = vs_central_int(call, vs_ocpp_member(evse, VS_OCPP_N_connectorId));
}

static void
read_info(struct vs_central_call *call, const struct vs_json_node *info,
          struct vs_core_tx_event *event)
{
	vs_central_text(call, vs_ocpp_member(info, VS_OCPP_N_transactionId), event->tx_id,
	                sizeof(event->tx_id));
	vs_central_text(call, vs_ocpp_member(info, VS_OCPP_N_chargingState), event->charging_state,
	                sizeof(event->charging_state));
	vs_central_text(call, vs_ocpp_member(info, VS_OCPP_N_stoppedReason), event->stopped_reason,
	                sizeof(event->stopped_reason));
}

static enum vs_core_tx_type
type_of(const struct vs_json_node *node)
{
	enum vs_ocpp_value value = vs_ocpp_value(node);

	if (value == VS_OCPP_V_Started)
		return VS_CORE_TX_STARTED;
	return value == VS_OCPP_V_Ended ? VS_CORE_TX_ENDED : VS_CORE_TX_UPDATED;
}

/* What the transaction uses up or takes along: its reservation (H01.FR.15), the remote start that
 * it came of (F01.FR.25), its charging profiles when it ends. */
static void
let_go(struct vs_central_call *call, const struct vs_core_tx_event *event)
{
	const struct vs_json_node *payload = call->message->payload;
	const struct vs_json_node *info = vs_ocpp_member(payload, VS_OCPP_N_transactionInfo);
	struct vs_central_known_filter filter = {VS_CORE_ABSENT, VS_CORE_ABSENT, VS_CORE_ABSENT,
	                                         VS_OCPP_V_TxProfile, event->tx_id};
	int64_t reservation =
	    vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_reservationId));
	int64_t remote_start = vs_central_int(call, vs_ocpp_member(info, VS_OCPP_N_remoteStartId));
	int64_t ids[VS_LIMIT_CHARGING_PROFILES];
	size_t count;

	if (reservation != VS_CORE_ABSENT)
		vs_central_let_go(call->context, call->session, VS_HELD_reservation, reservation);
	if (remote_start != VS_CORE_ABSENT)
		vs_central_hold(call->context, call->session, VS_HELD_remote_start, remote_start,
		                vs_json_raw(call->message->tape, info));
	if (event->type != VS_CORE_TX_ENDED || call->context->known == NULL)
		return;
	count =
	    vs_central_known_remove(call->context->known, call->session->identity, &filter, ids);
	for (size_t i = 0; i < count; i++)
		vs_central_let_go(call->context, call->session, VS_HELD_profile, ids[i]);
}

/* E01 to E15. Store first, judge later: whatever passed the table is written down and answered, in
 * whatever order it comes; a token that may not charge is told so in the answer. An error would
 * make the station drop the billing record after its last attempt (E13). */
vs_result
vs_central_on_transaction_event(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;
	const struct vs_json_node *id_token = vs_ocpp_member(payload, VS_OCPP_N_idToken);
	struct vs_core_tx_event *event = &call->record->u.tx_event;
	struct vs_core_meter meter;

	vs_central_record(call, VS_RECORD_tx_event, payload);
	event->type = type_of(vs_ocpp_member(payload, VS_OCPP_N_eventType));
	event->at_ms = vs_central_time(call, vs_ocpp_member(payload, VS_OCPP_N_timestamp));
	event->seq_no = vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_seqNo));
	if (vs_json_bool(vs_ocpp_member(payload, VS_OCPP_N_offline), &event->is_offline).code !=
	    VS_E_OK)
		event->is_offline = false;
	vs_central_text(call, vs_ocpp_member(payload, VS_OCPP_N_triggerReason), event->trigger,
	                sizeof(event->trigger));
	read_evse(call, vs_ocpp_member(payload, VS_OCPP_N_evse), event);
	read_info(call, vs_ocpp_member(payload, VS_OCPP_N_transactionInfo), event);
	vs_central_meter(call, vs_ocpp_member(payload, VS_OCPP_N_meterValue), &meter);
	event->energy_wh = meter.energy_wh;
	event->power_w = meter.power_w;
	event->soc_percent = meter.soc_percent;
	event->first_wh = VS_CORE_ABSENT;
	let_go(call, event);

	vs_json_write_object(call->writer);
	if (id_token != NULL)
		vs_central_answer_token(call, id_token, event->token);
	vs_json_write_object_end(call->writer);
	return VS_OK;
}
