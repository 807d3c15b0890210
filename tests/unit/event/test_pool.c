/* SPDX-License-Identifier: Apache-2.0 */
#include "event/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "test.h"

static sem_t gate; /* holds a running job */
static sem_t begun;
static int finished, timed_out, closed;
static atomic_int ran;
static pthread_t loop_thread;

static vs_result
run_at_once(void *argument)
{
	(void)argument;
	CHECK(!pthread_equal(pthread_self(), loop_thread));
	(void)atomic_fetch_add(&ran, 1);
	return VS_FAIL(NOT_FOUND);
}

static vs_result
run_at_gate(void *argument)
{
	(void)argument;
	CHECK(sem_post(&begun) == 0);
	CHECK(sem_wait(&gate) == 0);
	return VS_OK;
}

static void
finish(struct vs_loop *loop, vs_result result, void *argument)
{
	int *calls = argument;

	CHECK(loop != NULL && pthread_equal(pthread_self(), loop_thread));
	(*calls)++;
	finished++;
	timed_out += result.code == VS_E_TIMEOUT;
	closed += result.code == VS_E_CLOSED;
}

static void
turn_until(struct vs_loop *loop, int count)
{
	while (finished < count)
		CHECK_OK(vs_loop_turn(loop, 100));
}

static void
reset(void)
{
	finished = timed_out = closed = 0;
	atomic_store(&ran, 0);
	loop_thread = pthread_self();
	CHECK(sem_init(&gate, 0, 0) == 0 && sem_init(&begun, 0, 0) == 0);
}

static void
runs_elsewhere_and_finishes_here(void)
{
	struct vs_loop *loop = NULL;
	struct vs_pool *pool = NULL;
	int calls[100] = {0};

	reset();
	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_pool_new(3, 100, &pool));
	for (int i = 0; i < 100; i++)
		CHECK_OK(vs_pool_submit(pool, loop, 60000, run_at_once, finish, &calls[i]));
	turn_until(loop, 100);
	for (int i = 0; i < 100; i++)
		CHECK(calls[i] == 1);
	CHECK(atomic_load(&ran) == 100 && timed_out == 0);
	vs_pool_free(&pool);
	CHECK(pool == NULL);
	vs_pool_free(&pool);
	vs_loop_free(&loop);
}

static void
is_bounded(void)
{
	struct vs_loop *loop = NULL;
	struct vs_pool *pool = NULL;
	int calls = 0;

	reset();
	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_pool_new(1, 2, &pool));
	CHECK_OK(vs_pool_submit(pool, loop, 60000, run_at_gate, finish, &calls));
	CHECK(sem_wait(&begun) == 0); /* it runs: the queue is empty again */
	CHECK_OK(vs_pool_submit(pool, loop, 60000, run_at_once, finish, &calls));
	CHECK_OK(vs_pool_submit(pool, loop, 60000, run_at_once, finish, &calls));
	CHECK_ERR(vs_pool_submit(pool, loop, 60000, run_at_once, finish, &calls), BUSY);
	CHECK(sem_post(&gate) == 0);
	turn_until(loop, 3);
	CHECK(calls == 3 && atomic_load(&ran) == 2);
	vs_pool_free(&pool);
	vs_loop_free(&loop);
}

static void
too_late_is_not_run(void)
{
	struct vs_loop *loop = NULL;
	struct vs_pool *pool = NULL;
	int calls = 0;

	reset();
	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_pool_new(1, 9, &pool));
	CHECK_OK(vs_pool_submit(pool, loop, 60000, run_at_gate, finish, &calls));
	CHECK(sem_wait(&begun) == 0);
	CHECK_OK(vs_pool_submit(pool, loop, 0, run_at_once, finish, &calls));
	CHECK_OK(vs_loop_turn(loop, 20)); /* nothing happens, but time goes by */
	CHECK(sem_post(&gate) == 0);
	turn_until(loop, 2);
	CHECK(timed_out == 1 && atomic_load(&ran) == 0);
	vs_pool_free(&pool);
	vs_loop_free(&loop);
}

static void *
free_pool(void *argument)
{
	struct vs_pool *pool = argument;

	vs_pool_free(&pool);
	return NULL;
}

static void
what_is_queued_at_the_end_is_told(void)
{
	struct vs_loop *loop = NULL;
	struct vs_pool *pool = NULL;
	pthread_t thread;
	int calls = 0;
	vs_result r;

	reset();
	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_pool_new(1, 64, &pool));
	CHECK_OK(vs_pool_submit(pool, loop, 60000, run_at_gate, finish, &calls));
	CHECK(sem_wait(&begun) == 0);
	CHECK_OK(vs_pool_submit(pool, loop, 60000, run_at_once, finish, &calls));
	CHECK(pthread_create(&thread, NULL, free_pool, pool) == 0);
	/* Once the pool is ending it takes no more; what it took before is closed, the running job
	 * runs to its end. */
	int taken = 2;
	while ((r = vs_pool_submit(pool, loop, 60000, run_at_once, finish, &calls)).code ==
	           VS_E_OK &&
	       taken < 65)
		taken++;
	CHECK(r.code == VS_E_BUSY || taken == 65);
	CHECK_OK(vs_loop_turn(loop, 20));
	CHECK(sem_post(&gate) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	turn_until(loop, taken);
	CHECK(calls == taken && closed + atomic_load(&ran) == taken - 1);
	vs_loop_free(&loop);
}

int
main(void)
{
	CASE(runs_elsewhere_and_finishes_here);
	CASE(is_bounded);
	CASE(too_late_is_not_run);
	CASE(what_is_queued_at_the_end_is_told);
	return 0;
}
