/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/daemon.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "daemon/charge.h"
#include "daemon/daemon_inside.h"
#include "daemon/feed.h"
#include "daemon/keyd.h"
#include "daemon/nodes.h"
#include "daemon/quota.h"
#include "daemon/signer.h"
#include "daemon/watch.h"

#define POOL_THREADS  2
#define POOL_QUEUE    1024
#define HASH_THREADS  1    /* bcrypt: about 20 a second */
#define HASH_QUEUE    64   /* three seconds of work; more is refused */
#define FRAMES_PER_MS 1000 /* more in the mean, and the numbers of two runs would meet */
#define FETCH_THREADS 2    /* one server that does not answer holds up one */

static vs_result
make_reactors(struct vs_daemon *daemon)
{
	for (unsigned i = 0; i < daemon->setup.reactor_count; i++) {
		struct vs_daemon_reactor *reactor = &daemon->reactors[i];

		reactor->daemon = daemon;
		reactor->index = (uint8_t)i;
		VS_TRY(vs_loop_new(&reactor->loop));
		VS_TRY(vs_net_new(reactor->loop, reactor->index, &reactor->net));
	}
	return VS_OK;
}

static vs_result
make_audit(struct vs_daemon *daemon)
{
	const struct vs_port_seal seal = vs_daemon_keys_seal(daemon->keys);

	if (daemon->setup.keyd == NULL)
		return VS_OK;
	VS_TRY(vs_daemon_audit_new(vs_daemon_keyd_client(daemon->setup.keyd, VS_DAEMON_KEYD_AUDIT),
	                           &seal, &daemon->audit));
	vs_keys_listen(vs_daemon_keys_service(daemon->keys), vs_daemon_audit_hear, daemon->audit);
	vs_daemon_key_gate_init(&daemon->key_gate, daemon->audit);
	vs_daemon_keys_set_gate(daemon->keys, &daemon->key_gate.port);
	return VS_OK;
}

/* What happens goes to whoever watches, and what matters into the audit log, too. */
static struct vs_port_events
publisher(struct vs_daemon *daemon)
{
	struct vs_port_events bus = vs_bus_publisher(daemon->bus);

	if (daemon->audit != NULL)
		bus = vs_daemon_audit_events(daemon->audit, bus);
	return vs_daemon_cluster_events(daemon, bus);
}

struct recalling {
	struct vs_central *central;
	const struct vs_port_reader *reader;
	vs_result result;
};

static bool
recall_tenant(const struct vs_core_tenant *row, void *arg)
{
	struct recalling *recalling = arg;

	recalling->result = vs_central_recall(recalling->central, recalling->reader, row->tenant);
	return recalling->result.code == VS_E_OK;
}

static vs_result
recall(struct vs_daemon *daemon, const struct vs_port_reader *reader)
{
	struct recalling recalling = {daemon->central, reader, VS_OK};

	VS_TRY(reader->tenants(reader->self, "", VS_LIMIT_TENANTS, recall_tenant, &recalling));
	return recalling.result;
}

/* Who changes the stations' certificates, and who asks others for a station. */
static vs_result
make_errands(struct vs_daemon *daemon)
{
	const struct vs_daemon_rollout_options rollout = {
	    .registry = daemon->registry,
	    .certs = vs_daemon_keys_certs(daemon->keys),
	    .pool = daemon->pool,
	    .loop = daemon->reactors[0].loop,
	    .overlap_ms = &daemon->overlap_ms,
	    .now_ms = vs_clock_wall_ms,
	    .rotated = vs_daemon_keys_sweep_soon,
	    .arg = daemon->keys,
	};
	struct vs_daemon_errands_options errands = {
	    .registry = daemon->registry,
	    .certs = vs_daemon_keys_certs(daemon->keys),
	    .pool = daemon->pool,
	    .fetch_pool = daemon->fetch_pool,
	    .status = vs_daemon_guard_status(daemon->guard),
	    .revocations = vs_daemon_guard_rules(daemon->guard).revocations,
	    .loop = daemon->reactors[0].loop,
	    .throttle = daemon->throttle,
	    .writer = vs_daemon_writer(daemon),
	    .now_ms = vs_clock_wall_ms,
	};

	if (rollout.certs != NULL)
		VS_TRY(vs_daemon_rollout_new(&rollout, &daemon->rollout));
	errands.rollout = daemon->rollout;
	return vs_daemon_errands_new(&errands, &daemon->errands);
}

