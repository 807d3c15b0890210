/* SPDX-License-Identifier: Apache-2.0 */
#include "central/known.h"
#include "desk.h"

/* The n-th record about what the station holds. */
static const struct vs_core_record *
held(const struct desk *desk, size_t index)
{
	const struct vs_core_record *record = desk->context.journal.first;

	for (; record != NULL; record = record->next) {
		bool is_held =
		    record->kind == VS_RECORD_held_put || record->kind == VS_RECORD_held_remove;

		if (is_held && index-- == 0)
			break;
	}
	return record;
}

/* The same; it must be there. */
static const struct vs_core_record *
held_at(const struct desk *desk, size_t index)
{
	const struct vs_core_record *record = held(desk, index);

	CHECK(record != NULL);
	return record;
}

static bool
is(const struct vs_core_record *record, enum vs_core_record_kind what, enum vs_core_held kind,
   int64_t number, const char *payload)
{
	CHECK(record != NULL);
	if (!vs_bytes_equal_text(record->payload, payload))
		(void)fprintf(stderr, "is %.*s\n", (int)record->payload.size,
		              (const char *)record->payload.data);
	return record->kind == what && record->u.held.kind == kind &&
	       record->u.held.number == number && vs_bytes_equal_text(record->payload, payload);
}

static void
hears_of_reservations_and_limits(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"1\",\"ReservationStatusUpdate\",{\"reservationId\":5,"
	                "\"reservationUpdateStatus\":\"Expired\"}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{}]") == 0);
	CHECK(is(held(desk, 0), VS_RECORD_held_remove, VS_HELD_reservation, 5, ""));
	desk_hear(desk, "[2,\"2\",\"NotifyChargingLimit\",{\"chargingLimit\":{"
	                "\"chargingLimitSource\":\"EMS\"}}]");
	CHECK(is(held(desk, 1), VS_RECORD_held_put, VS_HELD_limit, 0,
	         "{\"chargingLimit\":{\"chargingLimitSource\":\"EMS\"}}"));
	desk_hear(desk, "[2,\"3\",\"ClearedChargingLimit\",{\"chargingLimitSource\":\"EMS\","
	                "\"evseId\":2}]");
	CHECK(is(held(desk, 2), VS_RECORD_held_remove, VS_HELD_limit, 2, ""));
	CHECK(held(desk, 3) == NULL && desk->context.journal.count == 6);
	desk_free(desk);
}

static void
takes_reports_apart(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(
	    desk,
	    "[2,\"1\",\"NotifyMonitoringReport\",{\"requestId\":1,\"seqNo\":0,"
	    "\"generatedAt\":\"2025-11-20T14:00:00Z\",\"monitor\":[{\"component\":{\"name\":"
	    "\"A\"},\"variable\":{\"name\":\"B\"},\"variableMonitoring\":[{\"id\":1,"
	    "\"transaction\":false,\"value\":2.5,\"type\":\"Delta\",\"severity\":3},{\"id\":2,"
	    "\"transaction\":true,\"value\":9,\"type\":\"Periodic\",\"severity\":9}]}]}]");
	CHECK(is(held(desk, 0), VS_RECORD_held_put, VS_HELD_monitor, 1,
	         "{\"id\":1,\"transaction\":false,\"value\":2.5,\"type\":\"Delta\",\"severity\":3,"
	         "\"component\":{\"name\":\"A\"},\"variable\":{\"name\":\"B\"}}"));
	CHECK(held_at(desk, 1)->u.held.number == 2 && held(desk, 2) == NULL);
	desk_hear(desk, "[2,\"2\",\"NotifyDisplayMessages\",{\"requestId\":1,\"messageInfo\":[{"
	                "\"id\":7,\"priority\":\"InFront\",\"message\":{\"format\":\"UTF8\","
	                "\"content\":\"Hi\"}}]}]");
	CHECK(is(held(desk, 2), VS_RECORD_held_put, VS_HELD_message, 7,
	         "{\"id\":7,\"priority\":\"InFront\",\"message\":{\"format\":\"UTF8\","
	         "\"content\":\"Hi\"}}"));
	CHECK_OK(vs_central_known_new(&desk->context.known));
	desk_hear(desk,
	          "[2,\"3\",\"ReportChargingProfiles\",{\"requestId\":1,\"chargingLimitSource\":"
	          "\"CSO\",\"evseId\":1,\"chargingProfile\":[{\"id\":4,\"stackLevel\":0,"
	          "\"chargingProfilePurpose\":\"TxDefaultProfile\",\"chargingProfileKind\":"
	          "\"Relative\",\"chargingSchedule\":[{\"id\":1,\"chargingRateUnit\":\"A\","
	          "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":6}]}]}]}]");
	CHECK(held_at(desk, 3)->u.held.kind == VS_HELD_profile &&
	      held_at(desk, 3)->u.held.number == 4);
	CHECK(vs_bytes_equal(vs_bytes_from(held_at(desk, 3)->payload.data, 31),
	                     vs_bytes_from_text("{\"evseId\":1,\"chargingProfile\":{")));
	{
		const struct vs_ocpp_period periods[] = {{0, 7, 0}};
		const struct vs_central_told told = {1, 0, 60, VS_OCPP_V_A, periods, 1};
		int64_t at_s;
		double limit;

		CHECK(vs_central_known_compare(desk->context.known, "CS-1", &told, &at_s, &limit) ==
		      VS_CENTRAL_BEYOND);
	}
	vs_central_known_free(&desk->context.known);
	desk_free(desk);
}

