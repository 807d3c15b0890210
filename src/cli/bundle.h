/* SPDX-License-Identifier: Apache-2.0 */
/* A key that is made here, its request, and the file of key, certificate and chain. */
#pragma once

#include "base/file.h"
#include "cli/cli.h"

/* A member of the answer, a text, as it is. */
VS_RESULT vs_cli_member_append(const struct vs_cli *cli, const char *name, struct vs_buf *out);

/* A new key and its request (PEM) for this name; the key is in DIR/NAME.pem, mode 0600, before this
 * returns: no certificate is ever without its key. Returns the exit code; *key_out is the caller's.
 */
int vs_cli_bundle_begin(struct vs_cli *cli, const char *dir, const char *name,
                        char path_out[static VS_PATH_SIZE], struct vs_secret **key_out,
                        struct vs_buf *csr);
/* The file again: key and, of the answer, "certificate" and "chain". Returns the exit code. */
int vs_cli_bundle_write(struct vs_cli *cli, const char *path, struct vs_secret *key,
                        bool has_certificate);
