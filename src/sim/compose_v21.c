/* SPDX-License-Identifier: Apache-2.0 */
/* What a simulated station says in OCPP 2.1 alone: blocks R and S. */
#include <string.h>

#include "sim/compose.h"

enum { ITEMS_MAX = 24 }; /* of one list of ReportDERControl */

static void
put_control(struct vs_json_writer *writer, const struct vs_sim_der_row *row,
            const struct vs_sim_der *der)
{
	vs_json_write_object(writer);
	vs_json_write_key(writer, row->item);
	vs_json_write_raw(writer, vs_buf_view(&der->raw));
	vs_sim_put_text(writer, "id", der->id);
	if (row->carrier == VS_OCPP_N_curve)
		vs_sim_put_value(writer, "curveType", der->type);
	if (row->is_flagged) {
		vs_sim_put_bool(writer, "isDefault", der->is_default);
		vs_sim_put_bool(writer, "isSuperseded", der->is_superseded);
	}
	vs_json_write_object_end(writer);
}

/* Those of one carrier; curves of all types share a list. */
static void
put_list(struct vs_json_writer *writer, const struct vs_sim_ders *ders, const char *member,
         const struct vs_sim_der_filter *filter)
{
	unsigned found = 0;

	for (unsigned i = 0; i < ders->count; i++) {
		const struct vs_sim_der *der = &ders->list[i];
		const struct vs_sim_der_row *row = vs_sim_der_row(der->type);

		if (strcmp(row->member, member) != 0 || !vs_sim_der_matches(der, filter) ||
		    found == ITEMS_MAX)
			continue;
		if (found++ == 0) {
			vs_json_write_key(writer, member);
			vs_json_write_array(writer);
		}
		put_control(writer, row, der);
	}
	if (found > 0)
		vs_json_write_array_end(writer);
}

void
vs_sim_say_ders(struct vs_sim_station *station, int64_t request_id,
                const struct vs_sim_der_filter *filter)
{
	const struct vs_sim_der_row *row;
	struct vs_json_writer writer;
	bool has_curves = false;

	vs_sim_say_begin(station, &writer, VS_OCPP_ReportDERControl);
	vs_sim_put_int(&writer, "requestId", request_id);
	for (unsigned i = 0; (row = vs_sim_der_row_at(i)) != NULL; i++) {
		bool is_curve = row->carrier == VS_OCPP_N_curve;

		if (!is_curve || !has_curves)
			put_list(&writer, &station->ders, row->member, filter);
		has_curves |= is_curve;
	}
	vs_sim_say_end(station, &writer, VS_OCPP_ReportDERControl, VS_SIM_FOR_NOTHING, 0);
}

/* R04: a scheduled control begins or ends. */
void
vs_sim_say_der_turn(struct vs_sim_station *station, const struct vs_sim_der *der,
                    struct vs_sim_time at)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_NotifyDERStartStop);
	vs_sim_put_text(&writer, "controlId", der->id);
	vs_sim_put_bool(&writer, "started", der->is_running);
	vs_sim_put_time(&writer, "timestamp", at.wall_ms);
	vs_sim_say_end(station, &writer, VS_OCPP_NotifyDERStartStop, VS_SIM_FOR_NOTHING, 0);
}

/* S01, S02 */
void
vs_sim_say_swap(struct vs_sim_station *station, enum vs_ocpp_value event,
                const struct vs_sim_battery *battery)
{
	const struct vs_sim_swap *swap = &station->swap;
	struct vs_json_writer writer;
	char serial[24];

	vs_sim_battery_serial(battery, serial);
	vs_sim_say_begin(station, &writer, VS_OCPP_BatterySwap);
	vs_sim_put_value(&writer, "eventType", event);
	vs_sim_put_int(&writer, "requestId", swap->request_id);
	vs_json_write_key(&writer, "idToken");
	vs_json_write_object(&writer);
	vs_sim_put_text(&writer, "idToken", swap->token);
	/* In 2.1 the type is a text, and as it came. */
	vs_sim_put_text(&writer, "type", swap->token_type);
	vs_json_write_object_end(&writer);
	vs_json_write_key(&writer, "batteryData");
	vs_json_write_array(&writer);
	vs_json_write_object(&writer);
	vs_sim_put_int(&writer, "evseId", battery->slot + 1);
	vs_sim_put_text(&writer, "serialNumber", serial);
	vs_json_write_key(&writer, "soC");
	vs_json_write_double(&writer, (double)(int64_t)(battery->soc_percent * 10) / 10);
	vs_json_write_key(&writer, "soH");
	vs_json_write_double(&writer, battery->soh_percent);
	vs_json_write_object_end(&writer);
	vs_json_write_array_end(&writer);
	vs_sim_say_end(station, &writer, VS_OCPP_BatterySwap, VS_SIM_FOR_NOTHING, 0);
}
