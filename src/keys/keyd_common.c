/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about the key process itself, and the peppered verifier. */
#include <string.h>

#include "crypto/password.h"
#include "keys/keyd.h"

vs_result
vs_keyd_on_STATUS(struct vs_keyd *keyd, struct vs_keys_reader *request,
                  struct vs_keys_writer *answer)
{
	struct vs_secret *pepper;
	uint32_t pepper_version = 0;

	VS_TRY(vs_keys_read_end(request));
	if (vs_keys_vault_get(keyd->vault, VS_KEYD_PEPPER_KIND, VS_KEYD_PEPPER_ID, 0, &pepper,
	                      &pepper_version)
	        .code != VS_E_OK)
		pepper_version = 0;
	vs_keys_write_text(answer, vs_keys_provider_row(vs_keys_root_provider(keyd->root))->name);
	vs_keys_write_text(answer, vs_keys_root_id(keyd->root));
	vs_keys_write_text(answer, vs_keys_root_previous_id(keyd->root));
	vs_keys_write_u32(answer, pepper_version);
	vs_keys_write_u8(answer, keyd->is_production);
	vs_keys_write_u8(answer, keyd->phase == VS_KEYS_RUN);
	vs_keys_write_u64(answer, keyd->answered);
	vs_keys_write_u64(answer, keyd->refused);
	vs_keys_write_u64(answer, keyd->limited);
	return VS_OK;
}

vs_result
vs_keyd_on_RUNNING(struct vs_keyd *keyd, struct vs_keys_reader *request,
                   struct vs_keys_writer *answer)
{
	(void)answer;
	VS_TRY(vs_keys_read_end(request));
	keyd->phase = VS_KEYS_RUN;
	return VS_OK;
}

vs_result
vs_keyd_on_VERIFIER(struct vs_keyd *keyd, struct vs_keys_reader *request,
                    struct vs_keys_writer *answer)
{
	uint8_t verifier[VS_CRYPTO_VERIFIER_SIZE];
	struct vs_bytes tenant, identity, password;
	struct vs_secret *pepper;
	uint32_t version = vs_keys_read_u32(request);

	tenant = vs_keys_read_bytes(request);
	identity = vs_keys_read_bytes(request);
	password = vs_keys_read_bytes(request);
	VS_TRY(vs_keys_read_end(request));
	VS_TRY(vs_keys_vault_get(keyd->vault, VS_KEYD_PEPPER_KIND, VS_KEYD_PEPPER_ID, version,
	                         &pepper, &version));
	VS_TRY(vs_crypto_password_verifier(pepper, tenant, identity, password, verifier));
	vs_keys_write_fixed(answer, verifier, sizeof(verifier));
	vs_keys_write_u32(answer, version);
	explicit_bzero(verifier, sizeof(verifier));
	return VS_OK;
}
