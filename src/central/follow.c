/* SPDX-License-Identifier: Apache-2.0 */
#include "central/follow.h"

#include <assert.h>
#include <stdio.h>

#include "base/map.h"
#include "base/random.h"
#include "central/command.h"
#include "central/follow_inside.h"
#include "central/held.h"
#include "central/known.h"

enum { DETAIL_SIZE = 320, ASK_TIMEOUT_MS = 30000, CERTIFICATE_SIZE = 10001 };

/* --- H, O, D ---------------------------------------------------------------------------------- */

static void
reserve(const struct vs_follow *follow)
{
	if (vs_follow_was_accepted(follow))
		vs_central_hold(follow->context, follow->session, VS_HELD_reservation,
		                vs_follow_asked_number(follow, VS_OCPP_N_id), follow->request_text);
}

static void
cancel(const struct vs_follow *follow)
{
	if (vs_follow_was_accepted(follow))
		vs_central_let_go(follow->context, follow->session, VS_HELD_reservation,
		                  vs_follow_asked_number(follow, VS_OCPP_N_reservationId));
}

static void
show_message(const struct vs_follow *follow)
{
	const struct vs_json_node *message = vs_follow_asked(follow, VS_OCPP_N_message);

	if (vs_follow_was_accepted(follow))
		vs_central_hold(
		    follow->context, follow->session, VS_HELD_message,
		    vs_follow_number(follow->request_tape, vs_ocpp_member(message, VS_OCPP_N_id)),
		    vs_json_raw(follow->request_tape, message));
}

static void
clear_message(const struct vs_follow *follow)
{
	if (vs_follow_was_accepted(follow))
		vs_central_let_go(follow->context, follow->session, VS_HELD_message,
		                  vs_follow_asked_number(follow, VS_OCPP_N_id));
}

static void
send_list(const struct vs_follow *follow)
{
	int64_t version = vs_follow_asked_number(follow, VS_OCPP_N_versionNumber);
	char detail[DETAIL_SIZE];
	int size;

	if (!vs_follow_was_accepted(follow) || version == VS_CORE_ABSENT)
		return;
	size = snprintf(detail, sizeof(detail), "{\"versionNumber\":%lld}", (long long)version);
	vs_central_hold(follow->context, follow->session, VS_HELD_local_list, 0,
	                vs_bytes_from(detail, (size_t)size));
}

static void
start(const struct vs_follow *follow)
{
	if (vs_follow_was_accepted(follow))
		vs_central_hold(follow->context, follow->session, VS_HELD_remote_start,
		                vs_follow_asked_number(follow, VS_OCPP_N_remoteStartId),
		                follow->request_text);
}

/* --- K: in 1.6 an EVSE is a connector ----------------------------------------------------------
 */

static bool
is_of_16(const struct vs_follow *follow)
{
	return follow->session->version == VS_OCPP_16;
}

static void
set_profile(const struct vs_follow *follow)
{
	const struct vs_json_node *profile = vs_follow_asked(
	    follow, is_of_16(follow) ? VS_OCPP_N_csChargingProfiles : VS_OCPP_N_chargingProfile);

	if (!vs_follow_was_accepted(follow))
		return;
	vs_central_hold(
	    follow->context, follow->session, VS_HELD_profile,
	    vs_follow_number(follow->request_tape,
	                     vs_ocpp_member(profile, is_of_16(follow) ? VS_OCPP_N_chargingProfileId
	                                                              : VS_OCPP_N_id)),
	    follow->request_text);
	if (follow->session->version == VS_OCPP_21) /* it begins with its own values */
		vs_central_let_go(
		    follow->context, follow->session, VS_HELD_dynamic,
		    vs_follow_number(follow->request_tape, vs_ocpp_member(profile, VS_OCPP_N_id)));
	if (follow->context->known != NULL)
		vs_central_known_read(follow->context->known, follow->session->identity,
		                      follow->request_text);
}

/* OCPP 2.1 K28: what the profile allows from now on. */
static void
update_profile(const struct vs_follow *follow)
{
	int64_t id = vs_follow_asked_number(follow, VS_OCPP_N_chargingProfileId);

	if (!vs_follow_was_accepted(follow))
		return;
	vs_central_hold(follow->context, follow->session, VS_HELD_dynamic, id,
	                follow->request_text);
	if (follow->context->known != NULL)
		vs_central_known_update(follow->context->known, follow->session->identity, id,
		                        follow->request_tape,
		                        vs_follow_asked(follow, VS_OCPP_N_scheduleUpdate));
}

