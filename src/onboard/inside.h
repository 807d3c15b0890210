/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this folder. */
#pragma once

#include <pthread.h>

#include "onboard/onboard.h"
#include "onboard/rate.h"
#include "provision/bundle.h"

#define VS_ONBOARD_ANSWER_MAX VS_LIMIT_PROVISION_SIZE

#define VS_ONBOARD_STRIPES 64
#define VS_ONBOARD_WAITERS 32

/* A pair of the server, as long as somebody uses it. */
struct vs_onboard_pair {
	uint32_t epoch;
	unsigned refs;
	struct vs_pkey *key;
};

/* Whoever waits for a commit; the number of its place is the token of its records. */
struct vs_onboard_waiter {
	bool is_taken;
	size_t left;
	enum vs_err outcome;
};

/*
 * Many threads at a time: what changes a claim holds the lock of its stripe from reading the claim
 * to the commit, and what changes an entry holds that of its identity, in this order. So the
 * messages of many devices share a commit, and those of one follow each other.
 */
struct vs_onboard {
	struct vs_onboard_options options;
	pthread_mutex_t claims[VS_ONBOARD_STRIPES], names[VS_ONBOARD_STRIPES];
	pthread_mutex_t commit_lock;
	pthread_cond_t committed;
	struct vs_onboard_waiter waiters[VS_ONBOARD_WAITERS];
	pthread_mutex_t pair_lock;
	struct vs_onboard_pair *pairs[2]; /* of the epochs that were needed last */
	pthread_mutex_t make_lock;        /* the first of a key of ours is made once */
	struct vs_onboard_rate rate;
	struct vs_pkey *decoy; /* RSA, of nobody: E1 for no claim costs as much; NULL: no E1 */
};

void vs_onboard_claim_lock(struct vs_onboard *onboard, const char *claim);
void vs_onboard_claim_unlock(struct vs_onboard *onboard, const char *claim);
void vs_onboard_name_lock(struct vs_onboard *onboard, const char *identity);
void vs_onboard_name_unlock(struct vs_onboard *onboard, const char *identity);

/* What is being answered; nothing of it is to be trusted before its envelope has opened. */
struct vs_onboard_case {
	const struct vs_core_behalf *behalf; /* the broker, or who it says it is */
	struct vs_provision_envelope envelope;
	struct vs_core_claim claim;
	struct vs_provision_response response;
	int64_t now_ms;
	const char *reason; /* why it was refused, for the operator; static */
};

#define VS_ONBOARD_DROPPED "too many came at once: it was not looked at"

/* --- secrets.c ----------------------------------------------------------------------------------
 */

/* kid: "s" and the epoch; "" for the current one. To be given back. NOT_FOUND, FORBIDDEN. */
VS_RESULT vs_onboard_server_key(struct vs_onboard *onboard, const char *kid,
                                struct vs_onboard_pair **pair_out,
                                char kid_out[static VS_PROVISION_KID_SIZE]);
void vs_onboard_pair_put(struct vs_onboard *onboard, struct vs_onboard_pair **pair);
VS_RESULT vs_onboard_claim_secret(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                                  uint8_t secret_out[static VS_PROVISION_SECRET_SIZE]);
/* Another key of the claim, for what the label says. */
VS_RESULT vs_onboard_claim_key(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                               const char *label, uint8_t key_out[static VS_PROVISION_SECRET_SIZE]);
/* The epoch that new claims are derived from. */
VS_RESULT vs_onboard_claim_epoch(struct vs_onboard *onboard, int64_t *epoch_out);
VS_RESULT vs_onboard_root(struct vs_onboard *onboard, struct vs_pkey **root_out);
VS_RESULT vs_onboard_server_rotate(struct vs_onboard *onboard, const struct vs_core_behalf *behalf);

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
void vs_onboard_certify_undo(struct vs_onboard *onboard, const struct vs_onboard_case *one);

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
                         const struct vs_core_behalf *behalf);

/* --- message.c ----------------------------------------------------------------------------------
 */

/* What was inside of an envelope that opened; stored: the answer that was given last. On failure
 * one->reason says why. */
VS_RESULT vs_onboard_on_request(struct vs_onboard *onboard, struct vs_onboard_case *one,
                                struct vs_bytes plain, const struct vs_buf *stored,
                                struct vs_buf *answer);
VS_RESULT vs_onboard_on_operation(struct vs_onboard *onboard, struct vs_onboard_case *one,
                                  struct vs_bytes plain, const struct vs_buf *stored,
                                  struct vs_buf *answer);

/* --- compat.c, compat_key.c ---------------------------------------------------------------------
 */

#define VS_ONBOARD_E1_LABEL   "voltseal/prov/e1-key"
#define VS_ONBOARD_E1_KEY_MAX 8192 /* sealed, as text */

bool vs_onboard_compat_message(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
                               const struct vs_provision_e1_topic *topic, struct vs_bytes payload,
                               char topic_out[static VS_PROVISION_TOPIC_SIZE],
                               struct vs_buf *answer, const char **why_out);
/* Which claim speaks for a device. NOT_FOUND. */
VS_RESULT vs_onboard_compat_find(struct vs_onboard *onboard, const char *identity,
                                 struct vs_core_claim *claim_out);
VS_RESULT vs_onboard_compat_key_seal(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                                     const struct vs_pkey *key, struct vs_buf *text);
VS_RESULT vs_onboard_compat_key_open(struct vs_onboard *onboard, const struct vs_core_claim *claim,
                                     struct vs_pkey **key_out);

/* --- report.c -----------------------------------------------------------------------------------
 */

void vs_onboard_report_refused(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
                               const char *tenant, const char *claim, const char *device,
                               const char *reason);
void vs_onboard_report_downgrade(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
                                 const struct vs_core_claim *claim, const char *reason);
void vs_onboard_report_clone(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
                             const struct vs_core_claim *claim);
void vs_onboard_report_done(struct vs_onboard *onboard, const struct vs_core_behalf *behalf,
                            const struct vs_core_claim *claim, const char *what);