/* K15 to K17: noted; a plan is made for nobody. */
static void
hears_of_vehicles(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"1\",\"NotifyEVChargingNeeds\",{\"evseId\":1,\"chargingNeeds\":{"
	                "\"requestedEnergyTransfer\":\"DC\"}}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{\"status\":\"Rejected\"}]") == 0);
	CHECK(strcmp(desk_record(desk, 0)->u.event.type, "NotifyEVChargingNeeds") == 0);
	desk_hear(
	    desk,
	    "[2,\"2\",\"NotifyEVChargingSchedule\",{\"evseId\":1,\"timeBase\":"
	    "\"2025-11-20T14:00:00Z\",\"chargingSchedule\":{\"id\":1,\"chargingRateUnit\":\"W\","
	    "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":1000}]}}]");
	CHECK(strcmp(desk_last(desk), "[3,\"2\",{\"status\":\"Accepted\"}]") == 0);
	CHECK(desk->context.journal.count == 2);
	desk_free(desk);
}

#define PAGE(id, request, seq, data, tbc)                                                          \
	"[2,\"" id "\",\"NotifyCustomerInformation\",{\"requestId\":" request ",\"seqNo\":" seq    \
	",\"generatedAt\":\"2025-11-20T14:00:00Z\",\"data\":\"" data "\",\"tbc\":" tbc "}]"

static void
puts_pages_together(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, PAGE("1", "9", "0", "one\\n", "true"));
	CHECK(held(desk, 0) == NULL);
	desk_hear(desk, PAGE("2", "9", "1", "t\\\"wo", "true"));
	desk_hear(desk, PAGE("3", "9", "2", "", "false"));
	CHECK(is(held(desk, 0), VS_RECORD_held_put, VS_HELD_customer, 9,
	         "{\"data\":\"one\\nt\\\"wo\"}"));
	/* A page is missing: half a report is none. */
	desk_hear(desk, PAGE("4", "10", "0", "one", "true"));
	desk_hear(desk, PAGE("5", "10", "2", "three", "false"));
	CHECK(held(desk, 1) == NULL);
	/* Another one begins before the first has ended. */
	desk_hear(desk, PAGE("6", "11", "0", "one", "true"));
	desk_hear(desk, PAGE("7", "12", "0", "two", "false"));
	CHECK(is(held(desk, 1), VS_RECORD_held_put, VS_HELD_customer, 12, "{\"data\":\"two\"}"));
	desk_hear(desk, PAGE("8", "13", "0", "one", "true"));
	desk_free(desk);
}

int
main(void)
{
	CASE(hears_of_reservations_and_limits);
	CASE(takes_reports_apart);
	CASE(hears_of_vehicles);
	CASE(puts_pages_together);
	return 0;
}
