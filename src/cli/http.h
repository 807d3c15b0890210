/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the daemon over HTTPS, whose certificate is always verified against the CA that was
 * given. */
#pragma once

#include "cli/cli.h"

/* GET when body is empty, else `method`. The answer of 2xx is in cli->tape (empty answers leave it
 * without a value). On failure everything has been said on stderr and the result is a sysexits
 * code, else 0. `path` begins with /api. */
int vs_cli_http(struct vs_cli *cli, const char *method, const char *path, struct vs_bytes body);

/* GET a stream: `received` gets what comes until it returns false (then 0), or the stream ends
 * (then -1), or it fails (then a sysexits code, said on stderr). */
int vs_cli_http_stream(struct vs_cli *cli, const char *path,
                       bool (*received)(struct vs_bytes bytes, void *arg), void *arg);

/* GET a file: what came is in cli->body, JSON or not. *is_there_out false, and 0: there is none. */
int vs_cli_http_file(struct vs_cli *cli, const char *path, bool *is_there_out);
/* Ends its connections; at the end of the program. */
void vs_cli_http_done(struct vs_cli *cli);

/* Append a path segment or a query value, percent-encoded. */
VS_RESULT vs_cli_http_escape(struct vs_buf *path, const char *text);
