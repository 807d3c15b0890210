/* SPDX-License-Identifier: Apache-2.0 */
#include "central/known.h"

#include "test.h"

#define NOON INT64_C(1763640000000) /* 2025-11-20T12:00:00Z */

static struct vs_central_known *known;

#define PROFILE(evse, id, purpose, kind, start, unit, periods)                                     \
	"{\"evseId\":" evse ",\"chargingProfile\":{\"id\":" id ",\"stackLevel\":0,"                \
	"\"chargingProfilePurpose\":\"" purpose "\",\"chargingProfileKind\":\"" kind "\","         \
	"\"transactionId\":\"t\",\"chargingSchedule\":[{\"id\":1," start                           \
	"\"chargingRateUnit\":\"" unit "\",\"chargingSchedulePeriod\":[" periods "]}]}}"
#define SINCE "\"startSchedule\":\"2025-11-20T12:00:00Z\","

static void
hear(const char *request)
{
	vs_central_known_read(known, "CS1", vs_bytes_from_text(request));
}

static enum vs_central_comparison
compare(int64_t evse, enum vs_ocpp_value unit, double first, double second, int64_t *at_s)
{
	const struct vs_ocpp_period periods[] = {{0, first, 0}, {60, second, 0}};
	const struct vs_central_told told = {evse, NOON, 120, unit, periods, 2};
	double limit;

	return vs_central_known_compare(known, "CS1", &told, at_s, &limit);
}

static size_t
forget(int64_t id, enum vs_ocpp_value purpose, const char *transaction)
{
	struct vs_central_known_filter filter = {id, VS_CORE_ABSENT, VS_CORE_ABSENT, purpose,
	                                         transaction};
	int64_t ids[VS_LIMIT_CHARGING_PROFILES];

	return vs_central_known_remove(known, "CS1", &filter, ids);
}

static void
tells_what_is_too_much(void)
{
	int64_t at_s = -1;

	CHECK(compare(1, VS_OCPP_V_A, 32, 32, &at_s) == VS_CENTRAL_INCOMPARABLE);
	hear(PROFILE("0", "1", "TxDefaultProfile", "Absolute", SINCE, "A",
	             "{\"startPeriod\":0,\"limit\":16},{\"startPeriod\":30,\"limit\":10}"));
	CHECK(compare(1, VS_OCPP_V_A, 10, 10, &at_s) == VS_CENTRAL_WITHIN);
	CHECK(compare(1, VS_OCPP_V_A, 6, 10.05, &at_s) == VS_CENTRAL_WITHIN);
	CHECK(compare(1, VS_OCPP_V_A, 16, 10, &at_s) == VS_CENTRAL_BEYOND && at_s == 30);
	CHECK(compare(1, VS_OCPP_V_A, 10, 11, &at_s) == VS_CENTRAL_BEYOND && at_s == 60);
	CHECK(compare(1, VS_OCPP_V_W, 1, 1, &at_s) == VS_CENTRAL_INCOMPARABLE);
	/* The one of the transaction takes its place, and goes with it. */
	hear(PROFILE("1", "2", "TxProfile", "Relative", "", "A",
	             "{\"startPeriod\":0,\"limit\":20}"));
	CHECK(compare(1, VS_OCPP_V_A, 20, 20, &at_s) == VS_CENTRAL_WITHIN);
	CHECK(compare(2, VS_OCPP_V_A, 20, 20, &at_s) == VS_CENTRAL_BEYOND && at_s == 0);
	CHECK(forget(VS_CORE_ABSENT, VS_OCPP_V_TxProfile, "other") == 0);
	CHECK(forget(VS_CORE_ABSENT, VS_OCPP_V_TxProfile, "t") == 1);
	CHECK(compare(1, VS_OCPP_V_A, 20, 20, &at_s) == VS_CENTRAL_BEYOND);
	/* The same id is another profile now. */
	hear(PROFILE("0", "1", "TxDefaultProfile", "Absolute", SINCE, "A",
	             "{\"startPeriod\":0,\"limit\":32}"));
	CHECK(compare(1, VS_OCPP_V_A, 20, 20, &at_s) == VS_CENTRAL_WITHIN);
	/* Nobody here knows when the transaction began. */
	hear(PROFILE("1", "3", "TxProfile", "Relative", "", "A",
	             "{\"startPeriod\":0,\"limit\":20},{\"startPeriod\":9,\"limit\":2}"));
	CHECK(compare(1, VS_OCPP_V_A, 32, 32, &at_s) == VS_CENTRAL_INCOMPARABLE);
	CHECK(forget(3, VS_OCPP_V_none, NULL) == 1);
	CHECK(forget(VS_CORE_ABSENT, VS_OCPP_V_none, NULL) == 1);
}

/* What nobody can read, and what is too much to remember. */
static void
keeps_its_limits(void)
{
	char text[512];
	int64_t at_s = 0;

	hear("{\"evseId\":1}");
	hear("no json");
	CHECK(forget(VS_CORE_ABSENT, VS_OCPP_V_none, NULL) == 0);
	for (int i = 0; i <= VS_LIMIT_CHARGING_PROFILES; i++) {
		(void)snprintf(text, sizeof(text),
		               PROFILE("1", "%d", "TxDefaultProfile", "Absolute", SINCE, "A",
		                       "{\"startPeriod\":0,\"limit\":1}"),
		               i);
		hear(text);
	}
	CHECK(compare(1, VS_OCPP_V_A, 32, 32, &at_s) == VS_CENTRAL_INCOMPARABLE);
	/* An external limit is not the CSMS's to clear. */
	CHECK(forget(VS_CORE_ABSENT, VS_OCPP_V_none, NULL) == VS_LIMIT_CHARGING_PROFILES);
	hear(PROFILE("0", "-1", "ChargingStationExternalConstraints", "Absolute", SINCE, "A",
	             "{\"startPeriod\":0,\"limit\":1}"));
	CHECK(forget(VS_CORE_ABSENT, VS_OCPP_V_none, NULL) == 0);
	CHECK(compare(1, VS_OCPP_V_A, 32, 32, &at_s) == VS_CENTRAL_BEYOND);
}

int
main(void)
{
	CHECK_OK(vs_central_known_new(&known));
	CASE(tells_what_is_too_much);
	CASE(keeps_its_limits);
	vs_central_known_free(&known);
	CHECK(known == NULL);
	return 0;
}
