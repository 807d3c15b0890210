/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the daemon's end of the audit log, for audit.c and audit_now.c alone. */
#pragma once

#include <pthread.h>

#include "daemon/audit.h"

struct item {
	struct item *next;
	struct vs_core_audit_entry entry;
	int64_t at_ns;
	uint64_t count;
	void (*done)(void *arg, vs_result result);
	void *arg;
};

struct queue {
	struct item *first, **end;
	size_t count;
};

struct vs_daemon_audit {
	struct vs_keys_client *client;
	struct vs_port_seal seal;
	struct vs_port_events next;                   /* whom events are passed on to */
	void (*tap)(void *arg, struct vs_bytes line); /* under lock; NULL: nobody */
	void *tap_arg;
	char node[64];

	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_ending;
	struct queue queue;    /* to be written */
	struct queue notes;    /* of class N, of this second */
	uint64_t lost;         /* entries of class N since the last that was written */
	int64_t notes_from_ns; /* of the oldest note */
	bool is_healthy;       /* of the thread */
};

/* These lines are on disk. */
void vs_daemon_audit_tell_tap(struct vs_daemon_audit *audit, const struct vs_bytes *lines,
                              size_t count);
