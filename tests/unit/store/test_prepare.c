/* SPDX-License-Identifier: Apache-2.0 */
#include "store/prepare.h"

#include "fixture.h"

/* test_seal_prepare checks that each subject comes once. */
static void
asks_once_for_each_subject_of_a_batch(void)
{
	static struct vs_store_prepare prepare;
	struct test_seal keys = {0};
	struct vs_store_seal seal = {test_seal_port(&keys), NULL, NULL};
	struct vs_core_record *list = NULL;

	for (int i = 0; i < (int)VS_LIMIT_STORE_BATCH; i++) {
		enum vs_core_record_kind kind = i % 4 == 0   ? VS_RECORD_meter_values
		                                : i % 4 == 1 ? VS_RECORD_event
		                                : i % 4 == 2 ? VS_RECORD_status
		                                             : VS_RECORD_command;
		struct vs_core_record *record;
		char station[32];

		(void)snprintf(station, sizeof(station), "CS%d", i / 8);
		record = record_new(kind, i % 64 == 1 ? "" : station, "{}");
		record->next = list;
		list = record;
	}
	CHECK_OK(vs_store_prepare(&prepare, &seal, list, false));
	CHECK(keys.calls == 1 && keys.prepared == VS_LIMIT_STORE_BATCH / 8 + 1); /* and :central */
	CHECK_OK(vs_store_prepare(&prepare, &seal, list, true));
	CHECK(keys.calls == 2 && keys.prepared == 2 * (VS_LIMIT_STORE_BATCH / 8 + 1));
	while (list != NULL) {
		struct vs_core_record *next = list->next;

		vs_core_record_free(&list);
		list = next;
	}
}

static void
asks_nothing_for_what_is_plain(void)
{
	static struct vs_store_prepare prepare;
	struct test_seal keys = {0};
	struct vs_store_seal seal = {test_seal_port(&keys), NULL, NULL};
	struct vs_core_record *record = meter_record("CS1", 1);

	CHECK_OK(vs_store_prepare(&prepare, &seal, record, false));
	CHECK(keys.calls == 0);
	CHECK_OK(vs_store_prepare(&prepare, &seal, record, true));
	CHECK(keys.calls == 1 && keys.prepared == 1);
	vs_core_record_free(&record);
}

static void
each_of_two_thousand_stations_is_one(void)
{
	static struct vs_store_prepare prepare;
	struct test_seal keys = {0};
	struct vs_store_seal seal = {test_seal_port(&keys), NULL, NULL};
	struct vs_core_record *list = NULL;

	for (int i = 0; i < (int)VS_LIMIT_STORE_BATCH; i++) {
		struct vs_core_record *record;
		char station[32];

		(void)snprintf(station, sizeof(station), "CS%d", i);
		record = record_new(VS_RECORD_session, station, "");
		record->next = list;
		list = record;
	}
	CHECK_OK(vs_store_prepare(&prepare, &seal, list, false));
	CHECK(keys.prepared == VS_LIMIT_STORE_BATCH);
	while (list != NULL) {
		struct vs_core_record *next = list->next;

		vs_core_record_free(&list);
		list = next;
	}
}

/* Twice there are no more keys to be had at this moment. */
static vs_result
limited_prepare(void *self, const struct vs_core_subject *subjects, size_t count, int64_t at_ms)
{
	unsigned *calls = self;

	(void)subjects, (void)at_ms;
	CHECK(count == 1);
	return ++*calls < 3 ? VS_FAIL(RATE_LIMITED) : VS_OK;
}

static void
waits_until_keys_may_be_made(void)
{
	static struct vs_store_prepare prepare;
	unsigned calls = 0;
	struct vs_store_seal seal = {{.self = &calls, .prepare = limited_prepare}, NULL, NULL};
	struct vs_core_record *record = meter_record("CS1", 1);

	CHECK_OK(vs_store_prepare(&prepare, &seal, record, true));
	CHECK(calls == 3);
	vs_core_record_free(&record);
}

int
main(void)
{
	CASE(asks_once_for_each_subject_of_a_batch);
	CASE(asks_nothing_for_what_is_plain);
	CASE(each_of_two_thousand_stations_is_one);
	CASE(waits_until_keys_may_be_made);
	return 0;
}
