/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

static struct rig rig;

static void
begin(void)
{
	rig_init(&rig);
	rig.scenario.idle = (struct vs_sim_range){10000, 10000};
	rig_start(&rig);
	rig_open(&rig);
	rig_pass(&rig, 100);
	rig_forget(&rig);
}

/* L01: the statuses in their order; a signed image is verified; FirmwareUpdated is a critical
 * event. */
static void
test_firmware(void)
{
	unsigned at = 0;
	static const char *const steps[] = {"\"Downloading\"",       "\"Downloaded\"",
	                                    "\"SignatureVerified\"", "\"Installing\"",
	                                    "\"Installed\"",         "FirmwareUpdated"};

	begin();
	CHECK(!vs_sim_job_start(&rig.station->firmware_job, VS_OCPP_FirmwareStatusNotification,
	                        true, 3, rig.at));
	rig_pass(&rig, 20000);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		at = rig_find(&rig, at, steps[i]);
	CHECK(rig.station->firmware_job.steps == NULL);
	CHECK(vs_sim_job_due(rig.station, &rig.station->firmware_job) == VS_SIM_NEVER);
	rig_done(&rig);
}

/* N01: a log upload; another one cancels it. Offline nothing is told, and it goes on afterwards. */
static void
test_log(void)
{
	begin();
	CHECK(!vs_sim_job_start(&rig.station->log_job, VS_OCPP_LogStatusNotification, false, 3,
	                        rig.at));
	rig_pass(&rig, 100);
	CHECK(rig_count(&rig, "\"Uploading\"") == 1);
	CHECK(vs_sim_job_start(&rig.station->log_job, VS_OCPP_LogStatusNotification, false, 4,
	                       rig.at));
	rig_closed(&rig);
	rig_forget(&rig);
	rig_pass(&rig, 10000);
	CHECK(rig.frame_count == 0);
	rig_open(&rig);
	rig_pass(&rig, 5000);
	CHECK(rig_count(&rig, "\"Uploaded\"") == 1 && rig_count(&rig, "\"requestId\":4") == 2);
	rig_done(&rig);
}

int
main(void)
{
	CASE(test_firmware);
	CASE(test_log);
	return 0;
}
