/* SPDX-License-Identifier: Apache-2.0 */
/* With which the daemon signs its OCPP messages: the key of its ECDSA server certificate. */
#pragma once

#include "crypto/digest.h"
#include "crypto/pkey.h"

/* As they are now: after a renewal the old ones are used until the next start. BAD_MESSAGE, IO;
 * WRONG_TYPE: the key is not P-256. */
VS_RESULT vs_daemon_signer_read(const char *cert_file, const char *key_file,
                                struct vs_pkey **key_out,
                                uint8_t thumbprint_out[static VS_SHA256_SIZE]);
