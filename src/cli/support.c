/* SPDX-License-Identifier: Apache-2.0 */
/*
 * support bundle: one JSON file with what whoever helps will ask for first, and nothing that opens
 * anything. The API tells no secrets; here every member is masked, too, whose name is that of one,
 * and what names a person (idTokens).
 */
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

#define PATH_SIZE   1024u
#define BUNDLE_SIZE (64u << 20)
#define DEPTH_MAX   VS_LIMIT_JSON_DEPTH

/* name, path; %s: of one station, and only when one is named. */
static const struct part {
	const char *name, *path, *tail;
} parts[] = {
    {"overview", "/api/v1/overview", NULL},
    {"ca", "/api/v1/ca", NULL},
    {"certificates", "/api/v1/certificates/inventory", NULL},
    {"alerts", "/api/v1/alerts", NULL},
    {"events", "/api/v1/events?limit=200", NULL},
    {"live", "/api/v1/events/recent?limit=200", NULL},
    {"jobs", "/api/v1/keys/jobs?limit=50", NULL},
    {"station", "/api/v1/stations", ""},
    {"variables", "/api/v1/stations", "variables"},
    {"held", "/api/v1/stations", "held"},
};

/* Names that hold one of these words are not told. */
static bool
is_secret(struct vs_bytes name)
{
	static const char *const words[] = {"password",   "secret",        "token",
	                                    "psk",        "private",       "authorizationkey",
	                                    "credential", "attributevalue"};
	char text[128];

	if (!vs_bytes_copy_text(name, text, sizeof(text)))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(text, words[i]) != NULL)
			return true;
	return strcasecmp(text, "key") == 0;
}

/* A variable whose name is a secret's: its value is the next member's. */
static bool
is_secret_row(const struct vs_json_tape *tape, const struct vs_json_node *object)
{
	static const char *const names[] = {"variable", "component", "key"};
	char room[256];
	struct vs_bytes text;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (vs_json_text(tape, vs_json_member(tape, object, names[i]), room, sizeof(room),
		                 &text)
		            .code == VS_E_OK &&
		    is_secret(text))
			return true;
	return false;
}

static void copy(const struct vs_json_tape *tape, const struct vs_json_node *node,
                 struct vs_json_writer *json);

static void
copy_object(const struct vs_json_tape *tape, const struct vs_json_node *node,
            struct vs_json_writer *json)
{
	const bool is_hidden = is_secret_row(tape, node);
	const struct vs_json_node *member = NULL;

	vs_json_write_object(json);
	while ((member = vs_json_next(node, member)) != NULL) {
		struct vs_bytes name = vs_json_key(tape, member);
		bool is_value = vs_bytes_equal_text(name, "value");
		bool is_told = member->type == VS_JSON_NULL || member->type == VS_JSON_BOOL;

		vs_json_write_key_bytes(json, name);
		if (!is_told && (is_secret(name) || (is_hidden && is_value)))
			vs_json_write_text(json, "***");
		else
			copy(tape, member, json);
	}
	vs_json_write_object_end(json);
}

/* As deep as the parser lets anything be. */
static void
copy(const struct vs_json_tape *tape, const struct vs_json_node *node, struct vs_json_writer *json)
{
	const struct vs_json_node *item = NULL;

	if (node->type == VS_JSON_OBJECT) {
		copy_object(tape, node, json);
	} else if (node->type == VS_JSON_ARRAY) {
		vs_json_write_array(json);
		while ((item = vs_json_next(node, item)) != NULL)
			copy(tape, item, json);
		vs_json_write_array_end(json);
	} else {
		vs_json_write_raw(json, vs_json_raw(tape, node));
	}
}

static vs_result
part_path(const struct part *part, const char *station, struct vs_buf *path)
{
	vs_buf_reset(path);
	if (part->tail == NULL)
		return vs_buf_append_text(path, part->path);
	return vs_cli_path(path, part->path, station, part->tail[0] != '\0' ? part->tail : NULL);
}

/* What cannot be had is said in its place: a bundle of a sick daemon is worth the most. */
static int
part_write(struct vs_cli *cli, const struct part *part, const char *station,
           struct vs_json_writer *json)
{
	struct vs_buf path;
	int code;

	vs_buf_init(&path, PATH_SIZE);
	if (part_path(part, station, &path).code != VS_E_OK) {
		vs_buf_done(&path);
		return vs_cli_fail(cli, VS_E_TOO_LONG, "the station's identity is too long");
	}
	cli->is_trying = true;
	code = vs_cli_http(cli, "GET", vs_cli_c_text(&path), (struct vs_bytes){NULL, 0});
	cli->is_trying = false;
	vs_buf_done(&path);
	vs_json_write_key(json, part->name);
	if (code == 0)
		copy(&cli->tape, vs_json_root(&cli->tape), json);
	else
		vs_json_write_null(json);
	return 0;
}

static int
keep(struct vs_cli *cli, const char *file, struct vs_bytes text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool is_kept;

	cli->subject = file;
	if (fd < 0)
		return vs_cli_fail(cli, VS_E_EXISTS, "--out is there already, or cannot be made");
	is_kept = write(fd, text.data, text.size) == (ssize_t)text.size;
	is_kept = close(fd) == 0 && is_kept;
	return is_kept ? 0 : vs_cli_fail(cli, VS_E_IO, "--out cannot be written to");
}

int
vs_cli_run_support_bundle(struct vs_cli *cli)
{
	const char *station = cli->args.positional_count > 0 ? cli->args.positionals[0] : NULL;
	const char *out = vs_cli_option(cli, "out");
	struct vs_json_writer json;
	struct vs_buf bundle;
	int code = 0;

	if (out == NULL)
		return vs_cli_fail_usage(cli, "--out FILE is needed");
	vs_buf_init(&bundle, BUNDLE_SIZE);
	vs_json_write_begin(&json, &bundle);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "made_at");
	vs_json_write_time(&json, cli->now_ms);
	vs_json_write_key(&json, "program");
	vs_json_write_text(&json, "voltseal " VS_VERSION);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && code == 0; i++)
		if (parts[i].tail == NULL || station != NULL)
			code = part_write(cli, &parts[i], station, &json);
	vs_json_write_object_end(&json);
	if (code == 0 && vs_json_write_end(&json).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	if (code == 0)
		code = keep(cli, out, vs_buf_view(&bundle));
	if (code == 0 && !cli->is_quiet &&
	    vs_buf_printf(&cli->out, "%s  read it before you pass it on\n", out).code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	vs_buf_done(&bundle);
	return code;
}
