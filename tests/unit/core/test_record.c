/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record.h"

#include "test.h"

static void
holds_copies_behind_itself(void)
{
	char payload[] = "{\"a\":1}", reply[] = "[3,\"1\",{}]";
	struct vs_core_record *record = NULL;

	CHECK_OK(vs_core_record_new(VS_RECORD_tx_event, "default", "CS-1", 42,
	                            vs_bytes_from_text(payload), vs_bytes_from_text(reply),
	                            &record));
	memset(payload, 'x', sizeof(payload) - 1);
	memset(reply, 'x', sizeof(reply) - 1);
	CHECK(record->kind == VS_RECORD_tx_event && record->received_ms == 42);
	CHECK(strcmp(record->tenant, "default") == 0 && strcmp(record->station, "CS-1") == 0);
	CHECK(vs_bytes_equal_text(record->payload, "{\"a\":1}"));
	CHECK(vs_bytes_equal_text(record->reply, "[3,\"1\",{}]"));
	CHECK(record->next == NULL && record->conn == 0 && record->message_hash == 0);
	CHECK(record->u.tx_event.tx_id[0] == '\0' && !record->was_duplicate);
	vs_core_record_free(&record);
	CHECK(record == NULL);
	vs_core_record_free(&record);
}

static void
takes_empty_and_refuses_the_boundless(void)
{
	struct vs_core_record *record = NULL;
	struct vs_bytes huge = {(const uint8_t *)"", (size_t)1 << 40};

	CHECK_OK(vs_core_record_new(VS_RECORD_session, "", "", 0, (struct vs_bytes){NULL, 0},
	                            (struct vs_bytes){NULL, 0}, &record));
	CHECK(record->payload.size == 0 && record->payload.data == NULL && record->reply.size == 0);
	vs_core_record_free(&record);
	CHECK_ERR(vs_core_record_new(VS_RECORD_event, "", "", 0, huge, (struct vs_bytes){NULL, 0},
	                             &record),
	          TOO_LONG);
	CHECK_ERR(vs_core_record_new(VS_RECORD_event, "", "", 0, (struct vs_bytes){NULL, 0}, huge,
	                             &record),
	          TOO_LONG);
	CHECK(record == NULL);
}

static void
a_long_identity_is_cut_not_overrun(void)
{
	struct vs_core_record *record = NULL;
	char identity[200];

	memset(identity, 'A', sizeof(identity) - 1);
	identity[sizeof(identity) - 1] = '\0';
	CHECK_OK(vs_core_record_new(VS_RECORD_event, identity, identity, 0,
	                            (struct vs_bytes){NULL, 0}, (struct vs_bytes){NULL, 0},
	                            &record));
	CHECK(strlen(record->station) == VS_CORE_IDENTITY_SIZE - 1);
	CHECK(strlen(record->tenant) == VS_CORE_TENANT_SIZE - 1);
	vs_core_record_free(&record);
}

static void
rows_carry_their_policy(void)
{
	/* E04, A04: what must not be lost is answered after its commit. */
	CHECK(vs_core_record_is_after_commit(VS_RECORD_tx_event));
	CHECK(vs_core_record_is_after_commit(VS_RECORD_security_event));
	CHECK(vs_core_record_is_after_commit(VS_RECORD_boot));
	CHECK(!vs_core_record_is_after_commit(VS_RECORD_meter_values));
	CHECK(!vs_core_record_is_after_commit(VS_RECORD_status));
	CHECK(strcmp(vs_core_record_name(VS_RECORD_tx_event), "tx_event") == 0);
	CHECK(strcmp(vs_core_command_state_text(VS_CORE_COMMAND_FAILED), "failed") == 0);
	for (int i = 0; i < VS_CORE_COMMAND_STATE_COUNT; i++)
		CHECK(vs_core_command_state_text((enum vs_core_command_state)i)[0] != '\0');
}

int
main(void)
{
	CASE(holds_copies_behind_itself);
	CASE(takes_empty_and_refuses_the_boundless);
	CASE(a_long_identity_is_cut_not_overrun);
	CASE(rows_carry_their_policy);
	return 0;
}
