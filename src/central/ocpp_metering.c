/* SPDX-License-Identifier: Apache-2.0 */
#include "core/metering.h"

#include <math.h>
#include <stdlib.h>

#include "central/handler.h"

#define VALUE_TEXT_SIZE 40

static enum vs_core_measurand
measurand_of(const struct vs_json_tape *tape, const struct vs_json_node *node)
{
	struct vs_bytes text;

	if (node == NULL) /* the default of the standard */
		return VS_CORE_MEASURAND_ENERGY;
	if (vs_json_text(tape, node, NULL, 0, &text).code != VS_E_OK)
		return VS_CORE_MEASURAND_OTHER;
	if (vs_bytes_equal_text(text, "Energy.Active.Import.Register"))
		return VS_CORE_MEASURAND_ENERGY;
	if (vs_bytes_equal_text(text, "Power.Active.Import"))
		return VS_CORE_MEASURAND_POWER;
	if (vs_bytes_equal_text(text, "SoC"))
		return VS_CORE_MEASURAND_SOC;
	return VS_CORE_MEASURAND_OTHER;
}

/* L1, L2, L3 and their values against neutral add up; between two phases and on neutral itself they
 * do not. */
static bool
is_summable_phase(const struct vs_json_tape *tape, const struct vs_json_node *phase)
{
	static const char *const phases[] = {"L1", "L2", "L3", "L1-N", "L2-N", "L3-N"};

	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (vs_json_is(tape, phase, phases[i]))
			return true;
	}
	return false;
}

/* A number; in 1.6 the text of one, or signed data, which is none. */
static bool
read_value(const struct vs_json_tape *tape, const struct vs_json_node *node, double *value_out)
{
	char text[VALUE_TEXT_SIZE], *end = NULL;
	double value;

	if (vs_json_double(tape, node, value_out).code == VS_E_OK)
		return true;
	if (vs_json_copy_text(tape, node, text, sizeof(text)).code != VS_E_OK)
		return false;
	value = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(value))
		return false;
	*value_out = value;
	return true;
}

static void
add_sample(const struct vs_central_call *call, const struct vs_json_node *sampled,
           struct vs_core_meter_set *set)
{
	const struct vs_json_tape *tape = call->message->tape;
	const struct vs_json_node *phase = vs_ocpp_member(sampled, VS_OCPP_N_phase);
	const struct vs_json_node *unit = vs_ocpp_member(sampled, VS_OCPP_N_unitOfMeasure);
	/* 1.6 has the unit in the sample itself */
	const struct vs_json_node *unit_text =
	    vs_ocpp_member(unit != NULL ? unit : sampled, VS_OCPP_N_unit);
	struct vs_core_sample sample = {.is_phase = phase != NULL};
	int64_t multiplier = vs_central_int(call, vs_ocpp_member(unit, VS_OCPP_N_multiplier));

	sample.measurand = measurand_of(tape, vs_ocpp_member(sampled, VS_OCPP_N_measurand));
	if (sample.measurand == VS_CORE_MEASURAND_OTHER ||
	    (phase != NULL && !is_summable_phase(tape, phase)))
		return;
	if (!read_value(tape, vs_ocpp_member(sampled, VS_OCPP_N_value), &sample.value))
		return;
	if (multiplier != VS_CORE_ABSENT)
		sample.multiplier =
		    multiplier > 100 || multiplier < -100 ? 100 : (int32_t)multiplier;
	sample.is_kilo = vs_json_is(tape, unit_text, "kWh") || vs_json_is(tape, unit_text, "kW");
	vs_core_meter_set_add(set, &sample);
}

void
vs_central_meter(const struct vs_central_call *call, const struct vs_json_node *meter_value,
                 struct vs_core_meter *meter_out)
{
	const struct vs_json_node *item = NULL;

	vs_core_meter_init(meter_out);
	while ((item = vs_json_next(meter_value, item)) != NULL) {
		const struct vs_json_node *list = vs_ocpp_member(item, VS_OCPP_N_sampledValue),
					  *sampled = NULL;
		struct vs_core_meter_set set;

		vs_core_meter_set_init(&set);
		while ((sampled = vs_json_next(list, sampled)) != NULL)
			add_sample(call, sampled, &set);
		vs_core_meter_apply(meter_out, &set);
	}
}

/* J01: values outside a transaction. They are kept as they were sent. */
vs_result
vs_central_on_meter_values(struct vs_central_call *call)
{
	const struct vs_json_node *payload = call->message->payload;

	vs_central_record(call, VS_RECORD_meter_values,
	                  vs_ocpp_member(payload, VS_OCPP_N_meterValue));
	call->record->u.meter_values.evse =
	    vs_central_int(call, vs_ocpp_member(payload, VS_OCPP_N_evseId));
	vs_central_answer_empty(call);
	return VS_OK;
}
