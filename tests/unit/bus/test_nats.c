/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/nats.h"

#include "base/limits.h"
#include "base/metric.h"
#include "bus/nats_inside.h"
#include "nats_fixture.h"

static struct nats_server server;

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	char last[128], reply[128];
	unsigned came, changes;
	bool is_connected;
	unsigned answers;
	vs_result answer;
	uint64_t token;
};

static void
take(const struct vs_nats_message *message, void *arg)
{
	struct node *node = arg;

	CHECK(message->mark == VS_NATS_PLAIN);
	(void)vs_bytes_copy_text(message->data, node->last, sizeof(node->last));
	(void)snprintf(node->reply, sizeof(node->reply), "%s", message->reply);
	node->came++;
	if (message->reply[0] != '\0' && strcmp(node->last, "silence") != 0)
		CHECK_OK(vs_nats_publish(node->nats, message->reply, VS_BYTES_LITERAL("here")));
}

static void
changed(bool is_connected, void *arg)
{
	struct node *node = arg;

	node->is_connected = is_connected;
	node->changes++;
}

static void
answered(vs_result r, struct vs_bytes data, void *arg, uint64_t token)
{
	struct node *node = arg;

	node->answers++;
	node->answer = r;
	node->token = token;
	(void)vs_bytes_copy_text(data, node->last, sizeof(node->last));
}

static void
node_begin(struct node *node, const char *name)
{
	*node = (struct node){.loop = NULL};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	CHECK_OK(vs_nats_on_change(node->nats, changed, node));
	CHECK_OK(vs_nats_handle(node->nats, "cmd", take, node));
	NATS_UNTIL(node->is_connected, node->loop);
}

static void
node_end(struct node *node)
{
	vs_nats_free(&node->nats);
	CHECK(node->nats == NULL);
	vs_loop_free(&node->loop);
}

static vs_result
ask(struct node *node, const char *subject, const char *text, uint32_t timeout_ms)
{
	const struct vs_nats_request request = {.subject = subject,
	                                        .data = vs_bytes_from_text(text),
	                                        .timeout_ms = timeout_ms,
	                                        .done = answered,
	                                        .arg = node,
	                                        .token = 42};

	return vs_nats_ask(node->nats, &request);
}

/* --- options ---------------------------------------------------------------------------------- */

static void
what_cannot_be_is_said_at_once(void)
{
	static const struct {
		const char *urls, *node;
		bool is_clear;
	} rows[] = {
	    {"", "a", false},
	    {"nats://127.0.0.1:1", "a", false}, /* in clear, and it is not said so */
	    {"tls://127.0.0.1:1", "a", true},
	    {"tls://user:word@127.0.0.1:1", "a", false},
	    {"tls://", "a", false},
	    {"tls://a:1,,tls://b:1", "a", false},
	    {"tls://127.0.0.1:1", "a.b", false},
	};
	struct vs_nats *nats = NULL;
	struct vs_loop *loop = NULL;

	CHECK_OK(vs_loop_new(&loop));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct vs_nats_options options = {.urls = rows[i].urls,
		                                        .node = rows[i].node,
		                                        .is_clear = rows[i].is_clear,
		                                        .ca_file = pki_path("bus-ca.pem"),
		                                        .cert_file = pki_path("node.pem"),
		                                        .key_file = pki_path("node.key"),
		                                        .loop = loop};
		char reason[256] = "";

		CHECK_ERR(vs_nats_new(&options, reason, sizeof(reason), &nats), CONFIG);
		CHECK(reason[0] != '\0' && nats == NULL);
	}
	/* A key that is not the certificate's. */
	const struct vs_nats_options wrong = {.urls = server.url,
	                                      .node = "a",
	                                      .ca_file = pki_path("bus-ca.pem"),
	                                      .cert_file = pki_path("node.pem"),
	                                      .key_file = pki_path("stranger.key"),
	                                      .loop = loop};
	char reason[256] = "";

	CHECK_ERR(vs_nats_new(&wrong, reason, sizeof(reason), &nats), CONFIG);
	vs_loop_free(&loop);
}

static void
errors_have_a_meaning(void)
{
	CHECK_ERR(vs_nats_result(NATS_NO_RESPONDERS), NOT_CONNECTED);
	CHECK_ERR(vs_nats_result(NATS_TIMEOUT), TIMEOUT);
	CHECK_ERR(vs_nats_result(NATS_INSUFFICIENT_BUFFER), BUS_UNAVAILABLE);
	CHECK_ERR(vs_nats_result(NATS_CONNECTION_CLOSED), BUS_UNAVAILABLE);
	CHECK_ERR(vs_nats_result(NATS_MAX_PAYLOAD), TOO_LONG);
	CHECK_ERR(vs_nats_result(NATS_SSL_ERROR), TLS_FAILED);
	CHECK_ERR(vs_nats_result(NATS_ILLEGAL_STATE), INTERNAL);
	CHECK_OK(vs_nats_result(NATS_OK));
}

