/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/audit.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/entry.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metric.h"
#include "daemon/audit_inside.h"
#include "daemon/audit_line.h"

#define SUBJECT VS_BYTES_LITERAL("audit")
#define BATCH   512 /* entries in one request at most */

static int64_t
now_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void
queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
	queue->count = 0;
}

static void
queue_put(struct queue *queue, struct item *item)
{
	item->next = NULL;
	*queue->end = item;
	queue->end = &item->next;
	queue->count++;
}

static struct item *
queue_take(struct queue *queue)
{
	struct item *item = queue->first;

	if (item == NULL)
		return NULL;
	queue->first = item->next;
	if (queue->first == NULL)
		queue->end = &queue->first;
	queue->count--;
	return item;
}

static struct item *
item_new(const struct vs_core_audit_entry *entry)
{
	struct item *item = calloc(1, sizeof(*item));

	if (item == NULL)
		return NULL;
	item->entry = *entry;
	item->at_ns = now_ns(CLOCK_REALTIME);
	item->count = 1;
	return item;
}

static void
item_free(struct item *item, vs_result result)
{
	if (item->done != NULL)
		item->done(item->arg, result);
	explicit_bzero(&item->entry, sizeof(item->entry));
	free(item);
}

/* --- from any thread ------------------------------------------------------------------------- */

static vs_result
take(struct vs_daemon_audit *audit, struct item *item)
{
	vs_result r = VS_OK;

	(void)pthread_mutex_lock(&audit->lock);
	if (audit->is_ending)
		r = VS_FAIL(CLOSED);
	else if (audit->queue.count >= VS_LIMIT_AUDIT_QUEUE)
		r = VS_FAIL(BUSY);
	else
		queue_put(&audit->queue, item);
	(void)pthread_cond_signal(&audit->wake);
	(void)pthread_mutex_unlock(&audit->lock);
	return r;
}

static vs_result
audit_write(void *self, const struct vs_core_audit_entry *entry,
            void (*done)(void *arg, vs_result result), void *arg)
{
	struct item *item = item_new(entry);
	vs_result r = VS_FAIL(NO_MEMORY);

	if (item != NULL) {
		item->done = done;
		item->arg = arg;
		r = take(self, item);
	}
	if (r.code != VS_E_OK) {
		vs_metric_add(VS_METRIC_audit_refused_total, 1);
		free(item);
	}
	return r;
}

/* Alike: the same event of the same actor, from the same place, about the same thing. */
static bool
is_alike(const struct vs_core_audit_entry *a, const struct vs_core_audit_entry *b)
{
	if (a->event != b->event || a->result != b->result || strcmp(a->tenant, b->tenant) != 0 ||
	    strcmp(a->actor_kind, b->actor_kind) != 0 || strcmp(a->actor_id, b->actor_id) != 0 ||
	    strcmp(a->source, b->source) != 0 || strcmp(a->why, b->why) != 0 ||
	    a->field_count != b->field_count)
		return false;
	for (size_t i = 0; i < a->field_count; i++) {
		if (strcmp(a->fields[i].name, b->fields[i].name) != 0 ||
		    strcmp(a->fields[i].text, b->fields[i].text) != 0 ||
		    a->fields[i].number != b->fields[i].number)
			return false;
	}
	return true;
}

static void
lose(struct vs_daemon_audit *audit)
{
	audit->lost++;
	vs_metric_add(VS_METRIC_audit_lost_total, 1);
}

static void
count_note(struct vs_daemon_audit *audit, const struct vs_core_audit_entry *entry)
{
	struct item *item;

	for (item = audit->notes.first; item != NULL; item = item->next) {
		if (is_alike(&item->entry, entry)) {
			item->count++;
			return;
		}
	}
	item = audit->notes.count < VS_LIMIT_AUDIT_NOTES ? item_new(entry) : NULL;
	if (item == NULL) {
		lose(audit);
		return;
	}
	if (audit->notes.count == 0)
		audit->notes_from_ns = now_ns(CLOCK_MONOTONIC);
	queue_put(&audit->notes, item);
	(void)pthread_cond_signal(&audit->wake);
}

static void
audit_note(void *self, const struct vs_core_audit_entry *entry)
{
	struct vs_daemon_audit *audit = self;

	(void)pthread_mutex_lock(&audit->lock);
	if (!audit->is_ending)
		count_note(audit, entry);
	(void)pthread_mutex_unlock(&audit->lock);
}

static vs_result
audit_publish(void *self)
{
	struct vs_daemon_audit *audit = self;

	return vs_keys_client_audit_publish(audit->client);
}

struct vs_port_audit
vs_daemon_audit_port(struct vs_daemon_audit *audit)
{
	return (struct vs_port_audit){audit, audit_write, audit_note, audit_publish};
}

/* --- the thread ------------------------------------------------------------------------------ */

