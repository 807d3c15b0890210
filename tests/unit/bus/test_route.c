/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/route.h"

#include "base/limits.h"
#include "nats_fixture.h"

static struct nats_server server;

/* One node: what its reactors would have done is counted. */
struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_route *route;
	struct vs_port_commands port;
	bool is_here, is_known_elsewhere;
	vs_result local_says, may;
	unsigned sent, closed, asked_may, failures;
	char id[VS_CORE_UUID_SIZE], payload[64], reason[64], fault[128];
	uint32_t timeout_ms;
	vs_result failed;
};

static vs_result
local_send(void *self, const char *tenant, const char *station, const char *command_id,
           const char *action, struct vs_bytes payload, uint32_t timeout_ms, char *fault,
           size_t fault_size)
{
	struct node *node = self;

	CHECK(strcmp(tenant, "acme") == 0 && strcmp(station, "CS.1") == 0 &&
	      strcmp(action, "Reset") == 0);
	if (!node->is_here)
		return VS_FAIL(NOT_CONNECTED);
	if (node->local_says.code != VS_E_OK) {
		(void)snprintf(fault, fault_size, "type is missing");
		return node->local_says;
	}
	node->sent++;
	node->timeout_ms = timeout_ms;
	(void)snprintf(node->id, sizeof(node->id), "%s", command_id);
	(void)vs_bytes_copy_text(payload, node->payload, sizeof(node->payload));
	return VS_OK;
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

	(void)tenant, (void)station;
	if (!node->is_here)
		return;
	node->closed++;
	(void)snprintf(node->reason, sizeof(node->reason), "%s", reason);
}

static vs_result
may_send(void *arg, const char *tenant, const char *station)
{
	struct node *node = arg;

	(void)tenant, (void)station;
	node->asked_may++;
	return node->may;
}

static bool
is_elsewhere(void *arg, const char *tenant, const char *station)
{
	(void)tenant, (void)station;
	return ((struct node *)arg)->is_known_elsewhere;
}

static void
failed(void *arg, const struct vs_route_command *command)
{
	struct node *node = arg;

	CHECK(strcmp(command->tenant, "acme") == 0 && strcmp(command->action, "Reset") == 0);
	CHECK(vs_bytes_equal_text(command->payload, "{\"type\":\"Hard\"}"));
	node->failures++;
	node->failed = command->result;
	(void)snprintf(node->fault, sizeof(node->fault), "%s", command->fault);
}

static void
node_begin(struct node *node, const char *name)
{
	struct vs_route_options options = {.may_send = may_send,
	                                   .is_elsewhere = is_elsewhere,
	                                   .failed = failed,
	                                   .arg = node,
	                                   .answer_ms = 200};

	*node = (struct node){.is_known_elsewhere = true};
	options.local = (struct vs_port_commands){.self = node,
	                                          .send = local_send,
	                                          .is_connected = local_is_connected,
	                                          .disconnect = local_disconnect};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	options.nats = node->nats;
	options.node = name;
	CHECK_OK(vs_route_new(&options, &node->route));
	node->port = vs_route_commands(node->route);
	NATS_UNTIL(vs_nats_is_connected(node->nats), node->loop);
}

static void
node_end(struct node *node)
{
	vs_nats_free(&node->nats);
	vs_route_free(&node->route);
	vs_loop_free(&node->loop);
}

static vs_result
give(struct node *node, const char *id)
{
	node->fault[0] = '\0';
	node->failures = 0;
	return node->port.send(node->port.self, "acme", "CS.1", id, "Reset",
	                       VS_BYTES_LITERAL("{\"type\":\"Hard\"}"), 30000, node->fault,
	                       sizeof(node->fault));
}

/* The server knows of b when a command has come to it. */
static void
connect_at(struct node *a, struct node *b)
{
	char id[16];

	b->is_here = true;
	CHECK_OK(vs_route_own(b->route, "acme", "CS.1"));
	CHECK_OK(vs_route_own(b->route, "acme", "CS.1"));
	for (unsigned i = 0; b->sent == 0; i++) {
		(void)snprintf(id, sizeof(id), "try-%u", i);
		CHECK_OK(give(a, id));
		NATS_UNTIL(b->sent == 1 || a->failures == 1, a->loop, b->loop);
	}
}

static void
a_station_of_here_is_sent_to_from_here(void)
{
	struct node a;

	node_begin(&a, "a");
	a.is_here = true;
	CHECK_OK(give(&a, "1"));
	CHECK(a.sent == 1 && a.timeout_ms == 30000 && a.asked_may == 1);
	a.local_says = VS_FAIL(MISSING);
	CHECK_ERR(give(&a, "2"), MISSING);
	CHECK(strcmp(a.fault, "type is missing") == 0);
	/* Its right to the station is not certain. */
	a.may = VS_FAIL(NOT_NOW);
	CHECK_ERR(give(&a, "3"), NOT_NOW);
	CHECK(a.sent == 1 && a.fault[0] != '\0');
	/* Known to be nowhere: what the local port says of it. */
	a.is_here = a.is_known_elsewhere = false;
	CHECK_ERR(give(&a, "4"), NOT_CONNECTED);
	CHECK(!a.port.is_connected(a.port.self, "acme", "CS.1"));
	a.is_known_elsewhere = true;
	CHECK(a.port.is_connected(a.port.self, "acme", "CS.1"));
	node_end(&a);
}

