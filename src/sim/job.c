/* SPDX-License-Identifier: Apache-2.0 */
/* GetLog (N01) and UpdateFirmware (L01, L02): a sequence of statuses. A log is uploaded where it is
 * asked for; firmware is fetched and verified (job_firmware.c), and installed as far as it is
 * reported. */
#include "sim/station_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 1500, LOG_SIZE_MAX = 65536, LOCATION_MAX = 2000 };

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

static const enum vs_ocpp_value failed_steps[] = {VS_OCPP_V_UploadFailure, VS_OCPP_V_none};
static const enum vs_ocpp_value failed_steps_of_16[] = {VS_OCPP_V_UploadFailed, VS_OCPP_V_none};

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
	job->is_transferring = false;
	vs_sim_job_done(job);
	return was_busy;
}

void
vs_sim_job_done(struct vs_sim_job *job)
{
	free(job->location);
	free(job->certificate);
	free(job->signature);
	job->location = job->certificate = job->signature = NULL;
}

/* --- logs -------------------------------------------------------------------------------------
 */

void
vs_sim_job_send_to(const struct vs_sim_station *station, struct vs_sim_job *job,
                   const struct vs_json_tape *tape, const struct vs_json_node *location,
                   bool is_security)
{
	char text[LOCATION_MAX + 1];

	job->is_security = is_security;
	if (station->config.port.upload != NULL &&
	    vs_json_copy_text(tape, location, text, sizeof(text)).code == VS_E_OK)
		job->location = strdup(text);
}

/* What this station has of the kind: its variables, or what happened to its security. */
static vs_result
write_log(const struct vs_sim_station *station, const struct vs_sim_job *job, int64_t wall_ms,
          struct vs_buf *log)
{
	VS_TRY(vs_buf_printf(log, "%s of %s, requestId %" PRId64 ", at %" PRId64 "\n",
	                     job->is_security ? "security log" : "diagnostics log",
	                     station->identity, job->request_id, wall_ms));
	if (job->is_security)
		return vs_buf_printf(log, "security events answered: %" PRIu64 "\n",
		                     station->config.counts->security_events);
	for (unsigned i = 0; i < VS_SIM_VARIABLE_COUNT; i++) {
		enum vs_sim_variable id = (enum vs_sim_variable)i;
		const struct vs_sim_variable_row *row = vs_sim_variable_row(id);

		if (row->access != VS_SIM_VARIABLE_WRITE_ONLY)
			VS_TRY(vs_buf_printf(log, "%s.%s=%s\n", row->component, row->variable,
			                     vs_sim_device_text(&station->device, id)));
	}
	return VS_OK;
}

static void
fail(struct vs_sim_job *job)
{
	job->steps = job->action == VS_OCPP_DiagnosticsStatusNotification ? failed_steps_of_16
	                                                                  : failed_steps;
}

static void
upload(struct vs_sim_station *station, struct vs_sim_job *job, struct vs_sim_time at)
{
	const struct vs_sim_port *port = &station->config.port;
	struct vs_buf log;
	vs_result r;

	vs_buf_init(&log, LOG_SIZE_MAX);
	r = write_log(station, job, at.wall_ms, &log);
	job->is_transferring = r.code == VS_E_OK;
	if (r.code == VS_E_OK)
		r = port->upload(port->arg, job->location, vs_buf_view(&log));
	vs_buf_done(&log);
	if (r.code == VS_E_OK)
		return;
	job->is_transferring = false;
	fail(job);
}

void
vs_sim_station_uploaded(struct vs_sim_station *station, struct vs_sim_time at, bool is_done)
{
	struct vs_sim_job *job = &station->log_job;

	if (!job->is_transferring)
		return; /* of a request that another one has taken the place of */
	job->is_transferring = false;
	job->due_ms = at.now_ms;
	if (!is_done)
		fail(job);
}

/* --- time -------------------------------------------------------------------------------------
 */

void
vs_sim_job_tick(struct vs_sim_station *station, struct vs_sim_job *job, struct vs_sim_time at)
{
	if (vs_sim_job_due(station, job) > at.now_ms)
		return;
	vs_sim_say_job(station, job, *job->steps);
	job->last = *job->steps;
	job->due_ms = at.now_ms + STEP_MS;
	if (*++job->steps != VS_OCPP_V_none) {
		if (job->last == VS_OCPP_V_Uploading && job->location != NULL)
			upload(station, job, at);
		if (job->last == VS_OCPP_V_Downloading && job->location != NULL)
			vs_sim_job_fetch(station, job, at);
		return;
	}
	job->steps = NULL;
	if (job->last == VS_OCPP_V_Installed)
		vs_sim_say_security_event(station, "FirmwareUpdated", at);
	else if (job->last == VS_OCPP_V_InvalidSignature)
		vs_sim_say_security_event(station, "InvalidFirmwareSignature", at);
}

uint64_t
vs_sim_job_due(const struct vs_sim_station *station, const struct vs_sim_job *job)
{
	if (job->steps == NULL || job->is_transferring || !vs_sim_station_is_online(station))
		return VS_SIM_NEVER;
	return job->due_ms;
}
