/* SPDX-License-Identifier: Apache-2.0 */
#include "central/known.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

/* A limit has one decimal (OCPP 2.0.1 2.15 ChargingSchedulePeriodType). */
static const double rounding = 0.1;

struct station {
	struct vs_ocpp_profile *profiles[VS_LIMIT_CHARGING_PROFILES];
	size_t count;
	bool has_more; /* than are remembered */
};

struct vs_central_known {
	pthread_mutex_t lock;
	struct vs_map *stations;
};

VS_RESULT
vs_central_known_new(struct vs_central_known **known_out)
{
	struct vs_central_known *known = calloc(1, sizeof(*known));

	if (known == NULL)
		return VS_FAIL(NO_MEMORY);
	if (vs_map_new(VS_LIMIT_STATIONS, &known->stations).code != VS_E_OK) {
		free(known);
		return VS_FAIL(NO_MEMORY);
	}
	(void)pthread_mutex_init(&known->lock, NULL);
	*known_out = known;
	return VS_OK;
}

static void
clear(struct station *station)
{
	while (station->count > 0)
		vs_ocpp_profile_free(&station->profiles[--station->count]);
}

void
vs_central_known_free(struct vs_central_known **known)
{
	struct vs_map_cursor cursor = {0};

	if (*known == NULL)
		return;
	while (vs_map_next((*known)->stations, &cursor)) {
		struct station *station = cursor.value;

		clear(station);
		free(station);
	}
	vs_map_free(&(*known)->stations);
	(void)pthread_mutex_destroy(&(*known)->lock);
	free(*known);
	*known = NULL;
}

static struct station *
lock_station(struct vs_central_known *known, const char *identity)
{
	(void)pthread_mutex_lock(&known->lock);
	return vs_map_get(known->stations, vs_bytes_from_text(identity));
}

static void
unlock(struct vs_central_known *known)
{
	(void)pthread_mutex_unlock(&known->lock);
}

static void
drop(struct station *station, size_t i)
{
	vs_ocpp_profile_free(&station->profiles[i]);
	station->count--;
	for (; i < station->count; i++)
		station->profiles[i] = station->profiles[i + 1];
}

/* Takes the profile in any case; one with the same id makes room. */
static void
put_profile(struct vs_central_known *known, const char *identity, struct vs_ocpp_profile *profile)
{
	struct station *station = lock_station(known, identity);

	if (station == NULL) {
		station = calloc(1, sizeof(*station));
		if (station != NULL &&
		    vs_map_put(known->stations, vs_bytes_from_text(identity), station, NULL).code !=
		        VS_E_OK) {
			free(station);
			station = NULL;
		}
	}
	for (size_t i = 0; station != NULL && i < station->count; i++) {
		if (station->profiles[i]->id == profile->id) {
			drop(station, i);
			break;
		}
	}
	if (station != NULL && station->count < VS_LIMIT_CHARGING_PROFILES) {
		station->profiles[station->count++] = profile;
		profile = NULL;
	} else if (station != NULL) {
		station->has_more = true;
	}
	unlock(known);
	vs_ocpp_profile_free(&profile);
}

/* OCPP 1.6 3.13.2: what has the same purpose and stackLevel on the same connector gives way. */
static void
supersede(struct vs_central_known *known, const char *identity,
          const struct vs_ocpp_profile *profile)
{
	struct station *station = lock_station(known, identity);

	for (size_t i = station != NULL ? station->count : 0; i > 0; i--) {
		const struct vs_ocpp_profile *other = station->profiles[i - 1];

		if (other->purpose == profile->purpose && other->evse == profile->evse &&
		    other->stack_level == profile->stack_level &&
		    strcmp(other->transaction_id, profile->transaction_id) == 0)
			drop(station, i - 1);
	}
	unlock(known);
}