static vs_result
make_central(struct vs_daemon *daemon)
{
	struct vs_central_options options = {
	    .registry = daemon->registry,
	    .writer = vs_daemon_writer(daemon),
	    .events = publisher(daemon),
	    .frames = vs_frames_port(daemon->frames),
	    .pepper = daemon->setup.pepper,
	    .keys = vs_daemon_keys_service(daemon->keys),
	    .pool = daemon->pool,
	    .certs = vs_daemon_keys_certs(daemon->keys),
	    .throttle = daemon->throttle,
	    .heartbeat_interval_s = daemon->setup.heartbeat_interval_s,
	    .tenant_limits = daemon->setup.tenant_limits,
	    .models = &daemon->models,
	    .is_current = vs_daemon_is_current,
	    .is_current_arg = daemon,
	    .path_prefix = "/ocpp/",
	    .required_auth = daemon->setup.required_auth,
	    .rules = vs_daemon_guard_rules(daemon->guard),
	};
	const struct vs_port_reader reader = vs_store_reader(daemon->store);

	VS_TRY(vs_daemon_signer_read(daemon->setup.ocpp_tls.cert_files[0],
	                             daemon->setup.ocpp_tls.key_files[0], &daemon->sign_key,
	                             options.signer.thumbprint));
	options.signer.key = daemon->sign_key;
	options.reader = reader;
	vs_store_hash_key(daemon->store, options.hash_key);
	VS_TRY(make_errands(daemon));
	options.errands = vs_daemon_errands_port(daemon->errands);
	options.contracts = vs_daemon_contract_port(daemon->contract);
	options.presence = vs_daemon_cluster_presence(daemon);
	options.has_nodes =
	    daemon->setup.cluster.node != NULL && daemon->setup.cluster.node[0] != '\0';
	VS_TRY(vs_central_new(&options, &daemon->central));
	VS_TRY(recall(daemon, &reader));
	if (options.keys != NULL) {
		const struct vs_keys_rotator rotator = vs_daemon_charge_rotator(daemon);

		vs_keys_set_rotator(options.keys, &rotator);
	}
	vs_daemon_errands_serve(daemon->errands, daemon->central);
	vs_daemon_contract_serve(daemon->contract, daemon->central);
	for (unsigned i = 0; i < daemon->setup.reactor_count; i++)
		VS_TRY(vs_central_attach(daemon->central, daemon->reactors[i].net, (uint8_t)i));
	return VS_OK;
}

static vs_result
read_models(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	const char *text = daemon->setup.model_quirks;
	vs_result r = VS_OK;

	if (text != NULL)
		r = vs_core_models_parse(vs_bytes_from_text(text), &daemon->models);
	if (r.code == VS_E_OK)
		return r;
	(void)snprintf(reason, reason_size,
	               "--model-quirks is not of the form VENDOR/MODEL=QUIRK+QUIRK;...: %s", text);
	return VS_FAIL(CONFIG);
}

static bool
is_leader(const void *arg)
{
	return vs_daemon_is_leader(arg);
}

