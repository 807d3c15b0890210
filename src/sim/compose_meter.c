/* SPDX-License-Identifier: Apache-2.0 */
/* What the meter of an EVSE shows, in OCPP 2.0.1 and 2.1, and what 1.6 has of it. */
#include "sim/compose.h"

/* A meter shows one decimal. */
static double
shown(double value)
{
	return (double)(int64_t)(value * 10.0 + 0.5) / 10.0;
}

void
vs_sim_put_samples_begin(struct vs_json_writer *writer, int64_t wall_ms)
{
	vs_json_write_key(writer, "meterValue");
	vs_json_write_array(writer);
	vs_json_write_object(writer);
	vs_sim_put_time(writer, "timestamp", wall_ms);
	vs_json_write_key(writer, "sampledValue");
	vs_json_write_array(writer);
}

void
vs_sim_put_samples_end(struct vs_json_writer *writer)
{
	vs_json_write_array_end(writer);
	vs_json_write_object_end(writer);
	vs_json_write_array_end(writer);
}

struct reading {
	enum vs_ocpp_value measurand, phase;
	const char *unit; /* NULL: the default of the measurand, Wh */
	double value;
};

static void
put_reading(struct vs_json_writer *writer, const struct reading *reading,
            enum vs_ocpp_value context)
{
	vs_json_write_object(writer);
	vs_json_write_key(writer, "value");
	vs_json_write_double(writer, shown(reading->value));
	if (context != VS_OCPP_V_Sample_Periodic) /* the default */
		vs_sim_put_value(writer, "context", context);
	vs_sim_put_value(writer, "measurand", reading->measurand);
	if (reading->phase != VS_OCPP_V_none)
		vs_sim_put_value(writer, "phase", reading->phase);
	if (reading->unit != NULL) {
		vs_json_write_key(writer, "unitOfMeasure");
		vs_json_write_object(writer);
		vs_sim_put_text(writer, "unit", reading->unit);
		vs_json_write_object_end(writer);
	}
	vs_json_write_object_end(writer);
}

/* What a control of the grid makes of it (OCPP 2.1 block R); without one there is nothing to see.
 */
static void
put_reactive(struct vs_json_writer *writer, const struct vs_sim_station *station,
             const struct vs_sim_evse *evse, enum vs_ocpp_value context)
{
	double var = vs_sim_der_reactive_var(&station->ders, evse->curve.power_w,
	                                     evse->curve.row->power_max_w);

	if (var > 0)
		put_reading(writer,
		            &(struct reading){VS_OCPP_V_Power_Reactive_Export, 0, "var", var},
		            context);
	else if (var < 0)
		put_reading(writer,
		            &(struct reading){VS_OCPP_V_Power_Reactive_Import, 0, "var", -var},
		            context);
}

/* "meterValue":[{..}] with one reading of everything the meter has. */
void
vs_sim_put_meter_value(struct vs_json_writer *writer, const struct vs_sim_station *station,
                       const struct vs_sim_evse *evse, enum vs_ocpp_value context, int64_t wall_ms)
{
	static const enum vs_ocpp_value phases[] = {VS_OCPP_V_L1, VS_OCPP_V_L2, VS_OCPP_V_L3};
	struct vs_sim_sample sample;

	vs_sim_curve_sample(&evse->curve, &sample);
	vs_sim_put_samples_begin(writer, wall_ms);
	put_reading(
	    writer,
	    &(struct reading){VS_OCPP_V_Energy_Active_Import_Register, 0, NULL, sample.energy_wh},
	    context);
	put_reading(writer,
	            &(struct reading){VS_OCPP_V_Power_Active_Import, 0, "W", sample.power_w},
	            context);
	put_reading(writer,
	            &(struct reading){VS_OCPP_V_Voltage,
	                              sample.phases != 0 ? VS_OCPP_V_L1_N : VS_OCPP_V_none, "V",
	                              sample.voltage_v},
	            context);
	if (sample.phases == 0) {
		put_reading(writer,
		            &(struct reading){VS_OCPP_V_Current_Import, 0, "A", sample.current_a},
		            context);
		put_reading(writer,
		            &(struct reading){VS_OCPP_V_SoC, 0, "Percent", sample.soc_percent},
		            context);
	}
	for (unsigned i = 0; i < sample.phases && i < sizeof(phases) / sizeof(phases[0]); i++)
		put_reading(
		    writer,
		    &(struct reading){VS_OCPP_V_Current_Import, phases[i], "A", sample.current_a},
		    context);
	put_reactive(writer, station, evse, context);
	vs_sim_put_samples_end(writer);
}
