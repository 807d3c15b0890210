/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/client.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/secret.h"
#include "keys/client_inside.h"

struct vs_keys_client {
	int fd;
	uint32_t serial;
	pthread_mutex_t lock;
	struct vs_secret *room; /* the message on its way out, then the answer */
};

vs_result
vs_keys_client_new(int fd, struct vs_keys_client **client_out)
{
	struct vs_keys_client *client = NULL;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(fd >= 0 && client_out != NULL);
	client = calloc(1, sizeof(*client));
	if (client == NULL)
		return r;
	client->fd = -1;
	if (pthread_mutex_init(&client->lock, NULL) != 0) {
		free(client);
		return r;
	}
	r = vs_secret_new(VS_LIMIT_KEYS_MESSAGE_SIZE, &client->room);
	if (r.code != VS_E_OK) {
		vs_keys_client_free(&client);
		return r;
	}
	client->fd = fd;
	*client_out = client;
	return VS_OK;
}

void
vs_keys_client_free(struct vs_keys_client **client)
{
	assert(client != NULL);
	if (*client == NULL)
		return;
	if ((*client)->fd >= 0)
		(void)close((*client)->fd);
	vs_secret_free(&(*client)->room);
	(void)pthread_mutex_destroy(&(*client)->lock);
	free(*client);
	*client = NULL;
}

/* --- one exchange ---------------------------------------------------------------------------- */

void
vs_keys_exchange_begin(struct vs_keys_exchange *exchange, struct vs_keys_client *client,
                       enum vs_keys_request request)
{
	assert(client != NULL);
	(void)pthread_mutex_lock(&client->lock);
	exchange->client = client;
	exchange->head = (struct vs_keys_head){.code = vs_keys_request_row(request)->code,
	                                       .serial = ++client->serial};
	vs_keys_writer_init(&exchange->request, vs_secret_bytes(client->room),
	                    VS_LIMIT_KEYS_MESSAGE_SIZE);
	vs_keys_write_request_head(&exchange->request, &exchange->head);
	vs_keys_reader_init(&exchange->answer, (struct vs_bytes){NULL, 0});
}

static vs_result
send_request(const struct vs_keys_exchange *exchange)
{
	const struct vs_keys_writer *request = &exchange->request;
	ssize_t sent;

	VS_TRY(vs_keys_write_end(request));
	do
		sent = send(exchange->client->fd, request->data, request->size, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
		return VS_FAIL(CLOSED);
	return sent == (ssize_t)request->size ? VS_OK : VS_FAIL(IO);
}

/* One packet before the deadline. */
static vs_result
receive_packet(struct vs_keys_client *client, uint64_t deadline_ms, size_t *size_out)
{
	ssize_t size;

	for (;;) {
		struct pollfd ready = {.fd = client->fd, .events = POLLIN};
		uint64_t now_ms = vs_clock_mono_ms();
		int count = now_ms < deadline_ms ? poll(&ready, 1, (int)(deadline_ms - now_ms)) : 0;

		if (count == 0)
			return VS_FAIL(TIMEOUT);
		if (count < 0 && errno != EINTR)
			return VS_FAIL(IO);
		if (count < 0)
			continue;
		size = recv(client->fd, vs_secret_bytes(client->room), VS_LIMIT_KEYS_MESSAGE_SIZE,
		            MSG_TRUNC);
		if (size == 0 || (size < 0 && errno == ECONNRESET))
			return VS_FAIL(CLOSED);
		if (size > VS_LIMIT_KEYS_MESSAGE_SIZE)
			return VS_FAIL(TOO_LONG);
		if (size > 0)
			break;
		if (errno != EINTR && errno != EAGAIN)
			return VS_FAIL(IO);
	}
	*size_out = (size_t)size;
	return VS_OK;
}

/* The answer to this request; one to a request that was given up before is dropped. */
static vs_result
receive_answer(struct vs_keys_exchange *exchange)
{
	uint64_t deadline_ms = vs_clock_mono_ms() + VS_KEYS_TIMEOUT_MS;
	struct vs_keys_head head;
	size_t size = 0;

	do {
		VS_TRY(receive_packet(exchange->client, deadline_ms, &size));
		vs_keys_reader_init(&exchange->answer,
		                    vs_bytes_from(vs_secret_bytes(exchange->client->room), size));
		VS_TRY(vs_keys_read_answer_head(&exchange->answer, &head));
	} while (head.serial != exchange->head.serial);
	if (head.code != exchange->head.code)
		return VS_FAIL(BAD_MESSAGE);
	return (vs_result){head.error};
}

vs_result
vs_keys_exchange_call(struct vs_keys_exchange *exchange)
{
	VS_TRY(send_request(exchange));
	return receive_answer(exchange);
}

vs_result
vs_keys_exchange_end(struct vs_keys_exchange *exchange, vs_result r)
{
	size_t used = exchange->request.size;

	if (r.code == VS_E_OK)
		r = vs_keys_read_end(&exchange->answer);
	if (exchange->answer.bytes.size > used)
		used = exchange->answer.bytes.size;
	explicit_bzero(vs_secret_bytes(exchange->client->room), used);
	(void)pthread_mutex_unlock(&exchange->client->lock);
	return r;
}

/* --- requests -------------------------------------------------------------------------------- */

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
	struct vs_keys_exchange exchange;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_RUNNING);
	return vs_keys_exchange_end(&exchange, vs_keys_exchange_call(&exchange));
}

