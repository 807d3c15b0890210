/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/target.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static bool
parse_port(struct vs_bytes text, uint16_t *port_out)
{
	unsigned port = 0;

	if (text.size == 0 || text.size > 5)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		port = port * 10 + (text.data[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return false;
	*port_out = (uint16_t)port;
	return true;
}

/* "host", "host:port", "[::1]", "[::1]:port" */
static bool
parse_authority(struct vs_bytes text, struct vs_sim_target *target)
{
	const char *begin = (const char *)text.data, *end = begin + text.size;
	const char *host_end, *port;

	if (text.size > 0 && *begin == '[') {
		begin++;
		host_end = memchr(begin, ']', (size_t)(end - begin));
		port = host_end != NULL ? host_end + 1 : NULL;
	} else {
		host_end = text.size > 0 ? memchr(begin, ':', text.size) : NULL;
		if (host_end == NULL)
			host_end = end;
		port = host_end;
	}
	if (host_end == NULL || host_end == begin ||
	    !vs_bytes_copy_text(vs_bytes_from(begin, (size_t)(host_end - begin)), target->host,
	                        sizeof(target->host)))
		return false;
	if (port == end)
		return true;
	return *port == ':' &&
	       parse_port(vs_bytes_from(port + 1, (size_t)(end - port - 1)), &target->port);
}

/* Nothing in it that would end a request line. */
static bool
is_plain(const char *text)
{
	for (; *text != 0; text++)
		if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}#?", *text) != NULL)
			return false;
	return true;
}

VS_RESULT
vs_sim_target_parse(const char *url, struct vs_sim_target *target_out)
{
	struct vs_sim_target target = {.is_tls = strncmp(url, "wss://", 6) == 0};
	const char *authority, *path;
	int written;

	if (!target.is_tls && strncmp(url, "ws://", 5) != 0)
		return VS_FAIL(BAD_VALUE);
	authority = url + (target.is_tls ? 6 : 5);
	path = authority + strcspn(authority, "/");
	target.port = target.is_tls ? 443 : 80;
	if (!parse_authority(vs_bytes_from(authority, (size_t)(path - authority)), &target) ||
	    !is_plain(path) || !is_plain(target.host))
		return VS_FAIL(BAD_VALUE);
	written = snprintf(target.path, sizeof(target.path), "%s%s", path,
	                   path[0] == 0 || path[strlen(path) - 1] != '/' ? "/" : "");
	if (written < 0 || (size_t)written >= sizeof(target.path))
		return VS_FAIL(BAD_VALUE);
	*target_out = target;
	return VS_OK;
}

VS_RESULT
vs_sim_target_resolve(struct vs_sim_target *target, char *reason, size_t reason_size)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int status = getaddrinfo(target->host, NULL, &hints, &found);

	if (status == 0) {
		status = getnameinfo(found->ai_addr, found->ai_addrlen, target->address,
		                     sizeof(target->address), NULL, 0, NI_NUMERICHOST);
		freeaddrinfo(found);
	}
	if (status == 0)
		return VS_OK;
	(void)snprintf(reason, reason_size, "DNS: %s: %s", target->host, gai_strerror(status));
	return VS_FAIL(NOT_FOUND);
}

VS_RESULT
vs_sim_target_path(const struct vs_sim_target *target, const char *identity, char *path,
                   size_t path_size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t at = strlen(target->path);

	if (at >= path_size)
		return VS_FAIL(TOO_LONG);
	memcpy(path, target->path, at);
	for (; *identity != 0; identity++) {
		unsigned char c = (unsigned char)*identity;
		bool is_unreserved = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		                     (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL;

		if (at + 4 > path_size)
			return VS_FAIL(TOO_LONG);
		if (is_unreserved) {
			path[at++] = (char)c;
			continue;
		}
		path[at++] = '%';
		path[at++] = hex[c >> 4];
		path[at++] = hex[c & 15];
	}
	if (at >= path_size)
		return VS_FAIL(TOO_LONG);
	path[at] = 0;
	return VS_OK;
}

static const char *
explain_status(int status)
{
	switch (status) {
	case 401:
	case 403:
		return ": identity, password or certificate is not accepted";
	case 404:
		return ": no such path, or no such station";
	case 429:
	case 503:
		return ": too busy, try later";
	default:
		return "";
	}
}

void
vs_sim_target_explain(const struct vs_sim_target *target, const struct vs_net_close *close,
                      char *text, size_t size)
{
	if (close->http_status != 0)
		(void)snprintf(text, size, "upgrade: HTTP %d%s", close->http_status,
		               explain_status(close->http_status));
	else if (close->why == VS_E_TLS_FAILED)
		(void)snprintf(text, size, "TLS: %s", close->detail);
	else if (close->ws_code != 0)
		(void)snprintf(text, size, "WebSocket: closed with %u: %s", close->ws_code,
		               close->detail);
	else if (close->why == VS_E_NOT_CONNECTED || close->why == VS_E_IO ||
	         close->why == VS_E_TIMEOUT || close->why == VS_E_CLOSED)
		(void)snprintf(text, size, "TCP: %s port %u: %s", target->address, target->port,
		               close->detail[0] != 0 ? close->detail : vs_err_text(close->why));
	else
		(void)snprintf(text, size, "upgrade: VS-%d %s: %s", vs_err_code(close->why),
		               vs_err_text(close->why), close->detail);
}

int
vs_sim_target_exit_status(const struct vs_net_close *close)
{
	if (close->http_status == 401 || close->http_status == 403 || close->http_status == 404)
		return EX_NOPERM;
	if (close->http_status == 429 || close->http_status == 503)
		return EX_TEMPFAIL;
	if (close->why == VS_E_TLS_FAILED || close->http_status != 0)
		return EX_PROTOCOL;
	return EX_UNAVAILABLE;
}
