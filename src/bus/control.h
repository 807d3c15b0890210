/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one node says to another by name, over ctl.NODE: a command that came from it has ended; take
 * no more stations and let go of those that are here, or take them again.
 *
 * One JSON object each; the question is answered as a command is (bus/order.h). All in the loop of
 * bus/nats.h but what says otherwise.
 */
#pragma once

#include "bus/nats.h"
#include "bus/order.h"

enum vs_control_kind {
	VS_CONTROL_ENDED, /* nobody answers */
	VS_CONTROL_DRAIN,
	VS_CONTROL_RESUME,
	VS_CONTROL_KINDS
};

struct vs_control_word {
	enum vs_control_kind kind;
	char id[VS_CORE_UUID_SIZE]; /* of ended: the command's */
	uint32_t over_s;            /* of drain: the time that its connections are closed over */
};

/* Appends. */
VS_RESULT vs_control_word_write(const struct vs_control_word *word, struct vs_buf *out);
VS_RESULT vs_control_word_read(struct vs_bytes text, struct vs_control_word *word_out);

struct vs_control;

struct vs_control_options {
	struct vs_nats *nats;
	const char *node; /* this one; borrowed */
	/* Something was said to this node. What it returns is the answer. */
	vs_result (*heard)(void *arg, const struct vs_control_word *word);
	void *arg;
	uint32_t answer_ms; /* 0: 2000 */
};

/* In the loop's thread, or before it runs. */
VS_RESULT vs_control_new(const struct vs_control_options *options, struct vs_control **control_out);
/* After vs_nats_free. */
void vs_control_free(struct vs_control **control);

void vs_control_tell(struct vs_control *control, const char *node,
                     const struct vs_control_word *word);

/* Any thread. On OK `said` is called once, later, in the loop: what the node said; NOT_CONNECTED:
 * no such node; TIMEOUT: it may have heard. BUS_UNAVAILABLE, BUSY, NO_MEMORY: it is not asked. */
VS_RESULT vs_control_ask(struct vs_control *control, const char *node,
                         const struct vs_control_word *word,
                         void (*said)(void *arg, vs_result result, const char *fault), void *arg);