static void
a_station_of_another_node_is_sent_to_from_there(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	connect_at(&a, &b);
	CHECK(strcmp(b.payload, "{\"type\":\"Hard\"}") == 0 && b.timeout_ms == 30000);
	CHECK(a.sent == 0 && strncmp(b.id, "try-", 4) == 0);
	/* The owner validates. */
	b.local_says = VS_FAIL(MISSING);
	CHECK_OK(give(&a, "wrong"));
	NATS_UNTIL(a.failures == 1, a.loop, b.loop);
	CHECK_ERR(a.failed, MISSING);
	CHECK(strcmp(a.fault, "type is missing") == 0);
	/* To close it. */
	a.port.disconnect(a.port.self, "acme", "CS.1", "revoked");
	NATS_UNTIL(b.closed == 1, a.loop, b.loop);
	CHECK(strcmp(b.reason, "revoked") == 0 && a.closed == 0);
	/* It left: nobody is there, which is known at once. */
	b.is_here = false;
	vs_route_disown(b.route, "acme", "CS.1");
	CHECK_OK(give(&a, "gone"));
	NATS_UNTIL(a.failures == 1, a.loop, b.loop);
	CHECK_ERR(a.failed, NOT_CONNECTED);
	node_end(&a);
	node_end(&b);
}

static void
an_order_that_comes_twice_is_sent_once(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	connect_at(&a, &b);
	for (int i = 0; i < 5; i++)
		CHECK_OK(give(&a, "the-same"));
	NATS_UNTIL(strcmp(b.id, "the-same") == 0, a.loop, b.loop);
	CHECK_OK(give(&a, "another"));
	NATS_UNTIL(strcmp(b.id, "another") == 0, a.loop, b.loop);
	CHECK(b.sent == 3 && a.failures == 0); /* the first, the same, another */
	node_end(&a);
	node_end(&b);
}

static void
an_owner_that_is_not_certain_is_asked_again(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	connect_at(&a, &b);
	b.may = VS_FAIL(NOT_NOW);
	b.asked_may = 0;
	CHECK_OK(give(&a, "later"));
	NATS_UNTIL(b.asked_may == 1, a.loop, b.loop);
	b.may = VS_OK;
	NATS_UNTIL(strcmp(b.id, "later") == 0, a.loop, b.loop);
	/* And never: it ends. */
	b.may = VS_FAIL(NOT_NOW);
	b.asked_may = 0;
	CHECK_OK(give(&a, "never"));
	NATS_UNTIL(a.failures == 1, a.loop, b.loop);
	CHECK(b.asked_may == 3);
	CHECK_ERR(a.failed, NOT_NOW);
	node_end(&a);
	node_end(&b);
}

static void
an_owner_that_does_not_answer_is_a_timeout(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	connect_at(&a, &b);
	b.sent = 0;
	CHECK_OK(give(&a, "slow"));
	NATS_UNTIL(a.failures == 1, a.loop); /* b's loop stands still */
	CHECK_ERR(a.failed, TIMEOUT);
	/* It was asked three times, and sends once. */
	NATS_UNTIL(b.sent == 1, b.loop);
	for (int i = 0; i < 20; i++)
		CHECK_OK(vs_loop_turn(b.loop, 5));
	CHECK(b.sent == 1 && strcmp(b.id, "slow") == 0);
	node_end(&a);
	node_end(&b);
}

/* Who waits hears what the owner said, and then there is no command; or that nobody knows. */
static struct {
	unsigned count;
	vs_result result;
	char fault[128];
} heard;

static void
said(void *arg, vs_result result, const char *fault)
{
	CHECK(arg == &heard);
	heard.count++;
	heard.result = result;
	(void)snprintf(heard.fault, sizeof(heard.fault), "%s", fault);
}

static bool
ask(struct node *node, const char *id)
{
	const struct vs_port_command command = {.tenant = "acme",
	                                        .station = "CS.1",
	                                        .id = id,
	                                        .action = "Reset",
	                                        .payload = VS_BYTES_LITERAL("{\"type\":\"Hard\"}"),
	                                        .timeout_ms = 30000,
	                                        .said = said,
	                                        .arg = &heard};
	bool is_later = false;

	heard.count = 0;
	node->failures = 0;
	CHECK_OK(
	    node->port.ask(node->port.self, &command, node->fault, sizeof(node->fault), &is_later));
	return is_later;
}

