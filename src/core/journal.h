/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The records of one turn of the loop, handed to the store as one list. When the store is full they
 * wait here and nothing that would make another one is accepted meanwhile: what was answered at
 * once is never dropped.
 */
#pragma once

#include "core/ports.h"

struct vs_journal {
	struct vs_core_record *first, **tail;
	size_t count;
	uint8_t origin;
	struct vs_core_signature signature; /* of what is added now; signer 0: of nothing signed */
	size_t signed_count;                /* how many records got it */
	bool is_blocked;                    /* the store said BUSY; vs_journal_submit tries again */
};

void vs_journal_init(struct vs_journal *journal, uint8_t origin);
void vs_journal_done(struct vs_journal *journal); /* frees what was not submitted */
void vs_journal_add(struct vs_journal *journal, struct vs_core_record *record); /* takes it */
/* Hand over the list. BUSY: it is kept, and is_blocked until a later submit succeeds. */
VS_RESULT vs_journal_submit(struct vs_journal *journal, const struct vs_port_writer *writer);
/* Take out the records whose reply still waits, as a list: they can be refused instead of stored.
 */
struct vs_core_record *vs_journal_take_waiting(struct vs_journal *journal);