static struct vs_central_known_filter
read_filter(const struct vs_follow *follow)
{
	bool is_16 = is_of_16(follow);
	const struct vs_json_node *criteria =
	    is_16 ? follow->request : vs_follow_asked(follow, VS_OCPP_N_chargingProfileCriteria);
	struct vs_central_known_filter filter = {
	    .id =
		vs_follow_asked_number(follow, is_16 ? VS_OCPP_N_id : VS_OCPP_N_chargingProfileId),
	    .evse = vs_follow_number(
		follow->request_tape,
		vs_ocpp_member(criteria, is_16 ? VS_OCPP_N_connectorId : VS_OCPP_N_evseId)),
	    .stack_level = vs_follow_number(follow->request_tape,
	                                    vs_ocpp_member(criteria, VS_OCPP_N_stackLevel)),
	    .purpose = vs_ocpp_value(vs_ocpp_member(criteria, VS_OCPP_N_chargingProfilePurpose)),
	};

	if (filter.purpose == VS_OCPP_V_ChargePointMaxProfile)
		filter.purpose = VS_OCPP_V_ChargingStationMaxProfile;
	return filter;
}

static void
clear_profile(const struct vs_follow *follow)
{
	struct vs_central_known_filter filter = read_filter(follow);
	int64_t ids[VS_LIMIT_CHARGING_PROFILES];
	size_t count;

	/* Unknown says that there is none of them either (K10.FR.01). */
	if (follow->context->known == NULL)
		return;
	count = vs_central_known_remove(follow->context->known, follow->session->identity, &filter,
	                                ids);
	for (size_t i = 0; i < count; i++) {
		vs_central_let_go(follow->context, follow->session, VS_HELD_profile, ids[i]);
		if (follow->session->version == VS_OCPP_21)
			vs_central_let_go(follow->context, follow->session, VS_HELD_dynamic,
			                  ids[i]);
	}
}

static vs_result
read_periods(const struct vs_json_tape *tape, const struct vs_json_node *list,
             struct vs_ocpp_period *room, struct vs_central_told *told)
{
	const struct vs_json_node *node = NULL;

	if (vs_json_count(list) > VS_LIMIT_SCHEDULE_PERIODS)
		return VS_FAIL(TOO_LONG);
	told->periods = room;
	while ((node = vs_json_next(list, node)) != NULL) {
		struct vs_ocpp_period *period = &room[told->count++];

		VS_TRY(vs_json_int(tape, vs_ocpp_member(node, VS_OCPP_N_startPeriod),
		                   &period->start_s));
		VS_TRY(vs_json_double(tape, vs_ocpp_member(node, VS_OCPP_N_limit), &period->limit));
	}
	return VS_OK;
}

/* In 1.6 the schedule stands beside its connector and its start, and need not say how long. */
static vs_result
read_told(const struct vs_follow *follow, struct vs_ocpp_period *room, struct vs_central_told *told)
{
	const struct vs_json_tape *tape = follow->result->tape;
	const struct vs_json_node *payload = follow->result->payload;
	bool is_16 = is_of_16(follow);
	const struct vs_json_node *schedule =
	    vs_ocpp_member(payload, is_16 ? VS_OCPP_N_chargingSchedule : VS_OCPP_N_schedule);
	const struct vs_json_node *beside = is_16 ? payload : schedule;
	const struct vs_json_node *duration = vs_ocpp_member(schedule, VS_OCPP_N_duration);

	VS_TRY(vs_json_int(tape,
	                   vs_ocpp_member(beside, is_16 ? VS_OCPP_N_connectorId : VS_OCPP_N_evseId),
	                   &told->evse));
	if (duration == NULL && is_16)
		told->duration_s = vs_follow_asked_number(follow, VS_OCPP_N_duration);
	else
		VS_TRY(vs_json_int(tape, duration, &told->duration_s));
	VS_TRY(
	    vs_json_time(tape, vs_ocpp_member(beside, VS_OCPP_N_scheduleStart), &told->start_ms));
	told->unit = vs_ocpp_value(vs_ocpp_member(schedule, VS_OCPP_N_chargingRateUnit));
	return read_periods(tape, vs_ocpp_member(schedule, VS_OCPP_N_chargingSchedulePeriod), room,
	                    told);
}

/* K08: a station that would take more than its profiles allow has lost one of them, or never
 * installed it. */
static void
compare_schedule(const struct vs_follow *follow)
{
	struct vs_ocpp_period room[VS_LIMIT_SCHEDULE_PERIODS];
	struct vs_central_told told = {0};
	char detail[DETAIL_SIZE];
	int64_t at_s = 0;
	double limit = 0;
	int size;

	if (!vs_follow_was_accepted(follow) || follow->context->known == NULL ||
	    read_told(follow, room, &told).code != VS_E_OK ||
	    vs_central_known_compare(follow->context->known, follow->session->identity, &told,
	                             &at_s, &limit) != VS_CENTRAL_BEYOND)
		return;
	size =
	    snprintf(detail, sizeof(detail),
	             "{\"evseId\":%lld,\"startPeriod\":%lld,\"allowed\":%.1f,"
	             "\"chargingRateUnit\":\"%s\"}",
	             (long long)told.evse, (long long)at_s, limit, vs_ocpp_value_text(told.unit));
	vs_central_tell(follow->context, follow->session, "CompositeScheduleMismatch",
	                VS_CORE_WARNING, vs_bytes_from(detail, (size_t)size));
}

