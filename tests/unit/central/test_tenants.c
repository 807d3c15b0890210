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

int
main(void)
{
	CASE(connections_are_counted_for_each);
	CASE(messages_share_a_rate);
	return 0;
}
