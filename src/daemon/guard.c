/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/guard.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/notify.h"
#include "daemon/swap.h"

#define LOOK_MS        60000u
#define AGAIN_MS       200u
#define JOB_TIMEOUT_MS 60000u
#define LOAD_ROWS      1000u

struct vs_daemon_guard {
	struct vs_core_revocations *revocations;
	struct vs_core_trusts *trusts;
	struct vs_daemon_status *status;
	struct vs_daemon_reload *reload;
	const struct vs_keystore *keystore;
	struct vs_central_leniency leniency;
	struct vs_daemon_guard_reach reach; /* as long as it is attached */
	atomic_bool is_attached;
	struct vs_daemon_swaps swaps;
	atomic_bool is_behind; /* rows may have come that are not in memory; a job is on its way */
	struct vs_timer look;
};

/* --- what a reload calls ------------------------------------------------------------------------
 */

static void
swap(void *arg, const char *listener, struct vs_tls_server *server)
{
	struct vs_daemon_guard *guard = arg;

	for (size_t i = 0; atomic_load(&guard->is_attached) && i < guard->reach.net_count; i++)
		vs_daemon_swap_post(&guard->swaps, guard->reach.nets[i], guard->reach.is_down,
		                    listener, server);
}

static void
changed(void *arg)
{
	struct vs_daemon_guard *guard = arg;

	if (atomic_load(&guard->is_attached))
		vs_central_recheck(guard->reach.central);
}

/* --- the revocation table --------------------------------------------------------------------- */

struct load {
	struct vs_daemon_guard *guard;
	int64_t last;
	size_t count;
	vs_result result;
};

static bool
load_row(const struct vs_keystore_revocation *row, void *arg)
{
	struct load *load = arg;
	bool is_certificate;
	struct vs_core_revocation revocation = {
	    .rev_no = (uint64_t)row->rev_no, .subject = row->subject, .epoch = row->epoch};

	load->count++;
	load->last = row->rev_no;
	if (vs_core_revocation_parse(vs_bytes_from_text(row->kind), &revocation.kind).code !=
	    VS_E_OK) {
		/* Of a newer version: it must not be forgotten silently. */
		VS_LOG(ERROR, "revocation.unknown", vs_bytes_from_text(row->kind),
		       VS_LOG_NUM("rev_no", row->rev_no));
		return true;
	}
	/* Who revokes is a tenant; certificates and their keys are revoked for everybody. */
	is_certificate = revocation.kind == VS_CORE_REVOKED_CERTIFICATE ||
	                 revocation.kind == VS_CORE_REVOKED_SPKI;
	revocation.tenant = is_certificate ? "" : row->tenant;
	load->result = vs_core_revocations_add(load->guard->revocations, &revocation);
	if (load->result.code == VS_E_OK && atomic_load(&load->guard->is_attached))
		VS_LOG(WARN, "revocation.applied", vs_bytes_from_text(row->subject),
		       VS_LOG_STR("kind", row->kind), VS_LOG_NUM("rev_no", row->rev_no));
	return load->result.code == VS_E_OK;
}

