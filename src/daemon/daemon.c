/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/daemon.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "base/log.h"
#include "bus/bus.h"
#include "central/central.h"
#include "crypto/digest.h"
#include "daemon/guard.h"
#include "daemon/keyd.h"
#include "daemon/keys.h"
#include "daemon/probe.h"
#include "daemon/watch.h"
#include "event/pool.h"
#include "net/net.h"
#include "store/store.h"

#define ORIGIN_API       255 /* reactor 0, but the api's records */
#define ORIGIN_START     254 /* whoever waits in vs_daemon_commit */
#define POOL_THREADS     2
#define POOL_QUEUE       1024
#define DRAIN_TIMEOUT_MS 5000
#define DRAIN_POLL_MS    50
#define MAIL_RETRY_NS    1000000

struct reactor {
	struct vs_daemon *daemon;
	uint8_t index;
	struct vs_loop *loop;
	struct vs_net *net;
	pthread_t thread;
	bool is_started;
	struct vs_timer drain_timer;
	uint64_t drain_deadline_ms;
	unsigned quiet_checks; /* of the drain, in a row */
};

/* Committed records on their way from the writer's thread to a reactor. */
struct delivery {
	struct vs_daemon *daemon;
	uint8_t origin;
	struct vs_core_record *list;
	size_t count;
};

struct vs_daemon {
	struct vs_daemon_setup setup;
	struct vs_core_registry *registry;
	struct vs_daemon_keys *keys;
	struct vs_store *store;
	struct vs_bus *bus;
	struct vs_pool *pool;
	struct vs_throttle *throttle;
	struct vs_central *central;
	struct vs_api *api;
	struct vs_daemon_guard *guard;
	struct vs_net *nets[VS_DAEMON_REACTORS_MAX]; /* of the reactors, for the guard */
	struct reactor reactors[VS_DAEMON_REACTORS_MAX];
	struct vs_signal_watch signals;
	bool is_keyd_gone;
	atomic_bool is_down;     /* the loops have ended: nobody takes mail any more */
	atomic_size_t in_flight; /* records given to the store and not given back yet */
	bool is_stopping;
	char station_url[128];

	pthread_mutex_t commit_lock; /* of the waiting in vs_daemon_commit */
	pthread_cond_t commit_done;
	size_t commit_left;
	vs_result commit_result;
};

static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static void
free_list(struct vs_core_record *list)
{
	while (list != NULL) {
		struct vs_core_record *next = list->next;

		vs_core_record_free(&list);
		list = next;
	}
}

/* --- committed records find their way home --------------------------------------------------- */

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
deliver(struct vs_loop *loop, void *argument)
{
	struct delivery *delivery = argument;
	struct vs_daemon *daemon = delivery->daemon;

	(void)loop;
	if (delivery->origin == ORIGIN_API)
		vs_api_committed(daemon->api, delivery->list);
	else
		vs_central_committed(daemon->central, delivery->origin, delivery->list);
	(void)atomic_fetch_sub(&daemon->in_flight, delivery->count);
	free(delivery);
}

/* What the rooms write through: the store, counted, so that a drain can wait for what it owes. */
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

/* In the writer's thread. A full mailbox holds the writer, which fills its queue, which holds the
 * reactors: that is the back-pressure, and it cannot dead-lock because a reactor empties its
 * mailbox before all else. */
