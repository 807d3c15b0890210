/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes tell each other of each failed authentication, so that who guesses has no more tries at
 * many nodes than at one (doc/protocol/nodes.md). What is made of it is not said: each node counts
 * by its own limits.
 *
 * At most once; of an identity only a digest is said. What cannot be told at once is told to
 * nobody: it counts where it happened.
 */
#pragma once

#include "bus/nats.h"
#include "bus/told.h"
#include "wire/json.h"

#define VS_FAILURES_GAP_MS   20 /* what happens within it is said at its end, together */
#define VS_FAILURE_NAME_SIZE 16

struct vs_failure {
	uint8_t address[16]; /* IPv4: the first four, the others 0 */
	bool is_ipv6;        /* and none of IPv4 within it */
	bool has_name;       /* an identity was claimed; else name is 0 */
	uint8_t name[VS_FAILURE_NAME_SIZE];
};

/* --- as JSON; no I/O -------------------------------------------------------------------------- */

struct vs_failures_said {
	char run[VS_BUS_RUN_SIZE];
	uint64_t number; /* counts within the run, from 1 */
	size_t count;    /* from 1 */
	struct vs_failure rows[VS_LIMIT_BUS_FAILURES];
};
VS_RESULT vs_failures_write(const struct vs_failures_said *said, struct vs_buf *out);
/* BAD_VALUE, BAD_ENCODING: no address, no digest; OUT_OF_RANGE: none or too many of them, or no
 * number; WRONG_TYPE, MISSING; and as vs_json_parse. What is in `said` means nothing then. */
VS_RESULT vs_failures_read(struct vs_bytes text, struct vs_json_tape *tape,
                           struct vs_failures_said *said);

/* --- over the bus ----------------------------------------------------------------------------- */

struct vs_failures;

struct vs_failures_options {
	struct vs_nats *nats;
	const char *node; /* borrowed: what it says itself it does not hear */
	/* Another node has told; each once. In the loop. */
	void (*failed)(void *arg, const struct vs_failure *rows, size_t count);
	void *arg;
};

/* Before the loop runs. */
VS_RESULT vs_failures_new(const struct vs_failures_options *options,
                          struct vs_failures **failures_out);
void vs_failures_free(struct vs_failures **failures); /* after vs_nats_free */
/* Any thread, as long as the loop is there. */
void vs_failures_tell(struct vs_failures *failures, const struct vs_failure *failure);
