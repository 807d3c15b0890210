/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs that stations upload (OCPP 2.0.1 N01): PUT or POST to a location that was told to one
 * station for one request, which nobody can guess and which is good once.
 *
 * Those that are awaited are in memory, and in the store for the next start; of the word only its
 * hash. A log is taken whole, cut into parts, and answered when they are on disk, sealed.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/state.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "wire/base64.h"

#define HOUR_TICKS  14400u /* of 250 ms */
#define FIRST_TICKS 240u   /* a minute after the start */

struct vs_api_awaited {
	char tenant[VS_CORE_TENANT_SIZE];
	struct vs_core_file file;
	bool is_taken; /* it came, and is being written */
};

static vs_result
hash_text(struct vs_bytes bytes, char text[static VS_CORE_FILE_HASH_SIZE])
{
	uint8_t hash[VS_SHA256_SIZE];

	VS_TRY(vs_crypto_sha256(bytes, hash));
	(void)vs_hex_encode(vs_bytes_from(hash, sizeof(hash)), text, VS_CORE_FILE_HASH_SIZE);
	return VS_OK;
}

/* --- those that are awaited ----------------------------------------------------------------- */

static bool
load_row(const struct vs_core_file_row *row, void *arg)
{
	struct vs_api *api = arg;
	struct vs_api_awaited *awaited;

	if (row->file.kind == VS_CORE_FILE_OFFER)
		vs_api_link_load(api, row);
	if (row->file.kind != VS_CORE_FILE_LOG || api->awaited_count == VS_LIMIT_FILES_AWAITED)
		return true;
	awaited = &api->awaited[api->awaited_count++];
	memcpy(awaited->tenant, row->tenant, sizeof(awaited->tenant));
	awaited->file = row->file;
	awaited->is_taken = false;
	return true;
}

vs_result
vs_api_awaited_load(struct vs_api *api)
{
	const struct vs_port_reader *reader = &api->options.reader;

	api->awaited = calloc(VS_LIMIT_FILES_AWAITED, sizeof(*api->awaited));
	if (api->awaited == NULL)
		return VS_FAIL(NO_MEMORY);
	if (reader->files_awaited == NULL)
		return VS_OK;
	return reader->files_awaited(reader->self, vs_clock_wall_ms(), load_row, api);
}

void
vs_api_awaited_free(struct vs_api *api)
{
	free(api->awaited);
	api->awaited = NULL;
	api->awaited_count = 0;
}

static void
remove_at(struct vs_api *api, size_t at)
{
	api->awaited[at] = api->awaited[--api->awaited_count];
}

void
vs_api_await_drop(struct vs_api *api, const char *id)
{
	for (size_t i = api->awaited_count; i > 0; i--)
		if (strcmp(api->awaited[i - 1].file.id, id) == 0)
			remove_at(api, i - 1);
}

static void
drop_late(struct vs_api *api, int64_t now_ms)
{
	for (size_t i = api->awaited_count; i > 0; i--)
		if (!api->awaited[i - 1].is_taken && api->awaited[i - 1].file.until_ms < now_ms)
			remove_at(api, i - 1);
}

vs_result
vs_api_await(struct vs_api *api, const char *tenant, struct vs_core_file *file,
             char word_out[static VS_API_UPLOAD_WORD_SIZE])
{
	uint8_t random[32], id[16];
	struct vs_api_awaited *awaited;

	drop_late(api, file->asked_ms);
	if (api->awaited_count == VS_LIMIT_FILES_AWAITED)
		return VS_FAIL(BUSY);
	vs_random_bytes(id, sizeof(id));
	(void)vs_hex_encode(vs_bytes_from(id, sizeof(id)), file->id, sizeof(file->id));
	vs_random_bytes(random, sizeof(random));
	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(random, sizeof(random)), word_out,
	                       VS_API_UPLOAD_WORD_SIZE);
	explicit_bzero(random, sizeof(random));
	VS_TRY(hash_text(vs_bytes_from_text(word_out), file->token_sha256));
	awaited = &api->awaited[api->awaited_count++];
	(void)snprintf(awaited->tenant, sizeof(awaited->tenant), "%s", tenant);
	awaited->file = *file;
	awaited->is_taken = false;
	return VS_OK;
}

