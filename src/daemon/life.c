/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/life.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/random.h"

#define LINE_SIZE 128u
#define TEXT_SIZE (LINE_SIZE + VS_DAEMON_LIVES * VS_DAEMON_LIFE_WORD_SIZE)

/* With hyphens (as the kernel writes it) or without. */
static vs_result
parse_boot(const char *text, char boot_out[static VS_DAEMON_BOOT_SIZE])
{
	char boot[VS_DAEMON_BOOT_SIZE];
	size_t size = 0;

	for (; *text != '\0' && *text != '\n'; text++) {
		if (*text == '-')
			continue;
		if (strchr("0123456789abcdef", *text) == NULL || size == sizeof(boot) - 1)
			return VS_FAIL(IO);
		boot[size++] = *text;
	}
	if (size != sizeof(boot) - 1)
		return VS_FAIL(IO);
	boot[size] = '\0';
	memcpy(boot_out, boot, sizeof(boot));
	return VS_OK;
}

vs_result
vs_daemon_life_boot(const char *given, const char *path, char boot_out[static VS_DAEMON_BOOT_SIZE])
{
	char text[64];
	ssize_t size;
	int fd;

	assert(path != NULL);
	if (given != NULL && given[0] != '\0')
		return parse_boot(given, boot_out);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return VS_FAIL(IO);
	size = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[size > 0 ? size : 0] = '\0';
	return parse_boot(text, boot_out);
}

/* What the first line has to be for the words below it to count. */
static vs_result
make_line(int fd, const char *boot, char line[static LINE_SIZE])
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return VS_FAIL(IO);
	(void)snprintf(line, LINE_SIZE, "%s %ju %ju", boot, (uintmax_t)status.st_dev,
	               (uintmax_t)status.st_ino);
	return VS_OK;
}

/* The next line of a text, which moves on behind it; false: there is no whole one. */
static bool
next_line(struct vs_bytes *text, struct vs_bytes *line)
{
	const uint8_t *end = text->size > 0 ? memchr(text->data, '\n', text->size) : NULL;

	if (end == NULL)
		return false;
	*line = vs_bytes_from(text->data, (size_t)(end - text->data));
	*text = vs_bytes_from(end + 1, text->size - line->size - 1);
	return true;
}

/* Room for one more is left: our own word. */
static void
read_dead(struct vs_daemon_life *life, const char *line)
{
	char room[TEXT_SIZE];
	ssize_t size = pread(life->fd, room, sizeof(room), 0);
	struct vs_bytes text = vs_bytes_from(room, size > 0 ? (size_t)size : 0), word;

	if (!next_line(&text, &word) || !vs_bytes_equal_text(word, line))
		return;
	while (life->count < VS_DAEMON_LIVES - 1 && next_line(&text, &word)) {
		if (word.size == VS_DAEMON_LIFE_WORD_SIZE - 1 &&
		    vs_bytes_copy_text(word, life->dead[life->count], VS_DAEMON_LIFE_WORD_SIZE))
			life->count++;
	}
}

static vs_result
write_all(const struct vs_daemon_life *life, const char *line)
{
	char text[TEXT_SIZE + LINE_SIZE];
	int size = snprintf(text, sizeof(text), "%s\n%s\n", line, life->word);

	for (size_t i = 0; i < life->count; i++)
		size += snprintf(text + size, sizeof(text) - (size_t)size, "%s\n", life->dead[i]);
	return ftruncate(life->fd, 0) == 0 && pwrite(life->fd, text, (size_t)size, 0) == size
	           ? VS_OK
	           : VS_FAIL(IO);
}

static vs_result
take(struct vs_daemon_life *life, const char *boot)
{
	char line[LINE_SIZE];

	if (flock(life->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? VS_FAIL(BUSY) : VS_FAIL(IO);
	VS_TRY(make_line(life->fd, boot, line));
	read_dead(life, line);
	/* Before anybody hears of our word: one that is not there is of nobody who is dead. */
	return write_all(life, line);
}

vs_result
vs_daemon_life_begin(struct vs_daemon_life *life, const char *path, const char *boot)
{
	vs_result r;

	assert(life != NULL && path != NULL && boot != NULL);
	*life = (struct vs_daemon_life){.fd = -1};
	vs_random_text(life->word, sizeof(life->word));
	life->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, 0600);
	if (life->fd < 0)
		return VS_FAIL(IO);
	r = take(life, boot);
	if (r.code != VS_E_OK) {
		vs_daemon_life_end(life);
		life->count = 0;
	}
	return r;
}

void
vs_daemon_life_end(struct vs_daemon_life *life)
{
	if (life->fd >= 0)
		(void)close(life->fd);
	life->fd = -1;
}

bool
vs_daemon_life_is_dead(const struct vs_daemon_life *life, const char *word)
{
	for (size_t i = 0; life->fd >= 0 && i < life->count; i++) {
		if (strcmp(life->dead[i], word) == 0)
			return true;
	}
	return false;
}
