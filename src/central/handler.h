/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the handlers of the station's calls share. A handler writes the payload of the answer and
 * fills in the record of what it heard; the dispatcher in session.c does the rest. Errors become a
 * CALLERROR. The payload has passed the validator: required members are there, types and lengths
 * are right.
 */
#pragma once

#include "central/session.h"

struct vs_central_call {
	struct vs_central_context *context;
	struct vs_central_session *session;
	const struct vs_ocpp_message *message;
	struct vs_json_writer *writer;
	/* kind COUNT: nothing is recorded. Filled in: kind, u, payload (borrowed from the message's
	 * text). */
	struct vs_core_record *record;
	const char *ends; /* set by a handler that fails: the session ends for this reason */
	bool is_deferred; /* set by a handler: the answer comes later, from elsewhere */
	/* Further records of the same message, newest first; vs_central_record_more. */
	struct vs_core_record *more;
};

typedef vs_result vs_central_handler(struct vs_central_call *call);

enum vs_central_effect {
	VS_CENTRAL_NO_RECORD, /* may be answered even while the store is full */
	VS_CENTRAL_RECORD,
};

struct vs_central_handler_row {
	vs_central_handler *handle; /* NULL: the action is answered NotSupported */
	enum vs_central_effect effect;
};
const struct vs_central_handler_row *vs_central_handler_row(enum vs_ocpp_version version,
                                                            enum vs_ocpp_action action);

/* ocpp_handlers.def is for OCPP 2.0.1 and 2.1, whose messages mean the same; v16_handlers.def is
 * for 1.6. */
#define HANDLER(action, handler, effect) vs_central_handler vs_central_on_##handler;
#include "central/ocpp_handlers.def"
#include "central/v16_handlers.def"
#undef HANDLER

/* A text member cut to size - 1 bytes at a character; "" when it is not there. */
void vs_central_text(const struct vs_central_call *call, const struct vs_json_node *node,
                     char *text, size_t size);
/* The text of a token; without control characters at its end when the station's policy says so
 * (quirk token-tail). */
void vs_central_token(const struct vs_central_call *call, const struct vs_json_node *node,
                      char token[static VS_CORE_TOKEN_SIZE]);
/* The number, or VS_CORE_ABSENT. */
int64_t vs_central_int(const struct vs_central_call *call, const struct vs_json_node *node);
/* The date-time; the time of arrival when it is not there. */
int64_t vs_central_time(const struct vs_central_call *call, const struct vs_json_node *node);
/* Begin a record of `kind` whose payload is the raw text of `node` (NULL: none). */
void vs_central_record(struct vs_central_call *call, enum vs_core_record_kind kind,
                       const struct vs_json_node *node);
/* Record the whole payload as an `event` named after the action. */
void vs_central_record_event(struct vs_central_call *call, enum vs_core_severity severity,
                             int64_t at_ms);
/* One more record of this message beside call->record: an event of its own. NO_MEMORY. */
VS_RESULT vs_central_record_more(struct vs_central_call *call, const struct vs_json_node *node,
                                 enum vs_core_severity severity, int64_t at_ms);
/* Hand them to the journal, each known by a hash of its own that follows from that of the message,
 * or give them up. */
void vs_central_more_add(struct vs_central_call *call, uint64_t message_hash);
void vs_central_more_free(struct vs_central_call *call);
/* Ask the station for a request for a new certificate (A02). */
void vs_central_renew_certificate(struct vs_central_context *context,
                                  struct vs_central_session *session);
/* The empty answer {}. */
void vs_central_answer_empty(struct vs_central_call *call);
/* Record the call as an event and answer {"status":...}. */
VS_RESULT vs_central_answer_status(struct vs_central_call *call, const char *status);
/* The answer to a BootNotification of any version. */
struct vs_core_boot_answer;
void vs_central_answer_boot(struct vs_central_call *call, const struct vs_core_boot_answer *answer);
/* Write "idTokenInfo":{...} for an IdTokenType and copy the token's text. */
void vs_central_answer_token(struct vs_central_call *call, const struct vs_json_node *id_token,
                             char token[static VS_CORE_TOKEN_SIZE]);
/* Sum up a meterValue array (may be NULL). */
struct vs_core_meter;
void vs_central_meter(const struct vs_central_call *call, const struct vs_json_node *meter_value,
                      struct vs_core_meter *meter_out);
