/* SPDX-License-Identifier: Apache-2.0 */
/* Periodic event streams of a session (OCPP 2.1 N11 to N15): opened, written down, closed. */
#pragma once

#include "central/session.h"
#include "central/stream.h"

/* Open what a ConstantStreamData says, and write down that the station holds it. TOO_LONG: it has
 * as many as it may; NO_MEMORY; NOT_NOW: streams are not heard here. */
VS_RESULT vs_central_stream_take(struct vs_central_context *context,
                                 const struct vs_central_session *session,
                                 const struct vs_json_tape *tape, const struct vs_json_node *data);
/* Write down one that is open, with these PeriodicEventStreamParams. */
void vs_central_stream_hold(struct vs_central_context *context,
                            const struct vs_central_session *session,
                            const struct vs_central_stream *stream, struct vs_bytes params);
