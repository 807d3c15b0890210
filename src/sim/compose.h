/* SPDX-License-Identifier: Apache-2.0 */
/* How compose*.c writes a call: begin, members, end. Private to them. */
#pragma once

#include "sim/station_private.h"

static inline void
vs_sim_put_text(struct vs_json_writer *writer, const char *key, const char *text)
{
	vs_json_write_key(writer, key);
	vs_json_write_text(writer, text);
}

static inline void
vs_sim_put_value(struct vs_json_writer *writer, const char *key, enum vs_ocpp_value value)
{
	vs_sim_put_text(writer, key, vs_ocpp_value_text(value));
}

static inline void
vs_sim_put_int(struct vs_json_writer *writer, const char *key, int64_t value)
{
	vs_json_write_key(writer, key);
	vs_json_write_int(writer, value);
}

static inline void
vs_sim_put_bool(struct vs_json_writer *writer, const char *key, bool value)
{
	vs_json_write_key(writer, key);
	vs_json_write_bool(writer, value);
}

static inline void
vs_sim_put_time(struct vs_json_writer *writer, const char *key, int64_t wall_ms)
{
	vs_json_write_key(writer, key);
	vs_json_write_time(writer, wall_ms);
}

/* A call with a new id, within the object that is its payload. */
void vs_sim_say_begin(struct vs_sim_station *station, struct vs_json_writer *writer,
                      enum vs_ocpp_action action);
/* It goes among the calls; one that breaks the table or finds no room is counted and dropped. */
void vs_sim_say_end(struct vs_sim_station *station, struct vs_json_writer *writer,
                    enum vs_ocpp_action action, enum vs_sim_purpose purpose, unsigned evse);
/* The same of a SEND, which goes at once. */
void vs_sim_notice_begin(struct vs_sim_station *station, struct vs_json_writer *writer,
                         enum vs_ocpp_action action);
void vs_sim_notice_end(struct vs_sim_station *station, struct vs_json_writer *writer,
                       enum vs_ocpp_action action);
/* It waits in the queue until it is answered. BUSY: no room. */
VS_RESULT vs_sim_say_queued(struct vs_sim_station *station, struct vs_json_writer *writer,
                            enum vs_ocpp_action action, struct vs_sim_entry *entry);

/* compose_meter.c, of any version: "meterValue":[{"timestamp":..,"sampledValue":[ and its end. */
void vs_sim_put_samples_begin(struct vs_json_writer *writer, int64_t wall_ms);
void vs_sim_put_samples_end(struct vs_json_writer *writer);
/* "meterValue":[{..}] */
void vs_sim_put_meter_value(struct vs_json_writer *writer, const struct vs_sim_station *station,
                            const struct vs_sim_evse *evse, enum vs_ocpp_value context,
                            int64_t wall_ms);

/* --- compose_v16.c: the same in OCPP 1.6. */
void vs_sim_v16_boot(struct vs_sim_station *station);
void vs_sim_v16_status(struct vs_sim_station *station, struct vs_sim_evse *evse,
                       enum vs_ocpp_value status, struct vs_sim_time at);
void vs_sim_v16_authorize(struct vs_sim_station *station, const struct vs_sim_evse *evse);
void vs_sim_v16_job(struct vs_sim_station *station, const struct vs_sim_job *job,
                    enum vs_ocpp_value status);
/* "meterValue":[{..}] */
void vs_sim_v16_put_values(struct vs_json_writer *writer, const struct vs_sim_evse *evse,
                           enum vs_ocpp_value context, int64_t wall_ms);
VS_RESULT vs_sim_v16_transaction(struct vs_sim_station *station, struct vs_sim_evse *evse,
                                 const struct vs_sim_transaction_event *event,
                                 struct vs_sim_time at);
