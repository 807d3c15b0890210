/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is inside the envelopes: the request of a device, its later operations, and the answers.
 * Each is one JSON object; what is not known is refused. Texts are bounded by their members here.
 */
#pragma once

#include "crypto/digest.h"
#include "provision/envelope.h"

#define VS_PROVISION_DEVICE_SIZE 49 /* an identity and a NUL */
#define VS_PROVISION_HW_SIZE     65
#define VS_PROVISION_URL_SIZE    257
#define VS_PROVISION_TEXT_MAX    65 /* passwords, tokens */
#define VS_PROVISION_NONCE_SIZE  16
#define VS_PROVISION_PEM_MAX     8192 /* certificate, chain, CA: each */

/* m=1. {ts, device_id, hw, csr?, pub_kem, nonce} */
struct vs_provision_request {
	int64_t ts_ms;
	char device[VS_PROVISION_DEVICE_SIZE];
	char hw[VS_PROVISION_HW_SIZE];          /* what it says of itself; "" */
	struct vs_buf csr;                      /* PKCS#10, PEM; empty: it wants no certificate */
	uint8_t pub_kem[VS_PROVISION_KEM_SIZE]; /* its own key, from now on */
	uint8_t nonce[VS_PROVISION_NONCE_SIZE];
};
void vs_provision_request_init(struct vs_provision_request *request);
void vs_provision_request_done(struct vs_provision_request *request);
VS_RESULT vs_provision_request_read(struct vs_bytes plain, struct vs_provision_request *request);
VS_RESULT vs_provision_request_write(struct vs_provision_request *request, struct vs_buf *plain);

/* m=2 from the device. {ts, ctr, op, of?, hw?, csr?}. op is what is wanted; a device may send any
 * of them in an envelope of type update, so that its topic does not tell. */
struct vs_provision_operation {
	int64_t ts_ms;
	int64_t ctr;                   /* strictly increasing, kept by both sides */
	enum vs_provision_type op;     /* UPDATE, DELETE, ACK */
	uint8_t of[VS_SHA256_SIZE];    /* ACK: sha256 of the answer that has arrived */
	char hw[VS_PROVISION_HW_SIZE]; /* UPDATE */
	struct vs_buf csr;             /* UPDATE: for its next certificate */
};
void vs_provision_operation_init(struct vs_provision_operation *operation);
void vs_provision_operation_done(struct vs_provision_operation *operation);
/* outside: the type of the envelope. BAD_VALUE when op may not stand in it. */
VS_RESULT vs_provision_operation_read(struct vs_bytes plain, enum vs_provision_type outside,
                                      struct vs_provision_operation *operation);
VS_RESULT vs_provision_operation_write(struct vs_provision_operation *operation,
                                       struct vs_buf *plain);

/* m=2 from the server, to the device's key. What does not apply is "" or empty. */
struct vs_provision_response {
	int64_t ts_ms;
	uint8_t req[VS_SHA256_SIZE]; /* of the ciphertext that it answers */
	char result[17];             /* "ok", "deleting" */
	int64_t next_ctr;            /* the lowest that will be taken */
	char kind[9];                /* "station", "framed", "sensor" */
	char tenant[VS_PROVISION_TENANT_SIZE];
	char device[VS_PROVISION_DEVICE_SIZE];
	char auth[12]; /* of a station: "basic", "mtls", "mtls+basic" */
	char password[VS_PROVISION_TEXT_MAX], token[VS_PROVISION_TEXT_MAX];
	int64_t psk_epoch; /* 0: none */
	uint8_t psk[VS_PROVISION_SECRET_SIZE];
	struct vs_buf certificate, chain, ca; /* PEM */
	char url[VS_PROVISION_URL_SIZE];      /* of the gateway */
	char broker[VS_PROVISION_URL_SIZE];   /* from now on; "": the same */
	int64_t grace_s;                      /* of "deleting" */
	struct vs_buf public_key;             /* of E1: what the next message is sealed to, PEM */
};
void vs_provision_response_init(struct vs_provision_response *response);
void vs_provision_response_done(struct vs_provision_response *response); /* wipes */
VS_RESULT vs_provision_response_read(struct vs_bytes plain, struct vs_provision_response *response);
VS_RESULT vs_provision_response_write(struct vs_provision_response *response, struct vs_buf *plain);
