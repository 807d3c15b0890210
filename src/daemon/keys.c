/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/keys.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "daemon/restore.h"
#include "keys/keystore.h"
#include "keys/rest.h"
#include "store/feed.h"
#include "store/keystore.h"
#include "store/store.h"

#define TICK_S      1
#define BACKOFF_S   30 /* after an error: what is wrong is not mended in a second */
#define AWAY_S      2  /* but a store that is away may be back at any time */
#define SERVER_DAYS 7
#define STEPS_MAX   16               /* of jobs, between two looks at the clock */
#define SWEEP_MS    INT64_C(3600000) /* between two sweeps over the certificates */
#define AGAIN_MS    INT64_C(60000)   /* when what followed one has failed */

struct vs_daemon_keys {
	struct vs_store_keystore *keystore;
	struct vs_keystore store;
	struct vs_keys *service;
	struct vs_keys_rest *rest;
	struct vs_certstore certstore;
	struct vs_certs *certs; /* NULL: no CA */
	void (*revoked)(void *arg, const struct vs_keystore_revocation *revocation);
	void *revoked_arg;
	vs_result (*swept)(void *arg);
	void *swept_arg;
	void (*alarmed)(void *arg, const struct vs_certs_alarm *alarm);
	void *alarmed_arg;
	size_t alarms;                      /* of this sweep */
	int64_t swept_ms;                   /* when the last one was; 0: none yet */
	int64_t sweep_ms;                   /* when the next one is due */
	atomic_bool is_sweep_wanted;        /* before that */
	bool (*is_leader)(const void *arg); /* NULL: alone */
	const void *leader_arg;
	bool is_shared;              /* other nodes seal with the same keys */
	struct vs_store *data;       /* borrowed: what is sealed with its keys */
	struct vs_store_mark copied; /* to `data` */
	struct vs_daemon_seen seen;  /* of `data` */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool has_lock, has_thread;
	bool is_ending; /* under lock */
};

/* What others have to hear of is theirs; this is for whoever reads the log. */
static void
log_news(void *arg, const struct vs_keys_news *news)
{
	static const char *const events[] = {[VS_KEYS_NEWS_REVOKED] = "key.revoked",
	                                     [VS_KEYS_NEWS_DESTROYED] = "key.destroyed",
	                                     [VS_KEYS_NEWS_ROTATION_FAILED] =
	                                         "key.rotation_failed"};
	struct vs_bytes subject =
	    vs_bytes_from_text(news->subject[0] != '\0' ? news->subject : news->tenant);

	(void)arg;
	if (news->what == VS_KEYS_NEWS_DESTROYED)
		VS_LOG(INFO, events[news->what], subject, VS_LOG_STR("kind", news->kind),
		       VS_LOG_NUM("epoch", news->epoch));
	else
		VS_LOG(WARN, events[news->what], subject, VS_LOG_STR("kind", news->kind),
		       VS_LOG_NUM("epoch", news->epoch));
}

static vs_result
make(struct vs_daemon_keys *keys, struct vs_keys_client *client, const struct vs_store_place *place,
     const struct vs_keys_times *times, char *reason, size_t reason_size)
{
	struct vs_keys_options options = {
	    .client = client, .now_ms = vs_clock_wall_ms, .times = *times};
	vs_result r;

	VS_TRY(vs_store_keystore_open(place, reason, reason_size, &keys->keystore));
	keys->store = vs_store_keystore_port(keys->keystore);
	options.store = &keys->store;
	r = vs_keys_new(&options, &keys->service);
	if (r.code == VS_E_CONFIG)
		(void)snprintf(reason, reason_size,
		               "%s was made under another root KEK; give the key process the one "
		               "it was made with",
		               place->postgres != NULL ? "the keystore in PostgreSQL"
		                                       : place->path);
	else if (r.code != VS_E_OK)
		(void)snprintf(reason, reason_size, "the key service cannot begin: %s",
		               vs_err_text(r.code));
	else
		vs_keys_listen(keys->service, log_news, NULL);
	return r.code == VS_E_OK ? vs_keys_rest_new(keys->service, &keys->rest) : r;
}

