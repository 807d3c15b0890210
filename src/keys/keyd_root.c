/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about the root KEK and the audit key. */
#include <string.h>

#include "base/log.h"
#include "crypto/sign.h"
#include "keys/client.h"
#include "keys/keyd.h"

#define AUDIT_LABEL "voltseal/audit/v1" /* with its NUL */

vs_result
vs_keyd_on_ROOT_ROTATE(struct vs_keyd *keyd, struct vs_keys_reader *request,
                       struct vs_keys_writer *answer)
{
	const struct vs_keys_input nobody = {.fd = -1};
	char reason[VS_KEYS_REASON_SIZE] = "";
	vs_result r;

	VS_TRY(vs_keys_read_end(request));
	r = vs_keys_root_rotate(keyd->root, NULL, &nobody, reason);
	if (r.code == VS_E_OK)
		r = vs_keys_vault_rewrap(keyd->vault);
	if (r.code != VS_E_OK)
		VS_LOG(WARN, "keyd.root_not_rotated", VS_BYTES_LITERAL("keyd"), VS_LOG_ERR(r),
		       VS_LOG_STR("reason", reason));
	else
		VS_LOG(INFO, "keyd.root_rotated", VS_BYTES_LITERAL("keyd"),
		       VS_LOG_STR("root", vs_keys_root_id(keyd->root)),
		       VS_LOG_STR("previous", vs_keys_root_previous_id(keyd->root)));
	vs_keys_write_text(answer, vs_keys_root_id(keyd->root));
	return r;
}

vs_result
vs_keyd_on_ROOT_RETIRE(struct vs_keyd *keyd, struct vs_keys_reader *request,
                       struct vs_keys_writer *answer)
{
	vs_result r;

	(void)answer;
	VS_TRY(vs_keys_read_end(request));
	/* Nothing of the vault either, whatever a broken disk left of the rotation. */
	VS_TRY(vs_keys_vault_rewrap(keyd->vault));
	r = vs_keys_root_retire(keyd->root);
	if (r.code == VS_E_OK)
		VS_LOG(INFO, "keyd.root_retired", VS_BYTES_LITERAL("keyd"),
		       VS_LOG_STR("root", vs_keys_root_id(keyd->root)));
	return r;
}

/* --- the audit key --------------------------------------------------------------------------- */

static vs_result
audit_key(const struct vs_keyd *keyd, struct vs_pkey **key_out)
{
	struct vs_secret *seed;

	VS_TRY(
	    vs_keys_vault_get(keyd->vault, VS_KEYD_AUDIT_KIND, VS_KEYD_AUDIT_ID, 0, &seed, NULL));
	return vs_pkey_read_raw_private(
	    VS_PKEY_ED25519, vs_bytes_from(vs_secret_bytes(seed), vs_secret_size(seed)), key_out);
}

vs_result
vs_keyd_on_AUDIT_PUBLIC(struct vs_keyd *keyd, struct vs_keys_reader *request,
                        struct vs_keys_writer *answer)
{
	uint8_t raw[VS_PKEY_PUBLIC_SIZE_MAX];
	struct vs_pkey *key = NULL;
	size_t size = 0;
	vs_result r;

	VS_TRY(vs_keys_read_end(request));
	VS_TRY(audit_key(keyd, &key));
	r = vs_pkey_raw_public(key, raw, &size);
	vs_pkey_free(&key);
	vs_keys_write_fixed(answer, raw, size);
	return r;
}

vs_result
vs_keyd_on_AUDIT_SIGN(struct vs_keyd *keyd, struct vs_keys_reader *request,
                      struct vs_keys_writer *answer)
{
	uint8_t labelled[sizeof(AUDIT_LABEL) + VS_KEYS_AUDIT_MESSAGE_MAX];
	struct vs_bytes message = vs_keys_read_bytes(request);
	struct vs_pkey *key = NULL;
	struct vs_buf signature;
	vs_result r;

	VS_TRY(vs_keys_read_end(request));
	if (message.size > VS_KEYS_AUDIT_MESSAGE_MAX)
		return VS_FAIL(TOO_LONG);
	memcpy(labelled, AUDIT_LABEL, sizeof(AUDIT_LABEL));
	if (message.size > 0)
		memcpy(labelled + sizeof(AUDIT_LABEL), message.data, message.size);
	VS_TRY(audit_key(keyd, &key));
	vs_buf_init(&signature, VS_SIGN_SIZE_MAX);
	r = vs_sign_make(key, VS_SIGN_EDDSA, VS_SIGN_RAW,
	                 vs_bytes_from(labelled, sizeof(AUDIT_LABEL) + message.size), &signature);
	if (r.code == VS_E_OK)
		vs_keys_write_fixed(answer, signature.data, signature.size);
	vs_buf_done(&signature);
	vs_pkey_free(&key);
	return r;
}
