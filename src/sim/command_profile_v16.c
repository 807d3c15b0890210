/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smart charging of OCPP 1.6 (5.16, 5.6, 5.7, and the profile of RemoteStartTransaction): what
 * comes is written as 2.0.1 would say it and given to command_profile.c, what that answers as 1.6
 * does.
 */
#include <stdio.h>
#include <string.h>

#include "sim/command.h"

#define TEXT_MAX 65536u

/* The request in the words of 2.0.1, and what is answered to it. */
struct translation {
	struct vs_buf text, answer;
	struct vs_json_tape tape, answer_tape;
};

static void
begin(struct translation *t)
{
	vs_buf_init(&t->text, TEXT_MAX);
	vs_buf_init(&t->answer, TEXT_MAX);
	vs_json_tape_init(&t->tape);
	vs_json_tape_init(&t->answer_tape);
}

static void
end(struct translation *t)
{
	vs_buf_done(&t->text);
	vs_buf_done(&t->answer);
	vs_json_tape_done(&t->tape);
	vs_json_tape_done(&t->answer_tape);
}

typedef vs_result command_fn(const struct vs_sim_command *command);

/* Run the function of 2.0.1 on the request that was written; its answer is on answer_tape. */
static vs_result
run(const struct vs_sim_command *command, enum vs_ocpp_action action, command_fn *function,
    struct translation *t)
{
	struct vs_sim_command other = *command;
	struct vs_json_writer writer;
	struct vs_ocpp_fault fault;

	VS_TRY(vs_ocpp_payload_parse(VS_OCPP_201, action, VS_OCPP_CALL, vs_buf_view(&t->text),
	                             &t->tape, &fault));
	other.tape = &t->tape;
	other.payload = vs_json_root(&t->tape);
	other.writer = &writer;
	vs_json_write_begin(&writer, &t->answer);
	vs_json_write_object(&writer);
	/* cppcheck-suppress returnDanglingLifetime ; a result is a code, it borrows nothing */
	VS_TRY(function(&other));
	vs_json_write_object_end(&writer);
	VS_TRY(vs_json_write_end(&writer));
	return vs_json_parse(vs_buf_view(&t->answer), &t->answer_tape);
}

static void
copy(const struct vs_sim_command *command, const struct vs_json_node *object,
     enum vs_ocpp_name name, const char *key, struct vs_json_writer *writer)
{
	const struct vs_json_node *node = vs_ocpp_member(object, name);

	if (node == NULL)
		return;
	vs_json_write_key(writer, key);
	vs_json_write_raw(writer, vs_json_raw(command->tape, node));
}

static void
copy_all(const struct vs_sim_command *command, const struct vs_json_node *object,
         const enum vs_ocpp_name *names, size_t count, struct vs_json_writer *writer)
{
	for (size_t i = 0; i < count; i++)
		copy(command, object, names[i], vs_ocpp_name_text(names[i]), writer);
}

static const char *
purpose_of(const struct vs_sim_command *command, const struct vs_json_node *node)
{
	if (vs_json_is(command->tape, node, "ChargePointMaxProfile"))
		return "ChargingStationMaxProfile";
	return vs_json_is(command->tape, node, "TxProfile") ? "TxProfile" : "TxDefaultProfile";
}

/* A TxProfile without a number is of what charges there. */
static void
write_transaction(const struct vs_sim_command *command, const struct vs_json_node *profile,
                  const struct vs_sim_evse *evse, struct vs_json_writer *writer)
{
	int64_t number = vs_sim_command_int(command, profile, VS_OCPP_N_transactionId, 0);
	char text[24];

	if (number != 0)
		(void)snprintf(text, sizeof(text), "%lld", (long long)number);
	if (number == 0 && (evse == NULL || evse->transaction_id[0] == '\0'))
		return;
	vs_json_write_key(writer, "transactionId");
	vs_json_write_text(writer, number != 0 ? text : evse->transaction_id);
}