vs_result
vs_daemon_keys_new(struct vs_keys_client *client, const struct vs_store_place *place,
                   const struct vs_keys_times *times, char *reason, size_t reason_size,
                   struct vs_daemon_keys **keys_out)
{
	struct vs_daemon_keys *keys;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(client != NULL && place != NULL && times != NULL && reason != NULL &&
	       keys_out != NULL);
	keys = calloc(1, sizeof(*keys));
	if (keys == NULL)
		return r;
	keys->has_lock = pthread_mutex_init(&keys->lock, NULL) == 0 &&
	                 pthread_cond_init(&keys->ended, NULL) == 0;
	if (keys->has_lock)
		r = make(keys, client, place, times, reason, reason_size);
	if (r.code == VS_E_OK)
		*keys_out = keys;
	else
		vs_daemon_keys_free(&keys);
	return r;
}

void
vs_daemon_keys_halt(struct vs_daemon_keys *keys)
{
	if (keys == NULL || !keys->has_thread)
		return;
	(void)pthread_mutex_lock(&keys->lock);
	keys->is_ending = true;
	(void)pthread_cond_signal(&keys->ended);
	(void)pthread_mutex_unlock(&keys->lock);
	(void)pthread_join(keys->thread, NULL);
	keys->has_thread = false;
}

void
vs_daemon_keys_free(struct vs_daemon_keys **keys)
{
	assert(keys != NULL);
	if (*keys == NULL)
		return;
	vs_daemon_keys_halt(*keys);
	vs_certs_free(&(*keys)->certs);
	vs_keys_rest_free(&(*keys)->rest);
	vs_keys_free(&(*keys)->service);
	vs_store_keystore_close(&(*keys)->keystore);
	if ((*keys)->has_lock) {
		(void)pthread_cond_destroy(&(*keys)->ended);
		(void)pthread_mutex_destroy(&(*keys)->lock);
	}
	free(*keys);
	*keys = NULL;
}

struct vs_keys *
vs_daemon_keys_service(const struct vs_daemon_keys *keys)
{
	return keys == NULL ? NULL : keys->service;
}

struct vs_port_seal
vs_daemon_keys_seal(const struct vs_daemon_keys *keys)
{
	assert(keys != NULL);
	return vs_keys_rest_port(keys->rest);
}

/* Before the first part is sealed anew, every thread forgets the key that was followed: from then
 * on nothing is sealed with it. */
static vs_result
reencrypt(void *self, const char *tenant, uint32_t dek_id, int64_t *cursor, size_t limit,
          size_t *count_out, bool *is_over_out)
{
	struct vs_daemon_keys *keys = self;

	if (*cursor == 0) {
		vs_keys_rest_forget(keys->rest);
		if (keys->is_leader != NULL && keys->is_shared)
			VS_TRY(vs_store_nodes_wait(keys->data));
	}
	return vs_store_reencrypt_step(keys->data, tenant, dek_id, limit, cursor, count_out,
	                               is_over_out);
}

vs_result
vs_daemon_keys_serve(struct vs_daemon_keys *keys, struct vs_store *data, const char *state_dir)
{
	const struct vs_keys_reencrypt port = {keys, reencrypt};

	keys->data = data;
	vs_keys_set_reencrypt(keys->service, &port);
	vs_daemon_seen_init(&keys->seen, state_dir);
	return vs_daemon_restore_check(keys->service, &keys->store, data, &keys->seen,
	                               &keys->copied);
}

const struct vs_keystore *
vs_daemon_keys_store(const struct vs_daemon_keys *keys)
{
	return keys == NULL ? NULL : &keys->store;
}

void
vs_daemon_keys_set_gate(struct vs_daemon_keys *keys, const struct vs_keystore_gate *gate)
{
	if (keys != NULL)
		keys->store.gate = gate;
}

void
vs_daemon_keys_on_change(struct vs_daemon_keys *keys, void (*changed)(void *arg), void *arg)
{
	if (keys == NULL)
		return;
	keys->store.changed_arg = arg;
	keys->store.changed = changed;
}

void
vs_daemon_keys_set_leader(struct vs_daemon_keys *keys, bool (*is_leader)(const void *arg),
                          const void *arg, bool is_shared)
{
	if (keys == NULL)
		return;
	keys->is_leader = is_leader;
	keys->leader_arg = arg;
	keys->is_shared = is_shared;
}

static bool
leads(const struct vs_daemon_keys *keys)
{
	return keys->is_leader == NULL || keys->is_leader(keys->leader_arg);
}

void
vs_daemon_keys_forget(struct vs_daemon_keys *keys)
{
	if (keys == NULL)
		return;
	vs_keys_forget_all(keys->service);
	vs_keys_rest_forget(keys->rest);
}

