/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry of firmware (OCPP 2.0.1 L01): an image comes after what signs it, and is kept only
 * when the signature is the manufacturer's. Until then no station can be told of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/firmware.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "crypto/firmware.h"
#include "wire/base64.h"

#define IMAGE_MS        (INT64_C(3600) * 1000) /* from the entry to its image */
#define ABOUT_SIZE_MAX  65536
#define ANSWER_SIZE_MAX 81920
#define PIECE_SIZE      65536u

/* --- the entry -------------------------------------------------------------------------------
 */

struct wish {
	struct vs_core_file file;
	struct vs_api_firmware about;
	char detail[VS_API_DETAIL_SIZE];
};

/* Before the image is here: would it do at all? */
static vs_result
check_signer(const struct wish *wish, int64_t now_ms)
{
	struct vs_firmware_check *check = NULL;
	vs_result r = vs_firmware_check_new(vs_bytes_from_text(wish->about.certificate),
	                                    vs_bytes_from_text(wish->about.root), now_ms, &check);

	vs_firmware_check_free(&check);
	return r.code == VS_E_OK ? r : VS_FAIL(BAD_VALUE);
}

static vs_result
read_wish(const struct vs_api_request *request, struct wish *wish)
{
	struct vs_api_firmware *about = &wish->about;
	struct vs_api_field fields[] = {
	    {.name = "version",
	     .is_required = true,
	     .size = sizeof(wish->file.name),
	     .target = wish->file.name},
	    {.name = "model", .size = sizeof(wish->file.type), .target = wish->file.type},
	    {.name = "certificate",
	     .is_required = true,
	     .size = sizeof(about->certificate),
	     .target = about->certificate},
	    {.name = "manufacturer_root",
	     .is_required = true,
	     .size = sizeof(about->root),
	     .target = about->root},
	    {.name = "signature",
	     .is_required = true,
	     .size = sizeof(about->signature),
	     .target = about->signature},
	};
	uint8_t signature[VS_API_SIGNATURE_SIZE];
	size_t size = 0;

	VS_TRY(vs_api_body_read(request->body, fields, 5, wish->detail));
	if (vs_base64_decode(VS_BASE64, vs_bytes_from_text(about->signature), signature,
	                     sizeof(signature), &size)
	            .code != VS_E_OK ||
	    size == 0) {
		(void)snprintf(wish->detail, sizeof(wish->detail),
		               "signature: base64 of at most 800 characters is expected");
		return VS_FAIL(BAD_VALUE);
	}
	if (check_signer(wish, request->now_ms).code != VS_E_OK) {
		(void)snprintf(wish->detail, sizeof(wish->detail),
		               "certificate: it does not lead to the manufacturer's root, is not "
		               "valid now, or its key is too weak");
		return VS_FAIL(BAD_VALUE);
	}
	return VS_OK;
}

