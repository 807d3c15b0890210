/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/schedule.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECONDS_MAX = 315360000, DAY_MS = 86400000, DEFAULT_PHASES = 3 };

/* --- reading --------------------------------------------------------------------------------- */

static vs_result
read_seconds(const struct vs_json_tape *tape, const struct vs_json_node *node, int64_t *seconds)
{
	*seconds = 0;
	if (node == NULL)
		return VS_OK;
	VS_TRY(vs_json_int(tape, node, seconds));
	return *seconds < 0 || *seconds > SECONDS_MAX ? VS_FAIL(BAD_VALUE) : VS_OK;
}

static vs_result
read_time(const struct vs_json_tape *tape, const struct vs_json_node *node, int64_t absent,
          int64_t *at_ms)
{
	*at_ms = absent;
	return node != NULL ? vs_json_time(tape, node, at_ms) : VS_OK;
}

/* OCPP 2.1 has periods without a limit, and with a setpoint, which is one for whoever only charges.
 */
static vs_result
read_limit(const struct vs_json_tape *tape, const struct vs_json_node *node, double *limit)
{
	const struct vs_json_node *told = vs_ocpp_member(node, VS_OCPP_N_limit);
	const struct vs_json_node *setpoint = vs_ocpp_member(node, VS_OCPP_N_setpoint);
	double wanted = INFINITY;

	if (told != NULL)
		VS_TRY(vs_json_double(tape, told, limit));
	if (setpoint != NULL)
		VS_TRY(vs_json_double(tape, setpoint, &wanted));
	if (wanted < *limit)
		*limit = wanted > 0 ? wanted : 0;
	return *limit < 0 ? VS_FAIL(BAD_VALUE) : VS_OK;
}

static vs_result
read_periods(const struct vs_json_tape *tape, const struct vs_json_node *list,
             struct vs_ocpp_profile *profile)
{
	const struct vs_json_node *node = NULL;
	int64_t last_s = -1;

	while ((node = vs_json_next(list, node)) != NULL) {
		struct vs_ocpp_period *period = &profile->periods[profile->period_count];
		const struct vs_json_node *phases = vs_ocpp_member(node, VS_OCPP_N_numberPhases);

		VS_TRY(read_seconds(tape, vs_ocpp_member(node, VS_OCPP_N_startPeriod),
		                    &period->start_s));
		period->limit = INFINITY;
		VS_TRY(read_limit(tape, node, &period->limit));
		if (phases != NULL)
			VS_TRY(vs_json_int(tape, phases, &period->phases));
		if ((profile->period_count == 0 && period->start_s != 0) ||
		    period->start_s <= last_s || period->phases < 0 ||
		    period->phases > DEFAULT_PHASES)
			return VS_FAIL(BAD_VALUE);
		last_s = period->start_s;
		profile->period_count++;
	}
	return VS_OK;
}

static vs_result
read_schedule(const struct vs_json_tape *tape, const struct vs_json_node *schedule,
              struct vs_ocpp_profile *profile)
{
	profile->unit = vs_ocpp_value(vs_ocpp_member(schedule, VS_OCPP_N_chargingRateUnit));
	VS_TRY(read_time(tape, vs_ocpp_member(schedule, VS_OCPP_N_startSchedule), VS_OCPP_ALWAYS,
	                 &profile->start_ms));
	VS_TRY(
	    read_seconds(tape, vs_ocpp_member(schedule, VS_OCPP_N_duration), &profile->duration_s));
	return read_periods(tape, vs_ocpp_member(schedule, VS_OCPP_N_chargingSchedulePeriod),
	                    profile);
}

/* Of 1.6 it is a number. */
static vs_result
read_transaction(const struct vs_json_tape *tape, const struct vs_json_node *node,
                 struct vs_ocpp_profile *profile)
{
	int64_t number = 0;

	if (node == NULL)
		return VS_OK;
	if (node->type == VS_JSON_STRING)
		return vs_json_copy_text(tape, node, profile->transaction_id,
		                         sizeof(profile->transaction_id));
	VS_TRY(vs_json_int(tape, node, &number));
	(void)snprintf(profile->transaction_id, sizeof(profile->transaction_id), "%lld",
	               (long long)number);
	return VS_OK;
}