static void
on_committed(void *arg, uint8_t origin, struct vs_core_record *list)
{
	struct vs_daemon *daemon = arg;
	struct vs_loop *loop = NULL;
	struct delivery *delivery = NULL;

	if (origin == ORIGIN_START) {
		count_commit(daemon, list);
		return;
	}
	assert(origin == ORIGIN_API || origin < daemon->setup.reactor_count);
	loop = daemon->reactors[origin == ORIGIN_API ? 0 : origin].loop;
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
		record->origin = ORIGIN_START;
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

vs_result
vs_daemon_registry_reload(struct vs_daemon *daemon)
{
	struct vs_port_reader reader = vs_store_reader(daemon->store);

	return vs_core_registry_load(daemon->registry, &reader);
}

const struct vs_core_registry *
vs_daemon_registry(const struct vs_daemon *daemon)
{
	return daemon->registry;
}

/* --- making and connecting ------------------------------------------------------------------- */

static vs_result
make_reactors(struct vs_daemon *daemon)
{
	for (unsigned i = 0; i < daemon->setup.reactor_count; i++) {
		struct reactor *reactor = &daemon->reactors[i];

		reactor->daemon = daemon;
		reactor->index = (uint8_t)i;
		VS_TRY(vs_loop_new(&reactor->loop));
		VS_TRY(vs_net_new(reactor->loop, reactor->index, &reactor->net));
	}
	return VS_OK;
}

static vs_result
make_central(struct vs_daemon *daemon)
{
	struct vs_central_options options = {
	    .registry = daemon->registry,
	    .writer = {daemon, submit},
	    .events = vs_bus_publisher(daemon->bus),
	    .pepper = daemon->setup.pepper,
	    .throttle = daemon->throttle,
	    .heartbeat_interval_s = daemon->setup.heartbeat_interval_s,
	    .path_prefix = "/ocpp/",
	    .required_auth = daemon->setup.required_auth,
	    .rules = vs_daemon_guard_rules(daemon->guard),
	};

	vs_store_hash_key(daemon->store, options.hash_key);
	VS_TRY(vs_central_new(&options, &daemon->central));
	for (unsigned i = 0; i < daemon->setup.reactor_count; i++)
		VS_TRY(vs_central_attach(daemon->central, daemon->reactors[i].net, (uint8_t)i));
	return VS_OK;
}

static vs_result
make_api(struct vs_daemon *daemon)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	struct vs_api_options options = {
	    .registry = daemon->registry,
	    .writer = {daemon, submit},
	    .reader = vs_store_reader(daemon->store),
	    .commands = vs_central_commands(daemon->central),
	    .events = vs_bus_publisher(daemon->bus),
	    .keys = vs_daemon_keys_service(daemon->keys),
	    .keystore = vs_daemon_keys_store(daemon->keys),
	    .certs = vs_daemon_keys_certs(daemon->keys),
	    .pool = daemon->pool,
	    .pepper = setup->pepper,
	    .origin = ORIGIN_API,
	    .station_url = daemon->station_url,
	    .ca_file = setup->ca_file,
	    .version = VS_VERSION,
	    .session_file = setup->session_file,
	    .reload = vs_daemon_guard_reload(daemon->guard),
	};

	VS_TRY(
	    vs_crypto_sha256(vs_bytes_from_text(setup->admin_token), options.admin_token_sha256));
	VS_TRY(
	    vs_crypto_sha256(vs_bytes_from_text(setup->login_token), options.login_token_sha256));
	VS_TRY(vs_api_new(&options, daemon->reactors[0].net, &daemon->api));
	return vs_bus_subscribe(daemon->bus, daemon->reactors[0].loop, vs_api_deliver, daemon->api);
}

static void
ignore_part(const struct vs_core_reload_part *part, void *arg)
{
	(void)part; /* the reload logs each */
	(void)arg;
}

/* Hourly, in the key service's thread. What fails is tried again an hour later: at 60 % of a
 * certificate's life there is time. */
static void
renew(void *arg)
{
	struct vs_daemon *daemon = arg;
	struct vs_port_reload port = vs_daemon_guard_reload(daemon->guard);
	bool is_changed = false;
	vs_result r = daemon->setup.certify(daemon->setup.certify_arg,
	                                    vs_daemon_keys_certs(daemon->keys), &is_changed);

	if (r.code == VS_E_OK && is_changed)
		r = port.reload(port.self, ignore_part, NULL);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "cert.not_renewed", VS_BYTES_LITERAL("voltseald"), VS_LOG_ERR(r));
}

