/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A station is told of an image in the registry: UpdateFirmware, or SignedUpdateFirmware of the 1.6
 * whitepaper, with a location of ours that nobody can guess and that is good for a day. It is kept
 * for the next start, too: of the word only its hash.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/firmware.h"
#include "api/later.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "wire/base64.h"

#define LINK_MS      (INT64_C(86400) * 1000)
#define TIMEOUT_MS   30000u
#define PAYLOAD_SIZE 16384
#define SPOKEN_16    (UINT32_C(1) << VS_CORE_OCPP_16)
#define ANSWER_MAX   4096

struct vs_api_link {
	char tenant[VS_CORE_TENANT_SIZE], file[VS_CORE_FILE_ID_SIZE];
	uint8_t word_sha256[VS_SHA256_SIZE];
	int64_t until_ms; /* 0: none */
};

void
vs_api_links_free(struct vs_api *api)
{
	free(api->links);
	api->links = NULL;
}

/* The one that ends first gives way. */
static struct vs_api_link *
link_room(struct vs_api *api)
{
	struct vs_api_link *link;

	if (api->links == NULL)
		api->links = calloc(VS_LIMIT_FIRMWARE_LINKS, sizeof(*api->links));
	if (api->links == NULL)
		return NULL;
	link = &api->links[0];
	for (size_t i = 1; i < VS_LIMIT_FIRMWARE_LINKS; i++)
		if (api->links[i].until_ms < link->until_ms)
			link = &api->links[i];
	return link;
}

void
vs_api_link_load(struct vs_api *api, const struct vs_core_file_row *row)
{
	struct vs_api_link *link = link_room(api);
	uint8_t hash[VS_SHA256_SIZE];
	size_t size = 0;

	if (link == NULL || link->until_ms >= row->file.until_ms ||
	    vs_hex_decode(vs_bytes_from_text(row->file.token_sha256), hash, sizeof(hash), &size)
	            .code != VS_E_OK ||
	    size != sizeof(hash))
		return;
	memcpy(link->word_sha256, hash, sizeof(hash));
	(void)snprintf(link->tenant, sizeof(link->tenant), "%s", row->tenant);
	(void)snprintf(link->file, sizeof(link->file), "%.32s", row->file.name);
	link->until_ms = row->file.until_ms;
}

/* A record of its own: the hash of the word, and what it is good for. */
static vs_result
link_keep(struct vs_api *api, const struct vs_core_station *station, const struct vs_api_link *link,
          int64_t now_ms)
{
	const struct vs_port_writer *writer = &api->options.writer;
	struct vs_core_record *record = NULL;
	struct vs_core_file *file;
	uint8_t id[16];
	vs_result r;

	VS_TRY(vs_core_record_new(VS_RECORD_file_put, station->tenant, station->identity, now_ms,
	                          VS_BYTES_LITERAL("{}"), vs_bytes_from(NULL, 0), &record));
	file = &record->u.file;
	file->kind = VS_CORE_FILE_OFFER;
	vs_random_bytes(id, sizeof(id));
	(void)vs_hex_encode(vs_bytes_from(id, sizeof(id)), file->id, sizeof(file->id));
	(void)vs_hex_encode(vs_bytes_from(link->word_sha256, sizeof(link->word_sha256)),
	                    file->token_sha256, sizeof(file->token_sha256));
	memcpy(file->station, station->identity, sizeof(file->station));
	(void)snprintf(file->name, sizeof(file->name), "%s", link->file);
	file->asked_ms = now_ms;
	file->until_ms = link->until_ms;
	file->request_id = file->received_ms = file->size = VS_CORE_ABSENT;
	record->origin = api->options.origin;
	r = writer->submit(writer->self, record, 1);
	if (r.code != VS_E_OK)
		vs_core_record_free(&record);
	return r;
}

static vs_result
link_new(struct vs_api *api, const struct vs_core_station *station, const char *file,
         int64_t now_ms, char word_out[static VS_API_UPLOAD_WORD_SIZE])
{
	struct vs_api_link *link = link_room(api);
	uint8_t random[32];
	vs_result r;

	if (link == NULL)
		return VS_FAIL(NO_MEMORY);
	vs_random_bytes(random, sizeof(random));
	(void)vs_base64_encode(VS_BASE64_URL, vs_bytes_from(random, sizeof(random)), word_out,
	                       VS_API_UPLOAD_WORD_SIZE);
	explicit_bzero(random, sizeof(random));
	VS_TRY(vs_crypto_sha256(vs_bytes_from_text(word_out), link->word_sha256));
	(void)snprintf(link->tenant, sizeof(link->tenant), "%s", station->tenant);
	(void)snprintf(link->file, sizeof(link->file), "%s", file);
	link->until_ms = now_ms + LINK_MS;
	r = link_keep(api, station, link, now_ms);
	if (r.code != VS_E_OK)
		link->until_ms = 0;
	return r;
}