static vs_result
judge(struct vs_ocpp_profile *profile, bool is_of_16)
{
	/* 1.6 3.13.1: without a start it is relative to the start of charging. */
	if (is_of_16 && profile->kind == VS_OCPP_V_Absolute && profile->start_ms == VS_OCPP_ALWAYS)
		profile->kind = VS_OCPP_V_Relative;
	if (profile->kind == VS_OCPP_V_Dynamic) { /* it holds from when it comes */
		if (profile->start_ms == VS_OCPP_ALWAYS)
			profile->start_ms = 0;
		return profile->period_count == 1 ? VS_OK : VS_FAIL(BAD_VALUE);
	}
	if (profile->kind != VS_OCPP_V_Relative && profile->start_ms == VS_OCPP_ALWAYS)
		return VS_FAIL(BAD_VALUE); /* K01.FR.40, K01.FR.41 */
	if (profile->kind == VS_OCPP_V_Recurring && profile->recurrency == VS_OCPP_V_none)
		return VS_FAIL(BAD_VALUE);
	return VS_OK;
}

static vs_result
read_profile(const struct vs_json_tape *tape, const struct vs_json_node *node,
             const struct vs_json_node *schedule, struct vs_ocpp_profile *profile)
{
	const struct vs_json_node *id = vs_ocpp_member(node, VS_OCPP_N_chargingProfileId);
	bool is_of_16 = id != NULL;

	VS_TRY(vs_json_int(tape, is_of_16 ? id : vs_ocpp_member(node, VS_OCPP_N_id), &profile->id));
	VS_TRY(
	    vs_json_int(tape, vs_ocpp_member(node, VS_OCPP_N_stackLevel), &profile->stack_level));
	profile->purpose = vs_ocpp_value(vs_ocpp_member(node, VS_OCPP_N_chargingProfilePurpose));
	if (profile->purpose == VS_OCPP_V_ChargePointMaxProfile)
		profile->purpose = VS_OCPP_V_ChargingStationMaxProfile;
	profile->kind = vs_ocpp_value(vs_ocpp_member(node, VS_OCPP_N_chargingProfileKind));
	profile->recurrency = vs_ocpp_value(vs_ocpp_member(node, VS_OCPP_N_recurrencyKind));
	VS_TRY(read_time(tape, vs_ocpp_member(node, VS_OCPP_N_validFrom), VS_OCPP_ALWAYS,
	                 &profile->valid_from_ms));
	VS_TRY(read_time(tape, vs_ocpp_member(node, VS_OCPP_N_validTo), VS_OCPP_NEVER,
	                 &profile->valid_to_ms));
	VS_TRY(read_transaction(tape, vs_ocpp_member(node, VS_OCPP_N_transactionId), profile));
	VS_TRY(read_schedule(tape, schedule, profile));
	return judge(profile, is_of_16);
}

VS_RESULT
vs_ocpp_profile_read(const struct vs_json_tape *tape, const struct vs_json_node *node, int64_t evse,
                     struct vs_ocpp_profile **profile_out)
{
	const struct vs_json_node *schedule = vs_ocpp_member(node, VS_OCPP_N_chargingSchedule);
	struct vs_ocpp_profile *profile;
	size_t periods;
	vs_result r;

	if (schedule != NULL && schedule->type == VS_JSON_ARRAY) /* 1.6 has one alone */
		schedule = vs_json_next(schedule, NULL);
	periods = vs_json_count(vs_ocpp_member(schedule, VS_OCPP_N_chargingSchedulePeriod));
	profile = calloc(1, sizeof(*profile) + periods * sizeof(profile->periods[0]));
	if (profile == NULL)
		return VS_FAIL(NO_MEMORY);
	profile->evse = evse;
	r = read_profile(tape, node, schedule, profile);
	if (r.code == VS_E_OK)
		*profile_out = profile;
	else
		free(profile);
	return r;
}

vs_result
vs_ocpp_profile_update(struct vs_ocpp_profile *profile, const struct vs_json_tape *tape,
                       const struct vs_json_node *update)
{
	double limit = INFINITY;

	if (profile->kind != VS_OCPP_V_Dynamic || profile->period_count != 1)
		return VS_FAIL(BAD_VALUE);
	if (vs_ocpp_member(update, VS_OCPP_N_limit) == NULL &&
	    vs_ocpp_member(update, VS_OCPP_N_setpoint) == NULL)
		return VS_OK; /* nothing of what counts here */
	VS_TRY(read_limit(tape, update, &limit));
	profile->periods[0].limit = limit;
	return VS_OK;
}

void
vs_ocpp_profile_free(struct vs_ocpp_profile **profile)
{
	free(*profile);
	*profile = NULL;
}

