/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/subject.h"

#include "test.h"

static void
written(struct vs_bus_subject subject, const char *expected)
{
	struct vs_bus_subject back;
	char text[VS_BUS_SUBJECT_SIZE];

	CHECK_OK(vs_bus_subject_write(&subject, text));
	CHECK(strcmp(text, expected) == 0);
	CHECK_OK(vs_bus_subject_read(vs_bytes_from_text(text), &back));
	CHECK(back.kind == subject.kind && strcmp(back.tenant, subject.tenant) == 0 &&
	      strcmp(back.station, subject.station) == 0 && strcmp(back.leaf, subject.leaf) == 0);
}

static void
subjects_are_read_back(void)
{
	written((struct vs_bus_subject){VS_BUS_COMMAND, "acme", "CS-1_a", ""}, "cmd.acme.CS-1_a");
	/* All that OCPP allows in an identifier (OCPP 2.0.1 Part 2, identifierString). */
	written((struct vs_bus_subject){VS_BUS_COMMAND, "default", "*-_=:+|@.", ""},
	        "cmd.default.=2A-_=3D=3A=2B=7C=40=2E");
	written((struct vs_bus_subject){VS_BUS_EVENT, "acme", "a b>", "transaction"},
	        "evt.acme.a=20b=3E.transaction");
	written((struct vs_bus_subject){VS_BUS_LIVE, "acme", "\xC3\xA9", ""}, "live.acme.=C3=A9");
	written((struct vs_bus_subject){VS_BUS_OWN, "", "", "node-1"}, "own.node-1");
	written((struct vs_bus_subject){VS_BUS_WATCH, "acme", "CS", ""}, "watch.acme.CS");
	written((struct vs_bus_subject){VS_BUS_HEALTH, "", "", "node-1"}, "node.node-1");
	written((struct vs_bus_subject){VS_BUS_CONTROL, "", "", "node-1"}, "ctl.node-1");
}

static void
subjects_by_name(void)
{
	char text[VS_BUS_SUBJECT_SIZE] = "";

	CHECK_OK(vs_bus_subject_of_node(VS_BUS_OWN, "node-1", text));
	CHECK(strcmp(text, "own.node-1") == 0);
	CHECK_OK(vs_bus_subject_of_station(VS_BUS_WATCH, "acme", "CS.1", text));
	CHECK(strcmp(text, "watch.acme.CS=2E1") == 0);
	/* What is too long is not cut: it would be another one's name. */
	CHECK_ERR(vs_bus_subject_of_node(VS_BUS_OWN, "123456789012345678901234567890123", text),
	          TOO_LONG);
	CHECK_ERR(vs_bus_subject_of_station(VS_BUS_WATCH, "acme",
	                                    "1234567890123456789012345678901234567890123456789",
	                                    text),
	          TOO_LONG);
	CHECK_ERR(vs_bus_subject_of_station(VS_BUS_WATCH, "acme", "", text), BAD_VALUE);
	CHECK(strcmp(text, "watch.acme.CS=2E1") == 0);
}

static void
there_is_one_spelling(void)
{
	static const char *const wrong[] = {
	    "",
	    "cmd",
	    "cmd.",
	    "cmd..a",
	    "cmd.a",
	    "cmd.a.",
	    "cmd.a.b.",
	    "cmd.a.b.c",
	    "cmd.a.b c",
	    "cmd.a.*",
	    "cmd.a.>",
	    "cmd.a.=41",  /* 'A' */
	    "cmd.a.=2d",  /* '-', and lower case */
	    "cmd.a.=2a",  /* lower case */
	    "cmd.a.=00",  /* NUL */
	    "cmd.a.=2",   /* cut */
	    "cmd.a.b=",   /* cut */
	    "cmd.a.b=G0", /* no digit */
	    "evt.a.b",
	    "evt.a.b.c.d",
	    "own",
	    "own.a.b",
	    "Cmd.a.b",
	    "cmdx.a.b",
	    "evt.a.b.123456789012345678901234567890123",
	    "cmd.123456789012345678901234567890123.b",
	    "cmd.a.1234567890123456789012345678901234567890123456789",
	};
	struct vs_bus_subject subject;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		vs_result r = vs_bus_subject_read(vs_bytes_from_text(wrong[i]), &subject);

		CHECK(r.code == VS_E_BAD_VALUE || r.code == VS_E_TOO_LONG);
	}
	CHECK_ERR(vs_bus_subject_read(VS_BYTES_LITERAL("cmd.a.b\0c"), &subject), BAD_VALUE);
}

