/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/failures.h"

#include <pthread.h>

#include "base/metric.h"
#include "nats_fixture.h"

static struct nats_server server;
static struct vs_failures_said said, back;

/* --- as JSON -----------------------------------------------------------------------------------
 */

static const struct vs_failure by_name = {
    .address = {192, 0, 2, 1}, .has_name = true, .name = {0xab, [15] = 1}};
static const struct vs_failure by_none = {.address = {0x20, 1, 0x0d, 0xb8, [15] = 1},
                                          .is_ipv6 = true};

static bool
is_same(const struct vs_failure *a, const struct vs_failure *b)
{
	return a->is_ipv6 == b->is_ipv6 && a->has_name == b->has_name &&
	       vs_bytes_equal(vs_bytes_from(a->address, 16), vs_bytes_from(b->address, 16)) &&
	       vs_bytes_equal(vs_bytes_from(a->name, 16), vs_bytes_from(b->name, 16));
}

static vs_result
read_text(const char *text)
{
	struct vs_json_tape tape;
	vs_result r;

	vs_json_tape_init(&tape);
	r = vs_failures_read(vs_bytes_from_text(text), &tape, &back);
	vs_json_tape_done(&tape);
	return r;
}

static void
there_and_back(void)
{
	static const char known[] = "{\"run\":\"r\",\"number\":17,\"failed\":["
				    "{\"from\":\"192.0.2.1\","
				    "\"name\":\"ab000000000000000000000000000001\"},"
				    "{\"from\":\"2001:db8::1\"}]}";
	struct vs_buf text;

	said = (struct vs_failures_said){.run = "r", .number = 17, .count = 2};
	said.rows[0] = by_name;
	said.rows[1] = by_none;
	vs_buf_init(&text, 1024);
	CHECK_OK(vs_failures_write(&said, &text));
	CHECK(vs_bytes_equal_text(vs_buf_view(&text), known));
	vs_buf_done(&text);
	CHECK_OK(read_text(known));
	CHECK(strcmp(back.run, "r") == 0 && back.number == 17 && back.count == 2);
	CHECK(is_same(&back.rows[0], &by_name) && is_same(&back.rows[1], &by_none));
}

#define OF(rows) "{\"run\":\"r\",\"number\":1,\"failed\":[" rows "]}"

static void
what_no_node_says(void)
{
	CHECK_OK(read_text(OF("{\"from\":\"::1\"}")));
	CHECK_ERR(read_text(""), TRUNCATED);
	CHECK_ERR(read_text("{}"), MISSING);
	CHECK_ERR(read_text("{\"run\":\"r\",\"number\":1}"), WRONG_TYPE);
	CHECK_ERR(read_text("{\"run\":\"r\",\"number\":1,\"failed\":{}}"), WRONG_TYPE);
	CHECK_ERR(read_text("{\"run\":\"\",\"number\":1,\"failed\":[{\"from\":\"::1\"}]}"),
	          OUT_OF_RANGE);
	CHECK_ERR(read_text("{\"run\":\"r\",\"number\":0,\"failed\":[{\"from\":\"::1\"}]}"),
	          OUT_OF_RANGE);
	CHECK_ERR(read_text("{\"run\":\"r\",\"number\":-1,\"failed\":[{\"from\":\"::1\"}]}"),
	          OUT_OF_RANGE);
	CHECK_ERR(read_text(OF("")), OUT_OF_RANGE);
	CHECK_ERR(read_text(OF("1")), MISSING);
	CHECK_ERR(read_text(OF("{\"name\":\"00\"}")), MISSING);
	CHECK_ERR(read_text(OF("{\"from\":1}")), WRONG_TYPE);
	CHECK_ERR(read_text(OF("{\"from\":\"192.0.2.256\"}")), BAD_VALUE);
	CHECK_ERR(read_text(OF("{\"from\":\"::ffff:192.0.2.1\"}")), BAD_VALUE);
	CHECK_ERR(read_text(OF("{\"from\":\"a name\"}")), BAD_VALUE);
	CHECK_ERR(read_text(OF("{\"from\":\"::1\",\"name\":\"ab\"}")), BAD_VALUE);
	CHECK_ERR(read_text(OF("{\"from\":\"::1\",\"name\":\"xx\"}")), BAD_ENCODING);
	CHECK_ERR(read_text(OF("{\"from\":\"::1\",\"name\":"
	                       "\"ab00000000000000000000000000000100\"}")),
	          TOO_LONG);
}

