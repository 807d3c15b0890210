/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware of a simulated station (L01, L02), and what it publishes (L03): fetched from where it is
 * told, verified against what came with the request and the roots of the manufacturer that were
 * installed. */
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "crypto/firmware.h"
#include "sim/roots.h"
#include "sim/station_private.h"
#include "wire/base64.h"

enum { TEXT_SIZE = 5501, ROOTS_SIZE = VS_SIM_ROOTS * VS_SIM_ROOT_SIZE, SIGNATURE_SIZE = 1024 };

static const enum vs_ocpp_value again_steps[] = {VS_OCPP_V_Downloading, VS_OCPP_V_Downloaded,
                                                 VS_OCPP_V_Installing, VS_OCPP_V_Installed,
                                                 VS_OCPP_V_none};
static const enum vs_ocpp_value signed_again_steps[] = {
    VS_OCPP_V_Downloading, VS_OCPP_V_Downloaded, VS_OCPP_V_SignatureVerified,
    VS_OCPP_V_Installing,  VS_OCPP_V_Installed,  VS_OCPP_V_none};
static const enum vs_ocpp_value publish_again_steps[] = {
    VS_OCPP_V_Downloading, VS_OCPP_V_Downloaded, VS_OCPP_V_ChecksumVerified, VS_OCPP_V_Published,
    VS_OCPP_V_none};
static const enum vs_ocpp_value mistaken_steps[] = {VS_OCPP_V_Downloaded, VS_OCPP_V_InvalidChecksum,
                                                    VS_OCPP_V_none};
static const enum vs_ocpp_value failed_steps[] = {VS_OCPP_V_DownloadFailed, VS_OCPP_V_none};
static const enum vs_ocpp_value forged_steps[] = {VS_OCPP_V_Downloaded, VS_OCPP_V_InvalidSignature,
                                                  VS_OCPP_V_none};

/* NOT_FOUND: no root of the manufacturer is installed. */
static vs_result
begin_check(const struct vs_sim_station *station, const char *certificate, int64_t wall_ms,
            struct vs_firmware_check **check_out)
{
	const struct vs_sim_roots *roots = station->config.roots;
	size_t count = roots != NULL ? vs_sim_roots_count(roots) : 0;
	struct vs_buf pem;
	vs_result r = VS_OK;

	vs_buf_init(&pem, ROOTS_SIZE);
	for (size_t i = 0; r.code == VS_E_OK && i < count; i++) {
		const struct vs_sim_root *root = vs_sim_roots_at(roots, i);

		if (strcmp(root->type, "ManufacturerRootCertificate") == 0)
			r = vs_buf_append_text(&pem, root->pem);
	}
	if (r.code == VS_E_OK && pem.size == 0)
		r = VS_FAIL(NOT_FOUND);
	if (r.code == VS_E_OK)
		r = vs_firmware_check_new(vs_bytes_from_text(certificate), vs_buf_view(&pem),
		                          wall_ms, check_out);
	vs_buf_done(&pem);
	return r;
}

bool
vs_sim_job_may_fetch(struct vs_sim_station *station, const struct vs_sim_image *image,
                     struct vs_sim_time at)
{
	struct vs_firmware_check *check = NULL;
	char certificate[TEXT_SIZE];
	vs_result r;

	if (station->config.port.download == NULL || image->certificate == NULL)
		return true;
	r = vs_json_copy_text(image->tape, image->certificate, certificate, sizeof(certificate));
	if (r.code == VS_E_OK)
		r = begin_check(station, certificate, at.wall_ms, &check);
	vs_firmware_check_free(&check);
	if (r.code == VS_E_OK)
		return true;
	vs_sim_say_security_event(station, "InvalidFirmwareSigningCertificate", at);
	return false;
}

static char *
copy(const struct vs_sim_image *image, const struct vs_json_node *node)
{
	char text[TEXT_SIZE];

	if (node == NULL ||
	    vs_json_copy_text(image->tape, node, text, sizeof(text)).code != VS_E_OK)
		return NULL;
	return strdup(text);
}

