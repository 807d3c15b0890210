/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A station that means to test the door: bare bytes over TCP or TLS to the station listener, an
 * upgrade request, and a ping. What a well-behaved client library would not do.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "wire/websocket.h"

#define VS_CLI_PROBE_TEXT_SIZE 4096

struct vs_cli_probe {
	void *curl;
	struct vs_ws ws;      /* after an upgrade */
	struct vs_buf unread; /* what came behind the head, and what is read later */
	bool is_open, is_upgraded;
};

enum vs_cli_probe_transport { VS_CLI_PROBE_TLS, VS_CLI_PROBE_PLAIN };

/* url: wss://HOST:PORT/PATH/. ca: whom its certificate must be signed by. IO, TLS_FAILED; `reason`
 * says why. */
VS_RESULT vs_cli_probe_open(const char *url, const char *ca, enum vs_cli_probe_transport transport,
                            char *reason, size_t reason_size, struct vs_cli_probe *probe_out);
void vs_cli_probe_done(struct vs_cli_probe *probe); /* at once, without a close frame */

struct vs_cli_probe_answer {
	int status; /* HTTP; 0: the connection was closed without an answer */
	bool has_retry_after;
	char text[VS_CLI_PROBE_TEXT_SIZE]; /* the answer but its Date, to be compared */
};
/* An upgrade request of this identity to the path of `url`; password NULL: no Authorization.
 * TIMEOUT. */
VS_RESULT vs_cli_probe_upgrade(struct vs_cli_probe *probe, const char *url, const char *identity,
                               const char *password, struct vs_cli_probe_answer *answer_out);
/* Is the peer of an upgraded connection still there? False when it closed, or sends no pong in
 * time. */
bool vs_cli_probe_is_alive(struct vs_cli_probe *probe, int timeout_ms);
