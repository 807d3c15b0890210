/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_SIZE    4096u
#define TAIL_SIZE    32u   /* kept free for what ends a line that was cut */
#define VALUE_SIZE   1024u /* of one value, before escaping */
#define SUBJECT_SIZE 128u  /* so that the head always fits */
#define ESCAPE_SIZE  16u

static struct {
	_Atomic enum vs_log_level minimum; /* changed while it runs, by a reload */
	_Atomic enum vs_log_format format; /* not AUTO */
	int fd;
	_Atomic int journal; /* its socket, or -1 */
	struct sockaddr_un journal_at;
} config = {VS_LOG_INFO,
            VS_LOG_TEXT,
            STDERR_FILENO,
            -1,
            {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"}};

static const char *const level_names[] = {
    [VS_LOG_DEBUG] = "debug",
    [VS_LOG_INFO] = "info",
    [VS_LOG_WARN] = "warn",
    [VS_LOG_ERROR] = "error",
};

struct line {
	size_t size;
	bool is_json;
	bool is_full; /* something did not fit; what was begun is taken back by the caller */
	char text[LINE_SIZE];
};

/* Is what fd writes to journald's already? Then the journal is spoken to in its own form
 * (systemd.exec(5), $JOURNAL_STREAM: device and inode with a colon between). */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat file;
	char own[48];

	if (stream == NULL || fstat(fd, &file) != 0)
		return false;
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)file.st_dev, (uintmax_t)file.st_ino);
	return strcmp(stream, own) == 0;
}

static enum vs_log_format
choose(int fd)
{
	if (is_journal(fd))
		return VS_LOG_JOURNAL;
	return isatty(fd) == 1 ? VS_LOG_TEXT : VS_LOG_JSON;
}

bool
vs_log_set_journal(const char *path)
{
	assert(path != NULL);
	if (strlen(path) >= sizeof(config.journal_at.sun_path))
		return false;
	(void)snprintf(config.journal_at.sun_path, sizeof(config.journal_at.sun_path), "%s", path);
	return true;
}

void
vs_log_configure(enum vs_log_level minimum, enum vs_log_format format, int fd)
{
	assert((unsigned)minimum <= VS_LOG_ERROR && fd >= 0);
	config.minimum = minimum;
	if (config.fd != fd)
		config.fd = fd;
	if (format == VS_LOG_AUTO)
		format = choose(fd);
	/* Not connected: a journald that starts anew is found again. */
	if (format == VS_LOG_JOURNAL && config.journal < 0)
		config.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	config.format = format;
}

void
vs_log_leave_journal(void)
{
	if (config.format == VS_LOG_JOURNAL)
		config.format = VS_LOG_TEXT;
	if (config.journal >= 0)
		(void)close(config.journal);
	config.journal = -1;
}

bool
vs_log_enabled(enum vs_log_level level)
{
	return level >= config.minimum;
}

static void
put(struct line *line, const char *text, size_t size)
{
	if (line->is_full || size > LINE_SIZE - TAIL_SIZE - line->size) {
		line->is_full = true;
		return;
	}
	memcpy(line->text + line->size, text, size);
	line->size += size;
}

static void
put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

/* The code point at the start of a valid UTF-8 sequence and its length, or length 0. */
static size_t
decode(const uint8_t *at, size_t size, uint32_t *point_out)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = at[0] < 0x80   ? 1
	                : at[0] < 0xc2 ? 0
	                : at[0] < 0xe0 ? 2
	                : at[0] < 0xf0 ? 3
	                : at[0] < 0xf5 ? 4
	                               : 0;
	uint32_t point = length < 2 ? at[0] : at[0] & (0x7fu >> length);

	if (length == 0 || length > size)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (at[i] & 0x3fu);
	}
	if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*point_out = point;
	return length;
}

/* Control characters, and those that reorder or break a line on a terminal (C1, U+2028, bidi
 * controls). */
