/* SPDX-License-Identifier: Apache-2.0 */
/* Stations by hand, from any address of 127.0.0.0/8, in a house that throttles. */
#pragma once

#include "house.h"

#include "base/metric.h"

struct raw {
	int fd;
	char text[4096]; /* what came, NUL-terminated */
	size_t size;
	bool is_over;
};

static inline struct house *
raw_house(void)
{
	struct house *house = calloc(1, sizeof(*house));

	CHECK(house != NULL);
	CHECK_OK(vs_throttle_new("", &house->throttle));
	house_open(house, NULL, (struct vs_port_writer){house, house_submit},
	           (struct vs_port_events){house, house_publish});
	return house;
}

static inline void
raw_read(struct raw *raw)
{
	ssize_t n = read(raw->fd, raw->text + raw->size, sizeof(raw->text) - 1 - raw->size);

	if (n > 0)
		raw->size += (size_t)n;
	raw->is_over |= n == 0 || (n < 0 && errno != EAGAIN);
	raw->text[raw->size] = '\0';
}

#define RAW_UNTIL(house, raw, condition)                                                           \
	do {                                                                                       \
		uint64_t begin_ = vs_clock_mono_ms();                                              \
		while (!(condition)) {                                                             \
			house_turn(house);                                                         \
			raw_read(raw);                                                             \
			CHECK(vs_clock_mono_ms() - begin_ < HOUSE_PATIENCE_MS);                    \
		}                                                                                  \
	} while (0)

/* Asks, and does not wait. */
static inline void
raw_ask(struct house *house, struct raw *raw, size_t reactor, const char *from,
        const char *identity, const char *password)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(house->ports[reactor]),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in local = {.sin_family = AF_INET};
	char request[1024], coded[256] = "", pair[128];
	int size = snprintf(pair, sizeof(pair), "%s:%s", identity, password);

	memset(raw, 0, sizeof(*raw));
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(pair, (size_t)size), coded, sizeof(coded));
	size = snprintf(
	    request, sizeof(request),
	    "GET /ocpp/%s HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Protocol: ocpp2.0.1\r\nAuthorization: Basic %s\r\n\r\n",
	    identity, coded);
	raw->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(raw->fd >= 0 && inet_pton(AF_INET, from, &local.sin_addr) == 1);
	CHECK(bind(raw->fd, (struct sockaddr *)&local, sizeof(local)) == 0);
	CHECK(connect(raw->fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	CHECK(write(raw->fd, request, (size_t)size) == size);
	CHECK(fcntl(raw->fd, F_SETFL, O_NONBLOCK) == 0);
}

static inline bool
raw_has_head(const struct raw *raw)
{
	return strstr(raw->text, "\r\n\r\n") != NULL;
}

static inline int
raw_status(struct house *house, struct raw *raw)
{
	RAW_UNTIL(house, raw, raw_has_head(raw) || raw->is_over);
	return raw_has_head(raw) ? (int)strtol(raw->text + strlen("HTTP/1.1 "), NULL, 10) : 0;
}

static inline void
raw_close(struct raw *raw)
{
	CHECK(close(raw->fd) == 0);
	raw->fd = -1;
}

/* One attempt from there: its status. The answer stays in `raw`. */
static inline int
raw_try(struct house *house, struct raw *raw, const char *from, const char *identity,
        const char *password)
{
	int status;

	raw_ask(house, raw, 0, from, identity, password);
	status = raw_status(house, raw);
	if (status != 101)
		RAW_UNTIL(house, raw, raw->is_over);
	raw_close(raw);
	return status;
}