static void
who_waits_hears_what_the_owner_says(void)
{
	char from[VS_BUS_NODE_SIZE] = "";
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	connect_at(&a, &b);
	CHECK(ask(&a, "taken"));
	NATS_UNTIL(heard.count == 1, a.loop, b.loop);
	CHECK_OK(heard.result);
	CHECK(strcmp(b.id, "taken") == 0 && a.failures == 0);
	/* Its end is told to who sent it, once. */
	CHECK(vs_route_ended(b.route, "taken", from) && strcmp(from, "a") == 0);
	CHECK(!vs_route_ended(b.route, "taken", from) && !vs_route_ended(b.route, "none", from));
	b.local_says = VS_FAIL(MISSING);
	CHECK(ask(&a, "wrong"));
	NATS_UNTIL(heard.count == 1, a.loop, b.loop);
	CHECK_ERR(heard.result, MISSING);
	CHECK(strcmp(heard.fault, "type is missing") == 0 && a.failures == 0);
	b.local_says = VS_OK;
	b.may = VS_FAIL(NOT_NOW);
	CHECK(ask(&a, "never"));
	NATS_UNTIL(heard.count == 1, a.loop, b.loop);
	CHECK_ERR(heard.result, NOT_NOW);
	CHECK(heard.fault[0] != '\0' && a.failures == 0);
	b.may = VS_OK;
	/* It may have been sent: a command that failed, and no refusal. */
	CHECK(ask(&a, "slow"));
	NATS_UNTIL(heard.count == 1, a.loop);
	CHECK_OK(heard.result);
	CHECK(a.failures == 1);
	CHECK_ERR(a.failed, TIMEOUT);
	NATS_UNTIL(strcmp(b.id, "slow") == 0, b.loop);
	vs_route_disown(b.route, "acme", "CS.1");
	b.is_here = false;
	/* Until the server knows, one may still be lost on its way there: that is doubtful. */
	do {
		CHECK(ask(&a, "gone"));
		NATS_UNTIL(heard.count == 1, a.loop, b.loop);
	} while (heard.result.code == VS_E_OK && a.failures == 1);
	CHECK_ERR(heard.result, NOT_CONNECTED);
	/* What is known here is said here. */
	a.is_here = true;
	CHECK(!ask(&a, "here") && heard.count == 0 && strcmp(a.id, "here") == 0);
	node_end(&a);
	node_end(&b);
}

static void
without_nats_it_is_refused_at_once(void)
{
	struct node a;

	node_begin(&a, "a");
	nats_kill(&server);
	NATS_UNTIL(!vs_nats_is_connected(a.nats), a.loop);
	CHECK_ERR(give(&a, "1"), BUS_UNAVAILABLE);
	CHECK(a.fault[0] != '\0');
	a.is_here = true; /* its own stations go on */
	CHECK_OK(give(&a, "2"));
	nats_start(&server);
	node_end(&a);
}

/* 50 000 stations on one node cost less than 1 KiB each, what the library keeps included. */
static size_t
resident_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[128];
	size_t kib = 0;

	CHECK(status != NULL);
	while (fgets(line, sizeof(line), status) != NULL) {
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtoul(line + 6, NULL, 10);
	}
	CHECK(fclose(status) == 0 && kib > 0);
	return kib;
}

#define MANY 50000
/* What a sanitizer keeps beside each allocation is not ours. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_PLAIN false
#elif defined(__has_feature)
#define IS_PLAIN (!__has_feature(thread_sanitizer) && !__has_feature(address_sanitizer))
#else
#define IS_PLAIN true
#endif

static void
many_stations_cost_little(void)
{
	struct node a;
	char station[24];
	size_t before;

	node_begin(&a, "a");
	before = resident_kib();
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(station, sizeof(station), "STATION-%06d", i);
		CHECK_OK(vs_route_own(a.route, "acme", station));
	}
	(void)fprintf(stderr, "  %d subjects: %zu bytes each\n", MANY,
	              (resident_kib() - before) * 1024 / MANY);
	CHECK(!IS_PLAIN || (resident_kib() - before) * 1024 / MANY < 1024);
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(station, sizeof(station), "STATION-%06d", i);
		vs_route_disown(a.route, "acme", station);
	}
	node_end(&a);
}

/* "subjects": only what ./dev bench asks for. */
int
main(int argc, char **argv)
{
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	if (argc > 1 && strcmp(argv[1], "subjects") == 0) {
		CASE(many_stations_cost_little);
		nats_done(&server);
		pki_done();
		return 0;
	}
	CASE(a_station_of_here_is_sent_to_from_here);
	CASE(a_station_of_another_node_is_sent_to_from_there);
	CASE(an_order_that_comes_twice_is_sent_once);
	CASE(an_owner_that_is_not_certain_is_asked_again);
	CASE(an_owner_that_does_not_answer_is_a_timeout);
	CASE(who_waits_hears_what_the_owner_says);
	CASE(without_nats_it_is_refused_at_once);
	CASE(many_stations_cost_little);
	nats_done(&server);
	pki_done();
	return 0;
}
