/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

static int ends[2];
static char line[16384];

/* What was written since the last call. */
static const char *
take(void)
{
	ssize_t size = read(ends[0], line, sizeof(line) - 1);

	CHECK(size > 0);
	line[size] = 0;
	return line;
}

/* The line behind its time stamp. */
static const char *
take_text(void)
{
	const char *text = take();

	CHECK(strlen(text) > 25 && text[10] == 'T' && text[23] == 'Z' && text[24] == ' ');
	return text + 25;
}

static void
test_text(void)
{
	vs_log_configure(VS_LOG_INFO, VS_LOG_TEXT, ends[1]);
	VS_LOG(INFO, "station.connected", VS_BYTES_LITERAL("CS-1"), VS_LOG_STR("tls", "TLSv1.3"),
	       VS_LOG_NUM("port", 9443), VS_LOG_STR("reason", "a b"));
	CHECK(strcmp(take_text(),
	             "INFO  CS-1 station.connected tls=TLSv1.3 port=9443 reason=\"a b\"\n") == 0);
	VS_LOG(ERROR, "store.failed", VS_BYTES_LITERAL(""), VS_LOG_ERR(VS_FAIL(IO)));
	CHECK(strcmp(take_text(), "ERROR - store.failed error=IO code=VS-1002\n") == 0);
	VS_LOG(WARN, "empty", VS_BYTES_LITERAL("x"), VS_LOG_STR("v", ""), VS_LOG_STR("w", "a=b"));
	CHECK(strcmp(take_text(), "WARN  x empty v=\"\" w=\"a=b\"\n") == 0);
	VS_LOG(INFO, "bare", VS_BYTES_LITERAL("x"));
	CHECK(strcmp(take_text(), "INFO  x bare\n") == 0);
}

static void
test_json(void)
{
	const char *text;

	vs_log_configure(VS_LOG_DEBUG, VS_LOG_AUTO, ends[1]); /* a pipe is no terminal: JSON */
	VS_LOG(DEBUG, "station.connected", VS_BYTES_LITERAL("CS-1"), VS_LOG_NUM("port", -1),
	       VS_LOG_ERR(VS_FAIL(TIMEOUT)));
	text = take();
	CHECK(strncmp(text, "{\"ts\":\"20", 9) == 0);
	CHECK(strcmp(strstr(text, ",\"level\""),
	             ",\"level\":\"debug\",\"subject\":\"CS-1\",\"event\":\"station.connected\","
	             "\"port\":-1,"
	             "\"error\":\"TIMEOUT\",\"code\":\"VS-1005\"}\n") == 0);
}

/* A peer must not be able to write a line, a field or a terminal sequence of its own. */
static void
test_escaping(void)
{
	static const char hostile[] =
	    "a\nb\r\x1b[2J\"\\\x7f\xc2\x9b\xe2\x80\xae\xff\xc0\xaf\xed\xa0\x80 \xc3\xa9";

	vs_log_configure(VS_LOG_INFO, VS_LOG_TEXT, ends[1]);
	VS_LOG(INFO, "x", vs_bytes_from_text(hostile));
	CHECK(strcmp(take_text(), "INFO  \"a\\u000ab\\u000d\\u001b[2J\\\"\\\\\\u007f\\u009b\\u202e"
	                          "\\xff\\xc0\\xaf\\xed\\xa0\\x80 \xc3\xa9\" x\n") == 0);
	vs_log_configure(VS_LOG_INFO, VS_LOG_JSON, ends[1]);
	VS_LOG(INFO, "x", VS_BYTES_LITERAL("s"), VS_LOG_BYTES("v", VS_BYTES_LITERAL("\0\xff\"\n")));
	CHECK(strstr(take(), "\"v\":\"\\u0000\\\\xff\\\"\\u000a\"}\n") != NULL);
}

static void
test_levels(void)
{
	vs_log_configure(VS_LOG_WARN, VS_LOG_TEXT, ends[1]);
	CHECK(!vs_log_enabled(VS_LOG_INFO) && vs_log_enabled(VS_LOG_WARN));
	VS_LOG(INFO, "quiet", VS_BYTES_LITERAL("x"));
	VS_LOG(WARN, "loud", VS_BYTES_LITERAL("x"));
	CHECK(strcmp(take_text(), "WARN  x loud\n") == 0);
}

