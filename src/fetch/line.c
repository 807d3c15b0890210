/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/line.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 10000L
#define SEND_MS    10000

struct vs_fetch_line {
	CURL *curl;
	curl_socket_t socket;
	char detail[CURL_ERROR_SIZE];
};

static CURLcode
set_up(struct vs_fetch_line *line, const char *url, const char *ca_file)
{
	CURLcode rc = CURLE_OK;

#define SET(option, value) rc = rc != CURLE_OK ? rc : curl_easy_setopt(line->curl, option, value)
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, "https"); /* TLS alone: nothing of HTTP is sent */
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_SSL_ENABLE_ALPN, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, CONNECT_MS);
	SET(CURLOPT_CAINFO, ca_file);
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_ERRORBUFFER, line->detail);
#undef SET
	return rc;
}

static vs_result
failure(CURLcode rc)
{
	switch ((int)rc) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
		return VS_FAIL(TLS_FAILED);
	case CURLE_OPERATION_TIMEDOUT:
		return VS_FAIL(TIMEOUT);
	default:
		return VS_FAIL(IO);
	}
}

vs_result
vs_fetch_line_open(const char *host, uint16_t port, const char *ca_file,
                   struct vs_fetch_line **line_out, char reason[static VS_FETCH_REASON_SIZE])
{
	struct vs_fetch_line *line = calloc(1, sizeof(*line));
	bool is_v6 = strchr(host, ':') != NULL;
	char url[VS_FETCH_URL_SIZE];
	CURLcode rc = CURLE_OUT_OF_MEMORY;

	if (line == NULL)
		return VS_FAIL(NO_MEMORY);
	(void)snprintf(url, sizeof(url), "https://%s%.400s%s:%u", is_v6 ? "[" : "", host,
	               is_v6 ? "]" : "", port);
	line->curl = curl_easy_init();
	if (line->curl != NULL)
		rc = set_up(line, url, ca_file);
	if (rc == CURLE_OK)
		rc = curl_easy_perform(line->curl);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(line->curl, CURLINFO_ACTIVESOCKET, &line->socket);
	if (rc == CURLE_OK) {
		*line_out = line;
		return VS_OK;
	}
	(void)snprintf(reason, VS_FETCH_REASON_SIZE, "%.200s",
	               line->detail[0] != '\0' ? line->detail : curl_easy_strerror(rc));
	vs_fetch_line_close(&line);
	return failure(rc);
}

/* A server that has gone says so by what can be read: nobody answers in syslog. */
static bool
is_over(struct vs_fetch_line *line)
{
	char byte;
	size_t got = 0;
	CURLcode rc = curl_easy_recv(line->curl, &byte, 1, &got);

	return rc != CURLE_AGAIN && (rc != CURLE_OK || got == 0);
}

vs_result
vs_fetch_line_send(struct vs_fetch_line *line, struct vs_bytes bytes)
{
	if (is_over(line))
		return VS_FAIL(CLOSED);
	while (bytes.size > 0) {
		struct pollfd writable = {.fd = line->socket, .events = POLLOUT};
		size_t sent = 0;
		CURLcode rc = curl_easy_send(line->curl, bytes.data, bytes.size, &sent);

		if (rc == CURLE_AGAIN) {
			if (poll(&writable, 1, SEND_MS) <= 0)
				return VS_FAIL(TIMEOUT);
			continue;
		}
		if (rc != CURLE_OK)
			return VS_FAIL(IO);
		bytes = vs_bytes_from(bytes.data + sent, bytes.size - sent);
	}
	return VS_OK;
}

void
vs_fetch_line_close(struct vs_fetch_line **line)
{
	if (*line == NULL)
		return;
	curl_easy_cleanup((*line)->curl);
	free(*line);
	*line = NULL;
}
