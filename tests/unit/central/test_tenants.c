/* SPDX-License-Identifier: Apache-2.0 */
#include "central/tenants.h"

#include "base/metric.h"
#include "test.h"

static void
connections_are_counted_for_each(void)
{
	static const struct vs_central_tenant_limits limits = {.connections = 2};
	struct vs_central_tenants *tenants = NULL;
	struct vs_central_tenant *a[3] = {NULL}, *other = NULL;
	int64_t refused = vs_metric_read(VS_METRIC_ratelimit_tenant_connections_total);

	CHECK_OK(vs_central_tenants_new(&limits, &tenants));
	CHECK_OK(vs_central_tenant_enter(tenants, "acme", &a[0]));
	CHECK_OK(vs_central_tenant_enter(tenants, "acme", &a[1]));
	CHECK_ERR(vs_central_tenant_enter(tenants, "acme", &a[2]), RATE_LIMITED);
	CHECK(a[2] == NULL);
	CHECK(vs_metric_read(VS_METRIC_ratelimit_tenant_connections_total) == refused + 1);
	CHECK_OK(vs_central_tenant_enter(tenants, "other", &other));
	vs_central_tenant_leave(&a[0]);
	CHECK(a[0] == NULL);
	vs_central_tenant_leave(&a[0]); /* of nothing */
	CHECK_OK(vs_central_tenant_enter(tenants, "acme", &a[2]));
	/* No rate was set. */
	CHECK(vs_central_tenant_message(tenants, a[2], 1) == 0);
	CHECK(vs_central_tenant_message(tenants, NULL, 1) == 0);
	vs_central_tenants_free(&tenants);
	CHECK(tenants == NULL);
}

/* A second's worth at once, then one after the other; another tenant is not held up. */
static void
messages_share_a_rate(void)
{
	static const struct vs_central_tenant_limits limits = {.messages = 10};
	struct vs_central_tenants *tenants = NULL;
	struct vs_central_tenant *a = NULL, *b = NULL;
	int64_t held = vs_metric_read(VS_METRIC_ratelimit_tenant_messages_total);
	uint64_t now_us = 5000000;

	CHECK_OK(vs_central_tenants_new(&limits, &tenants));
	CHECK_OK(vs_central_tenant_enter(tenants, "acme", &a));
	CHECK_OK(vs_central_tenant_enter(tenants, "other", &b));
	for (unsigned i = 0; i < 10; i++)
		CHECK(vs_central_tenant_message(tenants, a, now_us) == 0);
	CHECK(vs_metric_read(VS_METRIC_ratelimit_tenant_messages_total) == held);
	CHECK(vs_central_tenant_message(tenants, a, now_us) == 100000);
	CHECK(vs_central_tenant_message(tenants, a, now_us) == 200000);
	CHECK(vs_metric_read(VS_METRIC_ratelimit_tenant_messages_total) == held + 2);
	CHECK(vs_central_tenant_message(tenants, b, now_us) == 0);
	CHECK(vs_central_tenant_message(tenants, a, now_us + 2000000) == 0);
	vs_central_tenant_leave(&a);
	vs_central_tenant_leave(&b);
	vs_central_tenants_free(&tenants);
}

struct seen {
	char text[64];
	size_t size;
};

static void
see(void *arg, const char *tenant, uint32_t connections)
{
	struct seen *seen = arg;

	seen->size += (size_t)snprintf(seen->text + seen->size, sizeof(seen->text) - seen->size,
	                               "%s %u;", tenant, connections);
}

/* What is connected elsewhere counts, until it is not said any more. */
static void
other_nodes_have_some_of_them(void)
{
	static const struct vs_central_tenant_limits limits = {.connections = 4, .messages = 10};
	struct vs_central_tenants *tenants = NULL;
	struct vs_central_tenant *a = NULL, *none = NULL, *b = NULL;
	struct seen seen = {.size = 0};
	uint64_t now_us = 5000000;

	CHECK_OK(vs_central_tenants_new(&limits, &tenants));
	CHECK_OK(vs_central_tenant_enter(tenants, "acme", &a));
	vs_central_tenants_others(tenants, "acme", 3);
	vs_central_tenants_others(tenants, "new", 4); /* nobody of it was ever here */
	vs_central_tenants_others_end(tenants);
	CHECK_ERR(vs_central_tenant_enter(tenants, "acme", &none), RATE_LIMITED);
	CHECK_ERR(vs_central_tenant_enter(tenants, "new", &none), RATE_LIMITED);
	vs_central_tenants_each(tenants, see, &seen);
	CHECK(strcmp(seen.text, "acme 1;") == 0);
	/* One of four connections: a quarter of ten messages a second. */
	CHECK(vs_central_tenant_message(tenants, a, now_us) == 0);
	CHECK(vs_central_tenant_message(tenants, a, now_us) == 0);
	CHECK(vs_central_tenant_message(tenants, a, now_us) == 200000);
	/* One has left there, and one comes here: two of four. */
	vs_central_tenants_others(tenants, "acme", 2);
	vs_central_tenants_others_end(tenants);
	CHECK_OK(vs_central_tenant_enter(tenants, "new", &b));
	CHECK_OK(vs_central_tenant_enter(tenants, "acme", &none));
	now_us += 10000000;
	for (unsigned i = 0; i < 5; i++)
		CHECK(vs_central_tenant_message(tenants, i % 2 == 0 ? a : none, now_us) == 0);
	CHECK(vs_central_tenant_message(tenants, a, now_us) == 200000);
	/* The other nodes have ended. */
	vs_central_tenants_others_end(tenants);
	now_us += 10000000;
	for (unsigned i = 0; i < 10; i++)
		CHECK(vs_central_tenant_message(tenants, a, now_us) == 0);
	CHECK(vs_central_tenant_message(tenants, a, now_us) == 100000);
	vs_central_tenants_free(&tenants);
}

int
main(void)
{
	CASE(connections_are_counted_for_each);
	CASE(messages_share_a_rate);
	CASE(other_nodes_have_some_of_them);
	return 0;
}
