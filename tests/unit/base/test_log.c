/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

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

int
main(void)
{
	CHECK(pipe(ends) == 0);
	CASE(test_text);
	CASE(test_json);
	CASE(test_escaping);
	CASE(test_levels);
	CASE(test_cut);
	return 0;
}
