/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a firmware image what its manufacturer has signed? (OCPP 2.0.1 L01, A00.FR.707)
 *
 * The signature is over the whole file: SHA-256 with ECDSA or RSA-PSS, by the key of a signing
 * certificate that leads to a root of the manufacturer and is valid now. RSA keys have at least
 * 2048 bits, EC keys 224 (A00.FR.502, A00.FR.503). The image comes piece by piece.
 */
#pragma once

#include "base/bytes.h"

struct vs_firmware_check;

/* certificate: PEM, the signing certificate first, what it was issued by behind it. roots: PEM, one
 * or more. BAD_MESSAGE: one of them is none; NOT_AUTHENTIC: it does not lead to a root, is not
 * valid at that time, or its key is too weak or of another kind. */
VS_RESULT vs_firmware_check_new(struct vs_bytes certificate, struct vs_bytes roots, int64_t wall_ms,
                                struct vs_firmware_check **check_out);
VS_RESULT vs_firmware_check_add(struct vs_firmware_check *check, struct vs_bytes piece);
/* signature: ECDSA as DER, RSA-PSS as it is. NOT_AUTHENTIC: it is not of this image by this key. */
VS_RESULT vs_firmware_check_end(struct vs_firmware_check *check, struct vs_bytes signature);
void vs_firmware_check_free(struct vs_firmware_check **check);
