/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/retain.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "daemon/daemon_inside.h"
#include "daemon/feed.h"

#define DAY_MS   INT64_C(86400000)
#define FIRST_MS 2000u   /* after the start */
#define TICK_MS  600000u /* when nothing is left */
#define MORE_MS  1000u   /* when something is */
#define STEPS    8u      /* of one table and turn: others wait for the pool */

struct vs_daemon_retain {
	struct vs_daemon *daemon;
	struct vs_timer timer;
	bool is_running; /* a turn, one at a time; of the loop's thread */
	bool is_more;    /* of the pool's while it runs */
};

struct vs_daemon_retention
vs_daemon_retain_settings(const struct vs_daemon_options *options)
{
	enum { VS_OPTION_none_retention = VS_OPTION_COUNT };
	static const struct {
		unsigned option; /* VS_OPTION_COUNT: none */
		int64_t days;
	} rows[] = {
#define VS_RETAINED(name, setting, days, rows, what) {VS_OPTION_##setting##_retention, (days)},
#include "store/retained.def"
#undef VS_RETAINED
	};
	struct vs_daemon_retention retention;

	for (unsigned i = 0; i < VS_STORE_RETAINED_COUNT; i++)
		retention.days[i] = rows[i].option == VS_OPTION_COUNT
		                        ? rows[i].days
		                        : options->number[rows[i].option];
	return retention;
}

static void
note(const struct vs_daemon *daemon, enum vs_store_retained what, int64_t before_ms, int64_t count)
{
	const char *name = vs_store_retained_name(what);
	struct vs_core_audit_entry entry;
	struct vs_port_audit audit;

	vs_metric_add(VS_METRIC_store_expired_total, count);
	VS_LOG(INFO, "store.expired", vs_bytes_from_text(name), VS_LOG_NUM("rows", count));
	if (daemon->audit == NULL)
		return;
	audit = vs_daemon_audit_port(daemon->audit);
	vs_core_audit_init(&entry, VS_AUDIT_DATA_EXPIRE, VS_CORE_TENANT_DEFAULT);
	entry.result = VS_AUDIT_RESULT_OK;
	entry.actor_kind = "system";
	vs_core_audit_add_text(&entry, "table", vs_bytes_from_text(name), false);
	vs_core_audit_add_number(&entry, "before_ms", before_ms);
	vs_core_audit_add_number(&entry, "rows", count);
	if (audit.write(audit.self, &entry, NULL, NULL).code != VS_E_OK)
		VS_LOG(WARN, "store.expired_unaudited", vs_bytes_from_text(name));
}

static vs_result
retain_table(struct vs_daemon_retain *self, enum vs_store_retained what, int64_t now_ms)
{
	struct vs_daemon *daemon = self->daemon;
	int64_t before_ms = now_ms - daemon->setup.retention.days[what] * DAY_MS, count = 0;
	bool is_more = true;
	vs_result r = VS_OK;

	if (daemon->setup.retention.days[what] == 0)
		return VS_OK;
	for (unsigned i = 0; i < STEPS && is_more && r.code == VS_E_OK; i++) {
		int64_t removed = 0;

		r = vs_store_retain(daemon->store, what, before_ms, &removed, &is_more);
		if (r.code == VS_E_OK)
			count += removed;
	}
	if (count > 0)
		note(daemon, what, before_ms, count);
	self->is_more |= is_more && r.code == VS_E_OK;
	return r;
}

static vs_result
run_turn(void *arg)
{
	struct vs_daemon_retain *self = arg;
	int64_t now_ms = vs_clock_wall_ms();

	self->is_more = false;
	if (!vs_daemon_is_leader(self->daemon))
		return VS_OK;
	for (unsigned i = 0; i < VS_STORE_RETAINED_COUNT; i++)
		VS_TRY(retain_table(self, (enum vs_store_retained)i, now_ms));
	return VS_OK;
}

/* What failed is tried again with the next turn. */
static void
end_turn(struct vs_loop *loop, vs_result result, void *arg)
{
	struct vs_daemon_retain *self = arg;

	self->is_running = false;
	if (result.code != VS_E_CLOSED)
		vs_timer_arm(loop, &self->timer,
		             result.code != VS_E_TIMEOUT && self->is_more ? MORE_MS : TICK_MS);
}

static void
begin_turn(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_daemon_retain *self =
	    (struct vs_daemon_retain *)(void *)((char *)timer -
	                                        offsetof(struct vs_daemon_retain, timer));
	vs_result r = vs_pool_submit(self->daemon->pool, loop, TICK_MS, run_turn, end_turn, self);

	self->is_running = r.code == VS_E_OK;
	if (!self->is_running) /* else end_turn does */
		vs_timer_arm(loop, timer, TICK_MS);
}

bool
vs_daemon_retain_is_idle(const struct vs_daemon *daemon)
{
	return daemon->retain == NULL || !daemon->retain->is_running;
}

vs_result
vs_daemon_retain_make(struct vs_daemon *daemon)
{
	struct vs_daemon_retain *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return VS_FAIL(NO_MEMORY);
	self->daemon = daemon;
	self->timer.fire = begin_turn;
	daemon->retain = self;
	vs_timer_arm(daemon->reactors[0].loop, &self->timer, FIRST_MS);
	return VS_OK;
}

void
vs_daemon_retain_free(struct vs_daemon *daemon)
{
	if (daemon->retain == NULL)
		return;
	vs_timer_cancel(daemon->reactors[0].loop, &daemon->retain->timer);
	free(daemon->retain);
	daemon->retain = NULL;
}
