/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and URLs that may be asked, and those that may not. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "fetch/fetch.h"
#include "test.h"

static bool
is_public(const char *text)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return vs_fetch_address_is_public((const struct sockaddr *)&four);
	CHECK(inet_pton(AF_INET6, text, &six.sin6_addr) == 1);
	return vs_fetch_address_is_public((const struct sockaddr *)&six);
}

static void
addresses(void)
{
	static const char *const outside[] = {"1.1.1.1",    "9.255.255.255", "11.0.0.0",
	                                      "172.15.0.1", "172.32.0.1",    "192.167.1.1",
	                                      "100.63.0.1", "100.128.0.1",   "223.255.255.255",
	                                      "2600::1",    "2a00:1450::1",  "::ffff:1.1.1.1"};
	static const char *const inside[] = {"0.0.0.0",
	                                     "10.0.0.1",
	                                     "10.255.255.255",
	                                     "100.64.0.1",
	                                     "100.127.255.255",
	                                     "127.0.0.1",
	                                     "127.255.255.255",
	                                     "169.254.169.254",
	                                     "172.16.0.1",
	                                     "172.31.255.255",
	                                     "192.0.0.8",
	                                     "192.168.1.1",
	                                     "198.18.0.1",
	                                     "198.19.255.255",
	                                     "224.0.0.1",
	                                     "239.1.2.3",
	                                     "240.0.0.1",
	                                     "255.255.255.255",
	                                     "::",
	                                     "::1",
	                                     "fe80::1",
	                                     "fc00::1",
	                                     "fd12::1",
	                                     "ff02::1",
	                                     "2001:db8::1",
	                                     "2001::1",
	                                     "2002:7f00:1::",
	                                     "::ffff:127.0.0.1",
	                                     "::ffff:10.1.1.1",
	                                     "64:ff9b::10.0.0.1",
	                                     "::127.0.0.1"};
	struct sockaddr local = {.sa_family = AF_UNIX};

	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		CHECK(is_public(outside[i]));
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
		if (is_public(inside[i]))
			(void)fprintf(stderr, "%s\n", inside[i]);
		CHECK(!is_public(inside[i]));
	}
	CHECK(!vs_fetch_address_is_public(&local));
}

static void
urls(void)
{
	static const char *const bad[] = {"",
	                                  "http://",
	                                  "http:///x",
	                                  "https://host/",
	                                  "ftp://host/",
	                                  "file:///etc/passwd",
	                                  "HTTP://host/",
	                                  "http://user@host/",
	                                  "http://user:word@host/",
	                                  "http://ho st/",
	                                  "http://host/\r\nX: y",
	                                  "http://host/\x7f",
	                                  "http://host/\"",
	                                  "http://[::1",
	                                  "gopher://h/"};
	char longest[VS_FETCH_URL_SIZE + 1] = "http://h/";

	CHECK(vs_fetch_url_is_valid("http://ocsp.example.org", false));
	CHECK(vs_fetch_url_is_valid("http://ocsp.example.org:8080/a/b?c=d%20@e", false));
	CHECK(vs_fetch_url_is_valid("http://[2600::1]:80/", false));
	CHECK(vs_fetch_url_is_valid("https://host/", true));
	CHECK(!vs_fetch_url_is_valid("http://host/", true));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!vs_fetch_url_is_valid(bad[i], false));
	memset(longest + 9, 'a', sizeof(longest) - 10);
	CHECK(!vs_fetch_url_is_valid(longest, false));
	longest[VS_FETCH_URL_SIZE - 1] = '\0';
	CHECK(vs_fetch_url_is_valid(longest, false));
}

static void
literals(void)
{
	CHECK(vs_fetch_url_is_literal("http://127.0.0.1/"));
	CHECK(vs_fetch_url_is_literal("http://10.0.0.1:81/x"));
	CHECK(vs_fetch_url_is_literal("http://[::1]:81/x"));
	CHECK(!vs_fetch_url_is_literal("http://localhost/"));
	CHECK(!vs_fetch_url_is_literal("http://127.1/"));
	CHECK(!vs_fetch_url_is_literal("http://0x7f.0.0.1/"));
	CHECK(!vs_fetch_url_is_literal("http://2130706433/"));
	CHECK(!vs_fetch_url_is_literal("http://127.0.0.1.example.org/"));
}

int
main(void)
{
	CASE(addresses);
	CASE(urls);
	CASE(literals);
	return 0;
}
