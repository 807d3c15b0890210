/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sysexits.h>

#include "sim/client.h"

enum { PUBLISH_MS = 500 };

struct vs_sim_worker {
	struct vs_sim_shared shared; /* first: what clients are given is this */
	struct vs_sim_client **clients;
	uint32_t count, index;
	struct vs_timer publish_timer, grace_timer;
	struct vs_loop_hook flush;
	pthread_mutex_t mutex;
	struct vs_sim_stats published; /* under the mutex */
	atomic_uint grace_ms;
	atomic_bool is_abrupt;
	bool is_stopping, is_stopped;
};

static void
publish(struct vs_sim_worker *worker)
{
	struct vs_sim_stats *stats = &worker->shared.stats;

	stats->stations = worker->count;
	stats->online = stats->queued = 0;
	for (uint32_t i = 0; i < worker->count; i++) {
		const struct vs_sim_station *station = vs_sim_client_station(worker->clients[i]);

		stats->online += vs_sim_station_is_online(station);
		stats->queued += vs_sim_station_queued(station);
	}
	(void)pthread_mutex_lock(&worker->mutex);
	worker->published = *stats;
	(void)pthread_mutex_unlock(&worker->mutex);
}

static void
finish(struct vs_sim_worker *worker)
{
	if (worker->is_stopped)
		return;
	worker->is_stopped = true;
	publish(worker);
	worker->shared.plan->stopped(worker->shared.plan->arg);
	vs_loop_stop(worker->shared.loop);
}

static void
finish_when_done(struct vs_sim_worker *worker)
{
	if (!worker->is_stopping)
		return;
	for (uint32_t i = 0; i < worker->count; i++)
		if (!vs_sim_station_is_done(vs_sim_client_station(worker->clients[i])))
			return;
	finish(worker);
}

/* Looking through all stations at each close would cost the square of their number: the timer
 * looks. */
static void
connection_ended(struct vs_sim_shared *shared)
{
	struct vs_sim_worker *worker = (struct vs_sim_worker *)(void *)shared;

	if (worker->is_stopping && worker->count <= 64)
		vs_timer_arm(worker->shared.loop, &worker->publish_timer, 0);
}

static void
publish_due(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_sim_worker *worker =
	    (struct vs_sim_worker *)(void *)((char *)timer -
	                                     offsetof(struct vs_sim_worker, publish_timer));

	publish(worker);
	vs_timer_arm(loop, timer, worker->is_stopping ? PUBLISH_MS / 10 : PUBLISH_MS);
	finish_when_done(worker);
}

static void
grace_is_over(struct vs_loop *loop, struct vs_timer *timer)
{
	(void)loop;
	finish((struct vs_sim_worker *)(void *)((char *)timer -
	                                        offsetof(struct vs_sim_worker, grace_timer)));
}

/* What was answered in this turn counts from here on. */
static void
flush_ledger(struct vs_loop *loop, struct vs_loop_hook *hook)
{
	struct vs_sim_worker *worker =
	    (struct vs_sim_worker *)(void *)((char *)hook - offsetof(struct vs_sim_worker, flush));
	const struct vs_sim_plan *plan = worker->shared.plan;

	(void)loop;
	if (plan->ledger != NULL && vs_sim_ledger_flush(plan->ledger).code != VS_E_OK)
		plan->failed(plan->arg, EX_IOERR, "the ledger cannot be written");
}

static vs_result
make_clients(struct vs_sim_worker *worker, char *reason, size_t reason_size)
{
	const struct vs_sim_plan *plan = worker->shared.plan;

	worker->clients =
	    calloc(plan->stations / plan->workers + 1, sizeof(struct vs_sim_client *));
	if (worker->clients == NULL)
		return VS_FAIL(NO_MEMORY);
	for (uint32_t number = worker->index; number < plan->stations; number += plan->workers) {
		VS_TRY(vs_sim_client_new(&worker->shared, number, &plan->credentials->rows[number],
		                         reason, reason_size, &worker->clients[worker->count]));
		worker->count++;
	}
	return VS_OK;
}

