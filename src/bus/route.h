/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands to stations of any node, behind the port of the local ones.
 *
 * A station that is connected here is sent to here. For another one the node that holds its socket
 * is asked, by the subject that only it listens to: cmd.TENANT.STATION. Nobody there is
 * NOT_CONNECTED at once. No caller waits: what is not known at once is OK, and the command then
 * ends through `failed` when no node takes it. A node that does not answer is asked again, with the
 * same command id, which is sent once however often it comes.
 *
 * The port is for any thread; all else for the thread of the loop of bus/nats.h.
 */
#pragma once

#include "bus/nats.h"
#include "bus/subject.h"
#include "core/ports.h"

struct vs_route;

struct vs_route_command {
	const char *tenant, *station, *id, *action;
	struct vs_bytes payload;
	vs_result result;
	const char *fault; /* "" or what the other node said */
};

struct vs_route_options {
	struct vs_nats *nats;
	struct vs_port_commands local; /* called by whoever calls the port, and in the loop */
	const char *node;              /* this one; borrowed; NULL: it is told of no end */
	/* May this node send to the station now (it holds the socket)? Any thread; NULL: always.
	 * NOT_NOW says that its right to it is not certain. */
	vs_result (*may_send)(void *arg, const char *tenant, const char *station);
	/* Is it connected to another node, as far as is known here? Any thread; NULL: nobody knows,
	 * each is asked for. */
	bool (*is_elsewhere)(void *arg, const char *tenant, const char *station);
	/* A command that `send` took and no node did. In the loop. */
	void (*failed)(void *arg, const struct vs_route_command *command);
	void *arg;
	uint32_t answer_ms; /* 0: 1000; for each of three times */
};

VS_RESULT vs_route_new(const struct vs_route_options *options, struct vs_route **route_out);
/* After vs_nats_free. */
void vs_route_free(struct vs_route **route);

struct vs_port_commands vs_route_commands(struct vs_route *route);

/* This command has ended here: the node that it came from, or false: it came from none. Said once.
 */
bool vs_route_ended(struct vs_route *route, const char *id, char node_out[VS_BUS_NODE_SIZE]);

/* This node has the station's socket, or has it no longer. BUS_UNAVAILABLE is none: it is listened
 * to when NATS is back. */
VS_RESULT vs_route_own(struct vs_route *route, const char *tenant, const char *station);
void vs_route_disown(struct vs_route *route, const char *tenant, const char *station);
