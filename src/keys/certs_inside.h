/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the certificate service share. Not for others. */
#pragma once

#include <pthread.h>

#include "base/limits.h"
#include "keys/certs.h"
#include "keys/share.h"

/* A signed answer to a request without a nonce, to be given again until it is stale. */
struct vs_certs_answer {
	uint8_t sha256[VS_SHA256_SIZE]; /* of the request */
	int64_t until_ms;               /* 0: the place is free */
	struct vs_buf der;
};

struct vs_certs {
	struct vs_certs_options options;
	bool has_lock;
	pthread_mutex_t lock; /* of changes, and of what follows */
	struct vs_keys_ca_view view;
	uint32_t issuer_generation; /* 0: nothing is known yet of */
	char issuer[VS_CERT_HASH_SIZE];
	bool is_crl_due;
	bool is_unsettled; /* a change that was not written may still be in the key process */
	struct vs_certs_answer ocsp[VS_LIMIT_OCSP_CACHE];
};

struct vs_keystore_audit vs_certs_audit(struct vs_certs *certs, const char *event,
                                        const struct vs_core_behalf *behalf, const char *object);
/* Locked. Certify, and make the row, which is not stored yet. */
VS_RESULT vs_certs_make_row(struct vs_certs *certs, const struct vs_certs_request *request,
                            struct vs_cert_row *row, char reason[static VS_CERTS_REASON_SIZE]);
VS_RESULT vs_certs_reload(struct vs_certs *certs);
/* And nothing that is remembered of generations holds any more. */
VS_RESULT vs_certs_reload_all(struct vs_certs *certs);
VS_RESULT vs_certs_ca_pem(struct vs_certs *certs, uint32_t generation, enum vs_keys_ca_cert which,
                          struct vs_buf *pem);
/* Locked. Sign the list of a generation from what is revoked, and store it. */
VS_RESULT vs_certs_crl_renew(struct vs_certs *certs, uint32_t generation,
                             const struct vs_core_behalf *behalf);
/* Locked. What another node has changed of the CA is here, too, and nothing that was not written.
 */
VS_RESULT vs_certs_catch_up(struct vs_certs *certs, bool *is_changed_out);
/* Locked, before something is signed by the current generation. */
VS_RESULT vs_certs_ready(struct vs_certs *certs, char reason[static VS_CERTS_REASON_SIZE]);
struct vs_keys_share vs_certs_share(const struct vs_certs *certs);
/* At the start: the process stopped between a step of the key process and its row, which is written
 * now. */
VS_RESULT vs_certs_rotation_mend(struct vs_certs *certs);
void vs_certs_ocsp_forget(struct vs_certs *certs); /* locked */