static vs_result
write_about(const struct vs_api_firmware *about, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_api_write_text(&json, "certificate", about->certificate);
	vs_api_write_text(&json, "manufacturer_root", about->root);
	vs_api_write_text(&json, "signature", about->signature);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static vs_result
make_record(const struct vs_api_request *request, const struct vs_core_file *file,
            struct vs_bytes about, struct vs_core_record **record_out)
{
	struct vs_core_file_row row = {.file = *file, .about = about};
	struct vs_api_object answer;
	vs_result r;

	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	vs_api_write_file(&answer.json, &row);
	r = vs_api_object_end(&answer);
	if (r.code == VS_E_OK)
		r = vs_core_record_new(VS_RECORD_file_put, request->tenant, "", request->now_ms,
		                       about, vs_buf_view(&answer.text), record_out);
	vs_api_object_done(&answer);
	if (r.code == VS_E_OK)
		(*record_out)->u.file = *file;
	return r;
}

void
vs_api_on_firmware_add(struct vs_api *api, const struct vs_api_request *request)
{
	struct wish *wish = calloc(1, sizeof(*wish));
	struct vs_core_record *record = NULL;
	struct vs_buf about;
	uint8_t id[16];
	vs_result r;

	if (wish == NULL) {
		vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(NO_MEMORY), NULL);
		return;
	}
	vs_buf_init(&about, ABOUT_SIZE_MAX);
	vs_random_bytes(id, sizeof(id));
	(void)vs_hex_encode(vs_bytes_from(id, sizeof(id)), wish->file.id, sizeof(wish->file.id));
	wish->file.kind = VS_CORE_FILE_FIRMWARE;
	wish->file.asked_ms = request->now_ms;
	wish->file.until_ms = request->now_ms + IMAGE_MS;
	wish->file.request_id = wish->file.received_ms = wish->file.size = VS_CORE_ABSENT;
	r = read_wish(request, wish);
	if (r.code == VS_E_OK)
		r = write_about(&wish->about, &about);
	if (r.code == VS_E_OK)
		r = make_record(request, &wish->file, vs_buf_view(&about), &record);
	if (r.code == VS_E_OK) {
		record->token = VS_API_THEN_CREATED;
		vs_api_submit(api, request, record);
	} else {
		vs_api_answer_problem(request->conn, request->request_id, r, wish->detail);
	}
	vs_buf_done(&about);
	free(wish);
}

/* --- what is read of it ----------------------------------------------------------------------
 */

static vs_result
read_about(struct vs_bytes text, struct vs_api_firmware *about)
{
	struct vs_json_tape tape;
	const struct vs_json_node *root;
	vs_result r;

	vs_json_tape_init(&tape);
	r = vs_json_parse(text, &tape);
	root = r.code == VS_E_OK ? vs_json_root(&tape) : NULL;
	if (r.code == VS_E_OK)
		r = vs_json_copy_text(&tape, vs_json_member(&tape, root, "certificate"),
		                      about->certificate, sizeof(about->certificate));
	if (r.code == VS_E_OK)
		r = vs_json_copy_text(&tape, vs_json_member(&tape, root, "manufacturer_root"),
		                      about->root, sizeof(about->root));
	if (r.code == VS_E_OK)
		r = vs_json_copy_text(&tape, vs_json_member(&tape, root, "signature"),
		                      about->signature, sizeof(about->signature));
	vs_json_tape_done(&tape);
	return r;
}

struct search {
	struct vs_core_file *file;
	struct vs_api_firmware *about;
	vs_result result;
};

static bool
take_row(const struct vs_core_file_row *row, void *arg)
{
	struct search *search = arg;

	*search->file = row->file;
	search->result = row->file.kind == VS_CORE_FILE_FIRMWARE
	                     ? read_about(row->about, search->about)
	                     : VS_FAIL(NOT_FOUND);
	return false;
}

vs_result
vs_api_firmware_read(const struct vs_api *api, const char *tenant, const char *id,
                     struct vs_core_file *file_out, struct vs_api_firmware *about_out)
{
	const struct vs_port_reader *reader = &api->options.reader;
	struct search search = {file_out, about_out, VS_FAIL(NOT_FOUND)};

	VS_TRY(reader->file(reader->self, tenant, id, take_row, &search));
	return search.result;
}

/* --- the image -------------------------------------------------------------------------------
 */

struct image {
	struct vs_core_file file;
	struct vs_api_firmware about;
	uint64_t number;
	int64_t now_ms;
	size_t size;
	uint8_t bytes[];
};

