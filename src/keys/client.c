/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/client.h"

#include <string.h>

#include "keys/client_inside.h"

vs_result
vs_keys_client_status(struct vs_keys_client *client, struct vs_keys_status *status_out)
{
	struct vs_keys_status status = {.provider = ""};
	struct vs_keys_exchange exchange;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_STATUS);
	r = vs_keys_exchange_call(&exchange);
	vs_keys_read_text(&exchange.answer, status.provider, sizeof(status.provider));
	vs_keys_read_text(&exchange.answer, status.root_id, sizeof(status.root_id));
	vs_keys_read_text(&exchange.answer, status.previous_root_id,
	                  sizeof(status.previous_root_id));
	status.pepper_version = vs_keys_read_u32(&exchange.answer);
	status.is_production = vs_keys_read_u8(&exchange.answer) != 0;
	status.is_running = vs_keys_read_u8(&exchange.answer) != 0;
	status.answered = vs_keys_read_u64(&exchange.answer);
	status.refused = vs_keys_read_u64(&exchange.answer);
	status.limited = vs_keys_read_u64(&exchange.answer);
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	*status_out = status;
	return VS_OK;
}

vs_result
vs_keys_client_running(struct vs_keys_client *client)
{
	return vs_keys_exchange_ask(client, VS_KEYS_RUNNING);
}

/* --- keys ------------------------------------------------------------------------------------- */

/* A request that is about a key, and the KEK that wraps it. */
static void
begin_key(struct vs_keys_exchange *exchange, struct vs_keys_client *client,
          enum vs_keys_request request, const struct vs_keys_kek *kek,
          const struct vs_keys_name *name)
{
	vs_keys_exchange_begin(exchange, client, request);
	vs_keys_write_kek(&exchange->request, kek);
	vs_keys_write_name(&exchange->request, name);
}

/* The answer is a KEK. */
static vs_result
finish_kek(struct vs_keys_exchange *exchange, struct vs_keys_kek *kek_out)
{
	struct vs_keys_kek kek;
	vs_result r = vs_keys_exchange_call(exchange);

	vs_keys_read_kek(&exchange->answer, &kek);
	VS_TRY(vs_keys_exchange_end(exchange, r));
	*kek_out = kek;
	return VS_OK;
}

/* The answer is a key in clear, and the same wrapped when `wrapped_out` is not NULL. */
static vs_result
finish_key(struct vs_keys_exchange *exchange, uint8_t key_out[static VS_KEYS_KEY_SIZE],
           struct vs_keys_wrapped *wrapped_out)
{
	struct vs_keys_wrapped wrapped = {.size = 0};
	uint8_t key[VS_KEYS_KEY_SIZE];
	vs_result r = vs_keys_exchange_call(exchange);

	vs_keys_read_fixed(&exchange->answer, key, sizeof(key));
	if (wrapped_out != NULL)
		vs_keys_read_wrapped(&exchange->answer, &wrapped);
	r = vs_keys_exchange_end(exchange, r);
	if (r.code == VS_E_OK) {
		memcpy(key_out, key, sizeof(key));
		if (wrapped_out != NULL)
			*wrapped_out = wrapped;
	}
	explicit_bzero(key, sizeof(key));
	return r;
}

vs_result
vs_keys_client_kek_new(struct vs_keys_client *client, const char *tenant, uint32_t version,
                       struct vs_keys_kek *kek_out)
{
	struct vs_keys_exchange exchange;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_KEK_NEW);
	vs_keys_write_text(&exchange.request, tenant);
	vs_keys_write_u32(&exchange.request, version);
	return finish_kek(&exchange, kek_out);
}

vs_result
vs_keys_client_kek_rewrap(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                          struct vs_keys_kek *kek_out)
{
	struct vs_keys_exchange exchange;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_KEK_REWRAP);
	vs_keys_write_kek(&exchange.request, kek);
	return finish_kek(&exchange, kek_out);
}

vs_result
vs_keys_client_key_new(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                       const struct vs_keys_name *name, uint8_t key_out[static VS_KEYS_KEY_SIZE],
                       struct vs_keys_wrapped *wrapped_out)
{
	struct vs_keys_exchange exchange;

	begin_key(&exchange, client, VS_KEYS_KEY_NEW, kek, name);
	return finish_key(&exchange, key_out, wrapped_out);
}

vs_result
vs_keys_client_key_unwrap(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                          const struct vs_keys_name *name, const struct vs_keys_wrapped *wrapped,
                          uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	struct vs_keys_exchange exchange;

	begin_key(&exchange, client, VS_KEYS_KEY_UNWRAP, kek, name);
	vs_keys_write_wrapped(&exchange.request, wrapped);
	return finish_key(&exchange, key_out, NULL);
}

vs_result
vs_keys_client_key_rewrap(struct vs_keys_client *client, const struct vs_keys_kek *from,
                          const struct vs_keys_kek *to, const struct vs_keys_name *names,
                          const struct vs_keys_wrapped *wrapped, size_t count,
                          struct vs_keys_wrapped *wrapped_out)
{
	struct vs_keys_wrapped again[VS_KEYS_REWRAP_MAX];
	struct vs_keys_exchange exchange;
	vs_result r;

	if (count > VS_KEYS_REWRAP_MAX)
		return VS_FAIL(TOO_LONG);
	vs_keys_exchange_begin(&exchange, client, VS_KEYS_KEY_REWRAP);
	vs_keys_write_kek(&exchange.request, from);
	vs_keys_write_kek(&exchange.request, to);
	vs_keys_write_u16(&exchange.request, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		vs_keys_write_name(&exchange.request, &names[i]);
		vs_keys_write_wrapped(&exchange.request, &wrapped[i]);
	}
	r = vs_keys_exchange_call(&exchange);
	for (size_t i = 0; i < count; i++)
		vs_keys_read_wrapped(&exchange.answer, &again[i]);
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	memcpy(wrapped_out, again, count * sizeof(again[0]));
	return VS_OK;
}

vs_result
vs_keys_client_verifier(struct vs_keys_client *client, uint32_t version, struct vs_bytes tenant,
                        struct vs_bytes identity, struct vs_bytes password,
                        uint8_t verifier_out[static VS_CRYPTO_VERIFIER_SIZE], uint32_t *version_out)
{
	uint8_t verifier[VS_CRYPTO_VERIFIER_SIZE];
	struct vs_keys_exchange exchange;
	uint32_t used;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_VERIFIER);
	vs_keys_write_u32(&exchange.request, version);
	vs_keys_write_bytes(&exchange.request, tenant);
	vs_keys_write_bytes(&exchange.request, identity);
	vs_keys_write_bytes(&exchange.request, password);
	r = vs_keys_exchange_call(&exchange);
	vs_keys_read_fixed(&exchange.answer, verifier, sizeof(verifier));
	used = vs_keys_read_u32(&exchange.answer);
	r = vs_keys_exchange_end(&exchange, r);
	if (r.code == VS_E_OK) {
		memcpy(verifier_out, verifier, sizeof(verifier));
		if (version_out != NULL)
			*version_out = used;
	}
	explicit_bzero(verifier, sizeof(verifier));
	return r;
}