vs_result
vs_keys_client_kek_new(struct vs_keys_client *client, const char *tenant, uint32_t version,
                       struct vs_keys_kek *kek_out)
{
	struct vs_keys_exchange exchange;
	struct vs_keys_kek kek;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_KEK_NEW);
	vs_keys_write_text(&exchange.request, tenant);
	vs_keys_write_u32(&exchange.request, version);
	r = vs_keys_exchange_call(&exchange);
	vs_keys_read_kek(&exchange.answer, &kek);
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	*kek_out = kek;
	return VS_OK;
}

vs_result
vs_keys_client_kek_rewrap(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                          struct vs_keys_kek *kek_out)
{
	struct vs_keys_exchange exchange;
	struct vs_keys_kek again;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_KEK_REWRAP);
	vs_keys_write_kek(&exchange.request, kek);
	r = vs_keys_exchange_call(&exchange);
	vs_keys_read_kek(&exchange.answer, &again);
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	*kek_out = again;
	return VS_OK;
}

vs_result
vs_keys_client_key_new(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                       const struct vs_keys_name *name, uint8_t key_out[static VS_KEYS_KEY_SIZE],
                       struct vs_keys_wrapped *wrapped_out)
{
	struct vs_keys_wrapped wrapped;
	uint8_t key[VS_KEYS_KEY_SIZE];
	struct vs_keys_exchange exchange;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_KEY_NEW);
	vs_keys_write_kek(&exchange.request, kek);
	vs_keys_write_name(&exchange.request, name);
	r = vs_keys_exchange_call(&exchange);
	vs_keys_read_fixed(&exchange.answer, key, sizeof(key));
	vs_keys_read_wrapped(&exchange.answer, &wrapped);
	r = vs_keys_exchange_end(&exchange, r);
	if (r.code == VS_E_OK) {
		memcpy(key_out, key, sizeof(key));
		*wrapped_out = wrapped;
	}
	explicit_bzero(key, sizeof(key));
	return r;
}

vs_result
vs_keys_client_key_wrap(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                        const struct vs_keys_name *name, const uint8_t key[static VS_KEYS_KEY_SIZE],
                        struct vs_keys_wrapped *wrapped_out)
{
	struct vs_keys_wrapped wrapped;
	struct vs_keys_exchange exchange;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_KEY_WRAP);
	vs_keys_write_kek(&exchange.request, kek);
	vs_keys_write_name(&exchange.request, name);
	vs_keys_write_fixed(&exchange.request, key, VS_KEYS_KEY_SIZE);
	r = vs_keys_exchange_call(&exchange);
	vs_keys_read_wrapped(&exchange.answer, &wrapped);
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	*wrapped_out = wrapped;
	return VS_OK;
}

vs_result
vs_keys_client_key_unwrap(struct vs_keys_client *client, const struct vs_keys_kek *kek,
                          const struct vs_keys_name *name, const struct vs_keys_wrapped *wrapped,
                          uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	uint8_t key[VS_KEYS_KEY_SIZE];
	struct vs_keys_exchange exchange;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_KEY_UNWRAP);
	vs_keys_write_kek(&exchange.request, kek);
	vs_keys_write_name(&exchange.request, name);
	vs_keys_write_wrapped(&exchange.request, wrapped);
	r = vs_keys_exchange_call(&exchange);
	vs_keys_read_fixed(&exchange.answer, key, sizeof(key));
	r = vs_keys_exchange_end(&exchange, r);
	if (r.code == VS_E_OK)
		memcpy(key_out, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return r;
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
