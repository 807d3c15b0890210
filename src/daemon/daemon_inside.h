/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon from inside, shared by the files that are one life of it each: daemon.c makes and
 * frees, listen.c opens its ports, run.c runs and drains, delivery.c brings committed records home,
 * certify.c has what its certificates and their rules need. Nobody else includes this.
 */
#pragma once

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "api/api.h"
#include "bus/bus.h"
#include "bus/frames.h"
#include "central/central.h"
#include "charge/charge.h"
#include "core/models.h"
#include "daemon/alerts.h"
#include "daemon/audit.h"
#include "daemon/contract.h"
#include "daemon/daemon.h"
#include "daemon/errands.h"
#include "daemon/guard.h"
#include "daemon/keep.h"
#include "daemon/key_gate.h"
#include "daemon/keys.h"
#include "event/pool.h"
#include "keys/spool.h"
#include "net/net.h"
#include "store/store.h"

/* Where a record came from, and goes back to. Those below are the reactors' sessions. */
enum vs_daemon_origin {
	VS_DAEMON_ORIGIN_SENSOR = 128,  /* reactor 0's sensor devices; those of the others follow */
	VS_DAEMON_ORIGIN_CLUSTER = 250, /* the thread of the bus */
	VS_DAEMON_ORIGIN_FEED,          /* reactor 0: what another node wrote */
	VS_DAEMON_ORIGIN_PROVISION,     /* the thread of the broker, or whoever has its lock */
	VS_DAEMON_ORIGIN_CHARGE,        /* reactor 0, the framed network */
	VS_DAEMON_ORIGIN_START,         /* whoever waits in vs_daemon_commit */
	VS_DAEMON_ORIGIN_API,           /* reactor 0, but the api's records */
};
_Static_assert(VS_DAEMON_ORIGIN_API == UINT8_MAX, "an origin is a byte of a record");

struct vs_daemon_feed;
struct vs_daemon_quota;
struct vs_daemon_cluster;
struct vs_daemon_provision;
struct vs_daemon_sensor;

struct vs_daemon_reactor {
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

struct vs_daemon {
	struct vs_daemon_setup setup;
	struct vs_core_registry *registry;
	struct vs_core_models models; /* quirks by model */
	struct vs_daemon_keys *keys;
	struct vs_daemon_audit *audit; /* NULL: no key process */
	struct vs_daemon_key_gate key_gate;
	struct vs_store *store;
	struct vs_keys_spool *spool_key; /* NULL: the store is a file */
	atomic_bool is_heard;            /* all that publish and listen are there */
	struct vs_bus *bus;
	struct vs_frames *frames;
	struct vs_daemon_alerts *alerts;
	struct vs_daemon_keep *keep;
	struct vs_pool *pool;
	struct vs_pool *hash_pool;  /* for the API's password hashes */
	struct vs_pool *fetch_pool; /* for what other servers are asked */
	struct vs_pkey *sign_key;   /* of signed OCPP messages */
	struct vs_throttle *throttle;
	struct vs_central *central;
	struct vs_charge *charge; /* NULL: not wanted */
	struct vs_api *api;
	struct vs_daemon_sensor *sensor;       /* sensor.c; NULL: there is no listener for them */
	struct vs_daemon_provision *provision; /* provision.c; NULL: there is no broker */
	struct vs_daemon_cluster *cluster;     /* cluster.c; NULL: there is one node */
	struct vs_daemon_retain *retain;       /* retain.c */
	struct vs_daemon_quota *quota;         /* quota.c; NULL likewise */
	struct vs_daemon_feed *feed;           /* feed.c; NULL: the only daemon at this store */
	uint16_t ocpp_port;                    /* when it listens */
	struct vs_daemon_guard *guard;
	struct vs_daemon_errands *errands;
	struct vs_daemon_contract *contract; /* NULL: no provider */
	struct vs_daemon_rollout *rollout;
	uint64_t overdue;           /* keys, as of the last sweep; of the keys' thread */
	_Atomic int64_t overlap_ms; /* of a certificate and the one in its place */
	struct vs_net *nets[VS_DAEMON_REACTORS_MAX]; /* of the reactors, for the guard */
	struct vs_daemon_reactor reactors[VS_DAEMON_REACTORS_MAX];
	struct vs_signal_watch signals;
	struct vs_timer watchdog; /* of systemd, in the first reactor */
	unsigned watchdog_ms;
	bool is_keyd_gone;
	atomic_bool is_down;       /* the loops have ended: nobody takes mail any more */
	atomic_size_t in_flight;   /* records given to the store and not given back yet */
	atomic_bool is_stopping;   /* the reactors take no more mail from other threads for long */
	atomic_bool is_draining;   /* drain.c */
	struct vs_timer end_timer; /* of the drain before the end, in the first reactor */
	uint64_t end_deadline_ms;
	char station_url[128];

	pthread_mutex_t commit_lock; /* of the waiting in vs_daemon_commit */
	pthread_cond_t commit_done;
	size_t commit_left;
	vs_result commit_result;
};

/* --- delivery.c --- */

/* For vs_store_options, in the writer's thread. */
void vs_daemon_committed(void *arg, uint8_t origin, struct vs_core_record *list);
/* Likewise: the database is away, or all that waited for it is in it. */
void vs_daemon_spooling(void *arg, bool is_on, size_t count);
/* What the rooms write through: the store, counted, so that a drain can wait for what it owes. */
struct vs_port_writer vs_daemon_writer(struct vs_daemon *daemon);

/* --- certify.c --- */

/* The certificates that the daemon itself shows, before its TLS files are read. */
VS_RESULT vs_daemon_certify(struct vs_daemon *daemon);
VS_RESULT vs_daemon_guard_make(struct vs_daemon *daemon, char *reason, size_t reason_size);
/* When the reactors are about to run. */
void vs_daemon_guard_reach_all(struct vs_daemon *daemon);

/* --- run.c --- */

/* Those that vs_daemon_run waits for. Before any thread exists: they all inherit the mask. */
VS_RESULT vs_daemon_signals_block(void);
