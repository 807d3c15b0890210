/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes beside a real nats-server. Their leases' clock goes 20 times as fast. */
#include "bus/presence.h"

#include "core/owner.h"
#include "nats_fixture.h"

#define FAST 20u

static struct nats_server server;
static unsigned owners;     /* of the one station of these tests, at any moment */
static uint64_t last_epoch; /* of the last owner */

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_presence *presence;
	const char *name;
	bool is_here, owns, is_stuck; /* stuck: its socket does not close */
	unsigned closed, owned, let;
	uint64_t epoch, ago_ms;
	const char *dead; /* the process that it knows to have ended */
};

static uint64_t
fast_ms(void)
{
	return vs_clock_mono_ms() * FAST;
}

static bool
local_is_connected(void *self, const char *tenant, const char *station)
{
	(void)tenant, (void)station;
	return ((struct node *)self)->is_here;
}

static void
local_disconnect(void *self, const char *tenant, const char *station, const char *reason)
{
	struct node *node = self;

	CHECK(reason[0] != '\0');
	node->closed++;
	if (node->is_stuck)
		return;
	node->is_here = false;
	CHECK_OK(vs_presence_left(node->presence, tenant, station));
}

static void
owns(void *arg, const char *tenant, const char *station, uint64_t epoch)
{
	struct node *node = arg;

	CHECK(strcmp(tenant, "acme") == 0 && strcmp(station, "CS.1") == 0);
	CHECK(!node->owns && epoch > last_epoch);
	node->owns = true;
	node->owned++;
	node->epoch = last_epoch = epoch;
	owners++;
}

static void
lets(void *arg, const char *tenant, const char *station, uint64_t epoch, uint64_t ago_ms)
{
	struct node *node = arg;

	(void)tenant, (void)station;
	CHECK(node->owns && epoch == node->epoch);
	node->owns = false;
	node->let++;
	node->ago_ms = ago_ms;
	owners--;
}

static bool
is_dead(void *arg, const char *process)
{
	const struct node *node = arg;

	return node->dead != NULL && strcmp(node->dead, process) == 0;
}

static void
node_begin_as(struct node *node, const char *name, const char *process, const char *dead,
              uint64_t (*now_ms)(void))
{
	struct vs_presence_options options = {.node = name,
	                                      .owns = owns,
	                                      .lets = lets,
	                                      .is_dead = is_dead,
	                                      .arg = node,
	                                      .process = process,
	                                      .now_ms = now_ms};

	*node = (struct node){.name = name, .dead = dead};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	options.nats = node->nats;
	options.local = (struct vs_port_commands){
	    .self = node, .is_connected = local_is_connected, .disconnect = local_disconnect};
	CHECK_OK(vs_presence_new(&options, &node->presence));
}

static void
node_begin(struct node *node, const char *name)
{
	node_begin_as(node, name, NULL, NULL, fast_ms);
}

static void
node_end(struct node *node, bool is_clean)
{
	if (is_clean)
		vs_presence_stop(node->presence);
	vs_nats_free(&node->nats);
	vs_presence_free(&node->presence);
	vs_loop_free(&node->loop);
	if (node->owns)
		owners--; /* its process is gone */
}

static void
come(struct node *node)
{
	const struct vs_presence_socket socket = {.tenant = "acme",
	                                          .station = "CS.1",
	                                          .ip = "192.0.2.7",
	                                          .protocol = "ocpp2.0.1",
	                                          .fingerprint = "",
	                                          .since_ms = 5};

	node->is_here = true;
	CHECK_OK(vs_presence_came(node->presence, &socket));
}

static void
leave(struct node *node)
{
	node->is_here = false;
	CHECK_OK(vs_presence_left(node->presence, "acme", "CS.1"));
}

static enum vs_err
may(struct node *node)
{
	return vs_presence_may_send(node->presence, "acme", "CS.1").code;
}

static bool
knows(struct node *node, const char *where)
{
	char name[VS_BUS_NODE_SIZE] = "";

	(void)vs_presence_where(node->presence, "acme", "CS.1", name);
	return strcmp(name, where) == 0;
}

