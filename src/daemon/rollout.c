/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/rollout.h"

#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "daemon/rollout_inside.h"

#define ROUND_MS   2000u
#define TIMEOUT_MS 60000u

void
vs_rollout_map_free(struct vs_map **map)
{
	struct vs_map_cursor cursor = {0};

	while (*map != NULL && vs_map_next(*map, &cursor))
		free(cursor.value);
	vs_map_free(map);
}

static vs_result
round_run(void *argument)
{
	struct vs_daemon_rollout *rollout = argument;
	vs_result r = vs_rollout_roots(rollout), renewals = vs_rollout_renewals(rollout);

	return r.code != VS_E_OK ? r : renewals;
}

static void
round_finish(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_daemon_rollout *rollout = argument;

	atomic_store(&rollout->is_running, false);
	if (result.code != VS_E_OK && result.code != VS_E_CLOSED)
		VS_LOG(ERROR, "rollout.failed", VS_BYTES_LITERAL("voltseald"), VS_LOG_ERR(result));
	if (rollout->central != NULL && result.code != VS_E_CLOSED)
		vs_timer_arm(loop, &rollout->timer, ROUND_MS);
}

static void
round_begin(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_daemon_rollout *rollout =
	    (struct vs_daemon_rollout *)((char *)timer - offsetof(struct vs_daemon_rollout, timer));

	atomic_store(&rollout->is_running, true);
	if (vs_pool_submit(rollout->options.pool, loop, TIMEOUT_MS, round_run, round_finish,
	                   rollout)
	        .code == VS_E_OK)
		return;
	atomic_store(&rollout->is_running, false);
	vs_timer_arm(loop, timer, ROUND_MS);
}

vs_result
vs_daemon_rollout_new(const struct vs_daemon_rollout_options *options,
                      struct vs_daemon_rollout **rollout_out)
{
	struct vs_daemon_rollout *rollout = calloc(1, sizeof(*rollout));

	assert(options != NULL && options->certs != NULL && rollout_out != NULL);
	if (rollout == NULL)
		return VS_FAIL(NO_MEMORY);
	rollout->options = *options;
	rollout->timer.fire = round_begin;
	if (pthread_mutex_init(&rollout->lock, NULL) != 0) {
		free(rollout);
		return VS_FAIL(NO_MEMORY);
	}
	if (vs_map_new(VS_LIMIT_STATIONS, &rollout->asked).code != VS_E_OK ||
	    vs_map_new(VS_LIMIT_STATIONS, &rollout->renewed).code != VS_E_OK) {
		vs_daemon_rollout_free(&rollout);
		return VS_FAIL(NO_MEMORY);
	}
	*rollout_out = rollout;
	return VS_OK;
}

void
vs_daemon_rollout_free(struct vs_daemon_rollout **rollout)
{
	assert(rollout != NULL);
	if (*rollout == NULL)
		return;
	vs_rollout_map_free(&(*rollout)->asked);
	vs_rollout_map_free(&(*rollout)->renewed);
	(void)pthread_mutex_destroy(&(*rollout)->lock);
	free(*rollout);
	*rollout = NULL;
}

void
vs_daemon_rollout_start(struct vs_daemon_rollout *rollout, struct vs_central *central)
{
	rollout->central = central;
	vs_timer_arm(rollout->options.loop, &rollout->timer, ROUND_MS);
}

void
vs_daemon_rollout_stop(struct vs_daemon_rollout *rollout)
{
	if (rollout == NULL || rollout->central == NULL)
		return;
	vs_timer_cancel(rollout->options.loop, &rollout->timer);
	rollout->central = NULL;
}

bool
vs_daemon_rollout_is_idle(const struct vs_daemon_rollout *rollout)
{
	return rollout == NULL || !atomic_load(&rollout->is_running);
}
