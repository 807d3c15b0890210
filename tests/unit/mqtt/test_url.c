/* SPDX-License-Identifier: Apache-2.0 */
#include "mqtt/client.h"

#include "test.h"

static void
good(const char *url, const char *host, uint16_t port)
{
	char read[VS_MQTT_HOST_SIZE];
	uint16_t found = 0;

	CHECK_OK(vs_mqtt_url_parse(url, read, &found));
	CHECK(strcmp(read, host) == 0 && found == port);
}

static void
bad(const char *url)
{
	char host[VS_MQTT_HOST_SIZE] = "as it was";
	uint16_t port = 7;

	CHECK_ERR(vs_mqtt_url_parse(url, host, &port), BAD_VALUE);
	CHECK(strcmp(host, "as it was") == 0 && port == 7);
}

int
main(void)
{
	char long_url[400] = "mqtts://";

	good("mqtts://broker.example:8883", "broker.example", 8883);
	good("mqtts://192.0.2.1", "192.0.2.1", 8883);
	good("mqtts://[2001:db8::1]:1", "2001:db8::1", 1);
	good("mqtts://a-b", "a-b", 8883);
	bad("mqtt://broker:1883"); /* never in clear */
	bad("");
	bad("mqtts://");
	bad("mqtts://:8883");
	bad("mqtts://b:0");
	bad("mqtts://b:65536");
	bad("mqtts://b:");
	bad("mqtts://b:1x");
	bad("mqtts://b/path");
	bad("mqtts://user@b");
	bad("mqtts://[::1");
	bad("mqtts://[::1]x");
	memset(long_url + 8, 'a', 300);
	bad(long_url);
	return 0;
}
