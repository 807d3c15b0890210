/* SPDX-License-Identifier: Apache-2.0 */
#include "event/jobs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void *
vs_job_new(size_t size, vs_result (*run)(struct vs_job *job),
           void (*finish)(struct vs_job *job, vs_result result), void (*drop)(struct vs_job *job))
{
	struct vs_job *job;

	assert(size >= sizeof(*job) && run != NULL && finish != NULL);
	job = calloc(1, size);
	if (job == NULL)
		return NULL;
	*job = (struct vs_job){.size = size, .run = run, .finish = finish, .drop = drop};
	return job;
}

static void
wipe(struct vs_job *job)
{
	if (job->drop != NULL)
		job->drop(job);
	explicit_bzero(job, job->size);
	free(job);
}

static void
end(struct vs_job *job)
{
	*job->link = job->next;
	if (job->next != NULL)
		job->next->link = job->link;
	wipe(job);
}

static vs_result
run(void *argument)
{
	struct vs_job *job = argument;

	return job->run(job);
}

static void
finish(struct vs_loop *loop, vs_result result, void *argument)
{
	struct vs_job *job = argument;

	(void)loop;
	job->finish(job, result);
	end(job);
}

vs_result
vs_jobs_start(struct vs_jobs *jobs, struct vs_job *job, struct vs_pool *pool, struct vs_loop *loop,
              uint32_t deadline_ms)
{
	vs_result r;

	assert(jobs != NULL && job != NULL && job->link == NULL);
	job->next = jobs->first;
	job->link = &jobs->first;
	if (job->next != NULL)
		job->next->link = &job->next;
	jobs->first = job;
	r = vs_pool_submit(pool, loop, deadline_ms, run, finish, job);
	if (r.code != VS_E_OK)
		end(job);
	return r;
}

void
vs_jobs_free(struct vs_jobs *jobs)
{
	assert(jobs != NULL);
	for (struct vs_job *job = jobs->first, *next; job != NULL; job = next) {
		next = job->next;
		wipe(job);
	}
	jobs->first = NULL;
}
