/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/sensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "daemon/charge.h"
#include "daemon/cluster.h"
#include "daemon/daemon_inside.h"
#include "daemon/feed.h"
#include "daemon/probe.h"

#define HOUR_MS      3600000
#define KEY_SIZE_MAX 16384
#define EPOCHS_LEFT  16u /* more than can be open at a time */
#define FAREWELL_MS  30000u

struct vs_daemon_sensor {
	struct vs_daemon *daemon;
	struct vs_sensor *sensor;
	struct vs_pkey *pkey;
	struct vs_jose_key *key;
	struct vs_keys_rotator others; /* of the other channels */
	uint16_t port;
};

/* --- settings --------------------------------------------------------------------------------- */

vs_result
vs_daemon_sensor_settings(const struct vs_daemon_options *options, enum vs_daemon_mode mode,
                          char *reason, size_t reason_size,
                          struct vs_daemon_sensor_setup *setup_out)
{
	bool is_industrial = options->number[VS_OPTION_industrial_mode] != 0;
	struct vs_daemon_sensor_setup setup = {
	    .is_on = mode == VS_DAEMON_DEV || options->number[VS_OPTION_sensor_port] != 0,
	    .port = (uint16_t)options->number[VS_OPTION_sensor_port],
	    .is_sealed = options->number[VS_OPTION_enable_encryption] != 0,
	    .period_ms = options->number[VS_OPTION_key_rotation_interval] * HOUR_MS,
	    .jwt_file = options->text[VS_OPTION_jwt_key],
	    .issuer = options->text[VS_OPTION_jwt_issuer],
	    .audience = options->text[VS_OPTION_jwt_audience],
	};

	VS_TRY(vs_field_profile_parse(vs_bytes_from_text(options->text[VS_OPTION_sensor_least]),
	                              &setup.least));
	if (!setup.is_sealed)
		setup.least = VS_FIELD_CLEAR;
	else if (is_industrial && setup.least == VS_FIELD_CLEAR)
		setup.least = VS_FIELD_D1;
	if (is_industrial && !setup.is_sealed) {
		(void)snprintf(reason, reason_size,
		               "--industrial-mode takes nothing in clear, and "
		               "--enable-encryption=no leaves nothing else: change one of them");
		return VS_FAIL(CONFIG);
	}
	*setup_out = setup;
	return VS_OK;
}

/* ES256 or EdDSA, as the key is. */
static vs_result
read_key(struct vs_daemon_sensor *self, const char *path, char *reason, size_t reason_size)
{
	uint32_t algs = 0;
	struct vs_buf pem;
	vs_result r;

	if (path[0] == '\0')
		return VS_OK;
	vs_buf_init(&pem, KEY_SIZE_MAX);
	r = vs_file_read(path, &pem);
	if (r.code == VS_E_OK)
		r = vs_pkey_read_public(vs_buf_view(&pem), &self->pkey);
	vs_buf_done(&pem);
	if (r.code == VS_E_OK && vs_pkey_kind_of(self->pkey) == VS_PKEY_P256)
		algs = VS_JOSE_ALLOW(VS_SIGN_ES256);
	else if (r.code == VS_E_OK && vs_pkey_kind_of(self->pkey) == VS_PKEY_ED25519)
		algs = VS_JOSE_ALLOW(VS_SIGN_EDDSA);
	else
		r = VS_FAIL(CONFIG);
	if (r.code == VS_E_OK)
		r = vs_jose_key_new(self->pkey, algs, "", &self->key);
	if (r.code != VS_E_OK)
		(void)snprintf(reason, reason_size,
		               "--jwt-key %s: a public key (PEM) of P-256 or Ed25519 is expected",
		               path);
	return r;
}

/* --- between the rooms ------------------------------------------------------------------------ */

/* The keys of fields are of sensor devices, all others of stations. */
static vs_result
rotate(void *argument, const struct vs_keys_device *device)
{
	struct vs_daemon_sensor *self = argument;

	if (device->chan == VS_KEYS_FIELD)
		return vs_sensor_rotate(self->sensor, device);
	return self->others.rotate(self->others.self, device);
}

static void
over(struct vs_loop *loop, vs_result result, void *arg)
{
	(void)loop;
	(void)result; /* the log said it */
	free(arg);
}

/* --- decommissioning -------------------------------------------------------------------------- */

struct farewell {
	struct vs_keys *keys;
	char tenant[VS_CORE_TENANT_SIZE], device[VS_CORE_IDENTITY_SIZE];
};

/* The newest epochs can still be there: those before them were destroyed when their overlap was
 * over. */
