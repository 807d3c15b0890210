/* SPDX-License-Identifier: Apache-2.0 */
/* GetLog (N01) and UpdateFirmware (L01, L02): a simulated station transfers and installs nothing,
 * it only reports. */
#include "sim/station_private.h"

enum { STEP_MS = 1500 };

static const enum vs_ocpp_value log_steps[] = {VS_OCPP_V_Uploading, VS_OCPP_V_Uploaded,
                                               VS_OCPP_V_none};
static const enum vs_ocpp_value firmware_steps[] = {VS_OCPP_V_Downloading, VS_OCPP_V_Downloaded,
                                                    VS_OCPP_V_Installing, VS_OCPP_V_Installed,
                                                    VS_OCPP_V_none};
static const enum vs_ocpp_value signed_steps[] = {VS_OCPP_V_Downloading,       VS_OCPP_V_Downloaded,
                                                  VS_OCPP_V_SignatureVerified, VS_OCPP_V_Installing,
                                                  VS_OCPP_V_Installed,         VS_OCPP_V_none};

static const enum vs_ocpp_value publish_steps[] = {VS_OCPP_V_Downloading, VS_OCPP_V_Downloaded,
                                                   VS_OCPP_V_ChecksumVerified, VS_OCPP_V_Published,
                                                   VS_OCPP_V_none};

bool
vs_sim_job_start(struct vs_sim_job *job, enum vs_ocpp_action action, bool is_signed,
                 int64_t request_id, struct vs_sim_time at)
{
	bool was_busy = job->steps != NULL;

	job->steps = is_signed ? signed_steps : firmware_steps;
	if (action == VS_OCPP_LogStatusNotification ||
	    action == VS_OCPP_DiagnosticsStatusNotification)
		job->steps = log_steps;
	if (action == VS_OCPP_PublishFirmwareStatusNotification)
		job->steps = publish_steps;
	job->action = action;
	job->request_id = request_id;
	job->due_ms = at.now_ms;
	return was_busy;
}

void
vs_sim_job_tick(struct vs_sim_station *station, struct vs_sim_job *job, struct vs_sim_time at)
{
	if (vs_sim_job_due(station, job) > at.now_ms)
		return;
	vs_sim_say_job(station, job, *job->steps);
	job->last = *job->steps;
	job->due_ms = at.now_ms + STEP_MS;
	if (*++job->steps != VS_OCPP_V_none)
		return;
	job->steps = NULL;
	if (job->action == VS_OCPP_FirmwareStatusNotification)
		vs_sim_say_security_event(station, "FirmwareUpdated", at);
}

uint64_t
vs_sim_job_due(const struct vs_sim_station *station, const struct vs_sim_job *job)
{
	if (job->steps == NULL || !vs_sim_station_is_online(station))
		return VS_SIM_NEVER;
	return job->due_ms;
}
