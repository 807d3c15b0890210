/* SPDX-License-Identifier: Apache-2.0 */
/* Each case is a child that confines itself and then does what it may not. */
#include "daemon/confine.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "test_folder.h"

static char dir[] = "/tmp/vs-confine-XXXXXX";

/* The exit status of a child that does this. */
static int
status_of(int (*child)(void))
{
	int status = 0, null;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		(void)dup2(null, STDERR_FILENO);
		_exit(child());
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			return __LINE__ % 100 + 1;                                                 \
	} while (0)

static int
keeps_the_named_descriptors(void)
{
	int high = fcntl(2, F_DUPFD, 40), low = fcntl(2, F_DUPFD, 10),
	    other = fcntl(2, F_DUPFD, 20);
	int keep[] = {high, -1, low};

	MUST(vs_daemon_confine_descriptors(keep, 3).code == VS_E_OK);
	MUST(fcntl(high, F_GETFD) >= 0 && fcntl(low, F_GETFD) >= 0 && fcntl(2, F_GETFD) >= 0);
	MUST(fcntl(other, F_GETFD) < 0 && fcntl(high + 1, F_GETFD) < 0);
	return 0;
}

static int
gives_up_its_rights(void)
{
	MUST(vs_daemon_confine_rights(false).code == VS_E_OK);
	MUST(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	MUST(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	MUST(prctl(PR_CAPBSET_READ, 0, 0, 0, 0) == 0 || geteuid() != 0);
	MUST(chown(dir, 1, 1) != 0); /* not even when it was root */
	MUST(raise(SIGTERM) == 0);   /* ignored */
	return 0;
}

static int
reaches_only_its_folders(void)
{
	const struct vs_daemon_confine_folder folders[] = {{dir, false}, {"", false}};
	char path[VS_PATH_SIZE];
	bool is_effective = false;

	MUST(vs_daemon_confine_files(folders, 2, &is_effective).code == VS_E_OK);
	MUST(vs_path_join(dir, "inside", path).code == VS_E_OK);
	MUST(vs_file_write(path, VS_BYTES_LITERAL("x")).code == VS_E_OK);
	MUST(vs_file_remove(path).code == VS_E_OK);
	if (!is_effective)
		return 77;
	MUST(open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0);
	MUST(vs_path_join(dir, "folder", path).code == VS_E_OK);
	MUST(mkdir(path, 0700) != 0);
	MUST(open("/tmp/vs-confine-outside", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0);
	return 0;
}

static int
works_on_within_its_calls(void)
{
	struct vs_secret *secret = NULL;
	char path[VS_PATH_SIZE];
	void *memory;
	int fds[2];

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	MUST(vs_daemon_confine_calls().code == VS_E_OK);
	MUST(send(fds[0], "a", 1, 0) == 1);
	MUST(vs_path_join(dir, "sealed", path).code == VS_E_OK);
	MUST(vs_file_write(path, VS_BYTES_LITERAL("x")).code == VS_E_OK);
	MUST(vs_file_secret_read(path, &secret).code == VS_E_OK);
	vs_secret_free(&secret);
	MUST(vs_file_wipe(path).code == VS_E_OK);
	memory = calloc(1000, 1000);
	MUST(memory != NULL);
	free(memory);
	return 0;
}

static int
makes_a_socket(void)
{
	MUST(vs_daemon_confine_calls().code == VS_E_OK);
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 1 : 2;
}

static int
runs_a_program(void)
{
	char *const none[] = {NULL};

	MUST(vs_daemon_confine_calls().code == VS_E_OK);
	return execve("/bin/true", none, none) == 0 ? 1 : 2;
}

static int
makes_a_process(void)
{
	MUST(vs_daemon_confine_calls().code == VS_E_OK);
	/* Not fork(): where it is refused TSan never gives back the locks that it took for it. */
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0 ? 1 : 2;
}

static int
makes_memory_executable(void)
{
	MUST(vs_daemon_confine_calls().code == VS_E_OK);
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	               MAP_FAILED
	           ? 1
	           : 2;
}

static int
looks_into_another_process(void)
{
	MUST(vs_daemon_confine_calls().code == VS_E_OK);
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 ? 1 : 2;
}

#define CHILD(fn, status)                                                                          \
	do {                                                                                       \
		int status_ = status_of(fn);                                                       \
		(void)fprintf(stderr, "- %s: %d\n", #fn, status_);                                 \
		CHECK(status_ == (status));                                                        \
	} while (0)

int
main(void)
{
	int status;

	test_folder_make(dir);
	CHILD(keeps_the_named_descriptors, 0);
	CHILD(gives_up_its_rights, 0);
	status = status_of(reaches_only_its_folders);
	CHECK(status == 0 || status == 77);
	if (status == 77)
		(void)fprintf(stderr, "- this kernel has no Landlock: NOT TESTED\n");
	CHILD(works_on_within_its_calls, 0);
	CHILD(makes_a_socket, VS_DAEMON_CONFINE_EXIT);
	CHILD(runs_a_program, VS_DAEMON_CONFINE_EXIT);
	CHILD(makes_a_process, VS_DAEMON_CONFINE_EXIT);
	CHILD(makes_memory_executable, VS_DAEMON_CONFINE_EXIT);
	CHILD(looks_into_another_process, VS_DAEMON_CONFINE_EXIT);
	return 0;
}
