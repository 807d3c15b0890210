/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#define TENANT VS_CORE_TENANT_DEFAULT
#define ID     "abcdefghij0123456789"

static struct vs_core_record *
claim_record(enum vs_core_record_kind kind, const char *id, int64_t revision, int64_t ctr,
             const char *answer)
{
	struct vs_core_record *record = record_new(kind, "CS-1", answer);
	struct vs_core_claim *claim = &record->u.provision.claim;

	(void)snprintf(claim->tenant, sizeof(claim->tenant), "%s", TENANT);
	(void)snprintf(claim->id, sizeof(claim->id), "%s", id);
	(void)snprintf(claim->identity, sizeof(claim->identity), "CS-1");
	claim->revision = revision;
	claim->state = revision == 1 ? VS_CORE_CLAIM_OPEN : VS_CORE_CLAIM_DELETING;
	claim->kind = VS_CORE_CLAIM_FRAMED;
	claim->auth = VS_CORE_AUTH_MTLS;
	claim->secret_epoch = 3;
	claim->created_ms = 10;
	claim->expires_ms = 20;
	claim->ctr = ctr;
	claim->cert_id = 7;
	claim->has_key = revision > 1;
	claim->purge_ms = revision > 1 ? 100 : 0;
	memset(claim->public_key, 5, sizeof(claim->public_key));
	memset(claim->last, 6, sizeof(claim->last));
	memset(claim->answered, 8, sizeof(claim->answered));
	return record;
}

static int seen;

static bool
see(const struct vs_core_claim *row, void *arg)
{
	(void)arg;
	CHECK(row->created_ms == 10);
	seen++;
	return true;
}

static void
one_life(void)
{
	struct vs_core_claim row;
	struct vs_buf answer;
	struct fixture f;

	fixture_start(&f);
	vs_buf_init(&answer, 64);
	fixture_put(&f, claim_record(VS_RECORD_claim_put, ID, 1, 0, ""));
	CHECK(f.last_outcome == VS_E_OK);
	CHECK_OK(f.reader.claim(f.reader.self, TENANT, ID, &row, &answer));
	CHECK(row.state == VS_CORE_CLAIM_OPEN && row.kind == VS_CORE_CLAIM_FRAMED);
	CHECK(row.auth == VS_CORE_AUTH_MTLS && row.secret_epoch == 3 && row.expires_ms == 20);
	CHECK(!row.has_key && answer.size == 0 && row.revision == 1);
	fixture_put(&f, claim_record(VS_RECORD_claim_put, ID, 2, 4, "{\"v\":2}"));
	CHECK(f.last_outcome == VS_E_OK);
	CHECK_OK(f.reader.claim(f.reader.self, TENANT, ID, &row, &answer));
	CHECK(row.state == VS_CORE_CLAIM_DELETING && row.has_key && row.ctr == 4);
	CHECK(row.public_key[31] == 5 && row.last[31] == 6 && row.answered[31] == 8);
	CHECK(vs_bytes_equal_text(vs_buf_view(&answer), "{\"v\":2}"));
	/* A change without an answer keeps the old one. */
	fixture_put(&f, claim_record(VS_RECORD_claim_put, ID, 3, 4, ""));
	vs_buf_reset(&answer);
	CHECK_OK(f.reader.claim(f.reader.self, TENANT, ID, &row, &answer));
	CHECK(vs_bytes_equal_text(vs_buf_view(&answer), "{\"v\":2}") && row.revision == 3);
	CHECK_ERR(f.reader.claim(f.reader.self, "other", ID, &row, NULL), NOT_FOUND);
	vs_buf_done(&answer);
	fixture_done(&f);
}

/* Two that change one claim at the same time: the second is refused, and so is a counter that goes
 * back and a change of a claim that there is not. */
