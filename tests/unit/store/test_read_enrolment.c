/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static struct vs_core_record *
token_record(const char *id, uint8_t hash, const char *identity, int64_t uses_left)
{
	struct vs_core_record *record = record_new(VS_RECORD_enrolment_put, "", "");
	struct vs_core_enrolment *token = &record->u.enrolment_put;

	(void)snprintf(token->id, sizeof(token->id), "%s", id);
	(void)snprintf(token->tenant, sizeof(token->tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(token->identity, sizeof(token->identity), "%s", identity);
	memset(token->token_sha256, hash, sizeof(token->token_sha256));
	token->uses_left = uses_left;
	token->created_ms = 1;
	token->expires_ms = INT64_MAX;
	return record;
}

static struct vs_core_record *
enrol_record(const char *identity, uint8_t hash)
{
	struct vs_core_record *record = record_new(VS_RECORD_enrol, identity, "");
	struct vs_core_station *station = &record->u.enrol.station;

	(void)snprintf(station->tenant, sizeof(station->tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(station->identity, sizeof(station->identity), "%s", identity);
	station->is_enabled = true;
	memset(record->u.enrol.token_sha256, hash, sizeof(record->u.enrol.token_sha256));
	return record;
}

static enum vs_err
put_outcome(struct fixture *f, struct vs_core_record *record)
{
	fixture_put(f, record);
	return f->last_outcome;
}

static char seen[256];

static bool
see(const struct vs_core_enrolment *row, void *arg)
{
	size_t used = strlen(seen);

	(void)arg;
	(void)snprintf(seen + used, sizeof(seen) - used, "%s/%s/%d ", row->id, row->identity,
	               (int)row->uses_left);
	return true;
}

static bool
is_registered(struct fixture *f, const char *identity)
{
	struct vs_core_station_row row;

	return f->reader.station(f->reader.self, VS_CORE_TENANT_DEFAULT, identity, &row).code ==
	       VS_E_OK;
}

static void
tokens_are_listed_and_found_by_hash(void)
{
	struct vs_core_enrolment row;
	struct fixture f;
	uint8_t hash[32];

	fixture_start(&f);
	fixture_put(&f, token_record("b", 2, "", 3));
	fixture_put(&f, token_record("a", 1, "CS-1", 1));
	CHECK_OK(f.reader.enrolments(f.reader.self, VS_CORE_TENANT_DEFAULT, "", 9, see, NULL));
	CHECK(strcmp(seen, "a/CS-1/1 b//3 ") == 0);
	memset(hash, 2, sizeof(hash));
	CHECK_OK(f.reader.enrolment(f.reader.self, hash, &row));
	CHECK(strcmp(row.id, "b") == 0 && row.uses_left == 3 && row.token_sha256[31] == 2);
	memset(hash, 9, sizeof(hash));
	CHECK_ERR(f.reader.enrolment(f.reader.self, hash, &row), NOT_FOUND);
	fixture_done(&f);
}

/* The use and the station come together or not at all. */
static void
a_use_is_taken_with_the_registration(void)
{
	struct vs_core_record *removal;
	struct vs_core_enrolment row;
	struct fixture f;
	uint8_t hash[32];

	fixture_start(&f);
	memset(hash, 2, sizeof(hash));
	fixture_put(&f, token_record("b", 2, "", 2));
	fixture_put(&f, enrol_record("CS-7", 2));
	CHECK(is_registered(&f, "CS-7"));
	CHECK_OK(f.reader.enrolment(f.reader.self, hash, &row));
	CHECK(row.uses_left == 1);
	/* A name that is taken costs no use. */
	CHECK(put_outcome(&f, enrol_record("CS-7", 2)) == VS_E_CONFLICT);
	CHECK_OK(f.reader.enrolment(f.reader.self, hash, &row));
	CHECK(row.uses_left == 1);
	fixture_put(&f, enrol_record("CS-8", 2));
	CHECK(put_outcome(&f, enrol_record("CS-9", 2)) == VS_E_CONFLICT);
	CHECK(!is_registered(&f, "CS-9"));
	CHECK(put_outcome(&f, enrol_record("CS-9", 3)) == VS_E_CONFLICT); /* no such token */
	fixture_put(&f, token_record("c", 4, "CS-5", 1));
	CHECK(put_outcome(&f, enrol_record("CS-6", 4)) == VS_E_CONFLICT); /* another's */
	removal = record_new(VS_RECORD_enrolment_remove, "", "");
	(void)snprintf(removal->u.enrolment_put.id, sizeof(removal->u.enrolment_put.id), "c");
	fixture_put(&f, removal);
	CHECK(put_outcome(&f, enrol_record("CS-5", 4)) == VS_E_CONFLICT);
	CHECK(!is_registered(&f, "CS-5"));
	fixture_done(&f);
}

int
main(void)
{
	CASE(tokens_are_listed_and_found_by_hash);
	CASE(a_use_is_taken_with_the_registration);
	return 0;
}
