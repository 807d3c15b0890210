/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "bus/poke.h"
#include "daemon/feed_inside.h"

#define LOOK_MS 500u

/* --- whether it is current -------------------------------------------------------------------- */

void
vs_daemon_feed_publish(struct vs_daemon_feed *self, enum vs_core_severity severity,
                       const char *type, const char *detail)
{
	const struct vs_port_events port = vs_bus_publisher(self->daemon->bus);
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_SECURITY, vs_clock_wall_ms());
	event.severity = severity;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.type, sizeof(event.type), "%s", type);
	(void)snprintf(event.detail, sizeof(event.detail), "%s", detail);
	port.publish(port.self, &event);
}

static void
say(struct vs_daemon_feed *self, bool is_behind)
{
	self->is_behind = is_behind;
	vs_metric_add(VS_METRIC_node_current, is_behind ? -1 : 1);
	vs_daemon_feed_publish(self, is_behind ? VS_CORE_CRITICAL : VS_CORE_NOTICE,
	                       is_behind ? "node.behind" : "node.current",
	                       is_behind
	                           ? "what other nodes changed cannot be read: nobody is let in"
	                           : "what other nodes changed is known again");
	VS_LOG(WARN, is_behind ? "node.behind" : "node.current",
	       vs_bytes_from_text(self->daemon->setup.postgres->node));
}

static void
look(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_daemon_feed *self =
	    (struct vs_daemon_feed *)(void *)((char *)timer -
	                                      offsetof(struct vs_daemon_feed, look));
	bool is_behind = !vs_store_feed_is_current(self->feed);

	if (is_behind != self->is_behind)
		say(self, is_behind);
	vs_timer_arm(loop, timer, LOOK_MS);
}

/* --- the bus ---------------------------------------------------------------------------------- */

static void
poked(void *arg)
{
	vs_store_feed_poke(((struct vs_daemon_feed *)arg)->feed);
}

static void
keys_changed(void *arg)
{
	vs_poke_say(((struct vs_daemon_feed *)arg)->poke);
}

vs_result
vs_daemon_feed_join(struct vs_daemon *daemon, struct vs_nats *nats)
{
	const struct vs_poke_options options = {
	    .nats = nats, .node = daemon->setup.cluster.node, .poked = poked, .arg = daemon->feed};

	if (daemon->feed == NULL)
		return VS_OK;
	VS_TRY(vs_poke_new(&options, &daemon->feed->poke));
	vs_daemon_keys_on_change(daemon->keys, keys_changed, daemon->feed);
	return VS_OK;
}

/* What the database alone may take decides something for others; only readings come in crowds. */
void
vs_daemon_feed_note(struct vs_daemon *daemon, const struct vs_core_record *list)
{
	bool is_change = false;

	if (daemon->feed == NULL)
		return;
	vs_daemon_settle_committed(daemon->feed->settle, list);
	if (daemon->feed->poke == NULL)
		return;
	for (; list != NULL && !is_change; list = list->next)
		is_change = list->outcome == VS_E_OK && list->kind != VS_RECORD_readings &&
		            !vs_core_record_is_spooled(list);
	if (is_change)
		vs_poke_say(daemon->feed->poke);
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_daemon_feed_make(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	struct vs_store_feed_options options = {.place = daemon->setup.postgres,
	                                        .changed = vs_daemon_feed_changed,
	                                        .reload = vs_daemon_feed_reload,
	                                        .settle = vs_daemon_feed_settle};
	struct vs_daemon_feed *self;

	if (options.place == NULL || options.place->node[0] == '\0') {
		vs_metric_add(VS_METRIC_node_current, 1);
		return VS_OK;
	}
	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return VS_FAIL(NO_MEMORY);
	self->daemon = daemon;
	self->reader = vs_store_reader(daemon->store);
	self->look.fire = look;
	daemon->feed = self;
	VS_TRY(vs_daemon_settle_new(&self->settle));
	options.arg = self;
	options.root_id = vs_keys_root_current(vs_daemon_keys_service(daemon->keys));
	VS_TRY(vs_store_feed_new(&options, reason, reason_size, &self->feed));
	vs_metric_add(VS_METRIC_node_current, 1);
	return VS_OK;
}

vs_result
vs_daemon_feed_run(struct vs_daemon *daemon)
{
	const struct vs_store_change root = {.kind = "root"};

	if (daemon->feed == NULL)
		return VS_OK;
	VS_TRY(vs_daemon_feed_changed(daemon->feed, &root)); /* done while it was away */
	vs_timer_arm(daemon->reactors[0].loop, &daemon->feed->look, LOOK_MS);
	return vs_store_feed_run(daemon->feed->feed);
}

void
vs_daemon_feed_halt(struct vs_daemon *daemon)
{
	if (daemon->feed == NULL)
		return;
	if (daemon->reactors[0].loop != NULL)
		vs_timer_cancel(daemon->reactors[0].loop, &daemon->feed->look);
	if (daemon->feed->feed != NULL)
		vs_store_feed_halt(daemon->feed->feed);
}

void
vs_daemon_feed_free(struct vs_daemon *daemon)
{
	if (daemon->feed == NULL)
		return;
	vs_poke_free(&daemon->feed->poke);
	vs_store_feed_free(&daemon->feed->feed);
	vs_daemon_settle_free(&daemon->feed->settle);
	free(daemon->feed);
	daemon->feed = NULL;
}

bool
vs_daemon_is_leader(const struct vs_daemon *daemon)
{
	return daemon->feed == NULL || vs_store_feed_is_leader(daemon->feed->feed);
}

bool
vs_daemon_is_current(void *daemon)
{
	const struct vs_daemon *self = daemon;

	return self->feed == NULL || vs_store_feed_is_current(self->feed->feed);
}
