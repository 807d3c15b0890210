/* SPDX-License-Identifier: Apache-2.0 */
#include "central/floor.h"

#include "test.h"

static struct vs_central_floors *floors;

static void
only_rises(void)
{
	CHECK_OK(vs_central_floors_new(&floors));
	CHECK(vs_central_floor_get(floors, 7) == -1);
	CHECK(vs_central_floor_raise(floors, 7, 0));
	CHECK(!vs_central_floor_raise(floors, 7, 0));
	CHECK(vs_central_floor_raise(floors, 7, 9));
	CHECK(!vs_central_floor_raise(floors, 7, 8));
	CHECK(vs_central_floor_get(floors, 7) == 9);
	CHECK(vs_central_floor_get(floors, 8) == -1);
	vs_central_floors_free(&floors);
	vs_central_floors_free(&floors);
}

/* All of one set: the one unused for longest gives way, the others stay. */
static void
forgets_the_oldest(void)
{
	const uint64_t step = VS_LIMIT_SIGN_FLOORS;

	CHECK_OK(vs_central_floors_new(&floors));
	for (uint64_t i = 1; i <= 8; i++)
		CHECK(vs_central_floor_raise(floors, i * step, 5));
	CHECK(vs_central_floor_raise(floors, step, 6));
	CHECK(vs_central_floor_raise(floors, 9 * step, 5));
	CHECK(vs_central_floor_get(floors, 2 * step) == -1);
	CHECK(vs_central_floor_get(floors, step) == 6);
	for (uint64_t i = 3; i <= 9; i++)
		CHECK(vs_central_floor_get(floors, i * step) == 5);
	vs_central_floors_free(&floors);
}

int
main(void)
{
	CASE(only_rises);
	CASE(forgets_the_oldest);
	return 0;
}