/* --- certificates ---------------------------------------------------------------------------- */

static void
on_revoked(void *arg, const struct vs_keystore_revocation *revocation)
{
	struct vs_daemon_keys *keys = arg;

	VS_LOG(WARN, "cert.revoked", vs_bytes_from_text(revocation->subject),
	       VS_LOG_STR("reason", revocation->reason), VS_LOG_NUM("rev_no", revocation->rev_no));
	if (keys->revoked != NULL)
		keys->revoked(keys->revoked_arg, revocation);
}

void
vs_daemon_keys_on_revoked(struct vs_daemon_keys *keys,
                          void (*revoked)(void *arg,
                                          const struct vs_keystore_revocation *revocation),
                          void *arg)
{
	keys->revoked = revoked;
	keys->revoked_arg = arg;
}

void
vs_daemon_keys_on_sweep(struct vs_daemon_keys *keys, vs_result (*swept)(void *arg), void *arg)
{
	keys->swept = swept;
	keys->swept_arg = arg;
}

/* One that is as near its end as at the last sweep has been told. Those of this server are renewed
 * by itself: only one that was not is news. */
static void
on_ends_soon(void *arg, const struct vs_certs_alarm *alarm)
{
	struct vs_daemon_keys *keys = arg;

	if (strcmp(alarm->cert->profile, "server") == 0 && alarm->days > SERVER_DAYS)
		return;
	if (keys->alarmed == NULL || keys->alarms == VS_DAEMON_KEYS_ALARMS ||
	    vs_certs_threshold(alarm->cert->not_after_ms, keys->swept_ms) == alarm->days)
		return;
	keys->alarms++;
	keys->alarmed(keys->alarmed_arg, alarm);
}

void
vs_daemon_keys_on_alarm(struct vs_daemon_keys *keys,
                        void (*alarmed)(void *arg, const struct vs_certs_alarm *alarm), void *arg)
{
	keys->alarmed = alarmed;
	keys->alarmed_arg = arg;
}

vs_result
vs_daemon_keys_certify(struct vs_daemon_keys *keys, struct vs_keys_client *client)
{
	struct vs_certs_options options = {.keystore = &keys->store,
	                                   .store = &keys->certstore,
	                                   .client = client,
	                                   .now_ms = vs_clock_wall_ms,
	                                   .revoked = on_revoked,
	                                   .ends_soon = on_ends_soon,
	                                   .arg = keys};

	assert(keys->certs == NULL);
	keys->certstore = vs_store_keystore_certs(keys->keystore);
	return vs_certs_new(&options, &keys->certs);
}

struct vs_certs *
vs_daemon_keys_certs(const struct vs_daemon_keys *keys)
{
	return keys == NULL ? NULL : keys->certs;
}

static void
show(enum vs_metric gauge, int64_t value)
{
	vs_metric_add(gauge, value - vs_metric_read(gauge));
}

void
vs_daemon_keys_sweep_soon(void *self)
{
	struct vs_daemon_keys *keys = self;

	atomic_store(&keys->is_sweep_wanted, true);
}

vs_result
vs_daemon_keys_follow(struct vs_daemon_keys *keys)
{
	bool is_changed = false;

	if (keys == NULL || keys->certs == NULL)
		return VS_OK;
	VS_TRY(vs_certs_follow(keys->certs, &is_changed));
	if (is_changed)
		vs_daemon_keys_sweep_soon(keys);
	return VS_OK;
}

/* Each node renews what it shows itself; the lists and the ends of all are the leader's, or of
 * whoever was asked. */
static vs_result
sweep_all(struct vs_daemon_keys *keys, int64_t now_ms, bool is_wanted)
{
	struct vs_certs_inventory inventory;

	keys->alarms = 0;
	if (is_wanted || leads(keys))
		VS_TRY(vs_certs_sweep(keys->certs));
	keys->swept_ms = now_ms;
	VS_TRY(vs_certs_inventory(keys->certs, &inventory));
	show(VS_METRIC_certificates_valid, inventory.valid);
	show(VS_METRIC_certificates_ending, inventory.within[1]);
	show(VS_METRIC_crl_left_seconds,
	     inventory.crl_number == 0 ? 0 : (inventory.crl_next_update_ms - now_ms) / 1000);
	if (inventory.within[1] > 0)
		VS_LOG(WARN, "cert.ends_soon", VS_BYTES_LITERAL("inventory"),
		       VS_LOG_NUM("within_14_days", inventory.within[1]),
		       VS_LOG_NUM("within_7_days", inventory.within[2]),
		       VS_LOG_NUM("within_1_day", inventory.within[3]));
	keys->sweep_ms = now_ms + SWEEP_MS;
	if (keys->swept != NULL && keys->swept(keys->swept_arg).code != VS_E_OK)
		keys->sweep_ms = now_ms + AGAIN_MS;
	return VS_OK;
}

