/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to a station: one outstanding at a time (OCPP 2.0.1 Part 4 4.1.1), the rest waits. Each
 * state is a record, and thereby an event: queued, sent, then exactly one of answered, refused,
 * failed.
 */
#pragma once

#include "central/session.h"

struct vs_central_request {
	char id[VS_CORE_UUID_SIZE]; /* also the message id on the wire */
	char tenant[VS_CORE_TENANT_SIZE];
	char station[VS_CORE_IDENTITY_SIZE];
	enum vs_ocpp_action action;
	enum vs_ocpp_action expects; /* what it asks the station to send, or NONE */
	uint32_t timeout_ms;
	struct vs_bytes payload; /* valid against the table */
};

/* What a payload that is valid asks the station to send (TriggerMessage, GetReport, GetBaseReport),
 * or NONE. */
enum vs_ocpp_action vs_central_command_expects(enum vs_ocpp_action action,
                                               const struct vs_json_tape *tape);
/* 1 to 36 printable ASCII characters that JSON does not escape. */
bool vs_central_command_id_is_valid(const char *id);

/* Queue it, and send it when nothing is outstanding. */
void vs_central_command_begin(struct vs_central_context *context,
                              struct vs_central_session *session,
                              const struct vs_central_request *request);
/* There is no station to send it to. */
void vs_central_command_fail(struct vs_central_context *context,
                             const struct vs_central_request *request, enum vs_err error);
/* A CALLRESULT or CALLERROR that the parser has matched to the outstanding call. */
void vs_central_command_answer(struct vs_central_context *context,
                               struct vs_central_session *session,
                               const struct vs_ocpp_message *message);
/* The outstanding call was answered with something that breaks its table. */
void vs_central_command_fault(struct vs_central_context *context,
                              struct vs_central_session *session,
                              const struct vs_ocpp_fault *fault);
/* End what has timed out, in all sessions that have calls. */
void vs_central_command_expire(struct vs_central_context *context);
/* The connection is gone: every call fails with CLOSED. */
void vs_central_command_close(struct vs_central_context *context,
                              struct vs_central_session *session);
