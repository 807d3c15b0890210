/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The station's password at rest: a file that holds a Fernet token, under a key that lies
 * elsewhere.
 *
 * The key (44 characters of base64url) comes from a file, else from $CP_FERNET_KEY, else from the
 * credential `cp_fernet_key` of the service manager ($CREDENTIALS_DIRECTORY). The variable is wiped
 * and removed as soon as it was read: no child inherits it. A file that still holds a plain
 * password is sealed in place the first time it is used with a key.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/fernet.h"

#define VS_SIM_PASSWORD_FILE_SIZE_MAX 4096

/* key_file NULL: the other sources. NOT_FOUND: there is no key; BAD_ENCODING: it is none. */
VS_RESULT vs_sim_password_key_find(const char *key_file, struct vs_fernet **fernet_out);

/*
 * The password of the file, appended to `password`, which the caller wipes. fernet NULL: as it
 * stands in the first line. NOT_FOUND: no file. CONFIG: it is sealed and there is no key.
 * NOT_AUTHENTIC: not sealed under this key. *was_plain_out (may be NULL): it was sealed just now.
 */
VS_RESULT vs_sim_password_read(const char *path, struct vs_fernet *fernet, int64_t now_s,
                               struct vs_buf *password, bool *was_plain_out);
