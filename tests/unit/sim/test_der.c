/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/der.h"

#include "base/limits.h"
#include "test.h"

static struct vs_sim_ders ders;
static uint32_t superseded;

static vs_result
set(const char *payload, uint64_t now_ms)
{
	struct vs_ocpp_fault fault;
	struct vs_json_tape tape;
	vs_result r;

	vs_json_tape_init(&tape);
	CHECK_OK(vs_ocpp_payload_parse(VS_OCPP_21, VS_OCPP_SetDERControl, VS_OCPP_CALL,
	                               vs_bytes_from_text(payload), &tape, &fault));
	r = vs_sim_der_set(&ders, &tape, vs_json_root(&tape), now_ms, (int64_t)now_ms, &superseded);
	vs_json_tape_done(&tape);
	return r;
}

#define CURVE(id, type, points)                                                                    \
	"{\"isDefault\":true,\"controlId\":\"" id "\",\"controlType\":\"" type                     \
	"\",\"curve\":{\"priority\":0,\"yUnit\":\"PctMaxW\",\"curveData\":[" points "]}}"

static void
each_type_has_a_row(void)
{
	CHECK(vs_sim_der_row(VS_OCPP_V_WattVar)->carrier == VS_OCPP_N_curve);
	CHECK(vs_sim_der_row(VS_OCPP_V_Gradients)->carrier == VS_OCPP_N_gradient);
	CHECK(vs_sim_der_row(VS_OCPP_V_Accepted) == NULL);
	CHECK(vs_sim_der_row_at(0) != NULL && vs_sim_der_row_at(1000) == NULL);
}

/* On the line between two points, level beyond them; x must not fall. */
static void
a_curve_is_read_where_the_grid_stands(void)
{
	CHECK_OK(set(CURVE("a", "VoltWatt", "{\"x\":90,\"y\":100},{\"x\":110,\"y\":20}"), 0));
	CHECK(vs_sim_der_limit_w(&ders, 1000) > 599 && vs_sim_der_limit_w(&ders, 1000) < 601);
	CHECK_OK(set(CURVE("a", "VoltWatt", "{\"x\":10,\"y\":100},{\"x\":20,\"y\":30}"), 0));
	CHECK(ders.count == 1);
	CHECK(vs_sim_der_limit_w(&ders, 1000) > 299 && vs_sim_der_limit_w(&ders, 1000) < 301);
	CHECK_OK(set(CURVE("f", "FreqWatt", "{\"x\":50.5,\"y\":10}"), 0));
	CHECK(vs_sim_der_limit_w(&ders, 1000) > 99 && vs_sim_der_limit_w(&ders, 1000) < 101);
	CHECK(set(CURVE("b", "VoltWatt", "{\"x\":20,\"y\":100},{\"x\":10,\"y\":30}"), 0).code ==
	      VS_E_BAD_VALUE);
	vs_sim_ders_done(&ders);
	CHECK(vs_sim_der_limit_w(&ders, 1000) > 999);
}

/* Two that overlap: the one with the lower number leads; apart in time both do. */
static void
scheduled_ones_meet_only_in_time(void)
{
#define VAR(id, priority, start, seconds)                                                          \
	"{\"isDefault\":false,\"controlId\":\"" id                                                 \
	"\",\"controlType\":\"FixedVar\",\"fixedVar\":{\"priority\":" priority                     \
	",\"setpoint\":5,\"unit\":\"PctMaxVar\",\"startTime\":\"1970-01-01T00:0" start             \
	"Z\",\"duration\":" seconds "}}"
	const struct vs_sim_der *der;

	CHECK_OK(set(VAR("a", "3", "1:00", "60"), 0));
	CHECK_OK(set(VAR("b", "1", "1:30", "10"), 0));
	CHECK(superseded == 1);
	CHECK_OK(set(VAR("c", "3", "2:00", "60"), 0));
	CHECK(superseded == 0 && vs_sim_der_due(&ders) == 90000);
	CHECK(vs_sim_der_turn(&ders, 89999) == NULL);
	der = vs_sim_der_turn(&ders, 90000);
	CHECK(der != NULL && strcmp(der->id, "b") == 0 && der->is_running);
	CHECK(vs_sim_der_in_force(&ders, VS_OCPP_V_FixedVar) == der);
	der = vs_sim_der_turn(&ders, 100000);
	CHECK(der != NULL && strcmp(der->id, "b") == 0 && !der->is_running);
	/* It goes, and the one that it held down runs for what is left of its time. */
	der = vs_sim_der_turn(&ders, 100000);
	CHECK(der != NULL && strcmp(der->id, "a") == 0 && der->is_running);
	der = vs_sim_der_turn(&ders, 120000);
	CHECK(der != NULL && !der->is_running);
	der = vs_sim_der_turn(&ders, 120000);
	CHECK(der != NULL && strcmp(der->id, "c") == 0 && der->is_running && ders.count == 1);
	vs_sim_ders_done(&ders);
#undef VAR
}

int
main(void)
{
	CASE(each_type_has_a_row);
	CASE(a_curve_is_read_where_the_grid_stands);
	CASE(scheduled_ones_meet_only_in_time);
	return 0;
}
