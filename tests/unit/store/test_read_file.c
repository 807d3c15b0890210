/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/retain.h"

#define ID "0123456789abcdef0123456789abcdef"

static struct vs_core_record *
file_record(const char *id, const char *station, int64_t asked_ms, int64_t size)
{
	struct vs_core_record *record = record_new(VS_RECORD_file_put, station, "{}");
	struct vs_core_file *file = &record->u.file;

	(void)snprintf(file->id, sizeof(file->id), "%s", id);
	(void)snprintf(file->type, sizeof(file->type), "SecurityLog");
	(void)snprintf(file->token_sha256, sizeof(file->token_sha256), "aa");
	file->request_id = 7;
	file->asked_ms = asked_ms;
	file->until_ms = asked_ms + 1000;
	file->received_ms = size < 0 ? VS_CORE_ABSENT : asked_ms + 500;
	file->size = size < 0 ? VS_CORE_ABSENT : size;
	return record;
}

static struct vs_core_record *
part_record(const char *id, const char *station, int64_t number, const char *data)
{
	struct vs_core_record *record = record_new(VS_RECORD_file_part, station, data);

	(void)snprintf(record->u.file_part.id, sizeof(record->u.file_part.id), "%.32s", id);
	record->u.file_part.number = number;
	return record;
}

static bool
keep(const struct vs_core_file_row *row, void *arg)
{
	*(struct vs_core_file *)arg = row->file;
	return true;
}

static bool
count(const struct vs_core_file_row *row, void *arg)
{
	(void)row;
	++*(unsigned *)arg;
	return true;
}

static void
a_file_comes_in_parts(void)
{
	struct vs_core_file file;
	struct vs_buf data;
	unsigned awaited = 0;
	struct fixture f;

	fixture_start(&f);
	vs_buf_init(&data, 100);
	fixture_put(&f, file_record(ID, "CS1", 1000, -1));
	CHECK_OK(f.reader.file(f.reader.self, "default", ID, keep, &file));
	CHECK(file.received_ms == VS_CORE_ABSENT && file.request_id == 7);
	CHECK(strcmp(file.type, "SecurityLog") == 0 && strcmp(file.station, "CS1") == 0);
	CHECK_OK(f.reader.files_awaited(f.reader.self, 1500, count, &awaited));
	CHECK(awaited == 1);
	CHECK_OK(f.reader.files_awaited(f.reader.self, 2500, count, &awaited));
	CHECK(awaited == 1);
	fixture_put(&f, part_record(ID, "CS1", 0, "one, "));
	fixture_put(&f, part_record(ID, "CS1", 1, "two"));
	fixture_put(&f, file_record(ID, "CS1", 1000, 8));
	CHECK(f.failed == 0);
	CHECK_OK(f.reader.file(f.reader.self, "default", ID, keep, &file));
	CHECK(file.size == 8 && file.received_ms == 1500);
	CHECK_OK(f.reader.file_data(f.reader.self, "default", ID, &data));
	CHECK(vs_bytes_equal_text(vs_buf_view(&data), "one, two"));
	CHECK(fixture_ask(&f, "SELECT count(*) FROM file_part WHERE instr(data, 'two') > 0") == 0);
	CHECK_ERR(f.reader.file(f.reader.self, "other", ID, keep, &file), NOT_FOUND);
	vs_buf_done(&data);
	fixture_done(&f);
}

/* A part that is gone, or lies in another's place, is seen. */
static void
parts_are_bound_to_their_place(void)
{
	struct vs_buf data;
	struct fixture f;

	fixture_start(&f);
	vs_buf_init(&data, 100);
	fixture_put(&f, file_record(ID, "CS1", 1000, 2));
	fixture_put(&f, part_record(ID, "CS1", 0, "a"));
	fixture_put(&f, part_record(ID, "CS1", 2, "c"));
	CHECK_ERR(f.reader.file_data(f.reader.self, "default", ID, &data), NOT_AUTHENTIC);
	fixture_do(&f, "UPDATE file_part SET part = 1 WHERE part = 2");
	vs_buf_reset(&data);
	CHECK_ERR(f.reader.file_data(f.reader.self, "default", ID, &data), NOT_AUTHENTIC);
	vs_buf_done(&data);
	fixture_done(&f);
}

