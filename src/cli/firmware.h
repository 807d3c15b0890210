/* SPDX-License-Identifier: Apache-2.0 */
/* What signs a firmware image, from the files that the options name; and the registry. */
#pragma once

#include "cli/cli.h"

#define VS_CLI_SIGNATURE_MAX 800u /* characters of FirmwareType.signature */

struct vs_cli_image {
	struct vs_buf certificate, roots; /* PEM */
	uint8_t signature[VS_CLI_SIGNATURE_MAX];
	size_t signature_size;
};

/* --signing-certificate, --manufacturer-root, --signature. Returns the exit code. */
int vs_cli_image_read(struct vs_cli *cli, struct vs_cli_image *image);
void vs_cli_image_done(struct vs_cli_image *image);

/* firmware_registry.c: the image of the first argument, an id, to cli->subject. */
int vs_cli_send_registered(struct vs_cli *cli, unsigned timeout_s);
/* What the station said to it, which is the answer that was got last. */
int vs_cli_tell_answer(struct vs_cli *cli);
