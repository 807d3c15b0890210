/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the schemas ask of a text beyond its length, read from the text itself: a number is never
 * made binary, because 0.1 is not a multiple of 0.1 there.
 */
#pragma once

#include "base/bytes.h"

/* RFC 3986 3: a scheme, a colon and characters that a URI may have; of a percent both digits. */
bool vs_ocpp_text_is_uri(struct vs_bytes text);

/* A JSON number (RFC 8259 6) that is a multiple of 0.1, however it is written: 0.30, 3e-1, 1e2. */
bool vs_ocpp_number_is_tenths(struct vs_bytes number);
