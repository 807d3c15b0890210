/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "cli/fail.h"
#include "cli/http.h"

#define PAGE_ROWS   100u
#define PATH_SIZE   2048u
#define CURSOR_SIZE 257u

int
vs_cli_no_memory(struct vs_cli *cli)
{
	return vs_cli_fail(cli, VS_E_NO_MEMORY, "");
}

const char *
vs_cli_c_text(struct vs_buf *buf)
{
	uint8_t *end = NULL;

	if (vs_buf_reserve(buf, 1, &end).code != VS_E_OK)
		return "";
	*end = '\0';
	return (const char *)buf->data;
}

vs_result
vs_cli_path(struct vs_buf *path, const char *base, const char *id, const char *tail)
{
	VS_TRY(vs_buf_printf(path, "%s/", base));
	VS_TRY(vs_cli_http_escape(path, id));
	return tail == NULL ? VS_OK : vs_buf_printf(path, "/%s", tail);
}

vs_result
vs_cli_query(struct vs_buf *query, const struct vs_cli *cli, const char *option_name)
{
	const char *value = vs_cli_option(cli, option_name);

	if (value == NULL)
		return VS_OK;
	VS_TRY(vs_buf_printf(query, "&%s=", option_name));
	return vs_cli_http_escape(query, value);
}

vs_result
vs_cli_query_switch(struct vs_buf *query, const struct vs_cli *cli, const char *option_name)
{
	if (vs_cli_option(cli, option_name) == NULL)
		return VS_OK;
	return vs_buf_printf(query, "&%s=true", option_name);
}

void
vs_cli_write_option(const struct vs_cli *cli, struct vs_json_writer *writer,
                    const char *option_name, const char *member)
{
	const char *value = vs_cli_option(cli, option_name);

	if (value == NULL)
		return;
	vs_json_write_key(writer, member);
	vs_json_write_text(writer, value);
}

int
vs_cli_ask(struct vs_cli *cli, const char *method, const char *base, const char *id,
           const char *tail, struct vs_bytes body)
{
	struct vs_buf path;
	int code;

	vs_buf_init(&path, PATH_SIZE);
	if (vs_cli_path(&path, base, id, tail).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "an argument is too long");
	else
		code = vs_cli_http(cli, method, vs_cli_c_text(&path), body);
	vs_buf_done(&path);
	return code;
}

int
vs_cli_say(struct vs_cli *cli, const char *what)
{
	if (cli->is_json || cli->is_quiet)
		return 0;
	return vs_buf_printf(&cli->out, "%s %s\n", cli->subject, what).code == VS_E_OK
	           ? 0
	           : vs_cli_no_memory(cli);
}

/* The raw items of this page, with commas before all but the very first. */
static vs_result
put_json_items(struct vs_cli *cli, const struct vs_json_node *items, size_t already)
{
	for (const struct vs_json_node *item = NULL; (item = vs_json_next(items, item)) != NULL;
	     already++) {
		VS_TRY(vs_buf_append_text(&cli->out, already > 0 ? ",\n" : ""));
		VS_TRY(vs_buf_append_bytes(&cli->out, vs_json_raw(&cli->tape, item)));
	}
	return VS_OK;
}

struct page {
	char cursor[CURSOR_SIZE];
	size_t rows, limit;
	size_t widths[VS_CLI_COLUMNS_MAX];
	bool has_more;
};

static int
take_page(struct vs_cli *cli, const struct vs_cli_column *columns, struct page *page)
{
	const struct vs_json_node *root = vs_json_root(&cli->tape),
				  *items = vs_json_member(&cli->tape, root, "items");
	vs_result r;

	if (items == NULL)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon's answer has no items");
	if (cli->is_json)
		r = put_json_items(cli, items, page->rows);
	else
		r = vs_cli_table(&cli->out, &cli->tape, items, columns,
		                 !cli->is_quiet && page->rows == 0, cli->now_ms, page->widths);
	page->rows += vs_json_count(items);
	page->has_more = vs_json_copy_text(&cli->tape, vs_json_member(&cli->tape, root, "next"),
	                                   page->cursor, sizeof(page->cursor))
	                     .code == VS_E_OK;
	if (r.code != VS_E_OK)
		return vs_cli_no_memory(cli);
	vs_cli_flush(cli);
	return 0;
}

