/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words by which a psk is changed inside a sealed channel (doc/protocol/keys.md, Rotation), in
 * both spellings:
 *
 *   ["OFFER",kid,"oid","key",until_ms]   OFFER#kid#oid#key#until_ms
 *   ["ACK",kid,"oid","proof"]            ACK#kid#oid#proof
 *
 * oid, key and proof are base64url without padding. Pure.
 */
#pragma once

#include "ocpp/sealed.h"

#define VS_OCPP_SEALED_OID_SIZE   16
#define VS_OCPP_SEALED_PROOF_SIZE 32

struct vs_ocpp_sealed_offer {
	uint32_t kid;
	uint8_t oid[VS_OCPP_SEALED_OID_SIZE], key[VS_NOISE_PSK_SIZE]; /* wipe it after use */
	int64_t until_ms;
};

struct vs_ocpp_sealed_ack {
	uint32_t kid;
	uint8_t oid[VS_OCPP_SEALED_OID_SIZE], proof[VS_OCPP_SEALED_PROOF_SIZE];
};

/* Append the plain text of the word. */
VS_RESULT vs_ocpp_sealed_write_offer(enum vs_ocpp_sealed_form form,
                                     const struct vs_ocpp_sealed_offer *offer, struct vs_buf *out);
VS_RESULT vs_ocpp_sealed_write_ack(enum vs_ocpp_sealed_form form,
                                   const struct vs_ocpp_sealed_ack *ack, struct vs_buf *out);
/* BAD_MESSAGE, BAD_VALUE, BAD_ENCODING. */
VS_RESULT vs_ocpp_sealed_read_offer(enum vs_ocpp_sealed_form form, struct vs_bytes plain,
                                    struct vs_ocpp_sealed_offer *offer_out);
VS_RESULT vs_ocpp_sealed_read_ack(enum vs_ocpp_sealed_form form, struct vs_bytes plain,
                                  struct vs_ocpp_sealed_ack *ack_out);
