/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#define CALL(action, payload) "[2,\"c\",\"" action "\"," payload "]"
#define SET(id, type, is_default, rest)                                                            \
	CALL("SetDERControl", "{\"isDefault\":" is_default ",\"controlId\":\"" id                  \
	                      "\",\"controlType\":\"" type "\"," rest "}")
#define POWER_FACTOR(priority, pf, times)                                                          \
	"\"fixedPFAbsorb\":{\"priority\":" priority ",\"displacement\":" pf                        \
	",\"excitation\":false" times "}"
#define CURVE(priority, unit, points)                                                              \
	"\"curve\":{\"priority\":" priority ",\"yUnit\":\"" unit "\",\"curveData\":[" points "]}"
#define AT(time, seconds) ",\"startTime\":\"2025-11-20T" time "Z\",\"duration\":" seconds

/* R04: what leads, what is superseded, and what comes back. */
static void
test_set_get_clear(void)
{
	begin_version(10000, VS_OCPP_21);
	answers(CALL("GetDERControl", "{\"requestId\":1}"), "{\"status\":\"NotFound\"}");
	answers(SET("a", "FixedPFAbsorb", "true", POWER_FACTOR("2", "0.9", "")),
	        "{\"status\":\"Accepted\"}");
	/* Without its member, with another one's, with a time, with a factor that is none. */
	answers(SET("x", "FixedVar", "true", POWER_FACTOR("2", "0.9", "")), "\"InvalidValue\"");
	answers(SET("x", "FixedPFAbsorb", "true", POWER_FACTOR("2", "0.9", AT("14:00:30", "60"))),
	        "\"InvalidValue\"");
	answers(SET("x", "FixedPFAbsorb", "false", POWER_FACTOR("2", "0.9", "")), "\"Rejected\"");
	answers(SET("x", "FixedPFAbsorb", "true", POWER_FACTOR("2", "1.2", "")), "\"Rejected\"");
	answers(SET("b", "FixedPFAbsorb", "true", POWER_FACTOR("1", "0.8", "")),
	        "{\"supersededIds\":[\"a\"],\"status\":\"Accepted\"}");
	answers(SET("c", "FixedPFAbsorb", "true", POWER_FACTOR("5", "0.7", "")),
	        "{\"supersededIds\":[\"c\"],\"status\":\"Accepted\"}");
	answers(SET("v", "VoltWatt", "true",
	            CURVE("0", "PctMaxW", "{\"x\":90,\"y\":100},{\"x\":110,\"y\":50}")),
	        "\"Accepted\"");
	rig_forget(&rig);
	answers(CALL("GetDERControl", "{\"requestId\":7}"), "{\"status\":\"Accepted\"}");
	rig_pass(&rig, 100);
	(void)rig_find(
	    &rig, 0, "\"ReportDERControl\",{\"requestId\":7,\"curve\":[{\"curve\":{\"priority\":0");
	(void)rig_find(&rig, 0,
	               "\"id\":\"v\",\"curveType\":\"VoltWatt\",\"isDefault\":true,"
	               "\"isSuperseded\":false");
	(void)rig_find(&rig, 0, "\"fixedPFAbsorb\":[{\"fixedPF\":{\"priority\":2");
	(void)rig_find(&rig, 0, "\"id\":\"a\",\"isDefault\":true,\"isSuperseded\":true");
	answers(CALL("ClearDERControl", "{\"isDefault\":false}"), "\"NotFound\"");
	answers(CALL("ClearDERControl", "{\"isDefault\":true,\"controlId\":\"b\"}"),
	        "\"Accepted\"");
	CHECK(!rig.station->ders.list[0].is_superseded); /* a is back */
	answers(CALL("ClearDERControl", "{\"isDefault\":true}"), "\"Accepted\"");
	answers(CALL("GetDERControl", "{\"requestId\":1}"), "\"NotFound\"");
	rig_done(&rig);
}

