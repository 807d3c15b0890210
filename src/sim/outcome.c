/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a call of a simulated station: answered, refused, never answered. */
#include <stdio.h>
#include <string.h>

#include "sim/station_private.h"

enum { BOOT_AGAIN_MS = 10000 };

static void
handle_boot(struct vs_sim_station *station, const struct vs_ocpp_outcome *outcome,
            struct vs_sim_time at)
{
	const struct vs_json_tape *tape;
	const struct vs_json_node *payload;
	int64_t interval_s = 0;
	vs_result r;

	if (outcome->kind != VS_OCPP_ANSWERED) {
		station->boot_ms =
		    outcome->kind == VS_OCPP_CLOSED ? VS_SIM_NEVER : at.now_ms + BOOT_AGAIN_MS;
		return;
	}
	tape = outcome->message->tape;
	payload = outcome->message->payload;
	r = vs_json_int(tape, vs_ocpp_member(payload, VS_OCPP_N_interval), &interval_s);
	if (r.code != VS_E_OK || interval_s < 0 || interval_s > 86400)
		interval_s = 0;
	switch ((unsigned)vs_ocpp_value(vs_ocpp_member(payload, VS_OCPP_N_status))) {
	case VS_OCPP_V_Accepted:
		station->registration = VS_OCPP_ACCEPTED;
		station->boot_ms = VS_SIM_NEVER;
		if (interval_s > 0)
			r = vs_sim_station_put_number(station, VS_SIM_V_HEARTBEAT_INTERVAL,
			                              (unsigned)interval_s);
		if (r.code != VS_E_OK)
			vs_sim_station_note(station, "keeps its heartbeat interval",
			                    vs_err_text(r.code));
		vs_sim_link_come_online(station, at, true);
		return;
	case VS_OCPP_V_Pending:
		station->registration = VS_OCPP_PENDING;
		break;
	default: /* the table leaves only Rejected */
		station->registration = VS_OCPP_REJECTED;
		break;
	}
	/* OCPP 2.0.1 B02.FR.04, B03.FR.06: the interval says when to ask again; without one we
	 * choose. */
	station->boot_ms =
	    at.now_ms + (interval_s > 0 ? UINT64_C(1000) * (uint64_t)interval_s : BOOT_AGAIN_MS);
	vs_sim_station_note(station, "not accepted yet",
	                    station->registration == VS_OCPP_PENDING ? "Pending" : "Rejected");
}

static bool
is_welcome(const struct vs_json_node *payload, bool *is_told)
{
	const struct vs_json_node *info = vs_ocpp_member(payload, VS_OCPP_N_idTokenInfo);

	if (info == NULL)
		info = vs_ocpp_member(payload, VS_OCPP_N_idTagInfo); /* 1.6 */
	*is_told = info != NULL;
	return vs_ocpp_value(vs_ocpp_member(info, VS_OCPP_N_status)) == VS_OCPP_V_Accepted;
}

/* OCPP 1.6: the answer to its start names the transaction. */
static void
take_number(struct vs_sim_station *station, const struct vs_ocpp_message *message,
            struct vs_sim_entry *entry)
{
	struct vs_sim_evse *evse = &station->evses[entry->evse];
	int64_t number = 0;
	char text[24];

	if (vs_json_int(message->tape, vs_ocpp_member(message->payload, VS_OCPP_N_transactionId),
	                &number)
	        .code != VS_E_OK)
		return;
	(void)snprintf(text, sizeof(text), "%lld", (long long)number);
	vs_sim_queue_number(&station->queue, entry->transaction_id, text);
	if (strcmp(evse->transaction_id, entry->transaction_id) == 0)
		memcpy(evse->transaction_id, text, sizeof(text));
	memcpy(entry->transaction_id, text, sizeof(text));
}

static void
handle_queued_answer(struct vs_sim_station *station, const struct vs_ocpp_outcome *outcome,
                     struct vs_sim_time at)
{
	struct vs_sim_counts *counts = station->config.counts;
	struct vs_sim_entry entry;
	struct vs_sim_evse *evse;
	bool is_told = false, is_accepted;

	vs_sim_queue_answered(&station->queue, &entry);
	if (entry.event == VS_SIM_EVENT_STARTED && station->config.version == VS_OCPP_16)
		take_number(station, outcome->message, &entry);
	counts->meter_values += entry.meter_values;
	counts->transactions += entry.event == VS_SIM_EVENT_STARTED;
	counts->security_events += entry.event == VS_SIM_EVENT_SECURITY;
	counts->tx_events += entry.transaction_id[0] != 0;
	station->config.port.answered(station->config.port.arg, &entry, at.wall_ms);
	if (entry.transaction_id[0] == 0)
		return;
	/* OCPP 2.0.1 E05: the token is not accepted after all. */
	evse = &station->evses[entry.evse];
	is_accepted = is_welcome(outcome->message->payload, &is_told);
	if (!is_told || is_accepted || strcmp(evse->transaction_id, entry.transaction_id) != 0)
		return;
	vs_sim_auth_remember(&station->auth, evse->token, false);
	if (vs_sim_device_bool(&station->device, VS_SIM_V_STOP_ON_INVALID_ID))
		vs_sim_evse_end(station, evse, VS_OCPP_V_Deauthorized, VS_OCPP_V_DeAuthorized, at);
}

static void
handle_queued(struct vs_sim_station *station, const struct vs_ocpp_outcome *outcome,
              struct vs_sim_time at)
{
	struct vs_sim_retry_rule rule = {
	    (uint32_t)vs_sim_device_int(&station->device, VS_SIM_V_MESSAGE_ATTEMPTS),
	    (uint32_t)vs_sim_device_int(&station->device, VS_SIM_V_MESSAGE_ATTEMPT_WAIT),
	};
	struct vs_sim_entry lost;

