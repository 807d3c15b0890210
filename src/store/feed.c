/* SPDX-License-Identifier: Apache-2.0 */
#include "store/feed.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/once.h"
#include "store/store.h"

#define ROWS_MAX      5000u    /* of one reading; more: everything is loaded again */
#define KEPT_MS       3600000  /* how long a change is kept */
#define AWAY_MS       3000000u /* away for longer: some may be gone */
#define SEEN_MS       2000u
#define FORGET_MS     60000u
#define FORGET_ROWS   20000 /* of messages in one turn; more: in the next one, too */
#define NODES_WAIT_MS 20000u
#define NODES_ASK_NS  300000000

struct vs_store_feed {
	struct vs_store_feed_options options;
	struct vs_store_pg_place place;
	struct vs_store_db db;
	int64_t incarnation;
	int64_t server_ms;       /* when the server was asked last */
	int64_t from_xid;        /* whatever began before it was seen */
	int64_t known[ROWS_MAX]; /* ids of the last reading: they may come once more */
	int64_t fresh[ROWS_MAX]; /* of this one */
	size_t known_count;
	uint64_t seen_ms, forgot_ms; /* monotonic */
	bool wants_all;
	_Atomic uint64_t read_ms; /* monotonic: as of then everything is known */
	atomic_bool is_leader, is_running;

	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t poked;
	bool is_poked, is_ending; /* under lock */
};

/* --- one turn --------------------------------------------------------------------------------- */

static bool
is_known(const struct vs_store_feed *feed, int64_t id)
{
	for (size_t i = 0; i < feed->known_count; i++)
		if (feed->known[i] == id)
			return true;
	return false;
}

static vs_result
tell(struct vs_store_feed *feed, const struct vs_store_statement *statement)
{
	struct vs_store_change change;

	vs_store_column_text(statement, 1, change.kind, sizeof(change.kind));
	vs_store_column_text(statement, 2, change.tenant, sizeof(change.tenant));
	vs_store_column_text(statement, 3, change.subject, sizeof(change.subject));
	return feed->options.changed(feed->options.arg, &change);
}

/* What failed is tried again with all that was told in this turn: telling twice does no harm. */
static vs_result
read_rows(struct vs_store_feed *feed, size_t *count_out)
{
	const struct vs_store_value values[] = {vs_store_number(feed->from_xid),
	                                        vs_store_text(feed->place.node),
	                                        vs_store_number(ROWS_MAX)};
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	size_t count = 0;
	vs_result r = vs_store_bind(&feed->db, VS_QUERY_changes, values, 3, &statement);

	while (r.code == VS_E_OK && (r = vs_store_next(statement, &has_row)).code == VS_E_OK &&
	       has_row) {
		int64_t id = vs_store_column_number(statement, 0);

		feed->fresh[count++] = id;
		if (!is_known(feed, id))
			r = tell(feed, statement);
	}
	vs_store_reset(statement);
	*count_out = count;
	return r;
}

/* Where the next reading begins, and the server's time of this one. */
static vs_result
read_from(struct vs_store_feed *feed, int64_t *xid_out)
{
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r = vs_store_bind(&feed->db, VS_QUERY_changes_from, NULL, 0, &statement);

	if (r.code == VS_E_OK)
		r = vs_store_next(statement, &has_row);
	if (r.code == VS_E_OK && !has_row)
		r = VS_FAIL(IO);
	if (r.code == VS_E_OK) {
		*xid_out = vs_store_column_number(statement, 0);
		feed->server_ms = vs_store_column_number(statement, 1);
	}
	vs_store_reset(statement);
	return r;
}

static vs_result
read_changes(struct vs_store_feed *feed)
{
	uint64_t now_ms = vs_clock_mono_ms();
	int64_t next = 0;
	size_t count = 0;

	/* Before the rows are read: what is not visible to them has this number, or a higher one.
	 */
	VS_TRY(read_from(feed, &next));
	if (now_ms > atomic_load(&feed->read_ms) + AWAY_MS)
		feed->wants_all = true;
	if (!feed->wants_all)
		VS_TRY(read_rows(feed, &count));
	if (count == ROWS_MAX)
		feed->wants_all = true;
	if (feed->wants_all) {
		VS_LOG(WARN, "feed.all", vs_bytes_from_text(feed->place.node));
		VS_TRY(feed->options.reload(feed->options.arg));
		feed->wants_all = false;
		count = 0;
	}
	memcpy(feed->known, feed->fresh, count * sizeof(feed->known[0]));
	feed->known_count = count;
	feed->from_xid = next;
	VS_TRY(feed->options.settle(feed->options.arg));
	atomic_store(&feed->read_ms, now_ms);
	return VS_OK;
}

static vs_result
say_seen(struct vs_store_feed *feed, enum vs_store_query query)
{
	const struct vs_store_value values[] = {vs_store_text(feed->place.node),
	                                        vs_store_number(feed->incarnation),
	                                        vs_store_number(feed->server_ms)};
	int64_t changed = 0;

	VS_TRY(vs_store_run_count(&feed->db, query, values, query == VS_QUERY_node_leave ? 2 : 3,
	                          &changed));
	return changed == 1 ? VS_OK : VS_FAIL(CONFLICT);
}

