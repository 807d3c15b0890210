/* SPDX-License-Identifier: Apache-2.0 */
#include "central/follow.h"

#include "central/known.h"
#include "desk.h"

static struct desk *desk;

static void
begin(void)
{
	desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	CHECK_OK(vs_central_known_new(&desk->context.known));
}

static void
end(void)
{
	struct vs_central_known *known = desk->context.known;

	desk_free(desk);
	vs_central_known_free(&known);
}

/* Send it, and hear the answer. What came before is committed. */
static void
ask(enum vs_ocpp_action action, const char *payload, const char *answer)
{
	struct vs_central_request request = {.id = "c-1",
	                                     .tenant = "default",
	                                     .station = "CS-1",
	                                     .action = action,
	                                     .timeout_ms = 1000,
	                                     .payload = vs_bytes_from_text(payload)};
	char text[1024];

	(void)desk_commit(desk);
	vs_central_command_begin(&desk->context, desk->session, &request);
	(void)snprintf(text, sizeof(text), "[3,\"c-1\",%s]", answer);
	desk_hear(desk, text);
}

/* The record that follows from the answer: after queued, sent and answered. */
static bool
follows(enum vs_core_record_kind what, enum vs_core_held kind, int64_t number, const char *payload)
{
	const struct vs_core_record *record = desk_record(desk, 3);

	return desk->context.journal.count == 4 && record->kind == what &&
	       record->u.held.kind == kind && record->u.held.number == number &&
	       vs_bytes_equal_text(record->payload, payload);
}

static bool
nothing_follows(void)
{
	return desk->context.journal.count == 3;
}

#define RESERVE                                                                                    \
	"{\"id\":5,\"expiryDateTime\":\"2025-11-20T15:00:00Z\",\"idToken\":{\"idToken\":\"A\","    \
	"\"type\":\"ISO14443\"}}"

static void
remembers_what_was_accepted(void)
{
	begin();
	ask(VS_OCPP_ReserveNow, RESERVE, "{\"status\":\"Occupied\"}");
	CHECK(nothing_follows());
	ask(VS_OCPP_ReserveNow, RESERVE, "{\"status\":\"Accepted\"}");
	CHECK(follows(VS_RECORD_held_put, VS_HELD_reservation, 5, RESERVE));
	ask(VS_OCPP_CancelReservation, "{\"reservationId\":5}", "{\"status\":\"Accepted\"}");
	CHECK(follows(VS_RECORD_held_remove, VS_HELD_reservation, 5, ""));
	ask(VS_OCPP_SetDisplayMessage,
	    "{\"message\":{\"id\":3,\"priority\":\"InFront\",\"message\":{\"format\":\"UTF8\","
	    "\"content\":\"x\"}}}",
	    "{\"status\":\"Accepted\"}");
	CHECK(follows(VS_RECORD_held_put, VS_HELD_message, 3,
	              "{\"id\":3,\"priority\":\"InFront\",\"message\":{\"format\":\"UTF8\","
	              "\"content\":\"x\"}}"));
	ask(VS_OCPP_ClearDisplayMessage, "{\"id\":3}", "{\"status\":\"Accepted\"}");
	CHECK(follows(VS_RECORD_held_remove, VS_HELD_message, 3, ""));
	ask(VS_OCPP_SendLocalList, "{\"versionNumber\":4,\"updateType\":\"Full\"}",
	    "{\"status\":\"VersionMismatch\"}");
	CHECK(nothing_follows());
	ask(VS_OCPP_SendLocalList, "{\"versionNumber\":4,\"updateType\":\"Full\"}",
	    "{\"status\":\"Accepted\"}");
	CHECK(follows(VS_RECORD_held_put, VS_HELD_local_list, 0, "{\"versionNumber\":4}"));
	ask(VS_OCPP_Reset, "{\"type\":\"OnIdle\"}", "{\"status\":\"Accepted\"}");
	CHECK(nothing_follows());
	end();
}