/* --- E ---------------------------------------------------------------------------------------- */

static uint64_t
hash_of(const char *transaction_id)
{
	return vs_hash(vs_bytes_from_text(transaction_id));
}

/* Nothing waits any more: what is missing of the transaction will not come. */
static void
judge_transaction(const struct vs_follow *follow)
{
	const struct vs_json_node *waits =
	    vs_ocpp_member(follow->result->payload, VS_OCPP_N_messagesInQueue);
	const struct vs_json_node *ongoing =
	    vs_ocpp_member(follow->result->payload, VS_OCPP_N_ongoingIndicator);
	bool is_waiting = true, is_ongoing = false;
	char id[VS_OCPP_ID_SIZE];

	if (vs_json_bool(waits, &is_waiting).code != VS_E_OK || is_waiting ||
	    vs_json_copy_text(follow->request_tape,
	                      vs_follow_asked(follow, VS_OCPP_N_transactionId), id, sizeof(id))
	            .code != VS_E_OK ||
	    follow->session->pages == NULL ||
	    follow->session->pages->incomplete_hash != hash_of(id))
		return;
	if (ongoing != NULL && vs_json_bool(ongoing, &is_ongoing).code == VS_E_OK && is_ongoing)
		return;
	follow->session->pages->incomplete_hash = 0;
	vs_central_tell(follow->context, follow->session, "TransactionIncomplete", VS_CORE_WARNING,
	                follow->request_text);
}

void
vs_central_ask_transaction(struct vs_central_context *context, struct vs_central_session *session,
                           const char *transaction_id)
{
	struct vs_central_request request = {.action = VS_OCPP_GetTransactionStatus,
	                                     .timeout_ms = ASK_TIMEOUT_MS};
	char text[DETAIL_SIZE];
	struct vs_buf payload;
	struct vs_json_writer writer;

	if (session->version == VS_OCPP_16 || session->has_ended)
		return;
	if (session->pages == NULL)
		session->pages = vs_central_pages_new();
	if (session->pages == NULL)
		return;
	session->pages->incomplete_hash = hash_of(transaction_id);
	vs_uuid_new(context->now_ms, request.id);
	(void)snprintf(request.tenant, sizeof(request.tenant), "%s", session->tenant);
	(void)snprintf(request.station, sizeof(request.station), "%s", session->identity);
	vs_buf_init(&payload, sizeof(text));
	vs_json_write_begin(&writer, &payload);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "transactionId");
	vs_json_write_text(&writer, transaction_id);
	vs_json_write_object_end(&writer);
	if (vs_json_write_end(&writer).code == VS_E_OK) {
		request.payload = vs_buf_view(&payload);
		vs_central_command_begin(context, session, &request);
	}
	vs_buf_done(&payload);
}

/* --- M ---------------------------------------------------------------------------------------- */

/* M05: whoever waits for this root to be everywhere learns that it is there. */
static void
install(const struct vs_follow *follow)
{
	const struct vs_port_errands *errands = &follow->context->errands;
	const struct vs_json_node *node = vs_follow_asked(follow, VS_OCPP_N_certificate);
	char pem[CERTIFICATE_SIZE];

	if (vs_follow_was_accepted(follow) && node != NULL && errands->self != NULL &&
	    vs_json_copy_text(follow->request_tape, node, pem, sizeof(pem)).code == VS_E_OK)
		errands->installed(errands->self, follow->session->tenant,
		                   follow->session->identity, follow->session->peer,
		                   vs_bytes_from_text(pem));
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct {
	void (*run)(const struct vs_follow *follow);
	bool is_of_16;
} rows[VS_OCPP_ACTIONS] = {
#define FOLLOW(action, function, is_of_16) [VS_OCPP_##action] = {function, is_of_16},
#include "central/follows.def"
#undef FOLLOW
};

bool
vs_central_follows(enum vs_ocpp_action action)
{
	assert(action < VS_OCPP_ACTIONS);
	return rows[action].run != NULL;
}

void
vs_central_follow(struct vs_central_context *context, struct vs_central_session *session,
                  enum vs_ocpp_action action, struct vs_bytes request,
                  const struct vs_ocpp_message *result)
{
	enum vs_ocpp_version version = session->version != 0 ? session->version : VS_OCPP_201;
	struct vs_ocpp_fault fault;
	struct vs_json_tape tape;

	if (!vs_central_follows(action) || (version == VS_OCPP_16 && !rows[action].is_of_16))
		return;
	vs_json_tape_init(&tape);
	if (vs_ocpp_payload_parse(version, action, VS_OCPP_CALL, request, &tape, &fault).code ==
	    VS_E_OK) {
		const struct vs_follow follow = {context, session, &tape, vs_json_root(&tape),
		                                 request, result};

		rows[action].run(&follow);
	}
	vs_json_tape_done(&tape);
}
