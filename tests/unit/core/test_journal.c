/* SPDX-License-Identifier: Apache-2.0 */
#include "core/journal.h"

#include "test.h"

struct store {
	struct vs_core_record *taken;
	size_t count, calls;
	bool is_full;
};

static vs_result
submit(void *self, struct vs_core_record *list, size_t count)
{
	struct store *store = self;

	store->calls++;
	if (store->is_full)
		return VS_FAIL(BUSY);
	store->taken = list;
	store->count = count;
	return VS_OK;
}

static void
add(struct vs_journal *journal, enum vs_core_record_kind kind, uint64_t conn, const char *reply)
{
	struct vs_core_record *record = NULL;

	CHECK_OK(vs_core_record_new(kind, "default", "CS-1", 0, vs_bytes_from(NULL, 0),
	                            vs_bytes_from_text(reply), &record));
	record->conn = conn;
	vs_journal_add(journal, record);
}

static void
free_list(struct vs_core_record *list)
{
	while (list != NULL) {
		struct vs_core_record *record = list;

		list = record->next;
		vs_core_record_free(&record);
	}
}

static void
one_list_for_each_turn(void)
{
	struct vs_journal journal;
	struct store store = {0};
	struct vs_port_writer writer = {&store, submit};

	vs_journal_init(&journal, 9);
	CHECK_OK(vs_journal_submit(&journal, &writer));
	CHECK(store.calls == 0); /* an empty turn costs nothing */
	add(&journal, VS_RECORD_status, 0, "");
	add(&journal, VS_RECORD_tx_event, 5, "[3,\"1\",{}]");
	CHECK_OK(vs_journal_submit(&journal, &writer));
	CHECK(store.calls == 1 && store.count == 2 && journal.count == 0 && journal.first == NULL);
	CHECK(store.taken->kind == VS_RECORD_status &&
	      store.taken->next->kind == VS_RECORD_tx_event);
	CHECK(store.taken->origin == 9 && store.taken->next->next == NULL);
	free_list(store.taken);
	vs_journal_done(&journal);
}

static void
a_full_store_loses_nothing(void)
{
	struct vs_journal journal;
	struct store store = {.is_full = true};
	struct vs_port_writer writer = {&store, submit};
	struct vs_core_record *waiting;

	vs_journal_init(&journal, 1);
	add(&journal, VS_RECORD_tx_event, 5, "[3,\"1\",{}]");
	add(&journal, VS_RECORD_status, 0, "");
	add(&journal, VS_RECORD_security_event, 0, "");
	add(&journal, VS_RECORD_boot, 6, "[3,\"2\",{}]");
	CHECK_ERR(vs_journal_submit(&journal, &writer), BUSY);
	CHECK(journal.is_blocked && journal.count == 4);
	waiting = vs_journal_take_waiting(&journal);
	CHECK(waiting != NULL && waiting->conn == 5 && waiting->next->conn == 6 &&
	      waiting->next->next == NULL);
	free_list(waiting);
	add(&journal, VS_RECORD_session, 0, ""); /* behind the ones that stayed */
	store.is_full = false;
	CHECK_OK(vs_journal_submit(&journal, &writer));
	CHECK(!journal.is_blocked && store.count == 3);
	CHECK(store.taken->kind == VS_RECORD_status &&
	      store.taken->next->next->kind == VS_RECORD_session);
	free_list(store.taken);
	add(&journal, VS_RECORD_status, 0, "");
	vs_journal_done(&journal); /* frees what nobody took */
	CHECK(journal.count == 0);
}

/* All that a signed message leads to says so, and nothing else. */
static void
what_is_signed(void)
{
	struct vs_journal journal;
	struct store store = {0};
	struct vs_port_writer writer = {&store, submit};

	vs_journal_init(&journal, 1);
	add(&journal, VS_RECORD_status, 0, "");
	journal.signature = (struct vs_core_signature){.signer = 7, .seq = 3, .message = 9};
	add(&journal, VS_RECORD_boot, 5, "[3,\"1\",{}]");
	add(&journal, VS_RECORD_event, 0, "");
	CHECK(journal.signed_count == 2);
	journal.signature.signer = 0;
	add(&journal, VS_RECORD_status, 0, "");
	CHECK_OK(vs_journal_submit(&journal, &writer));
	CHECK(store.count == 4 && store.taken->signature.signer == 0);
	for (struct vs_core_record *r = store.taken->next; r->kind != VS_RECORD_status; r = r->next)
		CHECK(r->signature.signer == 7 && r->signature.seq == 3 &&
		      r->signature.message == 9);
	CHECK(store.taken->next->next->next->signature.signer == 0);
	free_list(store.taken);
	vs_journal_done(&journal);
}

int
main(void)
{
	CASE(one_list_for_each_turn);
	CASE(a_full_store_loses_nothing);
	CASE(what_is_signed);
	return 0;
}
