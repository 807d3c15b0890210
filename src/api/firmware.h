/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a firmware image beside its bytes. Shared by firmware*.c. */
#pragma once

#include "api/state.h"

#define VS_API_CERTIFICATE_SIZE 5501 /* FirmwareType.signingCertificate, with its NUL */
#define VS_API_SIGNATURE_SIZE   801  /* FirmwareType.signature, likewise: base64 */
#define VS_API_ROOT_SIZE        16384

struct vs_api_firmware {
	char certificate[VS_API_CERTIFICATE_SIZE];
	char root[VS_API_ROOT_SIZE]; /* the manufacturer's, one or more; PEM */
	char signature[VS_API_SIGNATURE_SIZE];
};

/* In the pool. NOT_FOUND: there is none, or it is no firmware. */
VS_RESULT vs_api_firmware_read(const struct vs_api *api, const char *tenant, const char *id,
                               struct vs_core_file *file_out, struct vs_api_firmware *about_out);
