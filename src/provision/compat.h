/* SPDX-License-Identifier: Apache-2.0 */
/*
 * E1, compatible: the envelope of RSA-OAEP and AES-GCM as JSON,
 *
 *   {"session_key":b64,"ciphertext":b64,"nonce":b64,"tag":b64}
 *
 * and what is inside, {"device_id":..,"action":..,"user_id":..}. The form (digest of OAEP, sizes of
 * nonce and key) is the operator's choice and never taken from what came. Whatever is wrong with a
 * well-formed one is NOT_AUTHENTIC, after the same work. It does not say who made it: see
 * doc/protocol/provisioning.md for when it counts at all.
 */
#pragma once

#include "crypto/envelope.h"
#include "provision/message.h"

#define VS_PROVISION_E1_SIZE_MAX  16384
#define VS_PROVISION_E1_KEY_SIZE  1025 /* a public key as PEM, and a NUL */
#define VS_PROVISION_E1_FORM_SIZE 16
#define VS_PROVISION_PROOF_SIZE   32

/* What is inside: the three members of the document, and what a device of ours adds. */
struct vs_provision_e1 {
	char device[VS_PROVISION_DEVICE_SIZE];
	char action[33];
	char user[VS_PROVISION_DEVICE_SIZE];
	uint8_t proof[VS_PROVISION_PROOF_SIZE];    /* all 0: none */
	char public_key[VS_PROVISION_E1_KEY_SIZE]; /* PEM: what answers are sealed to; "" */
	struct vs_buf csr;                         /* PKCS#10, PEM; empty: no certificate */
};
void vs_provision_e1_init(struct vs_provision_e1 *message);
void vs_provision_e1_done(struct vs_provision_e1 *message);

/* Seals any text; appended. WRONG_TYPE: the key is not RSA. */
VS_RESULT vs_provision_e1_seal(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
                               struct vs_bytes plain, struct vs_buf *text);
/* plain: appended. BAD_MESSAGE and the like: not such an object; NOT_AUTHENTIC. */
VS_RESULT vs_provision_e1_open(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
                               struct vs_bytes text, struct vs_buf *plain);

VS_RESULT vs_provision_e1_write(struct vs_provision_e1 *message, struct vs_buf *plain);
/* message: after init. */
VS_RESULT vs_provision_e1_read(struct vs_bytes plain, struct vs_provision_e1 *message);

/* That whoever made the message has the claim's secret, and made it for this receiver: HMAC-SHA256
 * under the secret of enc("voltseal/prov/e1", device, action, user, and the SHA-256 of the
 * receiver's SubjectPublicKeyInfo, of public_key and of csr). Since each message has a receiver's
 * key of its own, none can be said twice; whoever opened one under a key of their own, which they
 * had brought between, cannot pass it on. */
VS_RESULT vs_provision_e1_proof(const uint8_t secret[static VS_PROVISION_SECRET_SIZE],
                                const struct vs_pkey *receiver,
                                const struct vs_provision_e1 *message,
                                uint8_t proof_out[static VS_PROVISION_PROOF_SIZE]);

/* A public key as PEM (SubjectPublicKeyInfo), with a NUL. */
VS_RESULT vs_provision_e1_key_write(const struct vs_pkey *key,
                                    char pem_out[static VS_PROVISION_E1_KEY_SIZE]);
/* "sha256-12-32": digest of OAEP, sizes of the nonce and the key. BAD_VALUE. */
VS_RESULT vs_provision_e1_form_parse(const char *text, struct vs_envelope_form *form_out);

/* What the agent of the document answers, in clear: {"device_id","public_key","user_id"}. */
struct vs_provision_e1_key {
	char device[VS_PROVISION_DEVICE_SIZE];
	char public_key[VS_PROVISION_E1_KEY_SIZE]; /* "": it has none any more */
	char user[VS_PROVISION_DEVICE_SIZE];
};
VS_RESULT vs_provision_e1_answer_write(struct vs_provision_e1_key *answer, struct vs_buf *text);
VS_RESULT vs_provision_e1_answer_read(struct vs_bytes text, struct vs_provision_e1_key *answer_out);

/* Topics of the document: provision/<device>/<action>, and keys/<device>/public for the answer in
 * clear. A sealed answer goes to provision/<device>/response. */
struct vs_provision_e1_topic {
	char device[VS_PROVISION_DEVICE_SIZE];
	char action[9]; /* "request", "update", "delete", "response" */
};
VS_RESULT vs_provision_e1_topic_parse(struct vs_bytes topic,
                                      struct vs_provision_e1_topic *topic_out); /* BAD_VALUE */
void vs_provision_e1_topic_make(const char *device, const char *action,
                                char topic_out[static VS_PROVISION_TOPIC_SIZE]);
void vs_provision_e1_key_topic(const char *device, char topic_out[static VS_PROVISION_TOPIC_SIZE]);
