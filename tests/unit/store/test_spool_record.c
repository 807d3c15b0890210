/* SPDX-License-Identifier: Apache-2.0 */
#include "store/spool_record.h"

#include <stdlib.h>

#include "base/random.h"
#include "fixture.h"

#define SET(member, text) (void)snprintf((member), sizeof(member), "%s", (text))

static struct vs_core_record *
there_and_back(const struct vs_core_record *record)
{
	struct vs_core_record *again = NULL;
	struct vs_buf bytes;

	vs_buf_init(&bytes, 1 << 20);
	CHECK_OK(vs_store_spool_encode(record, &bytes));
	CHECK_OK(vs_store_spool_decode(vs_buf_view(&bytes), &again));
	CHECK(again->kind == record->kind && again->received_ms == record->received_ms);
	CHECK(again->message_hash == record->message_hash);
	CHECK(strcmp(again->tenant, record->tenant) == 0);
	CHECK(strcmp(again->station, record->station) == 0);
	CHECK(vs_bytes_equal(again->payload, record->payload));
	CHECK(again->reply.size == 0 && again->conn == 0 && again->next == NULL);
	/* No part of what is not valid is taken for something. */
	for (size_t size = 0; size < bytes.size; size++) {
		struct vs_core_record *none = NULL;

		CHECK_ERR(vs_store_spool_decode(vs_bytes_from(bytes.data, size), &none),
		          BAD_MESSAGE);
		CHECK(none == NULL);
	}
	vs_buf_done(&bytes);
	return again;
}

static void
a_transaction_event_comes_back_whole(void)
{
	struct vs_core_record *record =
	    tx_record_saying("CS1", "tx-1", 7, VS_CORE_TX_ENDED, "{\"eventType\":\"Ended\"}");
	struct vs_core_tx_event *event = &record->u.tx_event;
	struct vs_core_record *again;

	record->message_hash = UINT64_C(0xfedcba9876543210);
	event->evse = 2;
	event->connector = VS_CORE_ABSENT;
	event->is_offline = true;
	event->number = 17;
	event->start = UINT64_C(0x8000000000000001);
	SET(event->trigger, "MeterValuePeriodic");
	SET(event->charging_state, "Charging");
	SET(event->stopped_reason, "EVDisconnected");
	SET(event->token, "DEADBEEF");
	event->energy_wh = -1;
	event->power_w = INT64_MAX;
	event->soc_percent = VS_CORE_ABSENT;
	event->first_wh = 5; /* the store's own */
	again = there_and_back(record);
	CHECK(strcmp(again->u.tx_event.tx_id, "tx-1") == 0 && again->u.tx_event.seq_no == 7);
	CHECK(again->u.tx_event.type == VS_CORE_TX_ENDED);
	CHECK(again->u.tx_event.at_ms == event->at_ms && again->u.tx_event.evse == 2);
	CHECK(again->u.tx_event.connector == VS_CORE_ABSENT && again->u.tx_event.is_offline);
	CHECK(again->u.tx_event.number == 17 && again->u.tx_event.start == event->start);
	CHECK(strcmp(again->u.tx_event.trigger, "MeterValuePeriodic") == 0);
	CHECK(strcmp(again->u.tx_event.charging_state, "Charging") == 0);
	CHECK(strcmp(again->u.tx_event.stopped_reason, "EVDisconnected") == 0);
	CHECK(strcmp(again->u.tx_event.token, "DEADBEEF") == 0);
	CHECK(again->u.tx_event.energy_wh == -1 && again->u.tx_event.power_w == INT64_MAX);
	CHECK(again->u.tx_event.soc_percent == VS_CORE_ABSENT);
	CHECK(again->u.tx_event.first_wh == VS_CORE_ABSENT);
	vs_core_record_free(&again);
	vs_core_record_free(&record);
}

