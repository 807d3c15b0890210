/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/display.h"

#include "base/limits.h"
#include "test.h"

static struct vs_sim_display display;

static vs_result
put(int64_t id, enum vs_ocpp_value priority, enum vs_ocpp_value state, const char *transaction)
{
	struct vs_sim_message message = {.id = id,
	                                 .priority = priority,
	                                 .state = state,
	                                 .start_ms = INT64_MIN,
	                                 .end_ms = INT64_MAX};

	CHECK(vs_bytes_copy_text(vs_bytes_from_text(transaction), message.transaction_id,
	                         sizeof(message.transaction_id)));
	return vs_sim_display_put(&display, &message, vs_bytes_from_text("{}"));
}

static int64_t
front(enum vs_ocpp_value state, int64_t wall_ms)
{
	const struct vs_sim_message *message = vs_sim_display_front(&display, state, wall_ms);

	return message != NULL ? message->id : 0;
}

static void
test_priority(void)
{
	CHECK(front(VS_OCPP_V_Idle, 0) == 0);
	CHECK_OK(put(1, VS_OCPP_V_NormalCycle, VS_OCPP_V_none, ""));
	CHECK_OK(put(2, VS_OCPP_V_InFront, VS_OCPP_V_Charging, ""));
	CHECK(front(VS_OCPP_V_Idle, 0) == 1 && front(VS_OCPP_V_Charging, 0) == 2);
	CHECK_OK(put(3, VS_OCPP_V_AlwaysFront, VS_OCPP_V_none, ""));
	CHECK(front(VS_OCPP_V_Charging, 0) == 3 && display.count == 3);
	/* Of these there is one; and an id is one message. */
	CHECK_OK(put(4, VS_OCPP_V_AlwaysFront, VS_OCPP_V_none, ""));
	CHECK(front(VS_OCPP_V_Charging, 0) == 4 && display.count == 3);
	CHECK_OK(put(1, VS_OCPP_V_AlwaysFront, VS_OCPP_V_none, ""));
	CHECK(front(VS_OCPP_V_Idle, 0) == 1 && display.count == 2);
	CHECK(vs_sim_display_remove(&display, 1) && !vs_sim_display_remove(&display, 1));
	vs_sim_display_done(&display);
	CHECK(display.count == 0);
}

static void
test_time(void)
{
	struct vs_sim_message message = {
	    .id = 1, .priority = VS_OCPP_V_NormalCycle, .start_ms = 100, .end_ms = 200};

	CHECK_OK(vs_sim_display_put(&display, &message, vs_bytes_from_text("{}")));
	CHECK(front(VS_OCPP_V_Idle, 99) == 0 && front(VS_OCPP_V_Idle, 100) == 1);
	CHECK(front(VS_OCPP_V_Idle, 200) == 0);
	vs_sim_display_tidy(&display, 199, "");
	CHECK(display.count == 1);
	vs_sim_display_tidy(&display, 200, "");
	CHECK(display.count == 0);
	CHECK_OK(put(2, VS_OCPP_V_NormalCycle, VS_OCPP_V_none, "t"));
	vs_sim_display_tidy(&display, 0, "u");
	CHECK(display.count == 1);
	vs_sim_display_tidy(&display, 0, "t");
	CHECK(display.count == 0);
}

static void
test_limit(void)
{
	for (int i = 0; i < VS_LIMIT_SIM_MESSAGES; i++)
		CHECK_OK(put(i, VS_OCPP_V_NormalCycle, VS_OCPP_V_none, ""));
	CHECK_ERR(put(99, VS_OCPP_V_NormalCycle, VS_OCPP_V_none, ""), TOO_LONG);
	CHECK_OK(put(3, VS_OCPP_V_NormalCycle, VS_OCPP_V_none, ""));
	vs_sim_display_done(&display);
}

int
main(void)
{
	test_priority();
	test_time();
	test_limit();
	return 0;
}
