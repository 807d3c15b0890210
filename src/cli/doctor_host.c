/* SPDX-License-Identifier: Apache-2.0 */
/* The checks that look at the machine the daemon runs on: its files and its processes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor.h"

#define DEPTH_MAX   8
#define STATUS_SIZE 16384u

/* --- files --------------------------------------------------------------------------------------
 */

struct walk {
	struct vs_cli_visit *visit;
	size_t seen, bad;
	uid_t owner;
};

static void
judge_file(struct walk *walk, const char *path, const struct stat *st)
{
	walk->seen++;
	/* What a certificate says is public; whoever may write it is not. */
	if ((st->st_mode & 077) == 0 && st->st_uid == walk->owner)
		return;
	if (walk->bad++ == 0)
		(void)vs_cli_doctor_say(walk->visit, VS_CLI_FINDING_FAILED,
		                        "%.300s has mode %04o and owner %u", path,
		                        (unsigned)(st->st_mode & 07777), (unsigned)st->st_uid);
}

static bool
walk_folder(struct walk *walk, const char *path, unsigned depth)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	bool is_whole = true;

	if (folder == NULL)
		return false;
	while (is_whole && (entry = readdir(folder)) != NULL) {
		char name[PATH_MAX];
		struct stat st;
		int size;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		size = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (size < 0 || (size_t)size >= sizeof(name))
			is_whole = false;
		else if (lstat(name, &st) != 0)
			is_whole = errno == ENOENT; /* gone meanwhile */
		else if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
			judge_file(walk, name, &st);
		if (is_whole && size > 0 && S_ISDIR(st.st_mode))
			is_whole = depth < DEPTH_MAX && walk_folder(walk, name, depth + 1);
	}
	(void)closedir(folder);
	return is_whole;
}

enum vs_cli_finding
vs_cli_doctor_files_are_private(struct vs_cli_visit *visit)
{
	const char *folder = visit->cli->connection.state_dir;
	struct walk walk = {.visit = visit};
	struct stat st;

	if (folder[0] == '\0' || stat(folder, &st) != 0)
		return vs_cli_doctor_say(
		    visit, VS_CLI_FINDING_SKIPPED,
		    "the state folder is not on this machine, or not readable");
	walk.owner = st.st_uid;
	judge_file(&walk, folder, &st);
	if (!walk_folder(&walk, folder, 0))
		return vs_cli_doctor_say(
		    visit, VS_CLI_FINDING_UNKNOWN,
		    "%.300s cannot be walked; run the doctor as the daemon's user", folder);
	if (walk.bad > 0)
		return VS_CLI_FINDING_FAILED;
	return vs_cli_doctor_say(visit, VS_CLI_FINDING_OK, "%zu files and folders", walk.seen);
}

/* --- processes ----------------------------------------------------------------------------------
 */

static bool
read_proc(int64_t pid, const char *name, char text[static STATUS_SIZE])
{
	char path[64];
	size_t size = 0;
	ssize_t got = 1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%" PRId64 "/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (got > 0 && size < STATUS_SIZE - 1) {
		got = read(fd, text + size, STATUS_SIZE - 1 - size);
		if (got > 0)
			size += (size_t)got;
	}
	(void)close(fd);
	text[size] = '\0';
	return got >= 0;
}

/* The number behind "Name:" in a status file; -1 when it is not there. */
static int64_t
status_number(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at != NULL ? strtoll(at + strlen(name), NULL, 10) : -1;
}

/* Is it the daemon that wrote the ready file, and not another that got its number? */
static bool
is_voltseald(int64_t pid)
{
	char text[STATUS_SIZE];

	return pid > 0 && read_proc(pid, "status", text) &&
	       strncmp(text, "Name:\tvoltseald", strlen("Name:\tvoltseald")) == 0;
}

/* The first child whose name begins so; 0: none. */
static int64_t
child_of(int64_t parent, const char *name)
{
	DIR *folder = opendir("/proc");
	const struct dirent *entry;
	int64_t found = 0;

	if (folder == NULL)
		return 0;
	while (found == 0 && (entry = readdir(folder)) != NULL) {
		int64_t pid = strtoll(entry->d_name, NULL, 10);
		char text[STATUS_SIZE];

		if (pid > 0 && read_proc(pid, "status", text) &&
		    status_number(text, "\nPPid:") == parent &&
		    strncmp(text + strlen("Name:\t"), name, strlen(name)) == 0)
			found = pid;
	}
	(void)closedir(folder);
	return found;
}

static bool
has_no_core(int64_t pid)
{
	char text[STATUS_SIZE];
	const char *at;

	if (!read_proc(pid, "limits", text))
		return false;
	at = strstr(text, "Max core file size");
	return at != NULL && strtoll(at + strlen("Max core file size"), NULL, 10) == 0;
}

enum vs_cli_finding
vs_cli_doctor_no_core_dumps(struct vs_cli_visit *visit)
{
	int64_t daemon = visit->cli->connection.pid;
	int64_t keyd = child_of(daemon, "vs-keyd");

	if (!is_voltseald(daemon))
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_SKIPPED,
		                         "the daemon is not on this machine");
	if (!has_no_core(daemon) || (keyd != 0 && !has_no_core(keyd)))
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                         "a core dump of it may hold keys");
	return vs_cli_doctor_say(visit, VS_CLI_FINDING_OK, "core file size 0");
}

enum vs_cli_finding
vs_cli_doctor_key_process_is_caged(struct vs_cli_visit *visit)
{
	int64_t daemon = visit->cli->connection.pid, keyd;
	char text[STATUS_SIZE];

	if (!is_voltseald(daemon))
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_SKIPPED,
		                         "the daemon is not on this machine");
	keyd = child_of(daemon, "vs-keyd");
	if (keyd == 0 || !read_proc(keyd, "status", text))
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                         "voltseald %" PRId64 " has no key process", daemon);
	if (status_number(text, "\nSeccomp:") != 2 || status_number(text, "\nNoNewPrivs:") != 1)
		return vs_cli_doctor_say(visit, VS_CLI_FINDING_FAILED,
		                         "process %" PRId64 " has no system call filter", keyd);
	return vs_cli_doctor_say(visit, VS_CLI_FINDING_OK,
	                         "process %" PRId64 ", seccomp filter, no new privileges", keyd);
}
