/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/monitor.h"

#include "test.h"

static struct vs_sim_device device;
static struct vs_sim_monitors all;
static struct vs_sim_moment moment = {1000, INT64_C(1763647201000), false};

static void
set(enum vs_sim_variable id, const char *value)
{
	CHECK_OK(vs_sim_device_put(&device, id, vs_bytes_from_text(value)));
}

static struct vs_sim_monitor *
add(enum vs_sim_variable variable, enum vs_ocpp_value type, double value)
{
	struct vs_sim_monitor monitor = {
	    .variable = variable, .type = type, .value = value, .severity = 5};
	int64_t id = 0;

	CHECK_OK(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id));
	CHECK(id == all.last_id);
	return &all.list[all.count - 1];
}

static bool
fires(struct vs_sim_monitor *monitor)
{
	bool is_cleared;

	return vs_sim_monitor_fires(monitor, &device, &moment, &is_cleared) && !is_cleared;
}

static bool
clears(struct vs_sim_monitor *monitor)
{
	bool is_cleared;

	return vs_sim_monitor_fires(monitor, &device, &moment, &is_cleared) && is_cleared;
}

static void
test_threshold(void)
{
	struct vs_sim_monitor *upper = add(VS_SIM_V_POWER, VS_OCPP_V_UpperThreshold, 5000), *lower;

	CHECK(!fires(upper));
	set(VS_SIM_V_POWER, "5000");
	CHECK(!fires(upper));
	set(VS_SIM_V_POWER, "5001");
	CHECK(fires(upper) && !fires(upper));
	set(VS_SIM_V_POWER, "10");
	CHECK(clears(upper) && !clears(upper));
	lower = add(VS_SIM_V_POWER, VS_OCPP_V_LowerThreshold, 10);
	CHECK(!fires(lower));
	set(VS_SIM_V_POWER, "9");
	CHECK(fires(lower));
	/* Only while a transaction runs. */
	upper->is_transaction_only = true;
	set(VS_SIM_V_POWER, "9000");
	CHECK(!fires(upper));
	moment.has_transaction = true;
	CHECK(fires(upper));
	moment.has_transaction = false;
	vs_sim_monitors_clear(&all);
}

static void
test_delta(void)
{
	struct vs_sim_monitor *delta, *text;

	set(VS_SIM_V_POWER, "100");
	delta = add(VS_SIM_V_POWER, VS_OCPP_V_Delta, 50);
	set(VS_SIM_V_POWER, "149");
	CHECK(!fires(delta));
	set(VS_SIM_V_POWER, "150");
	CHECK(fires(delta) && !fires(delta));
	set(VS_SIM_V_POWER, "100");
	CHECK(fires(delta));
	text = add(VS_SIM_V_ORGANIZATION_NAME, VS_OCPP_V_Delta, 1);
	CHECK(!fires(text));
	set(VS_SIM_V_ORGANIZATION_NAME, "Other");
	CHECK(fires(text) && !fires(text));
	vs_sim_monitors_clear(&all);
}

static void
test_periods(void)
{
	struct vs_sim_monitor *periodic = add(VS_SIM_V_POWER, VS_OCPP_V_Periodic, 10);
	struct vs_sim_monitor *aligned = add(VS_SIM_V_POWER, VS_OCPP_V_PeriodicClockAligned, 60);

	/* The wall clock stands one second after a full minute. */
	CHECK(periodic->due_ms == 11000 && aligned->due_ms == 60000);
	CHECK(vs_sim_monitor_due(&all) == 11000 && !fires(periodic));
	moment.now_ms = 11000;
	moment.wall_ms += 10000;
	CHECK(fires(periodic) && periodic->due_ms == 21000 && !fires(aligned));
	vs_sim_monitors_clear(&all);
	CHECK(vs_sim_monitor_due(&all) == UINT64_MAX);
}

static void
test_refused(void)
{
	struct vs_sim_monitor monitor = {.variable = VS_SIM_V_ORGANIZATION_NAME,
	                                 .type = VS_OCPP_V_UpperThreshold,
	                                 .severity = 1};
	int64_t id = 0, first;

	CHECK_ERR(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id), UNSUPPORTED);
	monitor.variable = VS_SIM_V_BASIC_AUTH_PASSWORD;
	monitor.type = VS_OCPP_V_Delta;
	CHECK_ERR(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id), UNSUPPORTED);
	monitor.variable = VS_SIM_V_HEARTBEAT_INTERVAL;
	monitor.value = -1;
	CHECK_ERR(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id), BAD_VALUE);
	monitor.type = VS_OCPP_V_Periodic;
	monitor.value = 0.5;
	CHECK_ERR(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id), BAD_VALUE);
	monitor.type = VS_OCPP_V_UpperThreshold;
	monitor.value = 86401;
	CHECK_ERR(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id), BAD_VALUE);
	monitor.value = 600;
	monitor.severity = 10;
	CHECK_ERR(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id), BAD_VALUE);
	monitor.severity = 9;
	monitor.id = 4711;
	CHECK_ERR(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id), NOT_FOUND);
	monitor.id = 0;
	CHECK_OK(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id));
	first = id;
	CHECK_ERR(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id), EXISTS);
	monitor.id = first;
	monitor.value = 700;
	CHECK_OK(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id));
	CHECK(id == first && all.count == 1);
	monitor.variable = VS_SIM_V_POWER;
	CHECK_ERR(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id), BAD_VALUE);
	CHECK(vs_sim_monitor_remove(&all, first) && !vs_sim_monitor_remove(&all, first));
	for (int i = 0; i < VS_LIMIT_SIM_MONITORS; i++) {
		monitor = (struct vs_sim_monitor){
		    .variable = (enum vs_sim_variable)i, .type = VS_OCPP_V_Periodic, .value = 10};
		if (i == VS_SIM_V_BASIC_AUTH_PASSWORD)
			monitor.variable = VS_SIM_V_POWER;
		CHECK_OK(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id));
	}
	monitor.severity = 1;
	CHECK_ERR(vs_sim_monitor_put(&all, &device, &monitor, &moment, &id), TOO_LONG);
}

int
main(void)
{
	vs_sim_device_init(&device);
	vs_sim_monitors_init(&all);
	test_threshold();
	test_delta();
	test_periods();
	test_refused();
	vs_sim_monitors_done(&all);
	vs_sim_device_done(&device);
	return 0;
}
