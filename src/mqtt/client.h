/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to an MQTT broker: MQTT 5 over TLS 1.3, for both ends of provisioning.
 *
 * libmosquitto does the protocol; it resolves names and connects blocking, so a client lives in a
 * thread of its own that calls vs_mqtt_turn again and again (doc/decisions/0121). All calls are of
 * that thread, but vs_mqtt_publish and vs_mqtt_is_connected: those are any thread's. It reconnects
 * with back-off (1 s to 60 s, half of it by chance) for as long as it is turned; sessions are
 * clean: what was under way is sent again by whoever waits for its answer. Messages longer than
 * four times VS_LIMIT_PROVISION_SIZE never leave the broker (Maximum Packet Size), and at most 32
 * are in flight.
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

struct vs_mqtt;

struct vs_mqtt_options {
	const char *host; /* a name or an address: the broker's certificate must show it */
	uint16_t port;
	const char *client_id;            /* at most 23 bytes is safe everywhere */
	const char *ca_file;              /* PEM */
	const char *cert_file, *key_file; /* NULL: none */
	const char *pin;                  /* "sha256/.." that the chain must show; "": none */
	/* In vs_mqtt_turn. */
	void (*connected)(void *arg);             /* subscribe here */
	void (*lost)(void *arg, const char *why); /* also: it could not connect */
	void (*message)(void *arg, struct vs_bytes topic, struct vs_bytes payload);
	void *arg;
};

/* CONFIG: a file or a pin is not good; `reason` says which. Everything is copied. */
VS_RESULT vs_mqtt_new(const struct vs_mqtt_options *options, char *reason, size_t reason_size,
                      struct vs_mqtt **mqtt_out);
void vs_mqtt_free(struct vs_mqtt **mqtt); /* says goodbye */

/* Waits at most so long for something to happen. */
void vs_mqtt_turn(struct vs_mqtt *mqtt, int timeout_ms);
bool vs_mqtt_is_connected(const struct vs_mqtt *mqtt);
/* QoS 1. NOT_CONNECTED; BUSY. */
VS_RESULT vs_mqtt_subscribe(struct vs_mqtt *mqtt, const char *topic);
VS_RESULT vs_mqtt_publish(struct vs_mqtt *mqtt, const char *topic, struct vs_bytes payload,
                          bool is_retained);

/* "mqtts://host:port", host also "[::1]". BAD_VALUE. */
#define VS_MQTT_HOST_SIZE 254
VS_RESULT vs_mqtt_url_parse(const char *url, char host_out[static VS_MQTT_HOST_SIZE],
                            uint16_t *port_out);