#define PROFILE                                                                                    \
	"{\"evseId\":1,\"chargingProfile\":{\"id\":8,\"stackLevel\":0,"                            \
	"\"chargingProfilePurpose\":\"TxDefaultProfile\",\"chargingProfileKind\":\"Relative\","    \
	"\"chargingSchedule\":[{\"id\":1,\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":["  \
	"{\"startPeriod\":0,\"limit\":10}]}]}}"
#define SCHEDULE(limit)                                                                            \
	"{\"status\":\"Accepted\",\"schedule\":{\"evseId\":1,\"duration\":60,\"scheduleStart\":"   \
	"\"2025-11-20T14:00:00Z\",\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":["         \
	"{\"startPeriod\":0,\"limit\":" limit "}]}}"

/* K08: the station says it would take more than we told it. */
static void
compares_the_schedule(void)
{
	begin();
	ask(VS_OCPP_SetChargingProfile, PROFILE, "{\"status\":\"Accepted\"}");
	CHECK(follows(VS_RECORD_held_put, VS_HELD_profile, 8, PROFILE));
	ask(VS_OCPP_GetCompositeSchedule, "{\"duration\":60,\"evseId\":1}", SCHEDULE("10"));
	CHECK(nothing_follows());
	ask(VS_OCPP_GetCompositeSchedule, "{\"duration\":60,\"evseId\":1}", SCHEDULE("16"));
	CHECK(desk->context.journal.count == 4 && desk_record(desk, 3)->kind == VS_RECORD_event);
	CHECK(strcmp(desk_record(desk, 3)->u.event.type, "CompositeScheduleMismatch") == 0);
	CHECK(vs_bytes_equal_text(desk_record(desk, 3)->payload,
	                          "{\"evseId\":1,\"startPeriod\":0,\"allowed\":10.0,"
	                          "\"chargingRateUnit\":\"A\"}"));
	ask(VS_OCPP_GetCompositeSchedule, "{\"duration\":60,\"evseId\":1}",
	    "{\"status\":\"Rejected\"}");
	CHECK(nothing_follows());
	ask(VS_OCPP_ClearChargingProfile,
	    "{\"chargingProfileCriteria\":{\"chargingProfilePurpose\":\"TxDefaultProfile\"}}",
	    "{\"status\":\"Accepted\"}");
	CHECK(follows(VS_RECORD_held_remove, VS_HELD_profile, 8, ""));
	end();
}

#define PROFILE_OF_16(id, limit)                                                                   \
	"{\"connectorId\":1,\"csChargingProfiles\":{\"chargingProfileId\":" id                     \
	",\"stackLevel\":0,\"chargingProfilePurpose\":\"TxDefaultProfile\","                       \
	"\"chargingProfileKind\":"                                                                 \
	"\"Absolute\",\"chargingSchedule\":{\"chargingRateUnit\":\"A\","                           \
	"\"chargingSchedulePeriod\":["                                                             \
	"{\"startPeriod\":0,\"limit\":" limit "}]}}}"
#define SCHEDULE_OF_16(limit)                                                                      \
	"{\"status\":\"Accepted\",\"connectorId\":1,\"scheduleStart\":\"2025-11-20T14:00:00Z\","   \
	"\"chargingSchedule\":{\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":["            \
	"{\"startPeriod\":0,\"limit\":" limit "}]}}"

/* 1.6 5.16, 5.7: the same in its own words; a profile of the same level takes another one's place.
 */
static void
compares_the_schedule_of_16(void)
{
	begin();
	desk->session->version = VS_OCPP_16;
	ask(VS_OCPP_SetChargingProfile, PROFILE_OF_16("8", "20"), "{\"status\":\"Accepted\"}");
	CHECK(follows(VS_RECORD_held_put, VS_HELD_profile, 8, PROFILE_OF_16("8", "20")));
	ask(VS_OCPP_SetChargingProfile, PROFILE_OF_16("9", "10"), "{\"status\":\"Accepted\"}");
	ask(VS_OCPP_GetCompositeSchedule, "{\"duration\":60,\"connectorId\":1}",
	    SCHEDULE_OF_16("10"));
	CHECK(nothing_follows());
	ask(VS_OCPP_GetCompositeSchedule, "{\"duration\":60,\"connectorId\":1}",
	    SCHEDULE_OF_16("16"));
	CHECK(desk->context.journal.count == 4 && desk_record(desk, 3)->kind == VS_RECORD_event);
	CHECK(strcmp(desk_record(desk, 3)->u.event.type, "CompositeScheduleMismatch") == 0);
	ask(VS_OCPP_ClearChargingProfile, "{\"connectorId\":1,\"stackLevel\":0}",
	    "{\"status\":\"Accepted\"}");
	CHECK(follows(VS_RECORD_held_remove, VS_HELD_profile, 9, ""));
	end();
}

/* 2.1 K28: from then on it may take what the update says. */
static void
follows_an_update(void)
{
	begin();
	desk->session->version = VS_OCPP_21;
	ask(VS_OCPP_SetChargingProfile,
	    "{\"evseId\":1,\"chargingProfile\":{\"id\":8,\"stackLevel\":0,"
	    "\"chargingProfilePurpose\":\"TxDefaultProfile\",\"chargingProfileKind\":\"Dynamic\","
	    "\"chargingSchedule\":[{\"id\":1,\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":"
	    "["
	    "{\"startPeriod\":0,\"limit\":10}]}]}}",
	    "{\"status\":\"Accepted\"}");
	ask(VS_OCPP_UpdateDynamicSchedule,
	    "{\"chargingProfileId\":8,\"scheduleUpdate\":{\"limit\":16}}",
	    "{\"status\":\"Accepted\"}");
	CHECK(follows(VS_RECORD_held_put, VS_HELD_dynamic, 8,
	              "{\"chargingProfileId\":8,\"scheduleUpdate\":{\"limit\":16}}"));
	ask(VS_OCPP_GetCompositeSchedule, "{\"duration\":60,\"evseId\":1}", SCHEDULE("16"));
	CHECK(nothing_follows());
	ask(VS_OCPP_GetCompositeSchedule, "{\"duration\":60,\"evseId\":1}", SCHEDULE("17"));
	CHECK(desk->context.journal.count == 4);
	/* It may ask for them; of another profile there are none. */
	(void)desk_commit(desk);
	desk_hear(desk, "[2,\"p\",\"PullDynamicScheduleUpdate\",{\"chargingProfileId\":8}]");
	(void)desk_commit(desk);
	CHECK(strcmp(desk_last(desk), "[3,\"p\",{\"status\":\"Accepted\",\"scheduleUpdate\":"
	                              "{\"limit\":16}}]") == 0);
	desk_hear(desk, "[2,\"q\",\"PullDynamicScheduleUpdate\",{\"chargingProfileId\":9}]");
	(void)desk_commit(desk);
	CHECK(strcmp(desk_last(desk), "[3,\"q\",{\"status\":\"Rejected\"}]") == 0);
	end();
}

#define EVENT(id, type, seq, more)                                                                 \
	"[2,\"" id "\",\"TransactionEvent\",{\"eventType\":\"" type "\",\"timestamp\":"            \
	"\"2025-11-20T14:00:00Z\",\"triggerReason\":\"Trigger\",\"seqNo\":" seq                    \
	",\"transactionInfo\":{\"transactionId\":\"tx-1\"" more "}}]"

/* E14: number 2 is missing when the transaction has ended: we ask, and believe the answer. */
static void
misses_events(void)
{
	char text[256], id[40] = "";

	begin();
	desk_hear(desk, EVENT("1", "Started", "0", ",\"remoteStartId\":77"));
	CHECK(desk_record(desk, 0)->kind == VS_RECORD_held_put);
	CHECK(desk_record(desk, 0)->u.held.kind == VS_HELD_remote_start);
	CHECK(desk_record(desk, 0)->u.held.number == 77);
	CHECK(vs_bytes_equal_text(desk_record(desk, 0)->payload,
	                          "{\"transactionId\":\"tx-1\",\"remoteStartId\":77}"));
	desk_hear(desk, EVENT("2", "Updated", "1", ""));
	desk_hear(desk, EVENT("3", "Ended", "3", ""));
	(void)desk_commit(desk);
	CHECK(strstr(desk_last(desk), "\"TransactionEvent\"") == NULL);
	for (size_t i = 0; i < desk->sent_count; i++)
		if (strstr(desk->sent[i], "\"GetTransactionStatus\"") != NULL)
			(void)snprintf(id, sizeof(id), "%.36s", desk->sent[i] + 4); /* [2,"id" */
	CHECK(strlen(id) == 36);
	(void)desk_commit(desk);
	(void)snprintf(text, sizeof(text), "[3,\"%s\",{\"messagesInQueue\":false}]", id);
	desk_hear(desk, text);
	CHECK(desk->context.journal.count == 2 && desk_record(desk, 1)->kind == VS_RECORD_event);
	CHECK(strcmp(desk_record(desk, 1)->u.event.type, "TransactionIncomplete") == 0);
	CHECK(vs_bytes_equal_text(desk_record(desk, 1)->payload, "{\"transactionId\":\"tx-1\"}"));
	end();
}

/* All of it came, in whatever order: nobody is asked. A profile of the transaction goes with it. */
static void
misses_nothing(void)
{
	begin();
	ask(VS_OCPP_SetChargingProfile,
	    "{\"evseId\":1,\"chargingProfile\":{\"id\":9,\"stackLevel\":0,"
	    "\"chargingProfilePurpose\":\"TxProfile\",\"transactionId\":\"tx-1\","
	    "\"chargingProfileKind\":\"Relative\",\"chargingSchedule\":[{\"id\":1,"
	    "\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":1}"
	    "]}]}}",
	    "{\"status\":\"Accepted\"}");
	(void)desk_commit(desk);
	desk_hear(desk, EVENT("1", "Started", "4", ""));
	desk_hear(desk, EVENT("2", "Updated", "6", ""));
	desk_hear(desk, EVENT("3", "Updated", "5", ""));
	desk_hear(desk, EVENT("4", "Ended", "7", ""));
	CHECK(desk_record(desk, 3)->kind == VS_RECORD_held_remove);
	CHECK(desk_record(desk, 3)->u.held.kind == VS_HELD_profile);
	CHECK(desk_record(desk, 3)->u.held.number == 9);
	(void)desk_commit(desk);
	CHECK(desk->session->calls.count == 0);
	end();
}

int
main(void)
{
	CASE(remembers_what_was_accepted);
	CASE(compares_the_schedule);
	CASE(compares_the_schedule_of_16);
	CASE(follows_an_update);
	CASE(misses_events);
	CASE(misses_nothing);
	return 0;
}