/* --- one profile at one moment --------------------------------------------------------------- */

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Where the schedule that holds at at_ms began, and where it begins anew. */
static int64_t
begin_of(const struct vs_ocpp_profile *profile, const struct vs_ocpp_situation *situation,
         int64_t at_ms, int64_t *again_ms)
{
	int64_t cycle_ms = profile->recurrency == VS_OCPP_V_Weekly ? INT64_C(7) * DAY_MS : DAY_MS;

	*again_ms = VS_OCPP_NEVER;
	if (profile->kind == VS_OCPP_V_Relative)
		return situation->relative_ms;
	if (profile->kind != VS_OCPP_V_Recurring || at_ms < profile->start_ms)
		return profile->start_ms;
	at_ms -= (at_ms - profile->start_ms) % cycle_ms;
	*again_ms = at_ms + cycle_ms;
	return at_ms;
}

/* Its period at this moment, NULL when it says nothing; *until_ms: no other answer before. */
static const struct vs_ocpp_period *
period_at(const struct vs_ocpp_profile *profile, const struct vs_ocpp_situation *situation,
          int64_t at_ms, int64_t *until_ms)
{
	int64_t again_ms, end_ms = VS_OCPP_NEVER;
	int64_t begin_ms = begin_of(profile, situation, at_ms, &again_ms);
	uint32_t next = 0;

	*until_ms = VS_OCPP_NEVER;
	if (at_ms >= profile->valid_to_ms)
		return NULL;
	if (at_ms < profile->valid_from_ms || at_ms < begin_ms) {
		*until_ms = at_ms < profile->valid_from_ms ? profile->valid_from_ms : begin_ms;
		return NULL;
	}
	if (profile->duration_s != 0)
		end_ms = begin_ms + 1000 * profile->duration_s;
	if (at_ms >= end_ms) {
		*until_ms = again_ms;
		return NULL;
	}
	while (next < profile->period_count &&
	       begin_ms + 1000 * profile->periods[next].start_s <= at_ms)
		next++;
	*until_ms = sooner(sooner(again_ms, end_ms), profile->valid_to_ms);
	if (next < profile->period_count)
		*until_ms = sooner(*until_ms, begin_ms + 1000 * profile->periods[next].start_s);
	return next > 0 ? &profile->periods[next - 1] : NULL;
}

/* --- all of them ----------------------------------------------------------------------------- */

enum purpose { EXTERNAL, STATION_MAX, GENERATION, TX_DEFAULT, TX, PRIORITY, PURPOSES };

static enum purpose
purpose_of(const struct vs_ocpp_profile *profile)
{
	switch ((unsigned)profile->purpose) { /* those that the tables let pass */
	case VS_OCPP_V_ChargingStationExternalConstraints:
		return EXTERNAL;
	case VS_OCPP_V_ChargingStationMaxProfile:
		return STATION_MAX;
	case VS_OCPP_V_LocalGeneration:
		return GENERATION;
	case VS_OCPP_V_TxDefaultProfile:
		return TX_DEFAULT;
	case VS_OCPP_V_PriorityCharging:
		return PRIORITY;
	default:
		return TX;
	}
}

static bool
is_meant(const struct vs_ocpp_profile *profile, const struct vs_ocpp_situation *situation)
{
	enum purpose purpose = purpose_of(profile);

	if (profile->evse != 0 && profile->evse != situation->evse)
		return false;
	if (situation->evse == 0)
		return purpose <= GENERATION;
	if (purpose == PRIORITY)
		return situation->is_priority;
	if (purpose != TX)
		return true;
	return situation->transaction_id != NULL && profile->evse == situation->evse &&
	       vs_bytes_equal_text(vs_bytes_from_text(profile->transaction_id),
	                           situation->transaction_id);
}

static bool
leads(const struct vs_ocpp_profile *profile, const struct vs_ocpp_profile *other)
{
	if (other == NULL || profile->stack_level != other->stack_level)
		return other == NULL || profile->stack_level > other->stack_level;
	return profile->evse > other->evse;
}

static double
convert(const struct vs_ocpp_period *period, enum vs_ocpp_value unit,
        const struct vs_ocpp_situation *situation)
{
	int64_t phases = period->phases != 0 ? period->phases : DEFAULT_PHASES;
	double watts_per_ampere;

	if (unit == situation->unit)
		return period->limit;
	if (phases > (int64_t)situation->phases)
		phases = situation->phases != 0 ? (int64_t)situation->phases : 1;
	watts_per_ampere = situation->voltage_v * (double)phases;
	return unit == VS_OCPP_V_A ? period->limit * watts_per_ampere
	                           : period->limit / watts_per_ampere;
}

