/* SPDX-License-Identifier: Apache-2.0 */
/* voltseal audit search and export: entries of a folder, all shards, oldest first; or of the
 * daemon, those of the own tenant, newest first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "audit/entry.h"
#include "audit/view.h"
#include "base/clock.h"
#include "cli/fail.h"
#include "cli/http.h"
#include "cli/list.h"

#define FLUSH_SIZE 65536u

struct search {
	struct vs_cli *cli;
	const char *event, *actor, *text;
	int64_t since_ms;
	uint64_t limit; /* 0: none */
	uint64_t shown;
	enum { AS_TABLE, AS_JSONL, AS_CEF } form;
	struct vs_json_tape tape;
};

static void
member(const struct search *search, const struct vs_json_node *object, const char *name, char *text,
       size_t size)
{
	if (vs_json_copy_text(&search->tape, vs_json_member(&search->tape, object, name), text,
	                      size)
	        .code != VS_E_OK)
		text[0] = '\0';
}

static bool
matches(const struct search *search, struct vs_bytes line)
{
	const struct vs_json_node *root = vs_json_root(&search->tape);
	const struct vs_json_node *actor = vs_json_member(&search->tape, root, "actor");
	char event[64], who[128];
	int64_t at_ms;

	member(search, root, "ev", event, sizeof(event));
	member(search, actor, "id", who, sizeof(who));
	if (search->event != NULL && strncmp(event, search->event, strlen(search->event)) != 0)
		return false;
	if (search->actor != NULL && strcmp(who, search->actor) != 0)
		return false;
	if (search->text != NULL &&
	    memmem(line.data, line.size, search->text, strlen(search->text)) == NULL)
		return false;
	return search->since_ms == 0 ||
	       (vs_json_time(&search->tape, vs_json_member(&search->tape, root, "ts"), &at_ms)
	                .code == VS_E_OK &&
	        at_ms >= search->since_ms);
}

/* ArcSight CEF: '|' and '\' of the head, '=' and '\' of a value are escaped. */
static vs_result
print_escaped(struct vs_buf *out, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (strchr(special, *text) != NULL)
			VS_TRY(vs_buf_append_byte(out, '\\'));
		VS_TRY(vs_buf_append_byte(out, (uint8_t)*text));
	}
	return VS_OK;
}

static vs_result
print_cef(struct search *search, const char *shard)
{
	static const struct {
		const char *name, *key;
	} pairs[] = {{"ts", "rt"},      {"src", "src"},         {"res", "outcome"},
	             {"why", "reason"}, {"corr", "externalId"}, {"node", "dvchost"},
	             {"tenant", "cs1"}};
	const struct vs_json_node *root = vs_json_root(&search->tape);
	const struct vs_json_node *actor = vs_json_member(&search->tape, root, "actor");
	struct vs_buf *out = &search->cli->out;
	char text[256], severity[16];
	int level;

	member(search, root, "ev", text, sizeof(text));
	member(search, root, "sev", severity, sizeof(severity));
	level = strcmp(severity, "crit") == 0   ? 9
	        : strcmp(severity, "warn") == 0 ? 6
	        : strcmp(severity, "info") == 0 ? 1
	                                        : 3;
	VS_TRY(vs_buf_printf(out, "CEF:0|Voltseal|voltseald|%s|", VS_VERSION));
	VS_TRY(print_escaped(out, text, "|\\"));
	VS_TRY(vs_buf_append_byte(out, '|'));
	VS_TRY(print_escaped(out, text, "|\\"));
	VS_TRY(vs_buf_printf(out, "|%d|cs2Label=shard cs2=%s", level, shard));
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		member(search, root, pairs[i].name, text, sizeof(text));
		if (text[0] == '\0')
			continue;
		VS_TRY(vs_buf_printf(out, " %s=", pairs[i].key));
		VS_TRY(print_escaped(out, text, "=\\"));
	}
	member(search, actor, "id", text, sizeof(text));
	VS_TRY(vs_buf_append_text(out, " suser="));
	VS_TRY(print_escaped(out, text, "=\\"));
	return vs_buf_append_byte(out, '\n');
}