static const struct vs_api_link *
link_find(const struct vs_api *api, const char *word, int64_t now_ms)
{
	uint8_t hash[VS_SHA256_SIZE];

	if (api->links == NULL || vs_crypto_sha256(vs_bytes_from_text(word), hash).code != VS_E_OK)
		return NULL;
	for (size_t i = 0; i < VS_LIMIT_FIRMWARE_LINKS; i++)
		if (api->links[i].until_ms >= now_ms &&
		    vs_crypto_equal(api->links[i].word_sha256, hash, sizeof(hash)))
			return &api->links[i];
	return NULL;
}

/* --- a station fetches it --------------------------------------------------------------------
 */

static vs_result
fetch_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;

	read->body.size_max = VS_LIMIT_FIRMWARE_SIZE;
	return reader->file_data(reader->self, read->tenant, read->id, &read->body);
}

static void
fetch_finish(struct vs_api_read *read, vs_result result)
{
	struct vs_conn *conn = vs_net_find(read->api->net, read->conn);

	if (conn == NULL)
		return;
	if (result.code == VS_E_OK && read->body.size > 0)
		vs_api_answer(conn, read->request_id, 200, "application/octet-stream", NULL,
		              vs_buf_view(&read->body));
	else
		vs_api_answer_problem(conn, read->request_id, VS_FAIL(NOT_FOUND), NULL);
}

void
vs_api_on_firmware_fetch(struct vs_api *api, const struct vs_api_request *request)
{
	const struct vs_api_link *link = link_find(api, request->id, request->now_ms);
	vs_result r = VS_FAIL(NOT_FOUND);

	if (link != NULL)
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      link->tenant, link->file, fetch_build, fetch_finish, NULL);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}

/* --- a station is told -----------------------------------------------------------------------
 */

struct order {
	struct vs_core_station station;
	char command[VS_CORE_UUID_SIZE];
	struct vs_core_file file;
	struct vs_api_firmware about;
	int64_t now_ms;
};

/* In the pool: what was verified when it came is told of; nothing else is. */
static vs_result
look(struct vs_api_read *read)
{
	struct order *order = read->arg;

	VS_TRY(
	    vs_api_firmware_read(read->api, read->tenant, read->id, &order->file, &order->about));
	if (order->file.received_ms == VS_CORE_ABSENT) {
		(void)snprintf(read->detail, sizeof(read->detail),
		               "its image has not come, or was not what the manufacturer signed");
		return VS_FAIL(CONFLICT);
	}
	return VS_OK;
}

static vs_result
write_payload(const struct vs_api *api, const struct order *order, const char *word,
              struct vs_buf *payload)
{
	char location[sizeof(api->upload_url) + VS_API_UPLOAD_WORD_SIZE + 16];
	struct vs_json_writer json;

	(void)snprintf(location, sizeof(location), "%s/firmware/%s", api->upload_url, word);
	vs_json_write_begin(&json, payload);
	vs_json_write_object(&json);
	vs_api_write_int(&json, "requestId", (int64_t)(vs_random_u64() >> 33));
	vs_json_write_key(&json, "firmware");
	vs_json_write_object(&json);
	vs_api_write_text(&json, "location", location);
	vs_api_write_time(&json, "retrieveDateTime", order->now_ms);
	vs_api_write_text(&json, "signingCertificate", order->about.certificate);
	vs_api_write_text(&json, "signature", order->about.signature);
	vs_json_write_object_end(&json);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

/* Its command is on its way, and who is to be answered. */
struct telling {
	vs_conn_id conn;
	char request_id[VS_API_REQUEST_ID_SIZE];
	char command[VS_CORE_UUID_SIZE], station[VS_CORE_IDENTITY_SIZE];
};

static vs_result
write_answer(const struct telling *telling, struct vs_buf *answer)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, answer);
	vs_json_write_object(&json);
	vs_api_write_text(&json, "id", telling->command);
	vs_api_write_text(&json, "station", telling->station);
	vs_json_write_key(&json, "final");
	vs_json_write_bool(&json, false);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static void
