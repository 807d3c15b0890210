/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's side of provisioning: what comes from a broker is opened, judged (core/claim.h) and
 * answered; a device gets its identity, certificate and credentials; operators make, revoke and
 * delete. doc/protocol/provisioning.md is what both sides speak.
 *
 * It does not know how messages come and go. Everything blocks (keys, certificates and commits are
 * waited for): call from threads of your own or from a pool, many at a time; never from a reactor.
 * What is answered is on disk before it is given out.
 */
#pragma once

#include "core/audit.h"
#include "core/ports.h"
#include "core/registry.h"
#include "keys/certs.h"
#include "keys/keys.h"
#include "provision/message.h"

struct vs_onboard;

/* E1 (provision/compat.h): refused; taken of whoever proves the claim's secret; taken of whoever
 * the broker lets write to the device's topic, as the document shows it. */
enum vs_onboard_compat { VS_ONBOARD_COMPAT_OFF, VS_ONBOARD_COMPAT_PROVED, VS_ONBOARD_COMPAT_BARE };

struct vs_onboard_options {
	struct vs_core_registry *registry;
	struct vs_port_writer writer;
	struct vs_port_reader reader;
	struct vs_port_events events;
	struct vs_port_commands commands; /* self NULL: nobody is disconnected */
	struct vs_port_audit audit;       /* self NULL: there is no log */
	struct vs_port_pepper pepper;
	struct vs_keys *keys;
	struct vs_certs *certs; /* NULL: there is no CA, and no certificate */
	int64_t (*now_ms)(void);
	uint8_t origin;     /* of its records, which come to vs_onboard_committed */
	const char *broker; /* what bundles say: mqtts://host:port. Borrowed, as are the others */
	const char *ca_pin; /* of the broker's chain; "" */
	const char *station_url, *framed_url,
	    *sensor_url;  /* "": none; the first ends with a slash */
	int64_t grace_ms; /* between delete and the end of the keys */
	enum vs_onboard_compat compat;
	/* Is it known here who was revoked? While it is not, no message is answered: the device
	 * asks again. Any thread; NULL: always. */
	bool (*is_current)(void *arg);
	void *is_current_arg;
	bool is_two_phase; /* of E1: a request in clear is told the key to seal to */
};

VS_RESULT vs_onboard_new(const struct vs_onboard_options *options, struct vs_onboard **onboard_out);
void vs_onboard_free(struct vs_onboard **onboard);
/* In the writer's thread; frees the list. */
void vs_onboard_committed(struct vs_onboard *onboard, struct vs_core_record *list);

/* One message of the broker; peer: its address. True: *topic_out and what was appended to payload
 * are to be published. Whatever is wrong with it is logged, counted and told to the operator here;
 * *why_out is the same in words, "" when it was taken: for whoever watches, not for the device.
 * Static.
 */
bool vs_onboard_message(struct vs_onboard *onboard, const char *peer, struct vs_bytes topic,
                        struct vs_bytes payload, char topic_out[static VS_PROVISION_TOPIC_SIZE],
                        struct vs_buf *answer, const char **why_out);
/* The manifest of now, appended: for prov/v2/keys, retained, and for the well-known place. */
VS_RESULT vs_onboard_manifest(struct vs_onboard *onboard, struct vs_buf *text);
/* Ends the devices whose grace is over, some at a time. */
VS_RESULT vs_onboard_tick(struct vs_onboard *onboard);
/* For the API. */
struct vs_port_provision vs_onboard_port(struct vs_onboard *onboard);
