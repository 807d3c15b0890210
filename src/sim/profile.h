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
/* All of them, for ocpp/schedule.h. */
size_t vs_sim_profile_view(const struct vs_sim_profiles *profiles,
                           const struct vs_ocpp_profile *view[static VS_LIMIT_SIM_PROFILES]);
