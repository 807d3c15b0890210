/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens for programs: made, shown once, listed without themselves, withdrawn. */
#include <stdio.h>
#include <string.h>

#include "api/etag.h"
#include "base/random.h"
#include "base/text.h"
#include "wire/base64.h"

#define SECRET_SIZE     44 /* 43 characters of [A-Za-z0-9]: 256 bits */
#define TOKEN_TEXT_SIZE (sizeof(VS_API_TOKEN_PREFIX) + VS_CORE_API_TOKEN_ID_SIZE + SECRET_SIZE)
#define ANSWER_SIZE_MAX 2048
#define USED_STEP_MS    INT64_C(600000)

static void
members_write(struct vs_json_writer *json, const struct vs_core_api_token *token)
{
	vs_api_write_text(json, "id", token->id);
	vs_api_write_text(json, "label", token->label);
	vs_api_write_text(json, "role", vs_core_role_text(token->role));
	vs_api_write_text(json, "made_by", token->user);
	vs_api_write_time(json, "created_at", token->created_ms);
	vs_api_write_time(json, "expires_at", token->expires_ms);
	vs_api_write_time(json, "used_at", token->used_ms);
}

static bool
row_write(const struct vs_core_api_token *row, void *arg)
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
	VS_TRY(reader->api_tokens(reader->self, read->tenant, read->list.text, read->list.limit + 1,
	                          row_write, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_api_tokens_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

/* When it was used last is not what a change is compared with. */
static vs_result
etag_add(const struct vs_core_api_token *token, char headers[static VS_API_HEADERS_SIZE])
{
	struct vs_core_api_token unused = *token;
	struct vs_api_object tagged;
	vs_result r;

	unused.used_ms = VS_CORE_ABSENT;
	vs_api_object_begin(&tagged, ANSWER_SIZE_MAX);
	members_write(&tagged.json, &unused);
	explicit_bzero(&unused, sizeof(unused));
	r = vs_api_object_end(&tagged);
	if (r.code == VS_E_OK)
		r = vs_api_etag_add(vs_buf_view(&tagged.text), headers);
	vs_api_object_done(&tagged);
	return r;
}

void
vs_api_on_api_token_show(struct vs_api *api, const struct vs_api_request *request)
{
	const struct vs_core_api_token *found =
	    vs_api_access_token(&api->auth.access, request->tenant, request->id);
	vs_result r = found != NULL ? VS_OK : VS_FAIL(NOT_FOUND);
	char headers[VS_API_HEADERS_SIZE] = "";
	struct vs_api_object answer;

	if (r.code == VS_E_OK)
		r = etag_add(found, headers);
	if (r.code != VS_E_OK) {
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
		return;
	}
	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	members_write(&answer.json, found);
	vs_api_object_answer(&answer, request, vs_api_object_end(&answer), headers);
}

/* --- a new one -------------------------------------------------------------------------------- */

static vs_result
wishes_read(const struct vs_api_request *request, struct vs_core_api_token *token,
            char detail[static VS_API_DETAIL_SIZE])
{
	char word[16] = "viewer";
	struct vs_api_field fields[] = {
	    {.name = "label", .size = sizeof(token->label), .target = token->label},
	    {.name = "role", .size = sizeof(word), .target = word},
	    {.name = "expires_at", .type = VS_API_FIELD_TIME, .target = &token->expires_ms},
	};

	VS_TRY(vs_api_body_read(request->body, fields, 3, detail));
	if (vs_core_role_parse(vs_bytes_from_text(word), &token->role).code != VS_E_OK) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "role: viewer, operator, auditor or administrator is expected");
		return VS_FAIL(BAD_VALUE);
	}
	if (token->expires_ms != VS_CORE_ABSENT && token->expires_ms <= request->now_ms) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE, "expires_at: it is over already");
		return VS_FAIL(BAD_VALUE);
	}
	return VS_OK;
}

