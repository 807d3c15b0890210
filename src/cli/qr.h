/* SPDX-License-Identifier: Apache-2.0 */
/* A QR code on a terminal, two rows of modules in a line of text. */
#pragma once

#include "base/bytes.h"

/* Appended, in UTF-8, with the quiet zone around it. TOO_LONG: more than a QR code of error
 * correction level M holds. */
VS_RESULT vs_cli_qr(struct vs_buf *out, struct vs_bytes data);
