/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the certificate service needs from the database: rows of certificates, the last revocation
 * list of each generation of the CA, and rotations of its root with the stations that have
 * confirmed the new one. Changes go through vs_keystore.apply (keystore.h), so that a revocation,
 * the certificate's new state and the audit record are one transaction; this is how they are read.
 *
 * Any thread, blocking. NOT_FOUND; IO.
 */
#pragma once

#include "keys/key.h"

#define VS_CERT_HASH_SIZE   65 /* SHA-256, hexadecimal */
#define VS_CERT_SERIAL_SIZE 41
#define VS_CERT_NAME_SIZE   65
#define VS_CERT_DER_SIZE    3072
#define VS_CERT_WORD_SIZE   17

enum vs_cert_state {
	VS_CERT_VALID,
	VS_CERT_SUPERSEDED, /* a newer one has taken its place; good until its end, or until revoked
	                     */
	VS_CERT_REVOKED,
	VS_CERT_EXPIRED,
	VS_CERT_STATES
};
const char *vs_cert_state_text(enum vs_cert_state state);                           /* "valid" */
VS_RESULT vs_cert_state_parse(struct vs_bytes text, enum vs_cert_state *state_out); /* BAD_VALUE */

struct vs_cert_row {
	int64_t cert_id;
	char issuer[VS_CERT_HASH_SIZE]; /* SHA-256 of the issuer's SubjectPublicKeyInfo */
	char serial[VS_CERT_SERIAL_SIZE];
	uint32_t generation; /* of the CA */
	char profile[VS_CERT_WORD_SIZE];
	char common_name[VS_CERT_NAME_SIZE];
	char tenant[VS_KEYS_TENANT_SIZE]; /* "" for servers and operators */
	char station[VS_CERT_NAME_SIZE];  /* "" for servers and operators */
	char spki[VS_CERT_HASH_SIZE], fingerprint[VS_CERT_HASH_SIZE];
	int64_t not_before_ms, not_after_ms, created_ms;
	enum vs_cert_state state;
	int64_t state_ms;
	char reason[VS_CERT_WORD_SIZE]; /* of a revocation, a word of crypto/reasons.def */
	uint8_t der[VS_CERT_DER_SIZE];
	size_t der_size;
};

struct vs_cert_crl {
	uint32_t generation;
	int64_t number, this_update_ms, next_update_ms;
	struct vs_bytes der; /* borrowed */
};

enum vs_cert_rotation_state {
	VS_CERT_ROTATION_WAITING,
	VS_CERT_ROTATION_FINISHED,
	VS_CERT_ROTATION_FORCED, /* finished without waiting for all */
	VS_CERT_ROTATION_ABORTED,
	VS_CERT_ROTATION_STATES
};
const char *vs_cert_rotation_text(enum vs_cert_rotation_state state);

struct vs_cert_rotation {
	int64_t rotation_id;
	uint32_t from, to; /* generations */
	enum vs_cert_rotation_state state;
	int64_t began_ms, ended_ms;
	char actor[VS_CERT_NAME_SIZE];
};

struct vs_cert_confirmation {
	int64_t rotation_id;
	char tenant[VS_KEYS_TENANT_SIZE], station[VS_CERT_NAME_SIZE];
	int64_t at_ms;
	char actor[VS_CERT_NAME_SIZE];
};

/* NULL or 0: not asked. Ascending by cert_id. */
struct vs_cert_query {
	const char *tenant, *station, *state;
	int64_t ends_from_ms, ends_to_ms;
	uint32_t generation;
	int64_t after; /* cert_id */
	size_t limit;
};

/* Row functions return false to stop; they must not call the store. */
struct vs_certstore {
	void *self;
	vs_result (*cert)(void *self, int64_t cert_id, struct vs_cert_row *row_out);
	/* issuer "": whoever's; the newest, if two have it. */
	vs_result (*find)(void *self, const char *serial, const char *issuer,
	                  struct vs_cert_row *row_out);
	vs_result (*certs)(void *self, const struct vs_cert_query *query,
	                   bool (*row)(const struct vs_cert_row *, void *), void *arg);
	/* The list's bytes are appended to der; crl_out->der views them. */
	vs_result (*crl)(void *self, uint32_t generation, struct vs_buf *der,
	                 struct vs_cert_crl *crl_out);
	vs_result (*rotation)(void *self, struct vs_cert_rotation *rotation_out); /* the newest */
	vs_result (*confirmed)(void *self, int64_t rotation_id, const char *tenant,
	                       const char *station, int64_t *at_ms_out);
	vs_result (*confirmations)(void *self, int64_t rotation_id, int64_t *count_out);
};
