/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/spool.h"

#include "base/file.h"
#include "fake.h"

struct world {
	struct vs_keys_client client;
	char dir[64], path[96];
	struct vs_keys_spool *spool;
	struct vs_port_spool_key port;
	struct vs_buf sealed, plain;
};

static void
start(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->client.root = 1;
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/voltseal-spool-XXXXXX");
	CHECK(mkdtemp(w->dir) != NULL);
	(void)snprintf(w->path, sizeof(w->path), "%s/spool.key", w->dir);
	vs_buf_init(&w->sealed, 1 << 16);
	vs_buf_init(&w->plain, 1 << 16);
	CHECK_OK(vs_keys_spool_new(&w->client, w->path, &w->spool));
	w->port = vs_keys_spool_port(w->spool);
}

static void
again(struct world *w)
{
	vs_keys_spool_free(&w->spool);
	CHECK_OK(vs_keys_spool_new(&w->client, w->path, &w->spool));
	w->port = vs_keys_spool_port(w->spool);
}

static void
end(struct world *w)
{
	vs_keys_spool_free(&w->spool);
	vs_buf_done(&w->sealed);
	vs_buf_done(&w->plain);
	(void)unlink(w->path);
	CHECK(rmdir(w->dir) == 0);
}

static vs_result
open_it(struct world *w, uint64_t number)
{
	vs_buf_reset(&w->plain);
	return w->port.open(w->port.self, number, vs_buf_view(&w->sealed), &w->plain);
}

static void
what_is_sealed_opens_as_that_record_alone(void)
{
	struct world w;

	start(&w);
	CHECK_OK(w.port.begin(w.port.self, false));
	CHECK(vs_file_exists(w.path));
	CHECK_OK(w.port.seal(w.port.self, 7, VS_BYTES_LITERAL("what was said"), &w.sealed));
	CHECK(w.sealed.size == 13 + 14 + 16 && w.sealed.data[0] == 0xe1 && w.sealed.data[1] == 1);
	CHECK_OK(open_it(&w, 7));
	CHECK(vs_bytes_equal_text(vs_buf_view(&w.plain), "what was said"));
	CHECK_ERR(open_it(&w, 8), NOT_AUTHENTIC);
	for (size_t i = 0; i < w.sealed.size; i++) {
		w.sealed.data[i] ^= 0x10;
		CHECK_ERR(open_it(&w, 7), NOT_AUTHENTIC);
		CHECK(w.plain.size == 0);
		w.sealed.data[i] ^= 0x10;
	}
	while (w.sealed.size > 0) {
		w.sealed.size--;
		CHECK_ERR(open_it(&w, 7), NOT_AUTHENTIC);
	}
	end(&w);
}

static void
the_key_lies_beside_it_wrapped(void)
{
	struct world w;
	unsigned calls;

	start(&w);
	CHECK_ERR(w.port.begin(w.port.self, true), NOT_FOUND); /* rows, and nothing to open them */
	CHECK(!vs_file_exists(w.path));
	CHECK_OK(w.port.begin(w.port.self, false));
	CHECK_OK(w.port.seal(w.port.self, 1, VS_BYTES_LITERAL("x"), &w.sealed));
	calls = w.client.calls;
	CHECK_OK(w.port.begin(w.port.self, true)); /* nobody is asked for what is at hand */
	CHECK(w.client.calls == calls);
	again(&w);
	CHECK_OK(w.port.begin(w.port.self, true));
	CHECK_OK(open_it(&w, 1));
	/* The next root, while the last one is still there. */
	w.client.previous = 1;
	w.client.root = 2;
	again(&w);
	CHECK_OK(w.port.begin(w.port.self, true));
	CHECK_OK(open_it(&w, 1));
	/* Without the root that wrapped it: nothing is thrown away by itself. */
	w.client.previous = 0;
	again(&w);
	CHECK(w.port.begin(w.port.self, true).code != VS_E_OK);
	CHECK(vs_file_exists(w.path));
	CHECK_OK(w.port.begin(w.port.self, false)); /* nothing waits: another one */
	CHECK_ERR(open_it(&w, 1), NOT_AUTHENTIC);
	end(&w);
}

static void
a_key_that_is_forgotten_is_gone(void)
{
	struct world w;

	start(&w);
	CHECK_OK(w.port.begin(w.port.self, false));
	CHECK_OK(w.port.seal(w.port.self, 1, VS_BYTES_LITERAL("x"), &w.sealed));
	w.port.forget(w.port.self);
	CHECK(!vs_file_exists(w.path));
	CHECK_OK(w.port.begin(w.port.self, false));
	CHECK_ERR(open_it(&w, 1), NOT_AUTHENTIC);
	end(&w);
}

static void
files_that_are_none_of_ours(void)
{
	struct world w;

	start(&w);
	CHECK_OK(vs_file_write(w.path, VS_BYTES_LITERAL("VSSP\001 and what else")));
	CHECK(w.port.begin(w.port.self, true).code != VS_E_OK);
	CHECK_OK(w.port.begin(w.port.self, false));
	w.client.is_gone = true;
	again(&w);
	CHECK_ERR(w.port.begin(w.port.self, false), CLOSED);
	CHECK(vs_file_exists(w.path)); /* not made anew for that */
	end(&w);
}

int
main(void)
{
	CASE(what_is_sealed_opens_as_that_record_alone);
	CASE(the_key_lies_beside_it_wrapped);
	CASE(a_key_that_is_forgotten_is_gone);
	CASE(files_that_are_none_of_ours);
	return 0;
}
