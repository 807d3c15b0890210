/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static void
put_time(int64_t at_ms, char *text, size_t size)
{
	char iso[VS_TIME_TEXT_SIZE];

	vs_time_format(at_ms, iso);
	(void)snprintf(text, size, "%.10s %.8s", iso, iso + 11);
}

static void
put_ago(int64_t at_ms, int64_t now_ms, char *text, size_t size)
{
	int64_t seconds = (now_ms - at_ms) / 1000;

	if (seconds < 0)
		put_time(at_ms, text, size);
	else if (seconds < 5)
		(void)snprintf(text, size, "now");
	else if (seconds < 120)
		(void)snprintf(text, size, "%" PRId64 " s ago", seconds);
	else if (seconds < 2 * 3600)
		(void)snprintf(text, size, "%" PRId64 " min ago", seconds / 60);
	else if (seconds < 2 * 86400)
		(void)snprintf(text, size, "%" PRId64 " h ago", seconds / 3600);
	else
		(void)snprintf(text, size, "%" PRId64 " days ago", seconds / 86400);
}

/* UTF-8 was checked by the parser; C0, DEL and C1 (0xc2 0x80 to 0xc2 0x9f) steer terminals. */
static void
disarm(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++) {
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
		if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
			c[0] = c[1] = '?';
	}
}

static void
put_raw(const struct vs_json_tape *tape, const struct vs_json_node *value, char *text, size_t size)
{
	(void)vs_bytes_copy_text(vs_json_raw(tape, value), text, size);
}

static void
put_span(int64_t seconds, char *text, size_t size)
{
	static const struct {
		int64_t from, unit;
		const char *name;
	} units[] = {{172800, 86400, "days"}, {7200, 3600, "h"}, {120, 60, "min"}, {0, 1, "s"}};
	size_t i = 0;

	while (seconds < units[i].from)
		i++;
	(void)snprintf(text, size, "%" PRId64 " %s", seconds / units[i].unit, units[i].name);
}

static void
put_number(const struct vs_json_tape *tape, const struct vs_json_node *value, enum vs_cli_kind kind,
           char *text, size_t size)
{
	double number = 0;

	if (kind == VS_CLI_NUMBER || vs_json_double(tape, value, &number).code != VS_E_OK ||
	    (kind == VS_CLI_SPAN && !(number >= 0 && number < 1e15)))
		put_raw(tape, value, text, size);
	else if (kind == VS_CLI_PERCENT || kind == VS_CLI_PERMILLE)
		(void)snprintf(text, size, "%.0f %%",
		               kind == VS_CLI_PERMILLE ? number / 10 : number);
	else if (kind == VS_CLI_BYTES)
		(void)snprintf(text, size, "%.0f MiB", number / 1048576);
	else if (kind == VS_CLI_SPAN)
		put_span((int64_t)number, text, size);
	else
		(void)snprintf(text, size, "%.2f %s", number / 1000,
		               kind == VS_CLI_ENERGY ? "kWh" : "kW");
}

static void
put_string(const struct vs_json_tape *tape, const struct vs_json_node *value, char *text,
           size_t size)
{
	if (vs_json_copy_text(tape, value, text, size).code != VS_E_OK)
		put_raw(tape, value, text, size);
}

void
vs_cli_cell(const struct vs_json_tape *tape, const struct vs_json_node *value,
            enum vs_cli_kind kind, int64_t now_ms, char text[static VS_CLI_CELL_SIZE])
{
	int64_t at_ms = 0;
	bool is_true = false;

