/* SPDX-License-Identifier: Apache-2.0 */
#include "event/mailbox.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"

/* After Dmitry Vyukov's bounded queue. A cell is free for position p when turn == p - index, and
 * filled when turn == p - index + 1; both numbers grow by the ring's size with each round. */
enum { CELLS = VS_LIMIT_MAILBOX, CELL_MASK = CELLS - 1 };
static_assert((CELLS & CELL_MASK) == 0, "the ring's size is a power of two");

vs_result
vs_mailbox_init(struct vs_mailbox *box)
{
	struct vs_mailbox_cell *cells = calloc(CELLS, sizeof(*cells));

	if (cells == NULL)
		return VS_FAIL(NO_MEMORY);
	box->cells = cells;
	box->taken = 0;
	atomic_init(&box->filled, 0);
	atomic_init(&box->is_asleep, false);
	return VS_OK;
}

void
vs_mailbox_done(struct vs_mailbox *box)
{
	free(box->cells);
	box->cells = NULL;
}

vs_result
vs_mailbox_put(struct vs_mailbox *box, vs_loop_mail_fn *fn, void *argument, bool *wake_out)
{
	size_t position = atomic_load_explicit(&box->filled, memory_order_relaxed);

	for (;;) {
		struct vs_mailbox_cell *cell = &box->cells[position & CELL_MASK];
		size_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
		intptr_t ahead = (intptr_t)(turn + (position & CELL_MASK)) - (intptr_t)position;

		if (ahead < 0)
			return VS_FAIL(BUSY);
		if (ahead == 0 && atomic_compare_exchange_weak_explicit(
				      &box->filled, &position, position + 1, memory_order_relaxed,
				      memory_order_relaxed)) {
			cell->fn = fn;
			cell->argument = argument;
			/* In one total order with is_asleep: either the owner sees the mail before
			 * it blocks, or we see that it sleeps. */
			atomic_store(&cell->turn, turn + 1);
			*wake_out =
			    atomic_load(&box->is_asleep) && atomic_exchange(&box->is_asleep, false);
			return VS_OK;
		}
		if (ahead > 0)
			position = atomic_load_explicit(&box->filled, memory_order_relaxed);
	}
}

static struct vs_mailbox_cell *
next_mail(struct vs_mailbox *box)
{
	size_t index = box->taken & CELL_MASK;
	struct vs_mailbox_cell *cell = &box->cells[index];

	return atomic_load(&cell->turn) + index == box->taken + 1 ? cell : NULL;
}

size_t
vs_mailbox_run(struct vs_mailbox *box, struct vs_loop *loop, size_t count_max)
{
	size_t count = 0;

	while (count < count_max) {
		struct vs_mailbox_cell *cell = next_mail(box);
		vs_loop_mail_fn *fn;
		void *argument;

		if (cell == NULL)
			break;
		fn = cell->fn;
		argument = cell->argument;
		atomic_store_explicit(&cell->turn, box->taken - (box->taken & CELL_MASK) + CELLS,
		                      memory_order_release);
		box->taken++;
		count++;
		fn(loop, argument);
	}
	return count;
}

bool
vs_mailbox_has_mail(struct vs_mailbox *box)
{
	return next_mail(box) != NULL;
}

void
vs_mailbox_sleep(struct vs_mailbox *box)
{
	atomic_store(&box->is_asleep, true);
}

void
vs_mailbox_awake(struct vs_mailbox *box)
{
	atomic_store_explicit(&box->is_asleep, false, memory_order_relaxed);
}
