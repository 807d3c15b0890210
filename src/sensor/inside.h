/* SPDX-License-Identifier: Apache-2.0 */
/* The sessions from inside: for the files of this folder that have I/O. */
#pragma once

#include <pthread.h>

#include "core/audit.h"
#include "event/drain.h"
#include "field/compat.h"
#include "sensor/reply.h"
#include "sensor/sensor.h"
#include "sensor/table.h"
#include "sensor/token.h"
#include "sensor/window.h"

#define VS_SENSOR_SLOTS 8u /* salts that a session has at hand */

/* One salt under one epoch. Of D1m: an all-zero salt, and no field. */
struct vs_sensor_slot {
	uint32_t epoch; /* 0: free */
	uint8_t salt[VS_FIELD_SALT_SIZE];
	struct vs_field_d2 *field;
	struct vs_sensor_window window;
	size_t in_flight; /* given to the store and not back yet */
	uint64_t used;
};

enum vs_sensor_phase {
	VS_SENSOR_WAITS,   /* for a token */
	VS_SENSOR_ENTERS,  /* its job is in the pool */
	VS_SENSOR_OPEN,    /* device_info is sent */
	VS_SENSOR_CLOSING, /* nothing is read any more */
};

struct vs_sensor_job;

struct vs_sensor_session {
	struct vs_sensor_session *next, **link;
	struct vs_sensor_reactor *reactor;
	vs_conn_id conn;
	enum vs_sensor_phase phase;
	uint64_t since_ms, tat_us; /* monotonic: begun; next message by the rate */
	struct vs_buf token;       /* of the upgrade request; wiped when it was used */
	bool has_fingerprint, is_entered, has_job, is_counted;
	bool is_leaving; /* drain.c: nothing more of it is read */
	size_t waiting;  /* messages whose answer waits for their commit */
	uint8_t fingerprint[32];
	struct vs_sensor_identity identity;
	enum vs_field_profile reached;
	uint8_t sn[VS_FIELD_SALT_SIZE];
	uint32_t epoch;                 /* of the key that was handed over last */
	uint32_t active;                /* the one that is known to be in use */
	struct vs_field_compat *compat; /* under `epoch` */
	struct vs_sensor_slot slots[VS_SENSOR_SLOTS];
	uint64_t uses;
	size_t salt_count;                /* windows that the store has of `epoch` */
	uint64_t offer_ms, offer_wait_ms; /* monotonic: when the key on offer is told again; 0 */
	bool can_ack;
};

struct vs_sensor_reactor {
	struct vs_sensor *sensor;
	struct vs_net *net;
	struct vs_loop *loop;
	uint8_t index;
	struct vs_timer tick;
	struct vs_drain drain; /* drain.c */
	struct vs_sensor_session *sessions;
	struct vs_sensor_job *jobs;
	struct vs_json_tape tape;
	struct vs_field_message message;
	struct vs_field_values values;
	struct vs_buf text, reply; /* of the message at hand */
	size_t received_size;      /* of the message at hand, until it was traced */
	bool is_read;              /* tape and message are of it */
};

struct vs_sensor {
	pthread_mutex_t token_lock; /* the issuer's key is for one thread at a time */
	struct vs_sensor_options options;
	struct vs_sensor_token_rules rules;
	struct vs_sensor_table *table;
	struct vs_sensor_reactor *reactors; /* reactor_count */
	struct vs_drain_order drain;
	atomic_size_t count; /* connections */
};

/* --- session.c --- */

void vs_sensor_session_close(struct vs_sensor_session *session, enum vs_sensor_close why);
void vs_sensor_session_refuse(struct vs_sensor_session *session, enum vs_sensor_reply reply,
                              const uint64_t *n);
void vs_sensor_session_send(struct vs_sensor_session *session, struct vs_bytes text);
void vs_sensor_session_note(const struct vs_sensor_session *session, enum vs_core_audit_event event,
                            const char *why);
/* Is it known who was revoked? */
bool vs_sensor_is_current(const struct vs_sensor *sensor);
struct vs_sensor_session *vs_sensor_session_find(struct vs_sensor_reactor *reactor, vs_conn_id id);
/* One text of the device, or the one that waited for a job. */
void vs_sensor_session_receive(struct vs_sensor_session *session, struct vs_bytes text);
void vs_sensor_session_free(struct vs_sensor_session **session);

/* --- drain.c --- */

void vs_sensor_drain_init(struct vs_sensor_reactor *reactor);

/* --- readings.c --- */

void vs_sensor_readings(struct vs_sensor_session *session, struct vs_bytes text);
struct vs_sensor_slot *vs_sensor_slot_find(struct vs_sensor_session *session, uint32_t epoch,
                                           const uint8_t salt[static VS_FIELD_SALT_SIZE]);
/* NULL: all of them are in use. */
struct vs_sensor_slot *vs_sensor_slot_take(struct vs_sensor_session *session);

/* --- job.c: what the pool does --- */

enum vs_sensor_job_kind {
	VS_SENSOR_JOB_ENTER,  /* text: the token */
	VS_SENSOR_JOB_REAUTH, /* text: the token */
	VS_SENSOR_JOB_KEY,    /* epoch, salt: have a slot; text: the message that needs it */
	VS_SENSOR_JOB_USED,   /* epoch */
	VS_SENSOR_JOB_OFFER,  /* another key */
	VS_SENSOR_JOB_ACK,    /* epoch, oid, proof */
	VS_SENSOR_JOB_SPOIL,  /* too much did not open: replace the key */
};
struct vs_sensor_job_request {
	enum vs_sensor_job_kind kind;
	uint32_t epoch;
	const uint8_t *salt, *oid, *proof; /* copied */
	struct vs_bytes text;              /* copied */
	enum vs_field_profile profile;
};
/* The connection is not read until it is done. */
void vs_sensor_job_start(struct vs_sensor_session *session,
                         const struct vs_sensor_job_request *request);
/* At the end, when the pool is gone. */
void vs_sensor_jobs_free(struct vs_sensor_reactor *reactor);
