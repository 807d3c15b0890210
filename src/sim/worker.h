/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One thread of the simulator: an event loop, its connections, and the stations that live on them.
 *
 * A station and its connection stay in their thread. Other threads may only read the published
 * stats and ask the worker to stop.
 */
#pragma once

#include "crypto/pin.h"
#include "sim/credentials.h"
#include "sim/ledger.h"
#include "sim/stats.h"
#include "sim/target.h"

struct vs_sim_worker;

/* The same for all workers; outlives them. */
struct vs_sim_plan {
	const struct vs_sim_target *target;
	const struct vs_sim_credentials *credentials;
	struct vs_sim_ledger *ledger; /* NULL: none */
	const char *ca_file;          /* NULL: no TLS */
	const char *keep_folder;      /* of sim/vault.h; NULL: nothing is kept */
	struct vs_fernet *fernet;     /* under which a password is kept there; or NULL */
	struct vs_pin_set pins;       /* empty: nothing is pinned */
	const char *token;            /* NULL: those of a development system */
	enum vs_sim_scenario_id scenario;
	uint32_t stations; /* of all workers */
	uint32_t workers;
	uint32_t connect_rate;        /* per second, of all workers; 0: all at once */
	uint16_t meter_s;             /* 0: as the scenario says */
	enum vs_ocpp_version version; /* 0: 2.0.1 */
	bool is_mixed;                /* not that: each of the three in turn */
	uint64_t seed;
	const char *tenant;       /* of sealed sessions */
	const char *central_cert; /* stations sign, and verify by this one; NULL: they do not */
	bool is_sealed;           /* each station has its psk file */
	bool is_deflate_offered, is_noisy; /* noisy: log what each station does */
	bool is_first_failure_final;       /* give up when the first connection fails */
	/* In the thread of a worker: one cannot go on (exit status and text), or it has stopped. */
	void (*failed)(void *arg, int exit_status, const char *text);
	void (*stopped)(void *arg);
	/* In the thread of a worker: a connection failed, or ended by an error. */
	void (*complaint)(void *arg, const char *identity, const char *text, int exit_status);
	void *arg;
};

/* Makes the stations whose number modulo plan->workers is `index`. `reason` says what is wrong with
 * their files. */
VS_RESULT vs_sim_worker_new(const struct vs_sim_plan *plan, uint32_t index, char *reason,
                            size_t reason_size, struct vs_sim_worker **worker_out);
void vs_sim_worker_free(struct vs_sim_worker **worker);
struct vs_loop *vs_sim_worker_loop(struct vs_sim_worker *worker);
/* In its thread, until it has stopped. */
VS_RESULT vs_sim_worker_run(struct vs_sim_worker *worker);
/* Any thread. In order: transactions end, what is queued is delivered, for at most grace_ms. */
void vs_sim_worker_stop(struct vs_sim_worker *worker, bool is_abrupt, uint32_t grace_ms);
/* Any thread: as of at most half a second ago; exact after the run. */
void vs_sim_worker_stats(struct vs_sim_worker *worker, struct vs_sim_stats *stats_out);
