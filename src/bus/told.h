/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node tells the others of an event, as JSON (doc/protocol/nodes.md), and who has told what
 * already. No I/O.
 */
#pragma once

#include "bus/subject.h"
#include "core/event.h"

#define VS_BUS_RUN_SIZE 23 /* random: which process of the node */

struct vs_bus_told {
	char node[VS_BUS_NODE_SIZE], run[VS_BUS_RUN_SIZE];
	uint64_t number; /* counts within the run, from 1 */
	uint64_t missed; /* events before this one that are told to nobody */
	struct vs_core_event event;
};
/* BAD_UTF8: a text of a station is none; nothing was appended. */
VS_RESULT vs_bus_told_write(const struct vs_bus_told *told, struct vs_buf *out);
VS_RESULT vs_bus_told_read(struct vs_bytes text, struct vs_bus_told *told_out);

/* The subject that it goes over. */
VS_RESULT vs_bus_told_subject(const struct vs_core_event *event,
                              char text[static VS_BUS_SUBJECT_SIZE]);

/* --- each once ---------------------------------------------------------------------------------
 */

/* How far the numbers of one run may be out of order; what is older counts as heard. */
#define VS_BUS_TOLD_WINDOW 1024u

struct vs_bus_heard {
	struct vs_bus_heard_run {
		char run[VS_BUS_RUN_SIZE];
		uint64_t highest, used; /* used 0: it is free */
		uint64_t bits[VS_BUS_TOLD_WINDOW / 64];
	} runs[VS_LIMIT_BUS_NODES];
	uint64_t count;
};
/* Is it the first time? Then it counts as heard. Of the runs that nobody has heard of for longest,
 * the oldest is forgotten. */
bool vs_bus_heard_first(struct vs_bus_heard *heard, const char *run, uint64_t number);
