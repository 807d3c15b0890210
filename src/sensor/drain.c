/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sensor devices go to another node (event/drain.h). One that is due is not read any more, so that
 * nothing new begins, and is closed when all that was read of it is on disk and answered: what it
 * sends again there was not accepted here. What it has said meanwhile it sends again as well.
 */
#include <assert.h>

#include "base/metric.h"
#include "sensor/inside.h"

static void
collect(struct vs_drain *drain, void *arg)
{
	const struct vs_sensor_reactor *reactor = arg;

	for (const struct vs_sensor_session *session = reactor->sessions; session != NULL;
	     session = session->next)
		if (session->is_counted && session->phase != VS_SENSOR_CLOSING)
			vs_drain_add(drain, session->conn);
}

static bool
let_go(uint64_t id, bool may_wait, void *arg)
{
	struct vs_sensor_reactor *reactor = arg;
	struct vs_sensor_session *session = vs_sensor_session_find(reactor, id);
	struct vs_conn *conn = vs_net_find(reactor->net, id);

	if (session == NULL || conn == NULL || session->phase == VS_SENSOR_CLOSING)
		return true;
	if (!session->is_leaving)
		vs_conn_pause(conn);
	session->is_leaving = true;
	if (may_wait && (session->has_job || session->waiting > 0))
		return false;
	vs_metric_add(VS_METRIC_sessions_drained_total, 1);
	vs_sensor_session_close(session, VS_SENSOR_CLOSE_DRAINING);
	return true;
}

static void
stay(uint64_t id, void *arg)
{
	struct vs_sensor_reactor *reactor = arg;
	struct vs_sensor_session *session = vs_sensor_session_find(reactor, id);
	struct vs_conn *conn = vs_net_find(reactor->net, id);

	if (session == NULL || conn == NULL || session->phase == VS_SENSOR_CLOSING)
		return;
	session->is_leaving = false;
	if (!session->has_job)
		vs_conn_resume(conn);
}

void
vs_sensor_drain_init(struct vs_sensor_reactor *reactor)
{
	const struct vs_drain_options options = {.loop = reactor->loop,
	                                         .order = &reactor->sensor->drain,
	                                         .collect = collect,
	                                         .close = let_go,
	                                         .stay = stay,
	                                         .arg = reactor};

	vs_drain_init(&reactor->drain, &options);
}

static void
wake_all(struct vs_sensor *sensor)
{
	for (unsigned i = 0; i < sensor->options.reactor_count; i++)
		vs_drain_wake(&sensor->reactors[i].drain);
}

void
vs_sensor_drain(struct vs_sensor *sensor, uint32_t over_ms, uint32_t grace_ms)
{
	assert(sensor != NULL);
	vs_drain_begin(&sensor->drain, over_ms, grace_ms);
	wake_all(sensor);
}

void
vs_sensor_resume(struct vs_sensor *sensor)
{
	assert(sensor != NULL);
	vs_drain_end(&sensor->drain);
	wake_all(sensor);
}

size_t
vs_sensor_connected_count(const struct vs_sensor *sensor)
{
	assert(sensor != NULL);
	return atomic_load(&sensor->count);
}
