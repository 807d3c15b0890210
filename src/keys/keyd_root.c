/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about the root KEK. */
#include "base/log.h"
#include "keys/keyd.h"

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