static vs_result
make_rooms(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	struct vs_store_options store = {
	    .path = daemon->setup.store_file,
	    .postgres = daemon->setup.postgres,
	    .committed = vs_daemon_committed,
	    .committed_arg = daemon,
	    .is_strict = daemon->setup.is_strict,
	    .damaged = vs_daemon_watch_damaged,
	    .is_current = vs_daemon_is_current,
	    .is_current_arg = daemon,
	    .sealing = vs_daemon_watch_sealing,
	    .spooling = vs_daemon_spooling,
	    .watch_arg = daemon,
	};
	const struct vs_store_place keystore = {daemon->setup.keystore_file,
	                                        daemon->setup.postgres};
	const struct vs_port_writer writer = vs_daemon_writer(daemon);
	vs_result r;

	VS_TRY(vs_core_registry_new(&daemon->registry));
	VS_TRY(read_models(daemon, reason, reason_size));
	VS_TRY(vs_daemon_keys_new(daemon->setup.keys_client, &keystore, &daemon->setup.key_times,
	                          reason, reason_size, &daemon->keys));
	VS_TRY(make_audit(daemon));
	VS_TRY(vs_daemon_certify(daemon));
	if (store.postgres != NULL) {
		VS_TRY(vs_keys_spool_new(daemon->setup.keys_client, daemon->setup.spool_key_file,
		                         &daemon->spool_key));
		store.spool = daemon->setup.spool_file;
		store.spool_key = vs_keys_spool_port(daemon->spool_key);
	}
	store.seal = vs_daemon_keys_seal(daemon->keys);
	store.keystore = vs_keys_identity(vs_daemon_keys_service(daemon->keys));
	VS_TRY(vs_store_open(&store, reason, reason_size, &daemon->store));
	VS_TRY(vs_daemon_feed_make(daemon, reason, reason_size));
	vs_daemon_keys_set_leader(daemon->keys, is_leader, daemon, daemon->feed != NULL);
	vs_daemon_nodes_make(daemon);
	VS_TRY(vs_daemon_keys_serve(daemon->keys, daemon->store, daemon->setup.state_dir));
	VS_TRY(vs_daemon_registry_reload(daemon));
	VS_TRY(vs_bus_new(&daemon->bus));
	VS_TRY(vs_frames_new((uint64_t)vs_clock_wall_ms() * FRAMES_PER_MS, &daemon->frames));
	VS_TRY(vs_pool_new(POOL_THREADS, POOL_QUEUE, &daemon->pool));
	VS_TRY(vs_pool_new(HASH_THREADS, HASH_QUEUE, &daemon->hash_pool));
	VS_TRY(vs_pool_new(FETCH_THREADS, VS_LIMIT_STATUS_FETCHES, &daemon->fetch_pool));
	r = vs_throttle_new(daemon->setup.trusted_prefixes, &daemon->throttle);
	if (r.code != VS_E_OK) {
		(void)snprintf(reason, reason_size,
		               "--trusted-prefixes holds no list of prefixes: %s",
		               daemon->setup.trusted_prefixes);
		return r;
	}
	VS_TRY(vs_daemon_guard_make(daemon, reason, reason_size));
	VS_TRY(make_reactors(daemon));
	VS_TRY(vs_daemon_alerts_new(daemon->setup.alert_file, daemon->setup.state_dir, daemon->bus,
	                            daemon->reactors[0].loop, reason, reason_size,
	                            &daemon->alerts));
	if (daemon->audit != NULL)
		vs_daemon_audit_tap(daemon->audit, vs_daemon_alerts_entry, daemon->alerts);
	VS_TRY(vs_daemon_keep_new(daemon->registry, &writer, VS_DAEMON_ORIGIN_API, daemon->bus,
	                          daemon->reactors[0].loop, &daemon->keep));
	VS_TRY(vs_daemon_contract_new(&daemon->setup.contract, daemon->reactors[0].loop,
	                              daemon->throttle, reason, reason_size, &daemon->contract));
	VS_TRY(vs_daemon_cluster_make(daemon, reason, reason_size));
	VS_TRY(make_central(daemon));
	VS_TRY(vs_daemon_charge_make(daemon));
	VS_TRY(vs_daemon_retain_make(daemon));
	VS_TRY(vs_daemon_sensor_make(daemon, reason, reason_size));
	atomic_store(&daemon->is_heard, true);
	return VS_OK;
}

vs_result
vs_daemon_new(const struct vs_daemon_setup *setup, char *reason, size_t reason_size,
              struct vs_daemon **daemon_out)
{
	struct vs_daemon *daemon = NULL;
	vs_result r;

