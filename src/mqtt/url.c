/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/client.h"

#define SCHEME       "mqtts://"
#define PORT_DEFAULT 8883

static vs_result
parse_port(const char *text, uint16_t *port_out)
{
	unsigned long port;
	char *end = NULL;

	if (text[0] == '\0') {
		*port_out = PORT_DEFAULT;
		return VS_OK;
	}
	if (text[0] != ':' || text[1] < '0' || text[1] > '9')
		return VS_FAIL(BAD_VALUE);
	port = strtoul(text + 1, &end, 10);
	if (*end != '\0' || port == 0 || port > UINT16_MAX)
		return VS_FAIL(BAD_VALUE);
	*port_out = (uint16_t)port;
	return VS_OK;
}

static bool
is_host(struct vs_bytes host, bool is_bracketed)
{
	for (size_t i = 0; i < host.size; i++) {
		uint8_t byte = host.data[i];
		bool is_good = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
		               (byte >= 'A' && byte <= 'Z') || byte == '.' ||
		               (is_bracketed ? byte == ':' : byte == '-');

		if (!is_good)
			return false;
	}
	return host.size > 0 && host.size < VS_MQTT_HOST_SIZE;
}

vs_result
vs_mqtt_url_parse(const char *url, char host_out[static VS_MQTT_HOST_SIZE], uint16_t *port_out)
{
	const size_t scheme = sizeof(SCHEME) - 1;
	struct vs_bytes host;
	const char *rest;
	bool is_bracketed;
	uint16_t port = 0;

	assert(url != NULL && port_out != NULL);
	if (strncmp(url, SCHEME, scheme) != 0)
		return VS_FAIL(BAD_VALUE);
	url += scheme;
	is_bracketed = url[0] == '[';
	if (is_bracketed) {
		rest = strchr(++url, ']');
		if (rest == NULL)
			return VS_FAIL(BAD_VALUE);
		host = vs_bytes_from(url, (size_t)(rest - url));
		rest++;
	} else {
		size_t size = strcspn(url, ":/");

		host = vs_bytes_from(url, size);
		rest = url + size;
	}
	if (!is_host(host, is_bracketed))
		return VS_FAIL(BAD_VALUE);
	VS_TRY(parse_port(rest, &port));
	(void)vs_bytes_copy_text(host, host_out, VS_MQTT_HOST_SIZE);
	*port_out = port;
	return VS_OK;
}
