/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is kept: a log that a station uploads, an image of firmware that an operator brings.
 * Its bytes are stored apart, in parts, sealed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/station.h"

#define VS_CORE_FILE_ID_SIZE   33 /* 16 random bytes in hexadecimal digits */
#define VS_CORE_FILE_TYPE_SIZE 21 /* "DiagnosticsLog" */
#define VS_CORE_FILE_NAME_SIZE 65
#define VS_CORE_FILE_HASH_SIZE 65         /* SHA-256 in hexadecimal digits */
#define VS_CORE_FILE_PART_SIZE (1u << 18) /* bytes of each part but the last */

/* OFFER has no bytes: a station may fetch the image that its `name` names, until_ms, with a word
 * whose hash is its token_sha256. */
enum vs_core_file_kind {
	VS_CORE_FILE_LOG,
	VS_CORE_FILE_FIRMWARE,
	VS_CORE_FILE_OFFER,
	VS_CORE_FILE_KINDS
};

struct vs_core_file {
	enum vs_core_file_kind kind;
	char id[VS_CORE_FILE_ID_SIZE];
	char station[VS_CORE_IDENTITY_SIZE]; /* "": of none */
	char type[VS_CORE_FILE_TYPE_SIZE];   /* of a log; firmware: vendor's model or "" */
	char name[VS_CORE_FILE_NAME_SIZE]; /* of a log: as it was uploaded; firmware: its version */
	char sha256[VS_CORE_FILE_HASH_SIZE];       /* of its bytes; "" until they are here */
	char token_sha256[VS_CORE_FILE_HASH_SIZE]; /* of who may upload it; "": nobody */
	int64_t request_id;                        /* or VS_CORE_ABSENT, as the others */
	int64_t asked_ms, until_ms;                /* from when, until when it may come */
	int64_t received_ms, size;                 /* ABSENT: not yet */
};