	if (vs_sim_queue_in_flight(&station->queue) == NULL)
		return;
	if (outcome->kind == VS_OCPP_ANSWERED) {
		handle_queued_answer(station, outcome, at);
		return;
	}
	if (outcome->kind == VS_OCPP_CLOSED || station->registration != VS_OCPP_ACCEPTED) {
		vs_sim_queue_unsent(&station->queue);
		return;
	}
	if (vs_sim_queue_failed(&station->queue, &rule, at.now_ms, &lost)) {
		station->config.counts->lost++;
		vs_sim_station_note(station, "LOST after the last attempt", lost.id);
	}
}

static void
count_outcome(struct vs_sim_counts *counts, enum vs_ocpp_outcome_kind kind)
{
	switch (kind) {
	case VS_OCPP_ANSWERED:
		counts->answered++;
		break;
	case VS_OCPP_REFUSED:
		counts->refused++;
		break;
	case VS_OCPP_INVALID:
		counts->invalid++;
		break;
	case VS_OCPP_TIMED_OUT:
		counts->timed_out++;
		break;
	case VS_OCPP_CLOSED:
		break;
	}
}

/* A reservation may be for a group (H03). */
static void
read_group(struct vs_sim_evse *evse, const struct vs_ocpp_message *message)
{
	const struct vs_json_node *info = vs_ocpp_member(message->payload, VS_OCPP_N_idTokenInfo);
	const struct vs_json_node *group = vs_ocpp_member(info, VS_OCPP_N_groupIdToken);

	if (group == NULL ||
	    vs_json_copy_text(message->tape, vs_ocpp_member(group, VS_OCPP_N_idToken), evse->group,
	                      sizeof(evse->group))
	            .code != VS_E_OK)
		evse->group[0] = 0;
}

static void
handle_authorize(struct vs_sim_station *station, struct vs_sim_evse *evse,
                 const struct vs_ocpp_outcome *outcome, struct vs_sim_time at)
{
	bool is_told = false;

	if (outcome->kind == VS_OCPP_ANSWERED)
		read_group(evse, outcome->message);
	if (outcome->kind == VS_OCPP_ANSWERED)
		vs_sim_evse_authorized(station, evse,
		                       is_welcome(outcome->message->payload, &is_told), at);
	else if (outcome->kind == VS_OCPP_REFUSED)
		vs_sim_evse_authorized(station, evse, false, at);
	else
		vs_sim_evse_decide_alone(station, evse, at);
}

/* The central side does not know that it accepted us (it lost its state): register again, but not
 * in a circle. */
static void
register_again(struct vs_sim_station *station, const struct vs_ocpp_outcome *outcome,
               struct vs_sim_time at)
{
	if (!vs_bytes_equal_text(outcome->message->error_code, "SecurityError") ||
	    station->registration != VS_OCPP_ACCEPTED ||
	    (station->forgotten_ms != 0 && at.now_ms < station->forgotten_ms + BOOT_AGAIN_MS))
		return;
	station->forgotten_ms = at.now_ms;
	station->registration = VS_OCPP_NEW;
	station->boot_reason = VS_OCPP_V_Unknown;
	station->boot_ms = at.now_ms;
	vs_sim_station_note(station, "refused as not registered, boots again", "");
}

static void
count_meter(struct vs_sim_station *station, const struct vs_ocpp_outcome *outcome,
            struct vs_sim_time at)
{
	struct vs_sim_entry entry = {
	    .event = VS_SIM_EVENT_METER, .meter_values = 1, .wall_ms = at.wall_ms};

	(void)vs_bytes_copy_text(outcome->message->id, entry.id, sizeof(entry.id));
	station->config.counts->meter_values++;
	station->config.port.answered(station->config.port.arg, &entry, at.wall_ms);
}

void
vs_sim_outcome(struct vs_sim_station *station, const struct vs_ocpp_outcome *outcome,
               struct vs_sim_time at)
{
	struct vs_sim_evse *evse = &station->evses[(outcome->token >> 8) % station->evse_count];
	enum vs_sim_purpose purpose = (enum vs_sim_purpose)(outcome->token & 0xff);

	count_outcome(station->config.counts, outcome->kind);
	if (outcome->kind == VS_OCPP_REFUSED && purpose != VS_SIM_FOR_BOOT)
		register_again(station, outcome, at);
	if (outcome->kind == VS_OCPP_REFUSED)
		vs_sim_station_note(station, "refused", vs_ocpp_action_name(outcome->action));
	switch (purpose) {
	case VS_SIM_FOR_NOTHING:
		break;
	case VS_SIM_FOR_BOOT:
		handle_boot(station, outcome, at);
		break;
	case VS_SIM_FOR_STATUS:
		if (outcome->kind != VS_OCPP_ANSWERED && outcome->kind != VS_OCPP_REFUSED)
			evse->reported = VS_OCPP_V_none;
		break;
	case VS_SIM_FOR_AUTHORIZE:
		handle_authorize(station, evse, outcome, at);
		break;
	case VS_SIM_FOR_QUEUE:
		handle_queued(station, outcome, at);
		break;
	case VS_SIM_FOR_STREAM:
		vs_sim_streams_answered(station, outcome, at);
		break;
	case VS_SIM_FOR_METER:
		if (outcome->kind == VS_OCPP_ANSWERED)
			count_meter(station, outcome, at);
		break;
	}
}
