/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/schedule.h"

#include <math.h>

#include "test.h"

#define DAY  INT64_C(86400000)
#define NOON INT64_C(1795262400000) /* 2026-11-21T12:00:00Z */

static struct vs_json_tape tape;
static const struct vs_ocpp_profile *list[8];
static size_t listed;

/* Through the table, as it would come. */
static enum vs_ocpp_version version = VS_OCPP_201;

static vs_result
read(int64_t evse, const char *profile_text, struct vs_ocpp_profile **profile_out)
{
	char text[2048];
	struct vs_ocpp_message message;
	struct vs_ocpp_fault fault;

	(void)snprintf(text, sizeof(text),
	               "[2,\"1\",\"SetChargingProfile\",{\"evseId\":%d,\"chargingProfile\":%s}]",
	               (int)evse, profile_text);
	CHECK_OK(vs_ocpp_message_parse(version, VS_OCPP_CSMS, vs_bytes_from_text(text), NULL, &tape,
	                               &message, &fault));
	return vs_ocpp_profile_read(
	    &tape, vs_ocpp_member(message.payload, VS_OCPP_N_chargingProfile), evse, profile_out);
}

static void
add(int64_t evse, const char *text)
{
	struct vs_ocpp_profile *profile = NULL;

	CHECK_OK(read(evse, text, &profile));
	list[listed++] = profile;
}

static void
clear(void)
{
	while (listed > 0) {
		struct vs_ocpp_profile *gone = (struct vs_ocpp_profile *)(uintptr_t)list[--listed];

		vs_ocpp_profile_free(&gone);
		CHECK(gone == NULL);
	}
}

static const struct vs_ocpp_situation amperes = {
    .evse = 1, .unit = VS_OCPP_V_A, .most = 32, .voltage_v = 230, .phases = 3};

#define PROFILE(id, level, purpose, rest)                                                          \
	"{\"id\":" #id ",\"stackLevel\":" #level ",\"chargingProfilePurpose\":\"" purpose "\","    \
	"\"chargingProfileKind\":" rest "}"
#define ABSOLUTE(schedule)                                                                         \
	"\"Absolute\",\"chargingSchedule\":[{\"id\":1,\"startSchedule\":\"2026-11-21T12:00:00Z\"," \
	"\"chargingRateUnit\":" schedule "}]"
#define RELATIVE(schedule)                                                                         \
	"\"Relative\",\"chargingSchedule\":[{\"id\":1,\"chargingRateUnit\":" schedule "}]"
#define TEN "\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":10}]"

static double
limit_at(const struct vs_ocpp_situation *situation, int64_t at_ms)
{
	struct vs_ocpp_allowed allowed;

	vs_ocpp_schedule_at(list, listed, situation, at_ms, &allowed);
	return allowed.limit;
}

static void
test_stack(void)
{
	struct vs_ocpp_situation situation = amperes;

	CHECK(limit_at(&amperes, NOON) == 32);
	add(0, PROFILE(1, 0, "TxDefaultProfile", ABSOLUTE(TEN)));
	CHECK(limit_at(&amperes, NOON) == 10 && limit_at(&amperes, NOON - 1) == 32);
	/* A higher level leads, also upwards; of equal level the one of the EVSE. */
	add(0, PROFILE(2, 1, "TxDefaultProfile",
	               ABSOLUTE("\"A\",\"duration\":60,\"chargingSchedulePeriod\":"
	                        "[{\"startPeriod\":0,\"limit\":16}]")));
	CHECK(limit_at(&amperes, NOON + 59999) == 16 && limit_at(&amperes, NOON + 60000) == 10);
	add(1, PROFILE(3, 1, "TxDefaultProfile",
	               ABSOLUTE("\"A\",\"duration\":30,\"chargingSchedulePeriod\":"
	                        "[{\"startPeriod\":0,\"limit\":8}]")));
	CHECK(limit_at(&amperes, NOON) == 8 && limit_at(&amperes, NOON + 30000) == 16);
	situation.evse = 2;
	CHECK(limit_at(&situation, NOON) == 16);
	/* The transaction's own takes the default's place; the station's is the roof of both. */
	add(1, "{\"id\":4,\"stackLevel\":0,\"chargingProfilePurpose\":\"TxProfile\","
	       "\"transactionId\":\"t\",\"chargingProfileKind\":" RELATIVE(
		   "\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":20},"
		   "{\"startPeriod\":100,\"limit\":6}]") "}");
	situation = amperes;
	situation.relative_ms = NOON;
	CHECK(limit_at(&situation, NOON) == 8);
	situation.transaction_id = "other";
	CHECK(limit_at(&situation, NOON) == 8);
	situation.transaction_id = "t";
	CHECK(limit_at(&situation, NOON) == 20 && limit_at(&situation, NOON + 100000) == 6);
	add(0, PROFILE(5, 0, "ChargingStationMaxProfile",
	               ABSOLUTE("\"W\",\"chargingSchedulePeriod\":"
	                        "[{\"startPeriod\":0,\"limit\":8280}]")));
	CHECK(limit_at(&situation, NOON) == 12);
	add(0, PROFILE(6, 0, "ChargingStationExternalConstraints",
	               ABSOLUTE("\"W\",\"chargingSchedulePeriod\":"
	                        "[{\"startPeriod\":0,\"limit\":2300,\"numberPhases\":1}]")));
	CHECK(limit_at(&situation, NOON) == 10);
	/* The station as a whole knows its own limits only. */
	situation = (struct vs_ocpp_situation){
	    .evse = 0, .unit = VS_OCPP_V_W, .most = INFINITY, .voltage_v = 230, .phases = 3};
	CHECK(limit_at(&situation, NOON) == 2300 && isinf(limit_at(&situation, NOON - 1)));
	clear();
}

