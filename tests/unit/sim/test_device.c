/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/device.h"

#include "test.h"

static void
test_every_row(void)
{
	struct vs_sim_device device;

	vs_sim_device_init(&device);
	for (unsigned i = 0; i < VS_SIM_VARIABLE_COUNT; i++) {
		const struct vs_sim_variable_row *row =
		    vs_sim_variable_row((enum vs_sim_variable)i);
		enum vs_sim_variable found;
		struct vs_buf buf;
		struct vs_json_writer writer;

		CHECK_OK(vs_sim_variable_find(vs_bytes_from_text(row->component),
		                              vs_bytes_from_text(row->variable),
		                              vs_bytes_from_text(row->instance), &found));
		CHECK(found == i);
		/* What a row begins with fits it, so that what is stored always does. */
		if (row->access != VS_SIM_VARIABLE_WRITE_ONLY)
			CHECK_OK(vs_sim_device_put(&device, found, vs_bytes_from_text(row->value)));
		vs_buf_init(&buf, 4096);
		vs_json_write_begin(&writer, &buf);
		vs_sim_device_write_report(&device, found, &writer);
		CHECK_OK(vs_json_write_end(&writer));
		vs_buf_done(&buf);
	}
	vs_sim_device_done(&device);
	vs_sim_device_done(NULL);
}

static void
test_find(void)
{
	enum vs_sim_variable id = VS_SIM_V_MODEL;

	CHECK_OK(vs_sim_variable_find(VS_BYTES_LITERAL("ocppcommctrlr"),
	                              VS_BYTES_LITERAL("HEARTBEATINTERVAL"), VS_BYTES_LITERAL(""),
	                              &id));
	CHECK(id == VS_SIM_V_HEARTBEAT_INTERVAL);
	CHECK_ERR(vs_sim_variable_find(VS_BYTES_LITERAL("Toaster"),
	                               VS_BYTES_LITERAL("HeartbeatInterval"), VS_BYTES_LITERAL(""),
	                               &id),
	          NOT_FOUND);
	CHECK_ERR(vs_sim_variable_find(VS_BYTES_LITERAL("OCPPCommCtrlr"),
	                               VS_BYTES_LITERAL("Colour"), VS_BYTES_LITERAL(""), &id),
	          MISSING);
	CHECK_ERR(vs_sim_variable_find(VS_BYTES_LITERAL("OCPPCommCtrlr"),
	                               VS_BYTES_LITERAL("MessageTimeout"), VS_BYTES_LITERAL(""),
	                               &id),
	          MISSING);
	CHECK(id == VS_SIM_V_HEARTBEAT_INTERVAL);
}

static void
test_values(void)
{
	static const char *const bad_numbers[] = {"",
	                                          "0",
	                                          "86401",
	                                          "12x",
	                                          "x",
	                                          "-1",
	                                          "+5",
	                                          " 5",
	                                          "5 ",
	                                          "1e2",
	                                          "99999999999999999999999999"};
	struct vs_sim_device device;

	vs_sim_device_init(&device);
	for (unsigned i = 0; i < sizeof(bad_numbers) / sizeof(bad_numbers[0]); i++)
		CHECK_ERR(vs_sim_device_put(&device, VS_SIM_V_HEARTBEAT_INTERVAL,
		                            vs_bytes_from_text(bad_numbers[i])),
		          BAD_VALUE);
	CHECK_ERR(
	    vs_sim_device_put(&device, VS_SIM_V_HEARTBEAT_INTERVAL, VS_BYTES_LITERAL("5\0006")),
	    BAD_VALUE);
	CHECK(vs_sim_device_int(&device, VS_SIM_V_HEARTBEAT_INTERVAL) == 300);
	CHECK_OK(
	    vs_sim_device_put(&device, VS_SIM_V_HEARTBEAT_INTERVAL, VS_BYTES_LITERAL("86400")));
	CHECK(vs_sim_device_int(&device, VS_SIM_V_HEARTBEAT_INTERVAL) == 86400);
	CHECK_ERR(vs_sim_device_put(&device, VS_SIM_V_QUEUE_ALL_MESSAGES, VS_BYTES_LITERAL("TRUE")),
	          BAD_VALUE);
	CHECK_OK(vs_sim_device_put(&device, VS_SIM_V_QUEUE_ALL_MESSAGES, VS_BYTES_LITERAL("true")));
	CHECK(vs_sim_device_bool(&device, VS_SIM_V_QUEUE_ALL_MESSAGES));
	vs_sim_device_done(&device);
}

int
main(void)
{
	CASE(test_every_row);
	CASE(test_find);
	CASE(test_values);
	return 0;
}