static vs_result
record_make(const struct vs_api_request *request, const struct vs_core_api_token *token,
            const char *text, struct vs_core_record **record_out)
{
	struct vs_core_record *record = NULL;
	struct vs_api_object answer;

	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	members_write(&answer.json, token);
	vs_api_write_text(&answer.json, "token", text);
	VS_TRY(vs_api_object_record(&answer, VS_RECORD_api_token_put, request->tenant, "",
	                            request->now_ms, &record));
	record->u.api_token_put = *token;
	record->token = VS_API_THEN_CREATED;
	*record_out = record;
	return VS_OK;
}

static vs_result
token_make(struct vs_core_api_token *token, char text[static TOKEN_TEXT_SIZE])
{
	char secret[SECRET_SIZE];
	uint8_t id[(VS_CORE_API_TOKEN_ID_SIZE - 1) / 2];

	vs_random_bytes(id, sizeof(id));
	(void)vs_hex_encode(vs_bytes_from(id, sizeof(id)), token->id, sizeof(token->id));
	vs_random_text(secret, sizeof(secret));
	(void)snprintf(text, TOKEN_TEXT_SIZE, VS_API_TOKEN_PREFIX "%s_%s", token->id, secret);
	explicit_bzero(secret, sizeof(secret));
	return vs_crypto_sha256(vs_bytes_from_text(text), token->sha256);
}

void
vs_api_on_api_token_add(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_api_token token = {
	    .created_ms = request->now_ms, .expires_ms = VS_CORE_ABSENT, .used_ms = VS_CORE_ABSENT};
	char detail[VS_API_DETAIL_SIZE] = "", text[TOKEN_TEXT_SIZE];
	struct vs_core_record *record = NULL;
	vs_result r = wishes_read(request, &token, detail);

	memcpy(token.tenant, request->tenant, sizeof(token.tenant));
	memcpy(token.user, request->principal.user, sizeof(token.user));
	if (r.code == VS_E_OK)
		r = token_make(&token, text);
	if (r.code == VS_E_OK)
		r = record_make(request, &token, text, &record);
	explicit_bzero(text, sizeof(text));
	vs_api_submit_or_answer(api, request, r, record, detail);
}

void
vs_api_on_api_token_remove(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_record *record = NULL;
	vs_result r = VS_FAIL(NOT_FOUND);

	if (vs_api_access_token(&api->auth.access, request->tenant, request->id) != NULL)
		r = vs_core_record_new(VS_RECORD_api_token_remove, request->tenant, "",
		                       request->now_ms, (struct vs_bytes){NULL, 0},
		                       (struct vs_bytes){NULL, 0}, &record);
	if (r.code == VS_E_OK) {
		vs_text_copy(request->id, record->u.api_token_put.id,
		             sizeof(record->u.api_token_put.id));
		record->token = VS_API_THEN_NO_CONTENT;
	}
	vs_api_submit_or_answer(api, request, r, record, NULL);
}

/* --- when it was used ------------------------------------------------------------------------- */

void
vs_api_token_used(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_api_token *token;
	struct vs_core_record *record = NULL;

	if (request->principal.proof != VS_API_PROOF_API_TOKEN)
		return;
	token = vs_api_access_token(&api->auth.access, request->principal.tenant,
	                            request->principal.token);
	if (token == NULL ||
	    (token->used_ms != VS_CORE_ABSENT && request->now_ms - token->used_ms < USED_STEP_MS))
		return;
	token->used_ms = request->now_ms;
	if (vs_core_record_new(VS_RECORD_api_token_put, token->tenant, "", request->now_ms,
	                       (struct vs_bytes){NULL, 0}, (struct vs_bytes){NULL, 0}, &record)
	        .code != VS_E_OK)
		return;
	record->u.api_token_put = *token;
	if (vs_api_submit_alone(api, record).code != VS_E_OK)
		vs_core_record_free(&record);
}
