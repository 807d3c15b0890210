/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#define TENANT VS_CORE_TENANT_DEFAULT

struct seen {
	char text[256];
	size_t count, stop_after;
};

static void
put_station(struct fixture *f, const char *tenant, const char *identity)
{
	struct vs_core_record *record = record_new(VS_RECORD_station_put, identity, "");

	(void)snprintf(record->u.station_put.tenant, sizeof(record->u.station_put.tenant), "%s",
	               tenant);
	(void)snprintf(record->u.station_put.identity, sizeof(record->u.station_put.identity), "%s",
	               identity);
	fixture_put(f, record);
}

static bool
see_station(const struct vs_core_station_row *row, void *arg)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%s ", row->station.identity);
	return ++seen->count != seen->stop_after;
}

static void
pages_through_stations_of_one_tenant(void)
{
	struct fixture f;
	struct seen seen = {"", 0, 0};
	struct vs_core_station_row row;

	fixture_start(&f);
	put_station(&f, TENANT, "CS3");
	put_station(&f, TENANT, "CS1");
	put_station(&f, TENANT, "CS2");
	put_station(&f, "other", "CS9");
	CHECK_OK(f.reader.stations(f.reader.self, TENANT, "", 2, see_station, &seen));
	CHECK(strcmp(seen.text, "CS1 CS2 ") == 0);
	CHECK_OK(f.reader.stations(f.reader.self, TENANT, "CS2", 2, see_station, &seen));
	CHECK(strcmp(seen.text, "CS1 CS2 CS3 ") == 0);
	seen = (struct seen){"", 0, 1};
	CHECK_OK(f.reader.stations(f.reader.self, TENANT, "", 100, see_station, &seen));
	CHECK(strcmp(seen.text, "CS1 ") == 0); /* the row function said stop */
	CHECK_ERR(f.reader.station(f.reader.self, TENANT, "CS9", &row), NOT_FOUND);
	CHECK_ERR(f.reader.station(f.reader.self, TENANT, "CS1' OR 1=1 --", &row), NOT_FOUND);
	CHECK_OK(f.reader.station(f.reader.self, "other", "CS9", &row));
	CHECK(row.last_seen_ms == VS_CORE_ABSENT && strcmp(row.station.tenant, "other") == 0);
	fixture_done(&f);
}

static struct vs_core_station shown[4];
static size_t shown_count;

static bool
show_station(const struct vs_core_station_row *row, void *arg)
{
	(void)arg;
	shown[shown_count++] = row->station;
	return true;
}

/* A list of a hundred stations would have the key process open a hundred keys. */
static void
what_is_shown_stays_sealed(void)
{
	static const uint8_t nothing[VS_CORE_VERIFIER_SIZE] = {0};
	struct vs_core_record *record = record_new(VS_RECORD_station_put, "CS1", "");
	struct vs_core_station_row whole;
	struct fixture f;

	fixture_start(&f);
	(void)snprintf(record->u.station_put.tenant, VS_CORE_TENANT_SIZE, "%s", TENANT);
	(void)snprintf(record->u.station_put.identity, VS_CORE_IDENTITY_SIZE, "CS1");
	CHECK(vs_core_station_verifier_set(&record->u.station_put, VS_CORE_VERIFIER_PEPPERED, 1,
	                                   VS_BYTES_LITERAL("0123456789abcdef0123456789abcdef")));
	fixture_put(&f, record);
	put_station(&f, TENANT, "CS2");
	CHECK_OK(f.reader.station(f.reader.self, TENANT, "CS1", &whole));
	CHECK(whole.station.has_verifier);
	shown_count = 0;
	CHECK_OK(f.reader.stations_shown(f.reader.self, TENANT, "", 4, show_station, NULL));
	CHECK(shown_count == 2 && strcmp(shown[0].identity, "CS1") == 0);
	CHECK(shown[0].has_verifier && !shown[1].has_verifier);
	CHECK(memcmp(shown[0].verifier, nothing, sizeof(shown[0].verifier)) == 0);
	CHECK(shown[0].auth == whole.station.auth &&
	      shown[0].is_enabled == whole.station.is_enabled &&
	      shown[0].created_ms == whole.station.created_ms && !shown[0].has_next_verifier);
	fixture_done(&f);
}