/* A second of notes is over: they are written as others are, and with them how many were lost. */
static void
release_notes(struct vs_daemon_audit *audit)
{
	struct vs_core_audit_entry lost;
	struct item *item;

	while (audit->queue.count < VS_LIMIT_AUDIT_QUEUE &&
	       (item = queue_take(&audit->notes)) != NULL)
		queue_put(&audit->queue, item);
	while ((item = queue_take(&audit->notes)) != NULL) {
		for (uint64_t i = 0; i < item->count; i++)
			lose(audit);
		item_free(item, VS_OK);
	}
	if (audit->lost == 0 || audit->queue.count >= VS_LIMIT_AUDIT_QUEUE)
		return;
	vs_core_audit_init(&lost, VS_AUDIT_LOST, "");
	lost.result = VS_AUDIT_RESULT_ERROR;
	item = item_new(&lost);
	if (item == NULL)
		return;
	item->count = audit->lost;
	audit->lost = 0;
	queue_put(&audit->queue, item);
}

static void
wait_until(struct vs_daemon_audit *audit, int64_t end_ns)
{
	struct timespec end = {.tv_sec = end_ns / 1000000000, .tv_nsec = end_ns % 1000000000};

	(void)pthread_cond_timedwait(&audit->wake, &audit->lock, &end);
}

/* Something to write, or the end. The lock is held. */
static bool
wait_for_work(struct vs_daemon_audit *audit)
{
	for (;;) {
		int64_t due_ns = audit->notes_from_ns + VS_AUDIT_PUBLISH_NS;

		if (audit->notes.count > 0 &&
		    (audit->is_ending || now_ns(CLOCK_MONOTONIC) >= due_ns))
			release_notes(audit);
		if (audit->queue.count > 0)
			return true;
		if (audit->is_ending)
			return false;
		if (audit->notes.count > 0)
			wait_until(audit, due_ns);
		else
			(void)pthread_cond_wait(&audit->wake, &audit->lock);
	}
}

static void
tell_health(struct vs_daemon_audit *audit, vs_result r)
{
	struct vs_audit_log_status status = {.reason = ""};
	bool is_healthy = r.code == VS_E_OK;

	if (is_healthy == audit->is_healthy)
		return;
	audit->is_healthy = is_healthy;
	vs_metric_add(VS_METRIC_audit_healthy, is_healthy ? 1 : -1);
	if (is_healthy) {
		VS_LOG(INFO, "audit.healthy", SUBJECT);
		return;
	}
	(void)vs_keys_client_audit_status(audit->client, &status).code;
	VS_LOG(ERROR, "audit.unavailable", SUBJECT, VS_LOG_ERR(r),
	       VS_LOG_STR("reason", status.reason));
}

/* One request: those of the list whose line could be made. */
static vs_result
send_batch(struct vs_daemon_audit *audit, const struct vs_bytes *lines, size_t count)
{
	char shard[VS_AUDIT_SHARD_SIZE];
	uint64_t first;
	vs_result r = count == 0
	                  ? VS_OK
	                  : vs_keys_client_audit_append(audit->client, lines, count, shard, &first);

	if (count > 0)
		tell_health(audit, r);
	vs_metric_add(r.code == VS_E_OK ? VS_METRIC_audit_entries_total
	                                : VS_METRIC_audit_refused_total,
	              (int64_t)count);
	return r.code == VS_E_OK ? r : VS_FAIL(AUDIT_UNAVAILABLE);
}

void
vs_daemon_audit_tell_tap(struct vs_daemon_audit *audit, const struct vs_bytes *lines, size_t count)
{
	void (*tap)(void *arg, struct vs_bytes line);
	void *arg;

	(void)pthread_mutex_lock(&audit->lock);
	tap = audit->tap;
	arg = audit->tap_arg;
	(void)pthread_mutex_unlock(&audit->lock);
	for (size_t i = 0; i < count && tap != NULL; i++)
		tap(arg, lines[i]);
}

/* As many as fit into a request. The lock is not held. */
static void
write_some(struct vs_daemon_audit *audit, struct queue *batch)
{
	struct vs_bytes lines[BATCH];
	size_t offsets[BATCH + 1] = {0}, count = 0;
	struct queue sent;
	struct vs_buf text;
	struct item *item;
	vs_result r;

	queue_init(&sent);
	vs_buf_init(&text, VS_KEYS_AUDIT_SIZE + VS_AUDIT_ENTRY_SIZE);
	while (count < BATCH && (item = queue_take(batch)) != NULL) {
		r = vs_daemon_audit_line(&item->entry, item->at_ns, item->count, audit->node,
		                         &audit->seal, &text);
		if (r.code == VS_E_OK && text.size + 2 * (count + 1) > VS_KEYS_AUDIT_SIZE) {
			/* It is the next request's first. */
			item->next = batch->first;
			if (batch->first == NULL)
				batch->end = &item->next;
			batch->first = item;
			batch->count++;
			break;
		}
		if (r.code != VS_E_OK) {
			item_free(item, r);
			continue;
		}
		offsets[++count] = text.size;
		queue_put(&sent, item);
	}
	for (size_t i = 0; i < count; i++)
		lines[i] = vs_bytes_from(text.data + offsets[i], offsets[i + 1] - offsets[i]);
	r = send_batch(audit, lines, count);
	if (r.code == VS_E_OK)
		vs_daemon_audit_tell_tap(audit, lines, count);
	while ((item = queue_take(&sent)) != NULL)
		item_free(item, r);
	vs_buf_done(&text);
}

