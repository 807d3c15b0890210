/* SPDX-License-Identifier: Apache-2.0 */
/* What follow*.c share; nobody else includes it. */
#pragma once

#include "central/follow.h"

/* An answer that the table has let pass, and what it answers. */
struct vs_follow {
	struct vs_central_context *context;
	struct vs_central_session *session;
	const struct vs_json_tape *request_tape;
	const struct vs_json_node *request;
	struct vs_bytes request_text;
	const struct vs_ocpp_message *result;
};

static inline const struct vs_json_node *
vs_follow_asked(const struct vs_follow *follow, enum vs_ocpp_name name)
{
	return vs_ocpp_member(follow->request, name);
}

static inline int64_t
vs_follow_number(const struct vs_json_tape *tape, const struct vs_json_node *node)
{
	int64_t value;

	if (node == NULL || vs_json_int(tape, node, &value).code != VS_E_OK)
		return VS_CORE_ABSENT;
	return value;
}

static inline int64_t
vs_follow_asked_number(const struct vs_follow *follow, enum vs_ocpp_name name)
{
	return vs_follow_number(follow->request_tape, vs_follow_asked(follow, name));
}

static inline bool
vs_follow_is_accepted(const struct vs_json_node *object)
{
	return vs_ocpp_value(vs_ocpp_member(object, VS_OCPP_N_status)) == VS_OCPP_V_Accepted;
}

static inline bool
vs_follow_was_accepted(const struct vs_follow *follow)
{
	return vs_follow_is_accepted(follow->result->payload);
}

/* follow_monitor.c: what monitors and their streams become (N02 to N14). */
void vs_follow_set_monitors(const struct vs_follow *follow);
void vs_follow_clear_monitors(const struct vs_follow *follow);
void vs_follow_set_base(const struct vs_follow *follow);
void vs_follow_adjust_stream(const struct vs_follow *follow);
void vs_follow_list_streams(const struct vs_follow *follow);
