/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key of JSON Web Signatures (RFC 7515) and what it may be used for.
 *
 * An algorithm is allowed by the key and never by the token: a token that names another one is
 * refused before anything is computed. All are computed by sign.h. Any thread.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/pkey.h"
#include "crypto/sign.h"

#define VS_JOSE_KID_SIZE   65 /* with its NUL */
#define VS_JOSE_ALLOW(alg) (1u << (alg))

struct vs_jose_key;

/* key is borrowed and must outlive it. algs: VS_JOSE_ALLOW(..) of at least one, all for this kind
 * of key (WRONG_TYPE). kid may be "": the key has no name, and tokens may name what they want. */
VS_RESULT vs_jose_key_new(const struct vs_pkey *key, uint32_t algs, const char *kid,
                          struct vs_jose_key **key_out);
void vs_jose_key_free(struct vs_jose_key **key);

bool vs_jose_key_allows(const struct vs_jose_key *key, enum vs_sign_alg alg);
const char *vs_jose_key_kid(const struct vs_jose_key *key);

/* For this folder. The signature of protected "." payload, both base64url without padding; appended
 * as its bytes. */
VS_RESULT vs_jose_key_sign(const struct vs_jose_key *key, enum vs_sign_alg alg,
                           struct vs_bytes protected, struct vs_bytes payload,
                           struct vs_buf *signature);
/* NOT_AUTHENTIC. signature: base64url as well. */
VS_RESULT vs_jose_key_check(const struct vs_jose_key *key, enum vs_sign_alg alg,
                            struct vs_bytes protected, struct vs_bytes payload,
                            struct vs_bytes signature);
