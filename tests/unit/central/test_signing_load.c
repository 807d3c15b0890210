/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of what we sign: given out by the store, and without it by the clock; they only rise.
 * (That the numbers of a station are read is in tests/interop/test_nodes_signed.py.) */
#include "central/signing_inside.h"

#include "house.h"

static struct house_guest guest;
static struct vs_pkey *key;

static struct house *
house_of(bool is_store_slow)
{
	struct house *house;
	struct vs_core_station station;

	house_signer.key = key;
	house = house_new(NULL);
	house->is_store_slow = is_store_slow;
	CHECK_OK(vs_core_registry_find(house->registry, VS_BYTES_LITERAL("CS-1"), &station));
	station.policy.sign = VS_CORE_SIGN_ACCEPT;
	CHECK_OK(vs_core_registry_put(house->registry, &station));
	return house;
}

static struct vs_central_session *
session_of(struct house *house)
{
	struct vs_central_session *session = vs_central_reactor_session(
	    house->central->reactors[0],
	    vs_central_directory_find(house->central->directory, VS_BYTES_LITERAL("CS-1")));

	CHECK(session != NULL && session->signing != NULL);
	return session;
}

static struct vs_core_record *
asked_for(struct house *house)
{
	struct vs_core_record *record = house->store;

	while (record != NULL && record->kind != VS_RECORD_signed_block)
		record = record->next;
	return record;
}

/* Until they are here nothing is read: the first answer may have to be signed. */
static void
numbers_come_first(void)
{
	struct house *house = house_of(true);
	int64_t before_us = vs_clock_wall_ms() * 1000;
	struct vs_core_record *record;
	struct vs_central_session *session;

	guest_join(house, &guest, 0);
	guest_say(&guest, "[2,\"h\",\"Heartbeat\",{}]");
	HOUSE_UNTIL(house, (record = asked_for(house)) != NULL);
	for (int i = 0; i < 20; i++)
		house_turn(house);
	CHECK(guest.heard == 0);
	CHECK(strcmp(record->station, "CS-1") == 0 && record->u.signed_block.count > 0);
	CHECK(record->u.signed_block.above >= before_us);
	record->u.signed_block.first = INT64_C(1) << 52;
	house->is_store_slow = false;
	HOUSE_UNTIL(house, guest.heard == 1);
	session = session_of(house);
	CHECK(vs_central_signing_number(session) == INT64_C(1) << 52);
	CHECK(vs_central_signing_number(session) == (INT64_C(1) << 52) + 1);
	house_free(house);
}

/* Before the last is used more are asked for, above it; the records of nobody's message. */
static void
more_are_asked_for_in_time(void)
{
	struct house *house = house_of(false);
	struct vs_central_context *context;
	struct vs_central_session *session;
	struct vs_core_record *record;
	int64_t last = -1, number;

	guest_join(house, &guest, 0);
	HOUSE_UNTIL(house, house->committed[VS_RECORD_signed_block] == 1);
	session = session_of(house);
	session->signing->sent = 1000;
	session->signing->sent_end = 2000;
	house->is_store_slow = true;
	context = &house->central->reactors[0]->context;
	context->journal.signature.signer = 5;
	for (int i = 0; i < 999; i++) {
		number = vs_central_signing_number(session);
		CHECK(number > last);
		last = number;
	}
	CHECK(context->journal.signature.signer == 5 && context->journal.signed_count == 0);
	context->journal.signature.signer = 0;
	guest_say(&guest, "[2,\"i\",\"Heartbeat\",{}]"); /* a turn with something to do */
	HOUSE_UNTIL(house, (record = asked_for(house)) != NULL);
	CHECK(record->signature.signer == 0 && record->u.signed_block.above > 1000);
	record->u.signed_block.first = 5000;
	house_commit(house);
	CHECK(vs_central_signing_number(session) == 5000);
	house_free(house);
}

/* It goes on, by the clock, and asks again. */
static void
while_the_store_is_away(void)
{
	struct house *house = house_of(false);
	int64_t before_us = vs_clock_wall_ms() * 1000, first;

	house->outcome = VS_E_IO;
	guest_join(house, &guest, 0);
	guest_ask(&guest, "[2,\"h\",\"Heartbeat\",{}]", "[3,\"h\",");
	first = vs_central_signing_number(session_of(house));
	CHECK(first >= before_us);
	CHECK(vs_central_signing_number(session_of(house)) > first);
	house->outcome = VS_E_OK;
	guest_say(&guest, "[2,\"i\",\"Heartbeat\",{}]"); /* a turn with something to do */
	HOUSE_UNTIL(house, house->committed[VS_RECORD_signed_block] == 1);
	house_free(house);
}

int
main(void)
{
	CHECK_OK(vs_pkey_new(VS_PKEY_P256, &key));
	CASE(numbers_come_first);
	CASE(more_are_asked_for_in_time);
	CASE(while_the_store_is_away);
	vs_pkey_free(&key);
	return 0;
}
