/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "base/log.h"
#include "daemon/daemon_inside.h"
#include "daemon/drain.h"
#include "daemon/feed.h"
#include "daemon/keyd.h"
#include "daemon/notify.h"
#include "daemon/quota.h"
#include "daemon/retain.h"

#define DRAIN_TIMEOUT_MS 5000
#define DRAIN_POLL_MS    50

static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

vs_result
vs_daemon_signals_block(void)
{
	return vs_signal_block(signals, SIGNALS);
}

static void
drain_check(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_daemon_reactor *reactor =
	    (struct vs_daemon_reactor *)(void *)((char *)timer -
	                                         offsetof(struct vs_daemon_reactor, drain_timer));
	/* Twice in a row: what the last turn collected is only submitted at its end. */
	struct vs_daemon *daemon = reactor->daemon;
	bool is_quiet = vs_net_count(reactor->net) == 0 && atomic_load(&daemon->in_flight) == 0 &&
	                vs_daemon_status_is_idle(vs_daemon_guard_status(daemon->guard)) &&
	                vs_daemon_errands_are_done(daemon->errands) &&
	                vs_daemon_contract_is_idle(daemon->contract) &&
	                vs_daemon_rollout_is_idle(daemon->rollout) &&
	                (reactor->index != 0 ||
	                 (vs_daemon_retain_is_idle(daemon) && vs_daemon_quota_is_idle(daemon)));

	reactor->quiet_checks = is_quiet ? reactor->quiet_checks + 1 : 0;
	if (reactor->quiet_checks == 2 || vs_loop_now_ms(loop) >= reactor->drain_deadline_ms)
		vs_loop_stop(loop);
	else
		vs_timer_arm(loop, timer, DRAIN_POLL_MS);
}

static void
drain(struct vs_loop *loop, void *argument)
{
	struct vs_daemon_reactor *reactor = argument;

	vs_net_drain(reactor->net);
	reactor->drain_deadline_ms = vs_loop_now_ms(loop) + DRAIN_TIMEOUT_MS;
	reactor->drain_timer.fire = drain_check;
	vs_timer_arm(loop, &reactor->drain_timer, 0);
}

/* In order; when asked again, at once. */
static void
stop(struct vs_daemon *daemon)
{
	vs_daemon_status_end(vs_daemon_guard_status(daemon->guard));
	vs_daemon_contract_end(daemon->contract);
	vs_daemon_rollout_stop(daemon->rollout); /* in the first reactor, as all that call this */
	vs_daemon_quota_stop(daemon);
	for (unsigned i = 0; i < daemon->setup.reactor_count; i++) {
		struct vs_daemon_reactor *reactor = &daemon->reactors[i];

		if (daemon->is_stopping ||
		    vs_loop_post(reactor->loop, drain, reactor).code != VS_E_OK)
			vs_loop_stop(reactor->loop);
	}
	daemon->is_stopping = true;
}

/* Where other nodes are, they take the stations first, and none of these comes back here. */
static void
end_check(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_daemon *daemon =
	    (struct vs_daemon *)(void *)((char *)timer - offsetof(struct vs_daemon, end_timer));

	if (vs_daemon_drain_left(daemon) > 0 && vs_loop_now_ms(loop) < daemon->end_deadline_ms)
		vs_timer_arm(loop, timer, DRAIN_POLL_MS);
	else
		stop(daemon);
}

static void
stop_after_drain(struct vs_daemon *daemon)
{
	struct vs_loop *loop = daemon->reactors[0].loop;
	uint32_t over_s = daemon->setup.cluster.drain_s;

	if (daemon->is_stopping || daemon->end_deadline_ms != 0 || over_s == 0 ||
	    vs_daemon_drain_left(daemon) == 0 || !vs_daemon_drain_has_others(daemon)) {
		vs_timer_cancel(loop, &daemon->end_timer);
		stop(daemon);
		return;
	}
	daemon->end_deadline_ms = vs_loop_now_ms(loop) + over_s * 1000 + VS_DAEMON_DRAIN_END_MS;
	daemon->end_timer.fire = end_check;
	vs_daemon_drain_to_end(daemon, over_s);
	vs_timer_arm(loop, &daemon->end_timer, DRAIN_POLL_MS);
}

