/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's side of one-time tokens: make, list, withdraw. */
#include <stdio.h>
#include <string.h>

#include "api/state.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "wire/base64.h"

#define TOKEN_RANDOM_SIZE 44 /* 43 characters of [A-Za-z0-9]: 256 bits */
#define TOKEN_TEXT_SIZE   (sizeof(VS_CORE_ENROLMENT_PREFIX) + TOKEN_RANDOM_SIZE)
#define ANSWER_SIZE_MAX   4096
#define USES_MAX          10000
#define TTL_DEFAULT_S     86400
#define TTL_MAX_S         (90 * 86400)

static void
members_write(struct vs_json_writer *json, const struct vs_core_enrolment *enrolment)
{
	vs_api_write_text(json, "id", enrolment->id);
	vs_api_write_text(json, "identity", enrolment->identity);
	vs_api_write_text(json, "auth", vs_core_auth_text(enrolment->auth));
	vs_api_write_int(json, "uses_left", enrolment->uses_left);
	vs_api_write_time(json, "created_at", enrolment->created_ms);
	vs_api_write_time(json, "expires_at", enrolment->expires_ms);
}

static bool
row_write(const struct vs_core_enrolment *row, void *arg)
{
	struct vs_api_page *page = arg;

	if (!vs_api_page_row(page, row->id))
		return false;
	members_write(&page->read->json, row);
	vs_json_write_object_end(&page->read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_api_page page;

	vs_api_page_begin(&page, read);
	VS_TRY(reader->enrolments(reader->self, read->tenant, read->list.text, read->list.limit + 1,
	                          row_write, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_enrolments_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

struct one {
	struct vs_api_read *read;
	bool is_found;
};

static bool
one_write(const struct vs_core_enrolment *row, void *arg)
{
	struct one *one = arg;

	one->is_found = strcmp(row->id, one->read->id) == 0;
	if (one->is_found)
		members_write(&one->read->json, row);
	return !one->is_found;
}

/* Ids are hexadecimal and of one length: sixteen have all digits but the last in common. */
static vs_result
show_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	size_t size = strlen(read->id);
	struct one one = {read, false};
	char before[VS_API_ID_SIZE];

	if (size != VS_CORE_ENROLMENT_ID_SIZE - 1)
		return VS_FAIL(NOT_FOUND);
	memcpy(before, read->id, size);
	before[size - 1] = '\0';
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	VS_TRY(reader->enrolments(reader->self, read->tenant, before, 16, one_write, &one));
	if (!one.is_found)
		return VS_FAIL(NOT_FOUND);
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

void
vs_api_on_enrolment_show(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}

static vs_result
wishes_read(const struct vs_api_access *access, const struct vs_api_request *request,
            struct vs_core_enrolment *enrolment, char detail[static VS_API_DETAIL_SIZE])
{
	char auth[16] = "basic";
	int64_t ttl_s = TTL_DEFAULT_S;
	struct vs_api_field fields[] = {
	    {.name = "identity",
	     .size = sizeof(enrolment->identity),
	     .target = enrolment->identity},
	    {.name = "auth", .size = sizeof(auth), .target = auth},
	    {.name = "uses",
	     .type = VS_API_FIELD_INT,
	     .low = 1,
	     .high = USES_MAX,
	     .target = &enrolment->uses_left},
	    {.name = "ttl_s",
	     .type = VS_API_FIELD_INT,
	     .low = 60,
	     .high = TTL_MAX_S,
	     .target = &ttl_s},
	};

	enrolment->uses_left = 1;
	VS_TRY(vs_api_body_read(request->body, fields, 4, detail));
	enrolment->expires_ms = request->now_ms + ttl_s * 1000;
	if (enrolment->identity[0] != '\0' &&
	    !vs_core_identity_is_valid(vs_bytes_from_text(enrolment->identity))) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE, "identity: this can be none");
		return VS_FAIL(BAD_VALUE);
	}
	if (enrolment->identity[0] != '\0' &&
	    vs_api_identity_fault(access, request->tenant, enrolment->identity) != NULL) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE, "identity: %s",
		               vs_api_identity_fault(access, request->tenant, enrolment->identity));
		return VS_FAIL(BAD_VALUE);
	}
	if (vs_core_auth_parse(vs_bytes_from_text(auth), &enrolment->auth).code != VS_E_OK ||
	    enrolment->auth == VS_CORE_AUTH_NONE) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "auth: basic, mtls or mtls+basic is expected");
		return VS_FAIL(BAD_VALUE);
	}
	if (enrolment->identity[0] != '\0' && enrolment->uses_left != 1) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "uses: a token for one identity is used once");
		return VS_FAIL(BAD_VALUE);
	}
	return VS_OK;
}

/* The token is in the answer, and nowhere else. */
static vs_result
token_make(struct vs_core_enrolment *enrolment, char token[static TOKEN_TEXT_SIZE])
{
	uint8_t id[(VS_CORE_ENROLMENT_ID_SIZE - 1) / 2];

	vs_random_bytes(id, sizeof(id));
	(void)vs_hex_encode(vs_bytes_from(id, sizeof(id)), enrolment->id, sizeof(enrolment->id));
	memcpy(token, VS_CORE_ENROLMENT_PREFIX, sizeof(VS_CORE_ENROLMENT_PREFIX));
	vs_random_text(token + sizeof(VS_CORE_ENROLMENT_PREFIX) - 1, TOKEN_RANDOM_SIZE);
	return vs_crypto_sha256(vs_bytes_from_text(token), enrolment->token_sha256);
}

static vs_result
record_make(const struct vs_api_request *request, const struct vs_core_enrolment *enrolment,
            const char *token, struct vs_core_record **record_out)
{
	struct vs_core_record *record = NULL;
	struct vs_api_object answer;

	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	members_write(&answer.json, enrolment);
	vs_api_write_text(&answer.json, "token", token);
	VS_TRY(vs_api_object_record(&answer, VS_RECORD_enrolment_put, request->tenant, "",
	                            request->now_ms, &record));
	record->u.enrolment_put = *enrolment;
	record->token = VS_API_THEN_CREATED;
	*record_out = record;
	return VS_OK;
}

void
vs_api_on_enrolment_add(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_enrolment enrolment = {.created_ms = request->now_ms};
	char detail[VS_API_DETAIL_SIZE] = "", token[TOKEN_TEXT_SIZE] = "";
	struct vs_core_record *record = NULL;
	vs_result r = wishes_read(&api->auth.access, request, &enrolment, detail);

	(void)snprintf(enrolment.tenant, sizeof(enrolment.tenant), "%s", request->tenant);
	if (r.code == VS_E_OK)
		r = token_make(&enrolment, token);
	if (r.code == VS_E_OK)
		r = record_make(request, &enrolment, token, &record);
	explicit_bzero(token, sizeof(token));
	vs_api_submit_or_answer(api, request, r, record, detail);
}

void
vs_api_on_enrolment_remove(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_record *record = NULL;
	vs_result r = VS_FAIL(NOT_FOUND);

	if (strlen(request->id) == VS_CORE_ENROLMENT_ID_SIZE - 1)
		r = vs_core_record_new(VS_RECORD_enrolment_remove, request->tenant, "",
		                       request->now_ms, (struct vs_bytes){NULL, 0},
		                       (struct vs_bytes){NULL, 0}, &record);
	if (r.code == VS_E_OK) {
		memcpy(record->u.enrolment_put.id, request->id, sizeof(record->u.enrolment_put.id));
		record->token = VS_API_THEN_NO_CONTENT;
	}
	vs_api_submit_or_answer(api, request, r, record, NULL);
}