/* What a station may fetch outlives a restart, is no file that anybody could list, and goes when it
 * is over. */
static void
an_offer_is_awaited_until_it_is_over(void)
{
	struct vs_core_record *record;
	struct vs_core_file file;
	unsigned found = 0;
	int64_t removed = 0;
	bool is_more = false;
	struct fixture f;

	fixture_start(&f);
	record = file_record(ID, "CS1", 1000, -1);
	record->u.file.kind = VS_CORE_FILE_OFFER;
	(void)snprintf(record->u.file.name, sizeof(record->u.file.name), "image");
	fixture_put(&f, record);
	CHECK(f.failed == 0);
	CHECK_OK(f.reader.files_awaited(f.reader.self, 1500, keep, &file));
	CHECK(file.kind == VS_CORE_FILE_OFFER && strcmp(file.name, "image") == 0);
	CHECK(strcmp(file.token_sha256, "aa") == 0);
	CHECK_ERR(f.reader.file(f.reader.self, "default", ID, keep, &file), NOT_FOUND);
	CHECK_OK(f.reader.files(f.reader.self, "default", VS_CORE_FILE_FIRMWARE, "", "", 10, count,
	                        &found));
	CHECK(found == 0);
	CHECK_OK(vs_store_retain(f.store, VS_STORE_RETAINED_file_late, 1999, &removed, &is_more));
	CHECK(removed == 0);
	CHECK_OK(vs_store_retain(f.store, VS_STORE_RETAINED_file_late, 2001, &removed, &is_more));
	CHECK(removed == 1 && fixture_ask(&f, "SELECT count(*) FROM file") == 0);
	fixture_done(&f);
}

/* Of a station the newest 32; what is removed or too old goes with its parts. */
static void
old_ones_go(void)
{
	struct vs_core_record *record;
	unsigned found = 0;
	int64_t removed = 0;
	bool is_more = false;
	struct fixture f;
	char id[40];

	fixture_start(&f);
	for (int i = 0; i < 35; i++) {
		(void)snprintf(id, sizeof(id), "%032d", i);
		fixture_put(&f, file_record(id, "CS1", 1000 + i, 1));
		fixture_put(&f, part_record(id, "CS1", 0, "x"));
	}
	fixture_put(&f, file_record(ID, "CS2", 5000, -1));
	CHECK_OK(f.reader.files(f.reader.self, "default", VS_CORE_FILE_LOG, "CS1", "", 100, count,
	                        &found));
	CHECK(found == 32);
	do {
		CHECK_OK(
		    vs_store_retain(f.store, VS_STORE_RETAINED_file, 1010, &removed, &is_more));
	} while (is_more);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM file") == 26);
	CHECK_OK(vs_store_retain(f.store, VS_STORE_RETAINED_file_late, 5500, &removed, &is_more));
	CHECK(removed == 0 && !is_more);
	record = record_new(VS_RECORD_file_remove, "", "");
	(void)snprintf(record->u.file.id, sizeof(record->u.file.id), "%032d", 34);
	fixture_put(&f, record);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM file") == 25);
	CHECK(fixture_ask(&f, "SELECT count(*) FROM file_part WHERE part = 0 AND file NOT IN"
	                      " (SELECT id FROM file)") == 0);
	fixture_done(&f);
}

int
main(void)
{
	CASE(a_file_comes_in_parts);
	CASE(parts_are_bound_to_their_place);
	CASE(an_offer_is_awaited_until_it_is_over);
	CASE(old_ones_go);
	return 0;
}
