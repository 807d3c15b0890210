/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/daemon_inside.h"
#include "daemon/feed.h"

#define MAIL_RETRY_NS 1000000

/* Committed records on their way from the writer's thread to a reactor. */
struct delivery {
	struct vs_daemon *daemon;
	uint8_t origin;
	struct vs_core_record *list;
	size_t count;
};

static void
free_list(struct vs_core_record *list)
{
	while (list != NULL) {
		struct vs_core_record *next = list->next;

		vs_core_record_free(&list);
		list = next;
	}
}

static void
count_commit(struct vs_daemon *daemon, struct vs_core_record *list)
{
	(void)pthread_mutex_lock(&daemon->commit_lock);
	for (struct vs_core_record *record = list; record != NULL; record = record->next) {
		if (record->outcome != VS_E_OK && daemon->commit_result.code == VS_E_OK)
			daemon->commit_result.code = record->outcome;
		daemon->commit_left--;
	}
	(void)pthread_cond_signal(&daemon->commit_done);
	(void)pthread_mutex_unlock(&daemon->commit_lock);
	free_list(list);
}

static void
deliver_to_api(struct vs_daemon *daemon, struct vs_core_record *list)
{
	for (const struct vs_core_record *record = list; record != NULL; record = record->next)
		vs_daemon_sensor_changed(daemon, record);
	vs_api_committed(daemon->api, list);
}

static bool
is_origin(const struct vs_daemon *daemon, uint8_t origin)
{
	return origin == VS_DAEMON_ORIGIN_API || origin == VS_DAEMON_ORIGIN_CHARGE ||
	       origin == VS_DAEMON_ORIGIN_FEED || origin < daemon->setup.reactor_count ||
	       (origin >= VS_DAEMON_ORIGIN_SENSOR &&
	        origin < VS_DAEMON_ORIGIN_SENSOR + daemon->setup.reactor_count);
}

static struct vs_loop *
loop_of(struct vs_daemon *daemon, uint8_t origin)
{
	if (origin == VS_DAEMON_ORIGIN_API || origin == VS_DAEMON_ORIGIN_CHARGE ||
	    origin == VS_DAEMON_ORIGIN_FEED)
		return daemon->reactors[0].loop;
	return daemon->reactors[origin % VS_DAEMON_ORIGIN_SENSOR].loop;
}

static void
deliver(struct vs_loop *loop, void *argument)
{
	struct delivery *delivery = argument;
	struct vs_daemon *daemon = delivery->daemon;

	(void)loop;
	if (delivery->origin == VS_DAEMON_ORIGIN_API)
		deliver_to_api(daemon, delivery->list);
	else if (delivery->origin == VS_DAEMON_ORIGIN_FEED)
		vs_api_heard(daemon->api, delivery->list);
	else if (delivery->origin == VS_DAEMON_ORIGIN_CHARGE)
		vs_charge_committed(daemon->charge, delivery->list);
	else if (delivery->origin >= VS_DAEMON_ORIGIN_SENSOR)
		vs_daemon_sensor_committed(daemon, delivery->origin, delivery->list);
	else
		vs_central_committed(daemon->central, delivery->origin, delivery->list);
	(void)atomic_fetch_sub(&daemon->in_flight, delivery->count);
	free(delivery);
}

static vs_result
submit(void *self, struct vs_core_record *list, size_t count)
{
	struct vs_daemon *daemon = self;
	struct vs_port_writer writer = vs_store_writer(daemon->store);
	vs_result r;

	(void)atomic_fetch_add(&daemon->in_flight, count);
	r = writer.submit(writer.self, list, count);
	if (r.code != VS_E_OK)
		(void)atomic_fetch_sub(&daemon->in_flight, count);
	return r;
}

struct vs_port_writer
vs_daemon_writer(struct vs_daemon *daemon)
{
	return (struct vs_port_writer){daemon, submit};
}

