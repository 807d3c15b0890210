/* SPDX-License-Identifier: Apache-2.0 */
/* text/event-stream (WHATWG HTML 9.2): pieces of a stream in, one call for each event with its
 * `data`. No I/O. */
#pragma once

#include "base/bytes.h"

#define VS_CLI_SSE_SIZE 65536u

struct vs_cli_sse {
	struct vs_buf line, data;
	char event[32];
	bool after_cr, is_too_long; /* the rest of an event that does not fit is skipped */
	bool (*dispatch)(const char *event, struct vs_bytes data, void *arg); /* false stops */
	void *arg;
};

void vs_cli_sse_init(struct vs_cli_sse *sse,
                     bool (*dispatch)(const char *event, struct vs_bytes data, void *arg),
                     void *arg);
void vs_cli_sse_done(struct vs_cli_sse *sse);
bool vs_cli_sse_feed(struct vs_cli_sse *sse, struct vs_bytes bytes); /* false: dispatch said stop */