static vs_result
read_request(const struct vs_json_tape *tape, bool is_of_16, struct vs_ocpp_profile **profile)
{
	const struct vs_json_node *root = vs_json_root(tape);
	int64_t evse = 0;

	VS_TRY(vs_json_int(
	    tape, vs_ocpp_member(root, is_of_16 ? VS_OCPP_N_connectorId : VS_OCPP_N_evseId),
	    &evse));
	return vs_ocpp_profile_read(tape,
	                            vs_ocpp_member(root, is_of_16 ? VS_OCPP_N_csChargingProfiles
	                                                          : VS_OCPP_N_chargingProfile),
	                            evse, profile);
}

void
vs_central_known_read(struct vs_central_known *known, const char *identity, struct vs_bytes request)
{
	static const enum vs_ocpp_version versions[] = {VS_OCPP_201, VS_OCPP_21, VS_OCPP_16};
	struct vs_ocpp_profile *profile = NULL;
	struct vs_ocpp_fault fault;
	struct vs_json_tape tape;

	vs_json_tape_init(&tape);
	for (size_t i = 0; profile == NULL && i < sizeof(versions) / sizeof(versions[0]); i++) {
		bool is_of_16 = versions[i] == VS_OCPP_16;

		if (vs_ocpp_payload_parse(versions[i], VS_OCPP_SetChargingProfile, VS_OCPP_CALL,
		                          request, &tape, &fault)
		            .code != VS_E_OK ||
		    read_request(&tape, is_of_16, &profile).code != VS_E_OK)
			continue;
		if (is_of_16)
			supersede(known, identity, profile);
	}
	if (profile != NULL)
		put_profile(known, identity, profile);
	vs_json_tape_done(&tape);
}

void
vs_central_known_update(struct vs_central_known *known, const char *identity, int64_t id,
                        const struct vs_json_tape *tape, const struct vs_json_node *update)
{
	struct station *station = lock_station(known, identity);

	for (size_t i = 0; station != NULL && i < station->count; i++)
		if (station->profiles[i]->id == id &&
		    vs_ocpp_profile_update(station->profiles[i], tape, update).code != VS_E_OK)
			station->has_more = true; /* what it is now is not known */
	unlock(known);
}

void
vs_central_known_update_read(struct vs_central_known *known, const char *identity,
                             struct vs_bytes request)
{
	struct vs_ocpp_fault fault;
	struct vs_json_tape tape;
	int64_t id = 0;

	vs_json_tape_init(&tape);
	if (vs_ocpp_payload_parse(VS_OCPP_21, VS_OCPP_UpdateDynamicSchedule, VS_OCPP_CALL, request,
	                          &tape, &fault)
	            .code == VS_E_OK &&
	    vs_json_int(&tape, vs_ocpp_member(vs_json_root(&tape), VS_OCPP_N_chargingProfileId),
	                &id)
	            .code == VS_E_OK)
		vs_central_known_update(
		    known, identity, id, &tape,
		    vs_ocpp_member(vs_json_root(&tape), VS_OCPP_N_scheduleUpdate));
	vs_json_tape_done(&tape);
}

bool
vs_central_known_dynamic(struct vs_central_known *known, const char *identity, int64_t id,
                         double *limit_out)
{
	struct station *station = lock_station(known, identity);
	bool is_found = false;

	for (size_t i = 0; station != NULL && i < station->count && !is_found; i++) {
		const struct vs_ocpp_profile *profile = station->profiles[i];

		is_found = profile->id == id && profile->kind == VS_OCPP_V_Dynamic &&
		           profile->period_count == 1 && !isinf(profile->periods[0].limit);
		if (is_found)
			*limit_out = profile->periods[0].limit;
	}
	unlock(known);
	return is_found;
}

static bool
matches(const struct vs_ocpp_profile *profile, const struct vs_central_known_filter *filter)
{
	return (filter->id == VS_CORE_ABSENT || filter->id == profile->id) &&
	       (filter->evse == VS_CORE_ABSENT || filter->evse == profile->evse) &&
	       (filter->stack_level == VS_CORE_ABSENT ||
	        filter->stack_level == profile->stack_level) &&
	       (filter->purpose == VS_OCPP_V_none || filter->purpose == profile->purpose) &&
	       (filter->transaction_id == NULL ||
	        strcmp(filter->transaction_id, profile->transaction_id) == 0) &&
	       profile->purpose != VS_OCPP_V_ChargingStationExternalConstraints;
}