/* A full mailbox holds the writer, which fills its queue, which holds the
 * reactors: that is the back-pressure, and it cannot dead-lock because a reactor empties its
 * mailbox before all else. */
void
vs_daemon_committed(void *arg, uint8_t origin, struct vs_core_record *list)
{
	struct vs_daemon *daemon = arg;
	struct vs_loop *loop = NULL;
	struct delivery *delivery = NULL;

	if (origin != VS_DAEMON_ORIGIN_FEED)
		vs_daemon_feed_note(daemon, list);
	if (origin == VS_DAEMON_ORIGIN_START) {
		count_commit(daemon, list);
		return;
	}
	if (origin == VS_DAEMON_ORIGIN_CLUSTER) {
		vs_daemon_cluster_committed(daemon, list);
		return;
	}
	if (origin == VS_DAEMON_ORIGIN_PROVISION) {
		vs_daemon_provision_committed(daemon, list);
		return;
	}
	assert(is_origin(daemon, origin));
	loop = loop_of(daemon, origin);
	delivery = calloc(1, sizeof(*delivery));
	if (delivery == NULL) {
		/* The records are safe on disk; who waits for their replies will ask again. */
		free_list(list);
		return;
	}
	*delivery = (struct delivery){daemon, origin, list, 0};
	for (const struct vs_core_record *record = list; record != NULL; record = record->next)
		delivery->count++;
	while (!atomic_load(&daemon->is_down)) {
		if (vs_loop_post(loop, deliver, delivery).code == VS_E_OK)
			return;
		(void)nanosleep(&(struct timespec){0, MAIL_RETRY_NS}, NULL);
	}
	free_list(list);
	free(delivery);
}

vs_result
vs_daemon_commit(struct vs_daemon *daemon, struct vs_core_record *list, size_t count)
{
	struct vs_port_writer writer = vs_store_writer(daemon->store);
	vs_result r;

	for (struct vs_core_record *record = list; record != NULL; record = record->next)
		record->origin = VS_DAEMON_ORIGIN_START;
	(void)pthread_mutex_lock(&daemon->commit_lock);
	daemon->commit_left = count;
	daemon->commit_result = VS_OK;
	(void)pthread_mutex_unlock(&daemon->commit_lock);
	r = writer.submit(writer.self, list, count);
	if (r.code != VS_E_OK) {
		free_list(list);
		return r;
	}
	(void)pthread_mutex_lock(&daemon->commit_lock);
	while (daemon->commit_left > 0)
		(void)pthread_cond_wait(&daemon->commit_done, &daemon->commit_lock);
	r = daemon->commit_result;
	(void)pthread_mutex_unlock(&daemon->commit_lock);
	return r;
}

/* A security event: whether and when what stations say is in the database is a person's business.
 * It is spooled itself. */
void
vs_daemon_spooling(void *arg, bool is_on, size_t count)
{
	struct vs_daemon *daemon = arg;
	struct vs_port_events events;
	struct vs_core_event event;

	if (is_on)
		VS_LOG(ERROR, "store.spooling", VS_BYTES_LITERAL("voltseald"),
		       VS_LOG_NUM("records", count));
	else
		VS_LOG(INFO, "store.spooled", VS_BYTES_LITERAL("voltseald"));
	if (!atomic_load(&daemon->is_heard))
		return;
	vs_core_event_init(&event, VS_EVENT_SECURITY, vs_clock_wall_ms());
	event.severity = is_on ? VS_CORE_CRITICAL : VS_CORE_NOTICE;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.type, sizeof(event.type), "%s",
	               is_on ? "store.spooling" : "store.spooled");
	(void)snprintf(event.detail, sizeof(event.detail), "%s",
	               is_on ? "the database is away: what stations say waits on this machine"
	                     : "the database is back, and has all that waited");
	events = vs_bus_publisher(daemon->bus);
	events.publish(events.self, &event);
}
