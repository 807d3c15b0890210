/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sse.h"

#include "test.h"

static char seen[512];
static int stop_at;

static bool
dispatch(const char *event, struct vs_bytes data, void *arg)
{
	size_t used = strlen(seen);

	CHECK(arg == seen);
	(void)snprintf(seen + used, sizeof(seen) - used, "[%s|%.*s]", event, VS_BYTES_PRINTF(data));
	return stop_at == 0 || --stop_at > 0;
}

/* In pieces of each size: where the stream is cut must not matter. */
static void
check(const char *stream, const char *expected)
{
	for (size_t step = 1; step <= strlen(stream); step++) {
		struct vs_cli_sse sse;

		seen[0] = '\0';
		vs_cli_sse_init(&sse, dispatch, seen);
		for (size_t at = 0; at < strlen(stream); at += step) {
			size_t rest = strlen(stream) - at;

			CHECK(vs_cli_sse_feed(
			    &sse, vs_bytes_from(stream + at, rest < step ? rest : step)));
		}
		vs_cli_sse_done(&sse);
		if (strcmp(seen, expected) != 0)
			(void)fprintf(stderr, "%zu: %s\n", step, seen);
		CHECK(strcmp(seen, expected) == 0);
	}
}

/* WHATWG HTML 9.2.5 and 9.2.6. */
static void
reads_events(void)
{
	check("event: boot\nid: 7\ndata: {\"a\":1}\n\n", "[boot|{\"a\":1}]");
	check("data: a\r\n\r\ndata:b\r\rdata:  c\n\n", "[|a][|b][| c]");
	check("data: one\ndata: two\n\n", "[|one\ntwo]");
	check(": keep-alive\n\n\n\ndata: x\n\n", "[|x]");
	check("event: lost\n\ndata: y\n\n",
	      "[|y]"); /* without data it is none, and its name goes with it */
	check("data\n\n", "[|]");
	check("retry: 5\nodd: z\ndatax: z\ndata: q\n\n", "[|q]");
	check("data: unfinished", "");
}

static void
a_dispatch_can_stop_it(void)
{
	struct vs_cli_sse sse;

	seen[0] = '\0';
	stop_at = 2;
	vs_cli_sse_init(&sse, dispatch, seen);
	CHECK(!vs_cli_sse_feed(&sse, VS_BYTES_LITERAL("data: 1\n\ndata: 2\n\ndata: 3\n\n")));
	CHECK(strcmp(seen, "[|1][|2]") == 0);
	vs_cli_sse_done(&sse);
	stop_at = 0;
}

static void
what_is_too_long_is_skipped_alone(void)
{
	struct vs_cli_sse sse;

	seen[0] = '\0';
	vs_cli_sse_init(&sse, dispatch, seen);
	CHECK(vs_cli_sse_feed(&sse, VS_BYTES_LITERAL("data: ")));
	for (int i = 0; i < 2000; i++)
		CHECK(vs_cli_sse_feed(
		    &sse, VS_BYTES_LITERAL("0123456789012345678901234567890123456789")));
	CHECK(vs_cli_sse_feed(&sse, VS_BYTES_LITERAL("\n\n")));
	for (int i = 0; i < 2000; i++)
		CHECK(vs_cli_sse_feed(
		    &sse, VS_BYTES_LITERAL("data: 0123456789012345678901234567890123456789\n")));
	CHECK(vs_cli_sse_feed(&sse, VS_BYTES_LITERAL("\ndata: short\n\n")));
	CHECK(strcmp(seen, "[|short]") == 0);
	vs_cli_sse_done(&sse);
}

int
main(void)
{
	CASE(reads_events);
	CASE(a_dispatch_can_stop_it);
	CASE(what_is_too_long_is_skipped_alone);
	return 0;
}
