/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of core/owner.h, step by step, and played out in owner_play.h. */
#include "core/owner.h"

#include "owner_play.h"
#include "test.h"

#define SEEDS 2000 /* worlds */

/* --- single steps ----------------------------------------------------------------------------- */

static void
a_lease_counts_from_when_it_was_asked_for(void)
{
	struct vs_owner_lease lease = {0};

	CHECK(!vs_owner_lease_holds(&lease, 1));
	vs_owner_lease_asked(&lease, 1000);
	CHECK(!vs_owner_lease_holds(&lease, 1001));
	vs_owner_lease_granted(&lease, 7, true);
	CHECK(lease.incarnation == 7);
	CHECK(vs_owner_lease_holds(&lease, 1000 + VS_OWNER_TTL_MS - VS_OWNER_MARGIN_MS - 1));
	CHECK(!vs_owner_lease_holds(&lease, 1000 + VS_OWNER_TTL_MS - VS_OWNER_MARGIN_MS));
	vs_owner_lease_asked(&lease, 5000);
	vs_owner_lease_adopted(&lease, 9); /* an older one of ours: no time is won */
	CHECK(!vs_owner_lease_holds(&lease, 1000 + VS_OWNER_TTL_MS - VS_OWNER_MARGIN_MS));
	vs_owner_lease_granted(&lease, 11, false);
	CHECK(lease.incarnation == 7 && lease.revision == 11);
	CHECK(vs_owner_lease_holds(&lease, 1000 + VS_OWNER_TTL_MS - VS_OWNER_MARGIN_MS));
	vs_owner_lease_lost(&lease);
	CHECK(!vs_owner_lease_holds(&lease, 5001));
}

static void
a_peer_is_over_when_its_end_was_written(void)
{
	struct vs_owner_peer peer = {0};

	CHECK(vs_owner_peer_may_end(&peer, 5)); /* over revision 0 */
	CHECK(!vs_owner_peer_is_over(&peer, 3));
	vs_owner_peer_seen(&peer, 10, 4, 1000);
	vs_owner_peer_seen(&peer, 10, 4, 9000); /* the same again is no sign of life */
	vs_owner_peer_seen(&peer, 9, 4, 9000);
	CHECK(!vs_owner_peer_may_end(&peer, 1000 + VS_OWNER_TTL_MS - 1));
	CHECK(vs_owner_peer_may_end(&peer, 1000 + VS_OWNER_TTL_MS));
	CHECK(vs_owner_peer_is_over(&peer, 3) && !vs_owner_peer_is_over(&peer, 4));
	vs_owner_peer_seen(&peer, 12, 0, 2000);
	CHECK(vs_owner_peer_is_over(&peer, 4) && !vs_owner_peer_may_end(&peer, UINT64_MAX));
	vs_owner_peer_seen(&peer, 13, 13, 2000);
	CHECK(vs_owner_peer_is_over(&peer, 4) && !vs_owner_peer_is_over(&peer, 13));
}

static void
the_next_owner_waits_for_the_last(void)
{
	const struct vs_owner_before before = {.node = 2, .incarnation = 5};
	struct vs_owner a = {0}, b = {0};

	CHECK(vs_owner_came(&b) == VS_OWNER_CLAIM);
	CHECK(vs_owner_claimed(&b, b.serial, 10, NULL, 0) == VS_OWNER_OWNS);
	CHECK(vs_owner_came(&a) == VS_OWNER_CLAIM);
	CHECK(vs_owner_claimed(&a, a.serial + 1, 11, &before, 1) == 0); /* of another claim */
	CHECK(vs_owner_claimed(&a, a.serial, 11, &before, 1) == VS_OWNER_ASK);
	CHECK(vs_owner_asked(&b, 9) == 0);
	CHECK(vs_owner_asked(&b, 11) == (VS_OWNER_LETS | VS_OWNER_CLOSE));
	CHECK(vs_owner_asked(&b, 11) == VS_OWNER_CLOSE); /* its socket is still there */
	CHECK(vs_owner_left(&b) == 0 && b.state == VS_OWNER_NONE);
	CHECK(vs_owner_asked(&b, 11) == VS_OWNER_RELEASE);
	CHECK(vs_owner_freed(&a, 3, 99) == 0 && vs_owner_freed(&a, 2, 4) == 0);
	CHECK(vs_owner_freed(&a, 2, 5) == VS_OWNER_OWNS);
	CHECK(vs_owner_left(&a) == (VS_OWNER_LETS | VS_OWNER_DELETE));
}

static void
those_before_are_handed_on(void)
{
	const struct vs_owner_before last = {.node = 2, .incarnation = 5};
	const struct vs_owner_before list[] = {{5, 1}, {9, 3}, {7, 2}};
	struct vs_owner_before made[VS_OWNER_BEFORE], many[VS_OWNER_BEFORE];
	size_t count = 0;

	CHECK_OK(vs_owner_before_make(&last, list, 3, 1, made, &count));
	CHECK(count == 2 && made[0].node == 2 && made[0].incarnation == 7 && made[1].node == 3);
	for (uint32_t i = 0; i < VS_OWNER_BEFORE; i++)
		many[i] = (struct vs_owner_before){.node = i + 10, .incarnation = 1};
	CHECK_ERR(vs_owner_before_make(&last, many, VS_OWNER_BEFORE, 1, made, &count), TOO_LONG);
	CHECK_OK(vs_owner_before_make(&last, many, VS_OWNER_BEFORE, 2, made, &count));
	CHECK(count == VS_OWNER_BEFORE);
}

static void
there_is_never_more_than_one(void)
{
	uint64_t sent = 0, handed = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		play(seed);
		sent += world.sent;
		handed += world.handed;
	}
	(void)fprintf(stderr,
	              "  %d worlds: %llu commands, %llu times by another node than before\n", SEEDS,
	              (unsigned long long)sent, (unsigned long long)handed);
	CHECK(sent > SEEDS * 100 && handed > SEEDS * 5);
}

int
main(void)
{
	CASE(a_lease_counts_from_when_it_was_asked_for);
	CASE(a_peer_is_over_when_its_end_was_written);
	CASE(the_next_owner_waits_for_the_last);
	CASE(those_before_are_handed_on);
	CASE(there_is_never_more_than_one);
	return 0;
}