static void
keeps_the_policy(void)
{
	const struct vs_core_policy policy = {.versions = 5,
	                                      .e2e = VS_CORE_E2E_REQUIRE,
	                                      .sign = VS_CORE_SIGN_STRICT,
	                                      .replay = VS_CORE_REPLAY_CUSTOMDATA,
	                                      .quirks = 9,
	                                      .profile_reached = 3,
	                                      .profile_lowered_until_ms = 1234,
	                                      .expired_until_ms = 5678};
	struct vs_core_station_row row;
	struct vs_core_record *record;
	struct fixture f;

	fixture_start(&f);
	put_station(&f, TENANT, "CS1");
	CHECK_OK(f.reader.station(f.reader.self, TENANT, "CS1", &row));
	CHECK(row.station.policy.versions == 0 && row.station.policy.profile_reached == 0 &&
	      row.station.policy.e2e == VS_CORE_E2E_OFF);
	record = record_new(VS_RECORD_station_put, "CS1", "");
	(void)snprintf(record->u.station_put.tenant, VS_CORE_TENANT_SIZE, "%s", TENANT);
	(void)snprintf(record->u.station_put.identity, VS_CORE_IDENTITY_SIZE, "CS1");
	record->u.station_put.policy = policy;
	fixture_put(&f, record);
	put_station(&f, TENANT, "CS2");
	CHECK_OK(f.reader.station(f.reader.self, TENANT, "CS1", &row));
	CHECK(row.station.policy.versions == 5 && row.station.policy.quirks == 9 &&
	      row.station.policy.e2e == VS_CORE_E2E_REQUIRE &&
	      row.station.policy.sign == VS_CORE_SIGN_STRICT &&
	      row.station.policy.replay == VS_CORE_REPLAY_CUSTOMDATA);
	CHECK(row.station.policy.profile_reached == 3 &&
	      row.station.policy.profile_lowered_until_ms == 1234 &&
	      row.station.policy.expired_until_ms == 5678);
	/* All can be taken back but the ratchet. */
	put_station(&f, TENANT, "CS1");
	CHECK_OK(f.reader.station(f.reader.self, TENANT, "CS1", &row));
	CHECK(row.station.policy.versions == 0 && row.station.policy.profile_reached == 3);
	fixture_done(&f);
}

/* A01, A05: what was next, and what became of it; nothing else of the row changes. */
static void
keeps_the_next_credential(void)
{
	struct vs_core_station_row row;
	struct vs_core_record *record;
	struct fixture f;
	uint8_t old[VS_CORE_PEPPERED_SIZE];

	fixture_start(&f);
	memset(old, 1, sizeof(old));
	record = record_new(VS_RECORD_station_put, "CS1", "");
	(void)snprintf(record->u.station_put.tenant, VS_CORE_TENANT_SIZE, "%s", TENANT);
	(void)snprintf(record->u.station_put.identity, VS_CORE_IDENTITY_SIZE, "CS1");
	CHECK(vs_core_station_verifier_set(&record->u.station_put, VS_CORE_VERIFIER_PEPPERED, 1,
	                                   vs_bytes_from(old, sizeof(old))));
	record->u.station_put.is_enabled = true;
	record->u.station_put.has_next_auth = true;
	record->u.station_put.next_auth = VS_CORE_AUTH_MTLS;
	record->u.station_put.has_next_verifier = true;
	record->u.station_put.next_pepper_version = 3;
	memset(record->u.station_put.next_verifier, 2, VS_CORE_PEPPERED_SIZE);
	fixture_put(&f, record);
	CHECK_OK(f.reader.station(f.reader.self, TENANT, "CS1", &row));
	CHECK(row.station.has_next_auth && row.station.next_auth == VS_CORE_AUTH_MTLS &&
	      row.station.has_next_verifier && row.station.next_verifier[31] == 2 &&
	      row.station.next_pepper_version == 3 && row.station.verifier[0] == 1);

	record = record_new(VS_RECORD_proved, "CS1", "");
	record->u.proved.station = row.station;
	record->u.proved.station.is_enabled = false; /* stale: must not be written */
	record->u.proved.proof = (struct vs_core_proof){2, false, true};
	vs_core_station_prove(&record->u.proved.station, &record->u.proved.proof);
	fixture_put(&f, record);
	CHECK_OK(f.reader.station(f.reader.self, TENANT, "CS1", &row));
	CHECK(row.station.is_enabled && row.station.policy.profile_reached == 2);
	CHECK(row.station.verifier[0] == 2 && row.station.pepper_version == 3 &&
	      !row.station.has_next_verifier && row.station.has_next_auth &&
	      row.station.auth == VS_CORE_AUTH_BASIC);

	record = record_new(VS_RECORD_proved, "CS1", "");
	record->u.proved.station = row.station;
	record->u.proved.proof = (struct vs_core_proof){3, true, false};
	vs_core_station_prove(&record->u.proved.station, &record->u.proved.proof);
	fixture_put(&f, record);
	CHECK_OK(f.reader.station(f.reader.self, TENANT, "CS1", &row));
	CHECK(row.station.auth == VS_CORE_AUTH_MTLS && !row.station.has_next_auth &&
	      row.station.policy.profile_reached == 3 && row.station.verifier[0] == 2);
	fixture_done(&f);
}

