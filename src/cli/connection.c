/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/connection.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/json.h"

#define READY_FILE_SIZE 65536u
#define HTTPS           "https://"

vs_result
vs_cli_read_bytes(const char *path, bool is_secret, struct vs_buf *content)
{
	struct stat st;
	vs_result r = VS_FAIL(NOT_FOUND);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return r;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		goto out;
	r = VS_FAIL(FORBIDDEN);
	if (is_secret && (st.st_mode & 077) != 0)
		goto out;
	for (;;) {
		uint8_t *room = NULL;
		ssize_t got;

		r = vs_buf_reserve(content, 1024, &room);
		if (r.code != VS_E_OK)
			goto out;
		got = read(fd, room, 1024);
		r = VS_FAIL(IO);
		if (got < 0)
			goto out;
		if (got == 0)
			break;
		content->size += (size_t)got;
	}
	r = VS_OK;
out:
	(void)close(fd);
	return r;
}

vs_result
vs_cli_read_text(const char *path, bool is_secret, struct vs_buf *content)
{
	VS_TRY(vs_cli_read_bytes(path, is_secret, content));
	while (content->size > 0 && (content->data[content->size - 1] == '\n' ||
	                             content->data[content->size - 1] == '\r'))
		content->size--;
	return VS_OK;
}

static vs_result
say_unreadable(vs_result r, const char *what, const char *path, char *reason, size_t reason_size)
{
	if (r.code == VS_E_NOT_FOUND)
		(void)snprintf(reason, reason_size, "the %s %s cannot be read", what, path);
	else if (r.code == VS_E_FORBIDDEN)
		(void)snprintf(reason, reason_size,
		               "the %s %s can be read by others; run: chmod 600 %s", what, path,
		               path);
	else
		(void)snprintf(reason, reason_size, "the %s %s is too long or cannot be read", what,
		               path);
	return VS_FAIL(CONFIG);
}

static vs_result
load_token(struct vs_cli_connection *connection, const char *path, char *reason, size_t reason_size)
{
	struct vs_buf content;
	vs_result r;

	vs_buf_init(&content, 4096);
	r = vs_cli_read_text(path, true, &content);
	if (r.code == VS_E_OK && (content.size == 0 || content.size >= sizeof(connection->token) ||
	                          !vs_bytes_copy_text(vs_buf_view(&content), connection->token,
	                                              sizeof(connection->token))))
		r = VS_FAIL(TOO_LONG);
	if (content.data != NULL)
		explicit_bzero(content.data, content.capacity);
	vs_buf_done(&content);
	return r.code == VS_E_OK ? r : say_unreadable(r, "token file", path, reason, reason_size);
}

/* What only the doctor asks for: a ready file without it is good. */
static void
take_extras(struct vs_cli_connection *connection, const struct vs_json_tape *tape)
{
	const struct vs_json_node *root = vs_json_root(tape);

	if (vs_json_copy_text(tape, vs_json_member(tape, root, "ocpp_url"), connection->station_url,
	                      sizeof(connection->station_url))
	        .code != VS_E_OK)
		connection->station_url[0] = '\0';
	if (vs_json_copy_text(tape, vs_json_member(tape, root, "state_dir"), connection->state_dir,
	                      sizeof(connection->state_dir))
	        .code != VS_E_OK)
		connection->state_dir[0] = '\0';
	if (vs_json_int(tape, vs_json_member(tape, root, "pid"), &connection->pid).code != VS_E_OK)
		connection->pid = 0;
}

/* Members that were given on the command line stay. */
static vs_result
take_ready(struct vs_cli_connection *connection, struct vs_bytes text)
{
	const struct {
		const char *key;
		char *value;
		size_t size;
	} members[] = {
	    {"api_url", connection->url, sizeof(connection->url)},
	    {"ca_file", connection->ca, sizeof(connection->ca)},
	    {"admin_token", connection->token, sizeof(connection->token)},
	};
	struct vs_json_tape tape;
	vs_result r;

	vs_json_tape_init(&tape);
	r = vs_json_parse(text, &tape);
	for (size_t i = 0; i < 3 && r.code == VS_E_OK; i++) {
		/* Production shows no token: --token-file says it. */
		bool is_missing =
		    vs_json_member(&tape, vs_json_root(&tape), members[i].key) == NULL;

		if ((i < 2 || !is_missing) && members[i].value[0] == '\0')
			r = vs_json_copy_text(
			    &tape, vs_json_member(&tape, vs_json_root(&tape), members[i].key),
			    members[i].value, members[i].size);
	}
	if (r.code == VS_E_OK)
		take_extras(connection, &tape);
	vs_json_tape_done(&tape);
	return r;
}

static vs_result
load_ready(struct vs_cli_connection *connection, const char *path, char *reason, size_t reason_size)
{
	struct vs_buf content;
	vs_result r;

	vs_buf_init(&content, READY_FILE_SIZE);
	r = vs_cli_read_text(path, true, &content);
	if (r.code != VS_E_OK) {
		r = say_unreadable(r, "ready file", path, reason, reason_size);
	} else if (take_ready(connection, vs_buf_view(&content)).code != VS_E_OK) {
		(void)snprintf(reason, reason_size, "%s is not a ready file of voltseald", path);
		r = VS_FAIL(CONFIG);
	}
	if (content.data != NULL)
		explicit_bzero(content.data, content.capacity);
	vs_buf_done(&content);
	return r;
}