/* csChargingProfiles as chargingProfile; evse: whose transaction is meant, NULL: none yet. */
static void
write_profile(const struct vs_sim_command *command, const struct vs_json_node *profile,
              const struct vs_sim_evse *evse, struct vs_json_writer *writer)
{
	static const enum vs_ocpp_name members[] = {
	    VS_OCPP_N_stackLevel, VS_OCPP_N_chargingProfileKind, VS_OCPP_N_recurrencyKind,
	    VS_OCPP_N_validFrom, VS_OCPP_N_validTo};
	static const enum vs_ocpp_name of_schedule[] = {
	    VS_OCPP_N_duration, VS_OCPP_N_startSchedule, VS_OCPP_N_chargingRateUnit,
	    VS_OCPP_N_chargingSchedulePeriod, VS_OCPP_N_minChargingRate};
	const struct vs_json_node *schedule = vs_ocpp_member(profile, VS_OCPP_N_chargingSchedule);
	const char *purpose =
	    purpose_of(command, vs_ocpp_member(profile, VS_OCPP_N_chargingProfilePurpose));

	vs_json_write_object(writer);
	copy(command, profile, VS_OCPP_N_chargingProfileId, "id", writer);
	copy_all(command, profile, members, sizeof(members) / sizeof(members[0]), writer);
	vs_json_write_key(writer, "chargingProfilePurpose");
	vs_json_write_text(writer, purpose);
	if (strcmp(purpose, "TxProfile") == 0)
		write_transaction(command, profile, evse, writer);
	vs_json_write_key(writer, "chargingSchedule");
	vs_json_write_array(writer);
	vs_json_write_object(writer);
	vs_json_write_key(writer, "id");
	vs_json_write_int(writer, 1);
	copy_all(command, schedule, of_schedule, sizeof(of_schedule) / sizeof(of_schedule[0]),
	         writer);
	vs_json_write_object_end(writer);
	vs_json_write_array_end(writer);
	vs_json_write_object_end(writer);
}

/* The status of 2.0.1, which has no reason here. */
static vs_result
repeat_status(const struct vs_sim_command *command, const struct translation *t)
{
	const struct vs_json_node *root = vs_json_root(&t->answer_tape);

	vs_json_write_key(command->writer, "status");
	vs_json_write_raw(
	    command->writer,
	    vs_json_raw(&t->answer_tape, vs_json_member(&t->answer_tape, root, "status")));
	return VS_OK;
}

/* `writer` has written the request of 2.0.1: what is said to it, without a reason. */
static vs_result
run_and_repeat(const struct vs_sim_command *command, struct vs_json_writer *writer,
               enum vs_ocpp_action action, command_fn *function, struct translation *t)
{
	VS_TRY(vs_json_write_end(writer));
	VS_TRY(run(command, action, function, t));
	return repeat_status(command, t);
}

VS_RESULT
vs_sim_command_v16_set_charging_profile(const struct vs_sim_command *command)
{
	const struct vs_json_node *connector =
	    vs_sim_command_member(command, VS_OCPP_N_connectorId);
	struct vs_json_writer writer;
	struct translation t;
	vs_result r;

	begin(&t);
	vs_json_write_begin(&writer, &t.text);
	vs_json_write_object(&writer);
	copy(command, command->payload, VS_OCPP_N_connectorId, "evseId", &writer);
	vs_json_write_key(&writer, "chargingProfile");
	write_profile(command, vs_sim_command_member(command, VS_OCPP_N_csChargingProfiles),
	              vs_sim_command_evse(command, connector), &writer);
	vs_json_write_object_end(&writer);
	r = run_and_repeat(command, &writer, VS_OCPP_SetChargingProfile,
	                   vs_sim_command_set_charging_profile, &t);
	end(&t);
	return r;
}

VS_RESULT
vs_sim_command_v16_clear_charging_profile(const struct vs_sim_command *command)
{
	const struct vs_json_node *purpose =
	    vs_sim_command_member(command, VS_OCPP_N_chargingProfilePurpose);
	struct vs_json_writer writer;
	struct translation t;
	vs_result r;

	begin(&t);
	vs_json_write_begin(&writer, &t.text);
	vs_json_write_object(&writer);
	copy(command, command->payload, VS_OCPP_N_id, "chargingProfileId", &writer);
	vs_json_write_key(&writer, "chargingProfileCriteria");
	vs_json_write_object(&writer);
	copy(command, command->payload, VS_OCPP_N_connectorId, "evseId", &writer);
	copy(command, command->payload, VS_OCPP_N_stackLevel, "stackLevel", &writer);
	if (purpose != NULL) {
		vs_json_write_key(&writer, "chargingProfilePurpose");
		vs_json_write_text(&writer, purpose_of(command, purpose));
	}
	vs_json_write_object_end(&writer);
	vs_json_write_object_end(&writer);
	r = run_and_repeat(command, &writer, VS_OCPP_ClearChargingProfile,
	                   vs_sim_command_clear_charging_profile, &t);
	end(&t);
	return r;
}