/* What holds is seen in the power that flows and in what the meter says. */
static void
test_effect(void)
{
	begin_version(1, VS_OCPP_21);
	rig_pass(&rig, 20000);
	CHECK(rig.station->evses[0].curve.power_w > 10000);
	CHECK(rig_count(&rig, "Power.Reactive") == 0);
	answers(SET("p", "FixedPFAbsorb", "true", POWER_FACTOR("0", "0.8", "")), "\"Accepted\"");
	rig_forget(&rig);
	rig_pass(&rig, 4000);
	/* 0.8: three quarters of the power, drawn. */
	(void)rig_find(&rig, 0, "\"measurand\":\"Power.Reactive.Import\"");
	CHECK(vs_sim_der_reactive_var(&rig.station->ders, 8000, 11000) < -5999 &&
	      vs_sim_der_reactive_var(&rig.station->ders, 8000, 11000) > -6001);
	answers(SET("v", "VoltWatt", "true",
	            CURVE("0", "PctMaxW", "{\"x\":90,\"y\":100},{\"x\":110,\"y\":0}")),
	        "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(rig.station->evses[0].curve.power_w < 5600);
	(void)rig_find(&rig, 0, "\"triggerReason\":\"ChargingRateChanged\"");
	answers(CALL("ClearDERControl", "{\"isDefault\":true}"), "\"Accepted\"");
	rig_pass(&rig, 4000);
	CHECK(rig.station->evses[0].curve.power_w > 10000);
	rig_done(&rig);
}

/* A scheduled control begins and ends, and is told both times; it takes the default's place. */
static void
test_scheduled(void)
{
	begin_version(10000, VS_OCPP_21);
	answers(SET("d", "FixedVar", "true",
	            "\"fixedVar\":{\"priority\":0,\"setpoint\":10,\"unit\":\"PctMaxVar\"}"),
	        "\"Accepted\"");
	answers(SET("s", "FixedVar", "false",
	            "\"fixedVar\":{\"priority\":0,\"setpoint\":50,\"unit\":\"PctMaxVar\"" AT(
			"14:01:00", "60") "}"),
	        "\"Accepted\"");
	answers(SET("o", "FixedVar", "false",
	            "\"fixedVar\":{\"priority\":0,\"setpoint\":50,\"unit\":\"PctMaxVar\"" AT(
			"13:00:00", "60") "}"),
	        "\"Rejected\""); /* over already */
	CHECK(vs_sim_der_reactive_var(&rig.station->ders, 100, 1000) < 101);
	rig_forget(&rig);
	rig_pass(&rig, 70000);
	(void)rig_find(&rig, 0, "\"NotifyDERStartStop\",{\"controlId\":\"s\",\"started\":true");
	CHECK(vs_sim_der_reactive_var(&rig.station->ders, 100, 1000) > 499);
	CHECK(rig_count(&rig, "\"started\":false") == 0);
	rig_pass(&rig, 60000);
	(void)rig_find(&rig, 0, "\"controlId\":\"s\",\"started\":false");
	CHECK(vs_sim_der_reactive_var(&rig.station->ders, 100, 1000) < 101);
	rig_pass(&rig, 1000);
	CHECK(vs_sim_der_due(&rig.station->ders) == UINT64_MAX);
	rig_done(&rig);
}

static void
test_limit(void)
{
	char text[512];

	begin_version(10000, VS_OCPP_21);
	for (unsigned i = 0; i <= VS_LIMIT_SIM_DER_CONTROLS; i++) {
		(void)snprintf(text, sizeof(text),
		               SET("i%u", "FixedPFAbsorb", "true", POWER_FACTOR("0", "0.9", "")),
		               i);
		answers(text, i < VS_LIMIT_SIM_DER_CONTROLS ? "\"Accepted\"" : "\"OutOfStorage\"");
	}
	/* The same one again needs no room. */
	answers(SET("i0", "FixedPFAbsorb", "true", POWER_FACTOR("0", "0.9", "")), "\"Accepted\"");
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_set_get_clear);
	CASE(test_effect);
	CASE(test_scheduled);
	CASE(test_limit);
	return 0;
}