static bool
see_status(const struct vs_core_status_row *row, void *arg)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%s/%d.%d=%s ", row->station,
	               (int)row->evse, (int)row->connector, row->status);
	return true;
}

static void
put_status(struct fixture *f, const char *station, int64_t evse, const char *status)
{
	struct vs_core_record *record = record_new(VS_RECORD_status, station, "");

	record->u.status.evse = evse;
	record->u.status.connector = 1;
	(void)snprintf(record->u.status.status, sizeof(record->u.status.status), "%s", status);
	fixture_put(f, record);
}

static void
shows_the_latest_status_of_each_connector(void)
{
	struct fixture f;
	struct seen seen = {"", 0, 0};
	int64_t faulted = -1;

	fixture_start(&f);
	put_status(&f, "CS2", 1, "Faulted");
	put_status(&f, "CS1", 2, "Available");
	put_status(&f, "CS1", 1, "Available");
	put_status(&f, "CS1", 1, "Occupied");
	put_status(&f, "CS3", 1, "Available");
	put_status(&f, "CS4", 2, "Faulted");
	put_status(&f, "CS4", 1, "Faulted");
	CHECK_OK(f.reader.statuses_between(f.reader.self, TENANT, "CS1", "CS2", see_status, &seen));
	CHECK(strcmp(seen.text, "CS1/1.1=Occupied CS1/2.1=Available CS2/1.1=Faulted ") == 0);
	seen.text[0] = '\0';
	CHECK_OK(f.reader.statuses(f.reader.self, TENANT, "CS2", see_status, &seen));
	CHECK(strcmp(seen.text, "CS2/1.1=Faulted ") == 0);
	seen.text[0] = '\0';
	CHECK_OK(
	    f.reader.statuses_between(f.reader.self, "another", "CS1", "CS9", see_status, &seen));
	CHECK(seen.text[0] == '\0');
	/* Stations, not connectors. */
	CHECK_OK(f.reader.faulted(f.reader.self, TENANT, &faulted));
	CHECK(faulted == 2);
	CHECK_OK(f.reader.faulted(f.reader.self, "another", &faulted));
	CHECK(faulted == 0);
	fixture_done(&f);
}

static bool
see_variable(const struct vs_core_variable_row *row, void *arg)
{
	struct seen *seen = arg;

	CHECK(strcmp(row->station, "CS1") == 0 && strcmp(row->component, "EVSE") == 0);
	CHECK(strcmp(row->variable, "Power") == 0 && strcmp(row->attribute, "MaxSet") == 0);
	CHECK(row->evse == 0 && row->connector == VS_CORE_ABSENT);
	CHECK(vs_bytes_equal_text(row->value, "11000") && row->reported_ms > 0);
	seen->count++;
	return true;
}

static void
shows_variables(void)
{
	struct fixture f;
	struct seen seen = {"", 0, 0};

	fixture_start(&f);
	fixture_put(
	    &f, record_new(VS_RECORD_report, "CS1",
	                   "[{\"component\":{\"name\":\"EVSE\",\"evse\":{\"id\":0}},\"variable\":{"
	                   "\"name\":\"Power\"},"
	                   "\"variableAttribute\":[{\"type\":\"MaxSet\",\"value\":\"11000\"}]}]"));
	CHECK_OK(f.reader.variables(f.reader.self, TENANT, "CS1", see_variable, &seen));
	CHECK_OK(f.reader.variables(f.reader.self, TENANT, "CS2", see_variable, &seen));
	CHECK(seen.count == 1);
	fixture_done(&f);
}

int
main(void)
{
	CASE(pages_through_stations_of_one_tenant);
	CASE(what_is_shown_stays_sealed);
	CASE(keeps_the_policy);
	CASE(keeps_the_next_credential);
	CASE(shows_the_latest_status_of_each_connector);
	CASE(shows_variables);
	return 0;
}
