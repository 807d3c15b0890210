/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/quota.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "central/tenants.h"
#include "daemon/daemon_inside.h"
#include "store/postgres.h"
#include "store/share.h"

#define EVERY_MS    1000u
#define DEADLINE_MS 8000u

struct vs_daemon_quota {
	struct vs_daemon *daemon;
	struct vs_timer timer;
	enum vs_err last;
	bool is_stopped, is_busy;
	/* Of the job, of which there is one at a time. */
	struct vs_store_share own[VS_LIMIT_TENANTS];
	size_t count;
};

static struct vs_central_tenants *
tenants_of(const struct vs_daemon_quota *quota)
{
	return vs_central_get_tenants(quota->daemon->central);
}

static void
note_own(void *arg, const char *tenant, uint32_t connections)
{
	struct vs_daemon_quota *quota = arg;
	struct vs_store_share *row = &quota->own[quota->count];

	if (quota->count == VS_LIMIT_TENANTS)
		return;
	quota->count++;
	vs_text_copy(tenant, row->tenant, sizeof(row->tenant));
	row->connections = connections;
}

static void
note_other(void *arg, const struct vs_store_share *row)
{
	const struct vs_daemon_quota *quota = arg;
	int64_t most = UINT32_MAX;

	vs_central_tenants_others(tenants_of(quota), row->tenant,
	                          (uint32_t)(row->connections < most ? row->connections : most));
}

static vs_result
run(void *arg)
{
	struct vs_daemon_quota *quota = arg;

	quota->count = 0;
	vs_central_tenants_each(tenants_of(quota), note_own, quota);
	VS_TRY(vs_store_share_exchange(quota->daemon->store, quota->own, quota->count, note_other,
	                               quota));
	vs_central_tenants_others_end(tenants_of(quota));
	return VS_OK;
}

/* While the database is away, what was heard last holds. */
static void
finish(struct vs_loop *loop, vs_result r, void *arg)
{
	struct vs_daemon_quota *quota = arg;

	quota->is_busy = false;
	if (quota->is_stopped)
		return;
	if (r.code != quota->last && r.code != VS_E_OK)
		VS_LOG(WARN, "quota.failed",
		       vs_bytes_from_text(quota->daemon->setup.postgres->node), VS_LOG_ERR(r));
	quota->last = r.code;
	vs_timer_arm(loop, &quota->timer, EVERY_MS);
}

static void
look(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_daemon_quota *quota =
	    (struct vs_daemon_quota *)(void *)((char *)timer -
	                                       offsetof(struct vs_daemon_quota, timer));

	quota->is_busy =
	    vs_pool_submit(quota->daemon->pool, loop, DEADLINE_MS, run, finish, quota).code ==
	    VS_E_OK;
	if (!quota->is_busy)
		vs_timer_arm(loop, timer, EVERY_MS);
}

vs_result
vs_daemon_quota_run(struct vs_daemon *daemon)
{
	const struct vs_store_pg_place *place = daemon->setup.postgres;
	const struct vs_central_tenant_limits *limits = &daemon->setup.tenant_limits;
	struct vs_daemon_quota *quota;

	if (place == NULL || place->node[0] == '\0' ||
	    (limits->connections == 0 && limits->messages == 0))
		return VS_OK;
	quota = calloc(1, sizeof(*quota));
	if (quota == NULL)
		return VS_FAIL(NO_MEMORY);
	quota->daemon = daemon;
	quota->timer.fire = look;
	daemon->quota = quota;
	vs_timer_arm(daemon->reactors[0].loop, &quota->timer, EVERY_MS);
	return VS_OK;
}

void
vs_daemon_quota_stop(struct vs_daemon *daemon)
{
	if (daemon->quota == NULL || daemon->quota->is_stopped)
		return;
	daemon->quota->is_stopped = true;
	if (daemon->reactors[0].loop != NULL)
		vs_timer_cancel(daemon->reactors[0].loop, &daemon->quota->timer);
}

bool
vs_daemon_quota_is_idle(const struct vs_daemon *daemon)
{
	return daemon->quota == NULL || !daemon->quota->is_busy;
}

void
vs_daemon_quota_free(struct vs_daemon *daemon)
{
	free(daemon->quota);
	daemon->quota = NULL;
}
