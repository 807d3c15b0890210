/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/health.h"

#include "nats_fixture.h"

static struct nats_server server;

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_health *health;
	int64_t stations;
};

static struct vs_health_row rows[8];

static void
look(void *arg, struct vs_health_row *row)
{
	row->stations = ((struct node *)arg)->stations;
	row->is_draining = row->stations == 0;
}

static void
begin(struct node *node, const char *name, int64_t stations)
{
	struct vs_health_options options = {.node = name, .look = look, .arg = node};
	const struct vs_core_node_health own = {.version = "1.2",
	                                        .uptime_s = 7,
	                                        .cpu_permille = 50,
	                                        .cores = 2,
	                                        .memory_bytes = VS_CORE_ABSENT,
	                                        .store_queue = 3,
	                                        .store_lag_ms = 4,
	                                        .store_errors = 5,
	                                        .is_audited = true};

	*node = (struct node){.stations = stations};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	options.nats = node->nats;
	CHECK_OK(vs_health_new(&options, &node->health));
	vs_health_say(node->health, &own);
	NATS_UNTIL(vs_nats_is_connected(node->nats), node->loop);
}

static void
end(struct node *node)
{
	vs_nats_free(&node->nats);
	vs_health_free(&node->health);
	CHECK(node->health == NULL);
	vs_loop_free(&node->loop);
}

static size_t
list(const struct node *node)
{
	return vs_health_list(node->health, rows, 8);
}

static void
each_knows_how_all_are(void)
{
	struct node a, b, c;

	begin(&b, "b", 12);
	CHECK(list(&b) == 1 && rows[0].is_self && rows[0].is_alive);
	begin(&a, "a", 0);
	begin(&c, "c", 1);
	NATS_UNTIL(list(&b) == 3 && rows[0].health.version[0] != '\0', a.loop, b.loop, c.loop);
	CHECK(strcmp(rows[0].name, "a") == 0 && strcmp(rows[2].name, "c") == 0);
	CHECK(rows[1].is_self && !rows[0].is_self);
	NATS_UNTIL(list(&a) == 3, a.loop, b.loop, c.loop);
	CHECK(rows[0].is_self && strcmp(rows[1].name, "b") == 0 && rows[1].stations == 12);
	CHECK(strcmp(rows[1].health.version, "1.2") == 0 && rows[1].health.uptime_s == 7);
	CHECK(rows[1].health.cpu_permille == 50 && rows[1].health.cores == 2);
	CHECK(rows[1].health.store_queue == 3 && rows[1].health.store_lag_ms == 4);
	CHECK(rows[1].health.store_errors == 5 && rows[1].health.is_audited);
	CHECK(rows[1].health.memory_bytes == VS_CORE_ABSENT && !rows[1].is_draining);
	NATS_UNTIL(list(&a) == 3 && rows[0].is_draining, a.loop);
	CHECK(vs_health_list(a.health, rows, 2) == 2);
	/* One ends in order, one does not. */
	vs_health_stop(c.health);
	end(&c);
	NATS_UNTIL(list(&a) == 2, a.loop, b.loop);
	end(&b);
	CHECK_OK(vs_loop_turn(a.loop, NATS_TURN_MS));
	CHECK(list(&a) == 2 && rows[1].is_alive);
	end(&a);
}

/* One that is away for a moment is there again, and who has not the key is nobody. */
static void
after_a_loss(void)
{
	struct node a, b, thief;

	begin(&a, "a", 1);
	begin(&b, "b", 1);
	NATS_UNTIL(list(&a) == 2, a.loop, b.loop);
	nats_kill(&server);
	NATS_UNTIL(!vs_nats_is_connected(a.nats) && !vs_nats_is_connected(b.nats), a.loop, b.loop);
	nats_start(&server);
	b.stations = 99;
	NATS_UNTIL(list(&a) == 2 && rows[1].stations == 99, a.loop, b.loop);
	begin(&thief, "thief", 1);
	for (int i = 0; i < 10; i++) {
		CHECK_OK(vs_loop_turn(thief.loop, NATS_TURN_MS));
		CHECK_OK(vs_loop_turn(a.loop, 0));
	}
	CHECK(list(&a) == 2);
	end(&a);
	end(&b);
	end(&thief);
}

static void
what_is_refused(void)
{
	static const struct {
		const char *text;
		enum vs_err err;
	} wrong[] = {
	    {"", VS_E_TRUNCATED},
	    {"{}", VS_E_MISSING},
	    {"{\"version\":\"123456789012345678901234567890123\"}", VS_E_TOO_LONG},
	    {"{\"version\":\"\",\"cores\":\"1\"}", VS_E_WRONG_TYPE},
	    {"{\"version\":\"\",\"audit\":true,\"draining\":1}", VS_E_WRONG_TYPE},
	    {"{\"version\":\"\",\"audit\":true,\"draining\":true}", VS_E_MISSING},
	};
	struct vs_health_row row = {.stations = 77};
	bool is_leaving = false;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(vs_health_read(vs_bytes_from_text(wrong[i].text), &row, &is_leaving).code ==
		      wrong[i].err);
	CHECK(row.stations == 77 && !is_leaving);
	CHECK_OK(
	    vs_health_read(vs_bytes_from_text("{\"version\":\"1\",\"stations\":3,\"audit\":false,"
	                                      "\"draining\":true,\"leaving\":true}"),
	                   &row, &is_leaving));
	CHECK(row.stations == 3 && row.health.cores == VS_CORE_ABSENT && row.is_draining &&
	      is_leaving);
}

int
main(void)
{
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	CASE(what_is_refused);
	CASE(each_knows_how_all_are);
	CASE(after_a_loss);
	nats_done(&server);
	pki_done();
	return 0;
}