static void
so_do_the_others(void)
{
	struct vs_core_record *boot = record_new(VS_RECORD_boot, "CS1", "");
	struct vs_core_record *command = record_new(VS_RECORD_command, "CS1", "{\"a\":1}");
	struct vs_core_record *session = record_new(VS_RECORD_session, "CS1", "");
	struct vs_core_record *held = record_new(VS_RECORD_held_put, "CS1", "{}");
	struct vs_core_record *floor = record_new(VS_RECORD_signer_floor, "", "");
	struct vs_core_record *event = record_new(VS_RECORD_security_event, "", "{}");
	struct vs_core_record *again;

	SET(boot->u.boot.reason, "PowerUp");
	SET(boot->u.boot.firmware, "1.2.3");
	boot->u.boot.registration = VS_CORE_REGISTRATION_PENDING;
	again = there_and_back(boot);
	CHECK(strcmp(again->u.boot.reason, "PowerUp") == 0 && again->u.boot.vendor[0] == '\0');
	CHECK(strcmp(again->u.boot.firmware, "1.2.3") == 0);
	CHECK(again->u.boot.registration == VS_CORE_REGISTRATION_PENDING);
	vs_core_record_free(&again);

	SET(command->u.command.id, "0191b4c0-0000-7000-8000-000000000000");
	SET(command->u.command.action, "Reset");
	command->u.command.state = VS_CORE_COMMAND_FAILED;
	command->u.command.error = VS_E_TIMEOUT;
	again = there_and_back(command);
	CHECK(strcmp(again->u.command.id, command->u.command.id) == 0);
	CHECK(again->u.command.state == VS_CORE_COMMAND_FAILED);
	CHECK(again->u.command.error == VS_E_TIMEOUT);
	vs_core_record_free(&again);

	session->u.session.is_connected = true;
	SET(session->u.session.peer, "[2001:db8::1]:1234");
	SET(session->u.session.reason, "");
	again = there_and_back(session);
	CHECK(again->u.session.is_connected && !again->u.session.is_resumed);
	CHECK(strcmp(again->u.session.peer, "[2001:db8::1]:1234") == 0);
	vs_core_record_free(&again);

	held->u.held.kind = VS_HELD_profile;
	held->u.held.number = VS_CORE_ABSENT;
	again = there_and_back(held);
	CHECK(again->u.held.kind == VS_HELD_profile && again->u.held.number == VS_CORE_ABSENT);
	vs_core_record_free(&again);

	floor->signature.signer = UINT64_MAX;
	floor->signature.seq = 3;
	again = there_and_back(floor);
	CHECK(again->signature.signer == UINT64_MAX && again->signature.seq == 3);
	vs_core_record_free(&again);

	SET(event->u.event.type, "store.spooling");
	event->u.event.severity = VS_CORE_CRITICAL;
	again = there_and_back(event);
	CHECK(strcmp(again->u.event.type, "store.spooling") == 0);
	CHECK(again->u.event.severity == VS_CORE_CRITICAL);
	vs_core_record_free(&again);

	vs_core_record_free(&boot);
	vs_core_record_free(&command);
	vs_core_record_free(&session);
	vs_core_record_free(&held);
	vs_core_record_free(&floor);
	vs_core_record_free(&event);
}

/* Of every kind that is spooled a record comes back, and no other kind is taken. */
static void
each_kind_that_is_spooled_has_its_fields(void)
{
	for (unsigned kind = 0; kind < VS_RECORD_COUNT; kind++) {
		struct vs_core_record *record =
		    record_new((enum vs_core_record_kind)kind, "CS1", "{}");

		if (record->kind == VS_RECORD_command) {
			CHECK(!vs_core_record_is_spooled(record)); /* a wish */
			record->u.command.state = VS_CORE_COMMAND_SENT;
		}
		if (vs_core_record_is_spooled(record)) {
			struct vs_core_record *again = there_and_back(record);

			vs_core_record_free(&again);
		} else {
			CHECK(record->kind != VS_RECORD_tx_event);
		}
		vs_core_record_free(&record);
	}
}

/* Not one of them is taken for a record that says more than it has, whatever it is. */
static void
bytes_that_are_no_record(void)
{
	struct vs_core_record *record = tx_record("CS1", "tx", 1, VS_CORE_TX_STARTED), *none = NULL;
	struct vs_buf bytes;

	vs_buf_init(&bytes, 1 << 20);
	CHECK_OK(vs_store_spool_encode(record, &bytes));
	CHECK_OK(vs_buf_append_byte(&bytes, 0)); /* something behind it */
	CHECK_ERR(vs_store_spool_decode(vs_buf_view(&bytes), &none), BAD_MESSAGE);
	bytes.size--;
	bytes.data[0]++; /* another format */
	CHECK_ERR(vs_store_spool_decode(vs_buf_view(&bytes), &none), BAD_MESSAGE);
	bytes.data[0]--;
	bytes.data[3] ^= 1; /* "uy_event" */
	CHECK_ERR(vs_store_spool_decode(vs_buf_view(&bytes), &none), BAD_MESSAGE);
	bytes.data[3] ^= 1;
	for (size_t i = 0; i < 20000; i++) {
		size_t at = (size_t)vs_random_below(bytes.size);
		uint8_t was = bytes.data[at];

		bytes.data[at] = (uint8_t)vs_random_below(256);
		if (vs_store_spool_decode(vs_buf_view(&bytes), &none).code == VS_E_OK)
			vs_core_record_free(&none);
		bytes.data[at] = was;
	}
	vs_buf_done(&bytes);
	vs_core_record_free(&record);
}

int
main(void)
{
	CASE(a_transaction_event_comes_back_whole);
	CASE(so_do_the_others);
	CASE(each_kind_that_is_spooled_has_its_fields);
	CASE(bytes_that_are_no_record);
	return 0;
}