static bool
is_unprintable(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
	       (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

static void
put_escaped(struct line *line, struct vs_bytes value)
{
	char escape[ESCAPE_SIZE];
	bool is_cut = value.size > VALUE_SIZE;
	size_t size = is_cut ? VALUE_SIZE : value.size;
	size_t step;

	for (size_t i = 0; i < size; i += step) {
		const uint8_t *at = value.data + i;
		uint32_t point = 0;

		step = decode(at, size - i, &point);
		if (step == 0) {
			/* A byte that is no text: JSON cannot hold it, so both forms show its
			 * value. */
			step = 1;
			(void)snprintf(escape, sizeof(escape), "\\\\x%02x", *at);
			put_text(line, line->is_json ? escape : escape + 1);
		} else if (*at == '"' || *at == '\\') {
			put(line, "\\", 1);
			put(line, (const char *)at, 1);
		} else if (is_unprintable(point)) {
			(void)snprintf(escape, sizeof(escape), "\\u%04" PRIx32, point);
			put_text(line, escape);
		} else {
			put(line, (const char *)at, step);
		}
	}
	if (is_cut)
		put_text(line, "...");
}

/* In text a value is quoted unless it is one plain word. */
static bool
is_plain(struct vs_bytes value)
{
	if (value.size == 0)
		return false;
	for (size_t i = 0; i < value.size; i++) {
		uint8_t c = value.data[i];

		if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
			return false;
	}
	return true;
}

static void
put_value(struct line *line, struct vs_bytes value)
{
	bool is_quoted = line->is_json || !is_plain(value);

	if (is_quoted)
		put(line, "\"", 1);
	put_escaped(line, value);
	if (is_quoted)
		put(line, "\"", 1);
}

static void
put_name(struct line *line, const char *name)
{
	put_text(line, line->is_json ? ",\"" : " ");
	put_text(line, name);
	put_text(line, line->is_json ? "\":" : "=");
}

static void
put_field(struct line *line, const struct vs_log_field *field)
{
	char number[24];
	enum vs_err err = (enum vs_err)field->number;

	put_name(line, field->name);
	switch (field->type) {
	case VS_LOG_TYPE_TEXT:
		put_value(line, field->text);
		break;
	case VS_LOG_TYPE_INT:
		(void)snprintf(number, sizeof(number), "%" PRId64, field->number);
		put_text(line, number);
		break;
	case VS_LOG_TYPE_ERR:
		put_value(line, vs_bytes_from_text(vs_err_name(err)));
		put_name(line, "code");
		(void)snprintf(number, sizeof(number), "VS-%d", vs_err_code(err));
		put_value(line, vs_bytes_from_text(number));
		break;
	}
}

/* The words of the line behind its time and level. */
static void
put_words(struct line *line, const char *event, struct vs_bytes subject,
          const struct vs_log_field *fields, size_t field_count)
{
	put_value(line, subject.size > 0 ? subject : VS_BYTES_LITERAL("-"));
	put_text(line, " ");
	put_text(line, event);
	for (size_t i = 0; i < field_count && !line->is_full; i++)
		put_field(line, &fields[i]);
}

/* VOLTSEAL_NAME=value. A value holds no line end: it is escaped, as everywhere. */
static void
put_journal_field(struct line *line, const struct vs_log_field *field)
{
	size_t whole = line->size;
	char number[24];

	put_text(line, "VOLTSEAL_");
	for (const char *name = field->name; *name != '\0'; name++) {
		char letter = *name;

		if (letter >= 'a' && letter <= 'z')
			letter = (char)(letter - 'a' + 'A');
		put(line, &letter, 1);
	}
	put_text(line, "=");
	if (field->type == VS_LOG_TYPE_TEXT)
		put_escaped(line, field->text);
	else if (field->type == VS_LOG_TYPE_ERR)
		put_text(line, vs_err_name((enum vs_err)field->number));
	(void)snprintf(number, sizeof(number), "%" PRId64, field->number);
	if (field->type == VS_LOG_TYPE_INT)
		put_text(line, number);
	put_text(line, "\n");
	if (!line->is_full)
		return;
	line->size = whole; /* MESSAGE has it, too */
	line->is_full = false;
}

/* The native protocol of journald: one datagram of NAME=value lines. Does not wait. */
static bool
journal_write(enum vs_log_level level, const char *event, struct vs_bytes subject,
              const struct vs_log_field *fields, size_t field_count)
{
	static const char priorities[] = {
	    [VS_LOG_DEBUG] = '7', [VS_LOG_INFO] = '6', [VS_LOG_WARN] = '4', [VS_LOG_ERROR] = '3'};
	struct line line = {.size = 0};

	put_text(&line, "PRIORITY=");
	put(&line, &priorities[level], 1);
	put_text(&line, "\nSYSLOG_IDENTIFIER=");
	put_text(&line, program_invocation_short_name);
	put_text(&line, "\nVOLTSEAL_SUBJECT=");
	put_escaped(&line, subject);
	put_text(&line, "\nVOLTSEAL_EVENT=");
	put_text(&line, event);
	put_text(&line, "\nMESSAGE=");
	put_words(&line, event, subject, fields, field_count);
	line.is_full = false;
	line.text[line.size++] = '\n'; /* TAIL_SIZE is kept free */
	for (size_t i = 0; i < field_count; i++)
		put_journal_field(&line, &fields[i]);
	return sendto(config.journal, line.text, line.size, MSG_DONTWAIT | MSG_NOSIGNAL,
	              (const struct sockaddr *)&config.journal_at,
	              sizeof(config.journal_at)) == (ssize_t)line.size;
}

static void
put_head(struct line *line, enum vs_log_level level, const char *event, struct vs_bytes subject)
{
	static const char *const text_names[] = {"DEBUG ", "INFO  ", "WARN  ", "ERROR "};
	char time[VS_TIME_TEXT_SIZE];

	vs_time_format(vs_clock_wall_ms(), time);
	if (line->is_json) {
		put_text(line, "{\"ts\":\"");
		put_text(line, time);
		put_text(line, "\",\"level\":\"");
		put_text(line, level_names[level]);
		put_text(line, "\",\"subject\":");
		put_value(line, subject);
		put_text(line, ",\"event\":\"");
		put_text(line, event);
		put_text(line, "\"");
		return;
	}
	put_text(line, time);
	put_text(line, " ");
	put_text(line, text_names[level]);
	put_value(line, subject.size > 0 ? subject : VS_BYTES_LITERAL("-"));
	put_text(line, " ");
	put_text(line, event);
}

void
vs_log_write(enum vs_log_level level, const char *event, struct vs_bytes subject,
             const struct vs_log_field *fields, size_t field_count)
{
	enum vs_log_format format = config.format; /* the same to its end */
	struct line line = {.is_json = format == VS_LOG_JSON};
	const char *end = line.is_json ? "}\n" : "\n";
	size_t whole;

	assert((unsigned)level <= VS_LOG_ERROR && event != NULL);
	assert(fields != NULL || field_count == 0);
	if (subject.size > SUBJECT_SIZE)
		subject.size = SUBJECT_SIZE;
	if (format == VS_LOG_JOURNAL && journal_write(level, event, subject, fields, field_count))
		return;
	put_head(&line, level, event, subject);
	for (size_t i = 0; i < field_count; i++) {
		whole = line.size;
		put_field(&line, &fields[i]);
		if (line.is_full) {
			line.size = whole; /* a line is cut between fields: JSON stays JSON */
			end = line.is_json ? ",\"log_cut\":true}\n" : " log_cut=true\n";
			break;
		}
	}
	memcpy(line.text + line.size, end, strlen(end));
	line.size += strlen(end);
	/* One write, so that lines of several threads never mix. A log that cannot be written must
	 * not stop the service, and there is nobody to tell. */
	while (write(config.fd, line.text, line.size) < 0 && errno == EINTR)
		continue;
}
