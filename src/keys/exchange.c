/* SPDX-License-Identifier: Apache-2.0 */
/* The client's socket: one request and its answer at a time. */
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

vs_result
vs_keys_exchange_finish(struct vs_keys_exchange *exchange)
{
	return vs_keys_exchange_end(exchange, vs_keys_exchange_call(exchange));
}

vs_result
vs_keys_exchange_append(struct vs_keys_exchange *exchange, vs_result r, struct vs_buf *out)
{
	struct vs_bytes bytes = vs_keys_read_bytes(&exchange->answer);
	size_t begin = out->size;

	if (r.code == VS_E_OK)
		r = vs_buf_append_bytes(out, bytes);
	r = vs_keys_exchange_end(exchange, r);
	if (r.code != VS_E_OK)
		out->size = begin;
	return r;
}

vs_result
vs_keys_exchange_ask(struct vs_keys_client *client, enum vs_keys_request request)
{
	struct vs_keys_exchange exchange;

	vs_keys_exchange_begin(&exchange, client, request);
	return vs_keys_exchange_finish(&exchange);
}
