/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that break the standard: what a station's policy forgives is mended (core/quirks.def),
 * the rest is refused; either way the frame is kept with its reason, for whoever has to deal with
 * that charger. The session lives on.
 */
#pragma once

#include "central/session.h"

/* Frames that are kept of one connection; the rest is only counted. */
#define VS_CENTRAL_ODD_MAX 4u
/* Bytes of a frame that are kept. */
#define VS_CENTRAL_ODD_SIZE 2048u

/*
 * Mend the one thing that `fault` says is wrong in `text`, if a quirk of the mask forgives it:
 * the text as it should have been is in `mended`, which is not where `text` lies. now_ms takes the
 * place of a date that is none. COUNT: it is not forgiven, and mended is untouched. Pure.
 */
enum vs_core_quirk vs_central_odd_mend(uint32_t quirks, const struct vs_ocpp_fault *fault,
                                       struct vs_bytes text, int64_t now_ms, struct vs_buf *mended);

/* Keep a frame that was refused, or (quirk not COUNT) mended: an event MessageRefused or
 * MessageMended with the frame, cut and with ? for what is no printable ASCII. */
void vs_central_odd_tell(struct vs_central_context *context, struct vs_central_session *session,
                         const struct vs_ocpp_fault *fault, enum vs_core_quirk quirk,
                         struct vs_bytes text);

/* What the operator forgives to this model (core/models.h) is forgiven to the session from now on;
 * told in the log when it is news. */
void vs_central_odd_model(const struct vs_central_context *context,
                          struct vs_central_session *session, const char *vendor,
                          const char *model);

/* CALLRESULTERROR of OCPP 2.1: the station could not use an answer of ours. There is nothing to
 * take back; who runs this should know. */
void vs_central_odd_result_error(const struct vs_central_session *session,
                                 const struct vs_ocpp_message *message);

/* Parse what the station sent; what a quirk of it forgives is mended, one place after the other,
 * and told. The message may lie in the context's buffers, until the next one. */
VS_RESULT vs_central_odd_parse(struct vs_central_context *context,
                               struct vs_central_session *session, struct vs_bytes text,
                               struct vs_ocpp_message *message_out,
                               struct vs_ocpp_fault *fault_out);
