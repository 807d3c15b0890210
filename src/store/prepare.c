/* SPDX-License-Identifier: Apache-2.0 */
#include "store/prepare.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "base/map.h"
#include "store/record_write.h"

static_assert(VS_STORE_PREPARE_SLOTS >= 2 * VS_LIMIT_STORE_BATCH, "half of the slots stay free");

/* The key process makes so many keys in a second and no more: who brings more stations at once than
 * that waits here, as for the disk. A pause is as long as it takes until a whole batch may have one
 * each. */
#define PAUSE_NS   500000000
#define PAUSES_MAX 20u

static void
add(struct vs_store_prepare *prepare, const char *tenant, const char *subject)
{
	size_t at = vs_hash(vs_bytes_from_text(subject)) % VS_STORE_PREPARE_SLOTS;

	for (; prepare->slots[at] != 0; at = (at + 1) % VS_STORE_PREPARE_SLOTS) {
		const struct vs_core_subject *there = &prepare->subjects[prepare->slots[at] - 1];

		if (strcmp(there->subject, subject) == 0 && strcmp(there->tenant, tenant) == 0)
			return;
	}
	assert(prepare->count < VS_LIMIT_STORE_BATCH);
	prepare->subjects[prepare->count++] = (struct vs_core_subject){tenant, subject};
	prepare->slots[at] = (uint16_t)prepare->count;
}

vs_result
vs_store_prepare(struct vs_store_prepare *prepare, const struct vs_store_seal *seal,
                 const struct vs_core_record *list, bool is_strict)
{
	vs_result r;

	assert(prepare != NULL && seal != NULL && list != NULL);
	prepare->count = 0;
	memset(prepare->slots, 0, sizeof(prepare->slots));
	for (const struct vs_core_record *record = list; record != NULL; record = record->next) {
		const char *subject = vs_store_record_subject(record, is_strict);

		if (record->next != NULL)
			__builtin_prefetch(record->next->station);
		if (subject != NULL)
			add(prepare, record->tenant, subject);
	}
	if (prepare->count == 0)
		return VS_OK;
	r = seal->port.prepare(seal->port.self, prepare->subjects, prepare->count,
	                       list->received_ms);
	for (unsigned i = 0; i < PAUSES_MAX && r.code == VS_E_RATE_LIMITED; i++) {
		(void)nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
		r = seal->port.prepare(seal->port.self, prepare->subjects, prepare->count,
		                       list->received_ms);
	}
	return r;
}
