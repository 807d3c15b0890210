/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message on its way between a station and us, for whoever watches: what it is, which way it
 * went, what was found wrong with it. Values; nothing here keeps one (bus/frames.h does).
 */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "core/station.h"

#define VS_CORE_FRAME_TEXT_SIZE    4096u /* of what is kept of a text */
#define VS_CORE_FRAME_ID_SIZE      64u
#define VS_CORE_FRAME_ACTION_SIZE  48u
#define VS_CORE_FRAME_VERDICT_SIZE 128u

/* The numbers of OCPP-J (OCPP 2.0.1 Part 4, 4.2); what is none of them is PLAIN. */
enum vs_core_frame_type {
	VS_CORE_FRAME_PLAIN = 0,
	VS_CORE_FRAME_CALL = 2,
	VS_CORE_FRAME_RESULT = 3,
	VS_CORE_FRAME_ERROR = 4,
	VS_CORE_FRAME_RESULT_ERROR = 5,
	VS_CORE_FRAME_NOTICE = 6,
};
/* "call", "result", ...; "" for PLAIN. */
const char *vs_core_frame_type_text(enum vs_core_frame_type type);

/* What it was spoken over. */
enum vs_core_frame_channel {
	VS_CORE_FRAME_OCPP,
	VS_CORE_FRAME_FRAMED,
	VS_CORE_FRAME_SENSOR,
	VS_CORE_FRAME_PROVISION,
	VS_CORE_FRAME_CHANNELS /* must be last */
};
const char *vs_core_frame_channel_text(enum vs_core_frame_channel channel); /* "ocpp" */

/* What is told of a message; all of it borrowed for the call. */
struct vs_core_frame {
	const char *tenant, *station; /* or the sensor device, or the claim */
	enum vs_core_frame_channel channel;
	int64_t at_ms;
	uint64_t mono_us; /* for latencies */
	bool is_received, is_sealed, is_signed;
	const char *action;   /* of a PLAIN one; "": as the text says */
	const char *verdict;  /* what is wrong with it; "": nothing */
	struct vs_bytes text; /* in clear and without secrets */
	size_t size;          /* of the message itself */
};

/* What is kept of it. */
struct vs_core_frame_row {
	uint64_t number; /* rises by one from frame to frame, over restarts too */
	int64_t at_ms;
	int64_t latency_us; /* of a result or an error, since its call; ABSENT */
	uint32_t size, text_size;
	enum vs_core_frame_type type;
	enum vs_core_frame_channel channel;
	bool is_received, is_sealed, is_signed, is_cut;
	bool is_far; /* another node has told it */
	char id[VS_CORE_FRAME_ID_SIZE], action[VS_CORE_FRAME_ACTION_SIZE];
	char verdict[VS_CORE_FRAME_VERDICT_SIZE];
	char text[VS_CORE_FRAME_TEXT_SIZE]; /* text_size bytes of UTF-8, no NUL */
};

/* The head of a message, as far as it has one: [2,"id","Action",... Views into the text, empty
 * where there is nothing; escapes stay. Never fails: what is odd is PLAIN. */
struct vs_core_frame_head {
	enum vs_core_frame_type type;
	struct vs_bytes id, action; /* action: of a call or a notice */
};
void vs_core_frame_head(struct vs_bytes text, struct vs_core_frame_head *head_out);
