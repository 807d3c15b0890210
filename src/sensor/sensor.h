/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of sensor devices (doc/protocol/sensors.md): from the WebSocket to records of the store.
 *
 * A connection belongs to its reactor. What asks the key service or the store is done in the pool;
 * meanwhile the connection is not read. A reply leaves when what it is about is on disk.
 */
#pragma once

#include "core/audit.h"
#include "core/ports.h"
#include "core/registry.h"
#include "event/pool.h"
#include "keys/keys.h"
#include "net/net.h"
#include "sensor/ratchet.h"

struct vs_sensor;
struct vs_jose_key;

#define VS_SENSOR_PATH "/ws/sensors"

struct vs_sensor_options {
	struct vs_port_writer writer;
	struct vs_port_reader reader;
	const struct vs_core_registry *registry; /* of closed tenants; NULL: none is */
	struct vs_port_audit audit;              /* no functions: nothing is written down */
	struct vs_port_events events;            /* no functions: nobody is told */
	struct vs_port_frames frames;            /* hears every message; self NULL: nobody does */
	struct vs_keys *keys;                    /* borrowed, as all of these */
	struct vs_pool *pool;
	struct vs_throttle *throttle;
	const struct vs_jose_key *jwt_key; /* NULL: JWTs do not count */
	const char *issuer, *audience;
	enum vs_field_profile least; /* what is asked of every device */
	bool is_sealed;              /* devices get keys */
	uint8_t origin;              /* of reactor 0's records; those of the others follow */
	unsigned reactor_count;
	/* Is it known here who was revoked? While it is not, nobody is let in; who is connected
	 * stays. Any thread; NULL: always. */
	bool (*is_current)(void *arg);
	void *is_current_arg;
	/* It was let in here: other nodes end older connections of it. Any thread; NULL: there are
	 * none. */
	void (*came)(void *arg, const char *tenant, const char *device);
	void *came_arg;
};

VS_RESULT vs_sensor_new(const struct vs_sensor_options *options, struct vs_sensor **sensor_out);
void vs_sensor_free(struct vs_sensor **sensor); /* after pool and nets, before the loops */
/* Before the reactors run. */
VS_RESULT vs_sensor_attach(struct vs_sensor *sensor, struct vs_net *net, uint8_t index);
struct vs_net_handler vs_sensor_handler(struct vs_sensor *sensor, uint8_t index);
/* In reactor `index`: records with its origin. */
void vs_sensor_committed(struct vs_sensor *sensor, uint8_t index, struct vs_core_record *list);
/* Close the connection of this device, if it has one, with "forbidden". Any thread. */
void vs_sensor_disconnect(struct vs_sensor *sensor, const char *tenant, const char *device);
/* Likewise, with "replaced": it has come in at another node. Any thread. */
void vs_sensor_displace(struct vs_sensor *sensor, const char *tenant, const char *device);
/* The same for sessions that were let in by what is revoked here. Any thread. */
void vs_sensor_revoked(struct vs_sensor *sensor, const char *tenant,
                       const struct vs_core_sensor_revoked *revoked);
/* Close all of them: each has to be let in anew. Any thread. */
void vs_sensor_close_all(struct vs_sensor *sensor);
/* From now on nobody is let in (503), and those that are here are closed over so long (1012), each
 * when all that it said is answered, or in the grace after it: for another node to have them. */
void vs_sensor_drain(struct vs_sensor *sensor, uint32_t over_ms, uint32_t grace_ms);
void vs_sensor_resume(struct vs_sensor *sensor);
size_t vs_sensor_connected_count(const struct vs_sensor *sensor); /* any thread */
/* For vs_keys_set_rotator. Any thread. NOT_CONNECTED. */
vs_result vs_sensor_rotate(void *self, const struct vs_keys_device *device);
/* For vs_keys_listen. */
void vs_sensor_hear(void *self, const struct vs_keys_news *news);
