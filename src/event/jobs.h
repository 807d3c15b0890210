/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jobs of the pool that belong to one owner in one loop: it knows which are under way, and what of
 * them nobody has finished when it ends. A job is wiped when it goes, for it may hold secrets.
 */
#pragma once

#include "event/pool.h"

/* The first member of what a job is. */
struct vs_job {
	struct vs_job *next, **link;                          /* among those of its owner */
	size_t size;                                          /* of the whole */
	vs_result (*run)(struct vs_job *job);                 /* in the pool */
	void (*finish)(struct vs_job *job, vs_result result); /* in the loop; then it goes */
	void (*drop)(struct vs_job *job); /* before it goes: what else it holds; NULL: nothing */
};

struct vs_jobs {
	struct vs_job *first;
};

/* Zero-filled beside its functions. NULL: no memory. */
void *vs_job_new(size_t size, vs_result (*run)(struct vs_job *job),
                 void (*finish)(struct vs_job *job, vs_result result),
                 void (*drop)(struct vs_job *job));
/* Takes the job, also when it fails (as vs_pool_submit); then it is not finished. */
VS_RESULT vs_jobs_start(struct vs_jobs *jobs, struct vs_job *job, struct vs_pool *pool,
                        struct vs_loop *loop, uint32_t deadline_ms);
/* When the pool is gone and the loop turns no more: those that were not finished. */
void vs_jobs_free(struct vs_jobs *jobs);
