/* SPDX-License-Identifier: Apache-2.0 */
#include "ocpp/format.h"

#include "test.h"

struct row {
	const char *text;
	bool is_good;
};

/* RFC 3986 1.1.2 has the first five. */
static void
knows_a_uri(void)
{
	static const struct row rows[] = {
	    {"ftp://ftp.is.co.za/rfc/rfc1808.txt", true},
	    {"ldap://[2001:db8::7]/c=GB?objectClass?one", true},
	    {"mailto:John.Doe@example.com", true},
	    {"tel:+1-816-555-1212", true},
	    {"urn:oasis:names:specification:docbook:dtd:xml:4.1.2", true},
	    {"a:", true},
	    {"http://h/%C3%a4", true},
	    {"", false},
	    {":", false},
	    {"a", false},
	    {"1a:b", false},
	    {"http//h", false},
	    {"http://h/a b", false},
	    {"http://h/%2", false},
	    {"http://h/%g0", false},
	    {"http://h/\xc3\xa4", false},
	    {"http://h/\"", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(vs_ocpp_text_is_uri(vs_bytes_from_text(rows[i].text)) == rows[i].is_good);
	CHECK(!vs_ocpp_text_is_uri(vs_bytes_from("a:\0b", 4)));
	CHECK(!vs_ocpp_text_is_uri(vs_bytes_from("a\0:b", 4)));
}

static void
knows_a_multiple_of_a_tenth(void)
{
	static const struct row rows[] = {
	    {"0", true},
	    {"-0.0", true},
	    {"0.000e-9", true},
	    {"0.1", true},
	    {"0.3", true},
	    {"-1100.7", true},
	    {"16", true},
	    {"0.30", true},
	    {"3e-1", true},
	    {"1e2", true},
	    {"10e-2", true},
	    {"1.5E1", true},
	    {"0.05", false},
	    {"16.05", false},
	    {"1e-2", false},
	    {"5e-2", false},
	    {"0.30000001", false},
	    {"12.5e-1", false},
	    {"1.25e1", true},
	    {"1e999999999999", true},
	    {"1e-999999999999", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(vs_ocpp_number_is_tenths(vs_bytes_from_text(rows[i].text)) ==
		      rows[i].is_good);
}

int
main(void)
{
	CASE(knows_a_uri);
	CASE(knows_a_multiple_of_a_tenth);
	return 0;
}
