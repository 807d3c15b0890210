/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Charging profiles and what results from all of them (OCPP 2.0.1 block K).
 *
 * At every moment the profile with the highest stackLevel leads within its purpose; a TxProfile
 * takes the place of the TxDefaultProfile, and PriorityCharging (OCPP 2.1 K21), while it is turned
 * on, that of both; of the purposes that remain the lowest limit holds (K 3.5, 3.6; K01.FR.14 and
 * K08). What a LocalGeneration profile of 2.1 allows comes on top of the limits of the grid
 * connection. A profile for EVSE 0 holds for each EVSE; with equal stackLevel the one for the EVSE
 * itself leads. Of the whole station (EVSE 0) only the limits of the grid connection are known:
 * ChargingStationMaxProfile and ChargingStationExternalConstraints.
 *
 * Only the first chargingSchedule of a profile counts: more than one is an offer to a vehicle
 * (ISO 15118). Pure: no clock, no I/O. Times are wall clock milliseconds. Both ends use it.
 */
#pragma once

#include "ocpp/message.h"

#define VS_OCPP_ALWAYS INT64_MIN /* validFrom is not there */
#define VS_OCPP_NEVER  INT64_MAX /* likewise validTo; nothing changes any more */

struct vs_ocpp_period {
	int64_t start_s; /* after the start of the schedule */
	double limit;    /* in the schedule's unit; A: for each phase; INFINITY: none (2.1) */
	int64_t phases;  /* 0: not said, three */
};

struct vs_ocpp_profile {
	int64_t id, stack_level;
	int64_t evse; /* 0: the station */
	enum vs_ocpp_value purpose, kind, recurrency, unit;
	int64_t valid_from_ms, valid_to_ms;
	int64_t start_ms;                     /* ALWAYS: none was given */
	int64_t duration_s;                   /* 0: without an end */
	char transaction_id[VS_OCPP_ID_SIZE]; /* "" none */
	uint32_t period_count;
	struct vs_ocpp_period periods[];
};

/* From a ChargingProfileType of any version that the table has let pass (csChargingProfiles of 1.6
 * is one, too). BAD_VALUE: it breaks a rule of K01 (no start where one is needed, periods that do
 * not begin at 0 or do not rise, a negative limit); NO_MEMORY. */
VS_RESULT vs_ocpp_profile_read(const struct vs_json_tape *tape, const struct vs_json_node *node,
                               int64_t evse, struct vs_ocpp_profile **profile_out);
void vs_ocpp_profile_free(struct vs_ocpp_profile **profile);
/* A ChargingScheduleUpdateType for a Dynamic profile (OCPP 2.1 K28): what it leaves out stays.
 * BAD_VALUE: the profile is of another kind, or it would not be allowed to begin with. */
VS_RESULT vs_ocpp_profile_update(struct vs_ocpp_profile *profile, const struct vs_json_tape *tape,
                                 const struct vs_json_node *update);

/* For whom a schedule is asked, and what the hardware can do. */
struct vs_ocpp_situation {
	int64_t evse;               /* 0: the whole station */
	const char *transaction_id; /* NULL: none runs */
	int64_t relative_ms;        /* where Relative schedules begin */
	enum vs_ocpp_value unit;    /* of the answer: A or W */
	double most;                /* of the hardware, in that unit; INFINITY: not known */
	double voltage_v;           /* to convert between the units */
	unsigned phases;            /* likewise; 0: DC */
	bool is_priority;           /* priority charging is turned on */
};

struct vs_ocpp_allowed {
	double limit;
	int64_t phases;   /* 0: not said */
	int64_t until_ms; /* it holds until then at least */
	/* The profile of the EVSE that leads, whichever limit is the lowest; NULL: there is none.
	 */
	const struct vs_ocpp_profile *leading;
	uint32_t period; /* of it, the one that counts now */
};

void vs_ocpp_schedule_at(const struct vs_ocpp_profile *const *profiles, size_t count,
                         const struct vs_ocpp_situation *situation, int64_t at_ms,
                         struct vs_ocpp_allowed *allowed_out);

/* The composite schedule from start_ms on. TOO_LONG: it has more than `room_count` periods. */
VS_RESULT vs_ocpp_schedule_compose(const struct vs_ocpp_profile *const *profiles, size_t count,
                                   const struct vs_ocpp_situation *situation, int64_t start_ms,
                                   int64_t duration_s, struct vs_ocpp_period *room,
                                   size_t room_count, size_t *count_out);