static vs_result
print_row(struct search *search, const char *shard, uint64_t n)
{
	const struct vs_json_node *root = vs_json_root(&search->tape);
	const struct vs_json_node *actor = vs_json_member(&search->tape, root, "actor");
	struct vs_bytes object =
	    vs_json_raw(&search->tape, vs_json_member(&search->tape, root, "obj"));
	char at[64], event[64], kind[32], who[128], result[16], source[64];

	member(search, root, "ts", at, sizeof(at));
	member(search, root, "ev", event, sizeof(event));
	member(search, actor, "k", kind, sizeof(kind));
	member(search, actor, "id", who, sizeof(who));
	member(search, root, "res", result, sizeof(result));
	member(search, root, "src", source, sizeof(source));
	return vs_buf_printf(&search->cli->out, "%.19sZ  %s/%llu  %-22s %-7s %s:%s  %s  %.*s\n", at,
	                     shard, (unsigned long long)n, event, result, kind, who, source,
	                     VS_BYTES_PRINTF(object));
}

static vs_result
show(struct search *search, const char *shard, uint64_t n, struct vs_bytes line)
{
	search->shown++;
	if (search->form == AS_CEF)
		VS_TRY(print_cef(search, shard));
	else if (search->form == AS_TABLE)
		VS_TRY(print_row(search, shard, n));
	else
		VS_TRY(vs_buf_printf(&search->cli->out, "%.*s\n", VS_BYTES_PRINTF(line)));
	if (search->cli->out.size >= FLUSH_SIZE)
		vs_cli_flush(search->cli);
	return VS_OK;
}

static vs_result
search_shard(struct search *search, const char *dir, const char *name)
{
	struct vs_audit_view audit;
	struct vs_bytes line;
	uint64_t n;
	vs_result r = vs_audit_view_open(dir, name, &audit);

	for (uint64_t i = 0; r.code == VS_E_OK && i < audit.shard.size &&
	                     (search->limit == 0 || search->shown < search->limit);
	     i++) {
		r = vs_audit_shard_entry(&audit.shard, i, &line);
		if (r.code == VS_E_OK)
			r = vs_audit_entry_parse(line, &search->tape, &n);
		if (r.code == VS_E_OK && matches(search, line))
			r = show(search, name, i, line);
	}
	vs_audit_view_done(&audit);
	return r;
}

/* --- from the daemon ------------------------------------------------------------------------- */

#define PAGE_ROWS  500
#define QUERY_SIZE 2048u

static vs_result
page_path(const struct search *search, const char *cursor, struct vs_buf *path)
{
	const struct {
		const char *name, *value;
	} filters[] = {{"event", search->event},
	               {"actor", search->actor},
	               {"contains", search->text},
	               {"from", vs_cli_option(search->cli, "since")},
	               {"cursor", cursor[0] != '\0' ? cursor : NULL}};

	vs_buf_reset(path);
	VS_TRY(vs_buf_printf(path, "/api/v1/audit?limit=%d", PAGE_ROWS));
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (filters[i].value == NULL)
			continue;
		VS_TRY(vs_buf_printf(path, "&%s=", filters[i].name));
		VS_TRY(vs_cli_http_escape(path, filters[i].value));
	}
	return VS_OK;
}

/* "2026-11:17": the shard; its number is in the entry, too. */
static vs_result
show_item(struct search *search, const struct vs_json_node *item)
{
	const struct vs_json_tape *tape = &search->cli->tape;
	struct vs_bytes line = vs_json_raw(tape, vs_json_member(tape, item, "entry"));
	char id[VS_AUDIT_SHARD_SIZE + 24];
	uint64_t n;

	VS_TRY(vs_json_copy_text(tape, vs_json_member(tape, item, "id"), id, sizeof(id)));
	id[strcspn(id, ":")] = '\0';
	VS_TRY(vs_audit_entry_parse(line, &search->tape, &n));
	return show(search, id, n, line);
}

