/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this folder. */
#pragma once

#include <pthread.h>

#include "onboard/onboard.h"
#include "provision/bundle.h"

#define VS_ONBOARD_ANSWER_MAX VS_LIMIT_PROVISION_SIZE

struct vs_onboard {
	struct vs_onboard_options options;
	pthread_mutex_t lock; /* one message or operation at a time */
	pthread_mutex_t commit_lock;
	pthread_cond_t committed;
	size_t commit_left;
	enum vs_err commit_outcome;
	/* The server's key of this epoch, as it was needed last. */
	struct vs_pkey *server;
	uint32_t server_epoch;
	int64_t tokens, refilled_ms; /* of the limit PROVISION_RATE, in thousandths */
};

/* What is being answered; nothing of it is to be trusted before its envelope has opened. */
struct vs_onboard_case {
	struct vs_provision_envelope envelope;
	struct vs_core_claim claim;
	struct vs_provision_response response;
	int64_t now_ms;
	const char *reason; /* why it was refused, for the operator; static */
};

/* --- secrets.c ----------------------------------------------------------------------------------
 */

/* kid: "s" and the epoch; "" for the current one. Borrowed until the next call. NOT_FOUND,
 * FORBIDDEN.
 */
VS_RESULT vs_onboard_server_key(struct vs_onboard *onboard, const char *kid,
                                const struct vs_pkey **key_out,
                                char kid_out[static VS_PROVISION_KID_SIZE]);
VS_RESULT vs_onboard_claim_secret(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                                  uint8_t secret_out[static VS_PROVISION_SECRET_SIZE]);
/* The epoch that new claims are derived from. */
VS_RESULT vs_onboard_claim_epoch(struct vs_onboard *onboard, int64_t *epoch_out);
VS_RESULT vs_onboard_root(struct vs_onboard *onboard, struct vs_pkey **root_out);
VS_RESULT vs_onboard_server_rotate(struct vs_onboard *onboard, const char *actor);

/* --- credentials.c ------------------------------------------------------------------------------
 */

/* What a request yields: entry and credentials into the record (of claim_station or claim_sensor)
 * and the response. On failure one->reason says why, if it is the device's fault. */
VS_RESULT vs_onboard_credentials(struct vs_onboard *onboard, struct vs_onboard_case *one,
                                 const struct vs_provision_request *request,
                                 struct vs_core_record *record);
/* A certificate for the CSR, in the place of that of the claim; claim.cert_id is the new one. */
VS_RESULT vs_onboard_certify(struct vs_onboard *onboard, struct vs_onboard_case *one,
                             struct vs_bytes csr);
/* Of a claim whose change was not written. */
void vs_onboard_certify_undo(struct vs_onboard *onboard, int64_t cert_id);

/* --- device.c -----------------------------------------------------------------------------------
 */

/* The entry of a claim's device as it is now, enabled or not, into a record; its claim beside it.
 */
VS_RESULT vs_onboard_device_record(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                                   bool is_enabled, struct vs_bytes answer,
                                   struct vs_core_record **record_out);
/* Writes it and waits; then the registry is what was written, and whoever lost its entry is
 * disconnected. The record is used up in any case. CONFLICT: the claim has changed meanwhile. */
VS_RESULT vs_onboard_commit(struct vs_onboard *onboard, struct vs_core_record *record);
/* The end: certificate revoked, keys revoked, entry removed, claim deleted. */
VS_RESULT vs_onboard_end(struct vs_onboard *onboard, struct vs_core_claim *claim,
                         const char *actor);

/* --- report.c -----------------------------------------------------------------------------------
 */

void vs_onboard_report_refused(struct vs_onboard *onboard, const char *tenant, const char *claim,
                               const char *device, const char *reason);
void vs_onboard_report_clone(struct vs_onboard *onboard, const struct vs_core_claim *claim);
void vs_onboard_report_done(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                            const char *what);