static vs_result
ready_path(const struct vs_cli_args *args, char *path, size_t size)
{
	const char *given = vs_cli_args_get(args, "ready-file");
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int length;

	if (given == NULL)
		given = getenv("VOLTSEAL_READY_FILE");
	if (given != NULL && given[0] != '\0')
		length = snprintf(path, size, "%s", given);
	else if (state != NULL && state[0] == '/')
		length = snprintf(path, size, "%s/voltseal/dev/ready.json", state);
	else
		length = snprintf(path, size, "%s/.local/state/voltseal/dev/ready.json",
		                  home != NULL ? home : "");
	return length >= 0 && (size_t)length < size ? VS_OK : VS_FAIL(TOO_LONG);
}

static vs_result
take_option(const struct vs_cli_args *args, const char *name, char *value, size_t size,
            char *reason, size_t reason_size)
{
	const char *given = vs_cli_args_get(args, name);

	if (given == NULL ||
	    (given[0] != '\0' && vs_bytes_copy_text(vs_bytes_from_text(given), value, size)))
		return VS_OK;
	(void)snprintf(reason, reason_size, "the value of --%s is empty or too long", name);
	return VS_FAIL(CONFIG);
}

/* Ours are written as RFC 7469 does, libcurl's with two slashes and semicolons. */
static vs_result
take_pins(const struct vs_cli_args *args, struct vs_cli_connection *connection, char *reason,
          size_t reason_size)
{
	const char *given = vs_cli_args_get(args, "pin");
	struct vs_pin_set pins = {.count = 0};
	size_t size = 0;

	if (given == NULL)
		return VS_OK;
	if (vs_pin_set_parse(vs_bytes_from_text(given), &pins).code != VS_E_OK) {
		(void)snprintf(reason, reason_size,
		               "--pin is sha256/ and 44 characters of base64, at most %d of them "
		               "with commas",
		               VS_PIN_MAX);
		return VS_FAIL(CONFIG);
	}
	for (size_t i = 0; i < pins.count; i++) {
		char text[VS_PIN_TEXT_SIZE];

		vs_pin_text(pins.sha256[i], text);
		size += (size_t)snprintf(connection->pins + size, sizeof(connection->pins) - size,
		                         "%ssha256//%s", i > 0 ? ";" : "",
		                         text + sizeof("sha256/") - 1);
	}
	return VS_OK;
}

vs_result
vs_cli_connection_load(const struct vs_cli_args *args, struct vs_cli_connection *connection,
                       char *reason, size_t reason_size)
{
	const char *token_file;
	bool is_anonymous;
	char path[PATH_MAX];
	size_t length;

	assert(args != NULL && connection != NULL && reason != NULL);
	token_file = vs_cli_args_get(args, "token-file");
	is_anonymous = connection->is_anonymous;
	memset(connection, 0, sizeof(*connection));
	(void)snprintf(connection->origin, sizeof(connection->origin), "--url");
	VS_TRY(take_option(args, "url", connection->url, sizeof(connection->url), reason,
	                   reason_size));
	VS_TRY(
	    take_option(args, "ca", connection->ca, sizeof(connection->ca), reason, reason_size));
	VS_TRY(take_pins(args, connection, reason, reason_size));
	if (token_file != NULL)
		VS_TRY(load_token(connection, token_file, reason, reason_size));
	if (connection->url[0] == '\0' || connection->ca[0] == '\0' ||
	    (connection->token[0] == '\0' && !is_anonymous)) {
		/* A token goes only to the daemon it was made for, not to any that is named beside
		 * it. */
		if (connection->url[0] != '\0' && vs_cli_args_get(args, "ready-file") == NULL) {
			(void)snprintf(reason, reason_size,
			               "--url needs --ca FILE and --token-file FILE beside it");
			return VS_FAIL(CONFIG);
		}
		if (ready_path(args, path, sizeof(path)).code != VS_E_OK) {
			(void)snprintf(reason, reason_size,
			               "the path of the ready file is too long");
			return VS_FAIL(CONFIG);
		}
		(void)snprintf(connection->origin, sizeof(connection->origin), "%.*s", PATH_MAX - 1,
		               path);
		VS_TRY(load_ready(connection, path, reason, reason_size));
	}
	/* A device has no business with the operator's token, even if the ready file shows it. */
	if (is_anonymous)
		explicit_bzero(connection->token, sizeof(connection->token));
	length = strlen(connection->url);
	while (length > 0 && connection->url[length - 1] == '/')
		connection->url[--length] = '\0';
	if (strncmp(connection->url, HTTPS, strlen(HTTPS)) != 0) {
		(void)snprintf(reason, reason_size, "%.200s is not an https:// URL",
		               connection->url);
		return VS_FAIL(CONFIG);
	}
	return VS_OK;
}

void
vs_cli_connection_done(struct vs_cli_connection *connection)
{
	if (connection != NULL)
		explicit_bzero(connection->token, sizeof(connection->token));
}