told(struct vs_api *api, void **arg, vs_result result, const char *fault)
{
	const struct telling *telling = *arg;
	struct vs_conn *conn = vs_net_find(api->net, telling->conn);
	struct vs_buf answer;

	if (conn == NULL)
		return;
	vs_buf_init(&answer, ANSWER_MAX);
	if (result.code == VS_E_OK)
		result = write_answer(telling, &answer);
	if (result.code == VS_E_OK)
		vs_api_answer(conn, telling->request_id, 202, "application/json", NULL,
		              vs_buf_view(&answer));
	else
		vs_api_answer_problem(conn, telling->request_id, result, fault);
	vs_buf_done(&answer);
}

static vs_result
tell(struct vs_api *api, const struct order *order, struct telling *telling, const char *word)
{
	struct vs_port_command command = {.tenant = order->station.tenant,
	                                  .station = order->station.identity,
	                                  .id = telling->command,
	                                  .action = order->station.spoken == SPOKEN_16
	                                                ? "SignedUpdateFirmware"
	                                                : "UpdateFirmware",
	                                  .timeout_ms = TIMEOUT_MS};
	struct vs_buf payload;
	vs_result r;

	vs_buf_init(&payload, PAYLOAD_SIZE);
	r = write_payload(api, order, word, &payload);
	command.payload = vs_buf_view(&payload);
	if (r.code == VS_E_OK)
		vs_api_command(api, telling->request_id, &command,
		               &(struct vs_api_next){told, free, telling});
	vs_buf_done(&payload);
	return r;
}

static vs_result
send_it(struct vs_api_read *read, const struct order *order)
{
	struct vs_api *api = read->api;
	char word[VS_API_UPLOAD_WORD_SIZE];
	struct telling *telling;
	vs_result r;

	if (api->upload_url[0] == '\0') {
		(void)snprintf(
		    read->detail, sizeof(read->detail),
		    "no URL is known by which stations reach this API: [api] station_url");
		return VS_FAIL(CONFIG);
	}
	VS_TRY(link_new(api, &order->station, order->file.id, order->now_ms, word));
	telling = calloc(1, sizeof(*telling));
	if (telling == NULL)
		return VS_FAIL(NO_MEMORY);
	telling->conn = read->conn;
	memcpy(telling->request_id, read->request_id, sizeof(telling->request_id));
	memcpy(telling->command, order->command, sizeof(telling->command));
	memcpy(telling->station, order->station.identity, sizeof(telling->station));
	r = tell(api, order, telling, word);
	if (r.code != VS_E_OK)
		free(telling);
	explicit_bzero(word, sizeof(word));
	return r;
}

static void
send(struct vs_api_read *read, vs_result result)
{
	struct vs_conn *conn = vs_net_find(read->api->net, read->conn);

	if (conn == NULL)
		return;
	if (result.code == VS_E_OK)
		result = send_it(read, read->arg);
	if (result.code != VS_E_OK)
		vs_api_answer_problem(conn, read->request_id, result, read->detail);
}

void
vs_api_on_firmware_send(struct vs_api *api, const struct vs_api_request *request)
{
	struct order *order = calloc(1, sizeof(*order));
	char detail[VS_API_DETAIL_SIZE] = "", station[VS_CORE_IDENTITY_SIZE] = "";
	struct vs_api_field field = {
	    .name = "station", .is_required = true, .size = sizeof(station), .target = station};
	vs_result r = VS_FAIL(NO_MEMORY);

	if (order != NULL)
		r = vs_api_body_read(request->body, &field, 1, detail);
	if (r.code == VS_E_OK)
		r = vs_core_registry_find(api->options.registry, vs_bytes_from_text(station),
		                          &order->station);
	if (r.code == VS_E_OK && strcmp(order->station.tenant, request->tenant) != 0)
		r = VS_FAIL(NOT_FOUND);
	if (r.code == VS_E_OK) {
		order->now_ms = request->now_ms;
		vs_uuid_new(request->now_ms, order->command);
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      request->tenant, request->id, look, send, order);
		order = NULL;
	}
	free(order);
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

/* --- lists -----------------------------------------------------------------------------------
 */

static bool
list_row(const struct vs_core_file_row *row, void *arg)
{
	struct vs_api_page *page = arg;

	if (!vs_api_page_row(page, row->file.id))
		return false;
	vs_api_write_file(&page->read->json, row);
	vs_json_write_object_end(&page->read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_api_page page;

	vs_api_page_begin(&page, read);
	VS_TRY(reader->files(reader->self, read->tenant, VS_CORE_FILE_FIRMWARE, "", read->list.text,
	                     read->list.limit + 1, list_row, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_firmware_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}
