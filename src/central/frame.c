/* SPDX-License-Identifier: Apache-2.0 */
#include "central/frame.h"

#include "base/clock.h"
#include "central/mask.h"

enum { NOT_ASKED, UNWANTED, WANTED };

/* Of one side; the other one's answer is noted when the call was, so that nobody reads half of it,
 * and is not asked about. */
static bool
is_wanted(const struct vs_central_context *context, const struct vs_central_session *session,
          struct vs_bytes text, uint8_t *own, uint8_t other)
{
	bool is_answer =
	    text.size > 1 && text.data[0] == '[' &&
	    (text.data[1] == '0' + VS_OCPP_RESULT || text.data[1] == '0' + VS_OCPP_ERROR);

	if (context->frames.self == NULL)
		return false;
	if (is_answer && other != NOT_ASKED)
		return other == WANTED;
	*own = context->frames.wants(context->frames.self, session->tenant, session->identity,
	                             context->now_ms)
	           ? WANTED
	           : UNWANTED;
	return *own == WANTED;
}

static void
tell(const struct vs_central_context *context, const struct vs_central_session *session,
     struct vs_core_frame *frame, enum vs_ocpp_action action)
{
	size_t size = frame->text.size;
	struct vs_buf room;

	vs_buf_init(&room, 2 * VS_LIMIT_WS_MESSAGE_SIZE);
	/* A whole message is masked as its payload is: the rule looks at names of members. */
	if (action != VS_OCPP_NONE)
		frame->text = vs_central_mask(action, frame->text, &room);
	frame->tenant = session->tenant;
	frame->station = session->identity;
	frame->at_ms = context->now_ms;
	frame->mono_us = vs_clock_mono_us();
	frame->is_sealed = session->channel != NULL;
	frame->action = "";
	frame->size = size;
	context->frames.note(context->frames.self, frame);
	vs_buf_done(&room);
}

void
vs_central_frame_received(const struct vs_central_context *context,
                          struct vs_central_session *session, struct vs_bytes text,
                          enum vs_ocpp_action action, const char *why)
{
	struct vs_core_frame frame = {
	    .is_received = true, .is_signed = context->is_verified, .verdict = why, .text = text};

	if (is_wanted(context, session, text, &session->heard_wanted, session->said_wanted))
		tell(context, session, &frame, action);
}

void
vs_central_frame_sent(const struct vs_central_context *context, struct vs_central_session *session,
                      struct vs_bytes text, bool is_signed)
{
	struct vs_core_frame frame = {.is_signed = is_signed, .verdict = "", .text = text};
	struct vs_core_frame_head head;

	if (!is_wanted(context, session, text, &session->said_wanted, session->heard_wanted))
		return;
	vs_core_frame_head(text, &head);
	tell(context, session, &frame,
	     head.action.size > 0 ? vs_ocpp_action_find(head.action) : VS_OCPP_NONE);
}
