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

/* To a location of http: the log itself goes there, and what is told is what became of it. */
static void
test_upload(void)
{
	static const char log[] =
	    "[2,\"c\",\"GetLog\",{\"logType\":\"DiagnosticsLog\",\"requestId\":5,\"log\":{"
	    "\"remoteLocation\":\"https://h:1/uploads/w\"}}]";

	for (unsigned round = 0; round < 3; round++) {
		rig_init(&rig);
		rig.is_uploading = true;
		rig.is_upload_refused = round == 2;
		rig.scenario.idle = (struct vs_sim_range){10000, 10000};
		rig_start(&rig);
		rig_open(&rig);
		rig_pass(&rig, 100);
		rig_forget(&rig);
		vs_sim_station_received(rig.station, rig.at, vs_bytes_from_text(log));
		rig_pass(&rig, 5000);
		CHECK(strcmp(rig.uploaded_to, "https://h:1/uploads/w") == 0);
		CHECK(strstr(rig.uploaded, "diagnostics log of CS-0001, requestId 5") != NULL);
		CHECK(strstr(rig.uploaded, "HeartbeatInterval=") != NULL);
		CHECK(strstr(rig.uploaded, "BasicAuthPassword") == NULL);
		if (round < 2) {
			CHECK(rig_count(&rig, "\"Uploaded\"") == 0); /* not before it has arrived */
			vs_sim_station_uploaded(rig.station, rig.at, round == 0);
			vs_sim_station_uploaded(rig.station, rig.at, false); /* of nothing */
		}
		rig_pass(&rig, 5000);
		CHECK(rig_count(&rig, "\"Uploaded\"") == (round == 0));
		CHECK(rig_count(&rig, "\"UploadFailure\"") == (round != 0));
		CHECK(rig.station->log_job.steps == NULL);
		rig_done(&rig);
	}
}

int
main(void)
{
	CASE(test_firmware);
	CASE(test_log);
	CASE(test_upload);
	return 0;
}
