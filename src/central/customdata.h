/* SPDX-License-Identifier: Apache-2.0 */
/* The mode replay=customdata of a session (nonce.h): what is read from MeterValues and added to
 * answers. OCPP 1.6 has no customData: the mode asks nothing of such a session. */
#pragma once

#include "central/session.h"

#define VS_CENTRAL_NONCE_HEADER_SIZE 64

/* For a session that is about to open, and its header line "X-Voltseal-Nonce: ...\r\n". */
VS_RESULT vs_central_customdata_begin(struct vs_central_context *context,
                                      struct vs_central_session *session,
                                      char header_out[static VS_CENTRAL_NONCE_HEADER_SIZE]);
/* NULL: go on. Else why the call is refused, for the peer; counted and told. */
const char *vs_central_customdata_check(struct vs_central_context *context,
                                        struct vs_central_session *session,
                                        const struct vs_ocpp_message *message, uint64_t hash);
/* The payload of an answer to this action is at the end of context->out: add a nonce. */
VS_RESULT vs_central_customdata_add(struct vs_central_context *context,
                                    struct vs_central_session *session, enum vs_ocpp_action action);
