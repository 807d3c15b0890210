/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

/* Every action a station may send has a row or is answered NotSupported; ours are never handled. */
static void
rows(void)
{
	for (int i = VS_OCPP_NONE + 1; i < VS_OCPP_ACTIONS; i++) {
		enum vs_ocpp_action action = (enum vs_ocpp_action)i;
		const struct vs_ocpp_action_row *about = vs_ocpp_action(action);

		if (vs_central_handler_row(VS_OCPP_201, action)->handle != NULL)
			CHECK((about->sender & VS_OCPP_STATION) != 0);
		if (vs_central_handler_row(VS_OCPP_16, action)->handle != NULL)
			CHECK((about->sender & VS_OCPP_STATION) != 0 &&
			      (about->versions & VS_OCPP_16) != 0);
		CHECK(vs_central_handler_row(VS_OCPP_21, action) ==
		      vs_central_handler_row(VS_OCPP_201, action));
	}
	CHECK(vs_central_handler_row(VS_OCPP_201, VS_OCPP_Heartbeat)->effect ==
	      VS_CENTRAL_NO_RECORD);
	CHECK(vs_central_handler_row(VS_OCPP_201, VS_OCPP_TransactionEvent)->effect ==
	      VS_CENTRAL_RECORD);
	CHECK(vs_central_handler_row(VS_OCPP_201, VS_OCPP_Reset)->handle == NULL);
}

/* maxLength counts characters: 50 of them may be 200 bytes, and our 50 must end at one. */
static void
texts_are_cut_at_a_character(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	char text[512] = "", vendor[256] = "";

	for (int i = 0; i < 50; i++)
		memcpy(vendor + 3 * i, "\xe2\x82\xac", 4);
	(void)snprintf(
	    text, sizeof(text),
	    "[2,\"1\",\"BootNotification\",{\"reason\":\"PowerUp\",\"chargingStation\":{\"model\":"
	    "\"a\\u0041\\n\",\"vendorName\":\"%s\"}}]",
	    vendor);
	desk_hear(desk, text);
	CHECK(desk->context.journal.count == 1);
	CHECK(strlen(desk_record(desk, 0)->u.boot.vendor) == 48);
	CHECK(strncmp(desk_record(desk, 0)->u.boot.vendor, vendor, 48) == 0);
	CHECK(strcmp(desk_record(desk, 0)->u.boot.model, "aA\n") == 0);
	CHECK(desk_record(desk, 0)->u.boot.serial[0] == '\0');
	desk_free(desk);
}

int
main(void)
{
	CASE(rows);
	CASE(texts_are_cut_at_a_character);
	return 0;
}
