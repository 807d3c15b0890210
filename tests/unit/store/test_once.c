/* SPDX-License-Identifier: Apache-2.0 */
/* Two nodes at one database are asked for the same thing at the same moment: one of them has it. */
#include "fixture.h"

#define ROUNDS 25
#define ID     "abcdefghij0123456789"

static struct fixture a, b;

static void
begin(void)
{
	fixture_init(&a);
	(void)snprintf(a.postgres.node, sizeof(a.postgres.node), "a");
	CHECK_OK(fixture_open(&a));
	fixture_init(&b);
	postgres_drop(b.database);
	memcpy(b.database, a.database, sizeof(b.database));
	b.postgres = a.postgres;
	(void)snprintf(b.postgres.node, sizeof(b.postgres.node), "b");
	CHECK_OK(fixture_open(&b));
}

static void
end(void)
{
	vs_store_close(&a.store);
	vs_store_close(&b.store);
	postgres_make(&b.postgres, b.database);
	fixture_done(&b);
	fixture_done(&a);
}

/* Both at once; how many of them have it. */
static size_t
both(struct vs_core_record *at_a, struct vs_core_record *at_b, enum vs_err refusal)
{
	fixture_forget(&a);
	fixture_forget(&b);
	CHECK_OK(a.writer.submit(a.writer.self, at_a, 1));
	CHECK_OK(b.writer.submit(b.writer.self, at_b, 1));
	fixture_wait(&a, 1);
	fixture_wait(&b, 1);
	CHECK(a.last_outcome == VS_E_OK || a.last_outcome == refusal);
	CHECK(b.last_outcome == VS_E_OK || b.last_outcome == refusal);
	return 2 - a.failed - b.failed;
}

static struct vs_core_record *
token_record(uint8_t number)
{
	struct vs_core_record *record = record_new(VS_RECORD_enrolment_put, "", "");
	struct vs_core_enrolment *token = &record->u.enrolment_put;

	(void)snprintf(token->id, sizeof(token->id), "t-%u", number);
	(void)snprintf(token->tenant, sizeof(token->tenant), "%s", VS_CORE_TENANT_DEFAULT);
	memset(token->token_sha256, number, sizeof(token->token_sha256));
	token->uses_left = 1;
	token->created_ms = 1;
	token->expires_ms = INT64_MAX;
	return record;
}

static struct vs_core_record *
enrol_record(uint8_t number, char node)
{
	char identity[VS_CORE_IDENTITY_SIZE];
	struct vs_core_record *record;
	struct vs_core_station *station;

	(void)snprintf(identity, sizeof(identity), "CS-%u-%c", number, node);
	record = record_new(VS_RECORD_enrol, identity, "");
	station = &record->u.enrol.station;
	(void)snprintf(station->tenant, sizeof(station->tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(station->identity, sizeof(station->identity), "%s", identity);
	station->is_enabled = true;
	memset(record->u.enrol.token_sha256, number, sizeof(record->u.enrol.token_sha256));
	return record;
}

static void
a_token_for_one_device(void)
{
	begin();
	for (uint8_t number = 1; number <= ROUNDS; number++) {
		fixture_put(number % 2 == 0 ? &a : &b, token_record(number));
		CHECK(both(enrol_record(number, 'a'), enrol_record(number, 'b'), VS_E_CONFLICT) ==
		      1);
	}
	CHECK(fixture_ask(&a, "SELECT count(*) FROM station") == ROUNDS);
	CHECK(fixture_ask(&a, "SELECT sum(uses_left) FROM enrolment") == 0);
	end();
}

static struct vs_core_record *
claim_record(int64_t revision)
{
	struct vs_core_record *record = record_new(VS_RECORD_claim_put, "CS-1", "");
	struct vs_core_claim *claim = &record->u.provision.claim;

	(void)snprintf(claim->tenant, sizeof(claim->tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(claim->id, sizeof(claim->id), "%s", ID);
	claim->revision = revision;
	claim->state = VS_CORE_CLAIM_OPEN;
	claim->expires_ms = 20;
	claim->ctr = revision;
	return record;
}

/* Who answers its device has made the next revision; the other reads what that one answered. */
static void
a_claim_goes_on_once(void)
{
	begin();
	fixture_put(&a, claim_record(1));
	CHECK(a.failed == 0);
	for (int64_t revision = 2; revision <= ROUNDS; revision++)
		CHECK(both(claim_record(revision), claim_record(revision), VS_E_CONFLICT) == 1);
	CHECK(fixture_ask(&a, "SELECT revision FROM claim") == ROUNDS);
	end();
}

static struct vs_core_record *
signed_record(int64_t seq, uint64_t message)
{
	struct vs_core_record *record = record_new(VS_RECORD_security_event, "CS-1", "{}");

	record->signature = (struct vs_core_signature){
	    .signer = 7, .seq = seq, .message = message, .until_ms = 9000};
	return record;
}

static void
a_signed_message_has_one_effect(void)
{
	begin();
	for (int64_t seq = 1; seq <= ROUNDS; seq++)
		CHECK(both(signed_record(seq, 2 * (uint64_t)seq),
		           signed_record(seq, 2 * (uint64_t)seq + 1), VS_E_EXISTS) == 1);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM event") == ROUNDS);
	CHECK(fixture_ask(&a, "SELECT seq FROM signer_floor") == ROUNDS);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM signer_gap") <= 32);
	end();
}

int
main(void)
{
	if (!on_postgres())
		return 0; /* there is one daemon */
	CASE(a_token_for_one_device);
	CASE(a_claim_goes_on_once);
	CASE(a_signed_message_has_one_effect);
	return 0;
}
