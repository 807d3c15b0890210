/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/probe.h"

#include <assert.h>
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "wire/base64.h"
#include "wire/http1.h"

#define ANSWER_MS    10000
#define UNREAD_SIZE  65536u
#define REQUEST_SIZE 4096u
#define URL_SIZE     1024u
#define WSS          "wss://"

/* --- bytes ----------------------------------------------------------------------------------- */

static bool
wait_for(struct vs_cli_probe *probe, short events, uint64_t end_ms)
{
	uint64_t now_ms = vs_clock_mono_ms();
	curl_socket_t fd = CURL_SOCKET_BAD;
	struct pollfd poller;

	if (curl_easy_getinfo(probe->curl, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
	    fd == CURL_SOCKET_BAD)
		return false;
	poller = (struct pollfd){.fd = fd, .events = events};
	return now_ms < end_ms && poll(&poller, 1, (int)(end_ms - now_ms)) > 0;
}

static vs_result
send_all(struct vs_cli_probe *probe, struct vs_bytes bytes)
{
	uint64_t end_ms = vs_clock_mono_ms() + ANSWER_MS;

	while (bytes.size > 0) {
		size_t sent = 0;
		CURLcode rc = curl_easy_send(probe->curl, bytes.data, bytes.size, &sent);

		if (rc == CURLE_AGAIN && wait_for(probe, POLLOUT, end_ms))
			continue;
		if (rc != CURLE_OK)
			return VS_FAIL(CLOSED);
		bytes = vs_bytes_from(bytes.data + sent, bytes.size - sent);
	}
	return VS_OK;
}

/* Append what comes; CLOSED at the end of the connection, TIMEOUT. */
static vs_result
read_more(struct vs_cli_probe *probe, uint64_t end_ms)
{
	for (;;) {
		uint8_t *room;
		size_t got = 0;
		CURLcode rc;

		VS_TRY(vs_buf_reserve(&probe->unread, 4096, &room));
		rc = curl_easy_recv(probe->curl, room, 4096, &got);
		if (rc == CURLE_OK && got > 0) {
			probe->unread.size += got;
			return VS_OK;
		}
		if (rc != CURLE_AGAIN)
			return VS_FAIL(CLOSED);
		if (!wait_for(probe, POLLIN, end_ms))
			return VS_FAIL(TIMEOUT);
	}
}

/* --- opening ---------------------------------------------------------------------------------- */

/* wss://host:port/path/ as http(s)://host:port/ */
static vs_result
base_url(const char *url, enum vs_cli_probe_transport transport, char out[static URL_SIZE])
{
	const char *host, *end;
	int size;

	if (strncmp(url, WSS, strlen(WSS)) != 0)
		return VS_FAIL(BAD_VALUE);
	host = url + strlen(WSS);
	end = strchr(host, '/');
	size =
	    snprintf(out, URL_SIZE, "%s://%.*s/", transport == VS_CLI_PROBE_TLS ? "https" : "http",
	             (int)(end != NULL ? (size_t)(end - host) : strlen(host)), host);
	return size > 0 && (size_t)size < URL_SIZE ? VS_OK : VS_FAIL(TOO_LONG);
}

static CURLcode
connect_to(CURL *curl, const char *url, const char *ca, char *detail)
{
	CURLcode rc = CURLE_OK;

#define SET(option, value) rc = rc != CURLE_OK ? rc : curl_easy_setopt(curl, option, value)
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_CAINFO, ca);
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT, 10L);
	SET(CURLOPT_ERRORBUFFER, detail);
#undef SET
	return rc != CURLE_OK ? rc : curl_easy_perform(curl);
}