static vs_result
try_to_lead(struct vs_store_feed *feed)
{
	int64_t is_taken = 0;

	VS_TRY(vs_store_run_id(&feed->db, VS_QUERY_node_lead, NULL, 0, &is_taken));
	if (is_taken != 1)
		return VS_OK;
	atomic_store(&feed->is_leader, true);
	VS_LOG(INFO, "node.leads", vs_bytes_from_text(feed->place.node));
	return VS_OK;
}

static vs_result
forget(struct vs_store_feed *feed, uint64_t now_ms)
{
	const struct vs_store_value kept = vs_store_number(KEPT_MS);
	const struct vs_store_value messages[] = {vs_store_number(VS_STORE_ONCE_MS),
	                                          vs_store_number(FORGET_ROWS)};
	int64_t removed = 0;

	VS_TRY(vs_store_run(&feed->db, VS_QUERY_changes_forget, &kept, 1));
	VS_TRY(vs_store_run_count(&feed->db, VS_QUERY_messages_forget, messages, 2, &removed));
	if (removed < FORGET_ROWS)
		feed->forgot_ms = now_ms;
	return VS_OK;
}

static vs_result
turn(struct vs_store_feed *feed)
{
	uint64_t now_ms = vs_clock_mono_ms();

	/* Its lock went with the connection. */
	if (vs_store_pg_is_lost(&feed->db))
		atomic_store(&feed->is_leader, false);
	VS_TRY(read_changes(feed));
	if (now_ms < feed->seen_ms + SEEN_MS && feed->seen_ms != 0)
		return VS_OK;
	VS_TRY(say_seen(feed, VS_QUERY_node_seen));
	feed->seen_ms = now_ms;
	if (!atomic_load(&feed->is_leader))
		return try_to_lead(feed);
	if (now_ms < feed->forgot_ms + FORGET_MS)
		return VS_OK;
	return forget(feed, now_ms);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* false: end. */
static bool
wait(struct vs_store_feed *feed)
{
	uint64_t until_ms = vs_clock_mono_ms() + VS_STORE_FEED_MS;
	struct timespec until = {(time_t)(until_ms / 1000), (long)(until_ms % 1000) * 1000000};
	bool is_ending;

	(void)pthread_mutex_lock(&feed->lock);
	while (!feed->is_ending && !feed->is_poked && vs_clock_mono_ms() < until_ms)
		(void)pthread_cond_timedwait(&feed->poked, &feed->lock, &until);
	feed->is_poked = false;
	is_ending = feed->is_ending;
	(void)pthread_mutex_unlock(&feed->lock);
	return !is_ending;
}

static void *
run(void *arg)
{
	struct vs_store_feed *feed = arg;
	enum vs_err last = VS_E_OK;

	(void)pthread_setname_np(pthread_self(), "vs-feed");
	do {
		vs_result r = turn(feed);

		if (r.code != VS_E_OK && r.code != last)
			VS_LOG(ERROR, "feed.failed", vs_bytes_from_text(feed->place.node),
			       VS_LOG_ERR(r));
		last = r.code;
	} while (wait(feed));
	return NULL;
}

static bool
make_locks(struct vs_store_feed *feed)
{
	pthread_condattr_t attributes;
	bool is_made;

	if (pthread_condattr_init(&attributes) != 0)
		return false;
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	is_made = pthread_mutex_init(&feed->lock, NULL) == 0 &&
	          pthread_cond_init(&feed->poked, &attributes) == 0;
	(void)pthread_condattr_destroy(&attributes);
	return is_made;
}

static vs_result
enter(struct vs_store_feed *feed, char *reason, size_t reason_size)
{
	const struct vs_store_place place = {"", &feed->place};
	const char *root_id = feed->options.root_id;
	const struct vs_store_value values[] = {vs_store_text(feed->place.node),
	                                        vs_store_text(root_id != NULL ? root_id : "")};

	VS_TRY(vs_store_db_open(&feed->db, &place, VS_STORE_NODE, reason, reason_size));
	VS_TRY(vs_store_db_prepare(&feed->db, reason, reason_size));
	VS_TRY(vs_store_run_id(&feed->db, VS_QUERY_node_enter, values, 2, &feed->incarnation));
	VS_TRY(read_from(feed, &feed->from_xid));
	atomic_store(&feed->read_ms, vs_clock_mono_ms());
	return try_to_lead(feed);
}

vs_result
vs_store_feed_new(const struct vs_store_feed_options *options, char *reason, size_t reason_size,
                  struct vs_store_feed **feed_out)
{
	struct vs_store_feed *feed = calloc(1, sizeof(*feed));
	vs_result r;

	assert(options != NULL && options->place != NULL && options->place->node[0] != '\0');
	assert(options->changed != NULL && options->reload != NULL && options->settle != NULL &&
	       feed_out != NULL);
	if (feed == NULL)
		return VS_FAIL(NO_MEMORY);
	feed->options = *options;
	feed->place = *options->place;
	if (!make_locks(feed)) {
		free(feed);
		return VS_FAIL(NO_MEMORY);
	}
	r = enter(feed, reason, reason_size);
	if (r.code != VS_E_OK)
		vs_store_feed_free(&feed);
	else
		*feed_out = feed;
	return r;
}

vs_result
vs_store_feed_run(struct vs_store_feed *feed)
{
	assert(feed != NULL && !feed->has_thread);
	atomic_store(&feed->is_running, true);
	feed->has_thread = pthread_create(&feed->thread, NULL, run, feed) == 0;
	return feed->has_thread ? VS_OK : VS_FAIL(NO_MEMORY);
}

void
vs_store_feed_halt(struct vs_store_feed *feed)
{
	vs_result left = VS_OK;

	(void)pthread_mutex_lock(&feed->lock);
	feed->is_ending = true;
	(void)pthread_cond_signal(&feed->poked);
	(void)pthread_mutex_unlock(&feed->lock);
	if (feed->has_thread)
		(void)pthread_join(feed->thread, NULL);
	feed->has_thread = false;
	atomic_store(&feed->is_running, false);
	if (feed->db.pg != NULL && feed->incarnation > 0)
		left = say_seen(feed, VS_QUERY_node_leave);
	(void)left; /* its lease ends by itself */
	vs_store_db_close(&feed->db);
}

void
vs_store_feed_free(struct vs_store_feed **feed)
{
	if (*feed == NULL)
		return;
	vs_store_feed_halt(*feed);
	(void)pthread_cond_destroy(&(*feed)->poked);
	(void)pthread_mutex_destroy(&(*feed)->lock);
	free(*feed);
	*feed = NULL;
}

/* --- for everybody ---------------------------------------------------------------------------- */

void
vs_store_feed_poke(struct vs_store_feed *feed)
{
	if (feed == NULL)
		return;
	(void)pthread_mutex_lock(&feed->lock);
	feed->is_poked = true;
	(void)pthread_cond_signal(&feed->poked);
	(void)pthread_mutex_unlock(&feed->lock);
}

bool
vs_store_feed_is_current(const struct vs_store_feed *feed)
{
	/* Before it runs nobody is let in, and what is written is of the start. */
	return feed == NULL || !atomic_load(&feed->is_running) ||
	       vs_clock_mono_ms() < atomic_load(&feed->read_ms) + VS_STORE_FEED_CURRENT_MS;
}

bool
vs_store_feed_is_leader(const struct vs_store_feed *feed)
{
	return feed == NULL || atomic_load(&feed->is_leader);
}

/* --- waiting for the others ------------------------------------------------------------------- */

struct waiting {
	int64_t since_ms, behind;
};

static vs_result
ask_now(struct vs_store_db *db, void *arg)
{
	return vs_store_run_id(db, VS_QUERY_nodes_now, NULL, 0, &((struct waiting *)arg)->since_ms);
}

static vs_result
ask_behind(struct vs_store_db *db, void *arg)
{
	struct waiting *waiting = arg;
	const struct vs_store_value values[] = {vs_store_number(waiting->since_ms),
	                                        vs_store_number(VS_STORE_LEASE_MS)};

	return vs_store_run_id(db, VS_QUERY_nodes_behind, values, 2, &waiting->behind);
}

vs_result
vs_store_nodes_wait(struct vs_store *store)
{
	struct waiting waiting = {.behind = 1};
	uint64_t until_ms = vs_clock_mono_ms() + NODES_WAIT_MS;

	VS_TRY(vs_store_do(store, ask_now, &waiting));
	while (waiting.behind > 0 && vs_clock_mono_ms() < until_ms) {
		(void)nanosleep(&(struct timespec){0, NODES_ASK_NS}, NULL);
		VS_TRY(vs_store_do(store, ask_behind, &waiting));
	}
	return waiting.behind == 0 ? VS_OK : VS_FAIL(TIMEOUT);
}

struct rooting {
	const char *root_id;
	char node[VS_STORE_NODE_SIZE];
};

static vs_result
ask_roots(struct vs_store_db *db, void *arg)
{
	struct rooting *rooting = arg;
	const struct vs_store_value values[] = {vs_store_text(rooting->root_id),
	                                        vs_store_number(VS_STORE_LEASE_MS)};
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r = vs_store_bind(db, VS_QUERY_nodes_without_root, values, 2, &statement);

	if (r.code == VS_E_OK)
		r = vs_store_next(statement, &has_row);
	if (r.code == VS_E_OK && has_row)
		vs_store_column_text(statement, 0, rooting->node, sizeof(rooting->node));
	vs_store_reset(statement);
	return r.code == VS_E_OK && has_row ? VS_FAIL(ROOT_BEHIND) : r;
}

vs_result
vs_store_nodes_root(struct vs_store *store, const char *root_id,
                    char node_out[static VS_STORE_NODE_SIZE])
{
	struct rooting rooting = {.root_id = root_id};
	vs_result r = vs_store_do(store, ask_roots, &rooting);

	if (r.code == VS_E_ROOT_BEHIND)
		memcpy(node_out, rooting.node, sizeof(rooting.node));
	return r;
}
