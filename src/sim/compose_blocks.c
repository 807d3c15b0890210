/* SPDX-License-Identifier: Apache-2.0 */
/* What a simulated station says of reservations, profiles, monitors, messages and customers. */
#include <stdio.h>
#include <string.h>

#include "sim/compose.h"

enum { CUSTOMER_PAGE = 64 }; /* characters: its memory for reports is small */

void
vs_sim_say_reservation(struct vs_sim_station *station, int64_t id, enum vs_ocpp_value status)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_ReservationStatusUpdate);
	vs_sim_put_int(&writer, "reservationId", id);
	vs_sim_put_value(&writer, "reservationUpdateStatus", status);
	vs_sim_say_end(station, &writer, VS_OCPP_ReservationStatusUpdate, VS_SIM_FOR_NOTHING, 0);
}

/* --- K09: installed profiles ----------------------------------------------------------------- */

static bool
is_wanted(const struct vs_sim_profile *profile, const struct vs_sim_profile_filter *filters,
          size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (vs_sim_profile_matches(profile, &filters[i]))
			return true;
	return false;
}

struct group {
	int64_t evse;
	enum vs_ocpp_value source;
};

static bool
is_in(const struct vs_sim_profile *profile, const struct group *group)
{
	return profile->profile->evse == group->evse && profile->source == group->source;
}

static size_t
find_groups(const struct vs_sim_station *station, const struct vs_sim_profile_filter *filters,
            size_t filter_count, struct group groups[static VS_LIMIT_SIM_PROFILES])
{
	size_t count = 0;

	for (const struct vs_sim_profile *p = station->profiles.first; p != NULL; p = p->next) {
		size_t i = 0;

		if (!is_wanted(p, filters, filter_count))
			continue;
		while (i < count && !is_in(p, &groups[i]))
			i++;
		if (i == count)
			groups[count++] = (struct group){p->profile->evse, p->source};
	}
	return count;
}

void
vs_sim_say_profiles(struct vs_sim_station *station, int64_t request_id,
                    const struct vs_sim_profile_filter *filters, size_t count)
{
	struct group groups[VS_LIMIT_SIM_PROFILES];
	size_t group_count = find_groups(station, filters, count, groups);

	for (size_t i = 0; i < group_count; i++) {
		struct vs_json_writer writer;

		vs_sim_say_begin(station, &writer, VS_OCPP_ReportChargingProfiles);
		vs_sim_put_int(&writer, "requestId", request_id);
		vs_sim_put_value(&writer, "chargingLimitSource", groups[i].source);
		vs_sim_put_int(&writer, "evseId", groups[i].evse);
		vs_sim_put_bool(&writer, "tbc", i + 1 < group_count);
		vs_json_write_key(&writer, "chargingProfile");
		vs_json_write_array(&writer);
		for (const struct vs_sim_profile *p = station->profiles.first; p != NULL;
		     p = p->next)
			if (is_in(p, &groups[i]) && is_wanted(p, filters, count))
				vs_json_write_raw(&writer, vs_buf_view(&p->raw));
		vs_json_write_array_end(&writer);
		vs_sim_say_end(station, &writer, VS_OCPP_ReportChargingProfiles, VS_SIM_FOR_NOTHING,
		               0);
	}
}

/* K11, K12, K13: somebody else has limited the station. */
void
vs_sim_say_limit(struct vs_sim_station *station, int64_t evse, bool is_cleared)
{
	enum vs_ocpp_action action =
	    is_cleared ? VS_OCPP_ClearedChargingLimit : VS_OCPP_NotifyChargingLimit;
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, action);
	vs_sim_put_int(&writer, "evseId", evse);
	if (is_cleared) {
		vs_sim_put_value(&writer, "chargingLimitSource", VS_OCPP_V_EMS);
	} else {
		vs_json_write_key(&writer, "chargingLimit");
		vs_json_write_object(&writer);
		vs_sim_put_value(&writer, "chargingLimitSource", VS_OCPP_V_EMS);
		vs_sim_put_bool(&writer, "isGridCritical", false);
		vs_json_write_object_end(&writer);
	}
	vs_sim_say_end(station, &writer, action, VS_SIM_FOR_NOTHING, 0);
}

/* --- N02, N07, N08: monitors ----------------------------------------------------------------- */

static enum vs_ocpp_value
trigger_of(enum vs_ocpp_value type)
{
	if (type == VS_OCPP_V_Delta)
		return VS_OCPP_V_Delta;
	return type == VS_OCPP_V_UpperThreshold || type == VS_OCPP_V_LowerThreshold
	           ? VS_OCPP_V_Alerting
	           : VS_OCPP_V_Periodic;
}

void
vs_sim_say_monitor_event(struct vs_sim_station *station, const struct vs_sim_monitor *monitor,
                         bool is_cleared, struct vs_sim_time at)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_NotifyEvent);
	vs_sim_put_time(&writer, "generatedAt", at.wall_ms);
	vs_sim_put_int(&writer, "seqNo", 0);
	vs_json_write_key(&writer, "eventData");
	vs_json_write_array(&writer);
	vs_json_write_object(&writer);
	vs_sim_put_int(&writer, "eventId", ++station->event_id);
	vs_sim_put_time(&writer, "timestamp", at.wall_ms);
	vs_sim_put_value(&writer, "trigger", trigger_of(monitor->type));
	vs_sim_put_text(&writer, "actualValue",
	                vs_sim_device_text(&station->device, monitor->variable));
	if (is_cleared)
		vs_sim_put_bool(&writer, "cleared", true);
	vs_sim_put_value(&writer, "eventNotificationType", VS_OCPP_V_CustomMonitor);
	vs_sim_put_int(&writer, "variableMonitoringId", monitor->id);
	vs_sim_variable_write_name(&writer, monitor->variable);
	vs_json_write_object_end(&writer);
	vs_json_write_array_end(&writer);
	vs_sim_say_end(station, &writer, VS_OCPP_NotifyEvent, VS_SIM_FOR_NOTHING, 0);
}

