/* SPDX-License-Identifier: Apache-2.0 */
/* OCPP 2.0.1 block K: smart charging. */
#include "sim/command.h"

#include <stdlib.h>
#include <string.h>

/* Why a profile is not taken, NULL when it is (K01). */
static const char *
judge(const struct vs_sim_command *command, const struct vs_ocpp_profile *profile)
{
	struct vs_sim_station *station = command->station;

	if (profile->stack_level < 0 ||
	    profile->stack_level >
	        vs_sim_device_int(&station->device, VS_SIM_V_PROFILE_STACK_LEVEL))
		return "InvalidStackLevel";
	if (profile->period_count > VS_LIMIT_SIM_PERIODS)
		return "TooManyElements";
	if (profile->evse < 0 || profile->evse > station->evse_count)
		return "UnknownEvse";
	switch ((unsigned)profile->purpose) {
	case VS_OCPP_V_ChargingStationExternalConstraints: /* K01.FR.22 */
		return "InvalidProfile";
	case VS_OCPP_V_ChargingStationMaxProfile: /* K01.FR.38 */
		if (profile->evse != 0 || profile->kind == VS_OCPP_V_Relative)
			return "InvalidProfile";
		break;
	case VS_OCPP_V_TxProfile: /* K01.FR.16, K01.FR.33 */
		if (profile->evse == 0 ||
		    strcmp(station->evses[profile->evse - 1].transaction_id,
		           profile->transaction_id) != 0 ||
		    profile->transaction_id[0] == 0)
			return "TxNotFound";
		break;
	default:
		break;
	}
	if (station->config.version == VS_OCPP_16)
		return NULL; /* the other one gives way */
	return vs_sim_profile_collides(&station->profiles, profile) ? "DuplicateProfile" : NULL;
}

VS_RESULT
vs_sim_command_set_charging_profile(const struct vs_sim_command *command)
{
	const struct vs_json_node *node = vs_sim_command_member(command, VS_OCPP_N_chargingProfile);
	struct vs_ocpp_profile *profile = NULL;
	const char *reason = "InvalidSchedule";
	vs_result r = vs_ocpp_profile_read(
	    command->tape, node,
	    vs_sim_command_int(command, command->payload, VS_OCPP_N_evseId, -1), &profile);

	if (r.code == VS_E_OK)
		reason = judge(command, profile);
	if (reason == NULL) {
		r = vs_sim_profile_put(&command->station->profiles, profile, VS_OCPP_V_CSO,
		                       vs_json_raw(command->tape, node));
		reason = r.code != VS_E_OK ? "OutOfStorage" : NULL;
		if (r.code == VS_E_OK && command->station->config.version == VS_OCPP_16)
			vs_sim_profile_supersede(&command->station->profiles, profile);
	}
	vs_sim_command_put(command, "status",
	                   reason == NULL ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected);
	if (reason == NULL) {
		vs_sim_blocks_limit(command->station, command->at);
		return VS_OK;
	}
	vs_sim_command_put_reason(command, reason);
	vs_ocpp_profile_free(&profile);
	return VS_OK;
}

bool
vs_sim_command_install_for_start(const struct vs_sim_command *command,
                                 const struct vs_sim_evse *evse)
{
	const struct vs_json_node *node = vs_sim_command_member(command, VS_OCPP_N_chargingProfile);
	struct vs_ocpp_profile *profile = NULL;
	vs_result r;

	if (node == NULL)
		return true;
	r = vs_ocpp_profile_read(command->tape, node, evse->index + 1, &profile);
	/* F01.FR.10, F01.FR.11: a TxProfile, and it cannot name the transaction yet. */
	if (r.code == VS_E_OK &&
	    (profile->purpose != VS_OCPP_V_TxProfile || profile->transaction_id[0] != 0 ||
	     profile->period_count > VS_LIMIT_SIM_PERIODS))
		r = VS_FAIL(BAD_VALUE);
	if (r.code == VS_E_OK)
		r = vs_sim_profile_put(&command->station->profiles, profile, VS_OCPP_V_CSO,
		                       vs_json_raw(command->tape, node));
	if (r.code != VS_E_OK)
		vs_ocpp_profile_free(&profile);
	return r.code == VS_E_OK;
}

/* --- K09, K10 -------------------------------------------------------------------------------- */

enum { FILTERS_MAX = 4 * VS_LIMIT_SIM_PROFILES };