static void
the_longest_fits(void)
{
	struct vs_bus_subject subject = {.kind = VS_BUS_EVENT}, back;
	char text[VS_BUS_SUBJECT_SIZE];

	memset(subject.tenant, '.', VS_CORE_TENANT_SIZE - 1);
	memset(subject.station, '*', VS_CORE_IDENTITY_SIZE - 1);
	memset(subject.leaf, ' ', VS_BUS_LEAF_SIZE - 1);
	CHECK_OK(vs_bus_subject_write(&subject, text));
	CHECK(strlen(text) ==
	      3 + 3 + 3 * (VS_CORE_TENANT_SIZE + VS_CORE_IDENTITY_SIZE + VS_BUS_LEAF_SIZE - 3));
	CHECK_OK(vs_bus_subject_read(vs_bytes_from_text(text), &back));
	CHECK(strcmp(back.station, subject.station) == 0);
}

static void
nothing_is_written_of_what_has_no_name(void)
{
	struct vs_bus_subject subject = {VS_BUS_COMMAND, "acme", "", ""};
	char text[VS_BUS_SUBJECT_SIZE] = "before", small[4] = "";
	size_t at = 0;

	CHECK_ERR(vs_bus_subject_write(&subject, text), BAD_VALUE);
	CHECK(strcmp(text, "before") == 0);
	CHECK_ERR(vs_bus_token_write(VS_BYTES_LITERAL("abcd"), small, sizeof(small), &at),
	          TOO_LONG);
	CHECK(at == 0 && small[0] == '\0');
	CHECK_ERR(vs_bus_token_write(VS_BYTES_LITERAL("a\0b"), text, sizeof(text), &at), BAD_VALUE);
	CHECK_OK(vs_bus_token_write(VS_BYTES_LITERAL("abc"), small, sizeof(small), &at));
	CHECK(at == 3 && strcmp(small, "abc") == 0);
}

static void
keys_and_nodes(void)
{
	char text[VS_BUS_SUBJECT_SIZE], tenant[VS_CORE_TENANT_SIZE], station[VS_CORE_IDENTITY_SIZE];

	CHECK_OK(vs_bus_key_write("acme", "CS.1", text));
	CHECK(strcmp(text, "acme.CS=2E1") == 0);
	CHECK_OK(vs_bus_key_read(vs_bytes_from_text(text), tenant, station));
	CHECK(strcmp(tenant, "acme") == 0 && strcmp(station, "CS.1") == 0);
	CHECK_ERR(vs_bus_key_read(VS_BYTES_LITERAL("acme"), tenant, station), BAD_VALUE);
	CHECK_ERR(vs_bus_key_read(VS_BYTES_LITERAL("a.b.c"), tenant, station), BAD_VALUE);
	CHECK(vs_bus_node_is_valid("node-1_B") && !vs_bus_node_is_valid("") &&
	      !vs_bus_node_is_valid("a.b") && !vs_bus_node_is_valid(NULL));
	CHECK(vs_bus_node_is_valid("12345678901234567890123456789012"));
	CHECK(!vs_bus_node_is_valid("123456789012345678901234567890123"));
}

int
main(void)
{
	CASE(subjects_are_read_back);
	CASE(subjects_by_name);
	CASE(there_is_one_spelling);
	CASE(the_longest_fits);
	CASE(nothing_is_written_of_what_has_no_name);
	CASE(keys_and_nodes);
	return 0;
}