	text[0] = '\0';
	if (value != NULL && value->type != VS_JSON_NULL) {
		switch (kind) {
		case VS_CLI_TEXT:
			put_string(tape, value, text, VS_CLI_CELL_SIZE);
			break;
		case VS_CLI_TIME:
		case VS_CLI_AGO:
			if (vs_json_time(tape, value, &at_ms).code != VS_E_OK)
				put_raw(tape, value, text, VS_CLI_CELL_SIZE);
			else if (kind == VS_CLI_TIME)
				put_time(at_ms, text, VS_CLI_CELL_SIZE);
			else
				put_ago(at_ms, now_ms, text, VS_CLI_CELL_SIZE);
			break;
		case VS_CLI_YES:
			is_true = vs_json_bool(value, &is_true).code == VS_E_OK && is_true;
			(void)snprintf(text, VS_CLI_CELL_SIZE, "%s", is_true ? "yes" : "no");
			break;
		case VS_CLI_NUMBER:
		case VS_CLI_ENERGY:
		case VS_CLI_POWER:
		case VS_CLI_PERCENT:
		case VS_CLI_PERMILLE:
		case VS_CLI_BYTES:
		case VS_CLI_SPAN:
			put_number(tape, value, kind, text, VS_CLI_CELL_SIZE);
			break;
		case VS_CLI_ERROR:
			put_string(tape, vs_json_member(tape, value, "text"), text,
			           VS_CLI_CELL_SIZE);
			break;
		case VS_CLI_JSON:
			put_raw(tape, value, text, VS_CLI_CELL_SIZE);
			break;
		}
	}
	if (text[0] == '\0')
		(void)snprintf(text, VS_CLI_CELL_SIZE, "-");
	disarm(text);
}

/* Columns of the terminal: code points. */
static size_t
width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static bool
is_right(enum vs_cli_kind kind)
{
	return kind == VS_CLI_NUMBER || (kind >= VS_CLI_ENERGY && kind <= VS_CLI_SPAN);
}

static vs_result
put_cell(struct vs_buf *out, const char *text, size_t width, bool right, bool is_last)
{
	size_t own = width_of(text), pad = width > own ? width - own : 0;

	if (right)
		VS_TRY(vs_buf_printf(out, "%*s", (int)pad, ""));
	VS_TRY(vs_buf_append_text(out, text));
	if (is_last)
		return vs_buf_append_byte(out, '\n');
	return vs_buf_printf(out, "%*s  ", right ? 0 : (int)pad, "");
}

vs_result
vs_cli_table(struct vs_buf *out, const struct vs_json_tape *tape, const struct vs_json_node *items,
             const struct vs_cli_column *columns, bool has_titles, int64_t now_ms,
             size_t widths[static VS_CLI_COLUMNS_MAX])
{
	size_t count = 0;
	char text[VS_CLI_CELL_SIZE];

	for (; columns[count].title != NULL; count++) {
		assert(count < VS_CLI_COLUMNS_MAX);
		if (has_titles && width_of(columns[count].title) > widths[count])
			widths[count] = width_of(columns[count].title);
	}
	for (const struct vs_json_node *item = NULL; (item = vs_json_next(items, item)) != NULL;) {
		for (size_t i = 0; i < count; i++) {
			size_t width;

			vs_cli_cell(tape, vs_json_member(tape, item, columns[i].key),
			            columns[i].kind, now_ms, text);
			width = width_of(text);
			if (width > widths[i])
				widths[i] = width;
		}
	}
	for (size_t i = 0; i < count && has_titles; i++)
		VS_TRY(put_cell(out, columns[i].title, widths[i], is_right(columns[i].kind),
		                i + 1 == count));
	for (const struct vs_json_node *item = NULL; (item = vs_json_next(items, item)) != NULL;) {
		for (size_t i = 0; i < count; i++) {
			vs_cli_cell(tape, vs_json_member(tape, item, columns[i].key),
			            columns[i].kind, now_ms, text);
			VS_TRY(put_cell(out, text, widths[i], is_right(columns[i].kind),
			                i + 1 == count));
		}
	}
	return VS_OK;
}

vs_result
vs_cli_card(struct vs_buf *out, const struct vs_json_tape *tape, const struct vs_json_node *object,
            const struct vs_cli_column *columns, int64_t now_ms)
{
	char text[VS_CLI_CELL_SIZE];
	size_t width = 0;

	for (size_t i = 0; columns[i].title != NULL; i++)
		width = width_of(columns[i].title) > width ? width_of(columns[i].title) : width;
	for (size_t i = 0; columns[i].title != NULL; i++) {
		vs_cli_cell(tape, vs_json_member(tape, object, columns[i].key), columns[i].kind,
		            now_ms, text);
		VS_TRY(put_cell(out, columns[i].title, width, false, false));
		VS_TRY(put_cell(out, text, 0, false, true));
	}
	return VS_OK;
}