static vs_result
destroy_keys(void *arg)
{
	struct farewell *farewell = arg;
	const struct vs_keys_device device = {farewell->tenant, farewell->device, VS_KEYS_FIELD};
	struct vs_keys_device_key key;
	struct vs_keys_offer offer;
	uint32_t last = 0;
	vs_result r = vs_keys_device_seal(farewell->keys, &device, &key);

	if (r.code == VS_E_OK)
		last = key.epoch;
	explicit_bzero(&key, sizeof(key));
	if (vs_keys_device_offered(farewell->keys, &device, &offer).code == VS_E_OK)
		last = offer.epoch;
	explicit_bzero(&offer, sizeof(offer));
	r = vs_keys_device_revoke(farewell->keys, &device, 0, VS_CORE_BEHALF("sensors"),
	                          "decommissioned");
	for (uint32_t i = 0; i < EPOCHS_LEFT && i < last; i++)
		if (vs_keys_device_destroy(farewell->keys, &device, last - i,
		                           VS_CORE_BEHALF("sensors"), "decommissioned")
		        .code == VS_E_NOT_FOUND)
			break;
	VS_LOG(INFO, "sensor.decommissioned", vs_bytes_from_text(farewell->device),
	       VS_LOG_NUM("epoch", last));
	return r;
}

/* What it measured stays readable: it is sealed with other keys. */
static void
decommission(struct vs_daemon_sensor *self, const struct vs_core_sensor *sensor)
{
	struct farewell *farewell = calloc(1, sizeof(*farewell));
	vs_result r;

	if (farewell == NULL)
		return;
	farewell->keys = vs_daemon_keys_service(self->daemon->keys);
	memcpy(farewell->tenant, sensor->tenant, sizeof(farewell->tenant));
	memcpy(farewell->device, sensor->device, sizeof(farewell->device));
	r = vs_pool_submit(self->daemon->pool, self->daemon->reactors[0].loop, FAREWELL_MS,
	                   destroy_keys, over, farewell);
	if (r.code != VS_E_OK)
		free(farewell);
	if (r.code != VS_E_OK)
		VS_LOG(WARN, "sensor.keys_stay", vs_bytes_from_text(sensor->device));
}

void
vs_daemon_sensor_disconnect(struct vs_daemon *daemon, const char *tenant, const char *device)
{
	if (daemon->sensor != NULL)
		vs_sensor_disconnect(daemon->sensor->sensor, tenant, device);
}

void
vs_daemon_sensor_displace(struct vs_daemon *daemon, const char *tenant, const char *device)
{
	if (daemon->sensor != NULL)
		vs_sensor_displace(daemon->sensor->sensor, tenant, device);
}

void
vs_daemon_sensor_changed(struct vs_daemon *daemon, const struct vs_core_record *record)
{
	const struct vs_core_sensor *sensor = &record->u.sensor_put;

	if (daemon->sensor == NULL || record->outcome != VS_E_OK)
		return;
	if (record->kind == VS_RECORD_sensor_remove || record->kind == VS_RECORD_sensor_put)
		vs_sensor_disconnect(daemon->sensor->sensor, sensor->tenant, sensor->device);
	if (record->kind == VS_RECORD_sensor_remove)
		decommission(daemon->sensor, sensor);
	else if (record->kind == VS_RECORD_sensor_revoke)
		vs_sensor_revoked(daemon->sensor->sensor, record->tenant, &record->u.sensor_revoke);
}

void
vs_daemon_sensor_close(struct vs_daemon *daemon, const char *tenant, const char *device)
{
	/* What is revoked may be no device, but a certificate. */
	if (daemon->sensor != NULL && vs_core_identity_is_valid(vs_bytes_from_text(device)))
		vs_sensor_disconnect(daemon->sensor->sensor, tenant, device);
}

void
vs_daemon_sensor_close_token(struct vs_daemon *daemon, const char *tenant, const char *jti)
{
	struct vs_core_sensor_revoked revoked = {.kind = "jti"};

	(void)snprintf(revoked.name, sizeof(revoked.name), "%s", jti);
	if (daemon->sensor != NULL)
		vs_sensor_revoked(daemon->sensor->sensor, tenant, &revoked);
}

void
vs_daemon_sensor_close_all(struct vs_daemon *daemon)
{
	if (daemon->sensor != NULL)
		vs_sensor_close_all(daemon->sensor->sensor);
}

void
vs_daemon_sensor_drain(struct vs_daemon *daemon, bool is_on, uint32_t over_ms, uint32_t grace_ms)
{
	if (daemon->sensor == NULL)
		return;
	if (is_on)
		vs_sensor_drain(daemon->sensor->sensor, over_ms, grace_ms);
	else
		vs_sensor_resume(daemon->sensor->sensor);
}

size_t
vs_daemon_sensor_count(const struct vs_daemon *daemon)
{
	return daemon->sensor != NULL ? vs_sensor_connected_count(daemon->sensor->sensor) : 0;
}

