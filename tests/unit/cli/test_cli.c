/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <sysexits.h>
#include <unistd.h>

#include "test.h"

static int
call(const char *const *words, size_t count)
{
	char text[8][96];
	char *argv[9] = {(char[]){"voltseal"}};

	CHECK(count <= 8);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(text[i], sizeof(text[i]), "%s", words[i]);
		argv[1 + i] = text[i];
	}
	return vs_cli_main((int)count + 1, argv);
}
#define CALL(...)                                                                                  \
	call((const char *const[]){__VA_ARGS__},                                                   \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* The whole program without a daemon: each way to fail before the first byte is sent has its code.
 */
static void
exits_as_sysexits_says(void)
{
	CHECK(call(NULL, 0) == EX_USAGE);
	CHECK(CALL("help") == EX_OK);
	CHECK(CALL("--help") == EX_OK);
	CHECK(CALL("help", "station", "add") == EX_OK);
	CHECK(CALL("help", "station") == EX_OK);
	CHECK(CALL("help", "nothing") == EX_USAGE);
	CHECK(CALL("station", "add", "-h") == EX_OK);
	CHECK(CALL("station", "--help") == EX_OK);
	CHECK(CALL("--help", "station") == EX_OK);
	CHECK(CALL("nothing", "--help") == EX_USAGE);
	CHECK(CALL("help", "--help") == EX_OK);
	CHECK(CALL("--version") == EX_OK);
	CHECK(CALL("-V") == EX_OK);
	CHECK(CALL("station", "nothing") == EX_USAGE);
	CHECK(CALL("station", "list", "-o", "yaml") == EX_USAGE);
	CHECK(CALL("station", "list", "-n", "0") == EX_USAGE);
	CHECK(CALL("station", "list", "-n", "5x") == EX_USAGE);
	CHECK(CALL("station", "command", "CS-1", "Reset", "--timeout", "601") == EX_USAGE);
	CHECK(CALL("station", "command", "CS-1", "Reset", "{type:1}") == EX_DATAERR);
	CHECK(CALL("station", "command", "CS-1", "Reset", "[]") == EX_DATAERR);
	CHECK(CALL("station", "command", "CS-1", "Reset", "@/nonexistent") == EX_NOINPUT);
	CHECK(CALL("station", "add", "CS-1", "--password-file", "/nonexistent") == EX_CONFIG);
	CHECK(CALL("station", "list") == EX_CONFIG);
	CHECK(CALL("events", "--follow") == EX_CONFIG);
	CHECK(CALL("version") == EX_CONFIG);
}

int
main(void)
{
	CHECK(setenv("VOLTSEAL_READY_FILE", "/nonexistent/ready.json", 1) == 0);
	CASE(exits_as_sysexits_says);
	return 0;
}