/* 5.7: the schedule beside its connector and its start, not around them. */
static void
put_schedule(const struct vs_sim_command *command, const struct translation *t)
{
	static const char *const members[] = {"duration", "chargingRateUnit",
	                                      "chargingSchedulePeriod"};
	const struct vs_json_tape *tape = &t->answer_tape;
	const struct vs_json_node *schedule = vs_json_member(tape, vs_json_root(tape), "schedule");

	if (schedule == NULL)
		return;
	vs_json_write_key(command->writer, "connectorId");
	vs_json_write_raw(command->writer,
	                  vs_json_raw(tape, vs_json_member(tape, schedule, "evseId")));
	vs_json_write_key(command->writer, "scheduleStart");
	vs_json_write_raw(command->writer,
	                  vs_json_raw(tape, vs_json_member(tape, schedule, "scheduleStart")));
	vs_json_write_key(command->writer, "chargingSchedule");
	vs_json_write_object(command->writer);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		vs_json_write_key(command->writer, members[i]);
		vs_json_write_raw(command->writer,
		                  vs_json_raw(tape, vs_json_member(tape, schedule, members[i])));
	}
	vs_json_write_object_end(command->writer);
}

VS_RESULT
vs_sim_command_v16_get_composite_schedule(const struct vs_sim_command *command)
{
	static const enum vs_ocpp_name members[] = {VS_OCPP_N_duration, VS_OCPP_N_chargingRateUnit};
	struct vs_json_writer writer;
	struct translation t;
	vs_result r;

	begin(&t);
	vs_json_write_begin(&writer, &t.text);
	vs_json_write_object(&writer);
	copy(command, command->payload, VS_OCPP_N_connectorId, "evseId", &writer);
	copy_all(command, command->payload, members, 2, &writer);
	vs_json_write_object_end(&writer);
	r = run_and_repeat(command, &writer, VS_OCPP_GetCompositeSchedule,
	                   vs_sim_command_get_composite_schedule, &t);
	if (r.code == VS_E_OK)
		put_schedule(command, &t);
	end(&t);
	return r;
}

bool
vs_sim_command_v16_install_for_start(const struct vs_sim_command *command,
                                     const struct vs_sim_evse *evse)
{
	const struct vs_json_node *profile =
	    vs_sim_command_member(command, VS_OCPP_N_chargingProfile);
	struct vs_sim_command other = *command;
	struct vs_json_writer writer;
	struct vs_ocpp_fault fault;
	struct translation t;
	bool is_installed = false;

	if (profile == NULL)
		return true;
	begin(&t);
	vs_json_write_begin(&writer, &t.text);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "remoteStartId");
	vs_json_write_int(&writer, 1);
	vs_json_write_key(&writer, "idToken");
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "idToken");
	vs_json_write_text(&writer, "any");
	vs_json_write_key(&writer, "type");
	vs_json_write_text(&writer, "Central");
	vs_json_write_object_end(&writer);
	vs_json_write_key(&writer, "chargingProfile");
	write_profile(command, profile, NULL, &writer);
	vs_json_write_object_end(&writer);
	if (vs_json_write_end(&writer).code == VS_E_OK &&
	    vs_ocpp_payload_parse(VS_OCPP_201, VS_OCPP_RequestStartTransaction, VS_OCPP_CALL,
	                          vs_buf_view(&t.text), &t.tape, &fault)
	            .code == VS_E_OK) {
		other.tape = &t.tape;
		other.payload = vs_json_root(&t.tape);
		is_installed = vs_sim_command_install_for_start(&other, evse);
	}
	end(&t);
	return is_installed;
}
