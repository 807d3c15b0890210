/* SPDX-License-Identifier: Apache-2.0 */
/* Which addresses and URLs may be asked. Pure. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "fetch/fetch.h"

struct prefix {
	uint8_t bytes[16];
	unsigned bits;
};

/* RFC 6890, and multicast and reserved space. */
static const struct prefix private_v4[] = {
    {{0}, 8},         {{10}, 8},       {{100, 64}, 10},      {{127}, 8},
    {{169, 254}, 16}, {{172, 16}, 12}, {{192, 0, 0}, 24},    {{192, 0, 2}, 24},
    {{192, 168}, 16}, {{198, 18}, 15}, {{198, 51, 100}, 24}, {{203, 0, 113}, 24},
    {{224}, 4},       {{240}, 4},
};
/* Of IPv6 only global unicast (2000::/3) is asked; these are its exceptions. */
static const struct prefix global_v6 = {{0x20}, 3};
static const struct prefix private_v6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23}, /* protocol assignments, Teredo among them */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4: an IPv4 address inside */
    {{0x3f, 0xff}, 20},             /* documentation */
};
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:a.b.c.d */
static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};    /* 64:ff9b::a.b.c.d */

static bool
is_in(const uint8_t *address, const struct prefix *prefix)
{
	unsigned whole = prefix->bits / 8, rest = prefix->bits % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	for (unsigned i = 0; i < whole; i++) {
		if (address[i] != prefix->bytes[i])
			return false;
	}
	return rest == 0 || (address[whole] & mask) == (prefix->bytes[whole] & mask);
}

static bool
is_public_v4(const uint8_t *address)
{
	for (size_t i = 0; i < sizeof(private_v4) / sizeof(private_v4[0]); i++) {
		if (is_in(address, &private_v4[i]))
			return false;
	}
	return true;
}

static bool
is_public_v6(const uint8_t *address)
{
	if (vs_bytes_equal(vs_bytes_from(address, 12), vs_bytes_from(mapped, 12)) ||
	    vs_bytes_equal(vs_bytes_from(address, 12), vs_bytes_from(nat64, 12)))
		return is_public_v4(address + 12);
	if (!is_in(address, &global_v6))
		return false;
	for (size_t i = 0; i < sizeof(private_v6) / sizeof(private_v6[0]); i++) {
		if (is_in(address, &private_v6[i]))
			return false;
	}
	return true;
}

bool
vs_fetch_address_is_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return is_public_v4((const uint8_t *)&in.sin_addr);
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, address, sizeof(in));
		return is_public_v6(in.sin6_addr.s6_addr);
	}
	return false;
}

/* --- URLs ------------------------------------------------------------------------------------- */

/* HOST of "scheme://HOST[:PORT]/..."; an IPv6 address without its brackets. */
static struct vs_bytes
host_of(const char *url)
{
	const char *begin = strstr(url, "://");
	size_t size;

	if (begin == NULL)
		return (struct vs_bytes){NULL, 0};
	begin += 3;
	if (*begin == '[') {
		const char *end = strchr(++begin, ']');

		return vs_bytes_from(begin, end != NULL ? (size_t)(end - begin) : 0);
	}
	size = strcspn(begin, ":/?#");
	return vs_bytes_from(begin, size);
}

bool
vs_fetch_url_is_valid(const char *url, bool is_tls)
{
	const char *scheme = is_tls ? "https://" : "http://";
	size_t scheme_size = strlen(scheme), authority;

	if (strlen(url) >= VS_FETCH_URL_SIZE || strncmp(url, scheme, scheme_size) != 0 ||
	    host_of(url).size == 0)
		return false;
	for (const char *c = url; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}", *c) != NULL)
			return false;
	}
	authority = strcspn(url + scheme_size, "/?#");
	return memchr(url + scheme_size, '@', authority) == NULL;
}

bool
vs_fetch_url_is_literal(const char *url)
{
	struct vs_bytes host = host_of(url);
	char text[INET6_ADDRSTRLEN];
	struct in6_addr room;

	/* Only in its usual spelling: 0x7f.1 is a name here, and as such refused. */
	return vs_bytes_copy_text(host, text, sizeof(text)) &&
	       (inet_pton(AF_INET, text, &room) == 1 || inet_pton(AF_INET6, text, &room) == 1);
}
