/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process that holds keys gives up for good: every descriptor it does not need, the
 * environment of a debugger, capabilities, other folders (Landlock, where the kernel has it) and
 * every system call that it does not need (seccomp). One step each, in this order, before threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/result.h"

/* Close everything from 3 on but these. Reorders fds. */
VS_RESULT vs_daemon_confine_descriptors(int *fds, size_t count);
/* Not dumpable (no core, no ptrace of the same user, /proc/PID is root's), no core file, no new
 * privileges, no capabilities; killed when the parent ends; SIGINT, SIGTERM, SIGHUP ignored: it
 * ends when its peers are gone. is_core_allowed leaves core dumps and debuggers on. */
VS_RESULT vs_daemon_confine_rights(bool is_core_allowed);
struct vs_daemon_confine_folder {
	const char *path;  /* "": none */
	bool is_branching; /* folders may be made and removed below it, too */
};
/* Nothing of the file system but reading and writing below these folders. Without effect (OK) on a
 * kernel without Landlock; *is_effective_out says so. */
VS_RESULT vs_daemon_confine_files(const struct vs_daemon_confine_folder *folders, size_t count,
                                  bool *is_effective_out);
/* Only the system calls of a process that reads and writes small files and talks over sockets that
 * it has. Another one ends the process with exit status 134, and a line on standard error that
 * names it. */
VS_RESULT vs_daemon_confine_calls(void);

#define VS_DAEMON_CONFINE_EXIT 134
