/* SPDX-License-Identifier: Apache-2.0 */
#include "event/jobs.h"

#include <stdatomic.h>

#include "test.h"

struct task {
	struct vs_job job;
	int number;
	char secret[16];
};

static atomic_int ran;
static int finished, dropped, last;
static enum vs_err outcome;

static vs_result
run(struct vs_job *job)
{
	(void)atomic_fetch_add(&ran, 1);
	return ((struct task *)job)->number == 2 ? VS_FAIL(NOT_FOUND) : VS_OK;
}

static void
finish(struct vs_job *job, vs_result result)
{
	finished++;
	last = ((struct task *)job)->number;
	outcome = result.code;
}

static void
drop(struct vs_job *job)
{
	dropped++;
	CHECK(((struct task *)job)->secret[0] == 's');
}

static struct task *
task_new(int number)
{
	struct task *task = vs_job_new(sizeof(*task), run, finish, drop);

	CHECK(task != NULL && task->number == 0);
	task->number = number;
	task->secret[0] = 's';
	return task;
}

static void
each_is_finished_and_goes(void)
{
	struct vs_jobs jobs = {NULL};
	struct vs_pool *pool = NULL;
	struct vs_loop *loop = NULL;

	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_pool_new(1, 8, &pool));
	for (int number = 1; number <= 3; number++) {
		CHECK_OK(vs_jobs_start(&jobs, &task_new(number)->job, pool, loop, 60000));
		while (finished < number)
			CHECK_OK(vs_loop_turn(loop, 100));
		CHECK(last == number && dropped == number && jobs.first == NULL);
		CHECK(outcome == (number == 2 ? VS_E_NOT_FOUND : VS_E_OK));
	}
	vs_pool_free(&pool);
	vs_jobs_free(&jobs);
	vs_loop_free(&loop);
}

/* No room in the pool: it is gone, and was not finished. */
static void
one_too_many(void)
{
	struct vs_jobs jobs = {NULL};
	struct vs_pool *pool = NULL;
	struct vs_loop *loop = NULL;
	int started = 0;

	finished = dropped = 0;
	CHECK_OK(vs_loop_new(&loop));
	CHECK_OK(vs_pool_new(1, 2, &pool));
	while (vs_jobs_start(&jobs, &task_new(started)->job, pool, loop, 60000).code == VS_E_OK)
		started++;
	CHECK(started >= 2 && finished == 0 && dropped == 1);
	while (finished < started)
		CHECK_OK(vs_loop_turn(loop, 100));
	CHECK(dropped == started + 1 && jobs.first == NULL);
	vs_pool_free(&pool);
	vs_loop_free(&loop);
}

/* The loop has ended before they came back. */
static void
those_that_nobody_finishes(void)
{
	struct vs_jobs jobs = {NULL};

	dropped = finished = 0;
	for (int number = 0; number < 3; number++) {
		struct vs_job *job = &task_new(number)->job;

		job->next = jobs.first;
		job->link = &jobs.first;
		if (job->next != NULL)
			job->next->link = &job->next;
		jobs.first = job;
	}
	vs_jobs_free(&jobs);
	CHECK(jobs.first == NULL && dropped == 3 && finished == 0);
	vs_jobs_free(&jobs);
}

int
main(void)
{
	CASE(each_is_finished_and_goes);
	CASE(one_too_many);
	CASE(those_that_nobody_finishes);
	return 0;
}