static void
conflicts(void)
{
	struct vs_core_claim row;
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, claim_record(VS_RECORD_claim_put, ID, 1, 0, ""));
	fixture_put(&f, claim_record(VS_RECORD_claim_put, ID, 2, 4, ""));
	fixture_put(&f, claim_record(VS_RECORD_claim_put, ID, 2, 5, ""));
	CHECK(f.last_outcome == VS_E_CONFLICT);
	fixture_put(&f, claim_record(VS_RECORD_claim_put, ID, 1, 4, ""));
	CHECK(f.last_outcome == VS_E_CONFLICT);
	fixture_put(&f, claim_record(VS_RECORD_claim_put, ID, 3, 3, ""));
	CHECK(f.last_outcome == VS_E_CONFLICT);
	fixture_put(&f, claim_record(VS_RECORD_claim_put, "abcdefghij012345678x", 2, 0, ""));
	CHECK(f.last_outcome == VS_E_CONFLICT);
	CHECK_OK(f.reader.claim(f.reader.self, TENANT, ID, &row, NULL));
	CHECK(row.revision == 2 && row.ctr == 4);
	fixture_done(&f);
}

static void
lists(void)
{
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, claim_record(VS_RECORD_claim_put, "abcdefghij0123456780", 1, 0, ""));
	fixture_put(&f, claim_record(VS_RECORD_claim_put, "abcdefghij0123456781", 1, 0, ""));
	fixture_put(&f, claim_record(VS_RECORD_claim_put, "abcdefghij0123456781", 2, 0, ""));
	seen = 0;
	CHECK_OK(f.reader.claims(f.reader.self, TENANT, "", 9, see, NULL));
	CHECK(seen == 2);
	seen = 0;
	CHECK_OK(f.reader.claims(f.reader.self, TENANT, "abcdefghij0123456780", 9, see, NULL));
	CHECK(seen == 1);
	seen = 0;
	CHECK_OK(f.reader.claims_over(f.reader.self, VS_CORE_CLAIM_DELETING, 99, 9, see, NULL));
	CHECK(seen == 0);
	CHECK_OK(f.reader.claims_over(f.reader.self, VS_CORE_CLAIM_DELETING, 100, 9, see, NULL));
	CHECK(seen == 1);
	fixture_done(&f);
}

/* The device's entry and its claim are one transaction. */
static void
with_its_device(void)
{
	struct vs_core_station_row station;
	struct vs_core_record *record;
	struct vs_core_sensor sensor;
	struct vs_core_claim row;
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, claim_record(VS_RECORD_claim_put, ID, 1, 0, ""));
	record = claim_record(VS_RECORD_claim_station, ID, 2, 0, "{}");
	(void)snprintf(record->u.station_put.tenant, sizeof(record->u.station_put.tenant), TENANT);
	(void)snprintf(record->u.station_put.identity, sizeof(record->u.station_put.identity),
	               "CS-1");
	record->u.station_put.is_enabled = true;
	record->u.station_put.has_verifier = true;
	memset(record->u.station_put.verifier, 9, VS_CORE_PEPPERED_SIZE);
	fixture_put(&f, record);
	CHECK(f.last_outcome == VS_E_OK);
	CHECK_OK(f.reader.station(f.reader.self, TENANT, "CS-1", &station));
	CHECK(station.station.is_enabled && station.station.verifier[0] == 9);
	CHECK_OK(f.reader.claim(f.reader.self, TENANT, ID, &row, NULL));
	CHECK(row.revision == 2);
	/* Its claim has changed meanwhile: the entry is not touched. */
	record = claim_record(VS_RECORD_claim_sensor, ID, 2, 0, "{}");
	(void)snprintf(record->u.sensor_put.tenant, sizeof(record->u.sensor_put.tenant), TENANT);
	(void)snprintf(record->u.sensor_put.device, sizeof(record->u.sensor_put.device), "S-1");
	fixture_put(&f, record);
	CHECK(f.last_outcome == VS_E_CONFLICT);
	CHECK_ERR(f.reader.sensor(f.reader.self, TENANT, "S-1", &sensor), NOT_FOUND);
	record = claim_record(VS_RECORD_claim_sensor, ID, 3, 0, "{}");
	(void)snprintf(record->u.sensor_put.tenant, sizeof(record->u.sensor_put.tenant), TENANT);
	(void)snprintf(record->u.sensor_put.device, sizeof(record->u.sensor_put.device), "S-1");
	fixture_put(&f, record);
	CHECK(f.last_outcome == VS_E_OK);
	CHECK_OK(f.reader.sensor(f.reader.self, TENANT, "S-1", &sensor));
	fixture_done(&f);
}

