/* SPDX-License-Identifier: Apache-2.0 */
#include "core/journal.h"

#include <assert.h>
#include <stddef.h>

void
vs_journal_init(struct vs_journal *journal, uint8_t origin)
{
	assert(journal != NULL);
	*journal = (struct vs_journal){.origin = origin};
	journal->tail = &journal->first;
}

void
vs_journal_done(struct vs_journal *journal)
{
	assert(journal != NULL);
	while (journal->first != NULL) {
		struct vs_core_record *record = journal->first;

		journal->first = record->next;
		vs_core_record_free(&record);
	}
	vs_journal_init(journal, journal->origin);
}

void
vs_journal_add(struct vs_journal *journal, struct vs_core_record *record)
{
	assert(journal != NULL && record != NULL);
	record->next = NULL;
	record->origin = journal->origin;
	if (journal->signature.signer != 0) {
		record->signature = journal->signature;
		journal->signed_count++;
	}
	*journal->tail = record;
	journal->tail = &record->next;
	journal->count++;
}

vs_result
vs_journal_submit(struct vs_journal *journal, const struct vs_port_writer *writer)
{
	vs_result r;

	assert(journal != NULL && writer != NULL);
	if (journal->count == 0) {
		journal->is_blocked = false;
		return VS_OK;
	}
	r = writer->submit(writer->self, journal->first, journal->count);
	journal->is_blocked = r.code != VS_E_OK;
	if (r.code == VS_E_OK)
		vs_journal_init(journal, journal->origin);
	return r;
}

struct vs_core_record *
vs_journal_take_waiting(struct vs_journal *journal)
{
	struct vs_core_record *waiting = NULL, **waiting_tail = &waiting, **link = &journal->first;

	assert(journal != NULL);
	while (*link != NULL) {
		struct vs_core_record *record = *link;

		if (record->conn != 0 && record->reply.size > 0) {
			*link = record->next;
			record->next = NULL;
			*waiting_tail = record;
			waiting_tail = &record->next;
			journal->count--;
		} else {
			link = &record->next;
		}
	}
	journal->tail = link;
	return waiting;
}
