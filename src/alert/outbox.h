/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters to one receiver: which is tried next and when, how often, when it is given up. A pure
 * machine: no clock, no I/O, no lock.
 */
#pragma once

#include "alert/config.h"
#include "base/random.h"

struct vs_alert_letter {
	struct vs_alert_letter *next;
	char id[VS_UUID_TEXT_SIZE]; /* the same for each attempt */
	int64_t made_ms, due_ms;
	unsigned attempts; /* that failed */
	struct vs_buf body;
};

struct vs_alert_outbox {
	const struct vs_alert_target *target; /* its retries */
	struct vs_alert_letter *first;        /* by due_ms */
	size_t count;
};

void vs_alert_outbox_init(struct vs_alert_outbox *outbox, const struct vs_alert_target *target);
void vs_alert_outbox_done(struct vs_alert_outbox *outbox);
/* The body is copied. BUSY: VS_LIMIT_ALERT_QUEUE of them wait. */
VS_RESULT vs_alert_outbox_put(struct vs_alert_outbox *outbox, int64_t now_ms, struct vs_bytes body);
/* Takes the first out when it is due, else NULL. */
struct vs_alert_letter *vs_alert_outbox_take(struct vs_alert_outbox *outbox, int64_t now_ms);
/* When the first is due; INT64_MAX: there is none. */
int64_t vs_alert_outbox_due_ms(const struct vs_alert_outbox *outbox);
/* It failed. True: it waits again. False: it was the last
 * attempt, and the letter is the caller's. */
bool vs_alert_outbox_failed(struct vs_alert_outbox *outbox, struct vs_alert_letter *letter,
                            int64_t now_ms);
void vs_alert_letter_free(struct vs_alert_letter **letter);