static void
test_recurring(void)
{
	add(0,
	    PROFILE(1, 0, "TxDefaultProfile",
	            "\"Recurring\",\"recurrencyKind\":\"Daily\",\"validTo\":\"2026-11-25T00:00:"
	            "00Z\",\"chargingSchedule\":[{\"id\":1,\"startSchedule\":"
	            "\"2026-11-20T12:00:00Z\",\"duration\":3600,\"chargingRateUnit\":" TEN "}]"));
	CHECK(limit_at(&amperes, NOON - DAY - 1) == 32);
	CHECK(limit_at(&amperes, NOON) == 10 && limit_at(&amperes, NOON + DAY + 3599999) == 10);
	CHECK(limit_at(&amperes, NOON + 3600000) == 32);
	CHECK(limit_at(&amperes, NOON + 4 * DAY) == 32);
	clear();
	add(0, PROFILE(1, 0, "TxDefaultProfile",
	               "\"Recurring\",\"recurrencyKind\":\"Weekly\",\"chargingSchedule\":[{\"id\":"
	               "1,\"startSchedule\":\"2026-11-21T12:00:00Z\",\"duration\":60,"
	               "\"chargingRateUnit\":" TEN "}]"));
	CHECK(limit_at(&amperes, NOON + DAY) == 32 && limit_at(&amperes, NOON + 7 * DAY) == 10);
	clear();
}

static void
test_compose(void)
{
	struct vs_ocpp_situation situation = amperes;
	struct vs_ocpp_period periods[8];
	size_t count = 0;

	CHECK_OK(vs_ocpp_schedule_compose(list, listed, &amperes, NOON, 60, periods, 8, &count));
	CHECK(count == 1 && periods[0].start_s == 0 && periods[0].limit == 32);
	add(0, PROFILE(1, 0, "TxDefaultProfile",
	               "\"Recurring\",\"recurrencyKind\":\"Daily\",\"chargingSchedule\":[{\"id\":1,"
	               "\"startSchedule\":\"2026-11-20T12:30:00Z\",\"duration\":1800,"
	               "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":["
	               "{\"startPeriod\":0,\"limit\":10,\"numberPhases\":1},"
	               "{\"startPeriod\":600,\"limit\":10,\"numberPhases\":1},"
	               "{\"startPeriod\":900,\"limit\":0}]}]"));
	CHECK_OK(vs_ocpp_schedule_compose(list, listed, &amperes, NOON, 7200, periods, 8, &count));
	CHECK(count == 4);
	CHECK(periods[0].start_s == 0 && periods[0].limit == 32 && periods[0].phases == 0);
	CHECK(periods[1].start_s == 1800 && periods[1].limit == 10 && periods[1].phases == 1);
	CHECK(periods[2].start_s == 2700 && periods[2].limit == 0);
	CHECK(periods[3].start_s == 3600 && periods[3].limit == 32);
	CHECK_ERR(vs_ocpp_schedule_compose(list, listed, &amperes, NOON, 7200, periods, 3, &count),
	          TOO_LONG);
	CHECK_ERR(vs_ocpp_schedule_compose(list, listed, &amperes, NOON, 0, periods, 3, &count),
	          BAD_VALUE);
	clear();
	/* It is asked in the middle of a second: what changes within the first one counts from 0.
	 */
	add(0, PROFILE(1, 0, "TxDefaultProfile", ABSOLUTE(TEN)));
	situation.most = 16;
	CHECK_OK(
	    vs_ocpp_schedule_compose(list, listed, &situation, NOON - 300, 60, periods, 8, &count));
	CHECK(count == 1 && periods[0].start_s == 0 && periods[0].limit == 10);
	clear();
}

static void
test_refused(void)
{
	static const char *const bad[] = {
	    PROFILE(1, 0, "TxDefaultProfile",
	            "\"Absolute\",\"chargingSchedule\":[{\"id\":1,\"chargingRateUnit\":" TEN "}]"),
	    PROFILE(1, 0, "TxDefaultProfile",
	            "\"Recurring\",\"chargingSchedule\":[{\"id\":1,\"startSchedule\":"
	            "\"2026-11-20T12:00:00Z\",\"chargingRateUnit\":" TEN "}]"),
	    PROFILE(1, 0, "TxDefaultProfile",
	            RELATIVE("\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":1,"
	                     "\"limit\":10}]")),
	    PROFILE(1, 0, "TxDefaultProfile",
	            RELATIVE("\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":10},"
	                     "{\"startPeriod\":0,\"limit\":11}]")),
	    PROFILE(1, 0, "TxDefaultProfile",
	            RELATIVE("\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,"
	                     "\"limit\":-1}]")),
	    PROFILE(1, 0, "TxDefaultProfile",
	            RELATIVE("\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":1,"
	                     "\"numberPhases\":4}]")),
	    PROFILE(1, 0, "TxDefaultProfile",
	            RELATIVE("\"A\",\"duration\":-5,\"chargingSchedulePeriod\":[{\"startPeriod\":0,"
	                     "\"limit\":1}]")),
	    PROFILE(1, 0, "TxDefaultProfile",
	            RELATIVE("\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":1},"
	                     "{\"startPeriod\":9007199254740991,\"limit\":1}]")),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vs_ocpp_profile *profile = NULL;

		CHECK_ERR(read(1, bad[i], &profile), BAD_VALUE);
		CHECK(profile == NULL);
	}
}