/* In a thread of the pool, or before there are threads: what has come since the last row. */
static vs_result
catch_up(struct vs_daemon_guard *guard)
{
	struct load load = {.guard = guard, .result = VS_OK};
	uint64_t before = vs_core_revocations_last(guard->revocations);

	load.last = (int64_t)before;
	do {
		load.count = 0;
		VS_TRY(guard->keystore->revocations(guard->keystore->self, load.last, LOAD_ROWS,
		                                    load_row, &load));
		if (load.result.code != VS_E_OK)
			return load.result;
	} while (load.count == LOAD_ROWS);
	if (load.last != (int64_t)before)
		changed(guard);
	return VS_OK;
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_daemon_guard_new(const struct vs_daemon_guard_options *options, char *reason, size_t reason_size,
                    struct vs_daemon_guard **guard_out)
{
	struct vs_daemon_guard *guard;
	struct vs_daemon_reload_options reload = {
	    .ocpp_tls = options->ocpp_tls,
	    .api_tls = options->api_tls,
	    .ca_file = options->ca_file,
	    .crl_files = options->crl_files,
	    .trust_file = options->trust_file,
	    .status_file = options->status_file,
	    .events = options->events,
	    .configure = options->configure,
	    .configure_arg = options->configure_arg,
	    .swap = swap,
	    .changed = changed,
	};
	const struct vs_daemon_status_options status = {
	    .file = options->status_file,
	    .dir = options->list_dir,
	    .events = options->events,
	    .now_ms = vs_clock_wall_ms,
	};
	vs_result r;

	assert(options->keystore != NULL && guard_out != NULL);
	guard = calloc(1, sizeof(*guard));
	if (guard == NULL)
		return VS_FAIL(NO_MEMORY);
	guard->keystore = options->keystore;
	vs_daemon_guard_lenient(guard, options->is_stale_allowed, options->is_unknown_allowed);
	r = vs_core_revocations_new(&guard->revocations);
	if (r.code == VS_E_OK)
		r = vs_daemon_status_new(&status, &guard->status);
	if (r.code == VS_E_OK)
		r = vs_core_trusts_new(&guard->trusts);
	if (r.code == VS_E_OK) {
		reload.revocations = guard->revocations;
		reload.trusts = guard->trusts;
		reload.status = guard->status;
		reload.ocpp_tls.below = vs_daemon_status_learn;
		reload.ocpp_tls.below_arg = guard->status;
		reload.arg = guard;
		r = vs_daemon_reload_new(&reload, reason, reason_size, &guard->reload);
	}
	if (r.code == VS_E_OK) {
		r = catch_up(guard);
		if (r.code != VS_E_OK)
			(void)snprintf(reason, reason_size, "the revocation table: %s",
			               vs_err_text(r.code));
	}
	if (r.code != VS_E_OK) {
		vs_daemon_guard_free(&guard);
		return r;
	}
	*guard_out = guard;
	return VS_OK;
}

void
vs_daemon_guard_free(struct vs_daemon_guard **guard)
{
	assert(guard != NULL);
	if (*guard == NULL)
		return;
	vs_daemon_reload_free(&(*guard)->reload);
	vs_daemon_status_free(&(*guard)->status);
	vs_core_trusts_free(&(*guard)->trusts);
	vs_core_revocations_free(&(*guard)->revocations);
	free(*guard);
	*guard = NULL;
}

struct vs_central_rules
vs_daemon_guard_rules(const struct vs_daemon_guard *guard)
{
	return (struct vs_central_rules){
	    .revocations = guard->revocations,
	    .trusts = guard->trusts,
	    .statuses = vs_daemon_status_statuses(guard->status),
	    .leniency = &guard->leniency,
	};
}

void
vs_daemon_guard_lenient(struct vs_daemon_guard *guard, bool is_stale_allowed,
                        bool is_unknown_allowed)
{
	atomic_store(&guard->leniency.is_stale_allowed, is_stale_allowed);
	atomic_store(&guard->leniency.is_unknown_allowed, is_unknown_allowed);
}

struct vs_daemon_status *
vs_daemon_guard_status(const struct vs_daemon_guard *guard)
{
	return guard->status;
}

struct vs_tls_server *
vs_daemon_guard_ocpp(const struct vs_daemon_guard *guard)
{
	return vs_daemon_reload_ocpp(guard->reload);
}

struct vs_tls_server *
vs_daemon_guard_api(const struct vs_daemon_guard *guard)
{
	return vs_daemon_reload_api(guard->reload);
}

/* --- while it runs ---------------------------------------------------------------------------- */

static vs_result
news_run(void *argument)
{
	struct vs_daemon_guard *guard = argument;

	/* First: what comes from now on asks for a job of its own. */
	atomic_store(&guard->is_behind, false);
	return catch_up(guard);
}

static void
news_finish(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_daemon_guard *guard = argument;

	if (result.code == VS_E_OK || !atomic_load(&guard->is_attached))
		return;
	VS_LOG(ERROR, "revocation.failed", VS_BYTES_LITERAL("keystore"), VS_LOG_ERR(result));
	vs_timer_arm(loop, &guard->look, AGAIN_MS);
}

/* In the first reactor. */
static void
look_for_news(struct vs_loop *loop, void *argument)
{
	struct vs_daemon_guard *guard = argument;

	if (!atomic_load(&guard->is_attached))
		return;
	if (vs_pool_submit(guard->reach.pool, loop, JOB_TIMEOUT_MS, news_run, news_finish, guard)
	        .code != VS_E_OK)
		vs_timer_arm(loop, &guard->look, AGAIN_MS); /* the pool is full */
}

static void
look_again(struct vs_daemon_guard *guard)
{
	assert(guard != NULL);
	if (!atomic_load(&guard->is_attached) || atomic_exchange(&guard->is_behind, true))
		return;
	/* A mailbox that is full: the next look finds it. */
	if (vs_loop_post(vs_net_loop(guard->reach.nets[0]), look_for_news, guard).code != VS_E_OK)
		atomic_store(&guard->is_behind, false);
}

vs_result
vs_daemon_guard_catch_up(struct vs_daemon_guard *guard)
{
	return catch_up(guard);
}

void
vs_daemon_guard_revoked(void *guard, const struct vs_keystore_revocation *row)
{
	vs_result r = catch_up(guard);

	if (r.code == VS_E_OK)
		return;
	VS_LOG(ERROR, "revocation.failed", vs_bytes_from_text(row->subject), VS_LOG_ERR(r));
	look_again(guard);
}

void
vs_daemon_guard_hear(void *guard, const struct vs_keys_news *news)
{
	if (news->what == VS_KEYS_NEWS_REVOKED || news->what == VS_KEYS_NEWS_DESTROYED)
		look_again(guard);
}

/* Others write this table, too: a gap is closed without being told of it. */
static void
look(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_daemon_guard *guard =
	    (struct vs_daemon_guard *)((char *)timer - offsetof(struct vs_daemon_guard, look));

	vs_daemon_reload_look(guard->reload, vs_clock_wall_ms());
	vs_daemon_status_look(guard->status, vs_clock_wall_ms());
	vs_timer_arm(loop, timer, LOOK_MS);
	look_for_news(loop, guard);
}

void
vs_daemon_guard_attach(struct vs_daemon_guard *guard, const struct vs_daemon_guard_reach *reach)
{
	const struct vs_daemon_status_reach fetches = {
	    .pool = reach->fetch_pool,
	    .loop = vs_net_loop(reach->nets[0]),
	    .reload = vs_daemon_guard_reload(guard),
	    .revoked = changed,
	    .arg = guard,
	};

	guard->reach = *reach;
	atomic_store(&guard->is_attached, true);
	vs_daemon_status_attach(guard->status, &fetches);
	guard->look.fire = look;
	vs_timer_arm(vs_net_loop(reach->nets[0]), &guard->look, LOOK_MS);
}

void
vs_daemon_guard_detach(struct vs_daemon_guard *guard)
{
	if (guard == NULL || !atomic_load(&guard->is_attached))
		return;
	vs_timer_cancel(vs_net_loop(guard->reach.nets[0]), &guard->look);
	vs_daemon_status_detach(guard->status);
	atomic_store(&guard->is_attached, false);
}

static vs_result
reload_all(void *self, void (*told)(const struct vs_core_reload_part *, void *), void *arg)
{
	struct vs_daemon_guard *guard = self;
	vs_result r = catch_up(guard);
	vs_result files = vs_daemon_reload_run(guard->reload, told, arg);

	/* Who asked for it may rely on what the listeners show. */
	if (atomic_load(&guard->is_attached))
		vs_daemon_swap_wait(&guard->swaps, guard->reach.is_down);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "revocation.failed", VS_BYTES_LITERAL("keystore"), VS_LOG_ERR(r));
	return r.code != VS_E_OK ? r : files;
}

