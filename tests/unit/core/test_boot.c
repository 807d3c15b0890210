/* SPDX-License-Identifier: Apache-2.0 */
#include "core/boot.h"

#include "test.h"

static void
every_state_and_policy(void)
{
	static const struct {
		enum vs_core_registration known, open, waiting;
	} rows[] = {
	    {VS_CORE_REGISTRATION_NONE, VS_CORE_REGISTRATION_ACCEPTED,
	     VS_CORE_REGISTRATION_PENDING},
	    {VS_CORE_REGISTRATION_PENDING, VS_CORE_REGISTRATION_PENDING,
	     VS_CORE_REGISTRATION_PENDING},
	    {VS_CORE_REGISTRATION_ACCEPTED, VS_CORE_REGISTRATION_ACCEPTED,
	     VS_CORE_REGISTRATION_ACCEPTED},
	    {VS_CORE_REGISTRATION_REJECTED, VS_CORE_REGISTRATION_REJECTED,
	     VS_CORE_REGISTRATION_REJECTED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vs_core_boot_policy policy = {.heartbeat_interval_s = 10};
		struct vs_core_boot_answer answer = vs_core_boot_decide(rows[i].known, &policy);

		CHECK(answer.registration == rows[i].open);
		policy.is_pending_by_default = true;
		answer = vs_core_boot_decide(rows[i].known, &policy);
		CHECK(answer.registration == rows[i].waiting);
	}
}

/* B01.FR.05: Accepted, the interval is the one of heartbeats; B02.FR.04, B03.FR.04: else the least
 * wait. */
static void
interval(void)
{
	struct vs_core_boot_policy policy = {.heartbeat_interval_s = 10};

	CHECK(vs_core_boot_decide(VS_CORE_REGISTRATION_ACCEPTED, &policy).interval_s == 10);
	CHECK(vs_core_boot_decide(VS_CORE_REGISTRATION_PENDING, &policy).interval_s ==
	      VS_CORE_BOOT_RETRY_S);
	CHECK(vs_core_boot_decide(VS_CORE_REGISTRATION_REJECTED, &policy).interval_s ==
	      VS_CORE_BOOT_RETRY_S);
	policy.heartbeat_interval_s = 0;
	CHECK(vs_core_boot_decide(VS_CORE_REGISTRATION_NONE, &policy).interval_s ==
	      VS_CORE_HEARTBEAT_DEFAULT_S);
}

int
main(void)
{
	CASE(every_state_and_policy);
	CASE(interval);
	return 0;
}
