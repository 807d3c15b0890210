/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/descriptors.h"

#include <stdio.h>
#include <sys/resource.h>

void
vs_sim_descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		(void)fputs("voltseal-sim: the limit of open files stays as it is\n", stderr);
}
