/* SPDX-License-Identifier: Apache-2.0 */
#include "event/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

/* While a loop's mailbox is full, the thread that has a result for it waits and knocks again. A
 * loop that takes no mail for this long while the pool ends does not run any more. */
#define KNOCK_MS      1u
#define KNOCKS_AT_END 2000u

struct job {
	struct job *next;
	struct vs_loop *loop;
	uint64_t due_ms;
	vs_result (*run)(void *argument);
	void (*finish)(struct vs_loop *loop, vs_result result, void *argument);
	void *argument;
	vs_result result;
};

struct vs_pool {
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct job *first, **end; /* under lock */
	size_t count;             /* under lock */
	bool is_stopping;         /* under lock */
	size_t queue_max;
	unsigned thread_count;
	pthread_t threads[];
};

static void
deliver(struct vs_loop *loop, void *argument)
{
	struct job *job = argument;

	job->finish(loop, job->result, job->argument);
	free(job);
}

static bool
is_stopping(struct vs_pool *pool)
{
	bool answer;

	(void)pthread_mutex_lock(&pool->lock);
	answer = pool->is_stopping;
	(void)pthread_mutex_unlock(&pool->lock);
	return answer;
}

static void
hand_back(struct vs_pool *pool, struct job *job)
{
	const struct timespec pause = {0, KNOCK_MS * 1000000L};
	unsigned knocks = 0;

	while (vs_loop_post(job->loop, deliver, job).code != VS_E_OK) {
		if (is_stopping(pool) && ++knocks > KNOCKS_AT_END) {
			free(job); /* its argument has no owner left */
			return;
		}
		(void)nanosleep(&pause, NULL);
	}
}

static struct job *
take(struct vs_pool *pool, bool *must_run_out)
{
	struct job *job;

	(void)pthread_mutex_lock(&pool->lock);
	while (pool->first == NULL && !pool->is_stopping)
		(void)pthread_cond_wait(&pool->came, &pool->lock);
	job = pool->first;
	if (job != NULL) {
		pool->first = job->next;
		if (pool->first == NULL)
			pool->end = &pool->first;
		pool->count--;
	}
	*must_run_out = !pool->is_stopping;
	(void)pthread_mutex_unlock(&pool->lock);
	return job;
}

static void *
work(void *arg)
{
	struct vs_pool *pool = arg;
	struct job *job;
	bool must_run = false;

	while ((job = take(pool, &must_run)) != NULL) {
		if (!must_run)
			job->result = VS_FAIL(CLOSED);
		else if (vs_clock_mono_ms() > job->due_ms)
			job->result = VS_FAIL(TIMEOUT);
		else
			job->result = job->run(job->argument);
		hand_back(pool, job);
	}
	return NULL;
}

vs_result
vs_pool_new(unsigned thread_count, size_t queue_max, struct vs_pool **pool_out)
{
	struct vs_pool *pool;

	assert(thread_count > 0 && queue_max > 0 && pool_out != NULL);
	pool = calloc(1, sizeof(*pool) + thread_count * sizeof(pool->threads[0]));
	if (pool == NULL)
		return VS_FAIL(NO_MEMORY);
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->came, NULL);
	pool->end = &pool->first;
	pool->queue_max = queue_max;
	while (pool->thread_count < thread_count) {
		if (pthread_create(&pool->threads[pool->thread_count], NULL, work, pool) != 0) {
			vs_pool_free(&pool);
			return VS_FAIL(NO_MEMORY);
		}
		pool->thread_count++;
	}
	*pool_out = pool;
	return VS_OK;
}

void
vs_pool_free(struct vs_pool **pool)
{
	struct vs_pool *p;

	if (pool == NULL || *pool == NULL)
		return;
	p = *pool;
	(void)pthread_mutex_lock(&p->lock);
	p->is_stopping = true;
	(void)pthread_cond_broadcast(&p->came);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->thread_count; i++)
		(void)pthread_join(p->threads[i], NULL);
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->came);
	free(p);
	*pool = NULL;
}

vs_result
vs_pool_submit(struct vs_pool *pool, struct vs_loop *loop, uint32_t deadline_ms,
               vs_result (*run)(void *argument),
               void (*finish)(struct vs_loop *loop, vs_result result, void *argument),
               void *argument)
{
	struct job *job;
	vs_result r = VS_FAIL(BUSY);

	assert(pool != NULL && loop != NULL && run != NULL && finish != NULL);
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return VS_FAIL(NO_MEMORY);
	*job = (struct job){NULL,     loop, vs_clock_mono_ms() + deadline_ms, run, finish,
	                    argument, VS_OK};
	(void)pthread_mutex_lock(&pool->lock);
	if (pool->count < pool->queue_max && !pool->is_stopping) {
		*pool->end = job;
		pool->end = &job->next;
		pool->count++;
		job = NULL;
		r = VS_OK;
		(void)pthread_cond_signal(&pool->came);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	free(job);
	return r;
}
