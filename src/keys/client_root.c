/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "keys/client_inside.h"

vs_result
vs_keys_client_root_rotate(struct vs_keys_client *client,
                           char root_id_out[static VS_KEYS_ROOT_ID_SIZE])
{
	char root_id[VS_KEYS_ROOT_ID_SIZE];
	struct vs_keys_exchange exchange;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_ROOT_ROTATE);
	r = vs_keys_exchange_call(&exchange);
	vs_keys_read_text(&exchange.answer, root_id, sizeof(root_id));
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	memcpy(root_id_out, root_id, sizeof(root_id));
	return VS_OK;
}

vs_result
vs_keys_client_root_retire(struct vs_keys_client *client)
{
	return vs_keys_exchange_ask(client, VS_KEYS_ROOT_RETIRE);
}