/* What leads for each purpose, and until when that is so. */
struct lead {
	const struct vs_ocpp_profile *profile;
	const struct vs_ocpp_period *period;
};

static int64_t
find_leads(const struct vs_ocpp_profile *const *profiles, size_t count,
           const struct vs_ocpp_situation *situation, int64_t at_ms,
           struct lead leads_out[static PURPOSES])
{
	int64_t soonest_ms = VS_OCPP_NEVER;

	for (size_t i = 0; i < count; i++) {
		struct lead *lead = &leads_out[purpose_of(profiles[i])];
		const struct vs_ocpp_period *period;
		int64_t until_ms;

		if (!is_meant(profiles[i], situation))
			continue;
		period = period_at(profiles[i], situation, at_ms, &until_ms);
		soonest_ms = sooner(soonest_ms, until_ms);
		if (period != NULL && leads(profiles[i], lead->profile))
			*lead = (struct lead){profiles[i], period};
	}
	return soonest_ms;
}

static double
limit_of(const struct lead *lead, const struct vs_ocpp_situation *situation)
{
	return lead->period != NULL ? convert(lead->period, lead->profile->unit, situation)
	                            : INFINITY;
}

void
vs_ocpp_schedule_at(const struct vs_ocpp_profile *const *profiles, size_t count,
                    const struct vs_ocpp_situation *situation, int64_t at_ms,
                    struct vs_ocpp_allowed *allowed_out)
{
	struct lead leading[PURPOSES] = {{NULL, NULL}};
	struct vs_ocpp_allowed allowed = {.limit = situation->most};
	const struct lead *own = NULL;
	double generation = 0;

	allowed.until_ms = find_leads(profiles, count, situation, at_ms, leading);
	if (leading[GENERATION].period != NULL)
		generation = limit_of(&leading[GENERATION], situation);
	for (unsigned i = TX_DEFAULT; i < PURPOSES; i++)
		own = leading[i].period != NULL ? &leading[i] : own;
	for (unsigned i = 0; i < PURPOSES; i++) {
		bool is_of_grid = i == EXTERNAL || i == STATION_MAX;
		double limit;

		if (leading[i].period == NULL || (!is_of_grid && &leading[i] != own))
			continue;
		limit = limit_of(&leading[i], situation) + (is_of_grid ? generation : 0);
		if (limit < allowed.limit) {
			allowed.limit = limit;
			allowed.phases = leading[i].period->phases;
		}
	}
	if (own != NULL) {
		allowed.leading = own->profile;
		allowed.period = (uint32_t)(own->period - own->profile->periods);
	}
	*allowed_out = allowed;
}

static bool
is_same(const struct vs_ocpp_period *a, const struct vs_ocpp_period *b)
{
	return a->phases == b->phases && !(a->limit < b->limit) && !(a->limit > b->limit);
}

VS_RESULT
vs_ocpp_schedule_compose(const struct vs_ocpp_profile *const *profiles, size_t count,
                         const struct vs_ocpp_situation *situation, int64_t start_ms,
                         int64_t duration_s, struct vs_ocpp_period *room, size_t room_count,
                         size_t *count_out)
{
	int64_t at_ms = start_ms, end_ms;
	size_t used = 0;

	assert(room_count > 0);
	if (duration_s < 1 || duration_s > SECONDS_MAX)
		return VS_FAIL(BAD_VALUE);
	end_ms = start_ms + 1000 * duration_s;
	while (at_ms < end_ms) {
		struct vs_ocpp_allowed allowed;
		struct vs_ocpp_period period;

		vs_ocpp_schedule_at(profiles, count, situation, at_ms, &allowed);
		period = (struct vs_ocpp_period){(at_ms - start_ms) / 1000, allowed.limit,
		                                 allowed.phases};
		at_ms = allowed.until_ms;
		/* Less than a second after the one before: that one is not told. */
		if (used > 0 && room[used - 1].start_s == period.start_s)
			used--;
		if (used > 0 && is_same(&room[used - 1], &period))
			continue;
		if (used == room_count)
			return VS_FAIL(TOO_LONG);
		room[used++] = period;
	}
	*count_out = used;
	return VS_OK;
}
