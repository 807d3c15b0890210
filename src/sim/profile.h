/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charging profiles that are installed in a simulated station (OCPP 2.0.1 block K), as they
 * came and as they count. Pure. Limit: VS_LIMIT_SIM_PROFILES.
 */
#pragma once

#include "ocpp/schedule.h"

struct vs_sim_profile {
	struct vs_sim_profile *next;
	struct vs_ocpp_profile *profile;
	enum vs_ocpp_value source; /* ChargingLimitSourceEnumType: CSO, or who else set it */
	struct vs_buf raw;         /* ChargingProfileType as JSON */
};

struct vs_sim_profiles {
	struct vs_sim_profile *first;
	uint32_t count;
};

/* Which ones are meant; what is none or negative is any. */
struct vs_sim_profile_filter {
	int64_t id, evse, stack_level;
	enum vs_ocpp_value purpose, source;
};
#define VS_SIM_PROFILE_ANY INT64_MIN

void vs_sim_profiles_done(struct vs_sim_profiles *profiles);

/* Does another one (other id) stand where this one would: same purpose, stackLevel and EVSE, for a
 * TxDefaultProfile also the station's against an EVSE's, for a TxProfile of the same transaction
 * (K01.FR.39, K01.FR.52, K01.FR.53)? */
bool vs_sim_profile_collides(const struct vs_sim_profiles *profiles,
                             const struct vs_ocpp_profile *profile);
/* OCPP 1.6 3.13.2: what stands where this one would gives way to it. */
void vs_sim_profile_supersede(struct vs_sim_profiles *profiles,
                              const struct vs_ocpp_profile *profile);
/* Takes the profile on OK; one with the same id makes room. TOO_LONG: there is no room. */
VS_RESULT vs_sim_profile_put(struct vs_sim_profiles *profiles, struct vs_ocpp_profile *profile,
                             enum vs_ocpp_value source, struct vs_bytes raw);
bool vs_sim_profile_matches(const struct vs_sim_profile *profile,
                            const struct vs_sim_profile_filter *filter);
/* How many were removed. What was not set by the CSO stays, unless the filter names its source. */
unsigned vs_sim_profile_remove(struct vs_sim_profiles *profiles,
                               const struct vs_sim_profile_filter *filter);
/* The TxProfiles of an EVSE that are for this transaction ("": for the one that is still to begin)
 * go, or are from now on for another one. */
void vs_sim_profile_end(struct vs_sim_profiles *profiles, int64_t evse, const char *transaction_id);
void vs_sim_profile_bind(struct vs_sim_profiles *profiles, int64_t evse,
                         const char *transaction_id);
/* The profile that the CSMS knows by this id; NULL: there is none. */
struct vs_sim_profile *vs_sim_profile_find(const struct vs_sim_profiles *profiles, int64_t id);
/* OCPP 2.1 K28: new values for a Dynamic profile, also in what is reported of it. update: a
 * ChargingScheduleUpdateType that the table has let pass. BAD_VALUE: as vs_ocpp_profile_update. */
VS_RESULT vs_sim_profile_update(struct vs_sim_profile *profile, const struct vs_json_tape *tape,
                                const struct vs_json_node *update, int64_t wall_ms);
/* OCPP 2.1 Q: the power that the v2xSignalWattCurve of a period gives for a signal, W. NOT_FOUND:
 * it has no such curve. */
VS_RESULT vs_sim_profile_signal(const struct vs_sim_profile *profile, uint32_t period,
                                int64_t signal, double *power_w_out);
/* All of them, for ocpp/schedule.h. */
size_t vs_sim_profile_view(const struct vs_sim_profiles *profiles,
                           const struct vs_ocpp_profile *view[static VS_LIMIT_SIM_PROFILES]);
