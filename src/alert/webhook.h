/* SPDX-License-Identifier: Apache-2.0 */
/* One message of Standard Webhooks 1.0.0: its body, its signatures. No I/O. */
#pragma once

#include "core/event.h"
#include "crypto/pkey.h"

#define VS_ALERT_SIGNATURE_SIZE 256

/* {"type","timestamp","data":{...}}, appended. count: how many events this alert stands for. */
VS_RESULT vs_alert_webhook_body(const char *rule, const struct vs_core_event *event, uint32_t count,
                                struct vs_buf *out);
/* The value of webhook-signature: "v1,BASE64" (HMAC-SHA256); with an old secret (size 0: none) a
 * space and the same by that; with a key (Ed25519) a space and "v1a,BASE64"; all over
 * "ID.TIMESTAMP.BODY". */
VS_RESULT vs_alert_webhook_sign(struct vs_bytes secret, struct vs_bytes old,
                                const struct vs_pkey *key, const char *id, int64_t timestamp_s,
                                struct vs_bytes body,
                                char signature_out[static VS_ALERT_SIGNATURE_SIZE]);
/* What a secret file holds: whsec_BASE64, else the bytes themselves without their last line end.
 * BAD_VALUE: shorter than 24 bytes or longer than 64 (the specification's bounds). */
VS_RESULT vs_alert_webhook_secret(struct vs_bytes file, struct vs_buf *secret);