static vs_result
make_guard(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	const struct vs_daemon_guard_options options = {
	    .ocpp_tls = setup->ocpp_tls,
	    .api_tls = setup->api_tls,
	    .ca_file = setup->ca_file,
	    .crl_files = setup->crl_files,
	    .trust_file = setup->trust_file,
	    .is_stale_allowed = setup->is_stale_allowed,
	    .events = vs_bus_publisher(daemon->bus),
	    .keystore = vs_daemon_keys_store(daemon->keys),
	};

	VS_TRY(vs_daemon_guard_new(&options, reason, reason_size, &daemon->guard));
	vs_daemon_keys_on_sweep(daemon->keys, renew, daemon);
	vs_keys_listen(vs_daemon_keys_service(daemon->keys), vs_daemon_guard_hear, daemon->guard);
	vs_daemon_keys_on_revoked(daemon->keys, vs_daemon_guard_revoked, daemon->guard);
	return VS_OK;
}

static vs_result
make_certificates(struct vs_daemon *daemon)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	bool is_changed;

	if (setup->cert_client == NULL)
		return VS_OK;
	VS_TRY(vs_daemon_keys_certify(daemon->keys, setup->cert_client));
	return setup->certify(setup->certify_arg, vs_daemon_keys_certs(daemon->keys), &is_changed);
}

static vs_result
make_rooms(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	struct vs_store_options store = {
	    .path = daemon->setup.store_file,
	    .committed = on_committed,
	    .committed_arg = daemon,
	    .is_strict = daemon->setup.is_strict,
	    .damaged = vs_daemon_watch_damaged,
	    .sealing = vs_daemon_watch_sealing,
	};
	vs_result r;

	VS_TRY(vs_core_registry_new(&daemon->registry));
	VS_TRY(vs_daemon_keys_new(daemon->setup.keys_client, daemon->setup.keystore_file,
	                          &daemon->setup.key_times, reason, reason_size, &daemon->keys));
	VS_TRY(make_certificates(daemon));
	store.seal = vs_daemon_keys_seal(daemon->keys);
	store.keystore = vs_keys_identity(vs_daemon_keys_service(daemon->keys));
	VS_TRY(vs_store_open(&store, reason, reason_size, &daemon->store));
	vs_daemon_keys_serve(daemon->keys, daemon->store);
	VS_TRY(vs_daemon_registry_reload(daemon));
	VS_TRY(vs_bus_new(&daemon->bus));
	VS_TRY(vs_pool_new(POOL_THREADS, POOL_QUEUE, &daemon->pool));
	r = vs_throttle_new(daemon->setup.trusted_prefixes, &daemon->throttle);
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, reason_size,
		               "--trusted-prefixes holds no list of prefixes: %s",
		               daemon->setup.trusted_prefixes);
		return r;
	}
	VS_TRY(make_guard(daemon, reason, reason_size));
	VS_TRY(make_reactors(daemon));
	return make_central(daemon);
}

vs_result
vs_daemon_new(const struct vs_daemon_setup *setup, char *reason, size_t reason_size,
              struct vs_daemon **daemon_out)
{
	struct vs_daemon *daemon = NULL;
	vs_result r;

	assert(setup != NULL && daemon_out != NULL && setup->reactor_count > 0 &&
	       setup->reactor_count <= VS_DAEMON_REACTORS_MAX);
	/* Before any thread exists: they all inherit the mask. */
	VS_TRY(vs_signal_block(signals, SIGNALS));
	daemon = calloc(1, sizeof(*daemon));
	if (daemon == NULL)
		return VS_FAIL(NO_MEMORY);
	daemon->setup = *setup;
	if (pthread_mutex_init(&daemon->commit_lock, NULL) != 0 ||
	    pthread_cond_init(&daemon->commit_done, NULL) != 0) {
		free(daemon);
		return VS_FAIL(NO_MEMORY);
	}
	(void)snprintf(reason, reason_size, "a part of the daemon could not be made");
	r = make_rooms(daemon, reason, reason_size);
	if (r.code != VS_E_OK) {
		vs_daemon_free(&daemon);
		return r;
	}
	*daemon_out = daemon;
	return VS_OK;
}

