/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry's commands share. */
#pragma once

#include "cli/cli.h"

/* POST to `path` an object with "identity", the first argument, `member`, the content of the
 * private file that `option` names, and, when it is not empty, "csr". Returns the exit code; the
 * answer is in cli->tape. */
int vs_cli_post_secret(struct vs_cli *cli, const char *path, const char *member, const char *option,
                       struct vs_bytes csr);
void vs_cli_buf_wipe(struct vs_buf *buf);
