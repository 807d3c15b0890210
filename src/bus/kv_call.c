/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes of a bucket: one request to JetStream each. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "bus/kv_inside.h"
#include "wire/base64.h"

#define CALL_MS  1500u
#define NODES    64
#define NO_VALUE ((struct vs_bytes){NULL, 0})

struct call {
	struct vs_kv *kv;
	vs_kv_fn *done;
	void *arg;
	uint64_t token;
	char key[VS_BUS_SUBJECT_SIZE];
};

static void
finish(struct vs_kv *kv, uint64_t number, vs_result r, uint64_t revision, struct vs_bytes value)
{
	struct call *call = vs_map_remove(kv->calls, vs_bytes_from(&number, sizeof(number)));

	if (call == NULL)
		return;
	call->done(r, revision, value, call->arg, call->token);
	free(call);
}

/* --- what comes back -------------------------------------------------------------------------- */

static void
written(vs_result r, struct vs_bytes data, void *arg, uint64_t number)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;
	uint64_t revision = 0;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	if (r.code == VS_E_OK)
		r = vs_stream_answer(data, &tape);
	if (r.code == VS_E_OK)
		revision = vs_stream_number(&tape, vs_json_root(&tape), "seq");
	if (r.code == VS_E_OK && revision == 0)
		r = VS_FAIL(INTERNAL);
	finish(arg, number, r, revision, NO_VALUE);
}

static vs_result
decode(const struct vs_json_tape *tape, const struct vs_json_node *node, uint8_t *room, size_t size,
       struct vs_bytes *bytes_out)
{
	struct vs_bytes text;
	size_t length = 0;

	*bytes_out = NO_VALUE;
	if (node == NULL)
		return VS_OK;
	VS_TRY(vs_json_text(tape, node, NULL, 0, &text));
	VS_TRY(vs_base64_decode(VS_BASE64, text, room, size, &length));
	*bytes_out = vs_bytes_from(room, length);
	return VS_OK;
}

/* Of the key that this call asked for. */
static vs_result
open_value(struct vs_kv *kv, uint64_t number, struct vs_bytes sealed, struct vs_bytes *value_out)
{
	const struct call *call = vs_map_get(kv->calls, vs_bytes_from(&number, sizeof(number)));

	if (call == NULL)
		return VS_FAIL(CLOSED);
	return vs_kv_open(kv, call->key, sealed, value_out);
}

static void
read_back(vs_result r, struct vs_bytes data, void *arg, uint64_t number)
{
	uint8_t value_room[VS_KV_VALUE_SIZE + VS_BUS_SEAL_MORE], header_room[1024];
	struct vs_bytes value = NO_VALUE, headers = NO_VALUE;
	const struct vs_json_node *message;
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;
	uint64_t revision = 0;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	if (r.code == VS_E_OK)
		r = vs_stream_answer(data, &tape);
	if (r.code == VS_E_OK) {
		message = vs_json_member(&tape, vs_json_root(&tape), "message");
		revision = vs_stream_number(&tape, message, "seq");
		r = decode(&tape, vs_json_member(&tape, message, "hdrs"), header_room,
		           sizeof(header_room), &headers);
		if (r.code == VS_E_OK)
			r = decode(&tape, vs_json_member(&tape, message, "data"), value_room,
			           sizeof(value_room), &value);
	}
	if (r.code == VS_E_OK && headers.size > 0 &&
	    memmem(headers.data, headers.size, "KV-Operation:", 13) != NULL)
		r = VS_FAIL(NOT_FOUND);
	if (r.code == VS_E_OK)
		r = open_value(arg, number, value, &value);
	finish(arg, number, r, revision, r.code == VS_E_OK ? value : NO_VALUE);
}

/* --- what is asked ---------------------------------------------------------------------------- */

static vs_result
ask(struct vs_kv *kv, const struct vs_kv_call *asked, struct vs_nats_request *request)
{
	struct call *call = calloc(1, sizeof(*call));
	uint64_t number = ++kv->last_number;
	vs_result r;

	if (call == NULL)
		return VS_FAIL(NO_MEMORY);
	*call =
	    (struct call){.kv = kv, .done = asked->done, .arg = asked->arg, .token = asked->token};
	if (!vs_bytes_copy_text(vs_bytes_from_text(asked->key), call->key, sizeof(call->key))) {
		free(call);
		return VS_FAIL(TOO_LONG);
	}
	r = vs_map_put(kv->calls, vs_bytes_from(&number, sizeof(number)), call, NULL);
	if (r.code != VS_E_OK) {
		free(call);
		return r;
	}
	request->is_open = true;
	request->timeout_ms = CALL_MS;
	request->arg = kv;
	request->token = number;
	r = vs_nats_ask(kv->options.nats, request);
	if (r.code != VS_E_OK)
		free(vs_map_remove(kv->calls, vs_bytes_from(&number, sizeof(number))));
	return r;
}

vs_result
vs_kv_get(struct vs_kv *kv, const struct vs_kv_call *call)
{
	struct vs_nats_request request = {.done = read_back};
	char subject[VS_STREAM_NAME_SIZE + 32], body[VS_KV_SUBJECT_SIZE + 32];

	assert(kv != NULL && call != NULL && call->done != NULL);
	(void)snprintf(subject, sizeof(subject), "$JS.API.STREAM.MSG.GET.KV_%s",
	               kv->options.bucket);
	/* Keys hold nothing that JSON escapes. */
	(void)snprintf(body, sizeof(body), "{\"last_by_subj\":\"%s.%s\"}", kv->prefix, call->key);
	request.subject = subject;
	request.data = vs_bytes_from_text(body);
	return ask(kv, call, &request);
}

static vs_result
write_over(struct vs_kv *kv, const struct vs_kv_call *call, bool is_delete)
{
	struct vs_nats_request request = {.done = written};
	char subject[VS_KV_SUBJECT_SIZE], over[24];
	size_t headers = 0;

	assert(kv != NULL && call != NULL && call->done != NULL);
	if (call->value.size > VS_KV_VALUE_SIZE)
		return VS_FAIL(TOO_LONG);
	(void)snprintf(subject, sizeof(subject), "%s.%s", kv->prefix, call->key);
	(void)snprintf(over, sizeof(over), "%llu", (unsigned long long)call->over);
	if (call->over != VS_KV_ANY) {
		request.headers[headers].name = "Nats-Expected-Last-Subject-Sequence";
		request.headers[headers++].value = over;
	}
	if (is_delete) {
		request.headers[headers].name = "KV-Operation";
		request.headers[headers].value = "DEL";
	}
	request.subject = subject;
	if (!is_delete)
		VS_TRY(vs_kv_close(kv, call->key, call->value, &request.data));
	return ask(kv, call, &request);
}

vs_result
vs_kv_put(struct vs_kv *kv, const struct vs_kv_call *call)
{
	return write_over(kv, call, false);
}

vs_result
vs_kv_delete(struct vs_kv *kv, const struct vs_kv_call *call)
{
	return write_over(kv, call, true);
}

void
vs_kv_calls_end(struct vs_kv *kv)
{
	struct vs_map_cursor cursor = {0};

	/* The connection has ended all; what is left was never asked. */
	while (vs_map_next(kv->calls, &cursor)) {
		free(cursor.value);
		(void)vs_map_remove(kv->calls, cursor.key);
	}
}
