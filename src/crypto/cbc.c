/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cbc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "crypto/block.h"

struct vs_cbc {
	struct vs_block block;
};

vs_result
vs_cbc_new(const uint8_t key[static VS_CBC_KEY_SIZE], struct vs_cbc **cbc_out)
{
	struct vs_cbc *cbc = calloc(1, sizeof(*cbc));
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(cbc_out != NULL);
	if (cbc == NULL)
		goto out;
	r = vs_block_init(&cbc->block, VS_CIPHER_AES256_CBC, key);
	if (r.code != VS_E_OK)
		goto out;
	*cbc_out = cbc;
	cbc = NULL;
out:
	vs_cbc_free(&cbc);
	return r;
}

void
vs_cbc_free(struct vs_cbc **cbc)
{
	assert(cbc != NULL);
	if (*cbc == NULL)
		return;
	vs_block_done(&(*cbc)->block);
	free(*cbc);
	*cbc = NULL;
}

vs_result
vs_cbc_seal_with(struct vs_cbc *cbc, const uint8_t iv[static VS_CBC_IV_SIZE], struct vs_bytes plain,
                 struct vs_buf *sealed)
{
	size_t size = VS_CBC_IV_SIZE + VS_BLOCK_SEALED_SIZE(plain.size);
	uint8_t *room = NULL;

	assert(cbc != NULL && sealed != NULL);
	VS_TRY(vs_buf_reserve(sealed, size, &room));
	memcpy(room, iv, VS_CBC_IV_SIZE);
	VS_TRY(vs_block_seal(&cbc->block, iv, plain, room + VS_CBC_IV_SIZE));
	sealed->size += size;
	return VS_OK;
}

vs_result
vs_cbc_seal(struct vs_cbc *cbc, struct vs_bytes plain, struct vs_buf *sealed)
{
	uint8_t iv[VS_CBC_IV_SIZE];

	vs_random_bytes(iv, sizeof(iv));
	return vs_cbc_seal_with(cbc, iv, plain, sealed);
}

vs_result
vs_cbc_open(struct vs_cbc *cbc, struct vs_bytes sealed, struct vs_buf *plain)
{
	assert(cbc != NULL && plain != NULL);
	if (sealed.size < VS_CBC_IV_SIZE)
		return VS_FAIL(NOT_AUTHENTIC);
	return vs_block_open(
	    &cbc->block, sealed.data,
	    vs_bytes_from(sealed.data + VS_CBC_IV_SIZE, sealed.size - VS_CBC_IV_SIZE), plain);
}