void
vs_sim_job_fetch_from(const struct vs_sim_station *station, struct vs_sim_job *job,
                      const struct vs_sim_image *image)
{
	if (station->config.port.download == NULL)
		return;
	job->location = copy(image, image->location);
	job->certificate = copy(image, image->certificate);
	job->signature = copy(image, image->signature);
	job->retries_left = image->retries;
	job->retry_s = image->retry_s;
}

static bool
is_to_publish(const struct vs_sim_job *job)
{
	return job->action == VS_OCPP_PublishFirmwareStatusNotification;
}

/* L01.FR.30 and its kin: as often as it was told. What was not had is not published. */
static void
fail(struct vs_sim_station *station, struct vs_sim_job *job, struct vs_sim_time at)
{
	job->steps = failed_steps;
	if (job->retries_left == 0) {
		if (is_to_publish(job))
			station->published[0] = '\0';
		return;
	}
	job->retries_left--;
	job->steps = job->certificate != NULL ? signed_again_steps : again_steps;
	if (is_to_publish(job))
		job->steps = publish_again_steps;
	job->due_ms = at.now_ms + UINT64_C(1000) * job->retry_s;
}

void
vs_sim_job_fetch(struct vs_sim_station *station, struct vs_sim_job *job, struct vs_sim_time at)
{
	const struct vs_sim_port *port = &station->config.port;
	/* One at a time: another one would break it off. */
	bool is_busy =
	    station->firmware_job.is_transferring || station->publish_job.is_transferring;

	job->is_transferring = !is_busy;
	if (!is_busy && port->download(port->arg, job->location).code == VS_E_OK)
		return;
	job->is_transferring = false;
	fail(station, job, at);
}

/* L03.FR.07: MD5, as hexadecimal digits of either kind. */
static bool
is_of_checksum(const char *checksum, struct vs_bytes content)
{
	uint8_t digest[VS_MD5_SIZE], wanted[VS_MD5_SIZE];
	size_t size = 0;

	return vs_crypto_md5(content, digest).code == VS_E_OK &&
	       vs_hex_decode(vs_bytes_from_text(checksum), wanted, sizeof(wanted), &size).code ==
	           VS_E_OK &&
	       size == sizeof(digest) && vs_crypto_equal(digest, wanted, sizeof(digest));
}

static vs_result
verify(const struct vs_sim_station *station, const struct vs_sim_job *job, int64_t wall_ms,
       struct vs_bytes content)
{
	struct vs_firmware_check *check = NULL;
	uint8_t signature[SIGNATURE_SIZE];
	size_t size = 0;
	vs_result r;

	if (job->certificate == NULL)
		return VS_OK; /* L02: nobody signed it */
	if (job->signature == NULL)
		return VS_FAIL(NOT_AUTHENTIC);
	VS_TRY(vs_base64_decode(VS_BASE64, vs_bytes_from_text(job->signature), signature,
	                        sizeof(signature), &size));
	r = begin_check(station, job->certificate, wall_ms, &check);
	if (r.code == VS_E_OK)
		r = vs_firmware_check_add(check, content);
	if (r.code == VS_E_OK)
		r = vs_firmware_check_end(check, vs_bytes_from(signature, size));
	vs_firmware_check_free(&check);
	return r;
}

void
vs_sim_station_downloaded(struct vs_sim_station *station, struct vs_sim_time at, bool is_done,
                          struct vs_bytes content)
{
	struct vs_sim_job *job =
	    station->publish_job.is_transferring ? &station->publish_job : &station->firmware_job;

	if (!job->is_transferring)
		return; /* of a request that another one has taken the place of */
	job->is_transferring = false;
	job->due_ms = at.now_ms;
	if (!is_done || content.size == 0) {
		fail(station, job, at);
	} else if (!is_to_publish(job)) {
		if (verify(station, job, at.wall_ms, content).code != VS_E_OK)
			job->steps = forged_steps;
	} else if (!is_of_checksum(station->published, content)) {
		job->steps = mistaken_steps;
		station->published[0] = '\0';
	}
}