void
vs_daemon_sensor_committed(struct vs_daemon *daemon, uint8_t origin, struct vs_core_record *list)
{
	vs_sensor_committed(daemon->sensor->sensor, (uint8_t)(origin - VS_DAEMON_ORIGIN_SENSOR),
	                    list);
}

/* --- life ------------------------------------------------------------------------------------- */

static void
came(void *arg, const char *tenant, const char *device)
{
	vs_daemon_cluster_came(arg, VS_CAME_SENSOR, tenant, device);
}

static vs_result
make(struct vs_daemon_sensor *self)
{
	struct vs_daemon *daemon = self->daemon;
	const struct vs_daemon_sensor_setup *setup = &daemon->setup.sensor;
	struct vs_keys *keys = vs_daemon_keys_service(daemon->keys);
	const struct vs_sensor_options options = {
	    .writer = vs_daemon_writer(daemon),
	    .reader = vs_store_reader(daemon->store),
	    .events = vs_bus_publisher(daemon->bus),
	    .frames = vs_frames_port(daemon->frames),
	    .audit = daemon->audit != NULL ? vs_daemon_audit_port(daemon->audit)
	                                   : (struct vs_port_audit){.self = NULL},
	    .registry = daemon->registry,
	    .keys = keys,
	    .pool = daemon->pool,
	    .throttle = daemon->throttle,
	    .jwt_key = self->key,
	    .issuer = setup->issuer,
	    .audience = setup->audience,
	    .least = setup->least,
	    .is_sealed = setup->is_sealed,
	    .origin = VS_DAEMON_ORIGIN_SENSOR,
	    .reactor_count = daemon->setup.reactor_count,
	    .is_current = vs_daemon_is_current,
	    .is_current_arg = daemon,
	    .came = came,
	    .came_arg = daemon,
	};
	const struct vs_keys_rotator rotator = {.self = self, .rotate = rotate};

	VS_TRY(vs_sensor_new(&options, &self->sensor));
	for (unsigned i = 0; i < daemon->setup.reactor_count; i++)
		VS_TRY(vs_sensor_attach(self->sensor, daemon->reactors[i].net, (uint8_t)i));
	self->others = vs_daemon_charge_rotator(daemon);
	vs_keys_set_rotator(keys, &rotator);
	vs_keys_listen(keys, vs_sensor_hear, self->sensor);
	return VS_OK;
}

vs_result
vs_daemon_sensor_make(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	if (!daemon->setup.sensor.is_on)
		return VS_OK;
	daemon->sensor = calloc(1, sizeof(*daemon->sensor));
	if (daemon->sensor == NULL)
		return VS_FAIL(NO_MEMORY);
	daemon->sensor->daemon = daemon;
	VS_TRY(read_key(daemon->sensor, daemon->setup.sensor.jwt_file, reason, reason_size));
	return make(daemon->sensor);
}

vs_result
vs_daemon_sensor_listen(struct vs_daemon *daemon, char *reason, size_t reason_size)
{
	struct vs_daemon_sensor *self = daemon->sensor;
	uint16_t port = daemon->setup.sensor.port;

	if (self == NULL)
		return VS_OK;
	VS_TRY(vs_daemon_port_check(daemon->setup.address, port, "--sensor-port", reason,
	                            reason_size));
	for (unsigned i = 0; i < daemon->setup.reactor_count; i++) {
		const struct vs_net_listener_options options = {
		    .name = VS_DAEMON_SENSOR_LISTENER,
		    .stack = VS_STACK_WSS,
		    .address = daemon->setup.address,
		    .port = port,
		    .tls = vs_daemon_guard_ocpp(daemon->guard),
		    .handler = vs_sensor_handler(self->sensor, (uint8_t)i),
		    .ping_interval_ms = 60000,
		    .idle_timeout_ms = 180000,
		    .throttle = daemon->throttle,
		};

		VS_TRY(vs_net_listen(daemon->reactors[i].net, &options, &port));
	}
	self->port = port;
	if (daemon->setup.sensor.least < VS_FIELD_D2)
		VS_LOG(WARN, "listener.compat", VS_BYTES_LITERAL("sensor"),
		       VS_LOG_STR("least", vs_field_profile_word(daemon->setup.sensor.least)));
	return VS_OK;
}

uint16_t
vs_daemon_sensor_port(const struct vs_daemon *daemon)
{
	return daemon->sensor != NULL ? daemon->sensor->port : 0;
}

void
vs_daemon_sensor_free(struct vs_daemon *daemon)
{
	if (daemon->sensor == NULL)
		return;
	vs_sensor_free(&daemon->sensor->sensor);
	vs_jose_key_free(&daemon->sensor->key);
	vs_pkey_free(&daemon->sensor->pkey);
	free(daemon->sensor);
	daemon->sensor = NULL;
}
