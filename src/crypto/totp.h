/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time-based one-time passwords (RFC 6238): HMAC-SHA1, 30 seconds, six digits, as every
 * authenticator app has them. Pure: the caller has the clock, and keeps the last step that was
 * used, so that a code works once (RFC 6238 5.2).
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

#define VS_TOTP_SECRET_SIZE      20 /* RFC 4226 4 R6: 160 bits */
#define VS_TOTP_SECRET_TEXT_SIZE 33
#define VS_TOTP_CODE_SIZE        7
#define VS_TOTP_STEP_S           30

VS_RESULT vs_totp_code(const uint8_t secret[static VS_TOTP_SECRET_SIZE], int64_t step,
                       char code_out[static VS_TOTP_CODE_SIZE]);
/* Is it the code of this step, the one before or the one after, and later than last_step? The
 * duration does not tell which. NOT_AUTHENTIC. */
VS_RESULT vs_totp_check(const uint8_t secret[static VS_TOTP_SECRET_SIZE], int64_t now_s,
                        int64_t last_step, struct vs_bytes code, int64_t *step_out);
/* Base32 (RFC 4648 6), to be typed or shown as a picture. Wipe it. */
void vs_totp_secret_text(const uint8_t secret[static VS_TOTP_SECRET_SIZE],
                         char text_out[static VS_TOTP_SECRET_TEXT_SIZE]);