vs_result
vs_cli_probe_open(const char *url, const char *ca, enum vs_cli_probe_transport transport,
                  char *reason, size_t reason_size, struct vs_cli_probe *probe_out)
{
	char base[URL_SIZE], detail[CURL_ERROR_SIZE] = "";
	CURL *curl;
	CURLcode rc;

	(void)snprintf(reason, reason_size, "%.200s is not a wss:// URL", url);
	VS_TRY(base_url(url, transport, base));
	curl = curl_easy_init();
	if (curl == NULL)
		return VS_FAIL(NO_MEMORY);
	rc = connect_to(curl, base, ca, detail);
	if (rc != CURLE_OK) {
		(void)snprintf(reason, reason_size, "%.200s: %.200s", base,
		               detail[0] != '\0' ? detail : curl_easy_strerror(rc));
		curl_easy_cleanup(curl);
		return rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_CONNECT_ERROR
		           ? VS_FAIL(TLS_FAILED)
		           : VS_FAIL(IO);
	}
	*probe_out = (struct vs_cli_probe){.curl = curl, .is_open = true};
	vs_buf_init(&probe_out->unread, UNREAD_SIZE);
	return VS_OK;
}

void
vs_cli_probe_done(struct vs_cli_probe *probe)
{
	if (!probe->is_open)
		return;
	if (probe->is_upgraded)
		vs_ws_done(&probe->ws);
	vs_buf_done(&probe->unread);
	curl_easy_cleanup(probe->curl);
	*probe = (struct vs_cli_probe){.is_open = false};
}

/* --- upgrading -------------------------------------------------------------------------------- */

static vs_result
add_authorization(struct vs_buf *out, const char *identity, const char *password)
{
	char plain[192], text[VS_BASE64_TEXT_SIZE(sizeof(plain)) + sizeof("Basic ")] = "Basic ";
	int size = snprintf(plain, sizeof(plain), "%s:%s", identity, password);
	vs_result r = VS_FAIL(TOO_LONG);

	if (size > 0 && (size_t)size < sizeof(plain)) {
		(void)vs_base64_encode(VS_BASE64, vs_bytes_from(plain, (size_t)size),
		                       text + strlen("Basic "), sizeof(text) - strlen("Basic "));
		r = vs_http_header_add_text(out, "Authorization", text);
	}
	explicit_bzero(plain, sizeof(plain));
	explicit_bzero(text, sizeof(text));
	return r;
}

static vs_result
write_request(const char *url, const char *identity, const char *password, struct vs_buf *out)
{
	const char *host = url + strlen(WSS), *path = strchr(host, '/');
	char target[256], key[VS_BASE64_TEXT_SIZE(16)];
	uint8_t nonce[16];

	(void)snprintf(target, sizeof(target), "%s%s", path != NULL ? path : "/", identity);
	vs_random_bytes(nonce, sizeof(nonce));
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(nonce, sizeof(nonce)), key, sizeof(key));
	VS_TRY(vs_http_request_begin(
	    out, "GET", vs_bytes_from_text(target),
	    vs_bytes_from(host, path != NULL ? (size_t)(path - host) : strlen(host))));
	VS_TRY(vs_http_header_add_text(out, "Upgrade", "websocket"));
	VS_TRY(vs_http_header_add_text(out, "Connection", "Upgrade"));
	VS_TRY(vs_http_header_add_text(out, "Sec-WebSocket-Version", "13"));
	VS_TRY(vs_http_header_add_text(out, "Sec-WebSocket-Key", key));
	VS_TRY(vs_http_header_add_text(out, "Sec-WebSocket-Protocol", "ocpp2.0.1"));
	if (password != NULL)
		VS_TRY(add_authorization(out, identity, password));
	return vs_http_head_end(out);
}

/* Everything that two answers could differ in, but the time they were given at. */
static void
note_answer(const struct vs_http_response *response, struct vs_bytes body,
            struct vs_cli_probe_answer *answer)
{
	struct vs_bytes unused;
	size_t used;

	used = (size_t)snprintf(answer->text, sizeof(answer->text), "%d\n", response->status);
	for (size_t i = 0; i < response->headers.count && used < sizeof(answer->text); i++) {
		const struct vs_http_header *header = &response->headers.items[i];

		if (vs_bytes_equal_nocase(header->name, "date"))
			continue;
		used += (size_t)snprintf(answer->text + used, sizeof(answer->text) - used,
		                         "%.*s: %.*s\n", VS_BYTES_PRINTF(header->name),
		                         VS_BYTES_PRINTF(header->value));
	}
	if (used < sizeof(answer->text))
		(void)snprintf(answer->text + used, sizeof(answer->text) - used, "\n%.*s",
		               VS_BYTES_PRINTF(body));
	answer->status = response->status;
	answer->has_retry_after = vs_http_header_get(&response->headers, "retry-after", &unused);
}

