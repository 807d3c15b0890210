/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the key process about what it has in common with those of other nodes (keys/shared.h): the
 * requests SHARED_* of requests.def. As keys/client.h says: blocking, any thread, one at a time. */
#pragma once

#include "keys/client.h"
#include "keys/shared.h"

#define VS_KEYS_SHARED_SEALED_SIZE (VS_KEYS_SHARED_SIZE + 64)

struct vs_keys_shared_status {
	uint32_t version; /* of the value that was taken last; 0: none */
	bool has_ca;
	bool has_admin;
	uint8_t admin_sha256[VS_SHA256_SIZE];
};

VS_RESULT vs_keys_client_shared_status(struct vs_keys_client *client,
                                       struct vs_keys_shared_status *status_out);
/* admin: a hash that goes along from now on, or nothing. is_current: under the current root KEK,
 * whatever it was under. The value is appended. */
VS_RESULT vs_keys_client_shared_seal(struct vs_keys_client *client, uint32_t version,
                                     bool is_current, struct vs_bytes admin,
                                     char installation_out[static VS_KEYS_INSTALLATION_SIZE],
                                     struct vs_buf *sealed);
VS_RESULT vs_keys_client_shared_take(struct vs_keys_client *client, const char *installation,
                                     uint32_t version, struct vs_bytes sealed,
                                     bool *is_changed_out);