static void
a_station_has_one_owner_wherever_it_goes(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	CHECK(may(&a) == VS_E_BUS_UNAVAILABLE); /* no lease yet */
	come(&a);
	NATS_UNTIL(a.owns, a.loop, b.loop);
	CHECK(may(&a) == VS_E_OK && may(&b) != VS_E_OK);
	NATS_UNTIL(knows(&b, "a") && knows(&a, "a"), a.loop, b.loop);
	CHECK(vs_presence_is_elsewhere(b.presence, "acme", "CS.1"));
	CHECK(!vs_presence_is_elsewhere(a.presence, "acme", "CS.1"));
	/* To b, while a still believes in its socket. */
	come(&b);
	NATS_UNTIL(b.owns, a.loop, b.loop);
	CHECK(a.closed == 1 && a.let == 1 && owners == 1 && may(&a) == VS_E_NOT_NOW);
	NATS_UNTIL(knows(&a, "b"), a.loop, b.loop);
	/* Back, after it left b. */
	leave(&b);
	NATS_UNTIL(!b.owns && knows(&a, ""), a.loop, b.loop);
	come(&a);
	NATS_UNTIL(a.owns, a.loop, b.loop);
	CHECK(a.owned == 2 && owners == 1);
	node_end(&a, true);
	node_end(&b, true);
	CHECK(owners == 0);
}

static void
the_new_one_waits_until_the_old_socket_is_closed(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	come(&a);
	NATS_UNTIL(a.owns, a.loop, b.loop);
	a.is_stuck = true;
	come(&b);
	NATS_UNTIL(a.closed >= 2, a.loop, b.loop); /* it is tried again */
	CHECK(!a.owns && !b.owns && may(&b) == VS_E_NOT_NOW && may(&a) == VS_E_NOT_NOW);
	a.is_stuck = false;
	NATS_UNTIL(b.owns, a.loop, b.loop);
	node_end(&a, true);
	node_end(&b, true);
}

static void
a_dead_nodes_station_is_taken_over_when_its_lease_is_over(void)
{
	struct node a, b, again;
	uint64_t begin_ms;

	node_begin(&a, "a");
	node_begin(&b, "b");
	come(&a);
	NATS_UNTIL(a.owns && knows(&b, "a"), a.loop, b.loop);
	node_end(&a, false);
	begin_ms = fast_ms();
	come(&b);
	NATS_UNTIL(b.owns, b.loop);
	/* It was renewed at most a while before. */
	CHECK(fast_ms() - begin_ms + 2 * VS_OWNER_RENEW_MS >= VS_OWNER_TTL_MS);
	/* The dead one comes back as another process: it has nothing. */
	node_begin(&again, "a");
	come(&again);
	NATS_UNTIL(again.owns, again.loop, b.loop);
	CHECK(b.closed == 1 && owners == 1);
	/* Given back in order, nobody waits. */
	node_end(&again, true);
	begin_ms = fast_ms();
	come(&b);
	NATS_UNTIL(b.owns, b.loop);
	node_end(&b, true);
}

/* For it no lease is ever over. */
static uint64_t
still_ms(void)
{
	return 1000000;
}

/* Whose own machine knows that the process before has ended waits for nothing, and nobody waits for
 * it; a process that nobody knows to be dead may still send. */
static void
one_that_comes_back_where_it_died(void)
{
	struct node a, b, again;
	uint64_t end_ms;

	node_begin_as(&a, "a", "first", NULL, still_ms);
	node_begin_as(&b, "b", "other", NULL, still_ms);
	come(&a);
	NATS_UNTIL(a.owns && knows(&b, "a"), a.loop, b.loop);
	node_end(&a, false);
	come(&b);
	node_begin_as(&again, "a", "second", "another", still_ms);
	come(&again);
	for (end_ms = vs_clock_mono_ms() + 1000; vs_clock_mono_ms() < end_ms;) {
		CHECK_OK(vs_loop_turn(again.loop, 5));
		CHECK_OK(vs_loop_turn(b.loop, 5));
		CHECK(may(&again) == VS_E_BUS_UNAVAILABLE && !again.owns && !b.owns);
	}
	node_end(&again, false);
	node_begin_as(&again, "a", "third", "first", still_ms);
	NATS_UNTIL(b.owns, again.loop, b.loop);
	leave(&b);
	NATS_UNTIL(!b.owns && knows(&again, ""), again.loop, b.loop);
	come(&again);
	NATS_UNTIL(again.owns && may(&again) == VS_E_OK, again.loop, b.loop);
	CHECK(owners == 1);
	node_end(&again, true);
	node_end(&b, true);
}

