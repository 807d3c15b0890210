/* SPDX-License-Identifier: Apache-2.0 */
/* daemon/errands*.c share this; nobody else includes it. */
#pragma once

#include <stdatomic.h>

#include "core/behalf.h"
#include "daemon/errands.h"
#include "ocpp/message.h"

#define VS_ERRAND_DEADLINE_MS 30000u

struct vs_daemon_errands {
	struct vs_daemon_errands_options options;
	struct vs_central *central;
	atomic_size_t count;
};

/* One job: its request lies behind it. */
struct vs_errand {
	struct vs_daemon_errands *owner;
	char tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];
	uint64_t conn;
	struct vs_core_behalf behalf; /* the station, and where it came from */
	char message_id[VS_OCPP_ID_SIZE];
	struct vs_core_chain_item items[VS_CORE_CHAIN_MAX]; /* whose status; M06: the first */
	size_t item_count;
	char reason[VS_CERTS_REASON_SIZE];
	struct vs_buf der; /* of a status */
	size_t csr_size;
	uint8_t csr[];
};

/* csr: also anything else that is copied behind it. NOT_FOUND: there is no CA; BUSY, NO_MEMORY. */
VS_RESULT vs_errand_new(struct vs_daemon_errands *errands, const char *peer, struct vs_bytes csr,
                        struct vs_errand **errand_out);
void vs_errand_free(struct vs_errand *errand);

/* --- errands_status.c: of vs_port_errands */
vs_result vs_errands_status(void *self, uint64_t conn, struct vs_bytes message_id,
                            const struct vs_core_cert_id *id);
vs_result vs_errands_chain(void *self, uint64_t conn, struct vs_bytes message_id,
                           const struct vs_core_chain_item *items, size_t count);