static void
on_signal(struct vs_loop *loop, struct vs_signal_watch *watch, int signal_number)
{
	struct vs_daemon *daemon =
	    (struct vs_daemon *)(void *)((char *)watch - offsetof(struct vs_daemon, signals));

	(void)loop;
	if (signal_number == SIGHUP) {
		vs_daemon_guard_hangup(daemon->guard);
		return;
	}
	VS_LOG(INFO, "daemon.stopping", VS_BYTES_LITERAL("voltseald"),
	       VS_LOG_NUM("signal", signal_number),
	       VS_LOG_NUM("stations", vs_central_connected_count(daemon->central)));
	stop_after_drain(daemon);
}

static void
feed_watchdog(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_daemon *daemon =
	    (struct vs_daemon *)(void *)((char *)timer - offsetof(struct vs_daemon, watchdog));

	vs_daemon_notify("WATCHDOG=1");
	vs_timer_arm(loop, timer, daemon->watchdog_ms);
}

static void
start_watchdog(struct vs_daemon *daemon)
{
	daemon->watchdog_ms = vs_daemon_notify_watchdog_ms();
	daemon->watchdog.fire = feed_watchdog;
	if (daemon->watchdog_ms > 0)
		vs_timer_arm(daemon->reactors[0].loop, &daemon->watchdog, daemon->watchdog_ms);
}

/* Nothing is sealed, opened or let in any more: end in order. */
static void
on_keyd_gone(void *argument)
{
	struct vs_daemon *daemon = argument;

	daemon->is_keyd_gone = true;
	stop(daemon);
}

static void *
reactor_main(void *argument)
{
	struct vs_daemon_reactor *reactor = argument;

	(void)pthread_setname_np(pthread_self(), "vs-reactor");
	if (vs_loop_run(reactor->loop).code != VS_E_OK)
		VS_LOG(ERROR, "reactor.failed", VS_BYTES_LITERAL("voltseald"),
		       VS_LOG_NUM("reactor", reactor->index));
	return NULL;
}

vs_result
vs_daemon_run(struct vs_daemon *daemon)
{
	vs_result r;

	daemon->signals.caught = on_signal;
	VS_TRY(vs_signal_watch(daemon->reactors[0].loop, &daemon->signals, signals, SIGNALS));
	VS_TRY(vs_daemon_keyd_watch(daemon->setup.keyd, daemon->reactors[0].loop, on_keyd_gone,
	                            daemon));
	vs_daemon_guard_reach_all(daemon);
	start_watchdog(daemon);
	if (daemon->rollout != NULL)
		vs_daemon_rollout_start(daemon->rollout, daemon->central);
	r = vs_daemon_keys_run(daemon->keys);
	if (r.code == VS_E_OK)
		r = vs_daemon_feed_run(daemon);
	if (r.code == VS_E_OK)
		r = vs_daemon_quota_run(daemon);
	if (r.code == VS_E_OK)
		r = vs_daemon_provision_run(daemon);
	if (r.code == VS_E_OK)
		r = vs_daemon_cluster_run(daemon);
	for (unsigned i = 1; i < daemon->setup.reactor_count && r.code == VS_E_OK; i++) {
		struct vs_daemon_reactor *reactor = &daemon->reactors[i];

		reactor->is_started =
		    pthread_create(&reactor->thread, NULL, reactor_main, reactor) == 0;
		if (!reactor->is_started)
			r = VS_FAIL(NO_MEMORY);
	}
	if (r.code == VS_E_OK)
		r = vs_loop_run(daemon->reactors[0].loop);
	for (unsigned i = 1; i < daemon->setup.reactor_count; i++) {
		if (!daemon->reactors[i].is_started)
			continue;
		if (r.code != VS_E_OK)
			vs_loop_stop(daemon->reactors[i].loop);
		(void)pthread_join(daemon->reactors[i].thread, NULL);
	}
	vs_timer_cancel(daemon->reactors[0].loop, &daemon->watchdog);
	vs_timer_cancel(daemon->reactors[0].loop, &daemon->end_timer);
	vs_daemon_rollout_stop(daemon->rollout);
	vs_signal_unwatch(daemon->reactors[0].loop, &daemon->signals);
	vs_daemon_keyd_unwatch(daemon->setup.keyd);
	return r.code == VS_E_OK && daemon->is_keyd_gone ? VS_FAIL(CLOSED) : r;
}
