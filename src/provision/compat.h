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

#define VS_PROVISION_E1_SIZE_MAX 8192

struct vs_provision_e1 {
	char device[VS_PROVISION_DEVICE_SIZE];
	char action[33];
	char user[VS_PROVISION_DEVICE_SIZE];
};

/* Seals any text; appended. WRONG_TYPE: the key is not RSA. */
VS_RESULT vs_provision_e1_seal(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
                               struct vs_bytes plain, struct vs_buf *text);
/* plain: appended. BAD_MESSAGE and the like: not such an object; NOT_AUTHENTIC. */
VS_RESULT vs_provision_e1_open(const struct vs_pkey *receiver, const struct vs_envelope_form *form,
                               struct vs_bytes text, struct vs_buf *plain);

VS_RESULT vs_provision_e1_write(const struct vs_provision_e1 *message, struct vs_buf *plain);
VS_RESULT vs_provision_e1_read(struct vs_bytes plain, struct vs_provision_e1 *message_out);
