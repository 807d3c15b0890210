/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/profile.h"

#include <stdlib.h>

#include "test.h"

static struct vs_sim_profiles all;

static struct vs_ocpp_profile *
make(int64_t id, int64_t level, enum vs_ocpp_value purpose, int64_t evse, const char *transaction)
{
	struct vs_ocpp_profile *profile = calloc(1, sizeof(*profile));

	CHECK(profile != NULL);
	profile->id = id;
	profile->stack_level = level;
	profile->purpose = purpose;
	profile->evse = evse;
	CHECK(vs_bytes_copy_text(vs_bytes_from_text(transaction), profile->transaction_id,
	                         sizeof(profile->transaction_id)));
	return profile;
}

static void
put(struct vs_ocpp_profile *profile, enum vs_ocpp_value source)
{
	CHECK_OK(vs_sim_profile_put(&all, profile, source, vs_bytes_from_text("{}")));
}

static bool
collides(int64_t id, int64_t level, enum vs_ocpp_value purpose, int64_t evse,
         const char *transaction)
{
	struct vs_ocpp_profile *profile = make(id, level, purpose, evse, transaction);
	bool is_so = vs_sim_profile_collides(&all, profile);

	vs_ocpp_profile_free(&profile);
	return is_so;
}

static void
test_collisions(void)
{
	put(make(1, 0, VS_OCPP_V_TxDefaultProfile, 1, ""), VS_OCPP_V_CSO);
	put(make(2, 0, VS_OCPP_V_TxProfile, 1, "t"), VS_OCPP_V_CSO);
	CHECK(!collides(1, 0, VS_OCPP_V_TxDefaultProfile, 1, "")); /* it would take its own place */
	CHECK(collides(3, 0, VS_OCPP_V_TxDefaultProfile, 1, ""));
	CHECK(collides(3, 0, VS_OCPP_V_TxDefaultProfile, 0, ""));
	CHECK(!collides(3, 0, VS_OCPP_V_TxDefaultProfile, 2, ""));
	CHECK(!collides(3, 1, VS_OCPP_V_TxDefaultProfile, 1, ""));
	CHECK(!collides(3, 0, VS_OCPP_V_ChargingStationMaxProfile, 0, ""));
	CHECK(collides(3, 0, VS_OCPP_V_TxProfile, 1, "t"));
	CHECK(!collides(3, 0, VS_OCPP_V_TxProfile, 1, "u"));
	vs_sim_profiles_done(&all);
	CHECK(all.count == 0);
}

static void
test_remove(void)
{
	struct vs_sim_profile_filter any = {VS_SIM_PROFILE_ANY, VS_SIM_PROFILE_ANY,
	                                    VS_SIM_PROFILE_ANY, VS_OCPP_V_none, VS_OCPP_V_none};
	struct vs_sim_profile_filter filter = any;
	const struct vs_ocpp_profile *view[VS_LIMIT_SIM_PROFILES];

	put(make(1, 0, VS_OCPP_V_TxDefaultProfile, 1, ""), VS_OCPP_V_CSO);
	put(make(2, 3, VS_OCPP_V_ChargingStationMaxProfile, 0, ""), VS_OCPP_V_CSO);
	put(make(-1, 0, VS_OCPP_V_ChargingStationExternalConstraints, 0, ""), VS_OCPP_V_EMS);
	put(make(2, 4, VS_OCPP_V_ChargingStationMaxProfile, 0, ""), VS_OCPP_V_CSO);
	CHECK(all.count == 3 && vs_sim_profile_view(&all, view) == 3);
	filter.stack_level = 3;
	CHECK(vs_sim_profile_remove(&all, &filter) == 0);
	filter.stack_level = 4;
	filter.evse = 1;
	CHECK(vs_sim_profile_remove(&all, &filter) == 0);
	filter.evse = 0;
	filter.purpose = VS_OCPP_V_ChargingStationMaxProfile;
	CHECK(vs_sim_profile_remove(&all, &filter) == 1);
	/* What somebody else has set is not the CSMS's to clear. */
	CHECK(vs_sim_profile_remove(&all, &any) == 1 && all.count == 1);
	any.source = VS_OCPP_V_EMS;
	CHECK(vs_sim_profile_remove(&all, &any) == 1 && all.count == 0);
}

static void
test_transaction(void)
{
	put(make(1, 0, VS_OCPP_V_TxProfile, 1, ""), VS_OCPP_V_CSO);
	put(make(2, 0, VS_OCPP_V_TxProfile, 2, ""), VS_OCPP_V_CSO);
	put(make(3, 0, VS_OCPP_V_TxDefaultProfile, 1, ""), VS_OCPP_V_CSO);
	vs_sim_profile_bind(&all, 1, "t");
	vs_sim_profile_end(&all, 1, "");
	CHECK(all.count == 3);
	vs_sim_profile_end(&all, 1, "t");
	CHECK(all.count == 2);
	vs_sim_profile_end(&all, 2, "");
	CHECK(all.count == 1);
	vs_sim_profiles_done(&all);
}

static void
test_limit(void)
{
	struct vs_ocpp_profile *one;

	for (int i = 0; i < VS_LIMIT_SIM_PROFILES; i++)
		put(make(i, i, VS_OCPP_V_TxDefaultProfile, 1, ""), VS_OCPP_V_CSO);
	one = make(99, 0, VS_OCPP_V_TxDefaultProfile, 1, "");
	CHECK_ERR(vs_sim_profile_put(&all, one, VS_OCPP_V_CSO, vs_bytes_from_text("{}")), TOO_LONG);
	one->id = 3;
	CHECK_OK(vs_sim_profile_put(&all, one, VS_OCPP_V_CSO, vs_bytes_from_text("{}")));
	vs_sim_profiles_done(&all);
}

int
main(void)
{
	test_collisions();
	test_remove();
	test_transaction();
	test_limit();
	return 0;
}
