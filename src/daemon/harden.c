/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/harden.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

vs_result
vs_daemon_harden(bool is_core_allowed)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	const struct rlimit no_core = {0, 0};
	struct rlimit files;

	(void)umask(0077);
	if (sigaction(SIGPIPE, &ignore, NULL) != 0)
		return VS_FAIL(INTERNAL);
	if (!is_core_allowed &&
	    (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0))
		return VS_FAIL(INTERNAL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || getrlimit(RLIMIT_NOFILE, &files) != 0)
		return VS_FAIL(INTERNAL);
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files) == 0 ? VS_OK : VS_FAIL(INTERNAL);
}
