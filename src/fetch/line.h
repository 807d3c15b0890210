/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS connection that only sends: syslog (RFC 5425). The server must be signed by a CA of ca_file
 * and have the name that was asked for. Blocking; one thread at a time.
 */
#pragma once

#include "fetch/fetch.h"

struct vs_fetch_line;

/* TLS_FAILED, TIMEOUT, IO; reason is for a person. */
VS_RESULT vs_fetch_line_open(const char *host, uint16_t port, const char *ca_file,
                             struct vs_fetch_line **line_out,
                             char reason[static VS_FETCH_REASON_SIZE]);
/* All of it, within 10 s. After a failure the line is good for nothing but to be closed. */
VS_RESULT vs_fetch_line_send(struct vs_fetch_line *line, struct vs_bytes bytes);
void vs_fetch_line_close(struct vs_fetch_line **line);
