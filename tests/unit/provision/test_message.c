/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/message.h"

#include "test.h"

#define TS  "\"ts\":\"2026-11-21T00:00:00.000Z\""
#define B32 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

static void
requests(void)
{
	struct vs_provision_request request, back;
	struct vs_buf text;

	vs_provision_request_init(&request);
	vs_provision_request_init(&back);
	vs_buf_init(&text, 8192);
	request.ts_ms = INT64_C(1795219200000);
	memcpy(request.device, "CS-0042", 8);
	memset(request.pub_kem, 1, sizeof(request.pub_kem));
	memset(request.nonce, 2, sizeof(request.nonce));
	CHECK_OK(vs_buf_append_text(&request.csr, "-----BEGIN\n\"x\"\n"));
	CHECK_OK(vs_provision_request_write(&request, &text));
	CHECK_OK(vs_provision_request_read(vs_buf_view(&text), &back));
	CHECK(back.ts_ms == request.ts_ms && strcmp(back.device, "CS-0042") == 0);
	CHECK(vs_bytes_equal(vs_buf_view(&back.csr), vs_buf_view(&request.csr)));
	CHECK(memcmp(back.pub_kem, request.pub_kem, 32) == 0 && back.nonce[15] == 2);
	vs_provision_request_done(&back);
	vs_provision_request_init(&back);
	CHECK_ERR(
	    vs_provision_request_read(
		VS_BYTES_LITERAL("{" TS ",\"device_id\":\"a\",\"pub_kem\":\"" B32 "\"}"), &back),
	    MISSING);
	vs_provision_request_done(&back);
	vs_provision_request_done(&request);
	vs_buf_done(&text);
}

static enum vs_err
operation(const char *json, enum vs_provision_type outside, enum vs_provision_type *op_out)
{
	struct vs_provision_operation read;
	vs_result r;

	vs_provision_operation_init(&read);
	r = vs_provision_operation_read(vs_bytes_from_text(json), outside, &read);
	*op_out = read.op;
	vs_provision_operation_done(&read);
	return r.code;
}

static void
operations(void)
{
	static const char del[] = "{" TS ",\"ctr\":3,\"op\":\"delete\"}";
	enum vs_provision_type op = VS_PROVISION_TYPES;

	CHECK(operation(del, VS_PROVISION_DELETE, &op) == VS_E_OK && op == VS_PROVISION_DELETE);
	/* Under the general type any of them, so that the topic need not tell. */
	CHECK(operation(del, VS_PROVISION_UPDATE, &op) == VS_E_OK && op == VS_PROVISION_DELETE);
	CHECK(operation(del, VS_PROVISION_ACK, &op) == VS_E_BAD_VALUE);
	CHECK(operation("{" TS ",\"ctr\":3,\"op\":\"request\"}", VS_PROVISION_UPDATE, &op) ==
	      VS_E_BAD_VALUE);
	CHECK(operation("{" TS ",\"ctr\":3,\"op\":\"resp\"}", VS_PROVISION_UPDATE, &op) ==
	      VS_E_BAD_VALUE);
	CHECK(operation("{" TS ",\"ctr\":0,\"op\":\"delete\"}", VS_PROVISION_UPDATE, &op) ==
	      VS_E_BAD_VALUE);
	CHECK(operation("{" TS ",\"op\":\"delete\"}", VS_PROVISION_UPDATE, &op) == VS_E_MISSING);
	CHECK(operation("{" TS ",\"ctr\":1,\"op\":\"delete\",\"csr\":\"x\"}", VS_PROVISION_UPDATE,
	                &op) == VS_E_UNEXPECTED);
	CHECK(operation("{" TS ",\"ctr\":1,\"op\":\"ack\",\"of\":\"" B32 "\"}", VS_PROVISION_ACK,
	                &op) == VS_E_OK);
}

static void
responses(void)
{
	struct vs_provision_response response, back;
	struct vs_buf text;

	vs_provision_response_init(&response);
	vs_provision_response_init(&back);
	vs_buf_init(&text, 32768);
	memcpy(response.result, "ok", 3);
	memcpy(response.kind, "station", 8);
	memcpy(response.url, "wss://h/", 9);
	memset(response.req, 7, sizeof(response.req));
	memset(response.psk, 8, sizeof(response.psk));
	response.psk_epoch = 2;
	response.next_ctr = 1;
	CHECK_OK(vs_buf_append_text(&response.ca, "PEM"));
	CHECK_OK(vs_provision_response_write(&response, &text));
	CHECK_OK(vs_provision_response_read(vs_buf_view(&text), &back));
	CHECK(back.psk_epoch == 2 && back.psk[31] == 8 && back.req[0] == 7);
	CHECK(strcmp(back.url, "wss://h/") == 0 &&
	      vs_bytes_equal_text(vs_buf_view(&back.ca), "PEM"));
	CHECK(back.certificate.size == 0 && back.password[0] == '\0');
	vs_provision_response_done(&back);
	vs_provision_response_done(&response);
	vs_buf_done(&text);
}

int
main(void)
{
	CASE(requests);
	CASE(operations);
	CASE(responses);
	return 0;
}