static vs_result
read_answer(struct vs_cli_probe *probe, struct vs_cli_probe_answer *answer)
{
	uint64_t end_ms = vs_clock_mono_ms() + ANSWER_MS;
	struct vs_http_response response;

	for (;;) {
		vs_result r = vs_http_response_parse(vs_buf_view(&probe->unread), &response);

		if (r.code == VS_E_OK &&
		    (response.status == 101 ||
		     probe->unread.size - response.head_size >= response.content_length))
			break;
		if (r.code != VS_E_OK && r.code != VS_E_AGAIN)
			return r;
		VS_TRY(read_more(probe, end_ms));
	}
	note_answer(&response,
	            vs_bytes_from(probe->unread.data + response.head_size,
	                          response.status == 101 ? 0 : (size_t)response.content_length),
	            answer);
	vs_buf_consume(&probe->unread,
	               response.head_size +
	                   (response.status == 101 ? 0 : (size_t)response.content_length));
	return VS_OK;
}

vs_result
vs_cli_probe_upgrade(struct vs_cli_probe *probe, const char *url, const char *identity,
                     const char *password, struct vs_cli_probe_answer *answer_out)
{
	struct vs_cli_probe_answer answer = {.status = 0};
	struct vs_buf request;
	vs_result r;

	assert(probe->is_open && !probe->is_upgraded);
	vs_buf_init(&request, REQUEST_SIZE);
	r = write_request(url, identity, password, &request);
	if (r.code == VS_E_OK)
		r = send_all(probe, vs_buf_view(&request));
	if (request.data != NULL)
		explicit_bzero(request.data, request.capacity);
	vs_buf_done(&request);
	if (r.code == VS_E_OK)
		r = read_answer(probe, &answer);
	if (r.code != VS_E_OK && r.code != VS_E_CLOSED)
		return r;
	if (answer.status == 101) {
		vs_ws_init(&probe->ws, VS_WS_CLIENT, UNREAD_SIZE, 0);
		probe->is_upgraded = true;
	}
	*answer_out = answer;
	return VS_OK;
}

/* --- is it there? ----------------------------------------------------------------------------- */

/* The events of what has come; true at a pong. *is_over_out: a close frame, or nonsense. */
static bool
find_pong(struct vs_cli_probe *probe, bool *is_over_out)
{
	uint8_t *data = probe->unread.data;
	size_t size = probe->unread.size;
	bool is_found = false;
	vs_result r = VS_OK;

	while (r.code == VS_E_OK && !is_found && !*is_over_out) {
		struct vs_ws_event event;

		r = vs_ws_receive(&probe->ws, NULL, &data, &size, &event);
		if (r.code == VS_E_OK && event.type == VS_WS_PONG)
			is_found = true;
		else if (r.code == VS_E_OK)
			*is_over_out = event.type == VS_WS_CLOSE;
		else
			*is_over_out = r.code != VS_E_AGAIN;
	}
	vs_buf_consume(&probe->unread, probe->unread.size - size);
	return is_found;
}

bool
vs_cli_probe_is_alive(struct vs_cli_probe *probe, int timeout_ms)
{
	uint64_t end_ms = vs_clock_mono_ms() + (uint64_t)timeout_ms;
	struct vs_buf frame;
	bool is_over = false, is_alive = false;
	uint32_t mask = 0;

	assert(probe->is_upgraded);
	vs_random_bytes((uint8_t *)&mask, sizeof(mask));
	vs_buf_init(&frame, 64);
	if (vs_ws_send(&probe->ws, NULL, VS_WS_PING, VS_BYTES_LITERAL("doctor"), mask, &frame)
	            .code != VS_E_OK ||
	    send_all(probe, vs_buf_view(&frame)).code != VS_E_OK)
		is_over = true;
	vs_buf_done(&frame);
	while (!is_over && !is_alive) {
		is_alive = find_pong(probe, &is_over);
		if (!is_alive && !is_over)
			is_over = read_more(probe, end_ms).code != VS_E_OK;
	}
	return is_alive;
}
