/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sealed channel of a simulated station (ocpp/sealed.h), over its connections: the psk, the one
 * that the central side has offered, and when it is time for another handshake. No I/O but the file
 * of the psk.
 */
#pragma once

#include "ocpp/sealed.h"
#include "sim/psk.h"

struct vs_sim_sealing;

/* psk_file is copied and read. */
VS_RESULT vs_sim_sealing_new(const struct vs_ocpp_sealed_names *names, const char *psk_file,
                             struct vs_sim_sealing **sealing_out);
void vs_sim_sealing_free(struct vs_sim_sealing **sealing);

/* A connection is open: appends the first text. */
VS_RESULT vs_sim_sealing_open(struct vs_sim_sealing *sealing, uint64_t now_ms,
                              struct vs_buf *frame);
/* Is another handshake due: the keys are old, or there is a new psk? Appends its text then. */
bool vs_sim_sealing_renew(struct vs_sim_sealing *sealing, uint64_t now_ms, struct vs_buf *frame);
VS_RESULT vs_sim_sealing_seal(struct vs_sim_sealing *sealing, struct vs_bytes text,
                              struct vs_buf *frame);
/* One text of the central side: TEXT is in `plain`; OPEN: messages may be sent; OFFER: it was
 * stored, `reply` is to be sent. NOT_AUTHENTIC: close. */
VS_RESULT vs_sim_sealing_receive(struct vs_sim_sealing *sealing, struct vs_bytes text,
                                 struct vs_buf *plain, struct vs_buf *reply,
                                 enum vs_ocpp_sealed_word *word_out,
                                 enum vs_ocpp_sealed_fault *fault_out);