/* OCPP 2.1: what is generated on the spot comes on top of the grid's limits; priority charging
 * takes the place of both others while it is turned on; a dynamic profile gets new values. */
static void
test_of_21(void)
{
	struct vs_ocpp_situation situation = amperes;
	struct vs_ocpp_profile *dynamic = NULL, *wrong = NULL;
	struct vs_ocpp_allowed allowed;
	struct vs_json_tape update;

	version = VS_OCPP_21;
	add(0, PROFILE(1, 0, "ChargingStationMaxProfile", ABSOLUTE(TEN)));
	add(0, PROFILE(
		   2, 0, "LocalGeneration",
		   ABSOLUTE("\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":4}]")));
	CHECK(limit_at(&situation, NOON) == 14);
	add(0, PROFILE(
		   3, 0, "TxDefaultProfile",
		   ABSOLUTE("\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":6}]")));
	add(0, PROFILE(4, 0, "PriorityCharging",
	               ABSOLUTE(
			   "\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":12}]")));
	CHECK(limit_at(&situation, NOON) == 6);
	situation.is_priority = true;
	CHECK(limit_at(&situation, NOON) == 12);
	vs_ocpp_schedule_at(list, listed, &situation, NOON, &allowed);
	CHECK(allowed.leading == list[3] && allowed.period == 0);
	clear();
	/* A setpoint is a limit for whoever only charges; without either there is none. */
	CHECK_OK(read(1,
	              PROFILE(5, 0, "TxDefaultProfile",
	                      "\"Dynamic\",\"chargingSchedule\":[{\"id\":1,\"chargingRateUnit\":"
	                      "\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0}]}]"),
	              &dynamic));
	list[listed++] = dynamic;
	CHECK(limit_at(&amperes, NOON) == 32);
	vs_json_tape_init(&update);
	CHECK_OK(vs_ocpp_payload_parse(
	    VS_OCPP_21, VS_OCPP_UpdateDynamicSchedule, VS_OCPP_CALL,
	    VS_BYTES_LITERAL("{\"chargingProfileId\":5,\"scheduleUpdate\":{\"setpoint\":7}}"),
	    &update, &(struct vs_ocpp_fault){0}));
	CHECK_OK(vs_ocpp_profile_update(
	    dynamic, &update, vs_ocpp_member(vs_json_root(&update), VS_OCPP_N_scheduleUpdate)));
	CHECK(limit_at(&amperes, NOON) == 7);
	CHECK_OK(read(1, PROFILE(6, 1, "TxDefaultProfile", ABSOLUTE(TEN)), &wrong));
	CHECK(vs_ocpp_profile_update(
		  wrong, &update, vs_ocpp_member(vs_json_root(&update), VS_OCPP_N_scheduleUpdate))
	          .code == VS_E_BAD_VALUE);
	vs_json_tape_done(&update);
	vs_ocpp_profile_free(&wrong);
	clear();
	version = VS_OCPP_201;
}

int
main(void)
{
	vs_json_tape_init(&tape);
	test_stack();
	test_recurring();
	test_compose();
	test_refused();
	test_of_21();
	vs_json_tape_done(&tape);
	return 0;
}
