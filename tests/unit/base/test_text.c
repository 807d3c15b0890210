/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "test.h"

static void
copies(void)
{
	char room[4] = "xxx", one[1] = {'x'};

	vs_text_copy("abc", room, sizeof(room));
	CHECK(strcmp(room, "abc") == 0);
	vs_text_copy("abcd", room, sizeof(room));
	CHECK(strcmp(room, "abc") == 0);
	vs_text_copy("", room, sizeof(room));
	CHECK(room[0] == '\0');
	vs_text_copy("ab", room, sizeof(room));
	vs_text_copy(NULL, room, sizeof(room));
	CHECK(room[0] == '\0');
	vs_text_copy("x", one, sizeof(one));
	CHECK(one[0] == '\0');
}

int
main(void)
{
	CASE(copies);
	return 0;
}