void
vs_api_await_committed(struct vs_api *api, const struct vs_core_record *record)
{
	if (record->u.file.received_ms == VS_CORE_ABSENT)
		return;
	if (record->outcome == VS_E_OK) {
		vs_api_await_drop(api, record->u.file.id);
		return;
	}
	for (size_t i = 0; i < api->awaited_count; i++) /* it may come again */
		if (strcmp(api->awaited[i].file.id, record->u.file.id) == 0)
			api->awaited[i].is_taken = false;
}

static struct vs_api_awaited *
find(struct vs_api *api, const char *word, int64_t now_ms)
{
	char hash[VS_CORE_FILE_HASH_SIZE];

	if (hash_text(vs_bytes_from_text(word), hash).code != VS_E_OK)
		return NULL;
	for (size_t i = 0; i < api->awaited_count; i++) {
		struct vs_api_awaited *awaited = &api->awaited[i];

		if (vs_crypto_equal(awaited->file.token_sha256, hash, sizeof(hash)))
			return awaited->file.until_ms >= now_ms ? awaited : NULL;
	}
	return NULL;
}

/* --- before the body ------------------------------------------------------------------------- */

vs_result
vs_api_upload_permit(struct vs_api *api, struct vs_conn *conn, const char *word)
{
	vs_conn_id id = vs_conn_get_id(conn), *place = NULL;

	if (find(api, word, vs_clock_wall_ms()) == NULL)
		return VS_FAIL(NOT_FOUND);
	for (size_t i = 0; i < VS_LIMIT_FILE_UPLOADS; i++) {
		if (api->uploading[i] == id)
			return VS_OK;
		if (api->uploading[i] == 0)
			place = &api->uploading[i];
	}
	if (place == NULL)
		return VS_FAIL(BUSY);
	*place = id;
	return VS_OK;
}

void
vs_api_upload_closed(struct vs_api *api, vs_conn_id conn)
{
	for (size_t i = 0; i < VS_LIMIT_FILE_UPLOADS; i++)
		if (api->uploading[i] == conn)
			api->uploading[i] = 0;
}

/* --- the upload ------------------------------------------------------------------------------ */

/* The last segment, if there is one behind the word, as far as it is harmless. */
static void
take_name(struct vs_bytes path, char name[static VS_CORE_FILE_NAME_SIZE])
{
	struct vs_bytes segment, last = {NULL, 0};
	char text[256];
	size_t size = 0, used = 0;

	for (unsigned i = 0; vs_http_path_next(&path, &segment); i++)
		if (i == 2)
			last = segment;
	if (vs_http_segment_decode(last, text, sizeof(text), &size).code != VS_E_OK)
		size = 0;
	for (size_t i = 0; i < size && used + 1 < VS_CORE_FILE_NAME_SIZE; i++)
		name[used++] = isalnum((unsigned char)text[i]) || strchr("-_.", text[i]) != NULL
		                   ? text[i]
		                   : '_';
	name[used] = '\0';
}

static vs_result
submit_part(struct vs_api *api, const char *tenant, const struct vs_core_file *file,
            struct vs_bytes part, int64_t number, int64_t now_ms)
{
	struct vs_core_record *record = NULL;
	vs_result r;

	VS_TRY(vs_core_record_new(VS_RECORD_file_part, tenant, file->station, now_ms, part,
	                          vs_bytes_from(NULL, 0), &record));
	memcpy(record->u.file_part.id, file->id, sizeof(record->u.file_part.id));
	record->u.file_part.number = number;
	record->origin = api->options.origin;
	r = api->options.writer.submit(api->options.writer.self, record, 1);
	if (r.code != VS_E_OK)
		vs_core_record_free(&record);
	return r;
}