/* Each id with each source; without one of them, any. */
static size_t
read_filters(const struct vs_sim_command *command, struct vs_sim_profile_filter *filters)
{
	const struct vs_json_node *criterion =
	    vs_sim_command_member(command, VS_OCPP_N_chargingProfile);
	const struct vs_json_node *ids = vs_ocpp_member(criterion, VS_OCPP_N_chargingProfileId);
	const struct vs_json_node *sources =
	    vs_ocpp_member(criterion, VS_OCPP_N_chargingLimitSource);
	const struct vs_json_node *id = vs_json_next(ids, NULL);
	size_t count = 0;

	do {
		const struct vs_json_node *source = vs_json_next(sources, NULL);
		struct vs_sim_profile_filter filter = {
		    .id = VS_SIM_PROFILE_ANY,
		    .evse = vs_sim_command_int(command, command->payload, VS_OCPP_N_evseId,
		                               VS_SIM_PROFILE_ANY),
		    .stack_level = vs_sim_command_int(command, criterion, VS_OCPP_N_stackLevel,
		                                      VS_SIM_PROFILE_ANY),
		    .purpose =
			vs_ocpp_value(vs_ocpp_member(criterion, VS_OCPP_N_chargingProfilePurpose)),
		};

		if (id != NULL && vs_json_int(command->tape, id, &filter.id).code != VS_E_OK)
			return count;
		do {
			if (count == FILTERS_MAX)
				return count;
			filter.source = vs_ocpp_value(source);
			filters[count++] = filter;
			if (source != NULL)
				source = vs_json_next(sources, source);
		} while (source != NULL);
		if (id != NULL)
			id = vs_json_next(ids, id);
	} while (id != NULL);
	return count;
}

static bool
has_match(const struct vs_sim_station *station, const struct vs_sim_profile_filter *filters,
          size_t count)
{
	for (const struct vs_sim_profile *p = station->profiles.first; p != NULL; p = p->next)
		for (size_t i = 0; i < count; i++)
			if (vs_sim_profile_matches(p, &filters[i]))
				return true;
	return false;
}

VS_RESULT
vs_sim_command_get_charging_profiles(const struct vs_sim_command *command)
{
	struct vs_sim_profile_filter filters[FILTERS_MAX];
	size_t count = read_filters(command, filters);
	bool is_any = has_match(command->station, filters, count);
	int64_t request_id = 0;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_requestId),
	                   &request_id));
	vs_sim_command_put(command, "status", is_any ? VS_OCPP_V_Accepted : VS_OCPP_V_NoProfiles);
	if (is_any)
		vs_sim_say_profiles(command->station, request_id, filters, count);
	return VS_OK;
}

VS_RESULT
vs_sim_command_clear_charging_profile(const struct vs_sim_command *command)
{
	const struct vs_json_node *criteria =
	    vs_sim_command_member(command, VS_OCPP_N_chargingProfileCriteria);
	struct vs_sim_profile_filter filter = {
	    .id = vs_sim_command_int(command, command->payload, VS_OCPP_N_chargingProfileId,
	                             VS_SIM_PROFILE_ANY),
	    .evse = vs_sim_command_int(command, criteria, VS_OCPP_N_evseId, VS_SIM_PROFILE_ANY),
	    .stack_level =
		vs_sim_command_int(command, criteria, VS_OCPP_N_stackLevel, VS_SIM_PROFILE_ANY),
	    .purpose = vs_ocpp_value(vs_ocpp_member(criteria, VS_OCPP_N_chargingProfilePurpose)),
	};
	unsigned removed = vs_sim_profile_remove(&command->station->profiles, &filter);

	vs_sim_command_put(command, "status", removed > 0 ? VS_OCPP_V_Accepted : VS_OCPP_V_Unknown);
	if (removed > 0)
		vs_sim_blocks_limit(command->station, command->at);
	return VS_OK;
}

/* --- K08 ------------------------------------------------------------------------------------- */

static void
put_schedule(const struct vs_sim_command *command, const struct vs_ocpp_situation *situation,
             int64_t duration_s, const struct vs_ocpp_period *periods, size_t count)
{
	vs_json_write_key(command->writer, "schedule");
	vs_json_write_object(command->writer);
	vs_sim_command_put_int(command, "evseId", situation->evse);
	vs_sim_command_put_int(command, "duration", duration_s);
	vs_json_write_key(command->writer, "scheduleStart");
	vs_json_write_time(command->writer, command->at.wall_ms);
	vs_sim_command_put(command, "chargingRateUnit", situation->unit);
	vs_json_write_key(command->writer, "chargingSchedulePeriod");
	vs_json_write_array(command->writer);
	for (size_t i = 0; i < count; i++) {
		vs_json_write_object(command->writer);
		vs_sim_command_put_int(command, "startPeriod", periods[i].start_s);
		vs_json_write_key(command->writer, "limit"); /* one decimal: 2.15 of the types */
		vs_json_write_double(command->writer,
		                     (double)(int64_t)(periods[i].limit * 10 + 0.01) / 10);
		if (periods[i].phases != 0)
			vs_sim_command_put_int(command, "numberPhases", periods[i].phases);
		vs_json_write_object_end(command->writer);
	}
	vs_json_write_array_end(command->writer);
	vs_json_write_object_end(command->writer);
}