static vs_result
sweep(struct vs_daemon_keys *keys)
{
	int64_t now_ms = vs_clock_wall_ms();
	bool is_wanted = atomic_exchange(&keys->is_sweep_wanted, false);
	vs_result r;

	/* A wall clock that was set back must not silence it. */
	if (keys->certs == NULL ||
	    (!is_wanted && now_ms < keys->sweep_ms && now_ms > keys->sweep_ms - 2 * SWEEP_MS))
		return VS_OK;
	r = sweep_all(keys, now_ms, is_wanted);
	if (r.code != VS_E_OK)
		vs_daemon_keys_sweep_soon(keys); /* whoever wanted it still does */
	return r;
}

/* --- the thread ------------------------------------------------------------------------------ */

/* false: end. */
static bool
wait(struct vs_daemon_keys *keys, time_t seconds)
{
	struct timespec until;
	bool is_ending;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	(void)pthread_mutex_lock(&keys->lock);
	while (!keys->is_ending &&
	       pthread_cond_timedwait(&keys->ended, &keys->lock, &until) != ETIMEDOUT)
		;
	is_ending = keys->is_ending;
	(void)pthread_mutex_unlock(&keys->lock);
	return !is_ending;
}

static vs_result
work(struct vs_keys *service, bool *has_more)
{
	bool is_idle = false;

	VS_TRY(vs_keys_tick(service));
	for (unsigned i = 0; i < STEPS_MAX && !is_idle; i++)
		VS_TRY(vs_keys_job_step(service, &is_idle));
	*has_more = !is_idle;
	return VS_OK;
}

static vs_result
follow(struct vs_daemon_keys *keys)
{
	if (keys->data == NULL || !leads(keys))
		return VS_OK;
	VS_TRY(vs_daemon_restore_follow(&keys->store, keys->data, &keys->copied));
	return vs_daemon_seen_follow(&keys->seen, keys->data);
}

/* A change of the CA that the store did not take, as soon as it answers again. */
static vs_result
settle(struct vs_daemon_keys *keys)
{
	bool is_changed = false;

	if (keys->certs == NULL)
		return VS_OK;
	VS_TRY(vs_certs_settle(keys->certs, &is_changed));
	if (is_changed)
		vs_daemon_keys_sweep_soon(keys);
	return VS_OK;
}

static void *
run(void *arg)
{
	struct vs_daemon_keys *keys = arg;
	enum vs_err last = VS_E_OK;
	time_t seconds = 0;

	(void)pthread_setname_np(pthread_self(), "vs-keys");
	while (wait(keys, seconds)) {
		bool has_more = false;
		vs_result r;

		seconds = TICK_S;
		if (settle(keys).code != VS_E_OK)
			continue;
		r = leads(keys) ? work(keys->service, &has_more) : VS_OK;
		/* Lists are signed and rows copied though no key may change. */
		if (r.code == VS_E_OK || r.code == VS_E_AUDIT_UNAVAILABLE)
			r = sweep(keys);
		if (r.code == VS_E_OK)
			r = follow(keys);
		if (r.code == VS_E_OK) {
			seconds = has_more ? 0 : TICK_S;
			last = VS_E_OK;
			continue;
		}
		if (r.code != last)
			VS_LOG(ERROR, "keys.work_failed", vs_bytes_from_text("keystore"),
			       VS_LOG_ERR(r));
		last = r.code;
		seconds = r.code == VS_E_IO ? AWAY_S : BACKOFF_S;
	}
	/* What the last request changed. */
	if (follow(keys).code != VS_E_OK)
		VS_LOG(ERROR, "keys.not_copied", VS_BYTES_LITERAL("keystore"));
	return NULL;
}

vs_result
vs_daemon_keys_run(struct vs_daemon_keys *keys)
{
	assert(keys != NULL && !keys->has_thread);
	keys->has_thread = pthread_create(&keys->thread, NULL, run, keys) == 0;
	return keys->has_thread ? VS_OK : VS_FAIL(NO_MEMORY);
}
