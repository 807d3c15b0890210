/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/descriptors.h"

#include <sys/resource.h>

#include "test.h"

static void
as_many_as_there_may_be(void)
{
	struct rlimit limit;
	rlim_t most;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	most = limit.rlim_max;
	limit.rlim_cur = 64;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	vs_sim_descriptors_raise();
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK(limit.rlim_cur == most && limit.rlim_max == most);
	vs_sim_descriptors_raise(); /* and stays so */
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == most);
}

int
main(void)
{
	CASE(as_many_as_there_may_be);
	return 0;
}
