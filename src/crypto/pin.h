/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SPKI pins of a client: SHA-256 of the SubjectPublicKeyInfo of keys that a server's chain must
 * show (RFC 7469 2.4 gives the text form, sha256/ and base64). A set holds the current key, the
 * next one and a backup, usually the issuing CA's: never one alone, or a lost key locks the fleet
 * out.
 *
 * A chain passes when it is valid and any of its keys is in the set; pins narrow the trust in the
 * CA, they never widen it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/digest.h"

struct x509_store_ctx_st;

#define VS_PIN_TEXT_SIZE 52 /* "sha256/" and 44 characters of base64, and NUL */
#define VS_PIN_MAX       8

struct vs_pin_set {
	uint8_t sha256[VS_PIN_MAX][VS_SHA256_SIZE];
	size_t count; /* 0: nothing is pinned */
};

/* "sha256/..." of one or several, with commas. BAD_ENCODING: not that; TOO_LONG: more than
 * VS_PIN_MAX; EXISTS: one twice. Adds to the set, all or none. */
VS_RESULT vs_pin_set_parse(struct vs_bytes text, struct vs_pin_set *set);
void vs_pin_text(const uint8_t sha256[static VS_SHA256_SIZE],
                 char text_out[static VS_PIN_TEXT_SIZE]);
bool vs_pin_set_has(const struct vs_pin_set *set, const uint8_t sha256[static VS_SHA256_SIZE]);
/* Of a verification that has succeeded: does the verified chain show one of the keys? True when
 * nothing is pinned. For tls.c. */
bool vs_pin_chain_passes(const struct vs_pin_set *set, struct x509_store_ctx_st *verification);
