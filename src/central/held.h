/* SPDX-License-Identifier: Apache-2.0 */
/* Writing down what a station holds (core/held.def), and what came of it. */
#pragma once

#include "central/session.h"

/* What cannot be written down for want of memory is lost; the station can be asked again. */
void vs_central_hold(struct vs_central_context *context, const struct vs_central_session *session,
                     enum vs_core_held kind, int64_t number, struct vs_bytes payload);
/* number: VS_CORE_ABSENT: all of the kind. */
void vs_central_let_go(struct vs_central_context *context, const struct vs_central_session *session,
                       enum vs_core_held kind, int64_t number);
/* An event of our own about this station. detail: JSON. */
void vs_central_tell(struct vs_central_context *context, const struct vs_central_session *session,
                     const char *type, enum vs_core_severity severity, struct vs_bytes detail);
