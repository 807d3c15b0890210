/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/userhash.h"

#include <string.h>

#include "../../test.h"

static void
a_hash_knows_its_password(void)
{
	char one[VS_USERHASH_TEXT_SIZE], two[VS_USERHASH_TEXT_SIZE];

	CHECK_OK(vs_userhash_make(VS_BYTES_LITERAL("correct horse"), one));
	CHECK_OK(vs_userhash_make(VS_BYTES_LITERAL("correct horse"), two));
	CHECK(strcmp(one, two) != 0);
	CHECK(strncmp(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0);
	CHECK_OK(vs_userhash_check(VS_BYTES_LITERAL("correct horse"), one));
	CHECK_OK(vs_userhash_check(VS_BYTES_LITERAL("correct horse"), two));
	CHECK_ERR(vs_userhash_check(VS_BYTES_LITERAL("correct horse "), one), NOT_AUTHENTIC);
	CHECK_ERR(vs_userhash_check(VS_BYTES_LITERAL(""), one), NOT_AUTHENTIC);
}

/* Made by `echo -n password | argon2 somesaltsomesalt -id -t 2 -k 8192 -p 1 -l 32 -e`. */
static void
a_hash_of_another_program(void)
{
	static const char text[] = "$argon2id$v=19$m=8192,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
				   "/X5EVS2D22ucK8nb1tiP4PrNEd9GVKwh/oAT/XoF68M";

	CHECK_OK(vs_userhash_check(VS_BYTES_LITERAL("password"), text));
	CHECK_ERR(vs_userhash_check(VS_BYTES_LITERAL("Password"), text), NOT_AUTHENTIC);
}

static void
what_costs_too_much_is_not_tried(void)
{
	static const char *const bad[] = {
	    "",
	    "password",
	    "$argon2i$v=19$m=8192,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA",
	    "$argon2id$v=16$m=8192,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA",
	    "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA",
	    "$argon2id$v=19$m=18446744073709551617,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA",
	    "$argon2id$v=19$m=8192,t=99,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA",
	    "$argon2id$v=19$m=8192,t=2,p=9$c29tZXNhbHRzb21lc2FsdA$AAAA",
	    "$argon2id$v=19$m=-1,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA",
	    "$argon2id$v=19$m=8192,t=2,p=1$!!!$AAAA",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(vs_userhash_check(VS_BYTES_LITERAL("password"), bad[i]), BAD_VALUE);
}

int
main(void)
{
	CASE(a_hash_knows_its_password);
	CASE(a_hash_of_another_program);
	CASE(what_costs_too_much_is_not_tried);
	return 0;
}
