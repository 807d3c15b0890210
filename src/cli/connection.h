/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the daemon is, whom it must be signed by, and the token it wants.
 *
 * --url, --ca and --token-file; what of these is missing comes from the ready file: --ready-file,
 * else $VOLTSEAL_READY_FILE, else that of `voltseald dev` in $XDG_STATE_HOME or ~/.local/state.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cli/args.h"
#include "crypto/pin.h"

#define VS_CLI_TOKEN_SIZE 257
#define VS_CLI_PINS_SIZE  (VS_PIN_MAX * (VS_PIN_TEXT_SIZE + 1))

struct vs_cli_connection {
	char url[512]; /* without a slash at its end */
	char ca[PATH_MAX];
	char pins[VS_CLI_PINS_SIZE];   /* as libcurl wants them, "": none */
	char token[VS_CLI_TOKEN_SIZE]; /* wiped by done */
	char origin[PATH_MAX];         /* where the URL came from, for errors */
	/* Of the ready file, when there was one; "" and 0 otherwise. */
	char station_url[512]; /* wss://HOST:PORT/PATH/ */
	char state_dir[PATH_MAX];
	int64_t pid;
	bool is_anonymous; /* set before loading: no token is asked for */
};

/* CONFIG: something is missing or unreadable, `reason` says what. */
VS_RESULT vs_cli_connection_load(const struct vs_cli_args *args,
                                 struct vs_cli_connection *connection, char *reason,
                                 size_t reason_size);
void vs_cli_connection_done(struct vs_cli_connection *connection);

/* The content of a small file. FORBIDDEN: others may read it, and is_secret. TOO_LONG. */
VS_RESULT vs_cli_read_bytes(const char *path, bool is_secret, struct vs_buf *content);
/* The same for a text: without its last line ends, which bytes may end with by chance. */
VS_RESULT vs_cli_read_text(const char *path, bool is_secret, struct vs_buf *content);
