/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/control.h"

#include "nats_fixture.h"

static struct nats_server server;

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_control *control;
	struct vs_control_word word;
	unsigned heard, answers;
	vs_result says, answer;
};

static vs_result
heard(void *arg, const struct vs_control_word *word)
{
	struct node *node = arg;

	node->heard++;
	node->word = *word;
	return node->says;
}

static void
said(void *arg, vs_result result, const char *fault)
{
	struct node *node = arg;

	CHECK(fault != NULL);
	node->answers++;
	node->answer = result;
}

static void
node_begin(struct node *node, const char *name)
{
	struct vs_control_options options = {
	    .node = name, .heard = heard, .arg = node, .answer_ms = 200};

	*node = (struct node){.heard = 0};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	options.nats = node->nats;
	CHECK_OK(vs_control_new(&options, &node->control));
	NATS_UNTIL(vs_nats_is_connected(node->nats), node->loop);
}

static void
node_end(struct node *node)
{
	vs_nats_free(&node->nats);
	vs_control_free(&node->control);
	vs_loop_free(&node->loop);
}

/* --- words ------------------------------------------------------------------------------------ */

static void
there_and_back(void)
{
	static const struct vs_control_word rows[] = {{.kind = VS_CONTROL_ENDED, .id = "0190-abc"},
	                                              {.kind = VS_CONTROL_DRAIN, .over_s = 600},
	                                              {.kind = VS_CONTROL_DRAIN},
	                                              {.kind = VS_CONTROL_RESUME}};
	struct vs_control_word back;
	struct vs_buf text;

	vs_buf_init(&text, 512);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vs_buf_reset(&text);
		CHECK_OK(vs_control_word_write(&rows[i], &text));
		CHECK_OK(vs_control_word_read(vs_buf_view(&text), &back));
		CHECK(back.kind == rows[i].kind && back.over_s == rows[i].over_s &&
		      strcmp(back.id, rows[i].id) == 0);
	}
	vs_buf_done(&text);
}

static void
what_is_none(void)
{
	static const char *const rows[] = {
	    "",
	    "[]",
	    "{}",
	    "{\"do\":\"dance\"}",
	    "{\"do\":\"drain\"}",
	    "{\"do\":\"drain\",\"over_s\":-1}",
	    "{\"do\":\"drain\",\"over_s\":86401}",
	    "{\"do\":\"drain\",\"over_s\":\"1\"}",
	    "{\"do\":\"ended\"}",
	    "{\"do\":\"ended\",\"id\":\"0123456789012345678901234567890123456789\"}",
	    "{\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16],\"do\":\"resume\"}",
	};
	struct vs_control_word word = {.kind = VS_CONTROL_KINDS};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(vs_control_word_read(vs_bytes_from_text(rows[i]), &word).code != VS_E_OK);
	CHECK(word.kind == VS_CONTROL_KINDS);
}

/* --- between nodes ---------------------------------------------------------------------------- */

static vs_result
drain(struct node *from, const char *to)
{
	const struct vs_control_word word = {.kind = VS_CONTROL_DRAIN, .over_s = 60};

	from->answers = 0;
	return vs_control_ask(from->control, to, &word, said, from);
}

static void
a_node_is_asked_and_answers(void)
{
	const struct vs_control_word ended = {.kind = VS_CONTROL_ENDED, .id = "the-command"};
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	/* The server knows of b's subject when something has come. */
	while (b.heard == 0) {
		vs_control_tell(a.control, "b", &ended);
		CHECK_OK(vs_loop_turn(a.loop, 5));
		CHECK_OK(vs_loop_turn(b.loop, 5));
	}
	CHECK(b.word.kind == VS_CONTROL_ENDED && strcmp(b.word.id, "the-command") == 0);
	CHECK_OK(drain(&a, "b"));
	NATS_UNTIL(a.answers == 1, a.loop, b.loop);
	CHECK_OK(a.answer);
	CHECK(b.word.kind == VS_CONTROL_DRAIN && b.word.over_s == 60);
	b.says = VS_FAIL(NOT_NOW);
	CHECK_OK(drain(&a, "b"));
	NATS_UNTIL(a.answers == 1, a.loop, b.loop);
	CHECK_ERR(a.answer, NOT_NOW);
	CHECK(a.heard == 0);
	/* It stands still; and there is none. */
	CHECK_OK(drain(&a, "b"));
	NATS_UNTIL(a.answers == 1, a.loop);
	CHECK_ERR(a.answer, TIMEOUT);
	CHECK_OK(drain(&a, "nobody"));
	NATS_UNTIL(a.answers == 1, a.loop);
	CHECK_ERR(a.answer, NOT_CONNECTED);
	CHECK_ERR(drain(&a, "no.name"), NOT_FOUND);
	CHECK_ERR(drain(&a, ""), NOT_FOUND);
	node_end(&a);
	node_end(&b);
}

static void
without_nats_nobody_is_asked(void)
{
	struct node a;

	node_begin(&a, "a");
	/* What waits when the connection ends is answered. */
	CHECK_OK(drain(&a, "a"));
	CHECK_OK(vs_loop_turn(a.loop, 0));
	nats_kill(&server);
	NATS_UNTIL(!vs_nats_is_connected(a.nats) && a.answers == 1, a.loop);
	CHECK_ERR(drain(&a, "a"), BUS_UNAVAILABLE);
	nats_start(&server);
	node_end(&a);
}

int
main(void)
{
	CASE(there_and_back);
	CASE(what_is_none);
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	CASE(a_node_is_asked_and_answers);
	CASE(without_nats_nobody_is_asked);
	nats_done(&server);
	pki_done();
	return 0;
}