void
vs_daemon_free(struct vs_daemon **daemon)
{
	assert(daemon != NULL);
	if (*daemon == NULL)
		return;
	atomic_store(&(*daemon)->is_down, true);
	vs_daemon_keys_halt((*daemon)->keys); /* before the guard, which it renews through */
	vs_daemon_guard_detach((*daemon)->guard);
	/* From the outside inwards: no connection, then no job, then what was accepted is
	 * committed. */
	for (unsigned i = 0; i < VS_DAEMON_REACTORS_MAX; i++)
		vs_net_free(&(*daemon)->reactors[i].net);
	vs_pool_free(&(*daemon)->pool);
	vs_store_close(&(*daemon)->store);
	vs_daemon_keys_free(&(*daemon)->keys);
	vs_api_free(&(*daemon)->api);
	vs_central_free(&(*daemon)->central);
	vs_throttle_free(&(*daemon)->throttle);
	vs_bus_free(&(*daemon)->bus);
	for (unsigned i = 0; i < VS_DAEMON_REACTORS_MAX; i++)
		vs_loop_free(&(*daemon)->reactors[i].loop);
	vs_daemon_guard_free(&(*daemon)->guard);
	vs_core_registry_free(&(*daemon)->registry);
	(void)pthread_cond_destroy(&(*daemon)->commit_done);
	(void)pthread_mutex_destroy(&(*daemon)->commit_lock);
	free(*daemon);
	*daemon = NULL;
}

/* --- listening ------------------------------------------------------------------------------- */

static vs_result
listen_ocpp(struct vs_daemon *daemon, uint16_t *port_out)
{
	uint16_t port = daemon->setup.ocpp_port;

	for (unsigned i = 0; i < daemon->setup.reactor_count; i++) {
		const struct vs_net_listener_options options = {
		    .name = "ocpp",
		    .stack = VS_STACK_WSS,
		    .address = daemon->setup.address,
		    .port = port,
		    .tls = vs_daemon_guard_ocpp(daemon->guard),
		    .handler = vs_central_handler(daemon->central, (uint8_t)i),
		    .is_deflate_allowed = true,
		    .throttle = daemon->throttle,
		};

		/* The first one may choose; the others share its port. */
		VS_TRY(vs_net_listen(daemon->reactors[i].net, &options, &port));
	}
	*port_out = port;
	return VS_OK;
}

static vs_result
listen_api(struct vs_daemon *daemon, uint16_t *port_out)
{
	const struct vs_net_listener_options options = {
	    .name = "api",
	    .stack = VS_STACK_HTTPS,
	    .address = daemon->setup.address,
	    .port = daemon->setup.api_port,
	    .tls = vs_daemon_guard_api(daemon->guard),
	    .handler = vs_api_handler(daemon->api),
	    .idle_timeout_ms = 120000,
	    .body_size_max = VS_LIMIT_HTTP_BODY_SIZE,
	    .throttle = daemon->throttle,
	};

	return vs_net_listen(daemon->reactors[0].net, &options, port_out);
}

vs_result
vs_daemon_listen(struct vs_daemon *daemon, char *reason, size_t reason_size,
                 uint16_t *ocpp_port_out, uint16_t *api_port_out)
{
	const struct vs_daemon_setup *setup = &daemon->setup;
	uint16_t ocpp_port = 0, api_port = 0;
	vs_result r;

	/* SO_REUSEPORT would share a port silently with another daemon of the same user. */
	VS_TRY(vs_daemon_port_check(setup->address, setup->ocpp_port, "--ocpp-port", reason,
	                            reason_size));
	VS_TRY(vs_daemon_port_check(setup->address, setup->api_port, "--api-port", reason,
	                            reason_size));
	(void)snprintf(reason, reason_size, "cannot listen on %s", setup->address);
	VS_TRY(listen_ocpp(daemon, &ocpp_port));
	(void)snprintf(daemon->station_url, sizeof(daemon->station_url), "wss://%s%s%s:%u/ocpp/",
	               strchr(setup->address, ':') != NULL ? "[" : "", setup->address,
	               strchr(setup->address, ':') != NULL ? "]" : "", (unsigned)ocpp_port);
	/* The api shows the station URL, so it is made when the port is known. */
	r = make_api(daemon);
	if (r.code == VS_E_OK)
		r = listen_api(daemon, &api_port);
	if (r.code != VS_E_OK)
		return r;
	*ocpp_port_out = ocpp_port;
	*api_port_out = api_port;
	return VS_OK;
}

