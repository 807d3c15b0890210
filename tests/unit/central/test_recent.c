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

/* Two ids may share 32 of their 40 bits. */
static void
compares_all_bits_of_an_id(void)
{
	const uint64_t id = UINT64_C(0x123456789a) << 24;

	memset(&recent, 0, sizeof(recent));
	CHECK(vs_central_recent_note(&recent, id, 1) == VS_CENTRAL_NEW);
	for (unsigned bit = 24; bit < 64; bit++)
		CHECK(vs_central_recent_note(&recent, id ^ UINT64_C(1) << bit, 1) ==
		      VS_CENTRAL_NEW);
	CHECK(vs_central_recent_note(&recent, id | 0xffffff, 1) == VS_CENTRAL_REPLAYED);
	CHECK(vs_central_recent_note(&recent, id, UINT64_C(0x800000)) == VS_CENTRAL_REUSED);
}

int
main(void)
{
	CASE(tells_them_apart);
	CASE(compares_all_bits_of_an_id);
	CASE(remembers_so_many_and_forgets_the_oldest);
	return 0;
}
