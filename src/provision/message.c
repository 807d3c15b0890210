/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/message.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "provision/members.h"

#define REQUEST_MEMBERS   6
#define OPERATION_MEMBERS 6
#define RESPONSE_MEMBERS  19

static void
wipe(struct vs_buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->capacity);
	vs_buf_done(buf);
}

/* --- request
 * -------------------------------------------------------------------------------------- */

void
vs_provision_request_init(struct vs_provision_request *request)
{
	assert(request != NULL);
	memset(request, 0, sizeof(*request));
	vs_buf_init(&request->csr, VS_LIMIT_CSR_SIZE);
}

void
vs_provision_request_done(struct vs_provision_request *request)
{
	assert(request != NULL);
	vs_buf_done(&request->csr);
}

static void
request_list(struct vs_provision_request *request,
             struct vs_provision_member members[static REQUEST_MEMBERS])
{
	const struct vs_provision_member all[REQUEST_MEMBERS] = {
	    {"ts", VS_PROVISION_TIME, true, 0, &request->ts_ms},
	    {"device_id", VS_PROVISION_TEXT, true, sizeof(request->device), request->device},
	    {"hw", VS_PROVISION_TEXT, false, sizeof(request->hw), request->hw},
	    {"csr", VS_PROVISION_BUF, false, 0, &request->csr},
	    {"pub_kem", VS_PROVISION_BLOB, true, sizeof(request->pub_kem), request->pub_kem},
	    {"nonce", VS_PROVISION_BLOB, true, sizeof(request->nonce), request->nonce},
	};

	memcpy(members, all, sizeof(all));
}

vs_result
vs_provision_request_read(struct vs_bytes plain, struct vs_provision_request *request)
{
	struct vs_provision_member members[REQUEST_MEMBERS];

	assert(request != NULL);
	request_list(request, members);
	return vs_provision_members_read(plain, members, REQUEST_MEMBERS);
}

vs_result
vs_provision_request_write(struct vs_provision_request *request, struct vs_buf *plain)
{
	struct vs_provision_member members[REQUEST_MEMBERS];

	assert(request != NULL);
	request_list(request, members);
	return vs_provision_members_write(members, REQUEST_MEMBERS, plain);
}

/* --- operations
 * ----------------------------------------------------------------------------------- */

void
vs_provision_operation_init(struct vs_provision_operation *operation)
{
	assert(operation != NULL);
	memset(operation, 0, sizeof(*operation));
	operation->op = VS_PROVISION_TYPES;
	vs_buf_init(&operation->csr, VS_LIMIT_CSR_SIZE);
}

void
vs_provision_operation_done(struct vs_provision_operation *operation)
{
	assert(operation != NULL);
	vs_buf_done(&operation->csr);
}

static void
operation_list(struct vs_provision_operation *operation, char op[static 9],
               struct vs_provision_member members[static OPERATION_MEMBERS])
{
	const struct vs_provision_member all[OPERATION_MEMBERS] = {
	    {"ts", VS_PROVISION_TIME, true, 0, &operation->ts_ms},
	    {"ctr", VS_PROVISION_NUMBER, true, 0, &operation->ctr},
	    {"op", VS_PROVISION_TEXT, true, 9, op},
	    {"of", VS_PROVISION_BLOB, false, sizeof(operation->of), operation->of},
	    {"hw", VS_PROVISION_TEXT, false, sizeof(operation->hw), operation->hw},
	    {"csr", VS_PROVISION_BUF, false, 0, &operation->csr},
	};

	memcpy(members, all, sizeof(all));
}

static bool
is_operation(enum vs_provision_type type)
{
	return type < VS_PROVISION_TYPES && vs_provision_type_is_of_device(type) &&
	       !vs_provision_type_is_psk(type);
}

vs_result
vs_provision_operation_read(struct vs_bytes plain, enum vs_provision_type outside,
                            struct vs_provision_operation *operation)
{
	struct vs_provision_member members[OPERATION_MEMBERS];
	char op[9] = "";

