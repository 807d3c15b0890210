/* SPDX-License-Identifier: Apache-2.0 */
#include "charge/charge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "charge/inside.h"
#include "core/event.h"

/* What all of them say each second is sealed with keys that are at hand: a data key has two names
 * in the cache, a psk one. */
static_assert(VS_LIMIT_KEYS_CACHE >= 3 * VS_LIMIT_CHARGE_POINTS, "keys are fetched all the time");

#define RETRY_MS   20u
#define SWEEP_MS   1000u
#define KEY_LIFE_S 86400u
#define TARPIT_MS  250u

void
vs_charge_wake(struct vs_charge *charge)
{
	charge->now_ms = vs_clock_wall_ms();
	charge->mono_ms = vs_loop_now_ms(charge->loop);
}

void
vs_charge_came(struct vs_charge *charge, bool is_driver, const char *tenant, const char *name)
{
	if (charge->options.came != NULL)
		charge->options.came(charge->options.came_arg, is_driver, tenant, name);
}

/* --- records ------------------------------------------------------------------------------------
 */

void
vs_charge_add(struct vs_charge *charge, struct vs_core_record *record)
{
	struct vs_charge_point *point =
	    vs_charge_point_find(charge, vs_bytes_from_text(record->station));

	if (point != NULL)
		point->unstored++;
	vs_journal_add(&charge->journal, record);
}

static void
is_back(struct vs_charge *charge, const struct vs_core_record *record)
{
	struct vs_charge_point *point =
	    vs_charge_point_find(charge, vs_bytes_from_text(record->station));

	if (point != NULL && point->unstored > 0)
		point->unstored--;
}

static void
end_of_turn(struct vs_loop *loop, struct vs_loop_hook *hook)
{
	struct vs_charge *charge =
	    (struct vs_charge *)((char *)hook - offsetof(struct vs_charge, hook));

	if (!charge->journal.is_blocked &&
	    vs_journal_submit(&charge->journal, &charge->options.writer).code != VS_E_OK)
		vs_timer_arm(loop, &charge->retry, RETRY_MS);
}

static void
retry(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_charge *charge =
	    (struct vs_charge *)((char *)timer - offsetof(struct vs_charge, retry));

	if (vs_journal_submit(&charge->journal, &charge->options.writer).code != VS_E_OK)
		vs_timer_arm(loop, timer, RETRY_MS);
}

void
vs_charge_committed(struct vs_charge *charge, struct vs_core_record *list)
{
	struct vs_core_event event;

	vs_charge_wake(charge);
	while (list != NULL) {
		struct vs_core_record *record = list;

		list = record->next;
		is_back(charge, record);
		if (record->outcome != VS_E_OK)
			VS_LOG(WARN, "record.refused", vs_bytes_from_text(record->station),
			       VS_LOG_STR("kind", vs_core_record_name(record->kind)),
			       VS_LOG_ERR(((vs_result){record->outcome})));
		else if (!record->was_duplicate && vs_core_event_from_record(record, &event)) {
			if (record->kind == VS_RECORD_tx_event)
				event.energy_wh = record->u.tx_event.energy_wh;
			charge->options.events.publish(charge->options.events.self, &event);
		}
		if (record->kind == VS_RECORD_tx_event)
			vs_charge_supply_committed(charge, record);
		vs_core_record_free(&record);
	}
}

/* --- once a second ------------------------------------------------------------------------------
 */

static void
sweep_point(struct vs_charge *charge, struct vs_charge_point *point)
{
	uint64_t life_ms = UINT64_C(1000) * charge->options.key_life_s;
	char key[VS_FRAMED_KEY_TEXT_SIZE];

	if (point->pending_driver[0] != '\0' && charge->mono_ms > point->pending_until_ms)
		point->pending_driver[0] = '\0';
	if (point->tokens == NULL && point->session_count == 0)
		return;
	if (point->idle_since_ms != 0 &&
	    charge->mono_ms > point->idle_since_ms + VS_CHARGE_KEEP_MS) {
		vs_charge_point_drop_key(point);
		vs_charge_point_event(charge, point, VS_FRAMED_KEY_TAKEN);
	} else if (point->tokens != NULL && point->idle_since_ms == 0 &&
	           charge->mono_ms > point->key_made_ms + life_ms &&
	           !vs_framed_tokens_is_offering(point->tokens)) {
		vs_framed_key_new(key);
		if (vs_charge_key_update(charge, point, key).code != VS_E_OK)
			point->key_made_ms = charge->mono_ms; /* at the next turn of its life */
		explicit_bzero(key, sizeof(key));
	}
}

