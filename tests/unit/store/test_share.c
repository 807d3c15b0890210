/* SPDX-License-Identifier: Apache-2.0 */
#include "store/share.h"

#include "fixture.h"
#include "store/feed.h"

static char heard[128];

static void
hear(void *arg, const struct vs_store_share *share)
{
	size_t size = strlen(heard);

	CHECK(arg == &heard);
	(void)snprintf(heard + size, sizeof(heard) - size, "%s %d;", share->tenant,
	               (int)share->connections);
}

static void
exchange(struct fixture *f, const struct vs_store_share *own, size_t count)
{
	heard[0] = '\0';
	CHECK_OK(vs_store_share_exchange(f->store, own, count, hear, &heard));
}

/* Who is alone has nobody to ask. */
static void
alone(void)
{
	struct fixture f;

	fixture_start(&f);
	CHECK_ERR(vs_store_share_exchange(f.store, NULL, 0, hear, &heard), NOT_NOW);
	fixture_done(&f);
}

static void
node(struct fixture *f, const char *name)
{
	char sql[160];

	(void)snprintf(f->postgres.node, sizeof(f->postgres.node), "%s", name);
	CHECK_OK(fixture_open(f));
	(void)snprintf(sql, sizeof(sql),
	               "INSERT INTO voltseal.node SELECT '%s', 1, 0, voltseal.now_ms(), 0", name);
	postgres_exec(f->database, sql);
}

static void
each_hears_of_the_others_that_live(void)
{
	static const struct vs_store_share of_a[] = {{"acme", 5}, {"beta", 1}},
					   of_b[] = {{"acme", 7}};
	struct fixture a, b;

	fixture_init(&a);
	node(&a, "a");
	fixture_init(&b);
	postgres_drop(b.database);
	memcpy(b.database, a.database, sizeof(b.database));
	b.postgres = a.postgres;
	node(&b, "b");
	exchange(&a, of_a, 2);
	CHECK(heard[0] == '\0');
	exchange(&b, of_b, 1);
	CHECK(strstr(heard, "acme 5;") != NULL && strstr(heard, "beta 1;") != NULL);
	exchange(&a, of_a, 1);
	CHECK(strcmp(heard, "acme 7;") == 0);
	exchange(&b, NULL, 0);
	CHECK(strcmp(heard, "acme 5;") == 0);
	exchange(&a, of_a, 1);
	CHECK(heard[0] == '\0');
	/* What a node had that has ended is nobody's. */
	postgres_exec(a.database, "UPDATE voltseal.node SET seen_ms = 0 WHERE name = 'a'");
	exchange(&b, of_b, 1);
	CHECK(heard[0] == '\0');
	vs_store_close(&a.store);
	vs_store_close(&b.store);
	postgres_make(&b.postgres, b.database);
	fixture_done(&b);
	fixture_done(&a);
}

int
main(void)
{
	CASE(alone);
	if (on_postgres())
		CASE(each_hears_of_the_others_that_live);
	return 0;
}