/* A line is cut between its fields and says so; no value can make it longer than a page. */
static void
test_cut(void)
{
	static uint8_t big[5000];
	struct vs_bytes view = {big, sizeof(big)};
	const char *text;

	vs_log_configure(VS_LOG_INFO, VS_LOG_JSON, ends[1]);
	memset(big, 'a', sizeof(big));
	VS_LOG(INFO, "x", VS_BYTES_LITERAL("s"), VS_LOG_BYTES("v", view), VS_LOG_NUM("n", 1));
	text = take();
	CHECK(strstr(text, "aaa...\",\"n\":1}\n") != NULL && strlen(text) < 1200);
	memset(big, 1, sizeof(big));
	VS_LOG(INFO, "x", view, VS_LOG_NUM("n", 1), VS_LOG_BYTES("v", view));
	text = take();

	CHECK(strlen(text) < 4096);
	CHECK(strstr(text, ",\"n\":1,\"log_cut\":true}\n") != NULL);
}

/* One datagram of fields, as systemd's documentation of the native protocol has it; what the
 * journal does not take is on stderr. */
static void
test_journal(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct stat file;
	char text[8192], stream[64];
	int journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t size;

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "/tmp/vs-log-%d", (int)getpid());
	(void)unlink(at.sun_path);
	CHECK(bind(journal, (const struct sockaddr *)&at, sizeof(at)) == 0);
	memset(text, 'a', sizeof(at.sun_path));
	text[sizeof(at.sun_path)] = '\0';
	CHECK(!vs_log_set_journal(text));
	CHECK(vs_log_set_journal(at.sun_path));
	CHECK(fstat(ends[1], &file) == 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)file.st_dev,
	               (uintmax_t)file.st_ino);
	CHECK(setenv("JOURNAL_STREAM", stream, 1) == 0);
	vs_log_configure(VS_LOG_INFO, VS_LOG_AUTO, ends[1]);
	VS_LOG(WARN, "station.refused", VS_BYTES_LITERAL("CS-1"),
	       VS_LOG_STR("peer", "a\nPRIORITY=0"), VS_LOG_NUM("port", 9443),
	       VS_LOG_ERR(VS_FAIL(TIMEOUT)));
	size = recv(journal, text, sizeof(text) - 1, MSG_DONTWAIT);
	CHECK(size > 0);
	text[size] = '\0';
	CHECK(strncmp(text, "PRIORITY=4\nSYSLOG_IDENTIFIER=test_", 34) == 0);
	CHECK(strstr(text, "\nVOLTSEAL_SUBJECT=CS-1\nVOLTSEAL_EVENT=station.refused\n"
	                   "MESSAGE=CS-1 station.refused peer=\"a\\u000aPRIORITY=0\" port=9443 "
	                   "error=TIMEOUT code=VS-1005\n") != NULL);
	CHECK(strstr(text, "\nVOLTSEAL_PEER=a\\u000aPRIORITY=0\nVOLTSEAL_PORT=9443\n"
	                   "VOLTSEAL_ERROR=TIMEOUT\n") != NULL);
	CHECK(strstr(text, "\nPRIORITY=0") == NULL);
	/* Values that are cut, and a line that is full: one datagram still, with what fits. */
	memset(text, 'L', sizeof(text));
	VS_LOG(INFO, "long", VS_BYTES_LITERAL("x"), VS_LOG_BYTES("one", vs_bytes_from(text, 5000)),
	       VS_LOG_NUM("end", 7), VS_LOG_BYTES("two", vs_bytes_from(text, 2000)));
	size = recv(journal, text, sizeof(text) - 1, MSG_DONTWAIT);
	CHECK(size > 3000 && size <= 4096);
	text[size] = '\0';
	CHECK(text[size - 1] == '\n' && strstr(text, "L... end=7 two=L") != NULL);
	CHECK(strstr(text, "\nVOLTSEAL_ONE=L") != NULL ||
	      strstr(text, "\nVOLTSEAL_END=7\n") != NULL);
	(void)close(journal);
	(void)unlink(at.sun_path);
	VS_LOG(INFO, "bare", VS_BYTES_LITERAL("x"));
	CHECK(strcmp(take_text(), "INFO  x bare\n") == 0);
	vs_log_leave_journal();
	VS_LOG(INFO, "left", VS_BYTES_LITERAL("x"));
	CHECK(strcmp(take_text(), "INFO  x left\n") == 0);
	CHECK(setenv("JOURNAL_STREAM", "1:2", 1) == 0); /* another's: then it is JSON */
	vs_log_configure(VS_LOG_INFO, VS_LOG_AUTO, ends[1]);
	VS_LOG(INFO, "bare", VS_BYTES_LITERAL("x"));
	CHECK(take()[0] == '{');
}

int
main(void)
{
	CHECK(pipe(ends) == 0);
	CASE(test_text);
	CASE(test_json);
	CASE(test_escaping);
	CASE(test_levels);
	CASE(test_cut);
	CASE(test_journal);
	return 0;
}