static vs_result
reload_run(void *argument)
{
	return reload_all(argument, NULL, NULL);
}

static void
reload_finish(struct vs_loop *loop, vs_result result, void *argument)
{
	(void)loop;
	(void)argument;
	vs_daemon_notify("READY=1");
	VS_LOG(INFO, "reload.done", VS_BYTES_LITERAL("voltseald"),
	       VS_LOG_STR("result", result.code == VS_E_OK ? "ok" : "something was kept"));
}

void
vs_daemon_guard_hangup(struct vs_daemon_guard *guard)
{
	vs_result r = VS_FAIL(CLOSED);

	vs_daemon_notify_reloading();
	if (atomic_load(&guard->is_attached))
		r = vs_pool_submit(guard->reach.pool, vs_net_loop(guard->reach.nets[0]),
		                   JOB_TIMEOUT_MS, reload_run, reload_finish, guard);
	if (r.code == VS_E_OK)
		return;
	vs_daemon_notify("READY=1");
	VS_LOG(ERROR, "reload.failed", VS_BYTES_LITERAL("voltseald"), VS_LOG_ERR(r));
}

struct vs_port_reload
vs_daemon_guard_reload(struct vs_daemon_guard *guard)
{
	return (struct vs_port_reload){guard, reload_all};
}
