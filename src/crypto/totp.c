/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/totp.h"

#include <openssl/evp.h>
#include <string.h>

#include "crypto/algorithm.h"
#include "crypto/digest.h"

#define DIGITS 6

vs_result
vs_totp_code(const uint8_t secret[static VS_TOTP_SECRET_SIZE], int64_t step,
             char code_out[static VS_TOTP_CODE_SIZE])
{
	uint8_t counter[8], mac[VS_SHA1_SIZE];
	uint32_t number;
	size_t size = 0, at;

	for (unsigned i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA1", NULL, secret, VS_TOTP_SECRET_SIZE, counter,
	              sizeof(counter), mac, sizeof(mac), &size) == NULL ||
	    size != sizeof(mac)) {
		vs_algorithm_forget_errors();
		return VS_FAIL(INTERNAL);
	}
	at = mac[VS_SHA1_SIZE - 1] & 15; /* RFC 4226 5.3 */
	number = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 |
	         (uint32_t)mac[at + 2] << 8 | mac[at + 3];
	for (unsigned i = DIGITS; i-- > 0; number /= 10)
		code_out[i] = (char)('0' + number % 10);
	code_out[DIGITS] = '\0';
	explicit_bzero(mac, sizeof(mac));
	return VS_OK;
}

vs_result
vs_totp_check(const uint8_t secret[static VS_TOTP_SECRET_SIZE], int64_t now_s, int64_t last_step,
              struct vs_bytes code, int64_t *step_out)
{
	const int64_t now = now_s / VS_TOTP_STEP_S;
	char expected[VS_TOTP_CODE_SIZE];
	int64_t found = -1;

	if (code.size != DIGITS || now_s < 0)
		return VS_FAIL(NOT_AUTHENTIC);
	for (int64_t step = now - 1; step <= now + 1; step++) {
		VS_TRY(vs_totp_code(secret, step, expected));
		if (vs_crypto_equal(expected, code.data, DIGITS))
			found = step;
	}
	explicit_bzero(expected, sizeof(expected));
	if (found < 0 || found <= last_step)
		return VS_FAIL(NOT_AUTHENTIC);
	*step_out = found;
	return VS_OK;
}

void
vs_totp_secret_text(const uint8_t secret[static VS_TOTP_SECRET_SIZE],
                    char text_out[static VS_TOTP_SECRET_TEXT_SIZE])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	char *text = text_out;

	/* Five bytes are eight letters; twenty bytes have no rest. */
	for (unsigned i = 0; i < VS_TOTP_SECRET_SIZE; i += 5) {
		uint64_t bits = 0;

		for (unsigned j = 0; j < 5; j++)
			bits = bits << 8 | secret[i + j];
		for (unsigned j = 0; j < 8; j++)
			*text++ = letters[bits >> (35 - 5 * j) & 31];
	}
	*text = '\0';
}
