/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one node asks of another about a station, as JSON on cmd.TENANT.STATION
 * (doc/protocol/nodes.md), and the answer. No I/O.
 */
#pragma once

#include "base/bytes.h"
#include "bus/subject.h"
#include "core/record.h"

enum vs_bus_order_kind {
	VS_BUS_ORDER_SEND,       /* an OCPP action */
	VS_BUS_ORDER_DISCONNECT, /* close its connection */
	VS_BUS_ORDER_KINDS
};

struct vs_bus_order {
	enum vs_bus_order_kind kind;
	char id[VS_CORE_UUID_SIZE];     /* of send: the command's */
	char action[VS_CORE_NAME_SIZE]; /* of send */
	uint32_t timeout_ms;            /* of send; 0: the owner's preset */
	char reason[64];                /* of disconnect */
	char from[VS_BUS_NODE_SIZE];    /* of send: the node to be told of its end; "": none */
	struct vs_bytes payload;        /* of send: JSON, borrowed */
};

/* Appends. */
VS_RESULT vs_bus_order_write(const struct vs_bus_order *order, struct vs_buf *out);
/* The payload points into text. */
VS_RESULT vs_bus_order_read(struct vs_bytes text, struct vs_bus_order *order_out);

/* {"error":"NOT_NOW","fault":"...","again":true} */
struct vs_bus_answer {
	vs_result said; /* OK: it was taken; an error that this version does not know is INTERNAL */
	bool is_again;  /* another time it may be taken: nothing was done */
	char fault[256];
};
VS_RESULT vs_bus_answer_write(const struct vs_bus_answer *answer, struct vs_buf *out); /* appends */
VS_RESULT vs_bus_answer_read(struct vs_bytes text, struct vs_bus_answer *answer_out);
