/* SPDX-License-Identifier: Apache-2.0 */
/* What the answer to a command changes: rows of follows.def. */
#pragma once

#include "central/session.h"

/* Is there a row? Then the request has to be kept until it is answered. */
bool vs_central_follows(enum vs_ocpp_action action);
/* A result that the table has let pass, and the payload of the request it answers. */
void vs_central_follow(struct vs_central_context *context, struct vs_central_session *session,
                       enum vs_ocpp_action action, struct vs_bytes request,
                       const struct vs_ocpp_message *result);
/* OCPP 2.0.1 E14: a transaction has ended and events of it are missing. Are they still to come? */
void vs_central_ask_transaction(struct vs_central_context *context,
                                struct vs_central_session *session, const char *transaction_id);
