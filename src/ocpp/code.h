/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Error codes of CALLERROR: the errors of base/errors.def name those of OCPP 2.x; each version is
 * sent what it knows. What a peer sends is kept as it is, known or not.
 */
#pragma once

#include "ocpp/action.h"

/* `code` (of OCPP 2.x) as this version writes it. */
const char *vs_ocpp_code_text(enum vs_ocpp_version version, const char *code);
