/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/kv.h"

#include "nats_fixture.h"

static struct nats_server server;

struct node {
	struct vs_loop *loop;
	struct vs_nats *nats;
	struct vs_kv *kv;
	unsigned calls, changes, deletes;
	vs_result result;
	uint64_t revision, token, last_revision;
	char value[64], key[64], changed[64];
};

static void
changed(const struct vs_kv_entry *entry, void *arg)
{
	struct node *node = arg;

	CHECK(entry->revision > node->last_revision); /* in order, each once */
	node->last_revision = entry->revision;
	node->changes++;
	node->deletes += entry->is_deleted;
	(void)snprintf(node->key, sizeof(node->key), "%s", entry->key);
	(void)vs_bytes_copy_text(entry->value, node->changed, sizeof(node->changed));
}

static void
done(vs_result r, uint64_t revision, struct vs_bytes value, void *arg, uint64_t token)
{
	struct node *node = arg;

	node->calls++;
	node->result = r;
	node->revision = revision;
	node->token = token;
	(void)vs_bytes_copy_text(value, node->value, sizeof(node->value));
}

static void
node_begin(struct node *node, const char *name, const char *bucket, bool watches)
{
	struct vs_kv_options options = {.bucket = bucket, .arg = node};

	*node = (struct node){.loop = NULL};
	CHECK_OK(vs_loop_new(&node->loop));
	CHECK_OK(nats_try(&server, name, "node", node->loop, &node->nats));
	options.nats = node->nats;
	options.changed = watches ? changed : NULL;
	CHECK_OK(vs_kv_new(&options, &node->kv));
	NATS_UNTIL(vs_kv_is_ready(node->kv), node->loop);
}

static void
node_end(struct node *node)
{
	vs_nats_free(&node->nats);
	vs_kv_free(&node->kv);
	vs_loop_free(&node->loop);
}

enum what { GET, PUT, DELETE };

static vs_result
call(struct node *node, enum what what, const char *key, const char *value, uint64_t over)
{
	const struct vs_kv_call asked = {.key = key,
	                                 .value = vs_bytes_from_text(value),
	                                 .over = over,
	                                 .done = done,
	                                 .arg = node,
	                                 .token = 7};

	node->calls = 0;
	if (what == GET)
		CHECK_OK(vs_kv_get(node->kv, &asked));
	else if (what == PUT)
		CHECK_OK(vs_kv_put(node->kv, &asked));
	else
		CHECK_OK(vs_kv_delete(node->kv, &asked));
	NATS_UNTIL(node->calls == 1, node->loop);
	CHECK(node->token == 7);
	/* A machine that is busy: whether it was written is not known, and nothing to be asked anew
	 * when it names a revision. */
	if (node->result.code == VS_E_TIMEOUT && (what == GET || over == VS_KV_ANY)) {
		(void)fprintf(stderr, "  the server was silent: again\n");
		return call(node, what, key, value, over);
	}
	if (node->result.code != VS_E_OK)
		(void)fprintf(stderr, "  %s\n", vs_err_name(node->result.code));
	return node->result;
}

static void
one_of_two_writers_is_told(void)
{
	struct node a, b;
	uint64_t first;

	node_begin(&a, "a", "cas", false);
	node_begin(&b, "b", "cas", false);
	CHECK_ERR(call(&a, GET, "acme.CS=2E1", NULL, 0), NOT_FOUND);
	CHECK(a.revision == 0);
	CHECK_OK(call(&a, PUT, "acme.CS=2E1", "from a", 0));
	first = a.revision;
	CHECK(first > 0);
	CHECK_ERR(call(&b, PUT, "acme.CS=2E1", "from b", 0), CONFLICT);
	CHECK_OK(call(&b, GET, "acme.CS=2E1", NULL, 0));
	CHECK(b.revision == first && strcmp(b.value, "from a") == 0);
	CHECK_OK(call(&b, PUT, "acme.CS=2E1", "from b", first));
	CHECK(b.revision > first);
	CHECK_ERR(call(&a, PUT, "acme.CS=2E1", "late", first), CONFLICT);
	CHECK_ERR(call(&a, DELETE, "acme.CS=2E1", NULL, first), CONFLICT);
	CHECK_OK(call(&b, DELETE, "acme.CS=2E1", NULL, b.revision));
	/* Its end has a revision, too, and is written over like any other. */
	CHECK_ERR(call(&a, GET, "acme.CS=2E1", NULL, 0), NOT_FOUND);
	CHECK(a.revision == b.revision);
	CHECK_ERR(call(&a, PUT, "acme.CS=2E1", "again", 0), CONFLICT);
	CHECK_OK(call(&a, PUT, "acme.CS=2E1", "again", b.revision));
	CHECK_OK(call(&a, PUT, "acme.CS=2E1", "whatever", VS_KV_ANY));
	node_end(&a);
	node_end(&b);
}

