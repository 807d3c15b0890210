/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/stream.h"

#include "nats_fixture.h"

static struct nats_server server;

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_stream *stream;
	unsigned count, skipped, answers;
	vs_result result;
	uint64_t last_seq;
	char last[64], subject[64];
};

static void
came(const struct vs_stream_message *message, void *arg)
{
	struct node *node = arg;

	node->count++;
	node->last_seq = message->seq;
	(void)snprintf(node->subject, sizeof(node->subject), "%s", message->subject);
	(void)vs_bytes_copy_text(message->data, node->last, sizeof(node->last));
}

static void
skipped(void *arg)
{
	((struct node *)arg)->skipped++;
}

static void
begin(struct node *node, const char *name, const char *stream, bool is_from_now, bool reads)
{
	char word[16];
	struct vs_stream_options options = {.name = stream,
	                                    .prefix = is_from_now ? "now" : "all",
	                                    .deliver = reads ? "reads" : NULL,
	                                    .config = ",\"max_msgs_per_subject\":8",
	                                    .is_from_now = is_from_now,
	                                    .behind_max = is_from_now ? 3 : 0,
	                                    .message = came,
	                                    .skipped = skipped,
	                                    .arg = node};

	(void)snprintf(word, sizeof(word), "%s", stream);
	options.name = word; /* not kept */
	*node = (struct node){.loop = NULL};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	options.nats = node->nats;
	CHECK_OK(vs_stream_new(&options, &node->stream));
	CHECK(!vs_stream_is_ready(node->stream));
	memset(word, 0, sizeof(word));
	NATS_UNTIL(vs_stream_is_ready(node->stream), node->loop);
	if (reads)
		NATS_UNTIL(vs_stream_is_current(node->stream, vs_clock_mono_ms(), 2000),
		           node->loop);
}

static void
end(struct node *node)
{
	vs_nats_free(&node->nats);
	vs_stream_free(&node->stream);
	CHECK(node->stream == NULL);
	vs_loop_free(&node->loop);
}

static void
answered(vs_result r, struct vs_bytes data, void *arg, uint64_t token)
{
	struct node *node = arg;
	struct vs_json_node nodes[128];
	struct vs_json_tape tape;

	(void)token;
	vs_json_tape_init_fixed(&tape, nodes, 128);
	node->result = r.code == VS_E_OK ? vs_stream_answer(data, &tape) : r;
	node->answers++;
}

static void
ask(struct node *node, const char *subject, const char *text)
{
	const struct vs_nats_request request = {.subject = subject,
	                                        .data = vs_bytes_from_text(text),
	                                        .is_open = true,
	                                        .timeout_ms = 5000,
	                                        .done = answered,
	                                        .arg = node};
	unsigned before = node->answers;

	NATS_UNTIL(vs_nats_is_connected(node->nats), node->loop);
	CHECK_OK(vs_nats_ask(node->nats, &request));
	NATS_UNTIL(node->answers > before, node->loop);
}

static void
say(struct node *node, const char *subject, const char *text)
{
	ask(node, subject, text);
	CHECK_OK(node->result);
}

/* The last of each subject, then what comes; a second one makes no other stream. */
static void
all_that_is_there(void)
{
	struct node a, b;

	begin(&a, "a", "ALL", false, false);
	say(&a, "all.1", "old");
	say(&a, "all.1", "one");
	say(&a, "all.2.x", "two");
	begin(&b, "b", "ALL", false, true);
	NATS_UNTIL(b.count == 2, b.loop);
	CHECK(strcmp(b.last, "two") == 0 && strcmp(b.subject, "all.2.x") == 0 && b.last_seq == 3);
	say(&a, "all.1", "three");
	NATS_UNTIL(b.count == 3, b.loop);
	CHECK(strcmp(b.last, "three") == 0 && b.last_seq == 4 && b.skipped == 0);
	end(&a);
	end(&b);
}