static struct vs_core_record *
with_e1(int64_t revision, enum vs_core_claim_wire wire, const char *key)
{
	struct vs_core_record *plain = claim_record(VS_RECORD_claim_put, ID, revision, 0, "");
	struct vs_core_record *record = NULL;

	CHECK_OK(vs_core_record_new(VS_RECORD_claim_put, plain->tenant, plain->station,
	                            plain->received_ms, vs_bytes_from(NULL, 0),
	                            vs_bytes_from_text(key), &record));
	record->u.provision.claim = plain->u.provision.claim;
	record->u.provision.claim.state = VS_CORE_CLAIM_USED;
	record->u.provision.claim.wire = wire;
	vs_core_record_free(&plain);
	return record;
}

static void
expect_key(struct fixture *f, const char *expected)
{
	struct vs_buf key;

	vs_buf_init(&key, 64);
	CHECK_OK(f->reader.claim_e1_key(f->reader.self, TENANT, ID, &key));
	CHECK(vs_bytes_equal_text(vs_buf_view(&key), expected));
	vs_buf_done(&key);
}

/* E1 and its key, until E2 is used: then neither comes back, whoever writes it. */
static void
no_way_back(void)
{
	struct vs_core_claim row;
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, with_e1(1, VS_CORE_CLAIM_WIRE_E1_SHA1_12_32, "first"));
	CHECK_OK(f.reader.claim(f.reader.self, TENANT, ID, &row, NULL));
	CHECK(row.wire == VS_CORE_CLAIM_WIRE_E1_SHA1_12_32);
	expect_key(&f, "first");
	fixture_put(&f, with_e1(2, VS_CORE_CLAIM_WIRE_E1_SHA1_12_32, ""));
	expect_key(&f, "first"); /* what does not name one keeps it */
	fixture_put(&f, with_e1(3, VS_CORE_CLAIM_WIRE_E1_SHA1_12_32, "second"));
	expect_key(&f, "second");
	fixture_put(&f, with_e1(4, VS_CORE_CLAIM_WIRE_E1, "third"));
	CHECK(f.last_outcome == VS_E_CONFLICT); /* nor to another form */
	fixture_put(&f, with_e1(4, VS_CORE_CLAIM_WIRE_E2, ""));
	CHECK(f.last_outcome == VS_E_OK);
	expect_key(&f, "");
	fixture_put(&f, with_e1(5, VS_CORE_CLAIM_WIRE_E1_SHA1_12_32, "again"));
	CHECK(f.last_outcome == VS_E_CONFLICT);
	CHECK_OK(f.reader.claim(f.reader.self, TENANT, ID, &row, NULL));
	CHECK(row.wire == VS_CORE_CLAIM_WIRE_E2 && row.revision == 4);
	expect_key(&f, "");
	seen = 0;
	CHECK_OK(f.reader.claims_named(f.reader.self, "CS-1", 9, see, NULL));
	CHECK(seen == 1);
	CHECK_OK(f.reader.claims_named(f.reader.self, "", 9, see, NULL));
	CHECK_OK(f.reader.claims_named(f.reader.self, "CS-2", 9, see, NULL));
	CHECK(seen == 1);
	fixture_done(&f);
}

int
main(void)
{
	CASE(one_life);
	CASE(no_way_back);
	CASE(conflicts);
	CASE(lists);
	CASE(with_its_device);
	return 0;
}
