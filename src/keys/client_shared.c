/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/client_shared.h"

#include <string.h>

#include "keys/client_inside.h"

vs_result
vs_keys_client_shared_status(struct vs_keys_client *client,
                             struct vs_keys_shared_status *status_out)
{
	struct vs_keys_shared_status status = {.version = 0};
	struct vs_keys_exchange exchange;
	struct vs_bytes admin;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_SHARED_STATUS);
	r = vs_keys_exchange_call(&exchange);
	status.version = vs_keys_read_u32(&exchange.answer);
	status.has_ca = vs_keys_read_u8(&exchange.answer) == 1;
	admin = vs_keys_read_bytes(&exchange.answer);
	status.has_admin = admin.size == VS_SHA256_SIZE;
	if (status.has_admin)
		memcpy(status.admin_sha256, admin.data, VS_SHA256_SIZE);
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	*status_out = status;
	return VS_OK;
}

vs_result
vs_keys_client_shared_seal(struct vs_keys_client *client, uint32_t version, bool is_current,
                           struct vs_bytes admin,
                           char installation_out[static VS_KEYS_INSTALLATION_SIZE],
                           struct vs_buf *sealed)
{
	char installation[VS_KEYS_INSTALLATION_SIZE];
	struct vs_keys_exchange exchange;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_SHARED_SEAL);
	vs_keys_write_u32(&exchange.request, version);
	vs_keys_write_u8(&exchange.request, is_current);
	vs_keys_write_bytes(&exchange.request, admin);
	r = vs_keys_exchange_call(&exchange);
	vs_keys_read_text(&exchange.answer, installation, sizeof(installation));
	VS_TRY(vs_keys_exchange_append(&exchange, r, sealed));
	memcpy(installation_out, installation, sizeof(installation));
	return VS_OK;
}

vs_result
vs_keys_client_shared_take(struct vs_keys_client *client, const char *installation,
                           uint32_t version, struct vs_bytes sealed, bool *is_changed_out)
{
	struct vs_keys_exchange exchange;
	bool is_changed;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_SHARED_TAKE);
	vs_keys_write_text(&exchange.request, installation);
	vs_keys_write_u32(&exchange.request, version);
	vs_keys_write_bytes(&exchange.request, sealed);
	r = vs_keys_exchange_call(&exchange);
	is_changed = vs_keys_read_u8(&exchange.answer) == 1;
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	*is_changed_out = is_changed;
	return VS_OK;
}
