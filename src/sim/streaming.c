/* SPDX-License-Identifier: Apache-2.0 */
/* What a simulated station does with its periodic event streams (OCPP 2.1 N11 to N15). */
#include "sim/command.h"
#include "sim/compose.h"

/* --- what it says ------------------------------------------------------------------------------
 */

static void
put_params(struct vs_json_writer *writer, const struct vs_sim_stream_params *params)
{
	vs_json_write_key(writer, "params");
	vs_json_write_object(writer);
	if (params->interval_s > 0)
		vs_sim_put_int(writer, "interval", params->interval_s);
	if (params->values > 0)
		vs_sim_put_int(writer, "values", params->values);
	vs_json_write_object_end(writer);
}

static void
put_stream(struct vs_json_writer *writer, const struct vs_sim_stream *stream)
{
	vs_json_write_object(writer);
	vs_sim_put_int(writer, "id", stream->id);
	vs_sim_put_int(writer, "variableMonitoringId", stream->monitor);
	put_params(writer, &stream->params);
	vs_json_write_object_end(writer);
}

static void
say_open(struct vs_sim_station *station, struct vs_sim_stream *stream)
{
	struct vs_json_writer writer;

	stream->state = VS_SIM_STREAM_ASKED;
	vs_sim_say_begin(station, &writer, VS_OCPP_OpenPeriodicEventStream);
	vs_json_write_key(&writer, "constantStreamData");
	put_stream(&writer, stream);
	vs_sim_say_end(station, &writer, VS_OCPP_OpenPeriodicEventStream, VS_SIM_FOR_STREAM,
	               (unsigned)stream->id);
}

static void
say_close(struct vs_sim_station *station, const struct vs_sim_stream *stream)
{
	struct vs_json_writer writer;

	vs_sim_say_begin(station, &writer, VS_OCPP_ClosePeriodicEventStream);
	vs_sim_put_int(&writer, "id", stream->id);
	vs_sim_say_end(station, &writer, VS_OCPP_ClosePeriodicEventStream, VS_SIM_FOR_NOTHING, 0);
}

/* All that it has, so that nothing is pending. */
static void
say_values(struct vs_sim_station *station, struct vs_sim_stream *stream, struct vs_sim_time at)
{
	int64_t base_ms = stream->list[0].wall_ms;
	struct vs_json_writer writer;

	vs_sim_notice_begin(station, &writer, VS_OCPP_NotifyPeriodicEventStream);
	vs_sim_put_int(&writer, "id", stream->id);
	vs_sim_put_int(&writer, "pending", 0);
	vs_sim_put_time(&writer, "basetime", base_ms);
	vs_json_write_key(&writer, "data");
	vs_json_write_array(&writer);
	for (uint32_t i = 0; i < stream->count; i++) {
		vs_json_write_object(&writer);
		vs_json_write_key(&writer, "t");
		vs_json_write_double(&writer, (double)(stream->list[i].wall_ms - base_ms) / 1000);
		vs_sim_put_text(&writer, "v", stream->list[i].text);
		vs_json_write_object_end(&writer);
	}
	vs_json_write_array_end(&writer);
	vs_sim_notice_end(station, &writer, VS_OCPP_NotifyPeriodicEventStream);
	vs_sim_stream_sent(stream, at.now_ms);
}

/* --- what happens ------------------------------------------------------------------------------
 */

void
vs_sim_streams_tick(struct vs_sim_station *station, struct vs_sim_time at)
{
	for (uint32_t i = 0; i < station->streams.count; i++) {
		struct vs_sim_stream *stream = station->streams.list[i];

		/* One after the other, so that none finds the queue full. */
		if (stream->state == VS_SIM_STREAM_WANTED && station->calls.count == 0)
			say_open(station, stream);
		if (vs_sim_stream_is_due(stream, at.now_ms))
			say_values(station, stream, at);
	}
}

bool
vs_sim_streams_take(struct vs_sim_station *station, const struct vs_sim_monitor *monitor,
                    struct vs_sim_time at)
{
	struct vs_sim_stream *stream = vs_sim_stream_of(&station->streams, monitor->id);