static void *
run(void *argument)
{
	struct vs_daemon_audit *audit = argument;
	struct queue batch;

	(void)pthread_mutex_lock(&audit->lock);
	while (wait_for_work(audit)) {
		batch = audit->queue;
		if (batch.first != NULL && batch.end == &audit->queue.first)
			batch.end = &batch.first;
		queue_init(&audit->queue);
		(void)pthread_mutex_unlock(&audit->lock);
		while (batch.count > 0)
			write_some(audit, &batch);
		(void)pthread_mutex_lock(&audit->lock);
	}
	(void)pthread_mutex_unlock(&audit->lock);
	return NULL;
}

/* --- life ------------------------------------------------------------------------------------ */

static vs_result
make_lock(struct vs_daemon_audit *audit)
{
	pthread_condattr_t attr;
	vs_result r = VS_FAIL(NO_MEMORY);

	if (pthread_mutex_init(&audit->lock, NULL) != 0)
		return r;
	if (pthread_condattr_init(&attr) != 0)
		return r;
	if (pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(&audit->wake, &attr) == 0)
		r = VS_OK;
	(void)pthread_condattr_destroy(&attr);
	return r;
}

vs_result
vs_daemon_audit_new(struct vs_keys_client *client, const struct vs_port_seal *seal,
                    struct vs_daemon_audit **audit_out)
{
	struct vs_daemon_audit *audit = calloc(1, sizeof(*audit));
	struct vs_core_audit_entry start;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(client != NULL && audit_out != NULL);
	if (audit == NULL)
		return r;
	audit->client = client;
	audit->seal = *seal;
	queue_init(&audit->queue);
	queue_init(&audit->notes);
	if (gethostname(audit->node, sizeof(audit->node) - 1) != 0)
		(void)snprintf(audit->node, sizeof(audit->node), "localhost");
	/* Well until it turns out otherwise: then it is said once. */
	audit->is_healthy = true;
	vs_metric_add(VS_METRIC_audit_healthy, 1);
	r = make_lock(audit);
	if (r.code == VS_E_OK && pthread_create(&audit->thread, NULL, run, audit) != 0)
		r = VS_FAIL(NO_MEMORY);
	if (r.code != VS_E_OK) {
		free(audit);
		return r;
	}
	audit->has_thread = true;
	vs_core_audit_init(&start, VS_AUDIT_DAEMON_START, "");
	start.result = VS_AUDIT_RESULT_OK;
	vs_core_audit_add_text(&start, "version", VS_BYTES_LITERAL(VS_VERSION), false);
	(void)audit_write(audit, &start, NULL, NULL)
	    .code; /* when it cannot be written, that is said */
	*audit_out = audit;
	return VS_OK;
}

void
vs_daemon_audit_free(struct vs_daemon_audit **audit)
{
	assert(audit != NULL);
	if (*audit == NULL)
		return;
	(void)pthread_mutex_lock(&(*audit)->lock);
	(*audit)->is_ending = true;
	(void)pthread_cond_signal(&(*audit)->wake);
	(void)pthread_mutex_unlock(&(*audit)->lock);
	(void)pthread_join((*audit)->thread, NULL);
	if ((*audit)->is_healthy)
		vs_metric_add(VS_METRIC_audit_healthy, -1);
	(void)pthread_cond_destroy(&(*audit)->wake);
	(void)pthread_mutex_destroy(&(*audit)->lock);
	free(*audit);
	*audit = NULL;
}

void
vs_daemon_audit_tap(struct vs_daemon_audit *audit, void (*tap)(void *arg, struct vs_bytes line),
                    void *arg)
{
	(void)pthread_mutex_lock(&audit->lock);
	audit->tap = tap;
	audit->tap_arg = arg;
	(void)pthread_mutex_unlock(&audit->lock);
}

/* --- what others say ------------------------------------------------------------------------- */

static void
publish(void *self, const struct vs_core_event *event)
{
	struct vs_daemon_audit *audit = self;

	audit->next.publish(audit->next.self, event);
	vs_daemon_audit_observe(audit, event);
}

struct vs_port_events
vs_daemon_audit_events(struct vs_daemon_audit *audit, struct vs_port_events next)
{
	audit->next = next;
	return (struct vs_port_events){audit, publish};
}