static vs_result
page_path(struct vs_buf *to, const char *path, const char *query, const struct page *page)
{
	size_t rest = page->limit - page->rows;

	vs_buf_reset(to);
	VS_TRY(vs_buf_printf(to, "%s?limit=%zu%s", path,
	                     rest < PAGE_ROWS ? rest : (size_t)PAGE_ROWS, query));
	if (page->cursor[0] == '\0')
		return VS_OK;
	VS_TRY(vs_buf_append_text(to, "&cursor="));
	return vs_cli_http_escape(to, page->cursor);
}

static int
take_limit(struct vs_cli *cli, size_t *limit)
{
	const char *text = vs_cli_option(cli, "limit");
	char *end = NULL;
	unsigned long number;

	if (text == NULL)
		return 0;
	number = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
	if (number == 0 || number > 1000000 || *end != '\0')
		return vs_cli_fail_usage(cli, "--limit takes a number from 1 to 1000000");
	*limit = number;
	return 0;
}

int
vs_cli_list(struct vs_cli *cli, const char *path, const char *query, size_t limit,
            const struct vs_cli_column *columns)
{
	struct page page = {.limit = limit};
	struct vs_buf full;
	int code = take_limit(cli, &page.limit);

	if (code != 0)
		return code;
	vs_buf_init(&full, PATH_SIZE);
	if (cli->is_json && vs_buf_append_text(&cli->out, "{\"items\":[").code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	do {
		if (code == 0 && page_path(&full, path, query, &page).code != VS_E_OK)
			code = vs_cli_fail(cli, VS_E_TOO_LONG, "an argument is too long");
		if (code == 0)
			code = vs_cli_http(cli, "GET", vs_cli_c_text(&full),
			                   (struct vs_bytes){NULL, 0});
		if (code == 0)
			code = take_page(cli, columns, &page);
	} while (code == 0 && page.has_more && page.rows < page.limit);
	if (code == 0 && cli->is_json && vs_buf_append_text(&cli->out, "]}\n").code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	if (code == 0 && page.has_more && !cli->is_quiet && !cli->is_json)
		(void)fprintf(stderr, "(%zu shown, there are more: --limit N)\n", page.rows);
	if (code == 0 && page.rows == 0 && !cli->is_quiet && !cli->is_json)
		(void)fprintf(stderr, "(none)\n");
	vs_buf_done(&full);
	return code;
}

int
vs_cli_list_filtered(struct vs_cli *cli, const char *path, size_t limit,
                     const struct vs_cli_column *columns)
{
	struct vs_buf query;
	int code;

	vs_buf_init(&query, PATH_SIZE);
	if (vs_cli_query(&query, cli, "station").code != VS_E_OK ||
	    vs_cli_query_switch(&query, cli, "active").code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_TOO_LONG, "an argument is too long");
	else
		code = vs_cli_list(cli, path, vs_cli_c_text(&query), limit, columns);
	vs_buf_done(&query);
	return code;
}

int
vs_cli_show(struct vs_cli *cli, const char *key, const struct vs_cli_column *columns)
{
	const struct vs_json_node *object = vs_json_root(&cli->tape);
	vs_result r;

	if (key != NULL)
		object = vs_json_member(&cli->tape, object, key);
	if (object == NULL)
		return vs_cli_fail(cli, VS_E_BAD_MESSAGE,
		                   "the daemon's answer lacks what was asked for");
	if (cli->is_json) {
		r = vs_buf_append_bytes(&cli->out, vs_buf_view(&cli->body));
		if (r.code == VS_E_OK)
			r = vs_buf_append_byte(&cli->out, '\n');
	} else {
		r = vs_cli_card(&cli->out, &cli->tape, object, columns, cli->now_ms);
	}
	return r.code == VS_E_OK ? 0 : vs_cli_no_memory(cli);
}
