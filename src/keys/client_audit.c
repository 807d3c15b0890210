/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/client_audit.h"

#include <string.h>

#include "keys/client_inside.h"

vs_result
vs_keys_client_audit_append(struct vs_keys_client *client, const struct vs_bytes *lines,
                            size_t count, char shard_out[static VS_AUDIT_SHARD_SIZE],
                            uint64_t *first_out)
{
	struct vs_keys_exchange exchange;
	char shard[VS_AUDIT_SHARD_SIZE];
	uint64_t first;
	vs_result r;

	if (count > VS_KEYS_AUDIT_LINES)
		return VS_FAIL(TOO_LONG);
	vs_keys_exchange_begin(&exchange, client, VS_KEYS_AUDIT_APPEND);
	vs_keys_write_u16(&exchange.request, (uint16_t)count);
	for (size_t i = 0; i < count; i++)
		vs_keys_write_bytes(&exchange.request, lines[i]);
	r = vs_keys_exchange_call(&exchange);
	vs_keys_read_text(&exchange.answer, shard, sizeof(shard));
	first = vs_keys_read_u64(&exchange.answer);
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	memcpy(shard_out, shard, sizeof(shard));
	*first_out = first;
	return VS_OK;
}

vs_result
vs_keys_client_audit_status(struct vs_keys_client *client, struct vs_audit_log_status *status_out)
{
	struct vs_audit_log_status status;
	struct vs_keys_exchange exchange;
	uint8_t state;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_AUDIT_STATUS);
	r = vs_keys_exchange_call(&exchange);
	state = vs_keys_read_u8(&exchange.answer);
	vs_keys_read_text(&exchange.answer, status.shard, sizeof(status.shard));
	status.size = vs_keys_read_u64(&exchange.answer);
	status.published = vs_keys_read_u64(&exchange.answer);
	vs_keys_read_text(&exchange.answer, status.vkey, sizeof(status.vkey));
	vs_keys_read_text(&exchange.answer, status.reason, sizeof(status.reason));
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	if (state > VS_AUDIT_FAILED)
		return VS_FAIL(BAD_MESSAGE);
	status.state = (enum vs_audit_state)state;
	*status_out = status;
	return VS_OK;
}

vs_result
vs_keys_client_audit_publish(struct vs_keys_client *client)
{
	return vs_keys_exchange_ask(client, VS_KEYS_AUDIT_PUBLISH);
}