static void
from_now_on(void)
{
	struct node a, b;

	begin(&a, "a", "NOW", true, false);
	say(&a, "now.1", "before");
	begin(&b, "b", "NOW", true, true);
	/* The connection is lost before anything came: nothing is missed. */
	nats_kill(&server);
	NATS_UNTIL(!vs_nats_is_connected(b.nats), b.loop);
	nats_start(&server);
	say(&a, "now.1", "first");
	NATS_UNTIL(b.count == 1, b.loop, a.loop);
	CHECK(strcmp(b.last, "first") == 0 && b.skipped == 0);
	/* And after that; as many as it may be behind. */
	nats_kill(&server);
	nats_start(&server);
	for (int i = 0; i < 4; i++)
		say(&a, "now.2", i == 3 ? "fourth" : "more");
	NATS_UNTIL(b.count == 5, b.loop, a.loop);
	CHECK(strcmp(b.last, "fourth") == 0 && b.skipped == 0);
	/* More than that: it is told, and hears what comes. */
	nats_kill(&server);
	nats_start(&server);
	for (int i = 0; i < 5; i++)
		say(&a, "now.3", "passed over");
	NATS_UNTIL(b.skipped == 1, b.loop, a.loop);
	NATS_UNTIL(vs_stream_is_ready(b.stream), b.loop);
	for (int i = 0; i < 40 && b.count == 5; i++) { /* until its consumer is there */
		say(&a, "now.3", "new");
		for (int turn = 0; turn < 20; turn++)
			CHECK_OK(vs_loop_turn(b.loop, NATS_TURN_MS));
	}
	CHECK(b.count > 5 && strcmp(b.last, "new") == 0);
	end(&a);
	end(&b);
}

/* Somebody has made it by hand; or anew, and numbers begin again. */
static void
made_by_others(void)
{
	struct node a, b;

	begin(&a, "a", "ALL", false, false);
	ask(&a, "$JS.API.STREAM.DELETE.ALL", "");
	CHECK_OK(a.result);
	ask(&a, "$JS.API.STREAM.DELETE.ALL", "");
	CHECK_ERR(a.result, NOT_FOUND);
	ask(&a, "$JS.API.STREAM.CREATE.ALL",
	    "{\"name\":\"ALL\",\"subjects\":[\"all.>\"],\"storage\":\"memory\"}");
	CHECK_OK(a.result);
	say(&a, "all.1", "one");
	say(&a, "all.1", "two");
	begin(&b, "b", "ALL", false, true);
	NATS_UNTIL(b.count == 1 && b.last_seq == 2, b.loop);
	/* It was in memory: the server that comes back has another one. */
	nats_kill(&server);
	nats_start(&server);
	ask(&a, "$JS.API.STREAM.CREATE.ALL",
	    "{\"name\":\"ALL\",\"subjects\":[\"all.>\"],\"storage\":\"memory\"}");
	say(&a, "all.9", "anew");
	NATS_UNTIL(strcmp(b.last, "anew") == 0 && b.last_seq == 1, b.loop, a.loop);
	end(&a);
	end(&b);
}

static void
answers(void)
{
	static const struct {
		const char *text;
		enum vs_err err;
	} rows[] = {
	    {"{\"seq\":1}", VS_E_OK},
	    {"{\"error\":{\"err_code\":10037}}", VS_E_NOT_FOUND},
	    {"{\"error\":{\"err_code\":10058}}", VS_E_EXISTS},
	    {"{\"error\":{\"err_code\":10071}}", VS_E_CONFLICT},
	    {"{\"error\":{\"err_code\":-3}}", VS_E_INTERNAL},
	    {"{\"error\":1}", VS_E_INTERNAL},
	    {"", VS_E_TRUNCATED},
	};
	struct vs_json_node nodes[16];
	struct vs_json_tape tape;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vs_json_tape_init_fixed(&tape, nodes, 16);
		CHECK(vs_stream_answer(vs_bytes_from_text(rows[i].text), &tape).code ==
		      rows[i].err);
	}
	vs_json_tape_init_fixed(&tape, nodes, 16);
	CHECK_OK(vs_stream_answer(vs_bytes_from_text("{\"a\":7,\"b\":-1,\"c\":\"7\"}"), &tape));
	CHECK(vs_stream_number(&tape, vs_json_root(&tape), "a") == 7);
	CHECK(vs_stream_number(&tape, vs_json_root(&tape), "b") == 0);
	CHECK(vs_stream_number(&tape, vs_json_root(&tape), "c") == 0);
	CHECK(vs_stream_number(&tape, vs_json_root(&tape), "d") == 0);
}

int
main(void)
{
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	CASE(answers);
	CASE(all_that_is_there);
	CASE(from_now_on);
	CASE(made_by_others);
	nats_done(&server);
	pki_done();
	return 0;
}
