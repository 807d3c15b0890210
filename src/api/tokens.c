/* SPDX-License-Identifier: Apache-2.0 */
#include "api/state.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_SIZE_MAX 2048

/* OCPP 2.0.1 3.43 IdTokenEnumType and 3.2 AuthorizationStatusEnumType. */
static const char *const types[] = {"Central", "eMAID", "ISO14443",   "ISO15693",
                                    "KeyCode", "Local", "MacAddress", "NoAuthorization"};
static const char *const statuses[] = {
    "Accepted",           "Blocked",           "ConcurrentTx",  "Expired", "Invalid", "NoCredit",
    "NotAllowedTypeEVSE", "NotAtThisLocation", "NotAtThisTime", "Unknown"};

static bool
is_one_of(const char *text, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

static bool
row_write(const struct vs_core_token_row *row, void *arg)
{
	struct vs_api_page *page = arg;

	if (!vs_api_page_row(page, row->cursor))
		return false;
	vs_api_write_token(&page->read->json, row);
	vs_json_write_object_end(&page->read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_api_page page;

	vs_api_page_begin(&page, read);
	VS_TRY(reader->tokens(reader->self, read->tenant, read->list.text, read->list.limit + 1,
	                      row_write, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_tokens_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

static vs_result
row_read(const struct vs_api_request *request, struct vs_core_token_row *row,
         char detail[static VS_API_DETAIL_SIZE])
{
	struct vs_api_field fields[] = {
	    {.name = "token",
	     .is_required = true,
	     .size = sizeof(row->token),
	     .target = row->token},
	    {.name = "type", .size = sizeof(row->type), .target = row->type},
	    {.name = "status", .size = sizeof(row->status), .target = row->status},
	    {.name = "group", .size = sizeof(row->group), .target = row->group},
	    {.name = "expires_at", .type = VS_API_FIELD_TIME, .target = &row->expires_ms},
	};

	VS_TRY(vs_api_body_read(request->body, fields, 5, detail));
	if (row->token[0] == '\0') {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "token: 1 to 36 characters are expected");
		return VS_FAIL(BAD_VALUE);
	}
	if (!is_one_of(row->type, types, sizeof(types) / sizeof(types[0]))) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "type: an IdTokenEnumType is expected (ISO14443, ...)");
		return VS_FAIL(BAD_VALUE);
	}
	if (!is_one_of(row->status, statuses, sizeof(statuses) / sizeof(statuses[0]))) {
		(void)snprintf(
		    detail, VS_API_DETAIL_SIZE,
		    "status: an AuthorizationStatusEnumType is expected (Accepted, Blocked, ...)");
		return VS_FAIL(BAD_VALUE);
	}
	return VS_OK;
}

static vs_result
record_make(const struct vs_api_request *request, const struct vs_core_token_row *row,
            struct vs_core_record **record_out)
{
	struct vs_core_record *record = NULL;
	struct vs_api_object answer;

	vs_api_object_begin(&answer, ANSWER_SIZE_MAX);
	vs_api_write_token(&answer.json, row);
	VS_TRY(vs_api_object_record(&answer, VS_RECORD_token_put, request->tenant, "",
	                            request->now_ms, &record));
	memcpy(record->u.token_put.token_text, row->token, sizeof(row->token));
	memcpy(record->u.token_put.type, row->type, sizeof(row->type));
	memcpy(record->u.token_put.status, row->status, sizeof(row->status));
	memcpy(record->u.token_put.group, row->group, sizeof(row->group));
	record->u.token_put.expires_ms = row->expires_ms;
	record->token = VS_API_THEN_CREATED;
	*record_out = record;
	return VS_OK;
}

void
vs_api_on_token_put(struct vs_api *api, const struct vs_api_request *request)
{
	struct vs_core_token_row row = {
	    .type = "ISO14443", .status = "Accepted", .expires_ms = VS_CORE_ABSENT};
	struct vs_core_record *record = NULL;
	char detail[VS_API_DETAIL_SIZE];
	vs_result r;

	(void)snprintf(row.tenant, sizeof(row.tenant), "%s", request->tenant);
	r = row_read(request, &row, detail);
	if (r.code == VS_E_OK)
		r = record_make(request, &row, &record);
	vs_api_submit_or_answer(api, request, r, record, detail);
}
