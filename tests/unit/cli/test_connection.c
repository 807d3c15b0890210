/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/connection.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char dir[64], ready[96], token[96], reason[512];
static struct vs_cli_connection connection;

static void
put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(fchmod(fd, mode) == 0 && close(fd) == 0);
}

/* A text ends before its line end; bytes end where they end. */
static void
reads_a_text_and_bytes(void)
{
	static const char content[] = "0E\n\r\n";
	struct vs_buf read;

	put(token, content, 0644);
	vs_buf_init(&read, 2048);
	CHECK_OK(vs_cli_read_text(token, false, &read));
	CHECK(read.size == 2 && memcmp(read.data, "0E", 2) == 0);
	vs_buf_reset(&read);
	CHECK_OK(vs_cli_read_bytes(token, false, &read));
	CHECK(read.size == sizeof(content) - 1 && memcmp(read.data, content, read.size) == 0);
	vs_buf_reset(&read);
	CHECK_ERR(vs_cli_read_text(token, true, &read), FORBIDDEN);
	CHECK_ERR(vs_cli_read_bytes(token, true, &read), FORBIDDEN);
	vs_buf_done(&read);
	vs_buf_init(&read, 4);
	CHECK_ERR(vs_cli_read_bytes(token, false, &read), TOO_LONG);
	vs_buf_done(&read);
	put(token, "", 0600);
}

static vs_result
load(const char *const *options, size_t count)
{
	struct vs_cli_args args;
	char *argv[8] = {(char[]){"voltseal"}, (char[]){"version"}};
	char words[6][128];
	vs_result r;

	CHECK(count <= 6);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(words[i], sizeof(words[i]), "%s", options[i]);
		argv[2 + i] = words[i];
	}
	CHECK_OK(vs_cli_args_parse((int)count + 2, argv, &args, reason, sizeof(reason)));
	r = vs_cli_connection_load(&args, &connection, reason, sizeof(reason));
	return r;
}
#define LOAD(...)                                                                                  \
	load((const char *const[]){__VA_ARGS__},                                                   \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void
takes_all_from_the_ready_file(void)
{
	put(ready,
	    "{\"pid\":1,\"api_url\":\"https://127.0.0.1:9444/\",\"ca_file\":\"/x/"
	    "ca.pem\",\"admin_token\":\"secret\"}\n",
	    0600);
	CHECK_OK(LOAD("--ready-file", ready));
	CHECK(strcmp(connection.url, "https://127.0.0.1:9444") == 0 &&
	      strcmp(connection.ca, "/x/ca.pem") == 0);
	CHECK(strcmp(connection.token, "secret") == 0 && strcmp(connection.origin, ready) == 0);
	vs_cli_connection_done(&connection);
	CHECK(connection.token[0] == '\0');
	CHECK(setenv("VOLTSEAL_READY_FILE", ready, 1) == 0);
	CHECK_OK(load(NULL, 0));
	CHECK(strcmp(connection.token, "secret") == 0);
	CHECK(unsetenv("VOLTSEAL_READY_FILE") == 0);
	CHECK(setenv("XDG_STATE_HOME", dir, 1) == 0);
	CHECK_ERR(load(NULL, 0), CONFIG);
	CHECK(strstr(reason, "voltseal/dev/ready.json") != NULL && strstr(reason, dir) != NULL);
}

static void
options_come_first(void)
{
	put(token, "t0ken\n", 0600);
	CHECK_OK(LOAD("--url", "https://h:1", "--ca", "/c", "--token-file", token));
	CHECK(strcmp(connection.url, "https://h:1") == 0 && strcmp(connection.token, "t0ken") == 0);
	CHECK_OK(LOAD("--ca", "/c", "--ready-file", ready));
	CHECK(strcmp(connection.ca, "/c") == 0 && strcmp(connection.token, "secret") == 0);
}

/* The token of the daemon that was found by itself must not go to another one. */
static void
a_token_is_not_given_to_whoever_is_named(void)
{
	CHECK(setenv("VOLTSEAL_READY_FILE", ready, 1) == 0);
	CHECK_ERR(LOAD("--url", "https://elsewhere:1"), CONFIG);
	CHECK(strstr(reason, "--token-file") != NULL);
	CHECK(unsetenv("VOLTSEAL_READY_FILE") == 0);
}

static void
refuses_what_is_open_or_wrong(void)
{
	put(token, "t0ken", 0644);
	CHECK_ERR(LOAD("--token-file", token, "--ready-file", ready), CONFIG);
	CHECK(strstr(reason, "chmod 600") != NULL);
	put(token, "", 0600);
	CHECK_ERR(LOAD("--token-file", token, "--ready-file", ready), CONFIG);
	CHECK_ERR(LOAD("--token-file", dir, "--ready-file", ready), CONFIG);
	CHECK_ERR(LOAD("--token-file", "/nonexistent", "--ready-file", ready), CONFIG);
	put(token, "ok", 0600);
	CHECK_ERR(LOAD("--url", "http://plain:1", "--ca", "/c", "--token-file", token), CONFIG);
	CHECK(strstr(reason, "not an https:// URL") != NULL);
	CHECK_ERR(LOAD("--url", ""), CONFIG);
	static const char *const bad[] = {
	    "",
	    "[]",
	    "{",
	    "{\"api_url\":5}",
	    "{\"api_url\":\"https://h\"}",
	    "{\"api_url\":\"https://h\",\"ca_file\":\"a\\u0000b\",\"admin_token\":\"t\"}"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(ready, bad[i], 0600);
		CHECK_ERR(LOAD("--ready-file", ready), CONFIG);
		CHECK(strstr(reason, "not a ready file") != NULL);
	}
	put(ready, "{}", 0640);
	CHECK_ERR(LOAD("--ready-file", ready), CONFIG);
	CHECK(strstr(reason, "chmod 600") != NULL);
}

int
main(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/voltseal-cli-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	(void)snprintf(ready, sizeof(ready), "%s/ready.json", dir);
	(void)snprintf(token, sizeof(token), "%s/token", dir);
	CASE(reads_a_text_and_bytes);
	CASE(takes_all_from_the_ready_file);
	CASE(options_come_first);
	CASE(a_token_is_not_given_to_whoever_is_named);
	CASE(refuses_what_is_open_or_wrong);
	CHECK(unlink(ready) == 0 && unlink(token) == 0 && rmdir(dir) == 0);
	return 0;
}
