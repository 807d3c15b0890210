/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/password.h"

#include <assert.h>

#include "crypto/digest.h"
#include "crypto/enc.h"

#define PART_SIZE_MAX 256 /* tenant, identity, password: each far below it by its own limit */

vs_result
vs_crypto_password_verifier(struct vs_secret *pepper, struct vs_bytes tenant,
                            struct vs_bytes identity, struct vs_bytes password,
                            uint8_t verifier_out[static VS_CRYPTO_VERIFIER_SIZE])
{
	struct vs_bytes message;
	struct vs_enc enc;
	vs_result r;

	assert(pepper != NULL);
	if (tenant.size > PART_SIZE_MAX || identity.size > PART_SIZE_MAX ||
	    password.size > PART_SIZE_MAX)
		return VS_FAIL(TOO_LONG);
	vs_enc_init(&enc, "voltseal/pw/v1");
	vs_enc_bytes(&enc, tenant);
	vs_enc_bytes(&enc, identity);
	vs_enc_bytes(&enc, password);
	r = vs_enc_view(&enc, &message);
	if (r.code == VS_E_OK)
		r = vs_crypto_hmac_sha256(
		    vs_bytes_from(vs_secret_bytes(pepper), vs_secret_size(pepper)), message,
		    verifier_out);
	vs_enc_done(&enc);
	return r;
}
