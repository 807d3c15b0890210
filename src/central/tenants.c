/* SPDX-License-Identifier: Apache-2.0 */
#include "central/tenants.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/metric.h"
#include "core/station.h"

#define SECOND_US 1000000u

/* A cache line each: two tenants do not wait for one another. */
struct vs_central_tenant {
	_Alignas(64) atomic_uint connections;
	_Atomic uint64_t due_us;      /* when its next message would be due, at its rate */
	_Atomic uint64_t interval_us; /* between two, of its share of the rate */
	uint32_t others;              /* connections at other nodes; under lock, as `round` */
	uint32_t round;               /* in which that was said */
};

struct vs_central_tenants {
	struct vs_central_tenant_limits limits;
	uint64_t interval_us;
	pthread_mutex_t lock;
	struct vs_map *map; /* under lock */
	uint32_t round;     /* likewise */
};

vs_result
vs_central_tenants_new(const struct vs_central_tenant_limits *limits,
                       struct vs_central_tenants **tenants_out)
{
	struct vs_central_tenants *tenants = calloc(1, sizeof(*tenants));

	assert(limits != NULL && tenants_out != NULL);
	if (tenants == NULL)
		return VS_FAIL(NO_MEMORY);
	if (vs_map_new(VS_LIMIT_TENANTS, &tenants->map).code != VS_E_OK ||
	    pthread_mutex_init(&tenants->lock, NULL) != 0) {
		vs_map_free(&tenants->map);
		free(tenants);
		return VS_FAIL(NO_MEMORY);
	}
	tenants->limits = *limits;
	if (limits->messages > 0)
		tenants->interval_us =
		    limits->messages < SECOND_US ? SECOND_US / limits->messages : 1;
	*tenants_out = tenants;
	return VS_OK;
}

void
vs_central_tenants_free(struct vs_central_tenants **tenants)
{
	struct vs_map_cursor cursor = {0};

	assert(tenants != NULL);
	if (*tenants == NULL)
		return;
	while (vs_map_next((*tenants)->map, &cursor))
		free(cursor.value);
	vs_map_free(&(*tenants)->map);
	(void)pthread_mutex_destroy(&(*tenants)->lock);
	free(*tenants);
	*tenants = NULL;
}

/* As much of the rate as it has of the tenant's connections. Under the lock. */
static void
share_out(const struct vs_central_tenants *tenants, struct vs_central_tenant *tenant)
{
	uint64_t own = atomic_load(&tenant->connections);
	uint64_t all = own + tenant->others;

	atomic_store(&tenant->interval_us, tenants->interval_us * all / (own > 0 ? own : 1));
}

/* Under the lock. NULL: there is no room for one more. */
static struct vs_central_tenant *
find(struct vs_central_tenants *tenants, const char *name)
{
	struct vs_central_tenant *tenant = vs_map_get(tenants->map, vs_bytes_from_text(name));

	if (tenant != NULL)
		return tenant;
	tenant = aligned_alloc(64, sizeof(*tenant));
	if (tenant == NULL)
		return NULL;
	atomic_init(&tenant->connections, 0);
	atomic_init(&tenant->due_us, 0);
	atomic_init(&tenant->interval_us, tenants->interval_us);
	tenant->others = tenant->round = 0;
	if (vs_map_put(tenants->map, vs_bytes_from_text(name), tenant, NULL).code != VS_E_OK) {
		free(tenant);
		return NULL;
	}
	return tenant;
}

vs_result
vs_central_tenant_enter(struct vs_central_tenants *tenants, const char *name,
                        struct vs_central_tenant **tenant_out)
{
	uint32_t most = tenants->limits.connections;
	struct vs_central_tenant *tenant;
	bool is_full;

	(void)pthread_mutex_lock(&tenants->lock);
	tenant = find(tenants, name);
	is_full = tenant != NULL && most > 0 &&
	          (uint64_t)atomic_load(&tenant->connections) + tenant->others >= most;
	if (tenant != NULL && !is_full) {
		(void)atomic_fetch_add(&tenant->connections, 1);
		if (tenant->others > 0)
			share_out(tenants, tenant);
	}
	(void)pthread_mutex_unlock(&tenants->lock);
	if (is_full) {
		vs_metric_add(VS_METRIC_ratelimit_tenant_connections_total, 1);
		return VS_FAIL(RATE_LIMITED);
	}
	*tenant_out = tenant;
	return VS_OK;
}

void
vs_central_tenant_leave(struct vs_central_tenant **tenant)
{
	if (*tenant != NULL)
		(void)atomic_fetch_sub(&(*tenant)->connections, 1);
	*tenant = NULL;
}

/* The generic cell rate algorithm (net/gcra.h) on one number; a second's worth may come at once. */
uint64_t
vs_central_tenant_message(const struct vs_central_tenants *tenants,
                          struct vs_central_tenant *tenant, uint64_t now_us)
{
	uint64_t due_us, next_us, interval_us;

	if (tenant == NULL || tenants->interval_us == 0)
		return 0;
	interval_us = atomic_load_explicit(&tenant->interval_us, memory_order_relaxed);
	due_us = atomic_load_explicit(&tenant->due_us, memory_order_relaxed);
	do {
		next_us = (due_us > now_us ? due_us : now_us) + interval_us;
	} while (!atomic_compare_exchange_weak_explicit(
	    &tenant->due_us, &due_us, next_us, memory_order_relaxed, memory_order_relaxed));
	if (next_us <= now_us + SECOND_US)
		return 0;
	vs_metric_add(VS_METRIC_ratelimit_tenant_messages_total, 1);
	return next_us - now_us - SECOND_US;
}

/* --- several nodes ------------------------------------------------------------------------------
 */

void
vs_central_tenants_each(struct vs_central_tenants *tenants,
                        void (*row)(void *arg, const char *tenant, uint32_t connections), void *arg)
{
	struct vs_map_cursor cursor = {0};

	(void)pthread_mutex_lock(&tenants->lock);
	while (vs_map_next(tenants->map, &cursor)) {
		struct vs_central_tenant *tenant = cursor.value;
		char name[VS_CORE_TENANT_SIZE];

		if (atomic_load(&tenant->connections) > 0 &&
		    vs_bytes_copy_text(cursor.key, name, sizeof(name)))
			row(arg, name, atomic_load(&tenant->connections));
	}
	(void)pthread_mutex_unlock(&tenants->lock);
}

void
vs_central_tenants_others(struct vs_central_tenants *tenants, const char *name,
                          uint32_t connections)
{
	struct vs_central_tenant *tenant;

	(void)pthread_mutex_lock(&tenants->lock);
	tenant = find(tenants, name);
	if (tenant != NULL) {
		tenant->others = connections;
		tenant->round = tenants->round + 1;
		share_out(tenants, tenant);
	}
	(void)pthread_mutex_unlock(&tenants->lock);
}

void
vs_central_tenants_others_end(struct vs_central_tenants *tenants)
{
	struct vs_map_cursor cursor = {0};

	(void)pthread_mutex_lock(&tenants->lock);
	tenants->round++;
	while (vs_map_next(tenants->map, &cursor)) {
		struct vs_central_tenant *tenant = cursor.value;

		if (tenant->round == tenants->round)
			continue;
		tenant->others = 0;
		tenant->round = tenants->round;
		share_out(tenants, tenant);
	}
	(void)pthread_mutex_unlock(&tenants->lock);
}
