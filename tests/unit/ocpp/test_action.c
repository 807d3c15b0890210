/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/action.h"

#include "ocpp/table.h"
#include "test.h"

static void
finds_every_action_by_its_name(void)
{
	for (int i = 1; i < VS_OCPP_ACTIONS; i++) {
		const struct vs_ocpp_action_row *row = vs_ocpp_action((enum vs_ocpp_action)i);
		char name[64];

		CHECK(vs_ocpp_action_find(vs_bytes_from_text(row->name)) == (enum vs_ocpp_action)i);
		CHECK(row->help[strlen(row->help) - 1] == '.');
		CHECK(row->versions != 0 && row->sender != 0 && row->when != 0);
		/* one character off is another name */
		(void)snprintf(name, sizeof(name), "%sx", row->name);
		CHECK(vs_ocpp_action_find(vs_bytes_from_text(name)) == VS_OCPP_NONE);
		name[strlen(row->name) - 1] = 0;
		CHECK(vs_ocpp_action_find(vs_bytes_from_text(name)) == VS_OCPP_NONE);
		(void)snprintf(name, sizeof(name), "%s", row->name);
		name[0] = (char)(name[0] ^ 0x20);
		CHECK(vs_ocpp_action_find(vs_bytes_from_text(name)) == VS_OCPP_NONE);
	}
	for (size_t v = 0; v < 3; v++) {
		static const unsigned count[] = {39, 64, 91}; /* of the standard */
		unsigned found = 0;

		for (int i = 1; i < VS_OCPP_ACTIONS; i++)
			found += vs_ocpp_action((enum vs_ocpp_action)i)->versions >> v & 1;
		CHECK(found == count[v]);
	}
	CHECK(vs_ocpp_action_find(vs_bytes_from_text("")) == VS_OCPP_NONE);
	CHECK(vs_ocpp_action_find(vs_bytes_from_text("heartbeat")) == VS_OCPP_NONE);
	CHECK(strcmp(vs_ocpp_action_name(VS_OCPP_Heartbeat), "Heartbeat") == 0);
	CHECK(strcmp(vs_ocpp_action_name(VS_OCPP_NONE), "") == 0);
	CHECK(strcmp(vs_ocpp_action_name(VS_OCPP_ACTIONS), "") == 0);
}

static void
names_and_values(void)
{
	CHECK(strcmp(vs_ocpp_value_text(VS_OCPP_V_Energy_Active_Import_Register),
	             "Energy.Active.Import.Register") == 0);
	CHECK(strcmp(vs_ocpp_value_text(VS_OCPP_V_L1_N), "L1-N") == 0);
	CHECK(strcmp(vs_ocpp_value_text(VS_OCPP_V_none), "") == 0);
	CHECK(strcmp(vs_ocpp_value_text(VS_OCPP_VALUES), "") == 0);
	CHECK(strcmp(vs_ocpp_name_text(VS_OCPP_N_seqNo), "seqNo") == 0);
	CHECK(strcmp(vs_ocpp_name_text(VS_OCPP_N_none), "") == 0);
	CHECK(strcmp(vs_ocpp_name_text(VS_OCPP_NAMES), "") == 0);
}

/* OCPP 2.0.1 B01.FR.10, B02.FR.09, B03.FR.07 */
static void
allows_by_registration_state(void)
{
	static const struct {
		enum vs_ocpp_action action;
		enum vs_ocpp_registration state;
		bool is_triggered;
		bool is_allowed;
	} rows[] = {
	    {VS_OCPP_BootNotification, VS_OCPP_NEW, false, true},
	    {VS_OCPP_BootNotification, VS_OCPP_REJECTED, false, true},
	    {VS_OCPP_BootNotification, VS_OCPP_PENDING, false, true},
	    {VS_OCPP_BootNotification, VS_OCPP_ACCEPTED, false, true},
	    {VS_OCPP_Heartbeat, VS_OCPP_NEW, false, false},
	    {VS_OCPP_Heartbeat, VS_OCPP_NEW, true, false},
	    {VS_OCPP_Heartbeat, VS_OCPP_REJECTED, true, false},
	    {VS_OCPP_Heartbeat, VS_OCPP_PENDING, false, false},
	    {VS_OCPP_Heartbeat, VS_OCPP_PENDING, true, true},
	    {VS_OCPP_Heartbeat, VS_OCPP_ACCEPTED, false, true},
	    {VS_OCPP_NotifyReport, VS_OCPP_PENDING, true, true},
	    {VS_OCPP_Authorize, VS_OCPP_PENDING, true, false},
	    {VS_OCPP_SecurityEventNotification, VS_OCPP_PENDING, false, false},
	    {VS_OCPP_SecurityEventNotification, VS_OCPP_ACCEPTED, false, true},
	    {VS_OCPP_SetVariables, VS_OCPP_PENDING, false, true},
	    {VS_OCPP_SetVariables, VS_OCPP_NEW, false, false},
	    {VS_OCPP_SetVariables, VS_OCPP_REJECTED, false, false},
	    {VS_OCPP_RequestStartTransaction, VS_OCPP_PENDING, false, false},
	    {VS_OCPP_RequestStartTransaction, VS_OCPP_ACCEPTED, false, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(vs_ocpp_action_is_allowed(rows[i].action, rows[i].state,
		                                rows[i].is_triggered) == rows[i].is_allowed);
}

static void
answers_what_must_not_be_lost_after_its_commit(void)
{
	for (int i = 1; i < VS_OCPP_ACTIONS; i++) {
		bool is_late = i == VS_OCPP_TransactionEvent ||
		               i == VS_OCPP_SecurityEventNotification ||
		               i == VS_OCPP_StartTransaction || i == VS_OCPP_StopTransaction ||
		               i == VS_OCPP_NotifySettlement || i == VS_OCPP_BatterySwap ||
		               i == VS_OCPP_NotifyDERAlarm;

		CHECK((vs_ocpp_action((enum vs_ocpp_action)i)->durability ==
		       VS_OCPP_AFTER_COMMIT) == is_late);
	}
	CHECK(vs_ocpp_action(VS_OCPP_DataTransfer)->sender == VS_OCPP_BOTH);
	CHECK(vs_ocpp_action(VS_OCPP_Reset)->sender == VS_OCPP_CSMS);
	CHECK(vs_ocpp_action(VS_OCPP_MeterValues)->sender == VS_OCPP_STATION);
}

int
main(void)
{
	CASE(finds_every_action_by_its_name);
	CASE(names_and_values);
	CASE(allows_by_registration_state);
	CASE(answers_what_must_not_be_lost_after_its_commit);
	return 0;
}
