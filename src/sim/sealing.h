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

/* psk_file is copied and read; NULL: there is no psk yet, vs_sim_sealing_use gives one. */
VS_RESULT vs_sim_sealing_new(const struct vs_ocpp_sealed_names *names, const char *psk_file,
                             struct vs_sim_sealing **sealing_out);
void vs_sim_sealing_free(struct vs_sim_sealing **sealing);
/* Shake hands by this psk from now on: on the open connection when vs_sim_sealing_renew is asked.
 * NULL: there is none any more. */
void vs_sim_sealing_use(struct vs_sim_sealing *sealing, const struct vs_sim_psk *psk);
bool vs_sim_sealing_has_psk(const struct vs_sim_sealing *sealing);
/* How long the keys of one handshake serve; preset: nine tenths of their life. */
void vs_sim_sealing_set_life(struct vs_sim_sealing *sealing, uint64_t life_ms);
/* vs_ocpp_sealed_session_key of the connection. */
VS_RESULT vs_sim_sealing_session_key(const struct vs_sim_sealing *sealing,
                                     uint8_t key_out[static VS_SIM_PSK_SIZE]);

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
