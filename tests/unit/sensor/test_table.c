/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/table.h"

#include "test.h"

static void
one_connection(void)
{
	struct vs_sensor_table *table = NULL;
	vs_conn_id other = 9;

	CHECK_OK(vs_sensor_table_new(&table));
	CHECK(vs_sensor_table_find(table, "t", "d") == 0);
	CHECK_OK(vs_sensor_table_enter(table, "t", "d", 5, 1000, &other));
	CHECK(other == 0 && vs_sensor_table_find(table, "t", "d") == 5);
	CHECK_ERR(vs_sensor_table_enter(table, "t", "d", 6, 1000, &other), BUSY);
	CHECK(other == 5);
	/* The same name of another tenant is another device. */
	CHECK_OK(vs_sensor_table_enter(table, "u", "d", 7, 1000, &other));
	vs_sensor_table_leave(table, "t", "d", 6); /* it was never in */
	CHECK(vs_sensor_table_find(table, "t", "d") == 5);
	vs_sensor_table_leave(table, "t", "d", 5);
	CHECK_OK(vs_sensor_table_enter(table, "t", "d", 6, 1000, &other));
	vs_sensor_table_free(&table);
	vs_sensor_table_free(&table);
}

/* The next connection waits for what the last one gave to the store. */
static void
records_on_their_way(void)
{
	struct vs_sensor_table *table = NULL;
	vs_conn_id other = 9;

	CHECK_OK(vs_sensor_table_new(&table));
	CHECK_OK(vs_sensor_table_enter(table, "t", "d", 5, 1000, &other));
	vs_sensor_table_sent(table, "t", "d");
	vs_sensor_table_sent(table, "t", "d");
	vs_sensor_table_leave(table, "t", "d", 5);
	vs_sensor_table_back(table, "t", "d");
	CHECK_ERR(vs_sensor_table_enter(table, "t", "d", 6, 1000, &other), BUSY);
	CHECK(other == 0);
	vs_sensor_table_back(table, "t", "d");
	CHECK_OK(vs_sensor_table_enter(table, "t", "d", 6, 1000, &other));
	vs_sensor_table_free(&table);
}

static void
failures_outlive_the_connection(void)
{
	struct vs_sensor_table *table = NULL;
	enum vs_sensor_budget_action action = VS_SENSOR_BUDGET_NOTHING;
	vs_conn_id other = 0;

	CHECK_OK(vs_sensor_table_new(&table));
	for (int i = 1; i <= VS_SENSOR_BUDGET_TIMES; i++) {
		CHECK_OK(vs_sensor_table_enter(table, "t", "d", 5, 1000, &other));
		action = vs_sensor_table_failed(table, "t", "d", VS_FIELD_D1, 1000);
		CHECK((action == VS_SENSOR_BUDGET_ROTATE) == (i == 5));
		vs_sensor_table_good(table, "t", "d");
		vs_sensor_table_leave(table, "t", "d", 5);
	}
	CHECK(action == VS_SENSOR_BUDGET_CLOSE);
	CHECK_ERR(vs_sensor_table_enter(table, "t", "d", 5, 2000, &other), FORBIDDEN);
	CHECK_OK(vs_sensor_table_enter(table, "t", "e", 5, 2000, &other));
	CHECK_OK(vs_sensor_table_enter(table, "t", "d", 6, 1000 + VS_SENSOR_BUDGET_QUARANTINE_MS,
	                               &other));
	vs_sensor_table_free(&table);
}

int
main(void)
{
	CASE(one_connection);
	CASE(records_on_their_way);
	CASE(failures_outlive_the_connection);
	return 0;
}
