/* SPDX-License-Identifier: Apache-2.0 */
#include "core/role.h"

#include <string.h>

#include "../../test.h"

static void
each_role_covers_what_its_row_says(void)
{
	static const struct {
		enum vs_core_role has;
		bool views, operates, audits, administers;
	} expected[] = {
	    {VS_ROLE_ANYONE, false, false, false, false},
	    {VS_ROLE_VIEWER, true, false, false, false},
	    {VS_ROLE_OPERATOR, true, true, false, false},
	    {VS_ROLE_AUDITOR, true, false, true, false},
	    {VS_ROLE_ADMINISTRATOR, true, true, true, true},
	};

	CHECK(sizeof(expected) / sizeof(expected[0]) == VS_ROLE_COUNT);
	for (size_t i = 0; i < VS_ROLE_COUNT; i++) {
		enum vs_core_role has = expected[i].has;

		CHECK(vs_core_role_covers(has, VS_ROLE_ANYONE));
		CHECK(vs_core_role_covers(has, VS_ROLE_VIEWER) == expected[i].views);
		CHECK(vs_core_role_covers(has, VS_ROLE_OPERATOR) == expected[i].operates);
		CHECK(vs_core_role_covers(has, VS_ROLE_AUDITOR) == expected[i].audits);
		CHECK(vs_core_role_covers(has, VS_ROLE_ADMINISTRATOR) == expected[i].administers);
	}
}

/* What is no role covers nothing, and nothing covers it. */
static void
what_is_no_role_passes_nowhere(void)
{
	const unsigned outside[] = {VS_ROLE_COUNT, 99, (unsigned)-1};

	for (size_t i = 0; i < 3; i++) {
		enum vs_core_role none = (enum vs_core_role)outside[i];

		CHECK(!vs_core_role_covers(none, VS_ROLE_ANYONE));
		CHECK(!vs_core_role_covers(VS_ROLE_ADMINISTRATOR, none));
		CHECK(strcmp(vs_core_role_text(none), "") == 0);
	}
}

static void
words_go_both_ways(void)
{
	enum vs_core_role role = VS_ROLE_COUNT;

	for (unsigned i = VS_ROLE_ANYONE + 1; i < VS_ROLE_COUNT; i++) {
		const char *word = vs_core_role_text((enum vs_core_role)i);

		CHECK_OK(vs_core_role_parse(vs_bytes_from_text(word), &role));
		CHECK((unsigned)role == i);
	}
	role = VS_ROLE_VIEWER;
	CHECK_ERR(vs_core_role_parse(VS_BYTES_LITERAL(""), &role), BAD_VALUE);
	CHECK_ERR(vs_core_role_parse(VS_BYTES_LITERAL("Viewer"), &role), BAD_VALUE);
	CHECK_ERR(vs_core_role_parse(VS_BYTES_LITERAL("viewers"), &role), BAD_VALUE);
	CHECK(role == VS_ROLE_VIEWER);
}

int
main(void)
{
	CASE(each_role_covers_what_its_row_says);
	CASE(what_is_no_role_passes_nowhere);
	CASE(words_go_both_ways);
	return 0;
}
