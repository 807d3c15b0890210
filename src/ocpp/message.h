/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One OCPP-J message: read and validated against the tables in one pass, and written.
 *
 * Glossary: a call is message type 2, a result 3, an error 4 (CALL, CALLRESULT, CALLERROR of
 * OCPP 2.0.1 Part 4). OCPP 2.1 adds 5, what was wrong with a result (CALLRESULTERROR), and 6, a
 * notice that nobody answers (SEND). The sender is the side the text came from. The outstanding
 * call is the one that side still has to answer. A message id is at most 36 characters and needs no
 * escapes; one that cannot be read is "-1".
 */
#pragma once

#include "ocpp/action.h"
#include "wire/json.h"

#define VS_OCPP_ID_LENGTH_MAX    36  /* characters */
#define VS_OCPP_ID_SIZE          145 /* bytes, with the NUL: 36 characters of four bytes */
#define VS_OCPP_PATH_SIZE        128
#define VS_OCPP_DESCRIPTION_SIZE 256 /* with the NUL; OCPP allows 255 characters */

enum vs_ocpp_type {
	VS_OCPP_CALL = 2,
	VS_OCPP_RESULT = 3,
	VS_OCPP_ERROR = 4,
	VS_OCPP_RESULT_ERROR = 5, /* the caller could not use our result */
	VS_OCPP_NOTICE = 6,       /* like a call, but without an answer */
};

/* A call that was sent and is not answered yet. */
struct vs_ocpp_outstanding {
	char id[VS_OCPP_ID_SIZE];
	enum vs_ocpp_action action;
};

/* What was read. Views and nodes live as long as the text and the tape. */
struct vs_ocpp_message {
	enum vs_ocpp_type type;
	enum vs_ocpp_action action; /* of a result or an error: of the call it answers; of a result
	                               error NONE: results are not remembered */
	struct vs_bytes id;
	const struct vs_json_tape *tape;
	const struct vs_json_node
	    *payload;               /* of both errors: the details, NULL when there are none */
	struct vs_bytes error_code; /* of both errors: as it was sent, known or not, raw */
	struct vs_bytes error_description; /* likewise; raw, may hold JSON escapes */
};

/* Why a message was refused. Only written on failure. */
struct vs_ocpp_fault {
	enum vs_err err;
	enum vs_ocpp_type type;       /* 0 when it could not be read */
	enum vs_ocpp_action action;   /* NONE when it could not be read */
	uint32_t at;                  /* offset in the text */
	enum vs_ocpp_version version; /* of the session */
	bool wants_error;    /* answer with vs_ocpp_error_write_fault; an error or a notice gets no
	                        answer, a result only in OCPP 2.1 */
	bool is_outstanding; /* it was meant as the answer to the outstanding call, which is thereby
	                        over */
	char id[VS_OCPP_ID_SIZE];     /* "-1" when it could not be read */
	const char *code;             /* OCPP error code */
	char path[VS_OCPP_PATH_SIZE]; /* "meterValue[0].sampledValue[2].value"; "" for the message
	                                 itself */
	char
	    description[VS_OCPP_DESCRIPTION_SIZE]; /* for the peer: no internals, printable ASCII */
};

/*
 * Parse one message that `sender` sent. `outstanding` is the call that sender has to answer, or
 * NULL. Errors: those of vs_json_parse; BAD_FRAME (not [2|3|4, id, ...]), UNKNOWN_TYPE (5 and 6 are
 * of OCPP 2.1), UNKNOWN_ACTION (none of this version), UNSUPPORTED (the other side's action, or a
 * call that must be a notice and the other way round),
 * STALE (answers nothing), and from the table MISSING, UNEXPECTED, WRONG_TYPE, OUT_OF_RANGE,
 * BAD_VALUE, WRONG_COUNT, BAD_TIME.
 */
VS_RESULT vs_ocpp_message_parse(enum vs_ocpp_version version, enum vs_ocpp_side sender,
                                struct vs_bytes text, const struct vs_ocpp_outstanding *outstanding,
                                struct vs_json_tape *tape, struct vs_ocpp_message *message_out,
                                struct vs_ocpp_fault *fault_out);

/* The same check for a payload alone: what we are about to send (type is CALL, NOTICE or RESULT).
 */
VS_RESULT vs_ocpp_payload_parse(enum vs_ocpp_version version, enum vs_ocpp_action action,
                                enum vs_ocpp_type type, struct vs_bytes payload,
                                struct vs_json_tape *tape, struct vs_ocpp_fault *fault_out);

/* A member of an object by its name; NULL when it is not there (or object is NULL). */
static inline const struct vs_json_node *
vs_ocpp_member(const struct vs_json_node *object, enum vs_ocpp_name name)
{
	return vs_json_member_named(object, (uint16_t)name);
}

/* The enumerated value of a node; none for NULL. */
static inline enum vs_ocpp_value
vs_ocpp_value(const struct vs_json_node *node)
{
	return node != NULL ? (enum vs_ocpp_value)node->value : VS_OCPP_V_none;
}

/* Writing: begin, write exactly one value (the payload) with the writer, end. On failure of end the
 * buffer is as before begin. The id is written as a JSON string. */
void vs_ocpp_call_begin(struct vs_json_writer *writer, struct vs_buf *buf, const char *id,
                        enum vs_ocpp_action action);
/* A SEND of OCPP 2.1. */
void vs_ocpp_notice_begin(struct vs_json_writer *writer, struct vs_buf *buf, const char *id,
                          enum vs_ocpp_action action);
void vs_ocpp_result_begin(struct vs_json_writer *writer, struct vs_buf *buf, struct vs_bytes id);
VS_RESULT vs_ocpp_message_end(struct vs_json_writer *writer);

/* [4,id,code,description,{}]; the description is cut to 255 characters, the code (of OCPP 2.x) is
 * written as the version spells it. */
VS_RESULT vs_ocpp_error_write(struct vs_buf *buf, enum vs_ocpp_version version, struct vs_bytes id,
                              const char *code, const char *description);
/* The same for a fault; a result that was wrong is answered with [5,...]. */
VS_RESULT vs_ocpp_error_write_fault(struct vs_buf *buf, const struct vs_ocpp_fault *fault);