	assert(operation != NULL);
	operation_list(operation, op, members);
	VS_TRY(vs_provision_members_read(plain, members, OPERATION_MEMBERS));
	VS_TRY(vs_provision_type_parse(vs_bytes_from_text(op), &operation->op));
	if (!is_operation(operation->op) || operation->ctr == 0)
		return VS_FAIL(BAD_VALUE);
	if (operation->op != outside && outside != VS_PROVISION_UPDATE)
		return VS_FAIL(BAD_VALUE);
	if (operation->op != VS_PROVISION_UPDATE &&
	    (operation->csr.size != 0 || operation->hw[0] != '\0'))
		return VS_FAIL(UNEXPECTED);
	return VS_OK;
}

vs_result
vs_provision_operation_write(struct vs_provision_operation *operation, struct vs_buf *plain)
{
	struct vs_provision_member members[OPERATION_MEMBERS];
	char op[9] = "";

	assert(operation != NULL && is_operation(operation->op));
	vs_text_copy(vs_provision_type_text(operation->op), op, sizeof(op));
	operation_list(operation, op, members);
	return vs_provision_members_write(members, OPERATION_MEMBERS, plain);
}

/* --- response
 * --------------------------------------------------------------------------------------- */

void
vs_provision_response_init(struct vs_provision_response *response)
{
	assert(response != NULL);
	memset(response, 0, sizeof(*response));
	vs_buf_init(&response->certificate, VS_PROVISION_PEM_MAX);
	vs_buf_init(&response->chain, VS_PROVISION_PEM_MAX);
	vs_buf_init(&response->ca, VS_PROVISION_PEM_MAX);
	vs_buf_init(&response->public_key, VS_PROVISION_PEM_MAX);
}

void
vs_provision_response_done(struct vs_provision_response *response)
{
	assert(response != NULL);
	wipe(&response->certificate);
	wipe(&response->chain);
	wipe(&response->ca);
	wipe(&response->public_key);
	explicit_bzero(response, sizeof(*response));
}

static void
response_list(struct vs_provision_response *response,
              struct vs_provision_member members[static RESPONSE_MEMBERS])
{
	const struct vs_provision_member all[RESPONSE_MEMBERS] = {
	    {"ts", VS_PROVISION_TIME, true, 0, &response->ts_ms},
	    {"req", VS_PROVISION_BLOB, true, sizeof(response->req), response->req},
	    {"result", VS_PROVISION_TEXT, true, sizeof(response->result), response->result},
	    {"next_ctr", VS_PROVISION_NUMBER, true, 0, &response->next_ctr},
	    {"kind", VS_PROVISION_TEXT, false, sizeof(response->kind), response->kind},
	    {"tenant", VS_PROVISION_TEXT, false, sizeof(response->tenant), response->tenant},
	    {"device_id", VS_PROVISION_TEXT, false, sizeof(response->device), response->device},
	    {"auth", VS_PROVISION_TEXT, false, sizeof(response->auth), response->auth},
	    {"password", VS_PROVISION_TEXT, false, sizeof(response->password), response->password},
	    {"token", VS_PROVISION_TEXT, false, sizeof(response->token), response->token},
	    {"psk_epoch", VS_PROVISION_NUMBER, false, 0, &response->psk_epoch},
	    {"psk", VS_PROVISION_BLOB, false, sizeof(response->psk), response->psk},
	    {"certificate", VS_PROVISION_BUF, false, 0, &response->certificate},
	    {"chain", VS_PROVISION_BUF, false, 0, &response->chain},
	    {"ca", VS_PROVISION_BUF, false, 0, &response->ca},
	    {"url", VS_PROVISION_TEXT, false, sizeof(response->url), response->url},
	    {"broker", VS_PROVISION_TEXT, false, sizeof(response->broker), response->broker},
	    {"grace_s", VS_PROVISION_NUMBER, false, 0, &response->grace_s},
	    {"public_key", VS_PROVISION_BUF, false, 0, &response->public_key},
	};

	memcpy(members, all, sizeof(all));
}

vs_result
vs_provision_response_read(struct vs_bytes plain, struct vs_provision_response *response)
{
	struct vs_provision_member members[RESPONSE_MEMBERS];

	assert(response != NULL);
	response_list(response, members);
	return vs_provision_members_read(plain, members, RESPONSE_MEMBERS);
}

vs_result
vs_provision_response_write(struct vs_provision_response *response, struct vs_buf *plain)
{
	struct vs_provision_member members[RESPONSE_MEMBERS];

	assert(response != NULL);
	response_list(response, members);
	return vs_provision_members_write(members, RESPONSE_MEMBERS, plain);
}