static int
run_daemon(struct search *search)
{
	struct vs_cli *cli = search->cli;
	char cursor[VS_AUDIT_SHARD_SIZE + 24] = "";
	const struct vs_json_node *items, *item;
	struct vs_buf path;
	bool has_more = true;
	int code = 0;

	vs_buf_init(&path, QUERY_SIZE);
	vs_json_tape_init(&search->tape);
	while (code == 0 && has_more) {
		vs_result r = page_path(search, cursor, &path);

		if (r.code == VS_E_OK)
			code = vs_cli_http(cli, "GET", vs_cli_c_text(&path),
			                   (struct vs_bytes){NULL, 0});
		if (code != 0)
			break;
		items = vs_json_member(&cli->tape, vs_json_root(&cli->tape), "items");
		item = NULL;
		while (r.code == VS_E_OK && has_more &&
		       (item = vs_json_next(items, item)) != NULL) {
			r = show_item(search, item);
			has_more = search->limit == 0 || search->shown < search->limit;
		}
		has_more =
		    has_more &&
		    vs_json_copy_text(&cli->tape,
		                      vs_json_member(&cli->tape, vs_json_root(&cli->tape), "next"),
		                      cursor, sizeof(cursor))
			    .code == VS_E_OK;
		if (r.code != VS_E_OK)
			code =
			    vs_cli_fail(cli, r.code, "the daemon's answer is no list of entries");
	}
	vs_json_tape_done(&search->tape);
	vs_buf_done(&path);
	return code;
}

/* --- from a folder --------------------------------------------------------------------------- */

static int
run_folder(struct search *search, const char *dir)
{
	struct vs_audit_shard_name *names = NULL;
	size_t count = 0;
	vs_result r = vs_audit_shards_list(dir, &names, &count);

	if (r.code == VS_E_OK && count == 0)
		r = VS_FAIL(NOT_FOUND);
	vs_json_tape_init(&search->tape);
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++) {
		char name[VS_AUDIT_SHARD_SIZE];

		vs_audit_shard_text(&names[i], name);
		r = search_shard(search, dir, name);
	}
	vs_json_tape_done(&search->tape);
	free(names);
	return r.code == VS_E_OK ? 0 : vs_cli_fail(search->cli, r.code, "the log cannot be read");
}

static int
run(struct search *search)
{
	int code = search->cli->subject != NULL ? run_folder(search, search->cli->subject)
	                                        : run_daemon(search);

	if (code == 0 && search->shown == 0 && !search->cli->is_quiet)
		(void)fputs("no entry is like that\n", stderr);
	return code;
}

/* Is the first argument a folder? A word without a slash that is none is what is looked for. */
static bool
is_folder(const char *argument)
{
	struct stat status;

	return strchr(argument, '/') != NULL ||
	       (stat(argument, &status) == 0 && S_ISDIR(status.st_mode));
}

static int
begin(struct vs_cli *cli, struct search *search)
{
	size_t count = cli->args.positional_count;
	size_t folders = count > 0 && is_folder(cli->args.positionals[0]) ? 1 : 0;
	const char *since = vs_cli_option(cli, "since"), *limit = vs_cli_option(cli, "limit");
	char *end = NULL;

	*search = (struct search){.cli = cli,
	                          .event = vs_cli_option(cli, "event"),
	                          .actor = vs_cli_option(cli, "actor"),
	                          .text = count > folders ? cli->args.positionals[folders] : NULL};
	cli->subject = folders > 0 ? cli->args.positionals[0] : NULL;
	if (count == 2 && folders == 0)
		return vs_cli_fail_usage(cli, "the first of two arguments is a folder");
	if (since != NULL &&
	    vs_time_parse(vs_bytes_from_text(since), &search->since_ms).code != VS_E_OK)
		return vs_cli_fail_usage(cli, "--since is a time such as 2026-11-20T00:00:00Z");
	if (limit != NULL) {
		search->limit = strtoull(limit, &end, 10);
		if (*end != '\0' || search->limit == 0)
			return vs_cli_fail_usage(cli, "--limit is a number from 1 on");
	}
	return 0;
}

int
vs_cli_run_audit_search(struct vs_cli *cli)
{
	struct search search;
	int code = begin(cli, &search);

	search.form = cli->is_json ? AS_JSONL : AS_TABLE;
	return code == 0 ? run(&search) : code;
}

int
vs_cli_run_audit_export(struct vs_cli *cli)
{
	const char *form = vs_cli_option(cli, "format");
	struct search search;
	int code = begin(cli, &search);

	if (form != NULL && strcmp(form, "jsonl") != 0 && strcmp(form, "cef") != 0)
		return vs_cli_fail_usage(cli, "--format is jsonl or cef");
	search.form = form != NULL && strcmp(form, "cef") == 0 ? AS_CEF : AS_JSONL;
	return code == 0 ? run(&search) : code;
}