/* --- between nodes ---------------------------------------------------------------------------- */

static void
a_request_is_answered(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	CHECK_OK(vs_nats_listen(b.nats, "cmd.acme.CS1"));
	CHECK_ERR(vs_nats_listen(b.nats, "cmd.acme.CS1"), EXISTS);
	/* It is known to the server when an answer comes. */
	do {
		a.answers = 0;
		CHECK_OK(ask(&a, "cmd.acme.CS1", "hello", 5000));
		NATS_UNTIL(a.answers == 1, a.loop, b.loop);
	} while (a.answer.code == VS_E_NOT_CONNECTED);
	CHECK_OK(a.answer);
	CHECK(strcmp(a.last, "here") == 0 && a.token == 42 && strcmp(b.last, "hello") == 0);
	/* What nobody waits for. */
	CHECK_OK(vs_nats_publish(a.nats, "cmd.acme.CS1", VS_BYTES_LITERAL("told")));
	NATS_UNTIL(strcmp(b.last, "told") == 0, a.loop, b.loop);
	CHECK(b.reply[0] == '\0');
	vs_nats_unlisten(b.nats, "cmd.acme.CS1");
	do {
		a.answers = 0;
		CHECK_OK(ask(&a, "cmd.acme.CS1", "hello", 200));
		NATS_UNTIL(a.answers == 1, a.loop, b.loop);
	} while (a.answer.code == VS_E_OK || a.answer.code == VS_E_TIMEOUT);
	CHECK_ERR(a.answer, NOT_CONNECTED);
	node_end(&a);
	node_end(&b);
}

static void
nobody_there_is_known_at_once_and_silence_is_a_timeout(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	CHECK_OK(ask(&a, "cmd.acme.nobody", "hello", 60000));
	NATS_UNTIL(a.answers == 1, a.loop);
	CHECK_ERR(a.answer, NOT_CONNECTED);
	CHECK_OK(vs_nats_listen(b.nats, "cmd.acme.CS2"));
	do {
		CHECK_OK(ask(&a, "cmd.acme.CS2", "silence", 50));
		a.answers = 0;
		NATS_UNTIL(a.answers == 1, a.loop, b.loop);
	} while (a.answer.code == VS_E_NOT_CONNECTED);
	CHECK_ERR(a.answer, TIMEOUT);
	CHECK_ERR(vs_nats_publish(a.nats, "cmd.acme.CS2",
	                          vs_bytes_from(server.url, VS_LIMIT_BUS_MESSAGE_SIZE + 1)),
	          TOO_LONG);
	/* What still waits at the end is told. */
	a.answers = 0;
	CHECK_OK(ask(&a, "cmd.acme.CS2", "silence", 60000));
	node_end(&a);
	CHECK(a.answers == 1 && a.answer.code == VS_E_CLOSED);
	node_end(&b);
}

/* It has a certificate and listens to all, but not the key that the nodes share. */
static void
who_has_no_key_is_not_heard_and_hears_nothing(void)
{
	struct node a, b, thief;

	node_begin(&a, "a");
	node_begin(&b, "b");
	node_begin(&thief, "thief");
	CHECK_OK(vs_nats_listen(b.nats, "cmd.acme.CS9"));
	CHECK_OK(vs_nats_listen(thief.nats, "cmd.acme.*"));
	do {
		a.answers = 0;
		CHECK_OK(ask(&a, "cmd.acme.CS9", "hello", 500));
		NATS_UNTIL(a.answers == 1, a.loop, b.loop, thief.loop);
	} while (a.answer.code != VS_E_OK);
	CHECK(b.came >= 1 && strcmp(b.last, "hello") == 0 && thief.came == 0);
	b.came = 0;
	CHECK_OK(ask(&thief, "cmd.acme.CS9", "open", 200));
	NATS_UNTIL(thief.answers == 1, a.loop, b.loop, thief.loop);
	CHECK_ERR(thief.answer, TIMEOUT);
	CHECK(b.came == 0 && vs_metric_read(VS_METRIC_bus_forged_total) > 0);
	node_end(&a);
	node_end(&b);
	node_end(&thief);
}

