/* SPDX-License-Identifier: Apache-2.0 */
#include "core/metering.h"

#include "desk.h"

#define AT "\"timestamp\":\"2025-11-20T14:00:00Z\""

static struct vs_core_meter
meter(const char *values)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);
	struct vs_core_meter found;
	char text[2048];

	(void)snprintf(
	    text, sizeof(text),
	    "[2,\"1\",\"TransactionEvent\",{\"eventType\":\"Updated\"," AT
	    ",\"triggerReason\":\"Trigger\","
	    "\"seqNo\":1,\"transactionInfo\":{\"transactionId\":\"T\"},\"meterValue\":%s}]",
	    values);
	desk_hear(desk, text);
	CHECK(desk->context.journal.count == 1);
	found.energy_wh = desk_record(desk, 0)->u.tx_event.energy_wh;
	found.power_w = desk_record(desk, 0)->u.tx_event.power_w;
	found.soc_percent = desk_record(desk, 0)->u.tx_event.soc_percent;
	desk_free(desk);
	return found;
}

static void
phases_and_units(void)
{
	struct vs_core_meter found = meter(
	    "[{" AT ",\"sampledValue\":["
	    "{\"value\":2300,\"measurand\":\"Power.Active.Import\",\"phase\":\"L1\"},"
	    "{\"value\":2300,\"measurand\":\"Power.Active.Import\",\"phase\":\"L2-N\"},"
	    "{\"value\":9999,\"measurand\":\"Power.Active.Import\",\"phase\":\"L1-L2\"},"
	    "{\"value\":230,\"measurand\":\"Voltage\"},"
	    "{\"value\":12.5,\"unitOfMeasure\":{\"unit\":\"kWh\",\"multiplier\":1}},"
	    "{\"value\":55,\"measurand\":\"SoC\",\"unitOfMeasure\":{\"unit\":\"Percent\"}}]}]");

	CHECK(found.power_w == 4600 && found.energy_wh == 125000 && found.soc_percent == 55);
}

static void
the_latest_wins(void)
{
	struct vs_core_meter found = meter("[{" AT ",\"sampledValue\":[{\"value\":1}]},"
	                                   "{" AT ",\"sampledValue\":[{\"value\":2}]}]");

	CHECK(found.energy_wh == 2 && found.power_w == VS_CORE_ABSENT);
}

static void
an_absurd_multiplier_is_left_out(void)
{
	struct vs_core_meter found = meter(
	    "[{" AT
	    ",\"sampledValue\":[{\"value\":1,\"unitOfMeasure\":{\"multiplier\":2147483647}}]}]");

	CHECK(found.energy_wh == VS_CORE_ABSENT);
}

/* J01: kept as it was sent, answered at once. */
static void
meter_values_are_kept(void)
{
	struct desk *desk = desk_new(VS_CORE_REGISTRATION_ACCEPTED);

	desk_hear(desk, "[2,\"1\",\"MeterValues\",{\"evseId\":1,\"meterValue\":[{" AT
	                ",\"sampledValue\":[ {\"value\" : 1.50} ]}]}]");
	CHECK(strcmp(desk_last(desk), "[3,\"1\",{}]") == 0);
	CHECK(desk_record(desk, 0)->kind == VS_RECORD_meter_values);
	CHECK(desk_record(desk, 0)->u.meter_values.evse == 1);
	CHECK(vs_bytes_equal_text(desk_record(desk, 0)->payload,
	                          "[{" AT ",\"sampledValue\":[ {\"value\" : 1.50} ]}]"));
	CHECK(desk_commit(desk) == 1 && desk->event_count == 0);
	desk_free(desk);
}

int
main(void)
{
	CASE(phases_and_units);
	CASE(the_latest_wins);
	CASE(an_absurd_multiplier_is_left_out);
	CASE(meter_values_are_kept);
	return 0;
}