VS_RESULT
vs_sim_worker_new(const struct vs_sim_plan *plan, uint32_t index, char *reason, size_t reason_size,
                  struct vs_sim_worker **worker_out)
{
	struct vs_tls_client_options tls = {.ca_file = plan->ca_file, .pins = plan->pins};
	struct vs_sim_worker *worker = calloc(1, sizeof(*worker));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (worker == NULL)
		goto out;
	worker->index = index;
	worker->shared.plan = plan;
	worker->shared.changed = connection_ended;
	worker->publish_timer.fire = publish_due;
	worker->grace_timer.fire = grace_is_over;
	worker->flush.run = flush_ledger;
	vs_sim_scratch_init(&worker->shared.scratch);
	vs_buf_init(&worker->shared.plain, 4 * VS_LIMIT_WS_MESSAGE_SIZE);
	vs_buf_init(&worker->shared.sealed, 4 * VS_LIMIT_WS_MESSAGE_SIZE);
	if (pthread_mutex_init(&worker->mutex, NULL) != 0)
		goto out;
	r = vs_loop_new(&worker->shared.loop);
	if (r.code != VS_E_OK)
		goto out;
	r = vs_net_new(worker->shared.loop, (uint8_t)index, &worker->shared.net);
	if (r.code != VS_E_OK)
		goto out;
	if (plan->target->is_tls)
		r = vs_tls_client_new(&tls, reason, reason_size, &worker->shared.tls);
	if (r.code == VS_E_OK)
		r = make_clients(worker, reason, reason_size);
	if (r.code != VS_E_OK)
		goto out;
	vs_loop_hook_add(worker->shared.loop, &worker->flush);
	*worker_out = worker;
	worker = NULL;
out:
	vs_sim_worker_free(&worker);
	return r;
}

void
vs_sim_worker_free(struct vs_sim_worker **worker)
{
	struct vs_sim_worker *gone = *worker;

	if (gone == NULL)
		return;
	/* What still hangs on a connection is told that it is closed: the stations must be there
	 * until then. */
	for (uint32_t i = 0; i < gone->count; i++)
		vs_sim_client_stop(gone->clients[i], true);
	vs_net_free(&gone->shared.net);
	for (uint32_t i = 0; i < gone->count; i++)
		vs_sim_client_free(&gone->clients[i]);
	vs_tls_client_unref(&gone->shared.tls);
	vs_loop_free(&gone->shared.loop);
	vs_sim_scratch_done(&gone->shared.scratch);
	vs_buf_done(&gone->shared.plain);
	vs_buf_done(&gone->shared.sealed);
	(void)pthread_mutex_destroy(&gone->mutex);
	free(gone->clients);
	free(gone);
	*worker = NULL;
}

struct vs_loop *
vs_sim_worker_loop(struct vs_sim_worker *worker)
{
	return worker->shared.loop;
}

VS_RESULT
vs_sim_worker_run(struct vs_sim_worker *worker)
{
	const struct vs_sim_plan *plan = worker->shared.plan;

	for (uint32_t i = 0; i < worker->count; i++) {
		uint64_t number = worker->index + (uint64_t)i * plan->workers;

		vs_sim_client_start(worker->clients[i], plan->connect_rate != 0
		                                            ? number * 1000 / plan->connect_rate
		                                            : 0);
	}
	vs_timer_arm(worker->shared.loop, &worker->publish_timer, PUBLISH_MS);
	return vs_loop_run(worker->shared.loop);
}

static void
stop_here(struct vs_loop *loop, void *argument)
{
	struct vs_sim_worker *worker = argument;
	bool is_abrupt = atomic_load(&worker->is_abrupt);

	if (worker->is_stopping && !is_abrupt)
		return;
	worker->is_stopping = true;
	for (uint32_t i = 0; i < worker->count; i++)
		vs_sim_client_stop(worker->clients[i], is_abrupt);
	vs_timer_arm(loop, &worker->grace_timer, is_abrupt ? 0 : atomic_load(&worker->grace_ms));
	vs_timer_arm(loop, &worker->publish_timer, 0);
}

void
vs_sim_worker_stop(struct vs_sim_worker *worker, bool is_abrupt, uint32_t grace_ms)
{
	atomic_store(&worker->grace_ms, grace_ms);
	atomic_store(&worker->is_abrupt, is_abrupt);
	if (vs_loop_post(worker->shared.loop, stop_here, worker).code != VS_E_OK)
		vs_loop_stop(worker->shared.loop); /* its mailbox is full: then without order */
}

void
vs_sim_worker_stats(struct vs_sim_worker *worker, struct vs_sim_stats *stats_out)
{
	(void)pthread_mutex_lock(&worker->mutex);
	*stats_out = worker->published;
	(void)pthread_mutex_unlock(&worker->mutex);
}