	return stream != NULL &&
	       vs_sim_stream_take(stream, vs_sim_device_text(&station->device, monitor->variable),
	                          at.wall_ms)
	               .code == VS_E_OK;
}

/* What it still has goes before it is closed. */
void
vs_sim_streams_end(struct vs_sim_station *station, int64_t monitor, struct vs_sim_time at)
{
	for (uint32_t i = station->streams.count; i > 0; i--) {
		struct vs_sim_stream *stream = station->streams.list[i - 1];

		if (monitor != 0 && stream->monitor != monitor)
			continue;
		if (stream->count > 0)
			say_values(station, stream, at);
		if (stream->state != VS_SIM_STREAM_WANTED)
			say_close(station, stream);
		vs_sim_stream_remove(&station->streams, stream->id);
	}
}

/* N11: one that is not accepted is none, and its monitor tells by NotifyEvent as others do. */
void
vs_sim_streams_answered(struct vs_sim_station *station, const struct vs_ocpp_outcome *outcome,
                        struct vs_sim_time at)
{
	struct vs_sim_stream *stream =
	    vs_sim_stream_find(&station->streams, (int64_t)(outcome->token >> 8));

	if (stream == NULL || stream->state != VS_SIM_STREAM_ASKED)
		return; /* it ended meanwhile */
	switch (outcome->kind) {
	case VS_OCPP_TIMED_OUT:
	case VS_OCPP_CLOSED:
		stream->state = VS_SIM_STREAM_WANTED;
		return;
	case VS_OCPP_ANSWERED:
		if (vs_ocpp_value(vs_ocpp_member(outcome->message->payload, VS_OCPP_N_status)) !=
		    VS_OCPP_V_Accepted)
			break;
		vs_sim_stream_begin(stream, &stream->params, at.now_ms);
		return;
	case VS_OCPP_REFUSED:
	case VS_OCPP_INVALID:
		break;
	}
	vs_sim_station_note(station, "an event stream was not accepted", "");
	vs_sim_stream_remove(&station->streams, stream->id);
}

/* --- what it is asked for ----------------------------------------------------------------------
 */

vs_result
vs_sim_command_stream_params(const struct vs_sim_command *command,
                             const struct vs_json_node *params,
                             struct vs_sim_stream_params *params_out)
{
	const struct vs_sim_stream_params read = {
	    vs_sim_command_int(command, params, VS_OCPP_N_interval, 0),
	    vs_sim_command_int(command, params, VS_OCPP_N_values, 0)};

	if (!vs_sim_stream_params_are_good(&read))
		return VS_FAIL(OUT_OF_RANGE);
	*params_out = read;
	return VS_OK;
}

/* N12 */
VS_RESULT
vs_sim_command_get_periodic_event_stream(const struct vs_sim_command *command)
{
	const struct vs_sim_streams *streams = &command->station->streams;
	bool is_any = false;

	for (uint32_t i = 0; i < streams->count; i++) {
		if (streams->list[i]->state != VS_SIM_STREAM_OPEN)
			continue;
		if (!is_any) {
			vs_json_write_key(command->writer, "constantStreamData");
			vs_json_write_array(command->writer);
		}
		is_any = true;
		put_stream(command->writer, streams->list[i]);
	}
	if (is_any)
		vs_json_write_array_end(command->writer);
	return VS_OK;
}

/* N14 */
VS_RESULT
vs_sim_command_adjust_periodic_event_stream(const struct vs_sim_command *command)
{
	int64_t id = vs_sim_command_int(command, command->payload, VS_OCPP_N_id, 0);
	struct vs_sim_stream *stream = vs_sim_stream_find(&command->station->streams, id);
	struct vs_sim_stream_params params = {0, 0};
	bool is_good = stream != NULL && stream->state == VS_SIM_STREAM_OPEN &&
	               vs_sim_command_stream_params(
			   command, vs_sim_command_member(command, VS_OCPP_N_params), &params)
	                       .code == VS_E_OK;

	if (is_good)
		vs_sim_stream_begin(stream, &params, command->at.now_ms);
	vs_sim_command_put(command, "status", is_good ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected);
	return VS_OK;
}
