/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/algorithm.h"

struct vs_hmac {
	EVP_MAC_CTX *ctx;
};

vs_result
vs_hmac_new(struct vs_bytes key, struct vs_hmac **hmac_out)
{
	static const uint8_t no_key[1]; /* NULL would mean: the key as before */
	struct vs_hmac *hmac = calloc(1, sizeof(*hmac));
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(hmac_out != NULL);
	if (hmac == NULL)
		goto out;
	hmac->ctx = vs_algorithm_hmac_sha256();
	if (hmac->ctx == NULL)
		goto out;
	r = VS_FAIL(INTERNAL);
	if (EVP_MAC_init(hmac->ctx, key.size > 0 ? key.data : no_key, key.size, NULL) != 1)
		goto out;
	*hmac_out = hmac;
	hmac = NULL;
	r = VS_OK;
out:
	if (r.code != VS_E_OK)
		vs_algorithm_forget_errors();
	vs_hmac_free(&hmac);
	return r;
}

void
vs_hmac_free(struct vs_hmac **hmac)
{
	assert(hmac != NULL);
	if (*hmac == NULL)
		return;
	EVP_MAC_CTX_free((*hmac)->ctx); /* clears what it held of the key */
	free(*hmac);
	*hmac = NULL;
}

static vs_result
told(bool is_done)
{
	if (is_done)
		return VS_OK;
	vs_algorithm_forget_errors();
	return VS_FAIL(INTERNAL);
}

vs_result
vs_hmac_begin(struct vs_hmac *hmac)
{
	assert(hmac != NULL);
	return told(EVP_MAC_init(hmac->ctx, NULL, 0, NULL) == 1);
}

vs_result
vs_hmac_add(struct vs_hmac *hmac, struct vs_bytes part)
{
	assert(hmac != NULL);
	return told(part.size == 0 || EVP_MAC_update(hmac->ctx, part.data, part.size) == 1);
}

vs_result
vs_hmac_end(struct vs_hmac *hmac, uint8_t mac_out[static VS_SHA256_SIZE])
{
	size_t size = 0;

	assert(hmac != NULL);
	return told(EVP_MAC_final(hmac->ctx, mac_out, &size, VS_SHA256_SIZE) == 1 &&
	            size == VS_SHA256_SIZE);
}

vs_result
vs_hmac_of(struct vs_hmac *hmac, struct vs_bytes message, uint8_t mac_out[static VS_SHA256_SIZE])
{
	VS_TRY(vs_hmac_begin(hmac));
	VS_TRY(vs_hmac_add(hmac, message));
	return vs_hmac_end(hmac, mac_out);
}
