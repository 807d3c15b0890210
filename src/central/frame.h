/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What crosses between a station and us, told to whoever watches (core/frame.h): in clear, after it
 * was opened or before it is sealed, and without passwords and keys. Costs nothing when nobody
 * keeps it.
 */
#pragma once

#include "central/session.h"

/* A text of the station. action: NONE when it is not known; why: what is wrong with it, or "". */
void vs_central_frame_received(const struct vs_central_context *context,
                               struct vs_central_session *session, struct vs_bytes text,
                               enum vs_ocpp_action action, const char *why);
/* What the station gets. */
void vs_central_frame_sent(const struct vs_central_context *context,
                           struct vs_central_session *session, struct vs_bytes text,
                           bool is_signed);