size_t
vs_central_known_remove(struct vs_central_known *known, const char *identity,
                        const struct vs_central_known_filter *filter, int64_t *ids_out)
{
	struct station *station = lock_station(known, identity);
	size_t count = 0, i = 0;

	while (station != NULL && i < station->count) {
		if (!matches(station->profiles[i], filter)) {
			i++;
			continue;
		}
		ids_out[count++] = station->profiles[i]->id;
		drop(station, i);
	}
	if (station != NULL && station->count == 0)
		station->has_more = false;
	unlock(known);
	return count;
}

/* --- K08 ------------------------------------------------------------------------------------- */

/* The start of the transaction and the hardware's voltage are not known here. */
static bool
is_comparable(const struct station *station, const struct vs_central_told *told)
{
	if (station->has_more)
		return false;
	for (size_t i = 0; i < station->count; i++) {
		const struct vs_ocpp_profile *profile = station->profiles[i];

		if (profile->evse != 0 && profile->evse != told->evse)
			continue;
		if (profile->unit != told->unit ||
		    (profile->kind == VS_OCPP_V_Relative &&
		     (profile->period_count > 1 || profile->duration_s != 0)))
			return false;
	}
	return true;
}

/* A TxProfile goes with its transaction: one that is there is for the one that runs. */
static const char *
running(const struct station *station, int64_t evse)
{
	for (size_t i = 0; i < station->count; i++)
		if (station->profiles[i]->purpose == VS_OCPP_V_TxProfile &&
		    station->profiles[i]->evse == evse)
			return station->profiles[i]->transaction_id;
	return NULL;
}

static double
limit_at(const struct vs_ocpp_period *periods, size_t count, int64_t at_s)
{
	double limit = INFINITY;

	for (size_t i = 0; i < count && periods[i].start_s <= at_s; i++)
		limit = periods[i].limit;
	return limit;
}

static bool
is_beyond(const struct vs_central_told *told, const struct vs_ocpp_period *allowed, size_t count,
          int64_t at_s, double *limit_out)
{
	*limit_out = limit_at(allowed, count, at_s);
	return at_s < told->duration_s &&
	       limit_at(told->periods, told->count, at_s) > *limit_out + rounding;
}

enum vs_central_comparison
vs_central_known_compare(struct vs_central_known *known, const char *identity,
                         const struct vs_central_told *told, int64_t *at_s_out, double *limit_out)
{
	struct station *station = lock_station(known, identity);
	struct vs_ocpp_situation situation = {.evse = told->evse,
	                                      .relative_ms = told->start_ms,
	                                      .unit = told->unit,
	                                      .most = INFINITY,
	                                      .voltage_v = 1,
	                                      .phases = 1};
	struct vs_ocpp_period allowed[VS_LIMIT_SCHEDULE_PERIODS];
	enum vs_central_comparison comparison = VS_CENTRAL_INCOMPARABLE;
	size_t count = 0;

	if (station != NULL && is_comparable(station, told)) {
		situation.transaction_id = running(station, told->evse);
		if (vs_ocpp_schedule_compose(
			(const struct vs_ocpp_profile *const *)station->profiles, station->count,
			&situation, told->start_ms, told->duration_s, allowed,
			VS_LIMIT_SCHEDULE_PERIODS, &count)
		        .code == VS_E_OK)
			comparison = VS_CENTRAL_WITHIN;
	}
	unlock(known);
	for (size_t i = 0; comparison == VS_CENTRAL_WITHIN && i < count; i++) {
		*at_s_out = allowed[i].start_s;
		if (is_beyond(told, allowed, count, *at_s_out, limit_out))
			comparison = VS_CENTRAL_BEYOND;
	}
	for (size_t i = 0; comparison == VS_CENTRAL_WITHIN && i < told->count; i++) {
		*at_s_out = told->periods[i].start_s;
		if (is_beyond(told, allowed, count, *at_s_out, limit_out))
			comparison = VS_CENTRAL_BEYOND;
	}
	return comparison;
}
