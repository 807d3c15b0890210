/* SPDX-License-Identifier: Apache-2.0 */
#include "core/held.h"

#include "test.h"

/* Numbers of the rows are in databases: they stay, new ones come at the end. */
static void
keeps_its_numbers(void)
{
	static const char *const names[] = {
	    "reservation", "profile",    "limit",        "monitor", "message",
	    "customer",    "local_list", "remote_start", "ticket",  "charge_point"};

	CHECK(sizeof(names) / sizeof(names[0]) <= VS_HELD_COUNT);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(vs_bytes_equal_text(
		    vs_bytes_from_text(vs_core_held_text((enum vs_core_held)i)), names[i]));
}

int
main(void)
{
	CASE(keeps_its_numbers);
	return 0;
}
