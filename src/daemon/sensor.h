/* SPDX-License-Identifier: Apache-2.0 */
/* Sensor devices in the daemon: their settings, their listener, and what connects them to the other
 * rooms. */
#pragma once

#include "crypto/jose_key.h"
#include "daemon/options.h"
#include "sensor/sensor.h"

#define VS_DAEMON_SENSOR_LISTENER "sensor"

struct vs_daemon;

struct vs_daemon_sensor_setup {
	bool is_on; /* there is a listener */
	uint16_t port;
	enum vs_field_profile least;
	bool is_sealed;
	int64_t period_ms;                        /* of the devices' keys */
	const char *jwt_file, *issuer, *audience; /* borrowed; "" */
};

/* CONFIG: the settings contradict each other; `reason` says how. */
VS_RESULT vs_daemon_sensor_settings(const struct vs_daemon_options *options,
                                    enum vs_daemon_mode mode, char *reason, size_t reason_size,
                                    struct vs_daemon_sensor_setup *setup_out);

/* When central is there; before the reactors run. */
VS_RESULT vs_daemon_sensor_make(struct vs_daemon *daemon, char *reason, size_t reason_size);
VS_RESULT vs_daemon_sensor_listen(struct vs_daemon *daemon, char *reason, size_t reason_size);
/* 0: there is none. */
uint16_t vs_daemon_sensor_port(const struct vs_daemon *daemon);
void vs_daemon_sensor_free(struct vs_daemon *daemon);
/* Any thread: for another node to have them. */
void vs_daemon_sensor_drain(struct vs_daemon *daemon, bool is_on, uint32_t over_ms,
                            uint32_t grace_ms);
size_t vs_daemon_sensor_count(const struct vs_daemon *daemon);
/* In the reactor of this origin. */
void vs_daemon_sensor_committed(struct vs_daemon *daemon, uint8_t origin,
                                struct vs_core_record *list);
void vs_daemon_sensor_disconnect(struct vs_daemon *daemon, const char *tenant, const char *device);
/* It has come in at another node. Any thread. */
void vs_daemon_sensor_displace(struct vs_daemon *daemon, const char *tenant, const char *device);
/* A record of the API came back: what it changed may end a session. */
void vs_daemon_sensor_changed(struct vs_daemon *daemon, const struct vs_core_record *record);
/* Another node changed it: end its connection here; or those that this token let in. Any thread. */
void vs_daemon_sensor_close(struct vs_daemon *daemon, const char *tenant, const char *device);
/* All of them, because what was revoked is not known one by one. */
void vs_daemon_sensor_close_all(struct vs_daemon *daemon);
void vs_daemon_sensor_close_token(struct vs_daemon *daemon, const char *tenant, const char *jti);
