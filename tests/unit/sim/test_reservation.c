/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/reservation.h"

#include "test.h"

static void
put(struct vs_sim_reservations *all, int64_t id, unsigned evse, const char *token,
    uint64_t until_ms)
{
	struct vs_sim_reservation one = {.id = id, .evse = evse, .expires_ms = until_ms};

	CHECK(vs_bytes_copy_text(vs_bytes_from_text(token), one.token, sizeof(one.token)));
	CHECK(vs_bytes_copy_text(vs_bytes_from_text("FLEET"), one.group, sizeof(one.group)));
	CHECK_OK(vs_sim_reservation_put(all, &one));
}

static void
test_by_name(void)
{
	struct vs_sim_reservations all = {NULL, 0};
	const struct vs_sim_reservation *own;

	CHECK(vs_sim_reservation_admits(&all, 1, 0, "A", "", 0, &own) == false);
	CHECK(vs_sim_reservation_admits(&all, 1, 1, "A", "", 0, &own) && own == NULL);
	put(&all, 7, 1, "A", 100);
	CHECK(!vs_sim_reservation_admits(&all, 1, 1, "B", "", 99, &own) && own == NULL);
	CHECK(!vs_sim_reservation_admits(&all, 1, 1, "B", "OTHER", 99, &own));
	CHECK(vs_sim_reservation_admits(&all, 1, 1, "B", "FLEET", 99, &own) && own->id == 7);
	CHECK(vs_sim_reservation_admits(&all, 1, 1, "A", "", 99, &own) && own->id == 7);
	CHECK(vs_sim_reservation_admits(&all, 2, 1, "B", "", 99, &own) && own == NULL);
	CHECK(vs_sim_reservation_admits(&all, 1, 1, "B", "", 100, &own) && own == NULL);
	CHECK(vs_sim_reservation_due(&all) == 100);
	CHECK(vs_sim_reservation_expired(&all, 99) == NULL);
	CHECK(vs_sim_reservation_expired(&all, 100)->id == 7);
	/* The same id: another one in its place. */
	put(&all, 7, 2, "C", 200);
	CHECK(all.count == 1 && vs_sim_reservation_of(&all, 1, 0) == NULL);
	CHECK(vs_sim_reservation_of(&all, 2, 0)->id == 7);
	CHECK(vs_sim_reservation_remove(&all, 7) && !vs_sim_reservation_remove(&all, 7));
	CHECK(vs_sim_reservation_due(&all) == UINT64_MAX);
	vs_sim_reservations_done(&all);
}

/* Without a name it holds one of the free ones: the last cannot be taken from it. */
static void
test_unnamed(void)
{
	struct vs_sim_reservations all = {NULL, 0};
	const struct vs_sim_reservation *own;

	put(&all, 1, 0, "A", 100);
	CHECK(vs_sim_reservation_unnamed(&all, 0) == 1 &&
	      vs_sim_reservation_unnamed(&all, 100) == 0);
	CHECK(vs_sim_reservation_admits(&all, 1, 2, "B", "", 0, &own) && own == NULL);
	CHECK(!vs_sim_reservation_admits(&all, 1, 1, "B", "", 0, &own));
	CHECK(vs_sim_reservation_admits(&all, 1, 1, "A", "", 0, &own) && own->id == 1);
	vs_sim_reservations_done(&all);
}

static void
test_limit(void)
{
	struct vs_sim_reservations all = {NULL, 0};
	struct vs_sim_reservation one = {.id = 99, .expires_ms = 1};

	for (int i = 0; i < VS_LIMIT_SIM_RESERVATIONS; i++)
		put(&all, i, 1, "A", 100);
	CHECK_ERR(vs_sim_reservation_put(&all, &one), TOO_LONG);
	one.id = 3;
	CHECK_OK(vs_sim_reservation_put(&all, &one));
	vs_sim_reservations_done(&all);
}

int
main(void)
{
	test_by_name();
	test_unnamed();
	test_limit();
	return 0;
}
