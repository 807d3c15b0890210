/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of one direction: what waits to be sent, and the one that was sent and is not answered
 * yet.
 *
 * OCPP 2.0.1 Part 4, 4.1.1: a side shall not send another call before the one before it is answered
 * or has timed out. The other direction is independent and knows nothing of this one. Pure: no
 * clock, no I/O, no ids of its own. An idle queue holds no memory; VS_LIMIT_CALL_QUEUE bounds a
 * full one.
 */
#pragma once

#include "ocpp/message.h"

struct vs_ocpp_call; /* one waiting or outstanding call */

struct vs_ocpp_calls {
	struct vs_ocpp_call *first; /* outstanding when is_sent */
	struct vs_ocpp_call *last;
	uint32_t count;
	bool is_sent;
};

enum vs_ocpp_outcome_kind {
	VS_OCPP_ANSWERED, /* message is the result */
	VS_OCPP_REFUSED,  /* message is the error */
	VS_OCPP_INVALID,  /* it was answered with something that breaks the table; err says how */
	VS_OCPP_TIMED_OUT,
	VS_OCPP_CLOSED, /* the connection ended first */
};

struct vs_ocpp_outcome {
	uint64_t token; /* of the caller */
	enum vs_ocpp_action action;
	enum vs_ocpp_outcome_kind kind;
	enum vs_err err;                       /* OK when answered; REFUSED has none of ours */
	const struct vs_ocpp_message *message; /* ANSWERED, REFUSED; borrowed from the caller */
	bool was_sent;                         /* false: CLOSED while it waited */
};

void vs_ocpp_calls_init(struct vs_ocpp_calls *calls);
/* Free without outcomes; use vs_ocpp_calls_close before it where somebody waits. */
void vs_ocpp_calls_done(struct vs_ocpp_calls *calls);

/* Add a call at the end. `frame` is the whole message (vs_ocpp_call_begin with the same id) and is
 * copied; id is at most 36 characters. The timeout begins when the call is sent. BUSY at
 * VS_LIMIT_CALL_QUEUE. */
VS_RESULT vs_ocpp_calls_push(struct vs_ocpp_calls *calls, uint64_t token,
                             enum vs_ocpp_action action, const char *id, struct vs_bytes frame,
                             uint32_t timeout_ms);

/* True when a call is to be sent now: it becomes the outstanding one. The frame is valid until the
 * next function that changes calls. */
bool vs_ocpp_calls_next(struct vs_ocpp_calls *calls, uint64_t now_ms, struct vs_bytes *frame_out);

/* What vs_ocpp_message_parse has to know; NULL when nothing is outstanding. Until calls change. */
const struct vs_ocpp_outstanding *vs_ocpp_calls_outstanding(const struct vs_ocpp_calls *calls);

/* A parsed result or error for the outstanding call. False (outcome untouched) when it is not its
 * answer. */
bool vs_ocpp_calls_answer(struct vs_ocpp_calls *calls, const struct vs_ocpp_message *message,
                          struct vs_ocpp_outcome *outcome_out);
/* A fault with is_outstanding: the call is over. False when it is not. */
bool vs_ocpp_calls_fault(struct vs_ocpp_calls *calls, const struct vs_ocpp_fault *fault,
                         struct vs_ocpp_outcome *outcome_out);

/* When the outstanding call times out, UINT64_MAX when nothing is outstanding. */
uint64_t vs_ocpp_calls_deadline(const struct vs_ocpp_calls *calls);
/* True when the outstanding call has timed out by now. */
bool vs_ocpp_calls_expire(struct vs_ocpp_calls *calls, uint64_t now_ms,
                          struct vs_ocpp_outcome *outcome_out);
/* The connection is gone: one outcome for each call, oldest first; false when there is none left.
 */
bool vs_ocpp_calls_close(struct vs_ocpp_calls *calls, struct vs_ocpp_outcome *outcome_out);
