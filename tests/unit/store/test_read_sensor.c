/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/reading_write.h"

#define TENANT VS_CORE_TENANT_DEFAULT

static struct vs_core_record *
sensor_record(const char *device, uint8_t hash)
{
	struct vs_core_record *record = record_new(VS_RECORD_sensor_put, device, "");
	struct vs_core_sensor *sensor = &record->u.sensor_put;

	(void)snprintf(sensor->tenant, sizeof(sensor->tenant), "%s", TENANT);
	(void)snprintf(sensor->device, sizeof(sensor->device), "%s", device);
	sensor->has_token = hash != 0;
	memset(sensor->token_sha256, hash, sizeof(sensor->token_sha256));
	sensor->is_enabled = true;
	sensor->created_ms = 5;
	return record;
}

static struct vs_core_record *
readings_record(const char *device, int64_t at_ms, const char *payload, uint8_t salt)
{
	struct vs_core_record *record = record_new(VS_RECORD_readings, device, payload);

	record->u.readings = (struct vs_core_readings){.at_ms = at_ms,
	                                               .count = 1,
	                                               .profile = 3,
	                                               .epoch = 7,
	                                               .has_window = salt != 0,
	                                               .is_raised = true};
	memset(record->u.readings.salt, salt, sizeof(record->u.readings.salt));
	memset(record->u.readings.window, (int)at_ms, sizeof(record->u.readings.window));
	return record;
}

static char seen[512];

static bool
see_sensor(const struct vs_core_sensor *row, void *arg)
{
	(void)arg;
	(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s/%d ", row->device,
	               (int)row->profile);
	return true;
}

static void
devices(void)
{
	struct vs_core_record *record;
	struct vs_core_sensor row;
	struct fixture f;
	uint8_t hash[32];

	fixture_start(&f);
	fixture_put(&f, sensor_record("b", 2));
	fixture_put(&f, sensor_record("a", 0));
	fixture_put(&f, sensor_record("c", 2)); /* a token is of one device */
	CHECK(f.last_outcome == VS_E_CONFLICT);
	seen[0] = '\0';
	CHECK_OK(f.reader.sensors(f.reader.self, TENANT, "", 9, see_sensor, NULL));
	CHECK(strcmp(seen, "a/0 b/0 ") == 0);
	memset(hash, 2, sizeof(hash));
	CHECK_OK(f.reader.sensor_of_token(f.reader.self, hash, &row));
	CHECK(strcmp(row.device, "b") == 0 && row.has_token && !row.has_public_key);
	CHECK(row.is_enabled && row.created_ms == 5);
	memset(hash, 0, sizeof(hash));
	CHECK_ERR(f.reader.sensor_of_token(f.reader.self, hash, &row), NOT_FOUND);
	CHECK_OK(f.reader.sensor(f.reader.self, TENANT, "a", &row));
	CHECK(!row.has_token);
	CHECK_ERR(f.reader.sensor(f.reader.self, "other", "a", &row), NOT_FOUND);
	/* What it has reached only rises by what it sends. */
	fixture_put(&f, readings_record("a", 1, "[]", 0));
	CHECK_OK(f.reader.sensor(f.reader.self, TENANT, "a", &row));
	CHECK(row.profile == 3);
	record = readings_record("a", 2, "[]", 0);
	record->u.readings.profile = 1;
	fixture_put(&f, record);
	CHECK_OK(f.reader.sensor(f.reader.self, TENANT, "a", &row));
	CHECK(row.profile == 3);
	record = sensor_record("a", 0);
	record->kind = VS_RECORD_sensor_remove;
	fixture_put(&f, record);
	CHECK_ERR(f.reader.sensor(f.reader.self, TENANT, "a", &row), NOT_FOUND);
	fixture_done(&f);
}

static bool
see_reading(const struct vs_core_reading_row *row, void *arg)
{
	(void)arg;
	(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%d:%.*s%s ",
	               (int)row->at_ms, VS_BYTES_PRINTF(row->payload),
	               vs_core_reading_text(row->reading));
	return true;
}

static void
readings(void)
{
	const struct vs_core_reading_place first = {.row_ms = 20, .id = 1};
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, readings_record("a", 20, "[2]", 1));
	fixture_put(&f, readings_record("a", 10, "[1]", 1));
	fixture_put(&f, readings_record("a", 20, "[3]", 2));
	fixture_put(&f, readings_record("b", 15, "[4]", 1));
	seen[0] = '\0';
	CHECK_OK(f.reader.readings(f.reader.self, TENANT, "a", 10, 21, NULL, see_reading, NULL));
	CHECK(strcmp(seen, "10:[1] 20:[2] 20:[3] ") == 0);
	seen[0] = '\0';
	/* Behind the row 1, of the time 20. */
	CHECK_OK(f.reader.readings(f.reader.self, TENANT, "a", 20, 21, &first, see_reading, NULL));
	CHECK(strcmp(seen, "20:[3] ") == 0);
	seen[0] = '\0';
	CHECK_OK(f.reader.readings(f.reader.self, "other", "a", 0, 99, NULL, see_reading, NULL));
	CHECK(seen[0] == '\0');
	fixture_done(&f);
}

#define MINUTE VS_STORE_CHUNK_SPAN_MS