VS_RESULT
vs_sim_command_get_composite_schedule(const struct vs_sim_command *command)
{
	const struct vs_ocpp_profile *view[VS_LIMIT_SIM_PROFILES];
	struct vs_ocpp_period periods[VS_LIMIT_SIM_PERIODS];
	enum vs_ocpp_value unit = vs_sim_command_value(command, VS_OCPP_N_chargingRateUnit);
	int64_t evse = vs_sim_command_int(command, command->payload, VS_OCPP_N_evseId, -1);
	int64_t duration_s = vs_sim_command_int(command, command->payload, VS_OCPP_N_duration, 0);
	size_t count = vs_sim_profile_view(&command->station->profiles, view), period_count = 0;
	struct vs_ocpp_situation situation;
	vs_result r = VS_FAIL(NOT_FOUND);

	if (evse >= 0 && evse <= command->station->evse_count) {
		situation = vs_sim_blocks_situation(command->station, evse,
		                                    unit != VS_OCPP_V_none ? unit : VS_OCPP_V_A,
		                                    command->at);
		r = vs_ocpp_schedule_compose(view, count, &situation, command->at.wall_ms,
		                             duration_s, periods, VS_LIMIT_SIM_PERIODS,
		                             &period_count);
	}
	vs_sim_command_put(command, "status",
	                   r.code == VS_E_OK ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected);
	if (r.code == VS_E_OK)
		put_schedule(command, &situation, duration_s, periods, period_count);
	return VS_OK;
}

/* --- K11 to K13 ------------------------------------------------------------------------------ */

/* Ids of the CSMS are not negative (K01.FR.05 leaves the others to us). */
enum { OUTSIDE_ID = -1 };

static vs_result
write_outside(struct vs_buf *text, double limit_w, int64_t wall_ms)
{
	struct vs_json_writer writer;

	vs_json_write_begin(&writer, text);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "id");
	vs_json_write_int(&writer, OUTSIDE_ID);
	vs_json_write_key(&writer, "stackLevel");
	vs_json_write_int(&writer, 0);
	vs_json_write_key(&writer, "chargingProfilePurpose");
	vs_json_write_text(&writer, "ChargingStationExternalConstraints");
	vs_json_write_key(&writer, "chargingProfileKind");
	vs_json_write_text(&writer, "Absolute");
	vs_json_write_key(&writer, "chargingSchedule");
	vs_json_write_array(&writer);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "id");
	vs_json_write_int(&writer, 1);
	vs_json_write_key(&writer, "startSchedule");
	vs_json_write_time(&writer, wall_ms);
	vs_json_write_key(&writer, "chargingRateUnit");
	vs_json_write_text(&writer, "W");
	vs_json_write_key(&writer, "chargingSchedulePeriod");
	vs_json_write_array(&writer);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "startPeriod");
	vs_json_write_int(&writer, 0);
	vs_json_write_key(&writer, "limit");
	vs_json_write_double(&writer, limit_w);
	vs_json_write_object_end(&writer);
	vs_json_write_array_end(&writer);
	vs_json_write_object_end(&writer);
	vs_json_write_array_end(&writer);
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

static struct vs_ocpp_profile *
make_outside(double limit_w, int64_t wall_ms)
{
	struct vs_ocpp_profile *profile = calloc(1, sizeof(*profile) + sizeof(profile->periods[0]));

	if (profile == NULL)
		return NULL;
	profile->id = OUTSIDE_ID;
	profile->purpose = VS_OCPP_V_ChargingStationExternalConstraints;
	profile->kind = VS_OCPP_V_Absolute;
	profile->unit = VS_OCPP_V_W;
	profile->valid_from_ms = VS_OCPP_ALWAYS;
	profile->valid_to_ms = VS_OCPP_NEVER;
	profile->start_ms = wall_ms;
	profile->period_count = 1;
	profile->periods[0].limit = limit_w;
	return profile;
}

VS_RESULT
vs_sim_command_limit_from_outside(const struct vs_sim_command *command, double limit_w)
{
	struct vs_sim_profiles *profiles = &command->station->profiles;
	struct vs_sim_profile_filter filter = {OUTSIDE_ID, VS_SIM_PROFILE_ANY, VS_SIM_PROFILE_ANY,
	                                       VS_OCPP_V_none, VS_OCPP_V_EMS};
	struct vs_ocpp_profile *profile = NULL;
	struct vs_buf text;
	vs_result r = VS_OK;

	vs_buf_init(&text, VS_LIMIT_SIM_FRAME_SIZE);
	if (limit_w < 0) {
		if (vs_sim_profile_remove(profiles, &filter) == 0)
			return VS_OK;
	} else {
		profile = make_outside(limit_w, command->at.wall_ms);
		r = profile != NULL ? write_outside(&text, limit_w, command->at.wall_ms)
		                    : VS_FAIL(NO_MEMORY);
		if (r.code == VS_E_OK)
			r = vs_sim_profile_put(profiles, profile, VS_OCPP_V_EMS,
			                       vs_buf_view(&text));
	}
	vs_buf_done(&text);
	if (r.code != VS_E_OK) {
		vs_ocpp_profile_free(&profile);
		return r;
	}
	vs_sim_say_limit(command->station, 0, limit_w < 0);
	vs_sim_blocks_limit(command->station, command->at);
	return VS_OK;
}
