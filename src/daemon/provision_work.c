/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/provision_work.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"

/* They mostly wait: for the store's disk, or for the key process. */
#define THREADS 8

struct message {
	struct message *next;
	size_t topic_size, payload_size;
	uint8_t bytes[]; /* of both */
};

struct lane {
	struct vs_daemon_provision_work *work;
	pthread_t thread;
	pthread_cond_t is_there;
	struct message *first, **last;
};

struct vs_daemon_provision_work {
	void (*look)(void *arg, struct vs_bytes topic, struct vs_bytes payload);
	void *arg;
	pthread_mutex_t lock; /* of what follows */
	bool is_over;
	size_t waiting;
	struct lane lanes[THREADS];
	size_t started;
};

/* The next of a lane; NULL: it is over. */
static struct message *
wait_for_one(struct lane *lane)
{
	struct vs_daemon_provision_work *work = lane->work;
	struct message *message = NULL;

	(void)pthread_mutex_lock(&work->lock);
	while (lane->first == NULL && !work->is_over)
		(void)pthread_cond_wait(&lane->is_there, &work->lock);
	if (!work->is_over) {
		message = lane->first;
		lane->first = message->next;
		if (lane->first == NULL)
			lane->last = &lane->first;
		work->waiting--;
	}
	(void)pthread_mutex_unlock(&work->lock);
	return message;
}

static void *
lane_main(void *arg)
{
	struct lane *lane = arg;
	struct message *message;

	(void)pthread_setname_np(pthread_self(), "vs-provision");
	while ((message = wait_for_one(lane)) != NULL) {
		lane->work->look(
		    lane->work->arg, vs_bytes_from(message->bytes, message->topic_size),
		    vs_bytes_from(message->bytes + message->topic_size, message->payload_size));
		free(message);
	}
	return NULL;
}

static vs_result
start(struct vs_daemon_provision_work *work)
{
	if (pthread_mutex_init(&work->lock, NULL) != 0)
		return VS_FAIL(NO_MEMORY);
	for (size_t i = 0; i < THREADS; i++) {
		struct lane *lane = &work->lanes[i];

		lane->work = work;
		lane->last = &lane->first;
		if (pthread_cond_init(&lane->is_there, NULL) != 0 ||
		    pthread_create(&lane->thread, NULL, lane_main, lane) != 0)
			return VS_FAIL(NO_MEMORY);
		work->started++;
	}
	return VS_OK;
}

vs_result
vs_daemon_provision_work_new(void (*look)(void *arg, struct vs_bytes topic,
                                          struct vs_bytes payload),
                             void *arg, struct vs_daemon_provision_work **work_out)
{
	struct vs_daemon_provision_work *work = calloc(1, sizeof(*work));
	vs_result r;

	assert(look != NULL && work_out != NULL);
	if (work == NULL)
		return VS_FAIL(NO_MEMORY);
	work->look = look;
	work->arg = arg;
	r = start(work);
	if (r.code != VS_E_OK)
		vs_daemon_provision_work_free(&work);
	else
		*work_out = work;
	return r;
}

/* Its owner is everything before the last slash. */
static size_t
lane_of(struct vs_bytes topic)
{
	size_t size = topic.size;

	while (size > 0 && topic.data[size - 1] != '/')
		size--;
	return vs_hash(vs_bytes_from(topic.data, size)) % THREADS;
}

vs_result
vs_daemon_provision_work_add(struct vs_daemon_provision_work *work, struct vs_bytes topic,
                             struct vs_bytes payload)
{
	struct lane *lane = &work->lanes[lane_of(topic)];
	struct message *message = calloc(1, sizeof(*message) + topic.size + payload.size);
	bool is_full;

	if (message == NULL)
		return VS_FAIL(NO_MEMORY);
	message->next = NULL;
	message->topic_size = topic.size;
	message->payload_size = payload.size;
	memcpy(message->bytes, topic.data, topic.size);
	if (payload.size > 0)
		memcpy(message->bytes + topic.size, payload.data, payload.size);
	(void)pthread_mutex_lock(&work->lock);
	is_full = work->waiting >= VS_LIMIT_PROVISION_QUEUE;
	if (!is_full) {
		work->waiting++;
		*lane->last = message;
		lane->last = &message->next;
		(void)pthread_cond_signal(&lane->is_there);
	}
	(void)pthread_mutex_unlock(&work->lock);
	if (is_full)
		free(message);
	return is_full ? VS_FAIL(TOO_LONG) : VS_OK;
}

void
vs_daemon_provision_work_free(struct vs_daemon_provision_work **work)
{
	struct vs_daemon_provision_work *gone = *work;

	*work = NULL;
	if (gone == NULL)
		return;
	(void)pthread_mutex_lock(&gone->lock);
	gone->is_over = true;
	for (size_t i = 0; i < gone->started; i++)
		(void)pthread_cond_signal(&gone->lanes[i].is_there);
	(void)pthread_mutex_unlock(&gone->lock);
	for (size_t i = 0; i < gone->started; i++) {
		(void)pthread_join(gone->lanes[i].thread, NULL);
		(void)pthread_cond_destroy(&gone->lanes[i].is_there);
		while (gone->lanes[i].first != NULL) {
			struct message *next = gone->lanes[i].first->next;

			free(gone->lanes[i].first);
			gone->lanes[i].first = next;
		}
	}
	(void)pthread_mutex_destroy(&gone->lock);
	free(gone);
}