/* The most that one message has is written and read; one more is not read. */
static void
as_many_as_there_may_be(void)
{
	struct vs_json_tape tape;
	struct vs_buf text;

	said = (struct vs_failures_said){.run = "r", .number = 1, .count = VS_LIMIT_BUS_FAILURES};
	for (size_t i = 0; i < VS_LIMIT_BUS_FAILURES; i++) {
		memset(&said.rows[i], 0xff, sizeof(said.rows[i].address));
		said.rows[i].is_ipv6 = said.rows[i].has_name = true;
	}
	vs_buf_init(&text, VS_LIMIT_BUS_MESSAGE_SIZE - VS_BUS_SEAL_MORE);
	vs_json_tape_init(&tape);
	CHECK_OK(vs_failures_write(&said, &text));
	CHECK_OK(vs_failures_read(vs_buf_view(&text), &tape, &back));
	CHECK(back.count == VS_LIMIT_BUS_FAILURES);
	text.size -= 2;
	CHECK_OK(vs_buf_append_text(&text, ",{\"from\":\"::1\"}]}"));
	CHECK_ERR(vs_failures_read(vs_buf_view(&text), &tape, &back), OUT_OF_RANGE);
	vs_json_tape_done(&tape);
	vs_buf_done(&text);
}

/* --- over the bus ------------------------------------------------------------------------------
 */

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_failures *failures;
	size_t heard, named,
	    messages; /* named: rows that have a name; messages: that have such a row */
	struct vs_failure last;
};

static void
failed(void *arg, const struct vs_failure *rows, size_t count)
{
	struct node *node = arg;
	size_t named = 0;

	CHECK(count > 0 && count <= VS_LIMIT_BUS_FAILURES);
	for (size_t i = 0; i < count; i++)
		named += rows[i].has_name;
	node->heard += count;
	node->named += named;
	node->messages += named > 0;
	node->last = rows[count - 1];
}

static void
node_begin(struct node *node, const char *name)
{
	struct vs_failures_options options = {.node = name, .failed = failed, .arg = node};

	*node = (struct node){.heard = 0};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	options.nats = node->nats;
	CHECK_OK(vs_failures_new(&options, &node->failures));
	NATS_UNTIL(vs_nats_is_connected(node->nats), node->loop);
}

static void
node_end(struct node *node)
{
	vs_nats_free(&node->nats);
	vs_failures_free(&node->failures);
	vs_failures_free(&node->failures);
	vs_loop_free(&node->loop);
}

