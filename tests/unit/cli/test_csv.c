/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/csv.h"

#include "test.h"

static struct vs_cli_csv_row row;
static struct vs_bytes rest;

static bool
field_is(size_t at, const char *text)
{
	return at < row.count && vs_bytes_equal_text(row.fields[at], text);
}

static void
begin(const char *text)
{
	vs_cli_csv_done(&row);
	vs_cli_csv_init(&row);
	rest = vs_bytes_from_text(text);
}

/* RFC 4180 2. */
static void
rows(void)
{
	begin("a,b,c\r\n\"x\",\"y, \"\"z\"\"\n2\",\r\n\n\r\n,,\nlast");
	CHECK_OK(vs_cli_csv_next(&row, &rest));
	CHECK(row.count == 3 && field_is(0, "a") && field_is(2, "c") && row.line == 1);
	CHECK_OK(vs_cli_csv_next(&row, &rest));
	CHECK(row.count == 3 && field_is(0, "x") && field_is(1, "y, \"z\"\n2") && field_is(2, "") &&
	      row.line == 2);
	CHECK_OK(vs_cli_csv_next(&row, &rest));
	CHECK(row.count == 3 && field_is(1, "") && row.line == 6);
	CHECK_OK(vs_cli_csv_next(&row, &rest));
	CHECK(row.count == 1 && field_is(0, "last") && row.line == 7);
	CHECK_ERR(vs_cli_csv_next(&row, &rest), NOT_FOUND);
	begin("");
	CHECK_ERR(vs_cli_csv_next(&row, &rest), NOT_FOUND);
	begin("\r\n\n");
	CHECK_ERR(vs_cli_csv_next(&row, &rest), NOT_FOUND);
}

/* One bad line does not take the next with it. */
static void
bad_rows(void)
{
	static char wide[VS_CLI_CSV_FIELDS + 2], big[70000];

	begin("a\"b\n\"c\"d\n\"open\nx,y");
	CHECK_ERR(vs_cli_csv_next(&row, &rest), BAD_MESSAGE);
	CHECK(row.line == 1);
	CHECK_ERR(vs_cli_csv_next(&row, &rest), BAD_MESSAGE);
	CHECK(row.line == 2);
	CHECK_ERR(vs_cli_csv_next(&row, &rest), BAD_MESSAGE); /* the quote takes all that follows */
	CHECK_ERR(vs_cli_csv_next(&row, &rest), NOT_FOUND);
	memset(wide, ',', VS_CLI_CSV_FIELDS);
	begin(wide);
	CHECK_ERR(vs_cli_csv_next(&row, &rest), TOO_LONG);
	memset(big, 'a', sizeof(big) - 1);
	begin(big);
	CHECK_ERR(vs_cli_csv_next(&row, &rest), TOO_LONG);
	CHECK_ERR(vs_cli_csv_next(&row, &rest), NOT_FOUND);
}

int
main(void)
{
	vs_cli_csv_init(&row);
	CASE(rows);
	CASE(bad_rows);
	vs_cli_csv_done(&row);
	return 0;
}
