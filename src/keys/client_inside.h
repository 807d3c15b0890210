/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a function of the client is written: begin, write the fields, call, read the fields, end.
 * Between begin and end the client is locked. For the client_*.c files only.
 */
#pragma once

#include "keys/client.h"
#include "keys/message.h"
#include "keys/requests.h"

struct vs_keys_exchange {
	struct vs_keys_client *client;
	struct vs_keys_head head;
	struct vs_keys_writer request;
	struct vs_keys_reader answer;
};

void vs_keys_exchange_begin(struct vs_keys_exchange *exchange, struct vs_keys_client *client,
                            enum vs_keys_request request);
/* Send what was written and wait; then the answer's fields can be read (after a failure they are
 * empty, and reading them does no harm). */
VS_RESULT vs_keys_exchange_call(struct vs_keys_exchange *exchange);
/* Wipe and unlock. r: of the call; when it is OK every field must have been read, else BAD_MESSAGE.
 */
VS_RESULT vs_keys_exchange_end(struct vs_keys_exchange *exchange, vs_result r);

/* Call and end, for an answer without fields. */
VS_RESULT vs_keys_exchange_finish(struct vs_keys_exchange *exchange);
/* Read one field, append it to `out` and end; out is as before on failure. r: of the call. */
VS_RESULT vs_keys_exchange_append(struct vs_keys_exchange *exchange, vs_result r,
                                  struct vs_buf *out);
/* A whole exchange without fields, either way. */
VS_RESULT vs_keys_exchange_ask(struct vs_keys_client *client, enum vs_keys_request request);
