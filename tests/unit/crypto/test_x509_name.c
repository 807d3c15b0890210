/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x509_name.h"

#include "test.h"

static void
hosts(void)
{
	static const char *const good[] = {"localhost", "csms.example.com", "a-b.c1", "192.0.2.1",
	                                   "::1",       "2001:db8::7",      "1host"};
	static const char *const bad[] = {
	    "",    "*.example.com", "a..b", ".a",        "a.",        "-a.b", "a-.b",       "a_b",
	    "a b", "http://a",      "a/b",  "999.1.1.1", "1.2.3.4.5", "a\nb", "\xc3\xa4.de"};
	char label[65], name[300];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK(vs_x509_host_is_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!vs_x509_host_is_valid(bad[i]));
	memset(label, 'a', 64);
	label[64] = '\0';
	CHECK(!vs_x509_host_is_valid(label)); /* 64 in one label */
	label[63] = '\0';
	CHECK(vs_x509_host_is_valid(label));
	(void)snprintf(name, sizeof(name), "%s.%s.%s.%s", label, label, label, label); /* 255 */
	CHECK(!vs_x509_host_is_valid(name));
	name[253] = '\0';
	CHECK(vs_x509_host_is_valid(name));
}

static void
lists(void)
{
	const char *list = "a.example,192.0.2.1,,z";
	char host[VS_X509_HOST_SIZE + 1], many[400];

	CHECK(vs_x509_host_next(&list, host) && strcmp(host, "a.example") == 0);
	CHECK(vs_x509_host_next(&list, host) && strcmp(host, "192.0.2.1") == 0);
	CHECK(vs_x509_host_next(&list, host) && strcmp(host, "") == 0);
	CHECK(vs_x509_host_next(&list, host) && strcmp(host, "z") == 0);
	CHECK(!vs_x509_host_next(&list, host));
	memset(many, 'a', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	list = many;
	CHECK(vs_x509_host_next(&list, host) && !vs_x509_host_is_valid(host));
}

/* OCPP 2.0.1 A00.FR.511: the common name of a station is no URL and no address. */
static void
identities(void)
{
	CHECK(vs_x509_identity_is_valid("CS-0001"));
	CHECK(vs_x509_identity_is_valid("DE*ABC*E1234:1|x@y.z=+"));
	CHECK(!vs_x509_identity_is_valid(""));
	CHECK(!vs_x509_identity_is_valid("wss://a/b"));
	CHECK(!vs_x509_identity_is_valid("192.0.2.1"));
	CHECK(!vs_x509_identity_is_valid("2001:db8::1"));
	CHECK(!vs_x509_identity_is_valid("a b"));
	CHECK(!vs_x509_identity_is_valid("0123456789012345678901234567890123456789012345678"));
	CHECK(vs_x509_identity_is_valid("012345678901234567890123456789012345678901234567"));
}

static void
texts_and_urls(void)
{
	CHECK(vs_x509_text_is_valid("Voltseal GmbH & Co, K\xc3\xb6ln"));
	CHECK(!vs_x509_text_is_valid(NULL) && !vs_x509_text_is_valid(""));
	CHECK(!vs_x509_text_is_valid("a\tb") && !vs_x509_text_is_valid("a\x7f"));
	CHECK(vs_x509_url_is_valid(NULL));
	CHECK(vs_x509_url_is_valid("http://csms.example:8080/crl/issuing.crl?x=%20"));
	CHECK(!vs_x509_url_is_valid("ftp://a") && !vs_x509_url_is_valid("http://a,URI:http://b"));
	CHECK(!vs_x509_url_is_valid("https://a b") && !vs_x509_url_is_valid("http://a;OCSP"));
}

int
main(void)
{
	CASE(hosts);
	CASE(lists);
	CASE(identities);
	CASE(texts_and_urls);
	return 0;
}
