/* SPDX-License-Identifier: Apache-2.0 */
#include "central/recent.h"

#include "test.h"

#define ID(n) ((uint64_t)(n) << 24)

static struct vs_central_recent recent;

static enum vs_central_recurrence
note(unsigned id, unsigned content)
{
	return vs_central_recent_note(&recent, ID(id), content);
}

static void
tells_them_apart(void)
{
	memset(&recent, 0, sizeof(recent));
	CHECK(note(1, 10) == VS_CENTRAL_NEW);
	CHECK(note(1, 10) == VS_CENTRAL_AGAIN);
	CHECK(note(2, 10) == VS_CENTRAL_NEW);
	CHECK(note(1, 10) == VS_CENTRAL_REPLAYED);
	CHECK(note(2, 11) == VS_CENTRAL_REUSED);
	CHECK(note(2, 11) == VS_CENTRAL_AGAIN);
	CHECK(note(0, 0) == VS_CENTRAL_NEW);
}

static void
remembers_so_many_and_forgets_the_oldest(void)
{
	memset(&recent, 0, sizeof(recent));
	for (unsigned i = 1; i <= VS_CENTRAL_RECENT; i++)
		CHECK(note(i, i) == VS_CENTRAL_NEW);
	CHECK(note(1, 1) == VS_CENTRAL_REPLAYED);
	CHECK(note(1000, 1) == VS_CENTRAL_NEW);
	CHECK(note(1, 1) == VS_CENTRAL_NEW);
	CHECK(note(1000, 1) == VS_CENTRAL_REPLAYED);
	CHECK(note(VS_CENTRAL_RECENT, VS_CENTRAL_RECENT) == VS_CENTRAL_REPLAYED);
}

int
main(void)
{
	CASE(tells_them_apart);
	CASE(remembers_so_many_and_forgets_the_oldest);
	return 0;
}
