/* SPDX-License-Identifier: Apache-2.0 */
/* Two nodes at one database are asked for the same thing at the same moment: one of them has it.
 * And what a station says at one and again at the other is there once. */
#include "store/once.h"

#include <stdatomic.h>

#include "fixture.h"
#include "store/feed.h"

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

static struct vs_core_record *
said(enum vs_core_record_kind kind, uint64_t hash)
{
	struct vs_core_record *record =
	    record_new(kind, "CS-1", kind == VS_RECORD_report ? "[]" : "{}");

	record->message_hash = hash;
	return record;
}

static const struct {
	enum vs_core_record_kind kind;
	const char *table;
} lists[] = {{VS_RECORD_boot, "boot"},
             {VS_RECORD_meter_values, "meter_values"},
             {VS_RECORD_security_event, "event WHERE is_security = 1"},
             {VS_RECORD_event, "event WHERE is_security = 0"},
             {VS_RECORD_report, "report"}};
#define LISTS (sizeof(lists) / sizeof(lists[0]))

static void
check_counts(int64_t count)
{
	char sql[128];

	for (size_t i = 0; i < LISTS; i++) {
		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", lists[i].table);
		CHECK(fixture_ask(&a, sql) == count);
	}
}

static void
a_message_is_kept_once(void)
{
	begin();
	for (uint64_t hash = 1; hash <= ROUNDS; hash++) {
		for (size_t i = 0; i < LISTS; i++) {
			uint64_t own = hash * 8 + i;

			CHECK(both(said(lists[i].kind, own), said(lists[i].kind, own), VS_E_OK) ==
			      2);
			CHECK(a.duplicates + b.duplicates == 1);
			CHECK(a.first->was_elsewhere == a.first->was_duplicate);
			CHECK(b.first->was_elsewhere == b.first->was_duplicate);
		}
	}
	check_counts(ROUNDS);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM message_taken") == ROUNDS * LISTS);
	CHECK(fixture_ask(&a, "SELECT value FROM total WHERE name = 'boots'") == ROUNDS);
	/* What has no hash was not said by a station, and what is written over is not asked for. */
	CHECK(both(said(VS_RECORD_event, 0), said(VS_RECORD_event, 0), VS_E_OK) == 2);
	CHECK(both(said(VS_RECORD_status, 5), said(VS_RECORD_status, 5), VS_E_OK) == 2);
	CHECK(a.duplicates + b.duplicates == 0);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM message_taken") == ROUNDS * LISTS);
	end();
}

/* In one commit with others, some of them twice in it. */
static void
repeats_among_others(void)
{
	struct vs_core_record *first = NULL, **last = &first;
	uint64_t again = 0;

	begin();
	for (uint64_t hash = 10; hash < 20; hash += 2)
		fixture_put(&a, meter_record("CS-1", hash));
	for (uint64_t hash = 10; hash < 30; hash++) {
		*last = meter_record("CS-1", hash);
		(*last)->next = meter_record("CS-1", hash);
		last = &(*last)->next->next;
	}
	fixture_put_all(&b, first, 40);
	CHECK(b.failed == 0 && b.duplicates == 25);
	for (const struct vs_core_record *record = b.first; record != NULL; record = record->next) {
		bool is_first = record->message_hash != again;

		again = record->message_hash;
		CHECK(record->was_duplicate == (!is_first || (again < 20 && again % 2 == 0)));
		CHECK(record->was_elsewhere == (is_first && again < 20 && again % 2 == 0));
	}
	CHECK(fixture_ask(&a, "SELECT count(*) FROM meter_values") == 20);
	CHECK(fixture_ask(&a, "SELECT count(DISTINCT message_hash) FROM meter_values") == 20);
	end();
}

/* What is not committed is not taken: neither alone nor with others that fail. */
static void
what_fails_takes_nothing(void)
{
	struct vs_core_record *list[3] = {meter_record("CS-1", 50),
	                                  record_new(VS_RECORD_meter_values, "CS-1", "\xff"),
	                                  meter_record("CS-1", 52)};

	begin();
	fixture_put(&b, meter_record("CS-1", 52));
	list[1]->message_hash = 51; /* not UTF-8: PostgreSQL refuses it */
	list[0]->next = list[1];
	list[1]->next = list[2];
	fixture_put_all(&a, list[0], 3);
	CHECK(a.failed == 1 && a.duplicates == 1);
	CHECK(list[1]->outcome == VS_E_BAD_VALUE && list[2]->was_duplicate);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM message_taken WHERE hash = 51") == 0);
	fixture_put(&b, meter_record("CS-1", 51));
	fixture_put(&b, meter_record("CS-1", 50));
	fixture_forget(&a);
	fixture_put(&a, meter_record("CS-1", 51));
	CHECK(b.duplicates == 1 && a.duplicates == 1);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM meter_values") == 3);
	end();
}