static void
put_monitor(struct vs_json_writer *writer, const struct vs_sim_monitor *monitor)
{
	vs_json_write_object(writer);
	vs_sim_variable_write_name(writer, monitor->variable);
	vs_json_write_key(writer, "variableMonitoring");
	vs_json_write_array(writer);
	vs_json_write_object(writer);
	vs_sim_put_int(writer, "id", monitor->id);
	vs_sim_put_bool(writer, "transaction", monitor->is_transaction_only);
	vs_json_write_key(writer, "value");
	vs_json_write_double(writer, monitor->value);
	vs_sim_put_value(writer, "type", monitor->type);
	vs_sim_put_int(writer, "severity", monitor->severity);
	vs_json_write_object_end(writer);
	vs_json_write_array_end(writer);
	vs_json_write_object_end(writer);
}

void
vs_sim_say_monitors(struct vs_sim_station *station, int64_t request_id, const uint64_t *chosen,
                    struct vs_sim_time at)
{
	int64_t items_max = vs_sim_device_int(&station->device, VS_SIM_V_ITEMS_REPORT);
	uint32_t next = 0, last = 0;

	for (uint32_t i = 0; i < station->monitors.count; i++)
		if ((chosen[i / 64] >> (i % 64) & 1) != 0)
			last = i + 1;
	for (int64_t page = 0; next < last; page++) {
		struct vs_json_writer writer;
		int64_t items = 0;

		vs_sim_say_begin(station, &writer, VS_OCPP_NotifyMonitoringReport);
		vs_sim_put_int(&writer, "requestId", request_id);
		vs_sim_put_int(&writer, "seqNo", page);
		vs_sim_put_time(&writer, "generatedAt", at.wall_ms);
		vs_json_write_key(&writer, "monitor");
		vs_json_write_array(&writer);
		for (; next < last && items < items_max; next++) {
			if ((chosen[next / 64] >> (next % 64) & 1) == 0)
				continue;
			put_monitor(&writer, &station->monitors.list[next]);
			items++;
		}
		vs_json_write_array_end(&writer);
		vs_sim_put_bool(&writer, "tbc", next < last);
		vs_sim_say_end(station, &writer, VS_OCPP_NotifyMonitoringReport, VS_SIM_FOR_NOTHING,
		               0);
	}
}

/* --- O03, N09 -------------------------------------------------------------------------------- */

/* Half of what it can have in one message: there is a second one to come. */
enum { MESSAGES_A_PAGE = VS_LIMIT_SIM_MESSAGES / 2 };

void
vs_sim_say_messages(struct vs_sim_station *station, int64_t request_id,
                    const struct vs_sim_message_filter *filter)
{
	const struct vs_sim_message *wanted[VS_LIMIT_SIM_MESSAGES];
	unsigned count = 0, next = 0;

	for (const struct vs_sim_message *m = station->display.first; m != NULL; m = m->next)
		if (vs_sim_message_matches(m, filter))
			wanted[count++] = m;
	while (next < count) {
		struct vs_json_writer writer;
		unsigned end = next + MESSAGES_A_PAGE < count ? next + MESSAGES_A_PAGE : count;

		vs_sim_say_begin(station, &writer, VS_OCPP_NotifyDisplayMessages);
		vs_sim_put_int(&writer, "requestId", request_id);
		vs_json_write_key(&writer, "messageInfo");
		vs_json_write_array(&writer);
		for (; next < end; next++)
			vs_json_write_raw(&writer, vs_buf_view(&wanted[next]->raw));
		vs_json_write_array_end(&writer);
		vs_sim_put_bool(&writer, "tbc", next < count);
		vs_sim_say_end(station, &writer, VS_OCPP_NotifyDisplayMessages, VS_SIM_FOR_NOTHING,
		               0);
	}
}

/* At most `size` bytes, and whole characters. */
static size_t
cut(const char *text, size_t size)
{
	size_t length = strlen(text);

	if (length <= size)
		return length;
	while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

void
vs_sim_say_customer(struct vs_sim_station *station, int64_t request_id, const char *text,
                    struct vs_sim_time at)
{
	int64_t page = 0;

	do {
		struct vs_json_writer writer;
		size_t size = cut(text, CUSTOMER_PAGE);

		vs_sim_say_begin(station, &writer, VS_OCPP_NotifyCustomerInformation);
		vs_sim_put_int(&writer, "requestId", request_id);
		vs_sim_put_int(&writer, "seqNo", page++);
		vs_sim_put_time(&writer, "generatedAt", at.wall_ms);
		vs_json_write_key(&writer, "data");
		vs_json_write_string(&writer, vs_bytes_from(text, size));
		text += size;
		vs_sim_put_bool(&writer, "tbc", *text != 0);
		vs_sim_say_end(station, &writer, VS_OCPP_NotifyCustomerInformation,
		               VS_SIM_FOR_NOTHING, 0);
	} while (*text != 0);
}
