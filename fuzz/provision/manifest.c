/* SPDX-License-Identifier: Apache-2.0 */
/* No manifest is taken that nobody signed; and what stands in a signed one is read strictly. */
#include <stdlib.h>
#include <string.h>

#include "crypto/jws.h"
#include "provision/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vs_pkey *root;
static struct vs_jose_key *signer;
static uint8_t pinned[VS_PKEY_PUBLIC_SIZE_MAX];

static void
begin(void)
{
	static const uint8_t seed[32] = {7};
	size_t size;

	if (vs_pkey_read_raw_private(VS_PKEY_ED25519, vs_bytes_from(seed, sizeof(seed)), &root)
	            .code != VS_E_OK ||
	    vs_jose_key_new(root, VS_JOSE_ALLOW(VS_SIGN_EDDSA), "prov-root", &signer).code !=
	        VS_E_OK ||
	    vs_pkey_raw_public(root, pinned, &size).code != VS_E_OK)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_provision_manifest manifest;
	struct vs_buf text;

	if (root == NULL)
		begin();
	if (vs_provision_manifest_check(vs_bytes_from(data, size), pinned, 0, 1, &manifest).code ==
	    VS_E_OK)
		abort();
	vs_buf_init(&text, 1u << 20);
	if (vs_jws_make(signer, VS_SIGN_EDDSA, VS_JWS_COMPACT, vs_bytes_from(NULL, 0),
	                vs_bytes_from(data, size), &text)
	        .code != VS_E_OK)
		goto out;
	if (vs_provision_manifest_check(vs_buf_view(&text), pinned, 0, 1, &manifest).code ==
	        VS_E_OK &&
	    (manifest.version < 1 || manifest.count > VS_PROVISION_MANIFEST_KEYS))
		abort();
out:
	vs_buf_done(&text);
	return 0;
}
