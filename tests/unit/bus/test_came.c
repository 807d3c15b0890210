/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/came.h"

#include "base/metric.h"
#include "nats_fixture.h"

static struct nats_server server;

/* --- words ------------------------------------------------------------------------------------ */

static enum vs_err
read_text(const char *text, struct vs_came_word *word)
{
	return vs_came_word_read(vs_bytes_from_text(text), word).code;
}

static void
a_word_is_read_as_it_was_written(void)
{
	static const char *const kinds[VS_CAME_KINDS] = {"sensor", "charge_point", "driver"};
	char expected[200];

	for (int i = 0; i < VS_CAME_KINDS; i++) {
		const struct vs_came_word word = {
		    .kind = (enum vs_came_kind)i, .tenant = "acme", .name = "acme.S\\1"};
		struct vs_came_word back = {.kind = VS_CAME_KINDS};
		struct vs_buf text;

		vs_buf_init(&text, 400);
		CHECK_OK(vs_came_word_write(&word, &text));
		(void)snprintf(expected, sizeof(expected),
		               "{\"what\":\"%s\",\"tenant\":\"acme\",\"name\":\"acme.S\\\\1\"}",
		               kinds[i]);
		CHECK(vs_bytes_equal_text(vs_buf_view(&text), expected));
		CHECK_OK(vs_came_word_read(vs_buf_view(&text), &back));
		CHECK(back.kind == word.kind && strcmp(back.tenant, word.tenant) == 0 &&
		      strcmp(back.name, word.name) == 0);
		vs_buf_done(&text);
	}
}

static void
another_one_is_refused(void)
{
	struct vs_came_word word = {.kind = VS_CAME_DRIVER, .name = "untouched"};
	char text[700];

	CHECK(read_text("", &word) != VS_E_OK && read_text("[]", &word) != VS_E_OK);
	CHECK(read_text("{\"what\":\"sensor\",\"tenant\":\"a\"}", &word) == VS_E_MISSING);
	CHECK(read_text("{\"what\":\"sensor\",\"tenant\":\"a\",\"name\":7}", &word) != VS_E_OK);
	CHECK(read_text("{\"what\":\"sensor\",\"tenant\":\"a\",\"name\":\"\"}", &word) ==
	      VS_E_BAD_VALUE);
	CHECK(read_text("{\"what\":\"sensor\",\"tenant\":\"\",\"name\":\"b\"}", &word) ==
	      VS_E_BAD_VALUE);
	CHECK(read_text("{\"what\":\"station\",\"tenant\":\"a\",\"name\":\"b\"}", &word) ==
	      VS_E_BAD_VALUE);
	(void)snprintf(text, sizeof(text),
	               "{\"what\":\"sensor\",\"tenant\":\"a\",\"name\":\"%0500d\"}", 1);
	CHECK(read_text(text, &word) == VS_E_TOO_LONG);
	CHECK(word.kind == VS_CAME_DRIVER && strcmp(word.name, "untouched") == 0);
}

/* --- nodes ------------------------------------------------------------------------------------ */

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_came *came;
	unsigned heard;
	struct vs_came_word last;
};

static void
heard(void *arg, const struct vs_came_word *word)
{
	struct node *node = arg;

	node->heard++;
	node->last = *word;
}

static void
node_begin(struct node *node, const char *name)
{
	struct vs_came_options options = {.node = name, .heard = heard, .arg = node};

	*node = (struct node){.heard = 0};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	options.nats = node->nats;
	CHECK_OK(vs_came_new(&options, &node->came));
	NATS_UNTIL(vs_nats_is_connected(node->nats), node->loop);
}

static void
node_end(struct node *node)
{
	vs_nats_free(&node->nats);
	vs_came_free(&node->came);
	vs_loop_free(&node->loop);
}

static void
others_hear_and_not_who_said_it(void)
{
	struct node a, b;
	uint64_t end_ms = vs_clock_mono_ms() + NATS_WAIT_MS;

	node_begin(&a, "a");
	node_begin(&b, "b");
	/* The servers know of a subscription when something has come over it. */
	while (b.heard == 0) {
		CHECK(vs_clock_mono_ms() < end_ms);
		vs_came_say(a.came, VS_CAME_CHARGE_POINT, "default", "CP-1");
		for (int i = 0; i < 10; i++) {
			CHECK_OK(vs_loop_turn(a.loop, 5));
			CHECK_OK(vs_loop_turn(b.loop, 5));
		}
	}
	CHECK(a.heard == 0 && b.last.kind == VS_CAME_CHARGE_POINT);
	CHECK(strcmp(b.last.tenant, "default") == 0 && strcmp(b.last.name, "CP-1") == 0);
	node_end(&a);
	node_end(&b);
}

/* Another key: who has a certificate of the servers' CA cannot end connections. */
static void
a_stranger_is_not_heard(void)
{
	struct node thief, b;
	int64_t forged = vs_metric_read(VS_METRIC_bus_forged_total);

	node_begin(&thief, "thief");
	node_begin(&b, "b");
	while (vs_metric_read(VS_METRIC_bus_forged_total) == forged) {
		vs_came_say(thief.came, VS_CAME_SENSOR, "default", "S-1");
		CHECK_OK(vs_loop_turn(thief.loop, 5));
		CHECK_OK(vs_loop_turn(b.loop, 5));
	}
	CHECK(b.heard == 0);
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
	vs_came_say(a.came, VS_CAME_SENSOR, "default", "S-1");
	CHECK_OK(vs_loop_turn(a.loop, 50));
	nats_start(&server);
	NATS_UNTIL(vs_nats_is_connected(a.nats), a.loop);
	CHECK(a.heard == 0);
	node_end(&a);
}

int
main(void)
{
	CASE(a_word_is_read_as_it_was_written);
	CASE(another_one_is_refused);
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	CASE(others_hear_and_not_who_said_it);
	CASE(a_stranger_is_not_heard);
	CASE(without_a_server_nothing_is_kept);
	nats_done(&server);
	pki_done();
	return 0;
}