/* In the pool. */
static vs_result
verify(struct vs_api_read *read)
{
	struct image *image = read->arg;
	struct vs_bytes left = vs_bytes_from(image->bytes, image->size);
	struct vs_firmware_check *check = NULL;
	uint8_t signature[VS_API_SIGNATURE_SIZE], hash[VS_SHA256_SIZE];
	size_t size = 0;
	vs_result r;

	VS_TRY(
	    vs_api_firmware_read(read->api, read->tenant, read->id, &image->file, &image->about));
	if (image->file.received_ms != VS_CORE_ABSENT || image->file.until_ms < image->now_ms)
		return VS_FAIL(CONFLICT);
	VS_TRY(vs_base64_decode(VS_BASE64, vs_bytes_from_text(image->about.signature), signature,
	                        sizeof(signature), &size));
	r = vs_firmware_check_new(vs_bytes_from_text(image->about.certificate),
	                          vs_bytes_from_text(image->about.root), image->now_ms, &check);
	while (r.code == VS_E_OK && left.size > 0) {
		size_t piece = left.size < PIECE_SIZE ? left.size : PIECE_SIZE;

		r = vs_firmware_check_add(check, vs_bytes_from(left.data, piece));
		left = vs_bytes_from(left.data + piece, left.size - piece);
	}
	if (r.code == VS_E_OK)
		r = vs_firmware_check_end(check, vs_bytes_from(signature, size));
	vs_firmware_check_free(&check);
	if (r.code != VS_E_OK) {
		(void)snprintf(read->detail, sizeof(read->detail),
		               "the signature is not of this image by this manufacturer");
		return VS_FAIL(BAD_VALUE);
	}
	VS_TRY(vs_crypto_sha256(vs_bytes_from(image->bytes, image->size), hash));
	(void)vs_hex_encode(vs_bytes_from(hash, sizeof(hash)), image->file.sha256,
	                    sizeof(image->file.sha256));
	image->file.received_ms = image->now_ms;
	image->file.size = (int64_t)image->size;
	return VS_OK;
}

static void
keep(struct vs_api_read *read, vs_result result)
{
	struct vs_api *api = read->api;
	struct image *image = read->arg;
	struct vs_api_request request = {.conn = vs_net_find(api->net, read->conn),
	                                 .number = image->number,
	                                 .now_ms = image->now_ms};
	struct vs_core_record *record = NULL;
	struct vs_buf about;

	if (request.conn == NULL)
		return;
	(void)snprintf(request.tenant, sizeof(request.tenant), "%s", read->tenant);
	memcpy(request.request_id, read->request_id, sizeof(request.request_id));
	vs_buf_init(&about, ABOUT_SIZE_MAX);
	if (result.code == VS_E_OK)
		result = write_about(&image->about, &about);
	if (result.code == VS_E_OK)
		result = make_record(&request, &image->file, vs_buf_view(&about), &record);
	if (result.code == VS_E_OK)
		result = vs_api_file_parts(api, request.tenant, &image->file,
		                           vs_bytes_from(image->bytes, image->size), image->now_ms);
	vs_buf_done(&about);
	if (result.code == VS_E_OK) {
		VS_LOG(INFO, "firmware.verified", vs_bytes_from_text(image->file.id),
		       VS_LOG_STR("version", image->file.name),
		       VS_LOG_NUM("size", image->file.size));
		record->token = VS_API_THEN_OK;
		vs_api_submit(api, &request, record);
		return;
	}
	vs_core_record_free(&record);
	VS_LOG(WARN, "firmware.refused", vs_bytes_from_text(read->id), VS_LOG_ERR(result));
	vs_api_answer_problem(request.conn, read->request_id, result, read->detail);
}

void
vs_api_on_firmware_image(struct vs_api *api, const struct vs_api_request *request)
{
	struct image *image;
	vs_result r = VS_FAIL(NO_MEMORY);

	vs_api_upload_closed(api, vs_conn_get_id(request->conn));
	image = calloc(1, sizeof(*image) + request->body.size);
	if (request->body.size == 0) {
		free(image);
		image = NULL;
		r = VS_FAIL(MISSING);
	}
	if (image != NULL) {
		image->number = request->number;
		image->now_ms = request->now_ms;
		image->size = request->body.size;
		memcpy(image->bytes, request->body.data, request->body.size);
		r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
		                      request->tenant, request->id, verify, keep, image);
	}
	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}
