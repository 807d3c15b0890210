/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mailbox of a loop: a ring that many threads fill and one empties, without locks and without
 * allocation.
 *
 * VS_LIMIT_MAILBOX messages fit. A sender wakes the owner only when the owner said that it sleeps,
 * so a busy loop costs its senders no system call.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "event/loop.h"

struct vs_mailbox_cell {
	atomic_size_t
	    turn; /* rounds of the ring, kept relative to the cell so that zero pages are valid */
	vs_loop_mail_fn *fn;
	void *argument;
};

struct vs_mailbox {
	struct vs_mailbox_cell *cells;     /* untouched pages cost nothing */
	size_t taken;                      /* by the owner */
	_Alignas(64) atomic_size_t filled; /* by the senders */
	_Alignas(64) atomic_bool is_asleep;
};

VS_RESULT vs_mailbox_init(struct vs_mailbox *box);
void vs_mailbox_done(struct vs_mailbox *box);
/* Any thread. BUSY when full. *wake_out: the caller must wake the owner. */
VS_RESULT vs_mailbox_put(struct vs_mailbox *box, vs_loop_mail_fn *fn, void *argument,
                         bool *wake_out);
/* Owner: run up to count_max messages; returns how many ran. */
size_t vs_mailbox_run(struct vs_mailbox *box, struct vs_loop *loop, size_t count_max);
/* Owner: true when there is mail. Before it may block, the owner calls sleep and looks once more.
 */
bool vs_mailbox_has_mail(struct vs_mailbox *box);
void vs_mailbox_sleep(struct vs_mailbox *box);
void vs_mailbox_awake(struct vs_mailbox *box);
