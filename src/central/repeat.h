/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that come again, on one connection (recent.h) and on any (the store's hashes). */
#pragma once

#include "central/session.h"

/* What is remembered of a call, which is looked at and remembered: a replay and a reused id are
 * counted and told. */
struct vs_central_trace vs_central_repeat_note(struct vs_central_context *context,
                                               struct vs_central_session *session,
                                               const struct vs_ocpp_message *message);
/* The store refused it: its signature was right, and its number taken, by another node or before a
 * crash of this one. */
bool vs_central_repeat_is_refused(const struct vs_core_record *record);
void vs_central_repeat_tell(struct vs_central_context *context, struct vs_central_session *session);
/* The dedup key of the store for what the message brings, not 0. */
uint64_t vs_central_repeat_hash(const struct vs_central_context *context,
                                const struct vs_central_session *session,
                                const struct vs_central_trace *trace,
                                const struct vs_core_record *draft);
