/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Web Signatures (RFC 7515), compact and flattened JSON, read strictly: what is read here has
 * passed the size limit, three parts of canonical base64url, and a protected header that is an
 * object by wire/json.h (no member twice, bounded depth) with an algorithm of sign.def and without
 * "crit" and "b64". The flattened form has exactly the members payload, protected, signature.
 *
 * Keys come from the caller, who may look at vs_jws_kid or the header to choose one. "jwk", "jku",
 * "x5c" and "x5u" are never read. The payload is given out by vs_jws_check only.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/jose_key.h"
#include "wire/json.h"

enum vs_jws_form { VS_JWS_COMPACT, VS_JWS_FLATTENED };

struct vs_jws;

/* Copies. TOO_LONG: over VS_LIMIT_JWS_SIZE. BAD_MESSAGE and the errors of wire/json.h: malformed.
 * NOT_AUTHENTIC: no algorithm that is known here, such as "none". */
VS_RESULT vs_jws_read(struct vs_bytes text, struct vs_jws **jws_out);
void vs_jws_free(struct vs_jws **jws);

enum vs_sign_alg vs_jws_alg(const struct vs_jws *jws);
/* Of the protected header; views live as long as jws. Not proven before vs_jws_check. */
const struct vs_json_tape *vs_jws_header(const struct vs_jws *jws);
struct vs_bytes vs_jws_kid(const struct vs_jws *jws); /* empty when there is none */

/* NOT_AUTHENTIC: the algorithm is not allowed by the key, the kid is another key's, or the
 * signature is wrong. payload_out is borrowed from jws. */
VS_RESULT vs_jws_check(const struct vs_jws *jws, const struct vs_jose_key *key,
                       struct vs_bytes *payload_out);

/* Appends a JWS. header: a JSON object of further members of the protected header, or empty; it
 * may not hold alg, kid, crit or b64 (BAD_VALUE). WRONG_TYPE: the key does not allow alg. */
VS_RESULT vs_jws_make(const struct vs_jose_key *key, enum vs_sign_alg alg, enum vs_jws_form form,
                      struct vs_bytes header, struct vs_bytes payload, struct vs_buf *text);