static void
a_certificate_of_another_ca_is_not_let_in(void)
{
	struct vs_nats *nats = NULL;
	struct vs_loop *loop = NULL;
	vs_result r;

	CHECK_OK(vs_loop_new(&loop));
	r = nats_try(&server, "x", "stranger", loop, &nats);
	CHECK_OK(r); /* it tries for ever */
	for (int i = 0; i < 20; i++)
		CHECK_OK(vs_loop_turn(loop, 5));
	CHECK(!vs_nats_is_connected(nats));
	CHECK_ERR(vs_nats_publish(nats, "cmd.a.b", VS_BYTES_LITERAL("x")), BUS_UNAVAILABLE);
	vs_nats_free(&nats);
	vs_loop_free(&loop);
}

/* The other way round: a server that another CA vouches for, or that is another host. */
static void
a_server_that_is_not_ours_is_not_spoken_to(void)
{
	char reason[256] = "", url[64];
	struct vs_loop *loop = NULL;

	CHECK_OK(vs_loop_new(&loop));
	(void)snprintf(url, sizeof(url), "tls://localhost:%d", server.port);
	for (int i = 0; i < 2; i++) {
		/* 127.0.0.2 is not in its certificate. */
		struct vs_nats_options options = {.urls = server.url,
		                                  .node = "a",
		                                  .ca_file = pki_path("other-ca.pem"),
		                                  .cert_file = pki_path("node.pem"),
		                                  .key_file = pki_path("node.key"),
		                                  .reconnect_ms = 20,
		                                  .loop = loop};
		struct vs_nats *nats = NULL;

		if (i == 1) {
			(void)snprintf(url, sizeof(url), "tls://127.0.0.2:%d", server.port);
			options.urls = url;
			options.ca_file = pki_path("bus-ca.pem");
		}
		CHECK_OK(vs_nats_new(&options, reason, sizeof(reason), &nats));
		for (int turn = 0; turn < 20; turn++)
			CHECK_OK(vs_loop_turn(loop, 5));
		CHECK(!vs_nats_is_connected(nats));
		vs_nats_free(&nats);
	}
	vs_loop_free(&loop);
}

static void
it_comes_back(void)
{
	struct node a, b;

	node_begin(&a, "a");
	node_begin(&b, "b");
	CHECK_OK(vs_nats_listen(b.nats, "cmd.acme.CS3"));
	nats_kill(&server);
	NATS_UNTIL(!a.is_connected && !b.is_connected, a.loop, b.loop);
	/* At once, and nothing is kept to be sent later. */
	CHECK_ERR(vs_nats_publish(a.nats, "cmd.acme.CS3", VS_BYTES_LITERAL("late")),
	          BUS_UNAVAILABLE);
	CHECK_ERR(ask(&a, "cmd.acme.CS3", "late", 5000), BUS_UNAVAILABLE);
	CHECK_OK(vs_nats_listen(b.nats, "cmd.acme.CS4")); /* heard when it is back */
	nats_start(&server);
	NATS_UNTIL(a.is_connected && b.is_connected, a.loop, b.loop);
	do {
		a.answers = 0;
		CHECK_OK(ask(&a, "cmd.acme.CS4", "again", 5000));
		NATS_UNTIL(a.answers == 1, a.loop, b.loop);
	} while (a.answer.code == VS_E_NOT_CONNECTED);
	CHECK_OK(a.answer);
	do {
		a.answers = 0;
		CHECK_OK(ask(&a, "cmd.acme.CS3", "again", 5000));
		NATS_UNTIL(a.answers == 1, a.loop, b.loop);
	} while (a.answer.code == VS_E_NOT_CONNECTED);
	CHECK(strcmp(b.last, "again") == 0);
	node_end(&a);
	node_end(&b);
}

/* It was not there when the node started. */
static void
it_comes_later(void)
{
	struct node a = {.loop = NULL};

	nats_kill(&server);
	CHECK_OK(vs_loop_new(&a.loop));
	CHECK_OK(nats_try(&server, "a", "node", a.loop, &a.nats));
	CHECK_OK(vs_nats_on_change(a.nats, changed, &a));
	CHECK(!vs_nats_is_connected(a.nats));
	nats_start(&server);
	NATS_UNTIL(a.is_connected, a.loop);
	CHECK_OK(ask(&a, "cmd.acme.nobody", "hello", 5000));
	NATS_UNTIL(a.answers == 1, a.loop);
	CHECK_ERR(a.answer, NOT_CONNECTED);
	node_end(&a);
}

int
main(void)
{
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	CASE(what_cannot_be_is_said_at_once);
	CASE(errors_have_a_meaning);
	CASE(a_request_is_answered);
	CASE(nobody_there_is_known_at_once_and_silence_is_a_timeout);
	CASE(who_has_no_key_is_not_heard_and_hears_nothing);
	CASE(a_certificate_of_another_ca_is_not_let_in);
	CASE(a_server_that_is_not_ours_is_not_spoken_to);
	CASE(it_comes_back);
	CASE(it_comes_later);
	nats_done(&server);
	pki_done();
	return 0;
}