/* --- running --------------------------------------------------------------------------------- */

static void
drain_check(struct vs_loop *loop, struct vs_timer *timer)
{
	struct reactor *reactor =
	    (struct reactor *)(void *)((char *)timer - offsetof(struct reactor, drain_timer));
	/* Twice in a row: what the last turn collected is only submitted at its end. */
	bool is_quiet =
	    vs_net_count(reactor->net) == 0 && atomic_load(&reactor->daemon->in_flight) == 0;

	reactor->quiet_checks = is_quiet ? reactor->quiet_checks + 1 : 0;
	if (reactor->quiet_checks == 2 || vs_loop_now_ms(loop) >= reactor->drain_deadline_ms)
		vs_loop_stop(loop);
	else
		vs_timer_arm(loop, timer, DRAIN_POLL_MS);
}

static void
drain(struct vs_loop *loop, void *argument)
{
	struct reactor *reactor = argument;

	vs_net_drain(reactor->net);
	reactor->drain_deadline_ms = vs_loop_now_ms(loop) + DRAIN_TIMEOUT_MS;
	reactor->drain_timer.fire = drain_check;
	vs_timer_arm(loop, &reactor->drain_timer, 0);
}

/* In order; when asked again, at once. */
static void
stop(struct vs_daemon *daemon)
{
	for (unsigned i = 0; i < daemon->setup.reactor_count; i++) {
		struct reactor *reactor = &daemon->reactors[i];

		if (daemon->is_stopping ||
		    vs_loop_post(reactor->loop, drain, reactor).code != VS_E_OK)
			vs_loop_stop(reactor->loop);
	}
	daemon->is_stopping = true;
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
	stop(daemon);
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
	struct reactor *reactor = argument;

	(void)pthread_setname_np(pthread_self(), "vs-reactor");
	if (vs_loop_run(reactor->loop).code != VS_E_OK)
		VS_LOG(ERROR, "reactor.failed", VS_BYTES_LITERAL("voltseald"),
		       VS_LOG_NUM("reactor", reactor->index));
	return NULL;
}

static void
attach_guard(struct vs_daemon *daemon)
{
	const struct vs_daemon_guard_reach reach = {
	    .central = daemon->central,
	    .nets = daemon->nets,
	    .net_count = daemon->setup.reactor_count,
	    .pool = daemon->pool,
	    .is_down = &daemon->is_down,
	};

	for (unsigned i = 0; i < daemon->setup.reactor_count; i++)
		daemon->nets[i] = daemon->reactors[i].net;
	vs_daemon_guard_attach(daemon->guard, &reach);
}

vs_result
vs_daemon_run(struct vs_daemon *daemon)
{
	vs_result r;

	daemon->signals.caught = on_signal;
	VS_TRY(vs_signal_watch(daemon->reactors[0].loop, &daemon->signals, signals, SIGNALS));
	VS_TRY(vs_daemon_keyd_watch(daemon->setup.keyd, daemon->reactors[0].loop, on_keyd_gone,
	                            daemon));
	attach_guard(daemon);
	r = vs_daemon_keys_run(daemon->keys);
	for (unsigned i = 1; i < daemon->setup.reactor_count && r.code == VS_E_OK; i++) {
		struct reactor *reactor = &daemon->reactors[i];

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
	vs_signal_unwatch(daemon->reactors[0].loop, &daemon->signals);
	vs_daemon_keyd_unwatch(daemon->setup.keyd);
	return r.code == VS_E_OK && daemon->is_keyd_gone ? VS_FAIL(CLOSED) : r;
}