/* What is committed together is one row for each device and minute, and is read as it came. */
static void
together(void)
{
	static const struct {
		const char *device, *payload;
		int64_t at_ms;
	} messages[] = {{"a", "[1]", 10},     {"b", "[2]", 11},  {"a", "[3]", MINUTE + 5},
	                {"a", "[4]", 30},     {"a", "[5]", 20},  {"b", "[6]", 12},
	                {"a", "[7]", MINUTE}, {"a", "[8]", -10}, {"a", "[9]", 40}};
	struct vs_core_record *first = NULL, **end = &first;
	struct vs_core_reading_place after = {.row_ms = 0};
	struct fixture f;

	fixture_start(&f);
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		*end = readings_record(messages[i].device, messages[i].at_ms, messages[i].payload,
		                       messages[i].device[0] == 'a');
		end = &(*end)->next;
	}
	fixture_put_all(&f, first, sizeof(messages) / sizeof(messages[0]));
	CHECK(fixture_ask(&f, "SELECT count(*) FROM reading") == 4);
	CHECK(fixture_ask(&f, "SELECT sum(count) FROM reading") == 9);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM sensor_window") == 1);
	seen[0] = '\0';
	CHECK_OK(f.reader.readings(f.reader.self, TENANT, "a", -99, 2 * MINUTE, NULL, see_reading,
	                           NULL));
	CHECK(strcmp(seen, "-10:[8] 10:[1] 30:[4] 20:[5] 40:[9] 60005:[3] 60000:[7] ") == 0);
	/* Of a row that begins before it, what is asked for alone. */
	seen[0] = '\0';
	CHECK_OK(
	    f.reader.readings(f.reader.self, TENANT, "a", 20, MINUTE + 1, NULL, see_reading, NULL));
	CHECK(strcmp(seen, "30:[4] 20:[5] 40:[9] 60000:[7] ") == 0);
	/* Behind the second message of the first row. */
	after = (struct vs_core_reading_place){.row_ms = 10, .id = 1, .index = 1};
	seen[0] = '\0';
	CHECK_OK(
	    f.reader.readings(f.reader.self, TENANT, "a", 0, MINUTE, &after, see_reading, NULL));
	CHECK(strcmp(seen, "20:[5] 40:[9] ") == 0);
	fixture_done(&f);
}

/* A row has an end: what does not fit begins another one. */
static void
long_ones(void)
{
	struct vs_core_record *first = NULL, **end = &first;
	struct fixture f;
	char text[8192];

	memset(text, ' ', sizeof(text));
	text[0] = '[';
	text[sizeof(text) - 2] = ']';
	text[sizeof(text) - 1] = '\0';
	fixture_start(&f);
	for (int i = 0; i < 10; i++) {
		*end = readings_record("a", i, text, 1);
		end = &(*end)->next;
	}
	fixture_put_all(&f, first, 10);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM reading") == 4);
	CHECK(fixture_ask(&f, "SELECT sum(count) FROM reading") == 10);
	fixture_done(&f);
}

static bool
see_window(const struct vs_core_window_row *row, void *arg)
{
	(void)arg;
	CHECK(row->window.size == VS_CORE_SENSOR_WINDOW_SIZE);
	(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%d:%d:%d ",
	               (int)row->epoch, row->salt[0], row->window.data[0]);
	return true;
}

/* One for each salt, the newest state of it; none for what has no numbers. */
static void
windows(void)
{
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, readings_record("a", 1, "[]", 1));
	fixture_put(&f, readings_record("a", 2, "[]", 1));
	fixture_put(&f, readings_record("a", 3, "[]", 0));
	fixture_put(&f, readings_record("b", 4, "[]", 1));
	seen[0] = '\0';
	CHECK_OK(f.reader.sensor_windows(f.reader.self, TENANT, "a", 9, see_window, NULL));
	CHECK(strcmp(seen, "7:1:2 ") == 0);
	fixture_done(&f);
}

static bool
is_revoked(struct fixture *f, const char *tenant, const char *jti, const char *sub, int64_t at_ms)
{
	bool is = false;

	CHECK_OK(f->reader.sensor_is_revoked(f->reader.self, tenant, jti, sub, at_ms, &is));
	return is;
}

static void
revoked(void)
{
	struct vs_core_record *record = record_new(VS_RECORD_sensor_revoke, "", "");
	struct fixture f;

	fixture_start(&f);
	record->u.sensor_revoke = (struct vs_core_sensor_revoked){"jti", "t1", 100, 200};
	fixture_put(&f, record);
	record = record_new(VS_RECORD_sensor_revoke, "", "");
	record->u.sensor_revoke = (struct vs_core_sensor_revoked){"sub", "a", 100, 200};
	fixture_put(&f, record);
	CHECK(is_revoked(&f, TENANT, "t1", "b", 150));
	CHECK(is_revoked(&f, TENANT, "t2", "a", 100));
	CHECK(!is_revoked(&f, TENANT, "t2", "a", 101)); /* made after that */
	CHECK(!is_revoked(&f, TENANT, "t2", "b", 1));
	CHECK(!is_revoked(&f, "other", "t1", "a", 1));
	fixture_done(&f);
}

int
main(void)
{
	CASE(devices);
	CASE(readings);
	CASE(together);
	CASE(long_ones);
	CASE(windows);
	CASE(revoked);
	return 0;
}
