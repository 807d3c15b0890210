/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log as the daemon sees it: see keys/client.h for threads and errors. */
#pragma once

#include "audit/log.h"
#include "keys/client.h"

#define VS_KEYS_AUDIT_LINES 1024   /* in one request */
#define VS_KEYS_AUDIT_SIZE  130000 /* bytes of them together, two more for each */

/* Lines without `n` (audit/entry.h); on disk when it returns OK, all of them or none. CONFLICT: the
 * log is a fork; IO: it cannot be written; UNSUPPORTED: none is written; TOO_LONG. */
VS_RESULT vs_keys_client_audit_append(struct vs_keys_client *client, const struct vs_bytes *lines,
                                      size_t count, char shard_out[static VS_AUDIT_SHARD_SIZE],
                                      uint64_t *first_out);
VS_RESULT vs_keys_client_audit_status(struct vs_keys_client *client,
                                      struct vs_audit_log_status *status_out);
/* All that is on disk is below a signed checkpoint when it returns OK. CONFLICT, IO as above. */
VS_RESULT vs_keys_client_audit_publish(struct vs_keys_client *client);
