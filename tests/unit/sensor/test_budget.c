/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/budget.h"

#include "test.h"

#define HOUR       VS_SENSOR_BUDGET_HOUR_MS
#define QUARANTINE VS_SENSOR_BUDGET_QUARANTINE_MS

static void
every_transition(void)
{
#define IS(state, event, next_state, what)                                                         \
	do {                                                                                       \
		struct vs_sensor_budget_step step =                                                \
		    vs_sensor_budget_step(VS_SENSOR_BUDGET_##state, VS_SENSOR_BUDGET_##event);     \
		CHECK(step.next == VS_SENSOR_BUDGET_##next_state);                                 \
		CHECK(step.action == VS_SENSOR_BUDGET_##what);                                     \
	} while (0)
	IS(GOOD, FAILED, GOOD, NOTHING);
	IS(GOOD, MANY, SUSPECT, ROTATE);
	IS(GOOD, FLOOD, QUARANTINED, CLOSE);
	IS(GOOD, QUIET, GOOD, NOTHING);
	IS(GOOD, RELEASED, GOOD, NOTHING);
	IS(SUSPECT, FAILED, SUSPECT, NOTHING);
	IS(SUSPECT, MANY, SUSPECT, CLOSE);
	IS(SUSPECT, FLOOD, QUARANTINED, CLOSE);
	IS(SUSPECT, QUIET, GOOD, NOTHING);
	IS(SUSPECT, RELEASED, SUSPECT, NOTHING);
	for (unsigned event = 0; event < VS_SENSOR_BUDGET_RELEASED; event++) {
		struct vs_sensor_budget_step step =
		    vs_sensor_budget_step(VS_SENSOR_BUDGET_QUARANTINED, event);

		CHECK(step.next == VS_SENSOR_BUDGET_QUARANTINED);
		CHECK(step.action == VS_SENSOR_BUDGET_CLOSE);
	}
	IS(QUARANTINED, RELEASED, SUSPECT, NOTHING);
#undef IS
}

/* 5 failures in an hour replace the key, 20 keep the device out: an oracle gets 20 answers. */
static void
d1(void)
{
	struct vs_sensor_budget budget = {.state = VS_SENSOR_BUDGET_GOOD};
	int64_t now = 1000000;

	for (int i = 1; i < 5; i++) {
		CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D1, now++) ==
		      VS_SENSOR_BUDGET_NOTHING);
		vs_sensor_budget_good(&budget);
	}
	CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D1, now++) == VS_SENSOR_BUDGET_ROTATE);
	for (int i = 6; i < 20; i++)
		CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D1, now++) == VS_SENSOR_BUDGET_CLOSE);
	CHECK(vs_sensor_budget_enter(&budget, now) == VS_SENSOR_BUDGET_NOTHING);
	CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D1, now) == VS_SENSOR_BUDGET_CLOSE);
	CHECK(budget.state == VS_SENSOR_BUDGET_QUARANTINED);
	CHECK(vs_sensor_budget_enter(&budget, now + QUARANTINE - 1) == VS_SENSOR_BUDGET_CLOSE);
	CHECK(vs_sensor_budget_enter(&budget, now + QUARANTINE) == VS_SENSOR_BUDGET_NOTHING);
	/* Let out, and at once at it again within the hour: back. */
	CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D1, now + QUARANTINE + 1) ==
	      VS_SENSOR_BUDGET_CLOSE);
	CHECK(budget.state == VS_SENSOR_BUDGET_QUARANTINED);
	CHECK(vs_sensor_budget_enter(&budget, now + 2 * HOUR) == VS_SENSOR_BUDGET_NOTHING);
	CHECK(vs_sensor_budget_enter(&budget, now + 2 * HOUR) == VS_SENSOR_BUDGET_NOTHING);
	CHECK(budget.state == VS_SENSOR_BUDGET_GOOD);
}

static void
d2(void)
{
	struct vs_sensor_budget budget = {.state = VS_SENSOR_BUDGET_GOOD};

	CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D2, 1) == VS_SENSOR_BUDGET_NOTHING);
	CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D2, 2) == VS_SENSOR_BUDGET_NOTHING);
	vs_sensor_budget_good(&budget);
	CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D2, 3) == VS_SENSOR_BUDGET_NOTHING);
	CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D2, 4) == VS_SENSOR_BUDGET_NOTHING);
	/* Three in a row. */
	CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D2, 5) == VS_SENSOR_BUDGET_ROTATE);
	/* An hour later it is as new. */
	CHECK(vs_sensor_budget_enter(&budget, 5 + HOUR) == VS_SENSOR_BUDGET_NOTHING);
	CHECK(budget.state == VS_SENSOR_BUDGET_GOOD && budget.count == 0);
	/* 10 in an hour with good ones between. */
	for (int i = 1; i < 10; i++) {
		vs_sensor_budget_good(&budget);
		CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D2, 2 * HOUR + i) ==
		      VS_SENSOR_BUDGET_NOTHING);
	}
	vs_sensor_budget_good(&budget);
	CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_D2, 2 * HOUR + 10) ==
	      VS_SENSOR_BUDGET_ROTATE);
}

/* What is in clear has nothing that could fail to open. */
static void
clear(void)
{
	struct vs_sensor_budget budget = {.state = VS_SENSOR_BUDGET_GOOD};

	for (int i = 0; i < 100; i++)
		CHECK(vs_sensor_budget_fail(&budget, VS_FIELD_CLEAR, i) ==
		      VS_SENSOR_BUDGET_NOTHING);
	CHECK(budget.count == VS_SENSOR_BUDGET_TIMES && budget.times[0] == 80);
}

int
main(void)
{
	CASE(every_transition);
	CASE(d1);
	CASE(d2);
	CASE(clear);
	return 0;
}