/* An event of a transaction that says something else than before is worth one word. */
static void
a_conflict_is_told_once(void)
{
	struct vs_core_record *record;

	begin();
	fixture_put(&a, tx_record("CS-1", "tx", 1, VS_CORE_TX_STARTED));
	for (int i = 0; i < 4; i++) {
		record = tx_record_saying("CS-1", "tx", 1, VS_CORE_TX_STARTED, "{\"other\":1}");
		record->u.tx_event.at_ms = 7;
		record->message_hash = 70;
		fixture_put(i % 2 == 0 ? &b : &a, record);
	}
	CHECK(a.failed + b.failed == 0);
	CHECK(fixture_ask(
		  &a, "SELECT count(*) FROM event WHERE type = 'TransactionEventConflict'") == 1);
	end();
}

static bool
is_known(void *arg)
{
	return atomic_load((atomic_bool *)arg);
}

/* One that does not reach the database has answered out of its spool; its station went on at the
 * other one, where it said the last one again. */
static void
out_of_a_spool(void)
{
	struct vs_store_options options;
	atomic_bool is_current = true;

	begin();
	vs_store_close(&a.store);
	(void)snprintf(a.spool, sizeof(a.spool), "%s/spool.db", a.dir);
	options = fixture_options(&a);
	options.is_current = is_known;
	options.is_current_arg = &is_current;
	CHECK_OK(vs_store_open(&options, a.reason, sizeof(a.reason), &a.store));
	a.writer = vs_store_writer(a.store);
	atomic_store(&is_current, false);
	for (uint64_t hash = 1; hash <= 3; hash++)
		fixture_put(&a, said(VS_RECORD_security_event, hash));
	CHECK(a.failed == 0 && a.is_spooling);
	fixture_put(&b, said(VS_RECORD_security_event, 3));
	fixture_put(&b, said(VS_RECORD_security_event, 4));
	atomic_store(&is_current, true);
	(void)pthread_mutex_lock(&a.lock);
	while (a.is_spooling)
		(void)pthread_cond_wait(&a.came, &a.lock);
	(void)pthread_mutex_unlock(&a.lock);
	CHECK(b.duplicates == 0);
	CHECK(fixture_ask(&a, "SELECT count(*) FROM event") == 4);
	CHECK(fixture_ask(&a, "SELECT count(DISTINCT message_hash) FROM event") == 4);
	end();
}

static vs_result
hear(void *arg, const struct vs_store_change *change)
{
	(void)arg, (void)change;
	return VS_OK;
}

static vs_result
reload(void *arg)
{
	(void)arg;
	return VS_OK;
}

/* Who leads forgets what is older than any repeat. */
static void
it_is_forgotten(void)
{
	const struct vs_store_feed_options options = {
	    .place = &a.postgres, .changed = hear, .reload = reload, .settle = reload};
	struct vs_store_feed *feed = NULL;
	char reason[256] = "", sql[160];

	begin();
	fixture_put(&a, said(VS_RECORD_boot, 1));
	fixture_put(&a, said(VS_RECORD_boot, 2));
	(void)snprintf(sql, sizeof(sql),
	               "UPDATE voltseal.message_taken SET at_ms = at_ms - %lld WHERE hash = 1",
	               (long long)VS_STORE_ONCE_MS);
	postgres_exec(a.database, sql);
	CHECK_OK(vs_store_feed_new(&options, reason, sizeof(reason), &feed));
	CHECK_OK(vs_store_feed_run(feed));
	for (unsigned i = 0; i < 500 && fixture_ask(&a, "SELECT count(*) FROM message_taken") != 1;
	     i++)
		(void)nanosleep(&(struct timespec){0, 20000000}, NULL);
	CHECK(fixture_ask(&a, "SELECT hash FROM message_taken") == 2);
	vs_store_feed_free(&feed);
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
	CASE(a_message_is_kept_once);
	CASE(repeats_among_others);
	CASE(what_fails_takes_nothing);
	CASE(a_conflict_is_told_once);
	CASE(out_of_a_spool);
	CASE(it_is_forgotten);
	return 0;
}
