/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt to bring something to a receiver. Blocking: from a thread of its own. */
#pragma once

#include <stdatomic.h>

#include "alert/config.h"
#include "alert/outbox.h"
#include "crypto/pkey.h"

#define VS_ALERT_REASON_SIZE 256

struct vs_alert_door {
	const struct vs_alert_target *target;
	struct vs_secret *secret;   /* of a webhook */
	struct vs_secret *old;      /* what it was before, while receivers change; or NULL */
	struct vs_pkey *key;        /* or NULL */
	int fd;                     /* of syslog over TCP, UDP or a local socket; -1 */
	struct vs_fetch_line *line; /* of syslog over TLS */
};

/* Reads secret and key. CONFIG: reason says what is wrong with which file. */
VS_RESULT vs_alert_door_open(const struct vs_alert_target *target, struct vs_alert_door *door_out,
                             char *reason, size_t reason_size);
void vs_alert_door_close(struct vs_alert_door *door);
/* A webhook: POST, and 2xx is success. *is_gone_out: 410, it wants no more of us. */
VS_RESULT vs_alert_deliver_letter(const struct vs_alert_door *door,
                                  const struct vs_alert_letter *letter, int64_t now_ms,
                                  const atomic_bool *is_cancelled, bool *is_gone_out,
                                  char reason[static VS_ALERT_REASON_SIZE]);
/* A message of RFC 5424: one datagram, or with octet counting (RFC 5425, RFC 6587) on a stream. It
 * connects when it must. */
VS_RESULT vs_alert_deliver_syslog(struct vs_alert_door *door, struct vs_bytes message,
                                  char reason[static VS_ALERT_REASON_SIZE]);