static void
sweep(struct vs_loop *loop, struct vs_timer *timer)
{
	struct vs_charge *charge =
	    (struct vs_charge *)((char *)timer - offsetof(struct vs_charge, sweep));
	struct vs_map_cursor cursor = {0};

	vs_charge_wake(charge);
	while (vs_map_next(charge->points, &cursor))
		sweep_point(charge, cursor.value);
	vs_drain_poll(&charge->drain);
	vs_timer_arm(loop, timer, SWEEP_MS);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static vs_result
make(struct vs_charge *charge)
{
	VS_TRY(vs_map_new(VS_LIMIT_CHARGE_POINTS, &charge->points));
	VS_TRY(vs_map_new(VS_LIMIT_CHARGE_DRIVERS, &charge->drivers));
	VS_TRY(vs_map_new(VS_LIMIT_CHARGE_DRIVERS, &charge->holders));
	return vs_map_new(VS_LIMIT_CHARGE_POINTS, &charge->connected);
}

vs_result
vs_charge_new(const struct vs_charge_options *options, struct vs_net *net,
              struct vs_charge **charge_out)
{
	struct vs_charge *charge = calloc(1, sizeof(*charge));
	vs_result r;

	assert(options->registry != NULL && options->writer.submit != NULL && net != NULL);
	if (charge == NULL)
		return VS_FAIL(NO_MEMORY);
	charge->options = *options;
	if (charge->options.key_life_s == 0)
		charge->options.key_life_s = KEY_LIFE_S;
	if (charge->options.tarpit_ms == 0)
		charge->options.tarpit_ms = TARPIT_MS;
	charge->net = net;
	charge->loop = vs_net_loop(net);
	vs_journal_init(&charge->journal, options->origin);
	vs_buf_init(&charge->plain, 4 * VS_CHARGE_DATA_MAX);
	vs_buf_init(&charge->data, VS_LIMIT_FRAME_SIZE);
	vs_buf_init(&charge->bytes, VS_LIMIT_FRAME_SIZE + 3);
	if (pthread_mutex_init(&charge->lock, NULL) != 0) {
		free(charge);
		return VS_FAIL(NO_MEMORY);
	}
	charge->hook.run = end_of_turn;
	charge->retry.fire = retry;
	charge->sweep.fire = sweep;
	vs_loop_hook_add(charge->loop, &charge->hook);
	r = make(charge);
	if (r.code != VS_E_OK) {
		vs_charge_free(&charge);
		return r;
	}
	vs_charge_wake(charge);
	vs_charge_drain_init(charge);
	vs_timer_arm(charge->loop, &charge->sweep, SWEEP_MS);
	*charge_out = charge;
	return VS_OK;
}

static void
free_values(struct vs_map **map, void (*free_one)(void *value))
{
	struct vs_map_cursor cursor = {0};

	while (*map != NULL && vs_map_next(*map, &cursor))
		free_one(cursor.value);
	vs_map_free(map);
}

static void
free_point(void *value)
{
	struct vs_charge_point *point = value;

	vs_charge_point_drop_key(point);
	free(point);
}

void
vs_charge_free(struct vs_charge **charge)
{
	assert(charge != NULL);
	if (*charge == NULL)
		return;
	vs_jobs_free(&(*charge)->jobs);
	vs_drain_done(&(*charge)->drain);
	vs_loop_hook_remove((*charge)->loop, &(*charge)->hook);
	vs_timer_cancel((*charge)->loop, &(*charge)->retry);
	vs_timer_cancel((*charge)->loop, &(*charge)->sweep);
	vs_journal_done(&(*charge)->journal);
	free_values(&(*charge)->points, free_point);
	free_values(&(*charge)->drivers, free);
	vs_map_free(&(*charge)->connected);
	vs_map_free(&(*charge)->holders);
	if ((*charge)->plain.data != NULL)
		explicit_bzero((*charge)->plain.data, (*charge)->plain.size);
	vs_buf_done(&(*charge)->plain);
	vs_buf_done(&(*charge)->data);
	vs_buf_done(&(*charge)->bytes);
	(void)pthread_mutex_destroy(&(*charge)->lock);
	explicit_bzero((*charge)->options.hash_key, sizeof((*charge)->options.hash_key));
	free(*charge);
	*charge = NULL;
}

struct vs_net_handler
vs_charge_handler(struct vs_charge *charge)
{
	struct vs_net_handler handler;

	vs_charge_link_handler(charge, &handler);
	return handler;
}

/* --- any thread ---------------------------------------------------------------------------------
 */

bool
vs_charge_is_connected(const struct vs_charge *charge, const char *identity)
{
	struct vs_charge *own = (struct vs_charge *)(uintptr_t)charge;
	bool is_there;

	(void)pthread_mutex_lock(&own->lock);
	is_there = vs_map_get(charge->connected, vs_bytes_from_text(identity)) != NULL;
	(void)pthread_mutex_unlock(&own->lock);
	return is_there;
}

bool
vs_charge_holds_psk(const struct vs_charge *charge, const char *identity)
{
	struct vs_charge *own = (struct vs_charge *)(uintptr_t)charge;
	bool is_there;

	(void)pthread_mutex_lock(&own->lock);
	is_there = vs_map_get(charge->connected, vs_bytes_from_text(identity)) != NULL ||
	           vs_map_get(charge->holders, vs_bytes_from_text(identity)) != NULL;
	(void)pthread_mutex_unlock(&own->lock);
	return is_there;
}
