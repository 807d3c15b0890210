/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCPP 1.6 put into the terms of the core, which are those of 2.0.1: connector n is EVSE n with its
 * one connector, a transaction is known by its number in decimal, an event by its time.
 */
#pragma once

#include "central/handler.h"

/* Write "idTagInfo":{...} for an idTag and copy it. */
void vs_central_v16_answer_tag(struct vs_central_call *call, const struct vs_json_node *id_tag,
                               char token[static VS_CORE_TOKEN_SIZE]);
/* The store did not take a StartTransaction because another transaction has its number: submit it
 * with the next one. False: it is nothing of the kind, or there were too many. session: NULL when
 * its connection is gone. */
bool vs_central_v16_again(struct vs_central_context *context, struct vs_central_session *session,
                          const struct vs_core_record *record);
/* What 1.6 calls the status of a token that 2.0.1 calls `status`. */
const char *vs_central_v16_tag_status(const char *status);