static void
a_watcher_sees_all_and_then_each_change(void)
{
	struct node a, b;
	char key[16];

	node_begin(&a, "a", "seen", false);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(key, sizeof(key), "key.%d", i % 50);
		CHECK_OK(call(&a, PUT, key, "value", VS_KV_ANY));
	}
	node_begin(&b, "b", "seen", true);
	CHECK(!vs_kv_is_current(b.kv, vs_clock_mono_ms(), 2000));
	NATS_UNTIL(vs_kv_is_current(b.kv, vs_clock_mono_ms(), 2000), b.loop);
	CHECK(b.changes == 50);
	CHECK_OK(call(&a, PUT, "key.7", "new", VS_KV_ANY));
	NATS_UNTIL(b.changes == 51, b.loop);
	CHECK(strcmp(b.key, "key.7") == 0 && strcmp(b.changed, "new") == 0 && b.deletes == 0);
	CHECK_OK(call(&a, DELETE, "key.7", NULL, VS_KV_ANY));
	NATS_UNTIL(b.deletes == 1, b.loop);
	/* Its own writes, too. */
	CHECK_OK(call(&b, PUT, "mine", "by b", VS_KV_ANY));
	NATS_UNTIL(strcmp(b.key, "mine") == 0, b.loop);
	node_end(&a);
	node_end(&b);
}

static void
it_goes_on_where_it_was(void)
{
	struct node a, b;
	unsigned changes;

	node_begin(&a, "a", "again", false);
	node_begin(&b, "b", "again", true);
	CHECK_OK(call(&a, PUT, "key.1", "one", VS_KV_ANY));
	CHECK_OK(call(&a, PUT, "key.2", "two", VS_KV_ANY));
	NATS_UNTIL(b.changes == 2, b.loop);
	NATS_UNTIL(vs_kv_is_current(b.kv, vs_clock_mono_ms(), 2000), b.loop);
	nats_kill(&server);
	NATS_UNTIL(!vs_kv_is_ready(b.kv) && !vs_kv_is_ready(a.kv), a.loop, b.loop);
	/* What it knows ages: soon it is not current any more. */
	NATS_UNTIL(!vs_kv_is_current(b.kv, vs_clock_mono_ms(), 50), b.loop);
	nats_start(&server);
	NATS_UNTIL(vs_kv_is_ready(a.kv), a.loop, b.loop);
	changes = b.changes;
	CHECK_OK(call(&a, PUT, "key.3", "three", VS_KV_ANY));
	NATS_UNTIL(b.changes == changes + 1, a.loop, b.loop); /* not all from the start */
	CHECK(strcmp(b.key, "key.3") == 0);
	NATS_UNTIL(vs_kv_is_current(b.kv, vs_clock_mono_ms(), 2000), b.loop);
	node_end(&a);
	node_end(&b);
}

static void
without_a_server_it_says_so(void)
{
	struct node a;
	const struct vs_kv_call asked = {.key = "x", .done = done, .arg = &a};

	node_begin(&a, "a", "cas", false);
	nats_kill(&server);
	NATS_UNTIL(!vs_nats_is_connected(a.nats), a.loop);
	CHECK_ERR(vs_kv_get(a.kv, &asked), BUS_UNAVAILABLE);
	CHECK_ERR(vs_kv_put(a.kv, &asked), BUS_UNAVAILABLE);
	nats_start(&server);
	node_end(&a);
}

int
main(void)
{
	(void)nats_program();
	pki_init();
	nats_make(&server);
	nats_start(&server);
	CASE(one_of_two_writers_is_told);
	CASE(a_watcher_sees_all_and_then_each_change);
	CASE(it_goes_on_where_it_was);
	CASE(without_a_server_it_says_so);
	nats_done(&server);
	pki_done();
	return 0;
}
