/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/poke.h"

#include "base/metric.h"
#include "nats_fixture.h"

static struct nats_server server;

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_poke *poke;
	unsigned poked;
};

static void
poked(void *arg)
{
	((struct node *)arg)->poked++;
}

static void
node_begin(struct node *node, const char *name)
{
	struct vs_poke_options options = {.node = name, .poked = poked, .arg = node};

	*node = (struct node){.poked = 0};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	options.nats = node->nats;
	CHECK_OK(vs_poke_new(&options, &node->poke));
	NATS_UNTIL(vs_nats_is_connected(node->nats), node->loop);
}

static void
node_end(struct node *node)
{
	vs_nats_free(&node->nats);
	vs_poke_free(&node->poke);
	vs_loop_free(&node->loop);
}

/* The servers know of a subscription when something has come over it. */
static void
until_heard(struct node *from, const struct node *to)
{
	unsigned before = to->poked;
	uint64_t end_ms = vs_clock_mono_ms() + NATS_WAIT_MS;

	while (to->poked == before) {
		CHECK(vs_clock_mono_ms() < end_ms);
		vs_poke_say(from->poke);
		for (int i = 0; i < 10; i++) {
			CHECK_OK(vs_loop_turn(from->loop, 5));
			CHECK_OK(vs_loop_turn(to->loop, 5));
		}
	}
}

static void
others_hear_and_not_who_said_it(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	until_heard(&a, &b);
	CHECK(a.poked == 0);
	until_heard(&b, &a);
	node_end(&a);
	node_end(&b);
}

/* What is said at once is said now, and once more when the gap is over. */
static void
many_are_few(void)
{
	struct node a, b;
	uint64_t until_ms;

	node_begin(&a, "a");
	node_begin(&b, "b");
	until_heard(&a, &b);
	for (until_ms = vs_clock_mono_ms() + 200; vs_clock_mono_ms() < until_ms;) {
		CHECK_OK(vs_loop_turn(a.loop, 5));
		CHECK_OK(vs_loop_turn(b.loop, 5));
	}
	b.poked = 0;
	for (int i = 0; i < 1000; i++) {
		vs_poke_say(a.poke);
		if (i % 100 == 0)
			CHECK_OK(vs_loop_turn(a.loop, 0));
	}
	NATS_UNTIL(b.poked >= 1, a.loop, b.loop);
	for (until_ms = vs_clock_mono_ms() + 200; vs_clock_mono_ms() < until_ms;) {
		CHECK_OK(vs_loop_turn(a.loop, 5));
		CHECK_OK(vs_loop_turn(b.loop, 5));
	}
	CHECK(b.poked >= 1 && b.poked < 20);
	node_end(&a);
	node_end(&b);
}

/* Another key: who has a certificate of the servers' CA cannot make nodes look. */
static void
a_stranger_is_not_heard(void)
{
	struct node thief, b;
	int64_t forged = vs_metric_read(VS_METRIC_bus_forged_total);

	node_begin(&thief, "thief");
	node_begin(&b, "b");
	while (vs_metric_read(VS_METRIC_bus_forged_total) == forged) {
		vs_poke_say(thief.poke);
		CHECK_OK(vs_loop_turn(thief.loop, 5));
		CHECK_OK(vs_loop_turn(b.loop, 5));
	}
	CHECK(b.poked == 0);
	node_end(&thief);
	node_end(&b);
}

static void
without_a_server_nothing_is_kept(void)
{
	struct node a;

	node_begin(&a, "a");
	nats_kill(&server);
	NATS_UNTIL(!vs_nats_is_connected(a.nats), a.loop);
	vs_poke_say(a.poke);
	CHECK_OK(vs_loop_turn(a.loop, 50));
	CHECK(a.poked == 0);
	nats_start(&server);
	NATS_UNTIL(vs_nats_is_connected(a.nats), a.loop);
	node_end(&a);
}

int
main(void)
{
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	CASE(others_hear_and_not_who_said_it);
	CASE(many_are_few);
	CASE(a_stranger_is_not_heard);
	CASE(without_a_server_nothing_is_kept);
	nats_done(&server);
	pki_done();
	return 0;
}
