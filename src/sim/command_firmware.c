/* SPDX-License-Identifier: Apache-2.0 */
/* L01, L02: what each version calls an update of firmware; L03, L04: firmware for others. */
#include <stdio.h>
#include <string.h>

#include "sim/command.h"

static uint32_t
number(const struct vs_sim_command *command, enum vs_ocpp_name name)
{
	int64_t value = vs_sim_command_int(command, command->payload, name, 0);

	return value > 0 && value <= 86400 ? (uint32_t)value : 0;
}

/* firmware: where location and signature stand. */
static struct vs_sim_image
read_image(const struct vs_sim_command *command, const struct vs_json_node *firmware)
{
	return (struct vs_sim_image){.tape = command->tape,
	                             .location = vs_ocpp_member(firmware, VS_OCPP_N_location),
	                             .certificate =
	                                 vs_ocpp_member(firmware, VS_OCPP_N_signingCertificate),
	                             .signature = vs_ocpp_member(firmware, VS_OCPP_N_signature),
	                             .retries = number(command, VS_OCPP_N_retries),
	                             .retry_s = number(command, VS_OCPP_N_retryInterval)};
}

static vs_result
begin(const struct vs_sim_command *command, enum vs_ocpp_action action)
{
	const struct vs_json_node *firmware = vs_sim_command_member(command, VS_OCPP_N_firmware);
	struct vs_sim_image image = read_image(command, firmware);
	struct vs_sim_job *job = &command->station->firmware_job;
	enum vs_ocpp_value status = VS_OCPP_V_InvalidCertificate;

	if (vs_sim_job_may_fetch(command->station, &image, command->at)) {
		status = vs_sim_job_start(
			     job, action, image.signature != NULL,
			     vs_sim_command_int(command, command->payload, VS_OCPP_N_requestId, 0),
			     command->at)
		             ? VS_OCPP_V_AcceptedCanceled
		             : VS_OCPP_V_Accepted;
		vs_sim_job_fetch_from(command->station, job, &image);
	}
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}

VS_RESULT
vs_sim_command_update_firmware(const struct vs_sim_command *command)
{
	return begin(command, VS_OCPP_FirmwareStatusNotification);
}

/* The security whitepaper's (5.9). */
VS_RESULT
vs_sim_command_v16_signed_update_firmware(const struct vs_sim_command *command)
{
	return begin(command, VS_OCPP_SignedFirmwareStatusNotification);
}

/* 1.6 5.19: nobody has signed it, and nothing is answered. */
VS_RESULT
vs_sim_command_v16_update_firmware(const struct vs_sim_command *command)
{
	struct vs_sim_image image = read_image(command, command->payload);
	struct vs_sim_job *job = &command->station->firmware_job;

	(void)vs_sim_job_start(job, VS_OCPP_FirmwareStatusNotification, false, 0, command->at);
	vs_sim_job_fetch_from(command->station, job, &image);
	return VS_OK;
}

/* --- for the stations behind it (L03, L04) --- */

static bool
is_md5(const char *text)
{
	return strlen(text) == 32 && strspn(text, "0123456789abcdefABCDEF") == 32;
}

VS_RESULT
vs_sim_command_publish_firmware(const struct vs_sim_command *command)
{
	struct vs_sim_image image = read_image(command, command->payload);
	struct vs_sim_station *station = command->station;
	char checksum[32 * 4 + 1];
	int64_t request_id = 0;

	VS_TRY(vs_json_int(command->tape, vs_sim_command_member(command, VS_OCPP_N_requestId),
	                   &request_id));
	VS_TRY(vs_json_copy_text(command->tape, vs_sim_command_member(command, VS_OCPP_N_checksum),
	                         checksum, sizeof(checksum)));
	if (!is_md5(checksum)) {
		vs_sim_command_put(command, "status", VS_OCPP_V_Rejected);
		vs_sim_command_put_reason(command, "InvalidChecksum");
		return VS_OK;
	}
	memcpy(station->published, checksum, sizeof(station->published));
	(void)snprintf(station->published_location, sizeof(station->published_location),
	               "https://%.40s.local/firmware/%.32s", station->identity, checksum);
	(void)vs_sim_job_start(&station->publish_job, VS_OCPP_PublishFirmwareStatusNotification,
	                       false, request_id, command->at);
	vs_sim_job_fetch_from(station, &station->publish_job, &image);
	vs_sim_command_put(command, "status", VS_OCPP_V_Accepted);
	return VS_OK;
}

VS_RESULT
vs_sim_command_unpublish_firmware(const struct vs_sim_command *command)
{
	struct vs_sim_station *station = command->station;
	enum vs_ocpp_value status = VS_OCPP_V_NoFirmware;

	if (station->published[0] != 0 &&
	    vs_json_is(command->tape, vs_sim_command_member(command, VS_OCPP_N_checksum),
	               station->published)) {
		bool is_busy = station->publish_job.steps != NULL;

		status = is_busy ? VS_OCPP_V_DownloadOngoing : VS_OCPP_V_Unpublished;
		if (!is_busy)
			station->published[0] = 0;
	}
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}
