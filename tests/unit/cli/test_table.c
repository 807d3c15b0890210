/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include "base/clock.h"
#include "test.h"

static struct vs_json_tape tape;
static struct vs_buf out;

static const char *
cell(const char *json, enum vs_cli_kind kind)
{
	static char text[VS_CLI_CELL_SIZE];
	int64_t now_ms = 0;

	CHECK_OK(vs_time_parse(vs_bytes_from_text("2026-11-20T12:00:00Z"), &now_ms));
	CHECK_OK(vs_json_parse(vs_bytes_from_text(json), &tape));
	vs_cli_cell(&tape, vs_json_root(&tape), kind, now_ms, text);
	return text;
}

static void
values_are_for_people(void)
{
	CHECK(strcmp(cell("\"CS-1\"", VS_CLI_TEXT), "CS-1") == 0);
	CHECK(strcmp(cell("null", VS_CLI_TEXT), "-") == 0);
	CHECK(strcmp(cell("\"\"", VS_CLI_TEXT), "-") == 0);
	CHECK(strcmp(cell("true", VS_CLI_YES), "yes") == 0);
	CHECK(strcmp(cell("false", VS_CLI_YES), "no") == 0);
	CHECK(strcmp(cell("12345", VS_CLI_ENERGY), "12.35 kWh") == 0 ||
	      strcmp(cell("12345", VS_CLI_ENERGY), "12.34 kWh") == 0);
	CHECK(strcmp(cell("7200", VS_CLI_POWER), "7.20 kW") == 0);
	CHECK(strcmp(cell("-500", VS_CLI_POWER), "-0.50 kW") == 0);
	CHECK(strcmp(cell("80", VS_CLI_PERCENT), "80 %") == 0);
	CHECK(strcmp(cell("43", VS_CLI_PERMILLE), "4 %") == 0);
	CHECK(strcmp(cell("35651584", VS_CLI_BYTES), "34 MiB") == 0);
	CHECK(strcmp(cell("0", VS_CLI_SPAN), "0 s") == 0);
	CHECK(strcmp(cell("119", VS_CLI_SPAN), "119 s") == 0);
	CHECK(strcmp(cell("7199", VS_CLI_SPAN), "119 min") == 0);
	CHECK(strcmp(cell("172799", VS_CLI_SPAN), "47 h") == 0);
	CHECK(strcmp(cell("172800", VS_CLI_SPAN), "2 days") == 0);
	CHECK(strcmp(cell("-5", VS_CLI_SPAN), "-5") == 0);
	CHECK(strcmp(cell("null", VS_CLI_SPAN), "-") == 0);
	CHECK(strcmp(cell("7", VS_CLI_NUMBER), "7") == 0);
	CHECK(strcmp(cell("{\"a\": 1}", VS_CLI_JSON), "{\"a\": 1}") == 0);
	CHECK(strcmp(cell("{\"code\":\"VS-1005\",\"text\":\"it took too long\"}", VS_CLI_ERROR),
	             "it took too long") == 0);
	CHECK(strcmp(cell("\"2026-11-20T11:05:09.123Z\"", VS_CLI_TIME), "2026-11-20 11:05:09") ==
	      0);
	CHECK(strcmp(cell("\"2026-11-20T11:59:58Z\"", VS_CLI_AGO), "now") == 0);
	CHECK(strcmp(cell("\"2026-11-20T11:59:00Z\"", VS_CLI_AGO), "60 s ago") == 0);
	CHECK(strcmp(cell("\"2026-11-20T11:15:00Z\"", VS_CLI_AGO), "45 min ago") == 0);
	CHECK(strcmp(cell("\"2026-11-19T12:00:00Z\"", VS_CLI_AGO), "24 h ago") == 0);
	CHECK(strcmp(cell("\"2026-11-10T12:00:00Z\"", VS_CLI_AGO), "10 days ago") == 0);
	CHECK(strcmp(cell("\"2027-01-01T00:00:00Z\"", VS_CLI_AGO), "2027-01-01 00:00:00") ==
	      0); /* not yet */
}

/* Of another type than expected: shown as it is, never guessed. */
static void
odd_values_are_shown_as_they_are(void)
{
	CHECK(strcmp(cell("[1]", VS_CLI_POWER), "[1]") == 0);
	CHECK(strcmp(cell("\"soon\"", VS_CLI_AGO), "\"soon\"") == 0);
	CHECK(strcmp(cell("{}", VS_CLI_TEXT), "{}") == 0);
	CHECK(strcmp(cell("5", VS_CLI_YES), "no") == 0);
}

/* A station's vendor must not move the cursor, colour the screen or set the title of whoever looks.
 */
static void
terminals_are_not_steered(void)
{
	const char *text =
	    cell("\"a\\u001b[31mred\\u0007\\n\\u009b2J\\u007f\\u00e9\"", VS_CLI_TEXT);

	for (const char *c = text; *c != '\0'; c++)
		CHECK((unsigned char)*c >= 0x20 && *c != 0x7f);
	CHECK(strcmp(text, "a?[31mred????2J?\u00e9") == 0);
	char json[2 * VS_CLI_CELL_SIZE];
	memset(json, 'x', sizeof(json));
	json[0] = json[sizeof(json) - 2] = '"';
	json[sizeof(json) - 1] = '\0';
	CHECK(strlen(cell(json, VS_CLI_TEXT)) < VS_CLI_CELL_SIZE);
}

static void
columns_are_aligned(void)
{
	static const struct vs_cli_column columns[] = {{"NAME", "name", VS_CLI_TEXT},
	                                               {"N", "n", VS_CLI_NUMBER},
	                                               {"LAST", "last", VS_CLI_TEXT},
	                                               {NULL, NULL, VS_CLI_TEXT}};
	size_t widths[VS_CLI_COLUMNS_MAX] = {0};

	CHECK_OK(vs_json_parse(VS_BYTES_LITERAL("[{\"name\":\"\u00e9t\u00e9\",\"n\":5},{\"name\":"
	                                        "\"longer\",\"n\":1234,\"last\":\"x\"}]"),
	                       &tape));
	CHECK_OK(vs_cli_table(&out, &tape, vs_json_root(&tape), columns, true, 0, widths));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "NAME       N  LAST\n"
	                                             "\u00e9t\u00e9        5  -\n"
	                                             "longer  1234  x\n"));
	vs_buf_reset(&out);
	/* The next page keeps the widths. */
	CHECK_OK(vs_json_parse(VS_BYTES_LITERAL("[{\"name\":\"b\",\"n\":1}]"), &tape));
	CHECK_OK(vs_cli_table(&out, &tape, vs_json_root(&tape), columns, false, 0, widths));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "b          1  -\n"));
	vs_buf_reset(&out);
	CHECK_OK(vs_cli_card(&out, &tape, vs_json_next(vs_json_root(&tape), NULL), columns, 0));
	CHECK(vs_bytes_equal_text(vs_buf_view(&out), "NAME  b\nN     1\nLAST  -\n"));
	vs_buf_reset(&out);
}

int
main(void)
{
	vs_json_tape_init(&tape);
	vs_buf_init(&out, 65536);
	CASE(values_are_for_people);
	CASE(odd_values_are_shown_as_they_are);
	CASE(terminals_are_not_steered);
	CASE(columns_are_aligned);
	vs_json_tape_done(&tape);
	vs_buf_done(&out);
	return 0;
}