/* The parts first: whoever sees that the file has come sees all of it. */
vs_result
vs_api_file_parts(struct vs_api *api, const char *tenant, const struct vs_core_file *file,
                  struct vs_bytes bytes, int64_t now_ms)
{
	for (int64_t number = 0; bytes.size > 0; number++) {
		size_t size =
		    bytes.size < VS_CORE_FILE_PART_SIZE ? bytes.size : VS_CORE_FILE_PART_SIZE;

		VS_TRY(submit_part(api, tenant, file, vs_bytes_from(bytes.data, size), number,
		                   now_ms));
		bytes = vs_bytes_from(bytes.data + size, bytes.size - size);
	}
	return VS_OK;
}

/* For whoever waits for it. */
static void
tell(struct vs_api *api, const struct vs_api_awaited *awaited, const struct vs_core_file *file)
{
	struct vs_core_record *record = NULL;
	char detail[256];
	int size = snprintf(detail, sizeof(detail),
	                    "{\"file\":\"%s\",\"requestId\":%lld,\"type\":\"%s\",\"name\":\"%s\","
	                    "\"size\":%lld}",
	                    file->id, (long long)file->request_id, file->type, file->name,
	                    (long long)file->size);

	if (size < 0 || (size_t)size >= sizeof(detail) ||
	    vs_core_record_new(VS_RECORD_event, awaited->tenant, file->station, file->received_ms,
	                       vs_bytes_from(detail, (size_t)size), vs_bytes_from(NULL, 0), &record)
	            .code != VS_E_OK)
		return;
	(void)snprintf(record->u.event.type, sizeof(record->u.event.type), "LogReceived");
	record->u.event.at_ms = file->received_ms;
	record->origin = api->options.origin;
	if (api->options.writer.submit(api->options.writer.self, record, 1).code != VS_E_OK)
		vs_core_record_free(&record);
}

static vs_result
take(struct vs_api *api, const struct vs_api_request *request, struct vs_api_awaited *awaited)
{
	struct vs_core_file file = awaited->file;
	struct vs_core_record *record = NULL;

	if (request->body.size == 0)
		return VS_FAIL(MISSING);
	if (awaited->is_taken)
		return VS_FAIL(NOT_NOW);
	take_name(request->http->path, file.name);
	VS_TRY(hash_text(request->body, file.sha256));
	file.received_ms = request->now_ms;
	file.size = (int64_t)request->body.size;
	file.token_sha256[0] = '\0';
	VS_TRY(vs_core_record_new(VS_RECORD_file_put, awaited->tenant, file.station,
	                          request->now_ms, VS_BYTES_LITERAL("{}"), vs_bytes_from(NULL, 0),
	                          &record));
	record->u.file = file;
	record->token = VS_API_THEN_NO_CONTENT;
	if (vs_api_file_parts(api, awaited->tenant, &file, request->body, request->now_ms).code !=
	    VS_E_OK) {
		vs_core_record_free(&record);
		return VS_FAIL(BUSY);
	}
	awaited->is_taken = true;
	tell(api, awaited, &file);
	VS_LOG(INFO, "log.received", vs_bytes_from_text(file.station), VS_LOG_STR("file", file.id),
	       VS_LOG_NUM("size", file.size));
	vs_api_submit(api, request, record); /* which answers, now or after the commit */
	return VS_OK;
}

/* What is over, never was, or is another station's looks the same. */
void
vs_api_on_log_upload(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_api_awaited *awaited = find(api, request->id, request->now_ms);
	vs_result r = awaited != NULL ? take(api, request, awaited) : VS_FAIL(NOT_FOUND);

	vs_api_upload_closed(api, vs_conn_get_id(request->conn));
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}

void
vs_api_on_log_post(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_on_log_upload(api, request);
}

/* --- what never came -------------------------------------------------------------------------- */

void
vs_api_files_tick(struct vs_api *api)
{
	if (api->tick_count % HOUR_TICKS == FIRST_TICKS)
		drop_late(api, vs_clock_wall_ms());
}
