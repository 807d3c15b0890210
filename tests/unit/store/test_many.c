/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes themselves; that PostgreSQL takes them is shown by what the writer's tests read back.
 */
#include "store/many.h"

#include "core/record.h"
#include "test.h"

static void
rows_become_columns(void)
{
	static const uint8_t texts[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0,   0,   25, 0, 0, 0,
	                                0, 0, 0, 0, 1, 0, 0, 0, 2, 'C', 'S', 0,  0, 0, 0};
	static const uint8_t numbers[] = {
	    0, 0, 0, 1, 0, 0, 0,   1,   0,   0,   0,   20,  0,   0,   0,   0,   0,   0,
	    0, 1, 0, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 254, 255, 255, 255, 255};
	const struct vs_store_value first[] = {vs_store_text("CS"), vs_store_text("s"),
	                                       vs_store_text("t"), vs_store_number(-2)};
	const struct vs_store_value second[] = {vs_store_text(""), vs_store_text("s"),
	                                        vs_store_text("t"),
	                                        vs_store_number(VS_CORE_ABSENT)};
	struct vs_store_many many;

	vs_store_many_init(&many, VS_QUERY_tx_ahead);
	CHECK_OK(vs_store_many_run(&many, NULL)); /* nothing: nobody is asked */
	CHECK_OK(vs_store_many_add(&many, first, 4));
	CHECK_OK(vs_store_many_add(&many, second, 4));
	CHECK(many.rows == 2);
	CHECK(vs_bytes_equal(vs_buf_view(&many.columns[0]), vs_bytes_from(texts, sizeof(texts))));
	CHECK(
	    vs_bytes_equal(vs_buf_view(&many.columns[3]), vs_bytes_from(numbers, sizeof(numbers))));
	vs_store_many_reset(&many);
	CHECK(many.rows == 0 && many.columns[3].size == 0);
	vs_store_many_done(&many);
}

static void
a_row_that_does_not_fit_leaves_nothing(void)
{
	const struct vs_store_value fits[] = {vs_store_text("a"), vs_store_text("b"),
	                                      vs_store_text("c"), vs_store_number(1)};
	struct vs_store_many many;

	vs_store_many_init(&many, VS_QUERY_tx_ahead);
	vs_buf_init(&many.columns[2], 26);
	CHECK_OK(vs_store_many_add(&many, fits, 4));
	CHECK_ERR(vs_store_many_add(&many, fits, 4), TOO_LONG);
	CHECK(many.rows == 1 && many.columns[0].size == 25 && many.columns[2].size == 25);
	vs_store_many_done(&many);
}

int
main(void)
{
	CASE(rows_become_columns);
	CASE(a_row_that_does_not_fit_leaves_nothing);
	return 0;
}
