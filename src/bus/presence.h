/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which node holds which station's socket, and which one may send to it (core/owner.h says by what
 * right): the buckets `lease` (one key for each node, renewed every VS_OWNER_RENEW_MS) and `conn`
 * (one for each station), and questions over own.NODE.
 *
 * Every node watches both and so knows where each station is. What one station costs here: its
 * place in two maps and about 500 bytes on the node that holds it, 150 on the others.
 */
#pragma once

#include "bus/nats.h"
#include "bus/subject.h"
#include "core/ports.h"

struct vs_presence;

struct vs_presence_options {
	struct vs_nats *nats;
	const char *node;              /* borrowed */
	uint32_t replicas;             /* of the buckets; 0: 1 */
	struct vs_port_commands local; /* to close a socket that another node has taken over */
	/* In the loop: from here on this node may send, or may not. `epoch` grows with each owner
	 * of the station. A process that stood still is told of the end of its lease late: its
	 * right ended `ago_ms` before. NULL: nobody wants to know. */
	void (*owns)(void *arg, const char *tenant, const char *station, uint64_t epoch);
	void (*lets)(void *arg, const char *tenant, const char *station, uint64_t epoch,
	             uint64_t ago_ms);
	/* In the loop: its socket came in here, or has gone. NULL likewise. */
	void (*here)(void *arg, const char *tenant, const char *station, bool is_here);
	/* In the loop: has this process of this node ended for certain? Nothing is sent by it any
	 * more, and nobody has to wait for the end of its lease. NULL: nobody knows. */
	bool (*is_dead)(void *arg, const char *process);
	void *arg;
	const char *process;      /* the word of this one, at most 22 bytes; NULL: a random one */
	uint64_t (*now_ms)(void); /* of leases, any thread; NULL: vs_clock_mono_ms */
};

/* In the loop's thread, or before it runs. */
VS_RESULT vs_presence_new(const struct vs_presence_options *options,
                          struct vs_presence **presence_out);
/* No reactor sends any more: give the lease back, so that nobody has to wait for its end. Before
 * vs_nats_free. */
void vs_presence_stop(struct vs_presence *presence);
/* After vs_nats_free; the loop is not turned in between. */
void vs_presence_free(struct vs_presence **presence);

/* --- any thread ------------------------------------------------------------------------------- */

struct vs_presence_socket {
	const char *tenant, *station;
	const char *ip, *protocol, *fingerprint; /* "": not known */
	int64_t since_ms;
};
/* A station's socket came in here, or has gone. BUSY, NO_MEMORY: nothing may be sent to it. */
VS_RESULT vs_presence_came(struct vs_presence *presence, const struct vs_presence_socket *socket);
VS_RESULT vs_presence_left(struct vs_presence *presence, const char *tenant, const char *station);

/* May this node send to it now? NOT_NOW: an earlier owner may still do so, or its socket is not
 * here; BUS_UNAVAILABLE: the lease could not be renewed. */
VS_RESULT vs_presence_may_send(struct vs_presence *presence, const char *tenant,
                               const char *station);
/* Does a node whose lease is not over have it? node_out may be NULL; this one counts, too. */
bool vs_presence_where(struct vs_presence *presence, const char *tenant, const char *station,
                       char node_out[VS_BUS_NODE_SIZE]);
bool vs_presence_is_elsewhere(struct vs_presence *presence, const char *tenant,
                              const char *station);

struct vs_presence_row {
	char name[VS_BUS_NODE_SIZE];
	bool is_self, is_alive, is_draining;
	uint64_t incarnation; /* of its lease, though that be over; 0: it was given back */
	int64_t stations;     /* that it holds */
};
/* The nodes that were ever seen, this one first; how many. Looks at every station. */
size_t vs_presence_nodes(struct vs_presence *presence, struct vs_presence_row *rows,
                         size_t row_max);
/* From now on the others are told that this one takes no stations, or takes them again. */
void vs_presence_set_draining(struct vs_presence *presence, bool is_draining);