static void
a_node_that_is_cut_off_stops_by_itself(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	come(&a);
	NATS_UNTIL(a.owns, a.loop, b.loop);
	/* b goes on, a does not hear or say anything: its loop stands still. */
	come(&b);
	NATS_UNTIL(may(&a) != VS_E_OK, b.loop);
	CHECK(may(&a) == VS_E_BUS_UNAVAILABLE && !b.owns); /* the margin lies between */
	owners--;
	a.owns = false; /* which is what its lease says */
	NATS_UNTIL(b.owns, b.loop);
	a.owns = true;
	owners++;
	/* It wakes up and learns of it: the socket is closed, nothing is sent. */
	NATS_UNTIL(a.closed == 1 && !a.owns, a.loop, b.loop);
	CHECK(may(&a) != VS_E_OK && b.owns && owners == 1);
	/* Told late, with the time it was: before b owned it, by the margin at least. */
	CHECK(a.ago_ms >= VS_OWNER_MARGIN_MS);
	node_end(&a, true);
	node_end(&b, true);
}

static void
without_nats_nobody_sends_and_all_goes_on_when_it_is_back(void)
{
	struct node a;

	node_begin(&a, "a");
	come(&a);
	NATS_UNTIL(a.owns, a.loop);
	nats_kill(&server);
	NATS_UNTIL(may(&a) == VS_E_BUS_UNAVAILABLE, a.loop);
	CHECK(a.closed == 0); /* the station stays connected */
	nats_start(&server);
	NATS_UNTIL(may(&a) == VS_E_OK, a.loop);
	CHECK(a.closed == 0 && owners == 1);
	node_end(&a, true);
}

/* All zero: it is not known. */
static struct vs_presence_row
row_of(struct node *node, const char *name)
{
	struct vs_presence_row rows[8];
	size_t count = vs_presence_nodes(node->presence, rows, 8);

	CHECK(count > 0 && rows[0].is_self && strcmp(rows[0].name, node->name) == 0);
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i];
	return (struct vs_presence_row){.name = ""};
}

static void
every_node_knows_the_others(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	come(&a);
	NATS_UNTIL(a.owns && knows(&b, "a") && row_of(&b, "a").is_alive, a.loop, b.loop);
	CHECK(row_of(&b, "a").stations == 1 && !row_of(&b, "a").is_draining);
	CHECK(row_of(&b, "b").stations == 0);
	CHECK(row_of(&b, "a").incarnation != 0 &&
	      row_of(&b, "a").incarnation == row_of(&a, "a").incarnation);
	NATS_UNTIL(row_of(&a, "a").stations == 1, a.loop, b.loop);
	vs_presence_set_draining(a.presence, true);
	CHECK(row_of(&a, "a").is_draining);
	NATS_UNTIL(row_of(&b, "a").is_draining, a.loop, b.loop);
	CHECK(may(&a) == VS_E_OK); /* it sends as before */
	vs_presence_set_draining(a.presence, false);
	NATS_UNTIL(!row_of(&b, "a").is_draining, a.loop, b.loop);
	leave(&a);
	NATS_UNTIL(row_of(&b, "a").stations == 0, a.loop, b.loop);
	node_end(&a, true);
	NATS_UNTIL(!row_of(&b, "a").is_alive, b.loop);
	node_end(&b, true);
}

int
main(void)
{
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	CASE(every_node_knows_the_others);
	owners = 0;
	CASE(a_station_has_one_owner_wherever_it_goes);
	CASE(the_new_one_waits_until_the_old_socket_is_closed);
	CASE(a_dead_nodes_station_is_taken_over_when_its_lease_is_over);
	owners = 0;
	CASE(one_that_comes_back_where_it_died);
	owners = 0;
	CASE(a_node_that_is_cut_off_stops_by_itself);
	owners = 0;
	CASE(without_nats_nobody_sends_and_all_goes_on_when_it_is_back);
	nats_done(&server);
	pki_done();
	return 0;
}