	assert(setup != NULL && daemon_out != NULL && setup->reactor_count > 0 &&
	       setup->reactor_count <= VS_DAEMON_REACTORS_MAX);
	/* Before any thread exists: they all inherit it. */
	VS_TRY(vs_daemon_signals_block());
	daemon = calloc(1, sizeof(*daemon));
	if (daemon == NULL)
		return VS_FAIL(NO_MEMORY);
	daemon->setup = *setup;
	atomic_init(&daemon->overlap_ms, setup->overlap_ms);
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
	atomic_store(&(*daemon)->is_heard, false);
	vs_daemon_feed_halt(*daemon);
	vs_daemon_quota_stop(*daemon);
	vs_daemon_keys_halt((*daemon)->keys); /* before the guard, which it renews through */
	vs_daemon_provision_halt(*daemon);    /* before the writer, which it waits for */
	vs_daemon_guard_detach((*daemon)->guard);
	/* From the outside inwards: no connection, then no job, then what was accepted is
	 * committed. */
	for (unsigned i = 0; i < VS_DAEMON_REACTORS_MAX; i++)
		vs_net_free(&(*daemon)->reactors[i].net);
	vs_pool_free(&(*daemon)->pool);
	vs_pool_free(&(*daemon)->hash_pool);
	vs_pool_free(&(*daemon)->fetch_pool);
	vs_daemon_cluster_halt(*daemon); /* while the store takes what it ends */
	vs_daemon_contract_free(&(*daemon)->contract);
	vs_daemon_errands_free(&(*daemon)->errands);
	vs_daemon_rollout_free(&(*daemon)->rollout);
	vs_daemon_keep_flush((*daemon)->keep); /* the last that the store takes */
	vs_store_close(&(*daemon)->store);
	vs_keys_spool_free(&(*daemon)->spool_key);
	vs_daemon_keys_set_gate((*daemon)->keys, NULL);
	vs_daemon_audit_free(&(*daemon)->audit); /* before the keys: of them are its pseudonyms */
	vs_daemon_keep_free(&(*daemon)->keep);
	vs_daemon_alerts_free(&(*daemon)->alerts);
	vs_daemon_keys_free(&(*daemon)->keys);
	vs_api_free(&(*daemon)->api);
	vs_daemon_provision_free(*daemon);
	vs_daemon_sensor_free(*daemon);
	vs_daemon_retain_free(*daemon);
	vs_charge_free(&(*daemon)->charge);
	vs_central_free(&(*daemon)->central);
	vs_daemon_feed_free(*daemon); /* before the loop of the bus */
	vs_daemon_cluster_free(*daemon);
	vs_pkey_free(&(*daemon)->sign_key);
	vs_throttle_free(&(*daemon)->throttle);
	vs_bus_free(&(*daemon)->bus);
	vs_frames_free(&(*daemon)->frames);
	for (unsigned i = 0; i < VS_DAEMON_REACTORS_MAX; i++)
		vs_loop_free(&(*daemon)->reactors[i].loop);
	vs_daemon_quota_free(*daemon);
	vs_daemon_guard_free(&(*daemon)->guard);
	vs_core_registry_free(&(*daemon)->registry);
	(void)pthread_cond_destroy(&(*daemon)->commit_done);
	(void)pthread_mutex_destroy(&(*daemon)->commit_lock);
	free(*daemon);
	*daemon = NULL;
}

vs_result
vs_daemon_registry_reload(struct vs_daemon *daemon)
{
	struct vs_port_reader reader = vs_store_reader(daemon->store);

	return vs_core_registry_load(daemon->registry, &reader);
}

struct vs_keys *
vs_daemon_keyring(const struct vs_daemon *daemon)
{
	assert(daemon != NULL);
	return vs_daemon_keys_service(daemon->keys);
}

const struct vs_core_registry *
vs_daemon_registry(const struct vs_daemon *daemon)
{
	return daemon->registry;
}