/* The servers know of a subscription when something has come over it. */
static void
until_heard(struct node *from, const struct node *to)
{
	size_t before = to->heard;
	uint64_t end_ms = vs_clock_mono_ms() + NATS_WAIT_MS;

	while (to->heard == before) {
		CHECK(vs_clock_mono_ms() < end_ms);
		vs_failures_tell(from->failures, &by_none);
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
	CHECK(a.heard == 0);
	until_heard(&b, &a);
	CHECK(is_same(&a.last, &by_none));
	node_end(&a);
	node_end(&b);
}

/* All of them come, in few messages; what does not fit into one is told to nobody, and counted. */
static void
many_are_few_messages(void)
{
	struct node a, b;
	int64_t lost = vs_metric_read(VS_METRIC_node_failures_lost_total);

	node_begin(&a, "a");
	node_begin(&b, "b");
	until_heard(&a, &b);
	for (size_t i = 0; i < VS_LIMIT_BUS_FAILURES + 7; i++)
		vs_failures_tell(a.failures, &by_name);
	lost = vs_metric_read(VS_METRIC_node_failures_lost_total) - lost;
	CHECK(lost >= 7);
	NATS_UNTIL(b.named > 0, a.loop, b.loop);
	CHECK(b.named + (size_t)lost == VS_LIMIT_BUS_FAILURES + 7 && b.messages == 1);
	CHECK(is_same(&b.last, &by_name));
	node_end(&a);
	node_end(&b);
}

#define EACH 300

static void *
tell_many(void *argument)
{
	struct node *node = argument;

	for (int i = 0; i < EACH; i++)
		vs_failures_tell(node->failures, &by_name);
	return NULL;
}

/* Reactors tell while the loop says it. */
static void
from_several_threads(void)
{
	struct node a, b;
	pthread_t threads[3];

	node_begin(&a, "a");
	node_begin(&b, "b");
	until_heard(&a, &b);
	for (size_t i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, tell_many, &a) == 0);
	NATS_UNTIL(b.named == 3 * (size_t)EACH, a.loop, b.loop);
	for (size_t i = 0; i < 3; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	node_end(&a);
	node_end(&b);
}

/* Who runs the servers: what he sends again is heard once. */
static void
a_message_that_comes_again(void)
{
	struct node a, b, c;
	struct vs_buf text;

	node_begin(&a, "a");
	node_begin(&b, "b");
	until_heard(&a, &b);
	said = (struct vs_failures_said){.run = "again", .number = 5, .count = 1};
	said.rows[0] = by_name;
	vs_buf_init(&text, 1024);
	CHECK_OK(vs_failures_write(&said, &text));
	node_begin(&c, "c");
	for (int i = 0; i < 5; i++)
		CHECK_OK(vs_nats_publish(c.nats, "fail.c", vs_buf_view(&text)));
	CHECK_OK(vs_nats_publish(c.nats, "fail.c", VS_BYTES_LITERAL("{}")));
	said.number = 6;
	vs_buf_reset(&text);
	CHECK_OK(vs_failures_write(&said, &text));
	CHECK_OK(vs_nats_publish(c.nats, "fail.c", vs_buf_view(&text)));
	NATS_UNTIL(b.named >= 2, c.loop, b.loop);
	CHECK(b.named == 2 && b.messages == 2);
	vs_buf_done(&text);
	node_end(&a);
	node_end(&b);
	node_end(&c);
}

/* Another key: who has a certificate of the servers' CA cannot lock anybody out. */
static void
a_stranger_is_not_heard(void)
{
	struct node thief, b;
	int64_t forged = vs_metric_read(VS_METRIC_bus_forged_total);

	node_begin(&thief, "thief");
	node_begin(&b, "b");
	while (vs_metric_read(VS_METRIC_bus_forged_total) == forged) {
		vs_failures_tell(thief.failures, &by_name);
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
	int64_t lost = vs_metric_read(VS_METRIC_node_failures_lost_total);

	node_begin(&a, "a");
	nats_kill(&server);
	NATS_UNTIL(!vs_nats_is_connected(a.nats), a.loop);
	for (int i = 0; i < 3; i++)
		vs_failures_tell(a.failures, &by_name);
	NATS_UNTIL(vs_metric_read(VS_METRIC_node_failures_lost_total) == lost + 3, a.loop);
	nats_start(&server);
	NATS_UNTIL(vs_nats_is_connected(a.nats), a.loop);
	CHECK(a.heard == 0);
	node_end(&a);
}

int
main(void)
{
	CASE(there_and_back);
	CASE(what_no_node_says);
	CASE(as_many_as_there_may_be);
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	CASE(others_hear_and_not_who_said_it);
	CASE(many_are_few_messages);
	CASE(from_several_threads);
	CASE(a_message_that_comes_again);
	CASE(a_stranger_is_not_heard);
	CASE(without_a_server_nothing_is_kept);
	nats_done(&server);
	pki_done();
	return 0;
}
