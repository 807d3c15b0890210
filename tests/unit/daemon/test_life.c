/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/life.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static char folder[32] = "/tmp/voltseal-life-XXXXXX", path[64], other[64];
static const char *boot = "00000000000000000000000000000001";

static void
write_text(const char *to, const char *text)
{
	FILE *file = fopen(to, "w");

	CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void
begin(struct vs_daemon_life *life)
{
	CHECK_OK(vs_daemon_life_begin(life, path, boot));
	CHECK(strlen(life->word) == VS_DAEMON_LIFE_WORD_SIZE - 1);
}

/* A process that has the lock: its word, and the pipe's end that lets it go on when closed. */
static pid_t
live(char word[static VS_DAEMON_LIFE_WORD_SIZE])
{
	int ends[2];
	pid_t pid;

	CHECK(pipe(ends) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		struct vs_daemon_life life;

		(void)close(ends[0]);
		if (vs_daemon_life_begin(&life, path, boot).code != VS_E_OK ||
		    write(ends[1], life.word, sizeof(life.word)) != (ssize_t)sizeof(life.word))
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	CHECK(read(ends[0], word, VS_DAEMON_LIFE_WORD_SIZE) == VS_DAEMON_LIFE_WORD_SIZE);
	(void)close(ends[0]);
	return pid;
}

static void
end(pid_t pid)
{
	CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}

static void
who_was_killed_is_dead_and_who_lives_is_not(void)
{
	char word[VS_DAEMON_LIFE_WORD_SIZE];
	struct vs_daemon_life life;
	pid_t pid = live(word);

	CHECK_ERR(vs_daemon_life_begin(&life, path, boot), BUSY);
	CHECK(!vs_daemon_life_is_dead(&life, word) && life.word[0] != '\0');
	/* Standing still is not dead. */
	CHECK(kill(pid, SIGSTOP) == 0);
	CHECK_ERR(vs_daemon_life_begin(&life, path, boot), BUSY);
	CHECK(!vs_daemon_life_is_dead(&life, word));
	end(pid);
	begin(&life);
	CHECK(vs_daemon_life_is_dead(&life, word));
	CHECK(!vs_daemon_life_is_dead(&life, life.word) && !vs_daemon_life_is_dead(&life, ""));
	vs_daemon_life_end(&life);
	CHECK(!vs_daemon_life_is_dead(&life, word));
}

/* Who dies before he is heard of does not make those before him forgotten. */
static void
several_are_remembered(void)
{
	char words[VS_DAEMON_LIVES + 2][VS_DAEMON_LIFE_WORD_SIZE];
	struct vs_daemon_life life;

	for (size_t i = 0; i < VS_DAEMON_LIVES + 2; i++)
		end(live(words[i]));
	begin(&life);
	for (size_t i = 0; i < VS_DAEMON_LIVES + 2; i++)
		CHECK(vs_daemon_life_is_dead(&life, words[i]) == (i >= 3));
	vs_daemon_life_end(&life);
}

static void
another_boot(void)
{
	char word[VS_DAEMON_LIFE_WORD_SIZE];
	struct vs_daemon_life life;

	end(live(word));
	CHECK_OK(vs_daemon_life_begin(&life, path, "00000000000000000000000000000002"));
	CHECK(life.count == 0 && !vs_daemon_life_is_dead(&life, word));
	vs_daemon_life_end(&life);
	begin(&life);
	CHECK(life.count == 0);
	vs_daemon_life_end(&life);
}

static void
which_boot_it_is(void)
{
	static const char *const bad[] = {"", "\n", "0123456789abcdef0123456789abcde",
	                                  "0123456789abcdef0123456789abcdef0",
	                                  "0123456789abcdef0123456789abcdeF"};
	char text[VS_DAEMON_BOOT_SIZE] = "";

	write_text(other, "01234567-89ab-cdef-0123-456789abcdef\n");
	CHECK_OK(vs_daemon_life_boot(NULL, other, text));
	CHECK(strcmp(text, "0123456789abcdef0123456789abcdef") == 0);
	CHECK_OK(vs_daemon_life_boot("00000000000000000000000000000007", other, text));
	CHECK(strcmp(text, "00000000000000000000000000000007") == 0);
	CHECK_ERR(vs_daemon_life_boot("x", other, text), IO);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_text(other, bad[i]);
		CHECK_ERR(vs_daemon_life_boot("", other, text), IO);
	}
	CHECK(unlink(other) == 0);
	CHECK_ERR(vs_daemon_life_boot("", other, text), IO);
	CHECK(strcmp(text, "00000000000000000000000000000007") == 0);
	CHECK_OK(vs_daemon_life_boot(NULL, "/proc/sys/kernel/random/boot_id", text));
}

/* Its lock is not that of the process that wrote the first. */
static void
a_copy_says_nothing(void)
{
	char word[VS_DAEMON_LIFE_WORD_SIZE], text[1024];
	struct vs_daemon_life life;
	pid_t pid = live(word);
	FILE *file = fopen(path, "r");
	size_t size;

	CHECK(file != NULL);
	size = fread(text, 1, sizeof(text) - 1, file);
	CHECK(fclose(file) == 0 && size > 0);
	text[size] = '\0';
	CHECK(strstr(text, word) != NULL);
	write_text(other, text);
	CHECK_OK(vs_daemon_life_begin(&life, other, boot));
	CHECK(life.count == 0 && !vs_daemon_life_is_dead(&life, word));
	vs_daemon_life_end(&life);
	/* The same when it was put in the first one's place. */
	write_text(other, text);
	CHECK(rename(other, path) == 0);
	begin(&life);
	CHECK(life.count == 0);
	vs_daemon_life_end(&life);
	end(pid);
}

static void
what_is_no_such_file(void)
{
	static const char *const texts[] = {"", "\n", "\n\n\n", "x", "aaaaaaaaaaaaaaaaaaaaaa\n"};
	char word[VS_DAEMON_LIFE_WORD_SIZE];
	struct vs_daemon_life life;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_text(path, texts[i]);
		begin(&life);
		CHECK(life.count == 0);
		vs_daemon_life_end(&life);
		end(live(word));
		begin(&life);
		CHECK(vs_daemon_life_is_dead(&life, word));
		vs_daemon_life_end(&life);
	}
	CHECK_ERR(vs_daemon_life_begin(&life, folder, boot), IO);
	CHECK(!vs_daemon_life_is_dead(&life, word));
	vs_daemon_life_end(&life);
}

int
main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/life", folder);
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	CASE(who_was_killed_is_dead_and_who_lives_is_not);
	CASE(several_are_remembered);
	CASE(which_boot_it_is);
	CASE(another_boot);
	CASE(a_copy_says_nothing);
	CASE(what_is_no_such_file);
	CHECK(unlink(path) == 0 && rmdir(folder) == 0);
	return 0;
}
