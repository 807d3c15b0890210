/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that took long: somebody else had to be asked, and what was found comes back to the
 * reactor of the station (central.h). */
#pragma once

#include "central/session.h"

/* M06: what a responder said, DER, or nothing. */
VS_RESULT vs_central_late_status(struct vs_buf *out, struct vs_bytes message_id,
                                 struct vs_bytes ocsp);
/* M07: the payload of the answer. */
void vs_central_write_chain(struct vs_json_writer *writer, const struct vs_core_chain_item *items,
                            size_t count);
/* M01, M02: what a provider of contract certificates answered: the payload of the result as OCPP
 * has it, or nothing. What breaks the table of the version is answered Failed; false: so it was.
 * The tape is a room for reading it. */
VS_RESULT vs_central_late_contract(struct vs_buf *out, enum vs_ocpp_version version,
                                   struct vs_bytes message_id, struct vs_bytes payload,
                                   struct vs_json_tape *tape, bool *is_good_out);
/* {"status":"Failed","exiResponse":"","statusInfo":...}: an EXI answer cannot be made here, and an
 * empty one says so (M01.FR.01). reason: at most 20 characters. */
void vs_central_write_no_contract(struct vs_json_writer *writer, const char *reason,
                                  const char *more);
