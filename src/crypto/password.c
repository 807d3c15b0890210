/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/password.h"

#include <assert.h>
#include <string.h>

#include "crypto/digest.h"

#define LABEL         "voltseal/pw/v1"
#define PART_SIZE_MAX 256 /* tenant, identity, password: each far below it by its own limit */

static void
put_part(uint8_t *message, size_t *size, struct vs_bytes part)
{
	message[(*size)++] = (uint8_t)(part.size >> 8);
	message[(*size)++] = (uint8_t)part.size;
	if (part.size > 0)
		memcpy(message + *size, part.data, part.size);
	*size += part.size;
}

vs_result
vs_crypto_password_verifier(struct vs_secret *pepper, struct vs_bytes tenant,
                            struct vs_bytes identity, struct vs_bytes password,
                            uint8_t verifier_out[static VS_CRYPTO_VERIFIER_SIZE])
{
	uint8_t message[sizeof(LABEL) + 3 * (2 + PART_SIZE_MAX)];
	size_t size = sizeof(LABEL); /* its NUL is the separator */
	vs_result r;

	assert(pepper != NULL);
	if (tenant.size > PART_SIZE_MAX || identity.size > PART_SIZE_MAX ||
	    password.size > PART_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	memcpy(message, LABEL, sizeof(LABEL));
	put_part(message, &size, tenant);
	put_part(message, &size, identity);
	put_part(message, &size, password);
	r = vs_crypto_hmac_sha256(vs_bytes_from(vs_secret_bytes(pepper), vs_secret_size(pepper)),
	                          vs_bytes_from(message, size), verifier_out);
	explicit_bzero(message, sizeof(message));
	return r;
}
