/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/confine.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIRST_FD 3

/* --- descriptors ----------------------------------------------------------------------------- */

static int
compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

vs_result
vs_daemon_confine_descriptors(int *fds, size_t count)
{
	unsigned from = FIRST_FD;

	assert(fds != NULL || count == 0);
	qsort(fds, count, sizeof(fds[0]), compare_fds);
	for (size_t i = 0; i < count; i++) {
		unsigned keep = (unsigned)fds[i];

		if (fds[i] < FIRST_FD)
			continue;
		if (keep > from && close_range(from, keep - 1, 0) != 0)
			return VS_FAIL(INTERNAL);
		from = keep + 1;
	}
	return close_range(from, UINT32_MAX, 0) == 0 ? VS_OK : VS_FAIL(INTERNAL);
}

/* --- rights ---------------------------------------------------------------------------------- */

static vs_result
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[2] = {{0}, {0}};

	/* The bounding set needs a capability to be lowered; whoever has none has lowered it. */
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	return syscall(SYS_capset, &head, none) == 0 ? VS_OK : VS_FAIL(INTERNAL);
}

static vs_result
ignore_signals(void)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
		if (sigaction(ignored[i], &ignore, NULL) != 0)
			return VS_FAIL(INTERNAL);
	}
	return VS_OK;
}

vs_result
vs_daemon_confine_rights(bool is_core_allowed)
{
	const struct rlimit no_core = {0, 0};

	VS_TRY(ignore_signals());
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return VS_FAIL(INTERNAL);
	if (!is_core_allowed &&
	    (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0))
		return VS_FAIL(INTERNAL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return VS_FAIL(INTERNAL);
	return drop_capabilities();
}

/* --- files ----------------------------------------------------------------------------------- */

/* All file rights of Landlock's first version: every kernel that has it has these. */
#define FILE_RIGHTS                                                                                \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                              \
	 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |                              \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                          \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                              \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                              \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                            \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)
#define FOLDER_RIGHTS                                                                              \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |                            \
	 LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                            \
	 LANDLOCK_ACCESS_FS_MAKE_REG)

static vs_result
allow_folder(int ruleset, const struct vs_daemon_confine_folder *folder)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = FOLDER_RIGHTS};
	vs_result r;

	if (folder->path[0] == '\0')
		return VS_OK;
	if (folder->is_branching)
		rule.allowed_access |= LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR;
	rule.parent_fd = open(folder->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return VS_FAIL(NOT_FOUND);
	r = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
	        ? VS_OK
	        : VS_FAIL(INTERNAL);
	(void)close(rule.parent_fd);
	return r;
}

vs_result
vs_daemon_confine_files(const struct vs_daemon_confine_folder *folders, size_t count,
                        bool *is_effective_out)
{
	const struct landlock_ruleset_attr attr = {.handled_access_fs = FILE_RIGHTS};
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	vs_result r = VS_OK;

	assert(folders != NULL && is_effective_out != NULL);
	if (ruleset < 0) {
		if (errno != ENOSYS && errno != EOPNOTSUPP)
			return VS_FAIL(INTERNAL);
		*is_effective_out = false;
		return VS_OK;
	}
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = allow_folder(ruleset, &folders[i]);
	if (r.code == VS_E_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		r = VS_FAIL(INTERNAL);
	(void)close(ruleset);
	if (r.code == VS_E_OK)
		*is_effective_out = true;
	return r;
}

/* --- system calls ---------------------------------------------------------------------------- */

/* In the handler only what is safe in one: no printf. */
static void
on_refused_call(int signal_number, siginfo_t *info, void *context)
{
	char line[] = "voltseald: the key process made system call 0000, which it may not: ended\n";
	char *digit = strstr(line, "0000") + 3;
	int call = info->si_syscall;

	(void)signal_number;
	(void)context;
	for (int i = 0; i < 4; i++, call /= 10)
		*digit-- = (char)('0' + call % 10);
	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(VS_DAEMON_CONFINE_EXIT);
	_exit(VS_DAEMON_CONFINE_EXIT);
}

static vs_result
allow_calls(scmp_filter_ctx filter)
{
	static const int calls[] = {
#define VS_CALL(name) SCMP_SYS(name),
#include "daemon/calls.def"
#undef VS_CALL
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0)
			return VS_FAIL(INTERNAL);
	}
	/* Memory is never made executable any more. */
	if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	                     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0 ||
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	                     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0)
		return VS_FAIL(INTERNAL);
	return VS_OK;
}

vs_result
vs_daemon_confine_calls(void)
{
	const struct sigaction refused = {.sa_sigaction = on_refused_call, .sa_flags = SA_SIGINFO};
	scmp_filter_ctx filter = NULL;
	vs_result r;

	if (sigaction(SIGSYS, &refused, NULL) != 0)
		return VS_FAIL(INTERNAL);
	filter = seccomp_init(SCMP_ACT_TRAP);
	if (filter == NULL)
		return VS_FAIL(NO_MEMORY);
	r = allow_calls(filter);
	if (r.code == VS_E_OK && seccomp_load(filter) != 0)
		r = VS_FAIL(INTERNAL);
	seccomp_release(filter);
	return r;
}
